"""The clock of the sandbox world, which can be moved forward but not stopped."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

_FARTHEST = 10 * 366 * 86_400


class Clock:
    """Unix time, and the waits that go by it.

    `source` is the underlying clock, by default this machine's; `offset` is how many seconds it is
    ahead of that.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self.offset = 0.0
        self._source = source
        self._timeouts: set[asyncio.Timeout] = set()

    def now(self) -> float:
        """Seconds since the epoch, as this world sees them."""
        return self._source() + self.offset

    def forward(self, seconds: float) -> None:
        """Moves the clock forward, and with it the deadlines of `timeout` and `sleep`."""
        # The upper limit keeps dates valid, and the comparison rejects NaN.
        if not 0 <= seconds <= _FARTHEST:
            raise ValueError(f"the clock moves 0 to {_FARTHEST} seconds forward, not {seconds}")
        self.offset += seconds
        for timeout in self._timeouts:
            ends = timeout.when()
            if ends is not None and not timeout.expired():
                timeout.reschedule(ends - seconds)

    def reset(self) -> None:
        self.offset = 0.0

    @contextlib.asynccontextmanager
    async def timeout(self, seconds: float | None) -> AsyncIterator[None]:
        """Raises TimeoutError in the block after `seconds` of this clock; None: never."""
        async with asyncio.timeout(seconds) as timeout:
            self._timeouts.add(timeout)
            try:
                yield
            finally:
                self._timeouts.discard(timeout)

    async def sleep(self, seconds: float) -> None:
        """Waits `seconds` of this clock."""
        with contextlib.suppress(TimeoutError):
            async with self.timeout(seconds):
                await asyncio.Event().wait()
