"""The lists behind selects, kept for one person: compact, sealed, and never asked to decide."""

from typing import Any

from redis.asyncio import Redis

from bot.core.errors import SealBroken
from bot.core.names import ITwinId, PersonId, Workspace
from bot.core.suggestions import OptionList
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "index"
MOST_CHANGED = 200  # iTwins of which it is known when the bot last changed something there
INDEX_SECONDS = 600


class OptionListCache:
    """``what`` is ``itwins``, or the id of the iTwin whose timers they are.

    All of it raises StoreUnreachable.
    """

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec

    async def load(self, workspace: Workspace, person: PersonId, what: str) -> OptionList | None:
        key = _key(workspace, person, what)
        async with translate_errors():
            sealed = await self._redis.get(key)
        try:
            return (
                self._records.open(OptionList, sealed, key=key, purpose=PURPOSE) if sealed else None
            )
        except SealBroken:  # it is read anew, like one that is not there
            return None

    async def exists(self, workspace: Workspace, person: PersonId, what: str) -> bool:
        async with translate_errors():
            return bool(await self._redis.exists(_key(workspace, person, what)))

    async def save(
        self, workspace: Workspace, person: PersonId, what: str, index: OptionList
    ) -> None:
        key = _key(workspace, person, what)
        sealed = self._records.seal(index, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=INDEX_SECONDS)

    async def drop(self, workspace: Workspace, person: PersonId, what: str) -> None:
        async with translate_errors():
            await self._redis.delete(_key(workspace, person, what))

    async def changed_at(self, workspace: Workspace, itwin: ITwinId) -> float:
        """Return when the bot last brought a change of a timer there to its end; 0.0 if never."""
        async with translate_errors():
            at = await self._redis.zscore(changed_key(workspace), itwin)
        return float(at) if at else 0.0

    async def changed_last(self, workspace: Workspace) -> list[ITwinId]:
        """Return the iTwins where it did so last, the newest first."""
        async with translate_errors():
            rows: list[Any] = await self._redis.zrevrange(
                changed_key(workspace), 0, MOST_CHANGED - 1
            )
        return [ITwinId(in_text(row)) for row in rows]


def changed_key(workspace: Workspace) -> str:
    return key_of(workspace, "changed")


def _key(workspace: Workspace, person: PersonId, what: str) -> str:
    return key_of(workspace, "index", person, what)
