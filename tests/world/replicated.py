"""A master and its replicas, which a test replicates and promotes by hand."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.world.topologies import Server, ending, free_ports
from tests.world.waiting import wait_until

COMMON = "appendonly yes\nsave ''\nrepl-diskless-sync-delay 0\n"
NOWHERE = ("127.0.0.1", 1)


class Replicated:
    """A master and its replicas, all of them in step when they are yielded."""

    def __init__(self, master: Server, replicas: list[Server]) -> None:
        self.master, self.replicas = master, replicas
        self.url = f"redis://127.0.0.1:{master.port}/0"

    def in_step(self) -> bool:
        """Whether each replica has what the master had when this began."""
        offset = self._field(self.master, "master_repl_offset")
        return all(self._field(one, "slave_repl_offset") >= offset >= 0 for one in self.replicas)

    @staticmethod
    def _field(server: Server, name: str) -> int:
        info = server.call("INFO", "replication")
        return int(info.get(name, -1)) if isinstance(info, dict) else -1


@contextlib.contextmanager
def replicated(folder: Path, count: int) -> Iterator[Replicated]:
    first, *others = free_ports(1 + count)
    servers: list[Server] = []
    with ending(servers):
        servers.append(Server(folder / "master", first, settings=COMMON))
        for port in others:
            following = f"{COMMON}replicaof 127.0.0.1 {first}\n"
            servers.append(Server(folder / f"replica{port}", port, settings=following))
        for one in servers[1:]:
            up = partial(one.replies, "'master_link_status': 'up'", "INFO", "replication")
            wait_until(up, "a replica")
        yield Replicated(servers[0], servers[1:])
