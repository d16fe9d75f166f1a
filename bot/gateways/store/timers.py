"""The last observation of each timer, and the short-lived lists of a person's iTwins."""

from redis.asyncio import Redis

from bot.core.names import ITwinId, PersonId, TimerId, Workspace
from bot.core.timers import ITwin, LastSeen
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, key_of

LAST_SEEN = "last-seen"
ITWINS = "itwins"
ITWINS_SECONDS = 60
TIMER_SECONDS = 400 * 86_400


def timer_key(workspace: Workspace, itwin: ITwinId, timer: TimerId) -> str:
    return key_of(workspace, "timer", itwin, timer)


class Timers:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec

    async def last_observation(
        self, workspace: Workspace, itwin: ITwinId, timer: TimerId
    ) -> LastSeen | None:
        """Return what was last seen of the timer. Raises SealBroken."""
        key = timer_key(workspace, itwin, timer)
        async with translate_errors():
            sealed = await self._redis.hget(key, "seen")
        return self._codec.open(LastSeen, sealed, key=key, purpose=LAST_SEEN) if sealed else None

    async def record_observation(
        self, workspace: Workspace, itwin: ITwinId, timer: TimerId, seen: LastSeen
    ) -> None:
        key = timer_key(workspace, itwin, timer)
        sealed = self._codec.seal(seen, key=key, purpose=LAST_SEEN)
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, "seen", sealed)
            pipeline.expire(key, TIMER_SECONDS)
            await pipeline.execute()

    async def is_locked(self, workspace: Workspace, itwin: ITwinId, timer: TimerId) -> bool:
        """Whether an operation holds the timer."""
        async with translate_errors():
            return bool(await self._redis.exists(key_of(workspace, "lock", itwin, timer)))

    async def itwins(self, workspace: Workspace, person: PersonId) -> tuple[ITwin, ...] | None:
        """Return the iTwins that the person's token listed a moment ago. Raises SealBroken."""
        key = key_of(workspace, "itwins", person)
        async with translate_errors():
            sealed = await self._redis.get(key)
        kind = tuple[ITwin, ...]
        return self._codec.open(kind, sealed, key=key, purpose=ITWINS) if sealed else None

    async def save_itwins(
        self, workspace: Workspace, person: PersonId, itwins: tuple[ITwin, ...]
    ) -> None:
        key = key_of(workspace, "itwins", person)
        sealed = self._codec.seal(itwins, key=key, purpose=ITWINS, kind=tuple[ITwin, ...])
        async with translate_errors():
            await self._redis.set(key, sealed, ex=ITWINS_SECONDS)
