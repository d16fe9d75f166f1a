"""The clock of the sandbox world, which can be moved forward but not stopped."""

import time

_FARTHEST = 10 * 366 * 86_400


class Clock:
    """`offset`: the seconds that it is ahead of this machine's clock."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as this world sees them."""
        return time.time() + self.offset

    def forward(self, seconds: float) -> None:
        # The upper end keeps dates valid, and refuses what is not a number at all.
        if not 0 <= seconds <= _FARTHEST:
            raise ValueError(f"the clock moves 0 to {_FARTHEST} seconds forward, not {seconds}")
        self.offset += seconds

    def reset(self) -> None:
        self.offset = 0.0
