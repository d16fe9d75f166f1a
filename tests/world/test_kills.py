"""Killed at any message of a wish, from its delivery to its last card: once or not at all.

A chain is one world and one store through which one bot process after another goes. Each of them
is asked for one flip and dies at its message of it; the next comes at once. A job that died with
its process is handed out again after ``REDELIVERY`` at the earliest, so the deaths of a chain are
over by then, and the last process, which lives, finds them all.
"""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.world.processes import Scene, scene
from tests.world.waiting import until
from tests.world.wires import Trap
from tests.world.wishes import (
    READS,
    SEEN,
    Point,
    Wish,
    all_is_true,
    asks,
    card_of,
    flipped,
    looks_late,
    points_of,
    whole_wish,
)

SEED = 20_26
AT_ONCE = 4  # chains
LENGTH = 11


@pytest.mark.timeout(1_300)
async def test_a_killed_bot_acts_once_or_not_at_all(deep: bool) -> None:
    """Each message but for reads, once; ``--deep``: each one, before and after, ten times."""
    messages = await whole_wish()
    choice = random.Random(SEED)
    chains = []
    for _ in range(10 if deep else 1):
        points = points_of(messages, choice, both=deep)
        points = [one for one in points if deep or not one.message.startswith(READS)]
        choice.shuffle(points)
        chains += [points[at : at + LENGTH] for at in range(0, len(points), LENGTH)]
    bound = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as together:
        done = [together.create_task(chain(points, bound)) for points in chains]
    wishes = [wish for ended in done for wish in ended.result()]
    died = [wish.point for wish in wishes if wish.died]
    # What passes varies a little with what earlier processes left behind.
    assert len(died) > 0.9 * len(wishes), [str(wish) for wish in wishes if not wish.died]
    assert {(point.message, point.after) for point in died} >= {
        (message, after) for message in SEEN for after in (False, True)
    }


async def chain(points: Sequence[Point], bound: asyncio.Semaphore) -> list[Wish]:
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
        async with scene(Path(folder), Trap()) as place:
            async with bound:
                wishes = await deaths(place, points)
            await until(place.is_free, "what died with its process is not handed out again")
            async with bound:
                async with place.bot():
                    await place.asks("bob", "/edfs help", "What you can ask")
                    await until(place.at_rest, lambda: f"still due: {place.due()}")
                await looks_late(place)
                await all_is_true(place, wishes)
            return wishes


async def deaths(place: Scene, points: Sequence[Point]) -> list[Wish]:
    """One process after another is asked for a flip, each of a timer of its own, and dies."""
    async with place.bot():
        await place.signs_in()
    wishes: list[Wish] = []
    for number, point in enumerate(points):
        timer = f"Timer {number:02d}"
        place.world.edfs.state.put_timer("plant-a", timer)
        async with place.bot():
            wishes.append(await death(place, timer, point))
        for wish in wishes:
            wish.cardless |= bool(wish.operation) and not card_of(place, wish.operation)
    return wishes


async def death(place: Scene, timer: str, point: Point) -> Wish:
    """Ask, and wait for the death; whoever does not come to that message is killed at the end."""
    trap = place.trap
    trap.arm(point.message, point.nth, after=point.after)
    accepted = await asks(place, timer)
    await until(lambda: trap.sprung or flipped(place, timer) or not accepted)
    # Some messages follow the last card.
    await until(lambda: trap.sprung or place.is_done_with(trap.named))
    trap.disarm()
    return Wish(timer, point, trap.sprung, accepted, trap.named[0] if trap.named else "")
