"""One server, Sentinels, a Cluster: the same bot holds the same conversation over each."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.cli.doctor import _replicas
from bot.core.errors import StoreUnreachable
from bot.gateways.sealing import KeyRing
from bot.gateways.store import job_url, open_store
from bot.gateways.store.connection import CONNECTIONS, connect
from bot.gateways.store.redis_url import RedisUrl, parse_redis_url, through
from bot.sandbox.people import TEAM_ID
from tests.conftest import known_keys
from tests.faults.wires import TlsFront, trusted
from tests.world.story import TOGGLE, Story, read
from tests.world.topologies import Cluster, Server, cluster, free_ports, story_over, watched
from tests.world.waiting import until, wait_until
from tests.world.wires import Trap, Wire

DUE = f"edfs:{{{TEAM_ID}}}:due"
SOON = 60.0  # a last look at what was lost is kept for later than that


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edfs-topology-") as name:
        yield Path(name)


async def turns_it_off(story: Story) -> None:
    await story.types("alice", TOGGLE)
    await off(story)


async def off(story: Story) -> None:
    await story.sees("bob", "SAP work orders is now disabled")
    assert "State: disabled" in read(story.card())
    assert story.flips() == story.patches() == 1


async def undoes_it(story: Story) -> None:
    await story.clicks("alice", "Undo")
    await story.sees("bob", "SAP work orders is now enabled")
    assert "State: enabled" in read(story.card())
    assert story.flips() == story.patches() == 2


async def nothing_is_due(story: Story) -> None:
    async def nothing() -> bool:
        then = story.world.clock.now() + SOON
        return not await story.bot.store.redis.zrangebyscore(DUE, "-inf", then)

    await until(nothing, "still due")


async def test_over_tcp(folder: Path) -> None:
    (port,) = free_ports(1)
    server = Server(folder / "server", port, settings="appendonly yes\n")
    try:
        wait_until(lambda: server.replies("True", "PING"), "the server")
        async with story_over(f"redis://127.0.0.1:{port}/0") as story:
            await story.signs_in("alice")
            await turns_it_off(story)
            await undoes_it(story)
            await nothing_is_due(story)
            assert await story.bot.store.durability() == (True, "noeviction")
            assert await _replicas(story.bot.store) == ""
    finally:
        server.kill()


@asynccontextmanager
async def addresses(folder: Path, server: Server) -> AsyncIterator[dict[str, str]]:
    """The server's address over TCP and, with an authority that it names, over TLS."""
    front = TlsFront("localhost", server.port, folder)
    authority = folder / "authority.pem"
    authority.write_bytes(trusted("localhost"))
    async with front.open():
        yield {
            "tcp": f"redis://127.0.0.1:{server.port}/0",
            "tls": f"rediss://localhost:{front.port}/0?ssl_ca_certs={authority}",
            "socket": f"unix://{folder}/socket",
        }


@pytest.mark.parametrize("kind", ["tcp", "tls", "socket"])
async def test_a_server_that_becomes_a_replica_is_left(folder: Path, kind: str) -> None:
    """Its connection ends at the first write that it refuses, whatever the connection is."""
    (port,) = free_ports(1)
    server = Server(folder / "server", port, settings=f"unixsocket {folder}/socket\n")
    try:
        wait_until(lambda: server.replies("True", "PING"), "the server")
        async with addresses(folder, server) as urls, aclosing(connect(urls[kind])) as client:
            mine = await client.client_id()
            await client.set("a", "1")
            assert await client.client_id() == mine
            server.call("REPLICAOF", "127.0.0.1", free_ports(1)[0])
            with pytest.raises(RedisError):
                await client.set("a", "2")
            assert await client.client_id() != mine
    finally:
        server.kill()


