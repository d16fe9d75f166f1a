"""What Slack never took: given up after a day, and kept for the admin to read."""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, Workspace
from bot.gateways.store.connection import reaching
from bot.gateways.store.sealed import Records, key_of

PURPOSE = "undelivered"
MOST = 1_000
LIFETIME = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Lost:
    """``what`` is the kind and id of the record whose card it was; ``why`` is Slack's code."""

    at: float
    channel: ChannelId
    what: str
    why: str


class Undelivered:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis, records: Records) -> None:
        self._redis = redis
        self._records = records

    async def add(self, workspace: Workspace, lost: Lost) -> None:
        key = key_of(workspace, "undelivered")
        sealed = self._records.seal(lost, key=key, purpose=PURPOSE)
        async with reaching(), self._redis.pipeline(transaction=True) as together:
            together.lpush(key, sealed)
            together.ltrim(key, 0, MOST - 1)
            together.expire(key, LIFETIME)
            await together.execute()

    async def read(self, workspace: Workspace) -> list[Lost]:
        """Return them, the newest first. Raises SealBroken."""
        key = key_of(workspace, "undelivered")
        async with reaching():
            rows = await self._redis.lrange(key, 0, -1)
        return [self._records.open(Lost, row, key=key, purpose=PURPOSE) for row in rows]
