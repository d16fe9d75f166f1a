"""The audit trail: an append-only stream of sealed entries, one for everything that was done.

Each entry holds, sealed, its number and the SHA-256 of the sealed entry before it. So nobody who
can write to the store, but has no key, can change, move, insert or leave out an entry without
``check`` seeing it; cutting off the newest ones shows in the copy that goes to the log.

A script that writes an entry compares the head it was sealed for, and answers ``moved`` where
somebody else was faster; then the entry is sealed anew.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from redis.asyncio import Redis

from bot.core.errors import SealBroken, StoreUnreachable
from bot.core.names import PersonId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_bytes, in_text, key_of

PURPOSE = "audit"
PAGE = 500
ROUNDS = 200  # so many others in a row were faster: something is wrong

# What a script needs to write an entry. KEYS stream and head; ARGV as in ``Link.arguments``.
CHAIN = """
local function moved(head, number, hash)
  local now = redis.call('HMGET', head, 'n', 'h')
  local n, h = now[1] or '0', now[2] or ''
  if n ~= number or h ~= hash then return {'moved', n, h} end
end
local function link(stream, head, entry, number, hash, oldest)
  redis.call('XADD', stream, 'MINID', '~', oldest, '*', 'e', entry)
  redis.call('HSET', head, 'n', number, 'h', hash)
end
"""
# KEYS: 1 stream, 2 head. ARGV: the link.
_APPEND = (
    CHAIN
    + """
