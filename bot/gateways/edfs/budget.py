"""Bentley's limits, shared: it counts by the bot's registration, so one busy person slows all.

Each request takes one from the person's share, the workspace's and the whole, in any replica,
before it leaves. After a 429 nobody sends anything until the time that Bentley named.
Source: the platform's rate limits page (counted per subscription of the OAuth client).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.core.errors import RateLimited, StoreUnreachable
from bot.core.names import PersonId, Workspace
from bot.gateways.store.limits import Limit, Limits

GATE = "bentley"
# Of the whole: what one person and one workspace may use, so that something is left for others.
PERSON, WORKSPACE = 0.4, 0.9
MINUTE, HOUR = 60.0, 3_600.0

log = structlog.get_logger("edfs")


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a request is sent, with their own token."""

    workspace: Workspace
    person: PersonId
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Budget:
    limits: Limits
    clock: Callable[[], float]
    per_minute: int = 500
    per_hour: int = 5_000

    async def spend(self, caller: Caller, operation: str) -> None:
        """Take one, or raise RateLimited: nothing was sent. Raises StoreUnreachable."""
        now = self.clock()
        wait = await self.limits.take(GATE, self._limits_of(caller), now)
        if wait:
            shut = await self.limits.shut_until(GATE, now)
            log.info("edfs.held_back", operation=operation, wait=round(wait, 1), gate=bool(shut))
            raise RateLimited(operation=operation, retry_after=wait, ours=not shut)

    async def on_rate_limited(self, error: RateLimited) -> None:
        """Bentley said 429: shut the gate for everybody."""
        try:
            await self.limits.shut(GATE, self.clock() + error.retry_after)
        except StoreUnreachable:
            log.warning("edfs.gate_not_shut", wait=error.retry_after)

    def _limits_of(self, caller: Caller) -> list[Limit]:
        person = f"person:{caller.workspace}:{caller.person}"
        shares = {"app": 1.0, f"workspace:{caller.workspace}": WORKSPACE, person: PERSON}
        return [
            Limit(name, max(1, int(count * share)), seconds)
            for name, share in shares.items()
            for count, seconds in ((self.per_minute, MINUTE), (self.per_hour, HOUR))
        ]
