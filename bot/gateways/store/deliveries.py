"""Deliveries: what Slack (or a sign-in) handed over, kept before anybody is told so."""

from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from bot.core.names import ChannelId, DeliveryId, PersonId, Workspace
from bot.gateways.store.connection import reaching
from bot.gateways.store.records import Records, in_text, key_of

PURPOSE = "delivery"
WORKSPACES = "edfs:workspaces"
KEPT_SECONDS = 24 * 3600
TRIES_SECONDS = 3600

# A redis-py retry after a lost answer runs this a second time with the same owner: it must then
# hear "new" again, not take itself for a duplicate.
_KEEP = """
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner then
  if owner == ARGV[1] then return 1 end
  return 0
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'body', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
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


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request. ``text`` is a command's text; ``action`` and ``value`` are a button's.

    ``kind`` "returned" is the browser coming back from a sign-in; its ``value`` is the id of the
    kept command. ``at`` is when it came in (unix seconds); ``message`` the ts of the message
    whose button was pressed, ``private`` whether only this person sees that message.
    """

    id: DeliveryId
    kind: Literal["command", "action", "returned"]
    workspace: Workspace
    home: Workspace
    person: PersonId
    channel: ChannelId
    at: float
    text: str = ""
    action: str = ""
    value: str = ""
    message: str = ""
    private: bool = False
    reply: str = ""
    trigger: str = ""


class Deliveries:
    def __init__(self, redis: Redis, records: Records) -> None:
        self._redis = redis
        self._records = records
        self._keep = redis.register_script(_KEEP)
        self._finish = redis.register_script(_FINISH)
        self._take = redis.register_script(_TAKE)
        self._known: set[str] = set()

    async def keep(self, delivery: Delivery, owner: str, due: float) -> bool:
        """Keep it and mark it due; False when it was kept before. Raises StoreUnreachable.

        ``owner`` is a fresh random word of this request.
        """
        key = self._key(delivery.home, delivery.id)
        body = self._records.seal(delivery, key=key, purpose=PURPOSE)
        async with reaching():
            await self._remember(delivery.home)
            kept = await self._keep(
                keys=[key, _due(delivery.home)],
                args=[owner, body, KEPT_SECONDS, due, f"delivery:{delivery.id}"],
            )
        return bool(kept)

    async def read(self, home: Workspace, delivery: DeliveryId) -> Delivery | None:
        """Return it, or None when it is done or was never kept."""
        key = self._key(home, delivery)
        body = await self._redis.hget(key, "body")
        return self._records.open(Delivery, body, key=key, purpose=PURPOSE) if body else None

    async def finish(self, home: Workspace, delivery: DeliveryId) -> None:
        """Mark it done: its text is forgotten, its id is remembered against duplicates."""
        key = self._key(home, delivery)
        await self._finish(keys=[key, _due(home)], args=[f"delivery:{delivery}"])

    async def take_due(self, now: float, lent: float) -> list[tuple[Workspace, str, str]]:
        """Return what is due as (workspace, "delivery" or "operation", id), lent for so long."""
        found = []
        for name in await self._redis.smembers(WORKSPACES):
            home = Workspace(in_text(name))
            for member in await self._take(keys=[_due(home)], args=[now, now + lent]):
                kind, _, identity = in_text(member).partition(":")
                found.append((home, kind, identity))
        return found

    async def tried(self, home: Workspace, member: str) -> int:
        """Count one more try at a job; it is forgotten when a try comes to its end."""
        key = key_of(home, "tries", member)
        async with self._redis.pipeline(transaction=True) as together:
            together.incr(key)
            together.expire(key, TRIES_SECONDS)
            count, _ = await together.execute()
        return int(count)

    async def done_trying(self, home: Workspace, member: str) -> None:
        await self._redis.delete(key_of(home, "tries", member))

    def forget_workspaces(self) -> None:
        """The store was emptied: what is thought to stand in it does not any more."""
        self._known.clear()

    async def _remember(self, home: Workspace) -> None:
        if home not in self._known:
            await self._redis.sadd(WORKSPACES, home)
            self._known.add(home)

    def _key(self, home: Workspace, delivery: DeliveryId) -> str:
        return key_of(home, "delivery", delivery)


def _due(home: Workspace) -> str:
    return key_of(home, "due")
