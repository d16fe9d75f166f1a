"""The server side of Socket Mode (/apis/events-api/using-socket-mode).

One-time URLs, `hello`, envelopes that go to one of the open connections and must be acknowledged,
and `disconnect` on demand.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.sandbox.people import APP_ID

_MOST_CONNECTIONS = 10
NO_CONNECTION: Final = object()


class Sockets:
    """The open connections; `envelopes` are all that were sent, `opened` counts connections."""

    def __init__(self) -> None:
        self._tickets: set[str] = set()
        self._connections: list[web.WebSocketResponse] = []
        self._transports: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = 0
        self.envelopes: list[dict[str, Any]] = []
        self.opened = 0

    @property
    def connected(self) -> int:
        return len(self._connections)

    def address(self, port: int) -> str:
        """Issues a one-time URL."""
        ticket = secrets.token_urlsafe(18)
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id={APP_ID}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or len(self._connections) >= _MOST_CONNECTIONS:
            raise web.HTTPForbidden(text="the ticket is unknown or was used")
        self._tickets.discard(ticket)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        self._connections.append(connection)
        self._transports[connection] = request.transport
        self.opened += 1
        try:
            await connection.send_json(self._hello())
            await self._listen(connection)
        finally:
            self._forget(connection)
        return connection

    async def deliver(
        self,
        kind: str,
        payload: Mapping[str, Any],
        waiting: AbstractAsyncContextManager[None],
        extra: Mapping[str, Any] | None = None,
    ) -> Any:
        """The acknowledgement's payload ("" when it has none), None if none came in time.

        `waiting` raises TimeoutError after the timeout; `extra` are further fields of the envelope.
        """
        if not self._connections:
            return NO_CONNECTION
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            **(extra or {}),
        }
        self.envelopes.append(envelope)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        try:
            async with waiting:
                await self._next().send_json(envelope)
                return await answer
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested", *, linger: float = 0.0) -> None:
        """Asks every connection to go (`warning`: the server closes after `linger` seconds)."""
        leaving = list(self._connections)
        for connection in leaving:
            await connection.send_json({"type": "disconnect", "reason": reason, **_DEBUG})
        await asyncio.sleep(linger)
        for connection in leaving:
            self._forget(connection)
            await connection.close()

    def drop(self) -> None:
        """Cuts every connection at the transport, without a closing handshake."""
        for connection in list(self._connections):
            transport = self._transports[connection]
            self._forget(connection)
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        for connection in list(self._connections):
            await connection.close()

    async def _listen(self, connection: web.WebSocketResponse) -> None:
        async for message in connection:
            if message.type is WSMsgType.TEXT:
                self._acknowledged(message.data)

    def _acknowledged(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload") or "")

    def _next(self) -> web.WebSocketResponse:
        self._turn += 1
        return self._connections[self._turn % len(self._connections)]

    def _forget(self, connection: web.WebSocketResponse) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            del self._transports[connection]

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "connection_info": {"app_id": APP_ID},
            **_DEBUG,
        }


_DEBUG = {
    "debug_info": {
        "host": "applink-sandbox",
        "build_number": 1,
        "approximate_connection_time": 18060,
    }
}
