"""Verifies an operation whose response was lost: it only reads, until the outcome is known."""

from dataclasses import dataclass

import structlog

from bot.core.errors import RateLimited
from bot.core.operations import events
from bot.core.operations.failures import StorableError
from bot.core.operations.operation import Failure, FailureKind, Operation
from bot.core.operations.transitions import due, retry_read_back_at
from bot.engine.step import READ_FAILURES, Step

LATE_READ_BACKS_END = 3600.0

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Verifier(Step):
    async def recover(self, operation: Operation) -> Operation | None:
        """Treat the response as lost: the holder of the permit died, perhaps after sending."""
        done_by = due(operation) or 0.0
        if self.now < done_by:
            await self.gateways.store.operations.reschedule(operation, done_by)
            return None
        lost = Failure(FailureKind.UNCLEAR, operation="toggle", why="crash")
        return await self.apply(operation, events.ResponseLost(self.now, lost))

    async def verify(self, operation: Operation) -> Operation | None:
        """Read the timer when the next verification read is due."""
        begun_at, next_read = self.now, due(operation) or 0.0
        if begun_at < next_read:
            await self.gateways.store.operations.reschedule(operation, next_read)
            return None
        try:
            _, timer = await self.read(operation)
        except READ_FAILURES as error:
            return await self._schedule_read_back(operation, error)
        return await self.apply(operation, events.ReadBack(self.now, begun_at, timer.enabled))

    async def _schedule_read_back(
        self, operation: Operation, error: StorableError
    ) -> Operation | None:
        now = self.now
        if now > operation.response_lost_at + operation.timeouts.give_up:
            return await self.apply(operation, events.VerificationAbandoned(now))
        wait = error.retry_after if isinstance(error, RateLimited) else 0.0
        until = max(retry_read_back_at(operation, now), now + wait)
        await self.gateways.store.operations.reschedule(operation, until)
        return None

    async def read_back_late(self, operation: Operation) -> Operation | None:
        """Read the timer a last time: the lost PATCH may have been executed very late."""
        now, store = self.now, self.gateways.store.operations
        if now < operation.late_at:
            await store.reschedule(operation, operation.late_at)
            return None
        enabled = None
        if await store.is_last_word(operation):
            try:
                _, timer = await self.read(operation)
            except READ_FAILURES:
                if now < operation.late_at + LATE_READ_BACKS_END:
                    await store.reschedule(operation, retry_read_back_at(operation, now))
                    return None
            else:
                enabled = timer.enabled
        if operation.seen and enabled not in {None, operation.seen.enabled}:
            log.error("operation.late_difference", trace=operation.trace, enabled=enabled)
        return await self.apply(operation, events.LateReadBack(self.now, enabled))
