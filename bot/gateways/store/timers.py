"""What was last seen of each timer, and the short-lived lists of names a person's token gave."""

from typing import TypeVar

from redis.asyncio import Redis

from bot.core.names import ITwinId, PersonId, TimerId, Workspace
from bot.core.timers import ITwin, LastSeen
from bot.gateways.store.sealed import SealedCodec, key_of

SEEN = "last-seen"
LIST = "list"
LIST_SECONDS = 60
SEEN_SECONDS = 400 * 86_400

Value = TypeVar("Value")


def timer_key(workspace: Workspace, itwin: ITwinId, timer: TimerId) -> str:
    return key_of(workspace, "timer", itwin, timer)


class Timers:
    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec

    async def last_observation(
        self, workspace: Workspace, itwin: ITwinId, timer: TimerId
    ) -> LastSeen | None:
        key = timer_key(workspace, itwin, timer)
        sealed = await self._redis.hget(key, "seen")
        return self._records.open(LastSeen, sealed, key=key, purpose=SEEN) if sealed else None

    async def record_observation(
        self, workspace: Workspace, itwin: ITwinId, timer: TimerId, seen: LastSeen
    ) -> None:
        key = timer_key(workspace, itwin, timer)
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(key, "seen", self._records.seal(seen, key=key, purpose=SEEN))
            together.expire(key, SEEN_SECONDS)
            await together.execute()

    async def is_locked(self, workspace: Workspace, itwin: ITwinId, timer: TimerId) -> bool:
        """Whether an operation is at it just now."""
        return bool(await self._redis.exists(key_of(workspace, "lock", itwin, timer)))

    async def itwins(self, workspace: Workspace, person: PersonId) -> tuple[ITwin, ...] | None:
        return await self._listed(tuple[ITwin, ...], key_of(workspace, LIST, person, "itwins"))

    async def save_itwins(
        self, workspace: Workspace, person: PersonId, itwins: tuple[ITwin, ...]
    ) -> None:
        key = key_of(workspace, LIST, person, "itwins")
        await self._keep(tuple[ITwin, ...], key, itwins)

    async def _listed(self, kind: type[Value], key: str) -> Value | None:
        sealed = await self._redis.get(key)
        return self._records.open(kind, sealed, key=key, purpose=LIST) if sealed else None

    async def _keep(self, kind: object, key: str, value: object) -> None:
        sealed = self._records.seal(value, key=key, purpose=LIST, kind=kind)
        await self._redis.set(key, sealed, ex=LIST_SECONDS)
