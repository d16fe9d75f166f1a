"""The other hand only reads: after a lost answer, until the truth is known."""

from dataclasses import dataclass

import structlog

from bot.core.errors import BotError, RateLimited
from bot.core.operations import events
from bot.core.operations.operation import Operation, Trouble
from bot.core.operations.transitions import due, look_again
from bot.engine.step import READ_FAILURES, Hand

LATE_LOOKS_END = 3600.0

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Looking(Hand):
    async def recover(self, operation: Operation) -> Operation | None:
        """Somebody got the permit and did not come back: the PATCH may be on its way."""
        done_by = due(operation) or 0.0
        if self.now < done_by:
            await self.gateways.store.operations.postpone(operation, done_by)
            return None
        lost = Trouble("Unclear", operation="toggle", why="crash")
        return await self.apply(operation, events.Lost(self.now, lost))

    async def verify(self, operation: Operation) -> Operation | None:
        begun_at, next_look = self.now, due(operation) or 0.0
        if begun_at < next_look:
            await self.gateways.store.operations.postpone(operation, next_look)
            return None
        try:
            _, timer = await self.read(operation)
        except READ_FAILURES as error:
            return await self._look_again(operation, error)
        looked = events.Looked(self.now, begun_at, timer.enabled)
        return await self.apply(operation, looked)

    async def _look_again(self, operation: Operation, error: BotError) -> Operation | None:
        now = self.now
        if now > operation.lost_at + operation.terms.give_up:
            return await self.apply(operation, events.GaveUp(now))
        wait = error.retry_after if isinstance(error, RateLimited) else 0.0
        until = max(look_again(operation, now), now + wait)
        await self.gateways.store.operations.postpone(operation, until)
        return None

    async def look_late(self, operation: Operation) -> Operation | None:
        """Once more, long after: did the lost request come through in the end?"""
        now, store = self.now, self.gateways.store.operations
        if now < operation.late_at:
            await store.postpone(operation, operation.late_at)
            return None
        enabled = None
        if await store.is_last_word(operation):
            try:
                _, timer = await self.read(operation)
            except READ_FAILURES:
                if now < operation.late_at + LATE_LOOKS_END:
                    await store.postpone(operation, look_again(operation, now))
                    return None
            else:
                enabled = timer.enabled
        if operation.seen and enabled not in {None, operation.seen.enabled}:
            log.error("operation.late_difference", trace=operation.trace, enabled=enabled)
        return await self.apply(operation, events.LateLook(self.now, enabled))
