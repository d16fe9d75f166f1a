"""A proxy in front of the store whose connections can hang: nothing passes, and nobody is told.

So a master looks that was stopped, or a connection whose two ends a balancer has forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

OURS = b"edfs-bot"  # the name that the store's own client gives its connections


@dataclass(eq=False)
class _Connection:
    ours: bool = False
    passes: asyncio.Event = field(default_factory=asyncio.Event)


class HangingProxy:
    """``hang`` stops what is open; with ``later`` whatever is opened until ``recover``, too."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._hangs: Callable[[_Connection], bool] | None = None

    def hang(self, *, jobs_only: bool = False, later: bool = False) -> None:
        def hangs(connection: _Connection) -> bool:
            return not (jobs_only and connection.ours)

        for connection in self._connections:
            if hangs(connection):
                connection.passes.clear()
        self._hangs = hangs if later else None

    def recover(self) -> None:
        """Let new connections pass; those that hang hang for ever."""
        self._hangs = None

    @asynccontextmanager
    async def at(self, folder: Path) -> AsyncIterator[str]:
        """Listen; yield the address."""
        path = str(folder / "proxy")
        server = await asyncio.start_unix_server(self._accepted, path)
        try:
            yield f"unix://{path}"
        finally:
            server.close()  # from Python 3.12 on, to wait for it is to wait for what hangs
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connected(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_unix_connection(self._server)
        connection = _Connection()
        connection.passes.set()
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._pass_on(near, there, connection, requests=True),
                self._pass_on(far, out, connection, requests=False),
            )
        finally:
            self._connections.discard(connection)
            there.close()
            out.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: _Connection,
        *,
        requests: bool,
    ) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(65_536):
                if requests:
                    connection.ours |= OURS in said
                    if self._hangs is not None and self._hangs(connection):
                        connection.passes.clear()
                await connection.passes.wait()
                writer.write(said)
        writer.close()
