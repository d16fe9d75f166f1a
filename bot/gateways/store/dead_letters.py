"""What Slack never took: given up after a day, and kept for the admin to read."""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, key_of

PURPOSE = "undelivered"
MOST = 1_000
LIFETIME = 90 * 86_400


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``what`` is the kind and id of the record whose card it was; ``why`` is Slack's code."""

    at: float
    channel: ChannelId
    record: str
    reason: str


class DeadLetters:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec

    async def add(self, workspace: Workspace, lost: DeadLetter) -> None:
        key = key_of(workspace, "undelivered")
        sealed = self._records.seal(lost, key=key, purpose=PURPOSE)
        async with translate_errors(), self._redis.pipeline(transaction=True) as together:
            together.lpush(key, sealed)
            together.ltrim(key, 0, MOST - 1)
            together.expire(key, LIFETIME)
            await together.execute()

    async def read(self, workspace: Workspace) -> list[DeadLetter]:
        """Return them, the newest first. Raises SealBroken."""
        key = key_of(workspace, "undelivered")
        async with translate_errors():
            rows = await self._redis.lrange(key, 0, -1)
        return [self._records.open(DeadLetter, row, key=key, purpose=PURPOSE) for row in rows]
