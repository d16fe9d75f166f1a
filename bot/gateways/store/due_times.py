"""The clocks behind what is due: the last tick, the store's time, and looking at things early."""

from collections.abc import Callable

from redis.asyncio import Redis

from bot.core.names import Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.deliveries import WORKSPACES
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import in_text, key_of

LAST_TICK = "edfs:last-tick"


class DueTimes:
    """Every method may raise StoreUnreachable. Times are unix seconds."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._recheck = redis.register_script(load_script("recheck_due"))

    async def swap_last_tick(self, now: float) -> float:
        """Note the time of this tick; return that of the one before it, of any replica, or 0."""
        async with translate_errors():
            before = await self._redis.set(LAST_TICK, now, get=True)
        return float(before or 0.0)

    async def recheck(self, now: float, until: float) -> int:
        """Make due now what is due by ``until``; return how much that is."""
        found = 0
        async with translate_errors():
            for name in await self._redis.smembers(WORKSPACES):
                due = key_of(Workspace(in_text(name)), "due")
                found += int(await self._recheck(keys=[due], args=[now, until]))
        return found

    async def clock_difference(self, clock: Callable[[], float]) -> float:
        """Return how many seconds ``clock`` is ahead of the store's, as well as can be told."""
        before = clock()
        async with translate_errors():
            seconds, micros = await self._redis.time()
        return (before + clock()) / 2 - (int(seconds) + int(micros) / 1_000_000)
