"""What a watch saw when it last looked: names and states, to compare the next look with."""

from redis.asyncio import Redis

from bot.core.change_detection import PollSnapshot
from bot.core.names import OperationId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, key_of

PURPOSE = "watch"
KEPT_SECONDS = 90 * 86_400


class PollSnapshots:
    """All of it raises StoreUnreachable. A snapshot ends by itself when nobody looks any more."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec

    async def load(self, workspace: Workspace, subscription: OperationId) -> PollSnapshot | None:
        """Raises SealBroken too."""
        key = _key(workspace, subscription)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return (
            self._records.open(PollSnapshot, sealed, key=key, purpose=PURPOSE) if sealed else None
        )

    async def save(
        self, workspace: Workspace, subscription: OperationId, seen: PollSnapshot
    ) -> None:
        key = _key(workspace, subscription)
        sealed = self._records.seal(seen, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=KEPT_SECONDS)

    async def forget(self, workspace: Workspace, subscription: OperationId) -> None:
        async with translate_errors():
            await self._redis.delete(_key(workspace, subscription))


def _key(workspace: Workspace, subscription: OperationId) -> str:
    return key_of(workspace, "watch", subscription)
