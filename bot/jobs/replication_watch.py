"""Sees at ticks which replicas confirm what is written, and that the store failed over."""

import asyncio

import structlog

from bot.gateways.store.replication import Replication

LOOK_SECONDS = 5.0

log = structlog.get_logger("store")


class ReplicationWatch:
    def __init__(self) -> None:
        self._looked_at: float | None = None
        self._history = ""
        self._told = (0, 0)
        self.missing = False

    async def check(self, replication: Replication) -> bool:
        """Return whether the store failed over, or was restarted, since the last look.

        ``missing`` says afterwards whether fewer replicas are connected than have to confirm.
        Raises StoreUnreachable.
        """
        elapsed = asyncio.get_running_loop().time()
        if self._looked_at is not None and elapsed - self._looked_at < LOOK_SECONDS:
            return False
        state = await replication.read()
        self._looked_at = elapsed
        if state is None:
            return False
        asked, connected = replication.asked, state.connected
        self.missing = connected < asked
        if asked and connected != asked:
            if self._told != (asked, connected):
                log.error("store.replicas_differ", asked=asked, connected=connected)
            self._told = asked, connected
        else:
            self._told = 0, 0
        before, self._history = self._history, state.history
        changed = bool(before) and before != state.history
        if changed:
            log.warning("store.failed_over_or_restarted")
        return changed
