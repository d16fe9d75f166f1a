"""A proxy in front of the store that can cut connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class RedisProxy:
    """``lose``: cut once, after a command that contains it has run. ``down``: cut at every command.

    ``refused`` counts the commands that were cut off while it was down.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self.lose: bytes | None = None
        self.down = False
        self.refused = 0

    @asynccontextmanager
    async def client(self, folder: Path) -> AsyncIterator[Redis]:
        """Open a client through the proxy that does not retry."""
        path = str(folder / "proxy")
        server = await asyncio.start_unix_server(self._connected, path)
        async with server, Redis(unix_socket_path=path, retry=Retry(NoBackoff(), 0)) as redis:
            yield redis

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self._server)
        with suppress(ConnectionError):
            while command := await reader.read(65536):
                if self.down:
                    self.refused += 1
                    break
                there_writer.write(command)
                reply = await there_reader.read(65536)
                if self.lose is not None and self.lose in command:
                    self.lose = None
                    break
                writer.write(reply)
        writer.close()
        there_writer.close()
