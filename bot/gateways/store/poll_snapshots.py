"""What a watch saw when it last looked: names and states, to compare the next look with."""

from redis.asyncio import Redis

from bot.core.change_detection import Snapshot
from bot.core.names import OperationId, Workspace
from bot.gateways.store.connection import reaching
from bot.gateways.store.sealed import Records, key_of

PURPOSE = "watch"
KEPT_SECONDS = 90 * 86_400


class Watches:
    """All of it raises StoreUnreachable. A snapshot ends by itself when nobody looks any more."""

    def __init__(self, redis: Redis, records: Records) -> None:
        self._redis = redis
        self._records = records

    async def read(self, workspace: Workspace, subscription: OperationId) -> Snapshot | None:
        """Raises SealBroken too."""
        key = _key(workspace, subscription)
        async with reaching():
            sealed = await self._redis.get(key)
        return self._records.open(Snapshot, sealed, key=key, purpose=PURPOSE) if sealed else None

    async def keep(self, workspace: Workspace, subscription: OperationId, seen: Snapshot) -> None:
        key = _key(workspace, subscription)
        sealed = self._records.seal(seen, key=key, purpose=PURPOSE)
        async with reaching():
            await self._redis.set(key, sealed, ex=KEPT_SECONDS)

    async def forget(self, workspace: Workspace, subscription: OperationId) -> None:
        async with reaching():
            await self._redis.delete(_key(workspace, subscription))


def _key(workspace: Workspace, subscription: OperationId) -> str:
    return key_of(workspace, "watch", subscription)
