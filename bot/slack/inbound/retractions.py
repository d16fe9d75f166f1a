"""Withdrawals: whose person was told that nothing was done, of those nothing may be done.

They are known here at once, and written to the store as soon as it answers, so that no other
replica acts on them either (``gateways/store/deliveries.py`` says what that guards against).
"""

import asyncio
import contextlib

import structlog

from bot.core.errors import StoreUnreachable
from bot.core.names import DeliveryId, Workspace
from bot.gateways.store.deliveries import Deliveries

# Where only an answer got lost the next connection works, and the person waits for ours.
HOLD_SECONDS = 0.3
PAUSE = 0.5
TRY_SECONDS = 1.5
CLOSE_SECONDS = 1.0

log = structlog.get_logger("listeners")


class Retractions:
    """One task writes them, one after another; ``known`` are those that are not written yet."""

    def __init__(self, deliveries: Deliveries, known: set[DeliveryId]) -> None:
        self._deliveries = deliveries
        self._known = known
        self._waiting: list[tuple[Workspace, DeliveryId, str]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, workspace: Workspace, delivery: DeliveryId, owner: str) -> None:
        """Withdraw it; return when that is written, or after a moment."""
        self._known.add(delivery)
        self._waiting.append((workspace, delivery, owner))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="withdrawals")
        await asyncio.wait({self._task}, timeout=HOLD_SECONDS)

    async def aclose(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._waiting:
            log.error("withdrawals.lost", traces=[one[:8] for _, one, _ in self._waiting])

    async def _write(self) -> None:
        while self._waiting:
            home, delivery, owner = self._waiting[0]
            try:
                async with asyncio.timeout(TRY_SECONDS):
                    in_time = await self._deliveries.retract(home, delivery, owner)
            except (StoreUnreachable, TimeoutError):
                await asyncio.sleep(PAUSE)
                continue
            if not in_time:
                log.error("withdrawal.late", trace=delivery[:8])
            self._waiting.pop(0)
            self._known.discard(delivery)
