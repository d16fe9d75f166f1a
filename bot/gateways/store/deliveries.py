"""Deliveries: what Slack (or a sign-in) handed over, kept before anybody is told so.

Who could not be told "kept" in time is told "nothing was changed", so it must stay so:

* The keeping carries its last moment in the store's own clock, and does nothing later than that.
  How far that clock is from ours is known from the last answer: at least the time it said, less
  the time it was heard. Where that is not known yet, or the clock was set, the store refuses once,
  and that answer sets it right.
* If the keeping was done and only its answer got lost, the keeper withdraws it. A withdrawal also
  stands in the way of a keeping that is still to come, whatever the clocks say.
* Until its keeper says that it heard of it, a delivery becomes due late enough for a withdrawal.
  One whose keeper was killed is answered then: nobody was told no.

What is left is a keeper that said no, was cut off from the store or killed before it could
withdraw, and whose keeping was done in time all the same.
"""

import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from bot.core.deliveries import Delivery
from bot.core.errors import StoreUnreachable
from bot.core.names import DeliveryId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "delivery"
_SHAPES: Any = Delivery  # a union, told apart by its literal ``kind``
WORKSPACES = "edfs:workspaces"
LIFETIME_SECONDS = 24 * 3600
ATTEMPTS_SECONDS = 3600

