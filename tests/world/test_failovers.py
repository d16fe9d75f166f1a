"""A replica is promoted: what was confirmed is known to it, and what may be forgotten is verified.

The servers are replicated and promoted by hand, so that it is known what each of them has.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.cli.doctor import examine
from bot.core.errors import StoreUnreachable
from bot.core.names import OperationId
from bot.core.operations import events
from bot.core.operations.operation import Operation, State
from bot.core.operations.transitions import after
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.replication import StoreMisconfigured
from bot.sandbox.world import World
from bot.settings import read_settings
from tests.conftest import KEYS
from tests.world.approval_story import HOME
from tests.world.clock import paced_clock
from tests.world.readiness import readiness
from tests.world.replicated import COMMON, NOWHERE, Replicated, replicated
from tests.world.story import TOGGLE, Story, read
from tests.world.topologies import Server, ending, free_ports, story_over
from tests.world.waiting import until, wait_until
from tests.world.wires import Trap, Wire

PATIENT = "confirm_milliseconds=1500"  # a replica may be kept from running


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edfs-failover-") as name:
        yield Path(name)


async def test_what_only_some_replicas_have_does_not_count(folder: Path) -> None:
    """While one replica is promoted, the old master's other one goes on to confirm."""
    with replicated(folder, 2) as servers:
        for asked, counts in ((1, True), (2, False)):
            url = f"{servers.url}?replicas={asked}&{PATIENT}"
            store = open_store(url, KeyRing.parse(KEYS))
            await store.kill_switch.engage(HOME, 1.0)
            servers.replicas[0].call("REPLICAOF", "NO", "ONE")
            with contextlib.nullcontext() if counts else pytest.raises(StoreUnreachable):
                await store.kill_switch.engage(HOME, 2.0)
            servers.replicas[0].call("REPLICAOF", "127.0.0.1", servers.master.port)
            await until(servers.in_step)
            await store.aclose()


async def test_a_start_refuses_to_ask_fewer_replicas_than_there_are(folder: Path) -> None:
    said = "asks 1 of 2 replicas to confirm"
    with replicated(folder, 2) as servers:
        with pytest.raises(StoreMisconfigured, match=said):
            async with story_over(f"{servers.url}?replicas=1"):
                pass
        assert said in await doctor(f"{servers.url}?replicas=1")
        assert "all 2 replicas confirm" in await doctor(f"{servers.url}?replicas=2")
        assert "set ?replicas=2" in await doctor(servers.url)
        servers.replicas[0].kill()
        await until(partial(servers.master.replies, "'connected_slaves': 1", "INFO", "replication"))
        assert "asks 2 replicas to confirm and 1 are" in await doctor(f"{servers.url}?replicas=2")


async def doctor(url: str) -> str:
    world = World(clock=paced_clock())
    await world.open()
    try:
        given = {
            **world.settings("http://bot.localhost:1"),
            "REDIS_URL": url,
            "EDFS_BOT_KEYS": KEYS,
        }
        checks = await examine(read_settings(given))
        return next(check.message for check in checks if check.part == "store")
    finally:
        await world.close()


async def test_without_one_of_its_replicas_it_accepts_nothing_and_says_so(folder: Path) -> None:
    with replicated(folder, 2) as servers:
        async with story_over(f"{servers.url}?replicas=2&{PATIENT}") as story:
            await story.signs_in("alice")
            assert await readiness(story.bot) == "ready"
            servers.replicas[0].call("REPLICAOF", *NOWHERE)

            async def says_so() -> bool:
                return "a replica of the store is missing" in await readiness(story.bot)

            await until(says_so)
            assert "nothing was changed" in str((await story.types("alice", TOGGLE)).body)
            servers.replicas[0].call("REPLICAOF", "127.0.0.1", servers.master.port)

            async def is_ready() -> bool:
                return await readiness(story.bot) == "ready"

            await until(is_ready)
            await story.types("alice", TOGGLE)
            await story.sees("bob", "SAP work orders is now disabled")
            assert story.flips() == story.patches() == 1


async def test_a_replica_that_was_added_later_has_to_confirm_too(folder: Path) -> None:
    with replicated(folder, 2) as servers:
        late = servers.replicas[1]
        late.call("REPLICAOF", "NO", "ONE")
        await until(partial(servers.master.replies, "'connected_slaves': 1", "INFO", "replication"))
        async with story_over(f"{servers.url}?replicas=1&{PATIENT}") as story:
            late.call("REPLICAOF", "127.0.0.1", servers.master.port)
            await until(partial(late.replies, "'master_link_status': 'up'", "INFO", "replication"))
            redis = story.bot.store.redis
            await until(lambda: redis.needed == 2)  # type: ignore[attr-defined]


async def test_a_permit_that_a_failover_forgot_is_not_given_again(folder: Path) -> None:
    """Its PATCH is still on its way: a second one would switch the timer back."""
    with replicated(folder, 1) as servers:
        [replica] = servers.replicas
        async with told_by_name(servers) as (story, name):
            await story.signs_in("alice")
            edfs = story.world.edfs
            with edfs.hold("timer") as reading:
                await story.types("alice", TOGGLE)
                await until(lambda: reading.waiting)
                await until(servers.in_step)
                replica.call("REPLICAOF", *NOWHERE)
                sending = edfs.hold("toggle")
            await until(lambda: sending.waiting)
            servers.master.kill()
            replica.call("REPLICAOF", "NO", "ONE")
            # Another process, which knows of no permit, finds the operation locked.
            other = open_store(f"redis://127.0.0.1:{replica.port}/0", KeyRing.parse(KEYS))
            locked = await the_operation(other)
            permitted = after(locked, events.Permitted(story.world.clock.now()))
            assert locked.state is State.LOCKED
            assert await other.operations.change(locked, permitted) == "failed_over"
            found = after(locked, events.FailedOver(story.world.clock.now()))
            assert await other.operations.change(locked, found) == "won"
            await other.aclose()

            name.far = replica.port
            sending.release()
            await story.sees("bob", "SAP work orders is now disabled")
            assert story.flips() == story.patches() == 1


