"""The audit trail: an append-only stream of sealed entries, one for everything that was done."""

from dataclasses import dataclass, field

from redis.asyncio import Redis

from bot.core.names import PersonId, Workspace
from bot.gateways.store.records import Records, key_of

PURPOSE = "audit"


@dataclass(frozen=True, slots=True)
class Entry:
    """``what`` is a short word ("operation.applied", "signin"); ``facts`` never hold a secret."""

    at: float
    what: str
    person: PersonId
    facts: dict[str, str] = field(default_factory=dict)


class Audit:
    def __init__(self, redis: Redis, records: Records, days: int) -> None:
        self._redis = redis
        self._records = records
        self._kept = days * 86_400

    def key(self, workspace: Workspace) -> str:
        return key_of(workspace, "audit")

    def sealed(self, workspace: Workspace, entry: Entry) -> bytes:
        return self._records.seal(entry, key=self.key(workspace), purpose=PURPOSE)

    def oldest(self, now: float) -> int:
        """Return the stream id (milliseconds) below which entries may be dropped."""
        return max(0, int((now - self._kept) * 1_000))

    async def append(self, workspace: Workspace, entry: Entry) -> None:
        await self._redis.xadd(
            self.key(workspace),
            {b"e": self.sealed(workspace, entry)},
            minid=self.oldest(entry.at),
            approximate=True,
        )

    async def read(self, workspace: Workspace, count: int = 1_000) -> list[Entry]:
        """Return the newest ``count`` entries, oldest first."""
        key = self.key(workspace)
        rows = await self._redis.xrevrange(key, count=count)
        return [
            self._records.open(Entry, fields[b"e"], key=key, purpose=PURPOSE)
            for _, fields in reversed(rows or [])
            if fields
        ]
