"""Limits and gates, shared by all replicas: at most so many in any stretch of time.

Each limit is a list of the times at which it was last taken, the newest first, never longer than
its count. A further one may be taken when the list is not full or its oldest time lies a whole
window back. So the count holds in every half-open window, not only in those of a grid, all of it
can be used, the exact wait is known, and the cost does not grow with the count.

Times are the callers' and are passed in. A replica whose clock is behind waits longer; one whose
clock is ahead may find the window shorter by as much. A list ends by itself a minute after its
window. redis-py sends a script again when its answer was lost: then one too many is counted,
never one too few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.gateways.store.connection import translate_errors

GATE_SECONDS = 3_600  # a gate ends by itself after so long, whatever somebody asked for
_MARGIN = 60.0

# KEYS: 1 gate, from 2 on the limits. ARGV: 1 now, then count, seconds and lifetime of each limit.
# What is stored is the text that came in: Lua would write a number with fewer digits.
_TAKE = """
local now = tonumber(ARGV[1])
local wait = 0
local shut = redis.call('GET', KEYS[1])
if shut then wait = math.max(wait, tonumber(shut) - now) end
for place = 2, #KEYS do
  local first = 3 * place - 4
  local oldest = redis.call('LINDEX', KEYS[place], tonumber(ARGV[first]) - 1)
  if oldest then wait = math.max(wait, tonumber(oldest) + tonumber(ARGV[first + 1]) - now) end
end
if wait > 0 then return math.floor(wait * 1000) + 1 end
for place = 2, #KEYS do
  local first = 3 * place - 4
  local newest = redis.call('LINDEX', KEYS[place], 0)
  local at = ARGV[1]
  if newest and tonumber(newest) > now then at = newest end
  redis.call('LPUSH', KEYS[place], at)
  redis.call('LTRIM', KEYS[place], 0, tonumber(ARGV[first]) - 1)
  redis.call('PEXPIRE', KEYS[place], ARGV[first + 2])
end
return 0
"""
_SHUT = """
local before = redis.call('GET', KEYS[1])
if before and tonumber(before) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` in any ``seconds``, for one ``name`` ("person:T1:U1", "app").

    Limits of one name may differ in their seconds; each has a list of its own.
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
        self._take = redis.register_script(_TAKE)
        self._shut = redis.register_script(_SHUT)

    async def take(self, gate: str, limits: Sequence[Limit], now: float) -> float:
        """Take one from each limit, or from none.

        Return 0.0 when taken, else the seconds to wait: for the gate, or for the fullest limit.
        """
        terms: list[float | int] = []
        for limit in limits:
            lifetime = int((limit.seconds + _MARGIN) * 1_000)
            terms += [limit.count, limit.seconds, lifetime]
        keys = [_gate(gate), *(limit.key for limit in limits)]
        async with translate_errors():
            milliseconds = await self._take(keys=keys, args=[now, *terms])
        return int(milliseconds) / 1_000

    async def shut(self, gate: str, until: float) -> None:
        """Nothing passes this gate before ``until``; a gate shut for longer stays so."""
        async with translate_errors():
            await self._shut(keys=[_gate(gate)], args=[until, GATE_SECONDS])

    async def shut_until(self, gate: str, now: float) -> float:
        """Return until when the gate is shut; 0.0 when it is open."""
        async with translate_errors():
            said = await self._redis.get(_gate(gate))
        until = float(said) if said else 0.0
        return until if until > now else 0.0


def _gate(name: str) -> str:
    return f"edfs:{{app}}:gate:{name}"