async def test_the_master_dies_while_a_flip_is_answered(folder: Path) -> None:
    """The flip is known to the replica, so the master that follows knows it too."""
    with watched(folder) as servers:
        async with story_over(servers.url) as story:
            await story.signs_in("alice")
            assert "may forget" in await _replicas(story.bot.store)
            held = story.world.edfs.hold("toggle", answers=True)
            await story.types("alice", TOGGLE)
            await until(lambda: held.waiting)
            await until(servers.in_step, reason="the replica heard nothing of it")
            servers.lose_master()
            held.release()
            await off(story)
            await nothing_is_due(story)

            await story.types("bob", "/edfs help")
            await story.sees("bob", "What you can ask")
            await undoes_it(story)
            await nothing_is_due(story)
            servers.replica.call("CONFIG", "SET", "min-replicas-to-write", 1)
            state = await story.bot.store.replication.read()
            assert state is not None
            assert (state.connected, state.refuses) == (0, True)


async def test_what_no_replica_knows_is_not_done(folder: Path) -> None:
    with watched(folder) as servers:
        async with story_over(f"{servers.url}?replicas=1&confirm_milliseconds=1500") as story:
            await story.signs_in("alice")
            servers.replica.call("REPLICAOF", "127.0.0.1", free_ports(1)[0])
            await story.types("alice", TOGGLE)
            await story.sees("alice", "so nothing was changed")
            servers.replica.call("REPLICAOF", "127.0.0.1", servers.master.port)
            await until(servers.in_step, reason="the replica is away")
            assert story.patches() == 0
            await turns_it_off(story)
            await nothing_is_due(story)


async def test_over_a_cluster(folder: Path) -> None:
    with cluster(folder) as nodes:
        async with story_over(nodes.url) as story:
            await story.signs_in("alice")
            await turns_it_off(story)
            await undoes_it(story)
            await nothing_is_due(story)
            assert await story.bot.store.durability() == (True, "noeviction")
            state = await story.bot.store.replication.read()
            assert state is not None
            assert (state.connected, state.refuses) == (0, False)
        strange = [key for key in nodes.all_keys() if not known(key)]
        assert not strange, f"keys that the store's docstring does not name: {strange}"
        await wait_for_one_another(nodes)
        await goes_on_without_the_first_it_was_told_of(nodes)
        await says_that_nobody_answers(nodes)


async def test_a_cluster_whose_nodes_all_have_other_addresses(folder: Path) -> None:
    """As when it is restarted in Kubernetes: the configured name leads to the new ones."""
    with cluster(folder / "a") as before, cluster(folder / "b") as after:
        name = Wire("redis", before.nodes[0].port, Trap())
        async with name.at_port() as port:
            redis = connect(f"redis+cluster://127.0.0.1:{port}")
            async with aclosing(redis):
                assert await redis.set("a", "1")
                for node in before.nodes:
                    node.kill()
                name.far = after.nodes[0].port

                async def answers() -> bool:
                    try:
                        return bool(await redis.set("a", "2"))
                    except RedisError:
                        return False

                await until(answers)
                address = await job_url(f"redis+cluster://127.0.0.1:{port}", redis)
                assert any(f":{one.port}" in address for one in after.nodes)


def known(key: str) -> bool:
    """The docstring names the job engine's keys without the braces that a Cluster needs."""
    plain = key.replace("{edfs-jobs}", "edfs-jobs")
    return any(pattern.fullmatch(plain) for pattern in known_keys())


async def wait_for_one_another(nodes: Cluster) -> None:
    """More at once than there are connections: they wait, where redis-py would raise."""
    redis = connect(nodes.url)
    async with aclosing(redis):
        said = await asyncio.gather(*(redis.ping() for _ in range(5 * CONNECTIONS)))
    assert all(said)


async def goes_on_without_the_first_it_was_told_of(nodes: Cluster) -> None:
    gone = nodes.url.replace(str(nodes.nodes[0].port), str(free_ports(1)[0]))
    redis = connect(gone)
    async with aclosing(redis):
        address = await job_url(gone, redis)
    assert address.partition("?")[0] in {
        through(gone, ("127.0.0.1", one.port)) for one in nodes.nodes
    }


