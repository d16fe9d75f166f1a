"""Paused at any message of a wish for longer than every lease, while another process goes on.

The message takes effect, the process that sent it sleeps, and a second one takes over what it had
begun. Then the first one wakes, reads its answer, and goes on where it was.
"""

import asyncio
import random
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.gateways.store.card_outbox import LOCK_SECONDS
from bot.jobs import REDELIVERY
from tests.world.processes import BotProcess, Scene, scene
from tests.world.waiting import until
from tests.world.wires import Trap
from tests.world.wishes import (
    SEEN,
    Point,
    Wish,
    all_is_true,
    asks,
    card_of,
    cards,
    flipped,
    looks_late,
    points_of,
    whole_wish,
)

SEED = 20_26
AT_ONCE = 6  # scenes; most of a pause is waiting
LENGTH = 8
PAUSE = max(REDELIVERY.total_seconds(), LOCK_SECONDS) + 3.0  # longer than every lease


@pytest.mark.deep
@pytest.mark.timeout(2_400)
async def test_a_paused_process_wakes_to_what_another_did() -> None:
    choice = random.Random(SEED)
    messages = await whole_wish()
    points = list(dict.fromkeys(points_of(messages, choice, both=False)))
    choice.shuffle(points)
    series = [points[at : at + LENGTH] for at in range(0, len(points), LENGTH)]
    bound = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as together:
        done = [together.create_task(played(some, bound)) for some in series]
    wishes = [wish for ended in done for wish in ended.result()]
    paused = [wish.point.message for wish in wishes if wish.died]
    assert len(paused) > 0.9 * len(wishes), [str(wish) for wish in wishes if not wish.died]
    assert set(paused) >= SEEN


async def played(points: Sequence[Point], bound: asyncio.Semaphore) -> list[Wish]:
    async with bound:
        with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
            async with scene(Path(folder), Trap()) as place:
                async with place.bot():
                    await place.signs_in()
                wishes = [await paused(place, *one) for one in enumerate(points)]
                await looks_late(place)
                await all_is_true(place, wishes)
                return wishes


async def paused(place: Scene, number: int, point: Point) -> Wish:
    """Ask for a flip of a timer of its own, and pause whoever comes to that message."""
    timer, trap = f"Timer {number:02d}", place.trap
    place.world.edfs.state.put_timer("plant-a", timer)
    read_before = len(place.world.reads("alice"))
    async with place.bot(paced=False) as first:
        trap.arm(point.message, point.nth, pauses=True)
        asking = asyncio.create_task(asks(place, timer))

        def is_over() -> bool:
            refused = asking.done() and not asking.result()
            return trap.sprung or refused or (flipped(place, timer) and place.at_rest())

        await until(is_over, f"{timer}, {point}")
        trap.disarm()
        operation = trap.named[0] if trap.named else ""
        wish = Wish(timer, point, trap.sprung, accepted=False, operation=operation)
        wish.cardless = bool(cards(place, timer)) and not card_of(place, operation)
        if trap.sprung:
            await goes_on_elsewhere(place, first)
        wish.accepted = await asking
        await until(place.at_rest, lambda: f"{wish}: still due: {place.due()}")
    told = [message for message in place.world.reads("alice")[read_before:] if message.visible_to]
    if place.world.edfs.flips(timer, "plant-a"):
        said = [message.text for message in told]
        assert not any("nothing was changed" in text for text in said), (str(wish), said)
    return wish


async def goes_on_elsewhere(place: Scene, first: BotProcess) -> None:
    """Another process does what the paused one had begun; then that one wakes."""
    since, now = place.world.clock.now(), place.world.clock.now
    async with place.second(paced=False):
        await until(lambda: now() - since > PAUSE)
        await until(lambda: place.is_done_with(place.trap.named), "nobody took it over")
        first.send(signal.SIGCONT)
        await until(place.at_rest, lambda: f"still due: {place.due()}")
