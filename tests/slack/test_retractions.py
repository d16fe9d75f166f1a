"""Retractions: "nothing was changed" stays true, whatever the store does later or elsewhere."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
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
from bot.slack.inbound.intake import CERTAIN_AFTER, DUE_AFTER, Intake
from tests.conftest import KEYS, living
from tests.world.clock import paced_clock
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until

WORKSPACE = Workspace(TEAM_ID)
NOW = 1_790_000_000.0
DUE = f"edfs:{{{TEAM_ID}}}:due"
# The seconds of the store's clock in a script's reply (RESP: a bulk string of ten bytes).
CLOCK = re.compile(rb"(?<=\$10\r\n)([0-9]{10})(?=\r\n)")


class Wire:
    """A proxy between the bot and the store that can lose, delay and change what passes.

    ``lose``: the first command that contains it still gets through, then ``cut`` is set: nothing
    passes in either direction. While ``open`` is cleared, commands wait, and get through later even
    when their sender has disconnected; ``waiting`` counts the connections on which one waits.
    ``lost`` counts the replies that did not pass. ``shift`` is added to the store's clock in its
    replies.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self.lose: bytes | None = None
        self.cut = False
        self.shift = 0
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0
        self.lost = 0
        self._ends: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[str]:
        path = str(folder / "wire")
        async with await asyncio.start_unix_server(self._connected, path):
            yield f"unix://{path}"
            while self._ends:  # until every client has disconnected
                await asyncio.wait(self._ends)

    def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._forward(near, out))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def _forward(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, server = await asyncio.open_unix_connection(self._server)
        replies = asyncio.create_task(self._reply(far, out))
        with contextlib.suppress(ConnectionError):
            while data := await near.read(65_536):
                self.waiting += 1
                await self.open.wait()
                self.waiting -= 1
                if self.cut:
                    continue
                if self.lose is not None and self.lose in data:
                    self.lose, self.cut = None, True
                server.write(data)
                await server.drain()
        server.close()
        await replies
        out.close()
        with contextlib.suppress(ConnectionError):
            await out.wait_closed()
            await server.wait_closed()

    async def _reply(self, far: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await far.read(65_536):
                if self.cut:
                    self.lost += 1
                else:
                    out.write(CLOCK.sub(lambda one: b"%d" % (int(one[1]) + self.shift), data))
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
    """The store, as another replica reaches it: directly."""
    async with opened(redis_url) as store:
        yield store


@pytest.fixture
def wire(redis_url: str) -> Wire:
    return Wire(redis_url.removeprefix("unix://"))


@pytest.fixture
async def here(wire: Wire, tmp_path: Path) -> AsyncIterator[Store]:
    """The store behind the wire, which has been used before, so that its clock is known."""
    async with wire.listening(tmp_path) as url, opened(url) as store:
        await store.deliveries.save(delivery("first"), "first", NOW + 3_600)
        await store.deliveries.retract(WORKSPACE, delivery("first").id, "first")
        yield store


def delivery(text: str) -> Delivery:
    return SlashCommand(
        id=identity("test", text),
        workspace=WORKSPACE,
        installed_in=WORKSPACE,
        person=PersonId("U1"),
        channel=ChannelId("C1"),
        at=NOW,
        text=text,
        response_url="",
        trigger_id="",
    )


async def lost_nudge(_: Delivery) -> None:
    raise OSError("the nudge was lost")


def intake(store: Store) -> Intake:
    return Intake(store, lambda: NOW, lost_nudge, lambda: None, set())


async def due_in(store: Store, delivery: Delivery) -> float | None:
    """Return in how many seconds it becomes due; None where it is not due at all."""
    score = await store.redis.zscore(DUE, f"delivery:{delivery.id}")
    return None if score is None else float(score) - NOW


async def test_a_save_that_reaches_the_store_too_late_does_nothing(
    wire: Wire, here: Store, there: Store
) -> None:
    stored = delivery("help")
    wire.open.clear()
    saving = asyncio.create_task(here.deliveries.save(stored, "me", NOW, 0.0))
    await until(lambda: wire.waiting)
    saving.cancel()
    wire.open.set()
    assert await here.deliveries.save(delivery("after it"), "me", NOW + 3_600)
    assert await there.deliveries.read(WORKSPACE, stored.id) is None
    assert await due_in(there, stored) is None


@pytest.mark.parametrize("shift", [-3_600, 3_600, -60])
async def test_a_store_whose_clock_was_set_costs_one_more_round_trip(
    wire: Wire, here: Store, there: Store, shift: int
) -> None:
    wire.shift = shift
    assert await here.deliveries.save(delivery("one"), "me", NOW, 60)
    wire.shift = 0
    assert await here.deliveries.save(delivery("two"), "me", NOW, 60)
    assert await here.deliveries.save(delivery("three"), "me", NOW, 60)
    assert await there.deliveries.read(WORKSPACE, delivery("three").id)


async def test_a_save_after_its_last_moment_is_refused(here: Store, there: Store) -> None:
    with pytest.raises(StoreUnreachable):
        await here.deliveries.save(delivery("help"), "me", NOW, -0.5)
    assert await there.deliveries.read(WORKSPACE, delivery("help").id) is None


async def test_a_retraction_blocks_a_save_that_is_still_to_come(there: Store) -> None:
    stored = delivery("help")
    assert await there.deliveries.retract(WORKSPACE, stored.id, "me") == "retracted"
    await there.deliveries.save(stored, "me", NOW)
    assert await there.deliveries.read(WORKSPACE, stored.id) is None
    assert await due_in(there, stored) is None
    with pytest.raises(StoreUnreachable):  # a copy of it is not acknowledged either
        await there.deliveries.save(stored, "another owner", NOW)


async def test_what_another_owner_saved_is_not_retracted(there: Store) -> None:
    stored = delivery("help")
    assert await there.deliveries.save(stored, "another owner", NOW)
    assert await there.deliveries.retract(WORKSPACE, stored.id, "me") == "kept"
    assert await there.deliveries.read(WORKSPACE, stored.id) == stored
    assert await due_in(there, stored) is not None
    assert await there.deliveries.retract(WORKSPACE, stored.id, "another owner") == "retracted"
    assert await there.deliveries.retract(WORKSPACE, stored.id, "me") == "retracted"


async def test_what_was_acknowledged_to_another_copy_is_not_retracted(there: Store) -> None:
    stored = delivery("help")
    assert await there.deliveries.save(stored, "me", NOW)
    assert not await there.deliveries.save(stored, "another owner", NOW)
    assert await there.deliveries.retract(WORKSPACE, stored.id, "me") == "kept"
    assert await there.deliveries.read(WORKSPACE, stored.id) == stored
    assert await due_in(there, stored) is not None


async def test_a_retraction_reports_that_it_came_too_late(there: Store) -> None:
    stored = delivery("help")
    assert await there.deliveries.save(stored, "me", NOW)
    await there.deliveries.finish(WORKSPACE, stored.id)
    assert await there.deliveries.retract(WORKSPACE, stored.id, "me") == "answered"
    again = delivery("again")
    assert await there.deliveries.save(again, "me", NOW)
    assert await there.deliveries.retract(WORKSPACE, again.id, "me") == "retracted"
    assert await there.deliveries.retract(WORKSPACE, again.id, "me") == "retracted"


@pytest.mark.parametrize("meanwhile", ["answered", "acknowledged"])
async def test_a_lost_reply_is_no_refusal_where_it_was_answered_or_acknowledged_elsewhere(
    here: Store, there: Store, wire: Wire, meanwhile: str
) -> None:
    """As when this process was paused between saving and hearing that it is saved."""
    stored, taking = delivery("help"), intake(here)
    wire.lose = b":delivery:"

    async def elsewhere() -> None:
        await until(lambda: wire.lost)
        if meanwhile == "answered":
            await there.deliveries.finish(WORKSPACE, stored.id)
        else:
            assert not await there.deliveries.save(stored, "another owner", NOW)
        wire.cut = False

    other = asyncio.create_task(elsewhere())
    await taking.take(stored)
    await other
    await taking.aclose()
    assert not taking.retracted
    assert await due_in(there, stored) == (None if meanwhile == "answered" else DUE_AFTER)


async def test_a_delivery_whose_nudge_was_lost_is_due_within_a_second(there: Store) -> None:
    stored, taking = delivery("help"), intake(there)
    await taking.take(stored)
    await taking.aclose()
    assert await due_in(there, stored) == DUE_AFTER


async def test_an_unconfirmed_delivery_waits_for_its_retraction(
    here: Store, there: Store, wire: Wire
) -> None:
    """The save is done, its reply gets lost, and this replica is cut off for a while."""
    stored, taking = delivery("help"), intake(here)
    wire.lose = b":delivery:"
    with pytest.raises(StoreUnreachable):
        await taking.take(stored)
    assert wire.cut, "the intake waited until the wire was mended"
    assert stored.id in taking.retracted
    assert await there.deliveries.read(WORKSPACE, stored.id) == stored, (
        "the reply was lost, not the save"
    )
    assert await due_in(there, stored) == CERTAIN_AFTER

    wire.cut = False
    await until(lambda: not taking.retracted)
    assert await there.deliveries.read(WORKSPACE, stored.id) is None
    assert await due_in(there, stored) is None
    await taking.aclose()


async def test_a_lost_reply_alone_is_retracted_before_the_person_reads_of_it(
    here: Store, there: Store, wire: Wire
) -> None:
    stored, taking = delivery("help"), intake(here)
    wire.lose = b":delivery:"

    async def heal() -> None:
        await until(lambda: wire.lost)
        wire.cut = False

    healing = asyncio.create_task(heal())
    with pytest.raises(StoreUnreachable):
        await taking.take(stored)
    assert not taking.retracted
    assert await there.deliveries.read(WORKSPACE, stored.id) is None
    await healing
    await taking.aclose()


async def test_no_replica_answers_what_was_reported_as_not_done(
    redis_url: str, wire: Wire, tmp_path: Path
) -> None:
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with (
            wire.listening(tmp_path) as wired,
            living(world, redis_url) as other,
            living(world, wired) as bot,
            Redis.from_url(redis_url) as store,
        ):
            story = Story(world, bot)
            await story.signs_in("alice")

            async def quiet() -> bool:
                """Whether nothing is due, and no job goes on that still names a delivery."""
                names = [key async for key in store.scan_iter("*delivery:*")]
                jobs = [
                    one for one in names if b":attempts:" in one or one.startswith(b"edfs-jobs")
                ]
                return not jobs and not await store.zcard(DUE)

            await until(quiet)
            wire.lose = b":delivery:"
            ack = await story.types("alice", TOGGLE)
            assert ack.ok
            await story.sees("alice", "so nothing was changed")
            assert wire.cut
            assert await store.zcard(DUE) == 1, "the reply was lost, not the save"
            wire.cut = False
            await until(quiet)
            world.clock.forward(2 * CERTAIN_AFTER)
            world.connect(other.context.sign_in_urls.public_url)
            await story.types("bob", "/edfs help")
            await story.sees("bob", "What you can ask")
            assert story.flips() == 0
    finally:
        await world.close()
