"""Slack's rate limits: calls a minute for each method, and one message a second for a channel."""

import math
from collections import defaultdict, deque

from bot.sandbox.clock import Clock

_MINUTE = 60.0


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, float] = {}

    def wait(self, method: str, per_minute: int, channel: str | None) -> int:
        """Whole seconds for Retry-After; 0 permits the call and counts it."""
        now = self._clock.now()
        recent = self._calls[method]
        while recent and now - recent[0] >= _MINUTE:
            recent.popleft()
        if len(recent) >= per_minute:
            return max(1, math.ceil(_MINUTE - (now - recent[0])))
        if method == "chat.postMessage" and channel is not None:
            if now - self._posts.get(channel, 0.0) < 1.0:
                return 1
            self._posts[channel] = now
        recent.append(now)
        return 0
