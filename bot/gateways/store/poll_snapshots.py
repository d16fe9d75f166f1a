"""The timers that a subscription's last poll found: names and states, to compare the next with."""

from redis.asyncio import Redis

from bot.core.change_detection import PollSnapshot
from bot.core.names import OperationId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, key_of

PURPOSE = "poll"
LIFETIME_SECONDS = 90 * 86_400


class PollSnapshots:
    """A snapshot expires when its subscription is not polled any more.

    Every method may raise StoreUnreachable.
    """

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec

    async def load(self, workspace: Workspace, subscription: OperationId) -> PollSnapshot | None:
        """Return the snapshot. Raises SealBroken."""
        key = _key(workspace, subscription)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return self._codec.open(PollSnapshot, sealed, key=key, purpose=PURPOSE) if sealed else None

    async def save(
        self, workspace: Workspace, subscription: OperationId, snapshot: PollSnapshot
    ) -> None:
        key = _key(workspace, subscription)
        sealed = self._codec.seal(snapshot, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=LIFETIME_SECONDS)

    async def forget(self, workspace: Workspace, subscription: OperationId) -> None:
        async with translate_errors():
            await self._redis.delete(_key(workspace, subscription))


def _key(workspace: Workspace, subscription: OperationId) -> str:
    return key_of(workspace, "poll", subscription)
