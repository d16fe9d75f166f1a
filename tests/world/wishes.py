"""One wish after another in one world, disturbed at any message, and what must be true of each."""

import math
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.sealed import in_text
from bot.sandbox.people import TEAM_ID
from bot.sandbox.slack import Message
from tests.conftest import KEYS, living
from tests.world.processes import Scene, scene
from tests.world.story import read
from tests.world.waiting import until
from tests.world.wires import Trap

HOME = Workspace(TEAM_ID)
LATE = 400.0  # the late look is 330 s after the loss
TOLD = "Turning off"
# Nothing has changed between a read and the message before it.
READS = ("redis GET ", "redis HGET ", "redis HMGET ", "redis HEXISTS ", "redis EXISTS ")
SEEN = {"edfs PATCH toggle", "slack POST chat.postMessage", "slack POST chat.update"}


@dataclass(frozen=True, slots=True)
class Point:
    """Before the ``nth`` message of these words passes, or after it took effect unanswered."""

    message: str
    nth: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.message!r} number {self.nth}"


@dataclass(slots=True)
class Wish:
    """One flip that was asked for, and how its process died. ``operation`` as the wire told it."""

    timer: str
    point: Point
    died: bool
    accepted: bool
    operation: str
    # Whether a process died before the store knew the card's ts.
    cardless: bool = False

    def __str__(self) -> str:
        return f"{self.timer} ({self.operation}): killed {self.point}"


def points_of(messages: Sequence[str], choice: random.Random, *, both: bool) -> list[Point]:
    """One side of each message; both where somebody outside sees an effect."""
    points = []
    for place, message in enumerate(messages):
        sides = (False, True) if both or message in SEEN else (choice.choice((False, True)),)
        nth = messages[: place + 1].count(message)
        points += [Point(message, nth, side) for side in sides]
    return points


async def whole_wish() -> list[str]:
    """What passes on the wires for a wish that nobody disturbs."""
    trap = Trap()
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
        async with scene(Path(folder), trap) as place, place.bot():
            await place.signs_in()
            for timer in ("SAP materials", "SAP work orders"):  # the second knows the names
                trap.arm()
                await asks(place, timer)
                await place.sees("bob", f"{timer} is now disabled")
                await until(place.at_rest)
    return trap.passed


async def asks(place: Scene, timer: str) -> bool:
    """Ask for the flip; return whether Slack was told that it is accepted."""
    ack = await place.world.types("alice", "#plant-ops", f'/edfs disable plant-a "{timer}"')
    assert ack.ok or ack.body == "dispatch_failed", ack
    return ack.ok and "nothing was changed" not in str(ack.body)


def flipped(place: Scene, timer: str) -> bool:
    return any(f"{timer} is now" in message.text for message in cards(place, timer))


def cards(place: Scene, timer: str) -> list[Message]:
    """What everybody in the channel sees of this timer."""
    seen = place.world.reads("bob", "#plant-ops")
    return [message for message in seen if message.visible_to is None and timer in message.text]


def card_of(place: Scene, operation: str) -> str:
    card = place.redis.hget(f"edfs:{{{TEAM_ID}}}:operation:{operation}", "ts")
    return in_text(card or b"")


async def looks_late(place: Scene) -> None:
    """Whatever is due for the distant future comes to its end too."""
    place.world.clock.forward(LATE)

    def nothing_is_due() -> bool:
        if not place.due(0.0):
            place.world.clock.forward(1.0)  # a read that failed is tried again minutes later
        return not place.due(math.inf)

    async with living(place.world, place.valkey.url):
        await until(nothing_is_due, lambda: place.due(math.inf))


async def all_is_true(place: Scene, wishes: Sequence[Wish]) -> None:
    store = open_store(place.valkey.url, KeyRing.parse(KEYS))
    try:
        for wish in wishes:
            operation = (
                await store.operations.read(HOME, OperationId(wish.operation))
                if wish.operation
                else None
            )
            is_true(place, wish, operation)
            if operation is not None:
                await is_in_the_books(store, wish, operation)
        checked = await store.audit.check(HOME)
        assert not checked.broken, checked
    finally:
        await store.aclose()


def is_true(place: Scene, wish: Wish, operation: Operation | None) -> None:
    """The record, the timer, the flips and the cards all say the same."""
    edfs = place.world.edfs
    flips = edfs.flips(wish.timer, "plant-a")
    timer = edfs.state.timer("plant-a", wish.timer)
    said = cards(place, wish.timer)
    assert timer.enabled is not bool(flips), str(wish)
    assert patches(place, timer.id) <= 1, str(wish)
    if operation is None:
        assert not wish.accepted, f"Slack was told 'accepted', and nothing was kept: {wish}"
        assert (flips, said) == (0, []), str(wish)
        return
    assert operation.timer.name == wish.timer, f"the trap took one for another: {operation}"
    card = card_of(place, wish.operation)
    words = {State.APPLIED: "is now disabled", State.NOT_APPLIED: "Not changed"}
    assert operation.state in words, f"{operation.state}: {wish}"
    assert flips == (operation.state is State.APPLIED), f"{operation.state}, {flips}: {wish}"
    assert operation.attempts, str(wish)
    for message in said:
        if message.ts == card:
            shown = "disabled" if flips else "enabled"
            assert words[operation.state] in message.text, f"{message.text}: {wish}"
            assert f"State: {shown}" in read(message), f"{read(message)}: {wish}"
        else:
            # Slack took the post, and its answer died with the process. The bot has no right to
            # read the channel, so it cannot find this one again; it says what was true then, or is
            # true now, and promises nothing that did not happen.
            assert wish.cardless, f"two cards without need: {wish}"
            true = (TOLD, words[operation.state])
            assert any(one in message.text for one in true), f"{message.text}: {wish}"
    assert sum(message.ts == card for message in said) == 1, str(wish)


def patches(place: Scene, timer: str) -> int:
    calls = place.world.edfs.calls
    return sum(call["method"] == "PATCH" and timer in call["path"] for call in calls)


async def is_in_the_books(store: Store, wish: Wish, operation: Operation) -> None:
    """One entry for the end, one for the late look where there was one, and one for each permit."""
    entries = await store.audit.read(HOME, count=10_000)
    what = [entry.event for entry in entries if entry.facts.get("operation") == wish.operation]
    looked = bool(operation.response_lost_at)
    assert what.count(f"operation.{operation.state.value}") == 1, (what, str(wish))
    assert what.count("operation.late") == looked, (what, str(wish))
    assert what.count("operation.sending") == operation.attempts, (what, str(wish))
