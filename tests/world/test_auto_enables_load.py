"""Many returns within an hour, two replicas, one of which loses its store for good half-way.

Each return fires once, none is lost, and none fires before its time.
"""

import asyncio
import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.auto_enables import AutoEnable, Phase
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.timers import ITwin, Timer
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.jobs import LEASE_SECONDS
from bot.sandbox.people import CREW, TEAM_ID
from bot.sandbox.world import World
from tests.conftest import KEYS, living
from tests.world.clock import paced_clock
from tests.world.story import signs_in
from tests.world.valkey import Valkey
from tests.world.waiting import until

HOME = Workspace(TEAM_ID)
DUE = f"edfs:{{{TEAM_ID}}}:due"
HOUR = 3_600.0
LEAD = 120.0
SEED = 4_711


class Lifeline:
    """The way of one replica to its store; cut, nothing passes any more."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._cut = False
        self._ends: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def url(self, folder: Path) -> AsyncIterator[str]:
        path = str(folder / "lifeline")
        async with await asyncio.start_unix_server(self._connected, path):
            yield f"unix://{path}"
            self.cut()

    def cut(self) -> None:
        self._cut = True
        for end in self._ends:
            end.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_unix_connection(self._server)
        self._ends |= {writer, there_writer}
        with contextlib.suppress(OSError):
            await asyncio.gather(_pour(reader, there_writer), _pour(there_reader, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65_536):
        writer.write(some)
        await writer.drain()
    writer.transport.abort()


async def sign_in(world: World) -> None:
    """The crew may switch in plant-a, and each of them has signed in."""
    world.edfs.state.let_in(*(person.name for person in CREW))
    world.joins("#plant-ops", *(person.name for person in CREW))
    await asyncio.gather(*(signs_in(world, person.name) for person in CREW))


async def set_returns(world: World, store: Store, count: int) -> list[AutoEnable]:
    """As if so many operations had turned their timers off until some time within the hour."""
    dice, now = random.Random(SEED), world.clock.now()
    home = world.edfs.state.itwin("plant-a")
    itwin = ITwin(ITwinId(home.id), home.name, home.number)
    channels = [world.channel(f"returns-{number}", "crew01").id for number in range(20)]
    found = []
    for number in range(count):
        timer = world.edfs.state.put_timer("plant-a", f"Timer {number:04d}", enabled=False)
        person = CREW[number % len(CREW)]
        back = AutoEnable(
            id=OperationId(f"{number:024x}"),
            workspace=HOME,
            person=PersonId(person.id),
            subject=person.subject,
            itwin=itwin,
            timer=Timer(TimerId(timer.id), timer.name, timer.package, timer.cron, enabled=False),
            channel=ChannelId(channels[number % len(channels)]),
            at=now + LEAD + dice.random() * HOUR,
            scheduled_at=now,
            changed_at=now,
        )
        await store.auto_enables.put(back)
        found.append(back)
    return found


def flipped(world: World) -> Counter[str]:
    """How often each timer was flipped over the wire, by its id."""
    return Counter(str(call["path"]).split("/")[-2] for call in flips(world))


def flips(world: World) -> list[dict[str, Any]]:
    """What was answered otherwise (a token too old, a limit) was not executed, and sent again."""
    return [one for one in world.edfs.calls if (one["method"], one["status"]) == ("PATCH", 200)]


@pytest.mark.timeout(1_200)
async def test_each_return_fires_once_in_time_though_a_replica_dies(
    own: Valkey, deep: bool
) -> None:
    count = 1_000 if deep else 60
    world = World(clock=paced_clock())
    await world.open()
    store = open_store(own.url, KeyRing.parse(KEYS))
    lifeline = Lifeline(own.url.removeprefix("unix://"))
    try:
        with tempfile.TemporaryDirectory(prefix="edfs-line-") as folder:
            async with (
                lifeline.url(Path(folder)) as url,
                living(world, url),
                living(world, own.url),
            ):
                await sign_in(world)
                waiting = await set_returns(world, store, count)
                await passes(world, store, waiting, lifeline, 30.0 if deep else 400.0)
        await judged(world, store, waiting)
    finally:
        await store.aclose()
        await world.close()


async def passes(
    world: World, store: Store, waiting: list[AutoEnable], lifeline: Lifeline, step: float
) -> None:
    """Let the hour pass in steps, and then what was held up come, within another one."""
    begun = world.clock.now()
    last = max(back.at for back in waiting)
    while len(flipped(world)) < len(waiting):
        now = world.clock.now()
        assert now < last + HOUR, f"{len(waiting) - len(flipped(world))} never came back"
        if now > begun + HOUR / 2:
            lifeline.cut()
        due = sum(back.at <= now for back in waiting)

        async def is_done(due: int = due) -> bool:
            return len(flipped(world)) >= due or await is_put_off(world, store)

        await until(is_done)
        world.clock.forward(step)
    lifeline.cut()

    async def is_closed() -> bool:
        world.clock.forward(0.1)
        return not await store.auto_enables.open(HOME)

    await until(is_closed, "something follows from the last flips")


async def is_put_off(world: World, store: Store) -> bool:
    """Whether the limits hold up all that is due: nobody will look before the clock goes on."""
    soon = world.clock.now() + LEASE_SECONDS
    due = await store.redis.zrangebyscore(DUE, "-inf", soon)
    return not any(member.startswith((b"auto-enable:", b"operation:")) for member in due)


async def judged(world: World, store: Store, waiting: list[AutoEnable]) -> None:
    assert set(flipped(world).values()) == {1}
    at = {back.timer.id: back.at for back in waiting}
    patches = flips(world)
    early = [one for one in patches if one["at"] < at[TimerId(str(one["path"]).split("/")[-2])]]
    assert early == [], early
    for back in waiting:
        over = await store.auto_enables.read(HOME, back.id)
        assert over is not None
        assert (over.phase, over.closed_as) == (Phase.CLOSED, "enabled"), over
        assert world.edfs.state.timer("plant-a", back.timer.name).enabled
    assert len(patches) == len(waiting)
