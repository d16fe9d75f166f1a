"""The cached lists behind selects, one person's each; nothing is ever decided by them."""

from typing import Any

from redis.asyncio import Redis

from bot.core.errors import SealBroken
from bot.core.names import ITwinId, PersonId, Workspace
from bot.core.suggestions import OptionList
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "options"
MOST_CHANGED = 200  # iTwins for which the time of the bot's last change is stored
OPTIONS_SECONDS = 600


class OptionListCache:
    """``what`` is ``itwins``, or the id of the iTwin whose timers the list holds.

    Every method may raise StoreUnreachable.
    """

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec

    async def load(self, workspace: Workspace, person: PersonId, what: str) -> OptionList | None:
        """Return the list, or None where there is none or it does not open."""
        key = _key(workspace, person, what)
        async with translate_errors():
            sealed = await self._redis.get(key)
        if not sealed:
            return None
        try:
            return self._codec.open(OptionList, sealed, key=key, purpose=PURPOSE)
        except SealBroken:  # it is read from the platform again
            return None

    async def exists(self, workspace: Workspace, person: PersonId, what: str) -> bool:
        async with translate_errors():
            return bool(await self._redis.exists(_key(workspace, person, what)))

    async def save(
        self, workspace: Workspace, person: PersonId, what: str, options: OptionList
    ) -> None:
        key = _key(workspace, person, what)
        sealed = self._codec.seal(options, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=OPTIONS_SECONDS)

    async def drop(self, workspace: Workspace, person: PersonId, what: str) -> None:
        async with translate_errors():
            await self._redis.delete(_key(workspace, person, what))

    async def changed_at(self, workspace: Workspace, itwin: ITwinId) -> float:
        """Return when an operation on a timer of this iTwin last ended; 0.0 for never."""
        async with translate_errors():
            at = await self._redis.zscore(changed_key(workspace), itwin)
        return float(at) if at else 0.0

    async def changed_last(self, workspace: Workspace) -> list[ITwinId]:
        """Return the iTwins whose timers operations ended on, the latest first."""
        async with translate_errors():
            rows: list[Any] = await self._redis.zrevrange(
                changed_key(workspace), 0, MOST_CHANGED - 1
            )
        return [ITwinId(in_text(row)) for row in rows]


def changed_key(workspace: Workspace) -> str:
    return key_of(workspace, "changed-itwins")


def _key(workspace: Workspace, person: PersonId, what: str) -> str:
    return key_of(workspace, "options", person, what)
