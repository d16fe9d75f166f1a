"""A request that has expired is shown nowhere, even before its expiry has been written down."""

from pathlib import Path

import pytest

from bot.core.approvals import Stage
from bot.core.invocation import Invocation
from bot.core.language.commands import ListTimers, Show
from bot.core.listings import TimerShown, TimersListed
from bot.core.names import ChannelId, OperationId, PersonId
from bot.core.operations.operation import Origin
from bot.core.people import Person
from bot.features import timers
from tests.world.approval_story import HERE, HOME, ask, record
from tests.world.story import Story

ITWIN, TIMER = "plant-a", "SAP work orders"


def asked(story: Story, now: float) -> Invocation:
    """Return what Alice asks at that moment; the bot's own jobs go by the world's clock."""
    alice = Person(PersonId(story.world.person("alice").id), HOME, "alice")
    return Invocation(OperationId("f" * 24), alice, Origin(ChannelId("C0PLANTOPS")), now)


@pytest.mark.parametrize(("left", "count"), [(1.0, 1), (0.001, 1), (0.0, 0), (-1.0, 0)])
async def test_show_and_list_tell_of_a_request_until_the_moment_it_expires(
    ruled: Story, policy: Path, left: float, count: int
) -> None:
    request = await record(ruled, await ask(ruled, policy, HERE))
    gateways, asking = ruled.bot.context.gateways, asked(ruled, request.expires_at - left)
    shown = await timers.show(gateways, asking, Show(ITWIN, TIMER))
    assert isinstance(shown, TimerShown)
    assert len(shown.open_items.requests) == count
    listed = await timers.listed(gateways, asking, ListTimers(ITWIN))
    assert isinstance(listed, TimersListed)
    standing = listed.open_items.get(request.operation.timer.id)
    assert (standing is not None) is bool(count)
    found = await ruled.bot.store.approvals.read(HOME, request.id)
    assert found is not None
    assert found.stage is Stage.WAITING, "its expiry has not been written down"