if redis.call('HGET', KEYS[2], 'h') == ARGV[5] then return {'linked'} end
local other = moved(KEYS[2], ARGV[1], ARGV[2])
if other then return other end
link(KEYS[1], KEYS[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
return {'linked'}
"""
)

Said = list[Any]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """``what`` is a short word ("operation.applied", "signin"); ``facts`` never hold a secret."""

    at: float
    what: str
    person: PersonId
    facts: dict[str, str] = field(default_factory=dict)
    number: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The number of the newest entry and the SHA-256 of it as it stands sealed."""

    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An entry sealed for one head, and the head after it."""

    before: ChainHead
    entry: bytes
    after: ChainHead
    oldest: int

    def arguments(self) -> list[Any]:
        """Return six: number and hash before, entry, number and hash after, oldest stream id."""
        before, after = self.before, self.after
        return [before.number, before.hash, self.entry, after.number, after.hash, self.oldest]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """How many entries there are, and what is wrong with the first one that does not fit.

    ``first`` and ``last`` are the times of the outermost of those that fit (unix seconds).
    """

    entries: int
    broken: str = ""
    first: float = 0.0
    last: float = 0.0


class Audit:
    def __init__(self, redis: Redis, codec: SealedCodec, days: int) -> None:
        self._redis = redis
        self._records = codec
        self._kept = days * 86_400
        self._append = redis.register_script(_APPEND)
        self._heads: dict[Workspace, ChainHead] = {}

    def keys(self, workspace: Workspace) -> list[str]:
        """Return the keys of the stream and of its head."""
        return [key_of(workspace, "audit"), key_of(workspace, "audit-head")]

    async def chained(
        self, workspace: Workspace, entry: AuditEntry, write: Callable[[ChainLink], Awaitable[Said]]
    ) -> Said:
        """Have a script write this entry with whatever else it writes; return what it answered.

        ``write`` runs the script, which answers ``moved`` with the head where it is another.
        """
        for _ in range(ROUNDS):
            link = self._link(workspace, entry, self._heads.get(workspace, ChainHead()))
            said = await write(link)
            if in_text(said[0]) != "moved":
                return said
            self._heads[workspace] = ChainHead(int(said[1]), in_text(said[2]))
        raise StoreUnreachable("the audit trail is too busy")

    def linked(self, workspace: Workspace, link: ChainLink) -> None:
        """The script has written it: the next one is sealed for this head."""
        self._heads[workspace] = link.after

    async def append(self, workspace: Workspace, entry: AuditEntry) -> None:
        """Write an entry of its own. Raises StoreUnreachable."""

        async def write(link: ChainLink) -> Said:
            said: Said = await self._append(keys=self.keys(workspace), args=link.arguments())
            if in_text(said[0]) == "linked":
                self.linked(workspace, link)
            return said

        async with translate_errors():
            await self.chained(workspace, entry, write)

    def _link(self, workspace: Workspace, entry: AuditEntry, head: ChainHead) -> ChainLink:
        numbered = replace(entry, number=head.number + 1, before=head.hash)
        key, _ = self.keys(workspace)
        sealed = self._records.seal(numbered, key=key, purpose=PURPOSE)
        oldest = max(0, int((entry.at - self._kept) * 1_000))
        return ChainLink(head, sealed, ChainHead(numbered.number, _hash(sealed)), oldest)

    async def read(self, workspace: Workspace, count: int = 1_000) -> list[AuditEntry]:
        """Return the newest ``count`` entries, oldest first. Raises SealBroken."""
        key, _ = self.keys(workspace)
        rows = await self._redis.xrevrange(key, count=count)
        return [self._open(key, fields[b"e"]) for _, fields in reversed(rows or []) if fields]

    async def check(self, workspace: Workspace) -> ChainReport:
        """Follow the chain from the oldest entry that is kept to the head."""
        stream, head_key = self.keys(workspace)
        async with translate_errors():
            number, hash_ = await self._redis.hmget(head_key, ["n", "h"])
        head = ChainHead(int(number or 0), in_text(hash_ or b""))
        sound, before, passed = ChainReport(0), ChainHead(), head.number == 0
        async for sealed in self._sealed(stream):
            entry = self._opened(stream, sealed)
            if entry is None:
                return replace(sound, broken=f"what follows number {before.number} does not open")
            linked = (entry.number, entry.before) == (before.number + 1, before.hash)
            if sound.entries and not linked:
                broken = f"number {before.number} is not followed by the next"
                return replace(sound, broken=broken)
            first = sound.first if sound.entries else entry.at
            sound = ChainReport(sound.entries + 1, first=first, last=entry.at)
            before = ChainHead(entry.number, _hash(sealed))
            passed = passed or before == head
        return (
            sound
            if passed
            else replace(sound, broken=f"nothing leads to the newest, {head.number}")
        )

    async def newest(self, workspace: Workspace, most: int) -> AsyncIterator[AuditEntry | None]:
        """Yield at most so many entries, the newest first; None for one that does not open."""
        key, _ = self.keys(workspace)
        end, left = "+", most
        while left > 0:
            async with translate_errors():
                rows = await self._redis.xrevrange(key, max=end, count=min(left, PAGE))
            for identity, fields in rows or []:
                yield self._opened(key, in_bytes((fields or {}).get(b"e", b"")))
                end = f"({in_text(identity or b'')}"
            left = left - len(rows) if rows else 0

    async def oldest(self, workspace: Workspace) -> AsyncIterator[AuditEntry | None]:
        """Yield every entry, the oldest first; None for one that does not open."""
        key, _ = self.keys(workspace)
        async for sealed in self._sealed(key):
            yield self._opened(key, sealed)

    def _opened(self, key: str, sealed: bytes) -> AuditEntry | None:
        try:
            return self._open(key, sealed)
        except SealBroken:
            return None

    async def _sealed(self, key: str) -> AsyncIterator[bytes]:
        start = "-"
        while True:
            async with translate_errors():
                rows = await self._redis.xrange(key, min=start, count=PAGE)
            for identity, fields in rows or []:
                yield in_bytes((fields or {}).get(b"e", b""))
                start = f"({in_text(identity or b'')}"
            if not rows:
                return

    def _open(self, key: str, sealed: bytes | str) -> AuditEntry:
        return self._records.open(AuditEntry, sealed, key=key, purpose=PURPOSE)


def _hash(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()
