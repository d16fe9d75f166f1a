"""Rate limits (sliding window log) and gates, shared by all replicas.

Each limit is a list of the times at which it was last taken, the newest first, never longer than
its count. It may be taken when the list is not full or its oldest time lies a whole window back.
So the count holds in every half-open window, not only in those of a grid, all of it can be used,
the exact wait is known, and the cost does not grow with the count. A gate is shut until a time, by
the process that got an HTTP 429.

Times are the callers' and are passed in (unix seconds). A replica whose clock is behind waits
longer; one whose clock is ahead may find the window shorter by as much. A list expires a minute
after its window. redis-py sends a script again when its reply was lost: then one too many is
counted, never one too few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script

GATE_SECONDS = 3_600.0  # a gate expires after so long, whatever the caller asked for
_MARGIN = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` in any ``seconds``, for one ``name`` ("person:T1:U1", "app").

    Limits of one name may differ in their seconds; each has its own list.
    """

    name: str
    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.seconds <= 0:
            raise ValueError("a limit allows at least one, in some time")

    @property
    def key(self) -> str:
        return f"edfs:{{app}}:limit:{self.name}:{self.seconds:g}"


class Limits:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(load_script("take_limits"))
        self._shut = redis.register_script(load_script("shut_gate"))

    async def take(self, gate: str, limits: Sequence[Limit], now: float) -> float:
        """Take one from each limit, or from none.

        Return 0.0 when taken, else the seconds to wait: for the gate, or for the fullest limit.
        """
        windows: list[float | int] = []
        for limit in limits:
            lifetime = int((limit.seconds + _MARGIN) * 1_000)
            windows += [limit.count, limit.seconds, lifetime]
        keys = [_gate(gate), *(limit.key for limit in limits)]
        async with translate_errors():
            milliseconds = await self._take(keys=keys, args=[now, *windows])
        return int(milliseconds) / 1_000

    async def shut(self, gate: str, until: float, now: float) -> None:
        """Let nothing pass this gate before ``until``; a gate that is shut for longer stays so.

        The key expires a little later than that, by the store's clock: so a gate opens although
        the clock of whoever shut it was set back.
        """
        lifetime = min(max(until - now, 0.0) + _MARGIN, GATE_SECONDS)
        async with translate_errors():
            await self._shut(keys=[_gate(gate)], args=[until, int(lifetime)])

    async def shut_until(self, gate: str, now: float) -> float:
        """Return until when the gate is shut; 0.0 when it is open."""
        async with translate_errors():
            stored = await self._redis.get(_gate(gate))
        until = float(stored) if stored else 0.0
        return until if until > now else 0.0


def _gate(name: str) -> str:
    return f"edfs:{{app}}:gate:{name}"
