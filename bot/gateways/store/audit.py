"""The audit trail: an append-only stream of sealed entries, one for every step that was taken.

Each entry holds, sealed, its number and the SHA-256 of the sealed entry before it. So ``check``
notices when somebody who can write to the store, but has no key, changes, moves, inserts or removes
an entry. It cannot detect that the newest entries were cut off; the copy in the log shows that.

A script that appends an entry compares the head for which the entry was sealed, and replies
``moved`` where another writer was faster; the entry is then sealed for the new head.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from redis.asyncio import Redis

from bot.core.errors import SealBroken, StoreUnreachable
from bot.core.names import PersonId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_bytes, in_text, key_of

PURPOSE = "audit"
PAGE = 500
ATTEMPTS = 200  # that many writers in a row were faster: something is wrong

Reply = list[Any]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry. ``event`` is a short name ("operation.applied"); ``facts`` never hold a secret.

    ``at`` is in unix seconds, ``previous`` the SHA-256 of the sealed entry before this one.
    """

    at: float
    event: str
    person: PersonId
    facts: dict[str, str] = field(default_factory=dict)
    number: int = 0
    previous: str = ""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The number of the newest entry and the SHA-256 of its sealed bytes."""

    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An entry sealed for the head ``before``, and the head that the chain has afterwards."""

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
    """How many entries fit the chain, and what is wrong with the first one that does not.

    ``first`` and ``last`` are the times of the oldest and newest of those that fit (unix seconds).
    """

    entries: int
    broken: str = ""
    first: float = 0.0
    last: float = 0.0


class Audit:
    """The trail of each workspace. Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec, days: int) -> None:
        self._redis = redis
        self._codec = codec
        self._lifetime = days * 86_400
        self._append = redis.register_script(load_script("append_audit_entry"))
        self._heads: dict[Workspace, ChainHead] = {}

    def keys(self, workspace: Workspace) -> list[str]:
        """Return the keys of the stream and of its head."""
        return [key_of(workspace, "audit"), key_of(workspace, "audit-head")]

    async def chained(
        self,
        workspace: Workspace,
        entry: AuditEntry,
        write: Callable[[ChainLink], Awaitable[Reply]],
    ) -> Reply:
        """Have a script append this entry together with its own writes; return its reply.

        ``write`` runs the script, which replies ``moved`` and the head where that is another one.
        """
        async with translate_errors():
            for _ in range(ATTEMPTS):
                link = self._link(workspace, entry, self._heads.get(workspace, ChainHead()))
                reply = await write(link)
                if in_text(reply[0]) != "moved":
                    return reply
                self._heads[workspace] = ChainHead(int(reply[1]), in_text(reply[2]))
        raise StoreUnreachable("the audit trail is too busy")

    def linked(self, workspace: Workspace, link: ChainLink) -> None:
        """Remember that the script has appended it: the next entry is sealed for this head."""
        self._heads[workspace] = link.after

    async def append(self, workspace: Workspace, entry: AuditEntry) -> None:
        """Append an entry that belongs to no other write."""

        async def write(link: ChainLink) -> Reply:
            reply: Reply = await self._append(keys=self.keys(workspace), args=link.arguments())
            if in_text(reply[0]) == "linked":
                self.linked(workspace, link)
            return reply

        await self.chained(workspace, entry, write)

    def _link(self, workspace: Workspace, entry: AuditEntry, head: ChainHead) -> ChainLink:
        numbered = replace(entry, number=head.number + 1, previous=head.hash)
        key, _ = self.keys(workspace)
        sealed = self._codec.seal(numbered, key=key, purpose=PURPOSE)
        oldest = max(0, int((entry.at - self._lifetime) * 1_000))
        return ChainLink(head, sealed, ChainHead(numbered.number, _hash(sealed)), oldest)

    async def read(self, workspace: Workspace, count: int = 1_000) -> list[AuditEntry]:
        """Return the newest ``count`` entries, oldest first. Raises SealBroken."""
        key, _ = self.keys(workspace)
        async with translate_errors():
            rows = await self._redis.xrevrange(key, count=count)
        return [self._open(key, fields[b"e"]) for _, fields in reversed(rows or []) if fields]

    async def check(self, workspace: Workspace) -> ChainReport:
        """Follow the chain from the oldest stored entry to the head."""
        stream, head_key = self.keys(workspace)
        async with translate_errors():
            number, hash_ = await self._redis.hmget(head_key, ["n", "h"])
        head = ChainHead(int(number or 0), in_text(hash_ or b""))
        sound, before, reached_head = ChainReport(0), ChainHead(), head.number == 0
        async for sealed in self._sealed(stream):
            entry = self._opened(stream, sealed)
            if entry is None:
                return replace(sound, broken=f"what follows number {before.number} does not open")
            linked = (entry.number, entry.previous) == (before.number + 1, before.hash)
            if sound.entries and not linked:
                broken = f"number {before.number} is not followed by the next"
                return replace(sound, broken=broken)
            first = sound.first if sound.entries else entry.at
            sound = ChainReport(sound.entries + 1, first=first, last=entry.at)
            before = ChainHead(entry.number, _hash(sealed))
            reached_head = reached_head or before == head
        if reached_head:
            return sound
        return replace(sound, broken=f"nothing leads to the newest, {head.number}")

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
        return self._codec.open(AuditEntry, sealed, key=key, purpose=PURPOSE)


def _hash(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()
