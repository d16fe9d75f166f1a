"""Plays the cells of a row side by side, each in a world of its own."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.faults.matrix import Cell, Fault, Step, chosen, row
from tests.faults.scene import Way, staged
from tests.faults.strikes import strike_of
from tests.faults.table import FAILED, PROPERTY
from tests.faults.verdict import end_of, faults_of

TOGETHER = 6  # most of a run is waiting
# How a wish is made in the deep run, by the seed; trouble lasts where it says so.
WAYS = (
    (Way.TYPED, False),
    (Way.TYPED, True),
    (Way.PRESSED, False),
    (Way.SOCKET, True),
    (Way.WINDOW, False),
)
# An undo has its card already; a window has read the timers before.
NOT_BY: dict[Way, frozenset[Step]] = {
    Way.PRESSED: frozenset({Step.POSTED}),
    Way.WINDOW: frozenset({Step.TOKEN, Step.LIST}),
}

Record = Callable[[str, object], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One cell, played once. ``long``: the trouble lasts, and is met again."""

    cell: Cell
    seed: int
    long: bool
    way: Way = Way.TYPED


def runs_of(faults: Iterable[Fault], *, deep: bool) -> list[Run]:
    if not deep:
        return [Run(one, seed=0, long=False) for fault in faults for one in chosen(fault)]
    cells = [one for fault in faults for one in row(fault)]
    return [
        Run(one, seed, long, way)
        for seed, (way, long) in enumerate(WAYS)
        for one in cells
        if one.step not in NOT_BY.get(way, ())
    ]


async def play(runs: list[Run], record: Record) -> None:
    """Play all of them; what failed is said of all of them together."""
    turn, opening = asyncio.Semaphore(TOGETHER), asyncio.Lock()

    async def one(run: Run) -> list[str]:
        async with turn:
            end, found = await _played(run, opening)
        record(PROPERTY, (run.cell.fault.value, run.cell.step.value, FAILED if found else end))
        name = f"{run.cell.name}, {run.way.value}, seed {run.seed}"
        return [f"{name}: {words}" for words in found]

    failures = [words for found in await asyncio.gather(*map(one, runs)) for words in found]
    assert not failures, "\n" + "\n".join(failures)


async def _played(run: Run, opening: asyncio.Lock) -> tuple[str, list[str]]:
    """Open one after another: a bot that starts holds up the others, and Slack waits for none."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            async with opening:
                scene = await stack.enter_async_context(
                    staged(run.cell, run.seed, long=run.long, way=run.way)
                )
            await strike_of(scene).play()
            found = await faults_of(scene)
            end = end_of(scene)
    except Exception:  # noqa: BLE001 - the other cells of the row still tell theirs
        return FAILED, [traceback.format_exc(limit=-6)]
    return (end.value if end else FAILED), found
