"""Who was told "nothing was changed" is right, whatever the store does later or elsewhere."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.core.deliveries import Delivery, SlashCommand
from bot.core.errors import StoreUnreachable
from bot.core.names import ChannelId, PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.sandbox.people import TEAM_ID
from bot.sandbox.world import World
from bot.slack.inbound.deliveries import identity
from bot.slack.inbound.intake import CERTAIN_AFTER, DUE_AFTER, SAVE_SECONDS, Intake
from tests.conftest import KEYS, living
from tests.world.story import TOGGLE, Story

HOME = Workspace(TEAM_ID)
DUE = f"edfs:{{{TEAM_ID}}}:due"
# The seconds of the store's clock, as a script returns them.
CLOCK = re.compile(rb"(?<=\$10\r\n)([0-9]{10})(?=\r\n)")


class Wire:
    """A stretch of wire to the store.

    ``lose``: the first command with this in it still gets through, then ``cut``: nothing does,
    either way. ``open`` cleared: commands wait and get through later, even from who has gone.
    ``shift`` is added to the store's clock as it is heard.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self.lose: bytes | None = None
        self.cut = False
        self.shift = 0
        self.open = asyncio.Event()
        self.open.set()
        self._ends: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def laid(self, folder: Path) -> AsyncIterator[str]:
        path = str(folder / "wire")
        async with await asyncio.start_unix_server(self._connected, path):
            yield f"unix://{path}"
            while self._ends:  # whoever was connected has gone
                await asyncio.wait(self._ends)

    def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._forth(near, out))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def _forth(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_unix_connection(self._server)
        back = asyncio.create_task(self._back(far, out))
        with contextlib.suppress(ConnectionError):
            while said := await near.read(65_536):
                await self.open.wait()
                if self.cut:
                    continue
                if self.lose is not None and self.lose in said:
                    self.lose, self.cut = None, True
                there.write(said)
                await there.drain()
        there.close()
        await back
        out.close()
        with contextlib.suppress(ConnectionError):
            await out.wait_closed()
            await there.wait_closed()

    async def _back(self, far: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await far.read(65_536):
                if not self.cut:
                    out.write(CLOCK.sub(lambda one: b"%d" % (int(one[1]) + self.shift), said))
                    await out.drain()


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    store = open_store(url, KeyRing.parse(KEYS))
    try:
        yield store
    finally:
        await store.aclose()


@pytest.fixture
async def there(redis_url: str) -> AsyncIterator[Store]:
    """The store, as another replica reaches it."""
    async with opened(redis_url) as store:
        yield store


@pytest.fixture
def wire(redis_url: str) -> Wire:
    return Wire(redis_url.removeprefix("unix://"))


@pytest.fixture
async def here(wire: Wire, tmp_path: Path) -> AsyncIterator[Store]:
    """The store at the end of the wire, which has been used before."""
    async with wire.laid(tmp_path) as url, opened(url) as store:
        await store.deliveries.save(delivery("first"), "first", time.time() + 3_600)
        await store.deliveries.retract(HOME, delivery("first").id, "first")
        yield store


def delivery(text: str) -> Delivery:
    return SlashCommand(
        id=identity("test", text),
        workspace=HOME,
        installed_in=HOME,
        person=PersonId("U1"),
        channel=ChannelId("C1"),
        at=time.time(),
        text=text,
        response_url="",
        trigger_id="",
    )


async def not_nudged(_: Delivery) -> None:
    raise OSError("the nudge got lost")


def intake(store: Store) -> Intake:
    return Intake(store, time.time, not_nudged, set())


async def due_in(store: Store, kept: Delivery) -> float | None:
    score = await store.redis.zscore(DUE, f"delivery:{kept.id}")
    return None if score is None else float(score) - time.time()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.01)


async def test_what_reaches_the_store_too_late_is_not_kept(
    wire: Wire, here: Store, there: Store
) -> None:
    kept = delivery("help")
    wire.open.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await here.deliveries.save(kept, "me", time.time(), 0.1)
    wire.open.set()
    assert await here.deliveries.save(delivery("after it"), "me", time.time() + 3_600)
    assert await there.deliveries.read(HOME, kept.id) is None
    assert await due_in(there, kept) is None


@pytest.mark.parametrize("shift", [-3_600, 3_600, -1])
async def test_a_clock_that_was_set_costs_one_more_round(
    wire: Wire, here: Store, there: Store, shift: int
) -> None:
    wire.shift = shift
    assert await here.deliveries.save(delivery("one"), "me", time.time(), 1)
    wire.shift = 0
    assert await here.deliveries.save(delivery("two"), "me", time.time(), 1)
    assert await here.deliveries.save(delivery("three"), "me", time.time(), 1)
    assert await there.deliveries.read(HOME, delivery("three").id)


async def test_too_late_is_too_late_with_the_clock_right(here: Store, there: Store) -> None:
    with pytest.raises(StoreUnreachable):
        await here.deliveries.save(delivery("help"), "me", time.time(), -0.5)
    assert await there.deliveries.read(HOME, delivery("help").id) is None


async def test_a_withdrawal_stands_in_the_way_of_a_keeping_to_come(there: Store) -> None:
    kept = delivery("help")
    assert await there.deliveries.retract(HOME, kept.id, "me")
    await there.deliveries.save(kept, "me", time.time())
    assert await there.deliveries.read(HOME, kept.id) is None
    assert await due_in(there, kept) is None
    assert not await there.deliveries.save(kept, "somebody else", time.time())


async def test_what_somebody_else_kept_is_not_withdrawn(there: Store) -> None:
    kept = delivery("help")
    assert await there.deliveries.save(kept, "somebody else", time.time())
    assert await there.deliveries.retract(HOME, kept.id, "me")
    assert await there.deliveries.read(HOME, kept.id) == kept
    assert await due_in(there, kept) is not None


async def test_a_withdrawal_says_when_it_came_too_late(there: Store) -> None:
    kept = delivery("help")
    assert await there.deliveries.save(kept, "me", time.time())
    await there.deliveries.finish(HOME, kept.id)
    assert not await there.deliveries.retract(HOME, kept.id, "me")
    again = delivery("again")
    assert await there.deliveries.save(again, "me", time.time())
    assert await there.deliveries.retract(HOME, again.id, "me")
    assert await there.deliveries.retract(HOME, again.id, "me")


async def test_a_lost_nudge_costs_a_second(there: Store) -> None:
    kept, taking = delivery("help"), intake(there)
    await taking.take(kept)
    await taking.aclose()
    assert 0 < (await due_in(there, kept) or 0) <= DUE_AFTER


async def test_until_its_keeper_has_heard_it_waits(here: Store, there: Store, wire: Wire) -> None:
    """The keeping is done, its answer gets lost, and the keeper is cut off for a while."""
    kept, taking = delivery("help"), intake(here)
    wire.lose = b":delivery:"
    begun = time.monotonic()
    with pytest.raises(StoreUnreachable):
        await taking.take(kept)
    assert time.monotonic() - begun < SAVE_SECONDS + 0.8
    assert kept.id in taking.withdrawn
    assert await there.deliveries.read(HOME, kept.id) == kept, (
        "the answer got lost, not the keeping"
    )
    assert CERTAIN_AFTER / 2 < (await due_in(there, kept) or 0) < CERTAIN_AFTER

    wire.cut = False

    async def withdrawn() -> bool:
        return not taking.withdrawn

    await until(withdrawn)
    assert await there.deliveries.read(HOME, kept.id) is None
    assert await due_in(there, kept) is None
    await taking.aclose()


async def test_a_lost_answer_alone_is_withdrawn_before_anybody_is_told(
    here: Store, there: Store, wire: Wire
) -> None:
    kept, taking = delivery("help"), intake(here)
    wire.lose = b":delivery:"

    async def heal() -> None:
        await asyncio.sleep(SAVE_SECONDS - 0.3)
        wire.cut = False

    healing = asyncio.create_task(heal())
    with pytest.raises(StoreUnreachable):
        await taking.take(kept)
    assert not taking.withdrawn
    assert await there.deliveries.read(HOME, kept.id) is None
    await healing
    await taking.aclose()


@pytest.mark.timeout(60)
async def test_no_replica_does_what_a_person_was_told_is_not_done(
    redis_url: str, wire: Wire, tmp_path: Path
) -> None:
    world = World()
    await world.open()
    try:
        async with (
            wire.laid(tmp_path) as wired,
            living(world, redis_url) as other,
            living(world, wired) as bot,
            Redis.from_url(redis_url) as store,
        ):
            story = Story(world, bot)
            await story.signs_in("alice")

            async def quiet() -> bool:
                return not await store.zcard(DUE)

            await until(quiet)
            wire.lose = b":delivery:"
            ack = await story.types("alice", TOGGLE)
            assert ack.seconds < 3
            await story.sees("alice", "so nothing was changed")
            assert wire.cut
            assert await store.zcard(DUE) == 1, "the answer got lost, not the keeping"
            wire.cut = False
            await until(quiet)
            world.clock.forward(2 * CERTAIN_AFTER)
            world.connect(other.context.sign_in_urls.public_url)
            await story.types("bob", "/edfs help")
            await story.sees("bob", "What you can ask")
            assert story.flips() == 0
    finally:
        await world.close()
