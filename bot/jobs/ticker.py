"""Looks once a second at what is due, and sees whether the job engine still answers."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.core.errors import StoreUnreachable
from bot.gateways.tasks import end_task

TICK_SECONDS = 1.0
ANSWER_SECONDS = 5.0  # for one tick
RENEW_SECONDS = 15.0
STALLED_SECONDS = 10.0  # without a tick that came to its end

Step = Callable[[], Awaitable[None]]

log = structlog.get_logger("jobs")


class Ticker:
    """Ticks in this process, by the loop's own clock, which nobody sets back.

    ``tick`` enqueues what is due, ``ping`` asks the job engine's connection, ``renew`` replaces it.
    They raise StoreUnreachable. Every replica ticks: one that leases something due is the only one
    that enqueues it.
    """

    def __init__(self, tick: Step, ping: Step, renew: Step) -> None:
        self._tick, self._ping, self._renew = tick, ping, renew
        self._answered_at = 0.0
        self._running: asyncio.Task[None] | None = None
        self._told = False

    def start(self) -> None:
        self._answered_at = _loop_time()
        self._running = asyncio.create_task(self._run(), name="ticks")

    async def stop(self) -> None:
        if self._running is not None:
            await end_task(self._running)

    @property
    def stalled(self) -> bool:
        """Whether nothing that is due has been found or done for ``STALLED_SECONDS``."""
        return _loop_time() - self._answered_at > STALLED_SECONDS

    async def _run(self) -> None:
        while True:
            await self._tick_once()
            await asyncio.sleep(TICK_SECONDS)

    async def _tick_once(self) -> None:
        if await self._does(self._tick) and await self._does(self._ping):
            self._answered_at = _loop_time()
            if self._told:
                log.info("jobs.resumed")
                self._told = False
            return
        if not self.stalled:
            return
        if not self._told:
            log.error("jobs.stalled", seconds=round(_loop_time() - self._answered_at))
            self._told = True
        if await self._does(self._renew, RENEW_SECONDS):
            log.warning("jobs.reconnected")

    async def _does(self, step: Step, seconds: float = ANSWER_SECONDS) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await step()
        except (StoreUnreachable, TimeoutError):
            return False
        except Exception:  # whatever it is, the next tick may do better; readiness fails meanwhile
            log.exception("jobs.tick_failed")
            return False
        return True


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
