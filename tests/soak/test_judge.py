"""The judge of the campaign sees flips that no operation accounts for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.operations.operation import Operation, State
from bot.sandbox.world import World
from tests.core.test_approvals import OPERATION
from tests.soak.judge import _flips

TIMER = "SAP work orders"
OFF = replace(OPERATION, timer=replace(OPERATION.timer, name=TIMER), wanted=False)


def ended(wanted: str, state: State = State.APPLIED) -> Operation:
    return replace(OFF, wanted=wanted == "on", state=state)


@pytest.mark.parametrize(
    ("flips", "operations", "agrees"),
    [
        (0, [], True),
        (1, [ended("off")], True),
        (2, [ended("off"), ended("on")], True),
        (1, [ended("off", State.UNKNOWN)], True),
        (0, [ended("off", State.NOT_APPLIED)], True),
        (2, [ended("off")], False),  # one made two
        (2, [ended("off"), ended("off", State.UNKNOWN)], False),
        (3, [ended("off"), ended("off"), ended("off")], False),
        (0, [ended("off")], False),
        (1, [ended("off", State.NOT_APPLIED)], False),
    ],
)
def test_each_flip_is_one_applied_operation(
    flips: int, operations: Sequence[Operation], *, agrees: bool
) -> None:
    world = World()
    before = {TIMER: world.edfs.state.timer("plant-a", TIMER).enabled}
    for _ in range(flips):
        timer = world.edfs.state.timer("plant-a", TIMER)
        timer = world.edfs.state.store(replace(timer, enabled=not timer.enabled))
        world.edfs.state.toggled.append(timer)
    in_order = [replace(one, changed_at=float(at)) for at, one in enumerate(operations)]
    assert (not list(_flips(world, in_order, before))) is agrees
