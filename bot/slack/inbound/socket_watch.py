"""Notices that Slack's socket does not come back, as after the app token was revoked.

The client reconnects by itself for ever and says little of it; this says it once, and readiness
fails, so that a supervisor or a person hears of it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Gauge

from bot.gateways.tasks import end_task

LOOK_SECONDS = 5.0
LOST_SECONDS = 60.0  # Slack replaces each connection now and then, within seconds

CONNECTED = Gauge("edfs_bot_socket_connected", "1 while Slack's socket is connected, else 0")

log = structlog.get_logger("socket")


class SocketWatch:
    """``is_connected`` asks the client."""

    def __init__(self, is_connected: Callable[[], Awaitable[bool]]) -> None:
        self._is_connected = is_connected
        self._connected_at = 0.0
        self._lost = False
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._connected_at = _loop_time()
        self._running = asyncio.create_task(self._run(), name="socket-watch")

    async def stop(self) -> None:
        if self._running is not None:
            await end_task(self._running)

    @property
    def lost(self) -> bool:
        """Whether there has been no connection for ``LOST_SECONDS``, which is logged then."""
        return self._lost

    async def _run(self) -> None:
        while True:
            connected, now = await self._is_connected(), _loop_time()
            CONNECTED.set(connected)
            if connected:
                self._connected_at = now
                if self._lost:
                    log.info("socket.connected")
                    self._lost = False
            elif now - self._connected_at > LOST_SECONDS and not self._lost:
                log.error("socket.lost", seconds=round(now - self._connected_at))
                self._lost = True
            await asyncio.sleep(LOOK_SECONDS)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
