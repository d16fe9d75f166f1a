"""A process that changes several timers is killed at any message: each flips once or not at all.

As in ``test_kills``: one process after another is asked for a set of its own and dies at a message
of it, and the last one, which lives, finds all of them.
"""

import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.slack import Message
from tests.world.processes import Scene, scene
from tests.world.story import read
from tests.world.waiting import until
from tests.world.wires import Trap
from tests.world.wishes import READS, Point, looks_late, patches, points_of

SEED = 20_26
LENGTH = 12
MEMBERS = ("a", "b", "c")
FLIP = "edfs PATCH toggle"


@dataclass(frozen=True, slots=True)
class Killed:
    """One set that was asked for, and how its process died."""

    name: str
    point: Point
    accepted: bool

    def timers(self) -> list[str]:
        return [f"{self.name} {member}" for member in MEMBERS]


@pytest.mark.timeout(600)
async def test_a_killed_set_flips_each_timer_once_or_not_at_all() -> None:
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
        async with scene(Path(folder), Trap()) as place:
            async with place.bot():
                await place.signs_in()
                await asks(place, "Whole")
                await until(place.at_rest)
                place.trap.arm()
                await place.world.clicks("alice", "Disable 3 timers")
                await until(place.at_rest)
            points = chosen(place.trap.passed)
            killed = [await death(place, number, one) for number, one in enumerate(points)]
            await until(place.is_free, "what died with its process is not handed out again")
            async with place.bot():
                await place.asks("bob", "/edfs help", "What you can ask")
                await until(place.at_rest, lambda: f"still due: {place.due()}")
            await looks_late(place)
            for one in killed:
                is_true(place, one)
            assert sum(one.accepted for one in killed) > LENGTH // 2


def chosen(messages: list[str]) -> list[Point]:
    """Some points of a set that nobody disturbed; around each PATCH in any case."""
    choice = random.Random(SEED)
    points = points_of(messages, choice, both=False)
    flips = [one for one in points if one.message == FLIP]
    assert len(flips) == 2 * len(MEMBERS), Counter(messages)
    others = [one for one in points if one.message != FLIP and not one.message.startswith(READS)]
    return [*flips, *choice.sample(others, LENGTH - len(flips))]


async def asks(place: Scene, name: str) -> None:
    for member in MEMBERS:
        place.world.edfs.state.put_timer("plant-a", f"{name} {member}")
    await place.asks("alice", f'/edfs disable plant-a "{name} *"', "Disable 3 timers")
    await until(lambda: questions(place, name))


def questions(place: Scene, name: str) -> list[Message]:
    return [one for one in place.world.reads("alice") if name in read(one)]


async def death(place: Scene, number: int, point: Point) -> Killed:
    """Ask, press and wait for the death; whoever does not come to that message is killed."""
    name, trap = f"Set {number:02d}", place.trap
    async with place.bot():
        await asks(place, name)
        trap.arm(point.message, point.nth, after=point.after)
        ack = await place.world.clicks("alice", "Disable 3 timers")
        await until(lambda: trap.sprung or card_of(place, name) or not ack.ok)
        await until(lambda: trap.sprung or place.is_done_with(trap.named))
        trap.disarm()
    return Killed(name, point, ack.ok and "nothing was changed" not in str(ack.body))


def card_of(place: Scene, name: str) -> str:
    """What the newest card of the set says to everybody; empty where there is none."""
    seen = place.world.reads("bob", "#plant-ops")
    cards = [read(one) for one in seen if one.visible_to is None and f"{name} a" in read(one)]
    return cards[-1] if cards else ""


def is_true(place: Scene, one: Killed) -> None:
    """Each timer was flipped at most once, and the card says of each what is true."""
    edfs, card = place.world.edfs, card_of(place, one.name)
    flipped = 0
    for name in one.timers():
        timer, flips = edfs.state.timer("plant-a", name), edfs.flips(name, "plant-a")
        assert timer.enabled is not bool(flips), one
        assert patches(place, timer.id) <= 1, one
        flipped += flips
        if card:
            said = f"⚪ {name}: disabled" if flips else f"🔴 {name}: not changed"
            assert said in card, f"{card}\n{one}"
    assert bool(card) is one.accepted, one
    if card:
        count = "3 timers" if flipped == len(MEMBERS) else f"{flipped} of 3 timers"
        assert f"Disabled {count}" in card, f"{card}\n{one}"