_NEW, _LATE = 1, 2  # and 0: somebody else has kept it
# A redis-py retry after a lost answer runs this a second time with the same owner: it must then
# hear "new" again, not take itself for a duplicate. ARGV: 1 owner, 2 body, 3 lifetime, 4 due,
# 5 member, 6 last moment in the store's clock. Returns what became of it, and that clock.
_KEEP = """
local time = redis.call('TIME')
local said = {1, time[1], time[2]}
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner then
  if owner ~= ARGV[1] then said[1] = 0 end
  return said
end
if tonumber(time[1]) + tonumber(time[2]) / 1000000 > tonumber(ARGV[6]) then
  said[1] = 2
  return said
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'body', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
return said
"""
# ARGV: 1 owner, 2 lifetime, 3 member. What another request has kept is not this one's to withdraw.
# 0: it was answered before.
_WITHDRAW = """
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then return 1 end
if redis.call('HGET', KEYS[1], 'done') == '1' then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'done', 'withdrawn')
redis.call('HDEL', KEYS[1], 'body')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[3])
return 1
"""
_FINISH = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'done', '1')
  redis.call('HDEL', KEYS[1], 'body')
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
"""
# What is due is lent out for a while, so that one tick after another does not hand it out again.
_TAKE = """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 200)
for _, member in ipairs(due) do redis.call('ZADD', KEYS[1], 'XX', ARGV[2], member) end
return due
"""


class Deliveries:
    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec
        self._keep = redis.register_script(_KEEP)
        self._withdraw = redis.register_script(_WITHDRAW)
        self._finish = redis.register_script(_FINISH)
        self._take = redis.register_script(_TAKE)
        self._known: set[str] = set()
        # How many seconds the store's clock is ahead of our own running time, at least.
        self._ahead: float | None = None

    async def save(
        self, delivery: Delivery, owner: str, due: float, within: float = LIFETIME_SECONDS
    ) -> bool:
        """Keep it and mark it due; False when it was kept before.

        ``owner`` is a fresh random word of this request. Raises StoreUnreachable: it was kept or
        not, but will not be once ``within`` seconds are over.
        """
        last = time.monotonic() + within
        key = self._key(delivery.installed_in, delivery.id)
        body = self._records.seal(delivery, key=key, purpose=PURPOSE, kind=_SHAPES)
        keys = [key, _due(delivery.installed_in)]
        member = f"delivery:{delivery.id}"
        args: tuple[str | bytes | float, ...] = (owner, body, LIFETIME_SECONDS, due, member)
        async with translate_errors():
            await self._remember(delivery.installed_in)
            for _ in range(2):
                moment = 0.0 if self._ahead is None else last + self._ahead
                answer, *clock = await self._keep(keys=keys, args=[*args, moment])
                self._ahead = _heard(clock)
                if answer != _LATE:
                    return bool(answer == _NEW)
        raise StoreUnreachable("it is too late to keep it")

    async def accept(self, workspace: Workspace, delivery: DeliveryId, due: float) -> None:
        """Its keeper heard that it is kept: it need not wait for a withdrawal any more."""
        async with translate_errors():
            member = {f"delivery:{delivery}": due}
            await self._redis.zadd(_due(workspace), member, xx=True, lt=True)

    async def reschedule(self, workspace: Workspace, delivery: DeliveryId, until: float) -> None:
        """Answer it then, where it still waits for an answer."""
        async with translate_errors():
            await self._redis.zadd(_due(workspace), {f"delivery:{delivery}": until}, xx=True)

    async def reschedule_member(self, workspace: Workspace, member: str, until: float) -> None:
        """Have this looked at then, whatever it is, where it is still due."""
        async with translate_errors():
            await self._redis.zadd(_due(workspace), {member: until}, xx=True)

    async def retract(self, workspace: Workspace, delivery: DeliveryId, owner: str) -> bool:
        """See to it that nobody answers what this owner kept; False when somebody already has."""
        key = self._key(workspace, delivery)
        args: tuple[str | int, ...] = (owner, LIFETIME_SECONDS, f"delivery:{delivery}")
        async with translate_errors():
            return bool(await self._withdraw(keys=[key, _due(workspace)], args=args))

    async def read(self, workspace: Workspace, delivery: DeliveryId) -> Delivery | None:
        """Return it, or None when it is done or was never kept."""
        key = self._key(workspace, delivery)
        body = await self._redis.hget(key, "body")
        return self._records.open(_SHAPES, body, key=key, purpose=PURPOSE) if body else None

    async def finish(self, workspace: Workspace, delivery: DeliveryId) -> None:
        """Mark it done: its text is forgotten, its id is remembered against duplicates."""
        key = self._key(workspace, delivery)
        await self._finish(keys=[key, _due(workspace)], args=[f"delivery:{delivery}"])

    async def lease_due(self, now: float, lent: float) -> list[tuple[Workspace, str, str]]:
        """Return what is due as (workspace, kind, id), lent for so long (kinds: see the keys)."""
        found = []
        for name in await self._redis.smembers(WORKSPACES):
            home = Workspace(in_text(name))
            for member in await self._take(keys=[_due(home)], args=[now, now + lent]):
                kind, _, identity = in_text(member).partition(":")
                found.append((home, kind, identity))
        return found

    async def count_attempt(self, workspace: Workspace, member: str) -> int:
        """Count one more try at a job; it is forgotten when a try comes to its end."""
        key = key_of(workspace, "tries", member)
        async with self._redis.pipeline(transaction=True) as together:
            together.incr(key)
            together.expire(key, ATTEMPTS_SECONDS)
            count, _ = await together.execute()
        return int(count)

    async def clear_attempts(self, workspace: Workspace, member: str) -> None:
        await self._redis.delete(key_of(workspace, "tries", member))

    def forget_workspaces(self) -> None:
        """The store was emptied: what is thought to stand in it does not any more."""
        self._known.clear()
        self._ahead = None

    async def _remember(self, workspace: Workspace) -> None:
        if workspace not in self._known:
            await self._redis.sadd(WORKSPACES, workspace)
            self._known.add(workspace)

    def _key(self, workspace: Workspace, delivery: DeliveryId) -> str:
        return key_of(workspace, "delivery", delivery)


def _heard(clock: Sequence[int | bytes | str]) -> float:
    """It took a moment to get here, so the store is further ahead than this, never less."""
    seconds, micros = (int(part) for part in clock)
    return seconds + micros / 1_000_000 - time.monotonic()


def _due(workspace: Workspace) -> str:
    return key_of(workspace, "due")
