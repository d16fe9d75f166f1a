"""A failover at any message of a wish to the store: one flip at most, and every card is true.

The bot connects to a name, which leads to the promoted server afterwards.
"""

import asyncio
import contextlib
import random
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions

from bot.core.errors import StoreUnreachable
from tests.world.approval_story import HOME
from tests.world.replicated import NOWHERE, Replicated, replicated
from tests.world.story import TOGGLE, Story, read
from tests.world.topologies import Server, story_over
from tests.world.waiting import until
from tests.world.wires import Trap, Wire
from tests.world.wishes import READS, Point, points_of

SEED = 20_26
AT_ONCE = 8  # most of a failover is waiting
TIMER = "SAP work orders"
ENDED = ("is now disabled", "is now enabled", "Not changed", "Not certain")
PATIENCE = "4"  # seconds that the bot waits for EDFS


# What the store forgot there was told to nobody, or left a card behind.
FOUND = (
    Point("redis ZADD job", 1, after=True),
    Point("redis EVALSHA operation", 2, after=True),
)


class How(Enum):
    """``BEHIND``: the replica has nothing of the wish."""

    ASKED = "asked"
    KILLED = "killed"
    HUNG = "hung"
    BEHIND = "behind"


@dataclass
class Failover:
    """What happens at the message, in the place of a death of the bot."""

    how: How
    servers: Replicated
    name: Wire

    @property
    def replica(self) -> Server:
        return self.servers.replicas[0]

    def kill(self) -> None:
        master = self.servers.master
        if self.how is How.HUNG:
            master.process.send_signal(signal.SIGSTOP)
        elif self.how is not How.ASKED:
            master.kill()
        self.replica.call("REPLICAOF", "NO", "ONE")
        self.name.far = self.replica.port
        if self.how is How.ASKED:
            master.call("REPLICAOF", "127.0.0.1", self.replica.port)

    def send(self, number: signal.Signals) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Case:
    how: How
    point: Point

    def __str__(self) -> str:
        return f"failover {self.how.value} {self.point}"


@pytest.mark.timeout(2_400)
async def test_a_failover_at_any_message(*, deep: bool) -> None:
    """One point of each kind; ``--deep``: each message, before or after it took effect."""
    choice = random.Random(SEED)
    points = points_of(await whole_wish(), choice, both=False)
    points = [one for one in dict.fromkeys(points) if not one.message.startswith(READS)]
    cases = [
        Case(how, point) for how in How for point in (points if deep else choice.sample(points, 1))
    ]
    cases += [Case(How.BEHIND, point) for point in FOUND]
    bound = asyncio.Semaphore(AT_ONCE)
    found = await asyncio.gather(*(played(case, bound) for case in cases))
    assert sum(happened for happened, _ in found) > 0.9 * len(cases)
    lies = [f"{case}: {lie}" for case, (_, said) in zip(cases, found, strict=True) for lie in said]
    assert not lies, "\n".join(lies)


async def whole_wish() -> list[str]:
    """What passes to the store for a wish that nothing disturbs."""
    with folder() as path, replicated(path, 1) as servers:
        trap = Trap()
        name = Wire("redis", servers.master.port, trap)
        async with name.at_port() as port, story_over(at(port), PATIENCE) as story:
            await story.signs_in("alice")
            trap.arm()
            await story.types("alice", TOGGLE)
            await story.sees("bob", f"{TIMER} is now disabled")
            await rests(story)
        return trap.passed


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edfs-failover-") as name:
        yield Path(name)


async def played(case: Case, bound: asyncio.Semaphore) -> tuple[bool, list[str]]:
    """Return whether the failover happened, and what is not true afterwards."""
    async with bound:
        with folder() as path, replicated(path, 1) as servers:
            trap = Trap()
            name = Wire("redis", servers.master.port, trap)
            trap.process = Failover(case.how, servers, name)
            async with name.at_port() as port, story_over(at(port), PATIENCE) as story:
                return await disturbed(case, servers, trap, story)


def at(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


async def disturbed(
    case: Case, servers: Replicated, trap: Trap, story: Story
) -> tuple[bool, list[str]]:
    await story.signs_in("alice")
    await rests(story, case)
    await until(servers.in_step)
    if case.how is How.BEHIND:
        servers.replicas[0].call("REPLICAOF", *NOWHERE)
    before = story.says("alice")
    trap.arm(case.point.message, case.point.nth, after=case.point.after)
    ack = await story.types("alice", TOGGLE)
    accepted = ack.ok and "nothing was changed" not in str(ack.body)

    def is_over() -> bool:
        return trap.sprung or not accepted or any(ENDED[0] in said for said in story.says("bob"))

    await until(is_over, str(case))
    if not trap.sprung:
        await rests(story, case)
    trap.disarm()
    await rests(story, case)

    def lies() -> list[str]:
        new = [said for said in story.says("alice") if said not in before]
        return lies_of(story, new, accepted=accepted)

    with contextlib.suppress(AssertionError):  # a command that was lost is told a little later
        await until(lambda: not lies())
        await rests(story)
    return trap.sprung, [*lies(), *await chain_of(story)]


async def rests(story: Story, what: object = "") -> None:
    """Let everything come to its end that is due at any time."""
    due: list[Any] = []

    async def nothing_is_due() -> bool:
        nonlocal due
        story.world.clock.forward(3)
        store = story.bot.store.redis
        try:
            keys = [key async for key in store.scan_iter("edfs:*:due")]
            due = [one for key in keys for one in await store.zrange(key, 0, -1)]
        except (redis.exceptions.RedisError, OSError):
            return False
        return not due

    await until(nothing_is_due, lambda: f"{what}: still due: {due}, {story.says('bob')}")


def lies_of(story: Story, new: list[str], *, accepted: bool) -> list[str]:
    flips, sent = story.flips(), story.patches()
    found = [] if flips == sent <= 1 else [f"{flips} flips by {sent} requests"]
    state = "disabled" if flips else "enabled"
    cards = [m for m in story.world.reads("bob") if m.visible_to is None and TIMER in read(m)]
    shown = [read(card) for card in cards]
    found += [f"it is {state}, and a card says: {one}" for one in shown if not is_true(one, state)]
    if accepted and not any(is_true(one, state) for one in [*shown, *new]):
        found.append(f"nobody hears what came of it: {new}")
    if not accepted and flips:
        found.append("it was refused, and done")
    if flips and any("nothing was changed" in said.lower() for said in new):
        found.append(f"it was done, and somebody reads that nothing was changed: {new}")
    return found


def is_true(said: str, state: str) -> bool:
    """Whether it tells an end that is so. A command that was lost tells to look."""
    if "is now disabled" in said or "is now enabled" in said:
        return f"is now {state}" in said
    if "Not changed" in said:
        return state == "enabled"
    return "was lost" in said or "nothing was changed" in said.lower()


async def chain_of(story: Story) -> list[str]:
    try:
        checked = await story.bot.store.audit.check(HOME)
    except StoreUnreachable as error:
        return [f"the store is away: {error}"]
    return [f"the audit chain is broken: {checked.broken}"] if checked.broken else []
