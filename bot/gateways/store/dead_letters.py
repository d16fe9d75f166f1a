"""Dead letters: the cards that Slack did not take for a day, for the admin to read."""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, key_of

PURPOSE = "dead-letters"
MOST = 1_000
LIFETIME = 90 * 86_400


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``record`` is the kind and id of the record that the card shows; ``reason`` Slack's code."""

    at: float
    channel: ChannelId
    record: str
    reason: str


class DeadLetters:
    """The newest ``MOST`` dead letters. Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec

    async def add(self, workspace: Workspace, letter: DeadLetter) -> None:
        key = key_of(workspace, "dead-letters")
        sealed = self._codec.seal(letter, key=key, purpose=PURPOSE)
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.lpush(key, sealed)
            pipeline.ltrim(key, 0, MOST - 1)
            pipeline.expire(key, LIFETIME)
            await pipeline.execute()

    async def read(self, workspace: Workspace) -> list[DeadLetter]:
        """Return them, the newest first. Raises SealBroken."""
        key = key_of(workspace, "dead-letters")
        async with translate_errors():
            rows = await self._redis.lrange(key, 0, -1)
        return [self._codec.open(DeadLetter, row, key=key, purpose=PURPOSE) for row in rows]
