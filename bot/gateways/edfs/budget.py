"""The rate limiter for Bentley's APIs, shared by all replicas.

Bentley counts requests by the bot's registration, so one busy person could slow down everybody.
Each request therefore takes one from the person's share, the workspace's share and the whole
before it is sent. After a 429 nothing is sent until the time that Bentley named.
Source: the platform's rate limits page (counted per subscription of the OAuth client).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.core.errors import RateLimited, StoreUnreachable
from bot.core.names import PersonId, Workspace
from bot.gateways.store.limits import Limit, Limits

GATE = "bentley"
# The shares of the whole that one person and one workspace may use.
PERSON, WORKSPACE = 0.4, 0.9
MINUTE, HOUR = 60.0, 3_600.0

log = structlog.get_logger("edfs")


@dataclass(frozen=True, slots=True)
class Caller:
    """The person for whom a request is sent; ``secret`` is their access token."""

    workspace: Workspace
    person: PersonId
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """``clock`` returns unix seconds; the limits are those of the whole registration."""

    limits: Limits
    clock: Callable[[], float]
    per_minute: int = 500
    per_hour: int = 5_000

    async def spend(self, caller: Caller, operation: str) -> None:
        """Take one request from the budget. Raises RateLimited, StoreUnreachable."""
        now = self.clock()
        wait = await self.limits.take(GATE, self._limits_of(caller), now)
        if wait:
            shut = await self.limits.shut_until(GATE, now)
            waits = round(wait, 1)
            log.info("edfs.over_budget", operation=operation, wait=waits, limited=bool(shut))
            raise RateLimited(operation=operation, retry_after=wait, ours=not shut)

    async def on_rate_limited(self, error: RateLimited) -> None:
        """Stop all requests for the time that Bentley's 429 names."""
        try:
            now = self.clock()
            await self.limits.shut(GATE, now + error.retry_after, now)
        except StoreUnreachable:
            log.warning("edfs.limiter_unavailable", wait=error.retry_after)

    def _limits_of(self, caller: Caller) -> list[Limit]:
        person = f"person:{caller.workspace}:{caller.person}"
        shares = {"app": 1.0, f"workspace:{caller.workspace}": WORKSPACE, person: PERSON}
        return [
            Limit(name, max(1, int(count * share)), seconds)
            for name, share in shares.items()
            for count, seconds in ((self.per_minute, MINUTE), (self.per_hour, HOUR))
        ]
