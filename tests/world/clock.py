"""The clock of the tests: time goes on while everything waits, and slower while something works.

A test's event loop, every timeout in it and the world's clock go by `PacedLoop.time`. Waiting
counts as it took, `STEP` by `STEP`. Anything else (work, and being kept from working because the
machine is busy) counts as `TURN` seconds a turn of the loop, or a `SHARE` of what it took. So
"within three seconds" means "within three seconds of waiting, or nine of work": no timeout of the
bot's or of a library's ends, and no rate window closes, because somebody else used the processor.

It is no slower than that because leases in the store go by the store's clock: who holds one has to
renew it in time. The job engine's is the shortest, with four renewals in its 15 seconds.
"""

import asyncio
import selectors
import time

from bot.sandbox.clock import Clock

TURN = 0.002
STEP = 0.01
SHARE = 1 / 3


def _counted(took: float, most: float) -> float:
    return min(took, max(most, SHARE * took))


class _Pace:
    """Seconds that never run ahead of the machine's."""

    def __init__(self) -> None:
        self._seconds = self._read = time.monotonic()

    def now(self) -> float:
        return self._seconds + _counted(time.monotonic() - self._read, TURN)

    def step(self, most: float = TURN) -> None:
        """Count what has passed since the last step, in full up to ``most``."""
        now = time.monotonic()
        self._seconds += _counted(now - self._read, most)
        self._read = now


class _PacedSelector(selectors.DefaultSelector):
    def __init__(self, pace: _Pace) -> None:
        super().__init__()
        self._pace = pace

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        longest = STEP if timeout is None else min(timeout, STEP)
        self._pace.step()
        found = super().select(longest)
        self._pace.step(max(longest, TURN))
        return found


class PacedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, but for its time."""

    def __init__(self) -> None:
        self._pace = _Pace()
        super().__init__(_PacedSelector(self._pace))

    def time(self) -> float:
        return self._pace.now()


def paced_clock() -> Clock:
    """Return a clock for a world whose bot lives in the running loop."""
    loop = asyncio.get_running_loop()
    ahead = time.time() - loop.time()
    return Clock(lambda: loop.time() + ahead)