async def says_that_nobody_answers(nodes: Cluster) -> None:
    for node in nodes.nodes:
        node.kill()
    store = open_store(nodes.url, KeyRing.parse(KeyRing.new_key()))
    try:
        with pytest.raises(StoreUnreachable, match=r"^ConnectionError$"):
            await store.ping()
    finally:
        await store.aclose()


async def test_sentinels_that_are_gone_are_said_without_their_addresses() -> None:
    first, second = free_ports(2)
    url = f"redis+sentinel://127.0.0.1:{first},127.0.0.1:{second}/main"
    store = open_store(url, KeyRing.parse(KeyRing.new_key()))
    try:
        with pytest.raises(StoreUnreachable, match=r"^MasterNotFoundError$"):
            await store.ping()
    finally:
        await store.aclose()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("rediss://u:p@h:1/2", RedisUrl("server", "rediss://u:p@h:1/2")),
        ("unix:///a/socket", RedisUrl("server", "unix:///a/socket")),
        (
            "redis://h?replicas=2&protocol=3",
            RedisUrl("server", "redis://h?protocol=3", replicas=2),
        ),
        (
            "redis+sentinel://h1/main?confirm_milliseconds=300&replicas=9",
            RedisUrl(
                "sentinel",
                "redis://master/0",
                (("h1", 26_379),),
                "main",
                replicas=9,
                confirm_milliseconds=300,
            ),
        ),
        (
            "redis+sentinel://u:p@h1:1,[::1],h3/main/4",
            RedisUrl(
                "sentinel",
                "redis://u:p@master/4",
                (("h1", 1), ("::1", 26_379), ("h3", 26_379)),
                "main",
            ),
        ),
        (
            "rediss+sentinel://h1/main?sentinel_password=s&ssl_ca_certs=%2Fca&sentinel_username=n",
            RedisUrl(
                "sentinel",
                "rediss://master/0?ssl_ca_certs=%2Fca",
                (("h1", 26_379),),
                "main",
                (("password", "s"), ("username", "n")),
            ),
        ),
        (
            "redis+cluster://:p@h1,h2:7000/0?protocol=3",
            RedisUrl("cluster", "redis://:p@cluster?protocol=3", (("h1", 6_379), ("h2", 7_000))),
        ),
    ],
)
async def test_an_address_is_taken_apart(url: str, address: RedisUrl) -> None:
    assert parse_redis_url(url) == address
    redis = connect(url)
    assert isinstance(redis, Redis) is (address.kind != "cluster")
    await redis.aclose()


CANARY = "canary0123"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"mysql://{CANARY}", "must begin with redis://"),
        (f"redis://{CANARY}:{CANARY}", "must name the host as host:port"),
        (f"redis+sentinel://{CANARY}", "must end with /master-name"),
        (f"redis+sentinel://{CANARY}/main/{CANARY}", "must end with /master-name"),
        (f"redis+sentinel://{CANARY}:99999/main", "must name hosts as host:port"),
        (f"redis+cluster://{CANARY},,h", "must name hosts as host:port"),
        (f"redis+cluster://{CANARY}/1", "names a database"),
        (f"redis+cluster://{CANARY}?replicas=1", "cannot ask a Cluster for replicas"),
        (f"redis://h?replicas={CANARY}", "asks for replicas other than 0 to 9"),
        (f"redis://h?replicas=1&confirm_milliseconds={CANARY}", "other than 10 to 1500"),
        ("redis://h?replicas=1&confirm_milliseconds=9", "other than 10 to 1500"),
    ],
)
def test_what_is_no_address_is_said_without_it(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        parse_redis_url(url)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "one"),
    [
        ("redis+cluster://h1,h2", "redis+cluster://n:7"),
        ("rediss+cluster://u:p@h1,h2/0?a=b", "rediss+cluster://u:p@n:7/0?a=b"),
        ("redis+cluster://h1?a=b/c", "redis+cluster://n:7?a=b/c"),
    ],
)
def test_the_job_engine_is_told_of_one_node(url: str, one: str) -> None:
    assert through(url, ("n", 7)) == one
    assert "[::1]:7" in through(url, ("::1", 7))