async def the_operation(store: Store) -> Operation:
    [key] = [key async for key in store.redis.scan_iter(f"edfs:{{{HOME}}}:operation:*")]
    found = await store.operations.read(HOME, OperationId(key.decode().rpartition(":")[2]))
    assert found is not None
    return found


@asynccontextmanager
async def told_by_name(servers: Replicated) -> AsyncIterator[tuple[Story, Wire]]:
    """The bot connects to a name, which another server may take over."""
    name = Wire("redis", servers.master.port, Trap())
    async with name.at_port() as port, story_over(f"redis://127.0.0.1:{port}/0") as story:
        yield story, name


async def test_connections_to_what_has_become_a_replica_are_given_up(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """After an orderly failover the old master goes on to answer, and takes no writes.

    The job engine's connections too, although nothing is to be done.
    """
    with replicated(folder, 1) as servers:
        [replica] = servers.replicas
        async with told_by_name(servers) as (story, name):
            await story.signs_in("alice")
            await until(servers.in_step)
            replica.call("REPLICAOF", "NO", "ONE")
            servers.master.call("REPLICAOF", "127.0.0.1", replica.port)
            name.far = replica.port
            await until(lambda: "jobs.resumed" in "".join(capfd.readouterr()))
            await story.types("alice", TOGGLE)
            await story.sees("bob", "SAP work orders is now disabled")
            assert story.flips() == story.patches() == 1


async def test_an_operation_that_a_failover_forgot_is_restored_and_told_on_its_card(
    folder: Path,
) -> None:
    with replicated(folder, 1) as servers:
        [replica] = servers.replicas
        async with told_by_name(servers) as (story, name):
            await story.signs_in("alice")
            await until(servers.in_step)
            replica.call("REPLICAOF", *NOWHERE)
            sending = story.world.edfs.hold("toggle")
            await story.types("alice", TOGGLE)
            await until(lambda: sending.waiting)
            card = await story.sees("bob", "Turning off: SAP work orders")
            servers.master.kill()
            replica.call("REPLICAOF", "NO", "ONE")
            name.far = replica.port
            sending.release()
            done = await story.sees("bob", "SAP work orders is now disabled")
            assert done.ts == card.ts
            assert story.flips() == story.patches() == 1


async def test_an_end_that_a_failover_forgot_is_restored(folder: Path) -> None:
    """Else the timer would be locked for ever, and the card would turn back."""
    with replicated(folder, 1) as servers:
        [replica] = servers.replicas
        async with told_by_name(servers) as (story, name):
            await story.signs_in("alice")
            with story.world.edfs.hold("toggle") as sending:
                await story.types("alice", TOGGLE)
                await until(lambda: sending.waiting)
                await until(servers.in_step)
                replica.call("REPLICAOF", *NOWHERE)
            await story.sees("bob", "SAP work orders is now disabled")
            servers.master.kill()
            replica.call("REPLICAOF", "NO", "ONE")
            name.far = replica.port

            async def is_restored() -> bool:
                with contextlib.suppress(StoreUnreachable):
                    found, due = await the_operation(story.bot.store), f"edfs:{{{HOME}}}:due"
                    waits = await story.bot.store.redis.zscore(due, f"ended:{found.id}")
                    return found.state is State.APPLIED and waits is None
                return False

            await until(is_restored)
            await story.signs_in("bob")
            await story.clicks("bob", "Enable")
            await story.sees("bob", "SAP work orders is now enabled")
            assert story.flips() == story.patches() == 2


async def test_a_command_that_a_failover_forgot_is_told(folder: Path) -> None:
    with replicated(folder, 1) as servers:
        [replica] = servers.replicas
        async with told_by_name(servers) as (story, name):
            await story.signs_in("alice")
            await until(servers.in_step)
            replica.call("REPLICAOF", *NOWHERE)
            story.world.slack.fail(None, 503, times=None)  # so the answer has to wait
            await story.types("alice", "/edfs help")
            waits = f"edfs:{{{HOME}}}:due"

            async def is_deferred() -> bool:
                due = await story.bot.store.redis.zrange(waits, 0, -1, withscores=True)
                later = story.world.clock.now() + 3
                return any(b"delivery:" in member and at > later for member, at in due)

            await until(is_deferred)
            story.world.slack.clear_faults()
            servers.master.kill()
            replica.call("REPLICAOF", "NO", "ONE")
            name.far = replica.port
            told = read(await story.sees("alice", "Your command was lost"))
            assert "/edfs show" in told
            assert story.patches() == 0


async def test_a_server_alone_that_is_restarted_has_forgotten_nothing(folder: Path) -> None:
    (port,) = free_ports(1)
    servers = [Server(folder / "a", port, settings=COMMON)]
    with ending(servers):
        wait_until(lambda: servers[0].replies("True", "PING"), "the server")
        async with story_over(f"redis://127.0.0.1:{port}/0", patience="20") as story:
            await story.signs_in("alice")
            with story.world.edfs.hold("timer") as reading:
                await story.types("alice", TOGGLE)
                await until(lambda: reading.waiting)
                servers[0].restart()
                wait_until(lambda: servers[0].replies("True", "PING"), "the server")
            await story.sees("bob", "SAP work orders is now disabled")
            assert story.flips() == story.patches() == 1
