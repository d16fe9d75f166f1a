"""An HTTP server on 127.0.0.1 that can stop listening and listen again on the same port."""

import asyncio
import socket
from contextlib import suppress

from aiohttp import web


class Site:
    """A server on one port; after `refuse` the port stays bound without listening."""

    def __init__(self, application: web.Application) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        self._bound: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._listening: socket.socket | None = None
        self._opening: asyncio.Task[None] | None = None
        self.port = 0

    async def open(self, port: int = 0) -> None:
        await self._runner.setup()
        self._bound = _bind(port)
        self.port = int(self._bound.getsockname()[1])
        self.accept()
        await self._opened()

    def accept(self) -> None:
        """Listens at once; the server takes the socket over in the next turn of the event loop."""
        if self._bound is None:
            return
        self._listening, self._bound = self._bound, None
        self._listening.listen(128)
        self._opening = asyncio.get_running_loop().create_task(self._serve(self._listening))

    def refuse(self) -> None:
        """Stops listening and aborts every open connection."""
        if self._bound is not None:
            return
        self._stop_listening()
        self._abort_connections()
        self._bound = _bind(self.port)

    async def close(self) -> None:
        self._stop_listening()
        if self._bound is not None:
            self._bound.close()
        await self._runner.cleanup()

    async def _serve(self, listening: socket.socket) -> None:
        factory = self._runner.server
        if factory is None:  # closed meanwhile
            listening.close()
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(factory, sock=listening)

    async def _opened(self) -> None:
        if self._opening is not None:
            await self._opening

    def _stop_listening(self) -> None:
        # The server may not have taken over yet, when a fault is cleared and armed in one turn.
        if self._opening is not None:
            self._opening.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _abort_connections(self) -> None:
        server = self._runner.server
        for connection in server.connections if server is not None else ():
            if connection.transport is None:
                continue
            # Shut down at once: abort() alone waits for the next turn of the loop, and until then a
            # client would reuse a kept-alive connection.
            connected = connection.transport.get_extra_info("socket")
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connection.transport.abort()


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.settimeout(0)
    bound.bind(("127.0.0.1", port))
    return bound
