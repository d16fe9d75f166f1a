"""Notices a clock that was set back, or that differs from the store's.

What is due stands in unix time. After the machine's clock was set back, a lease or a pause that was
made before would last longer by as much; so whatever is due soon is looked at once more. That
does no harm: each record says itself when its next step is due.
"""

import asyncio
from collections.abc import Callable

import structlog
from prometheus_client import Gauge

from bot.gateways.store.due_times import DueTimes

SET_BACK_SECONDS = 30.0  # shorter waits end by themselves
HORIZON_SECONDS = 3600.0  # leases and pauses are shorter; what people asked for is at its own time
COMPARE_SECONDS = 60.0
DIFFERENCE_SECONDS = 2.0

DIFFERENCE = Gauge(
    "edfs_bot_clock_difference_seconds", "How far this machine's clock is ahead of the store's"
)

log = structlog.get_logger("clock")


class ClockWatch:
    """Called at each tick; ``clock`` is unix time. Its methods raise StoreUnreachable."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._compared_at: float | None = None

    async def check(self, due_times: DueTimes, clock: Callable[[], float]) -> None:
        now, elapsed = clock(), asyncio.get_running_loop().time()
        before = await due_times.swap_last_tick(now)
        if self._last is None:  # the bot was restarted: the store has the last tick of any replica
            set_back = before - now
        else:
            set_back = (elapsed - self._last[1]) - (now - self._last[0])
        self._last = now, elapsed
        if set_back > SET_BACK_SECONDS:
            found = await due_times.recheck(now, now + set_back + HORIZON_SECONDS)
            log.warning("clock.set_back", seconds=round(set_back), rechecked=found)
        if self._compared_at is None or elapsed - self._compared_at >= COMPARE_SECONDS:
            self._compared_at = elapsed
            await self._compare(due_times, clock)

    async def _compare(self, due_times: DueTimes, clock: Callable[[], float]) -> None:
        difference = await due_times.clock_difference(clock)
        DIFFERENCE.set(difference)
        if abs(difference) > DIFFERENCE_SECONDS:
            log.warning("clock.differs_from_store", ahead=round(difference, 1))
