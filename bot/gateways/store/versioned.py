"""Records that change by compare-and-set: approvals, auto-enables, subscriptions, notifications.

Each is a hash, like an operation's: v (version), b (sealed body), and the fields in which
``card_outbox`` stores its card. The script that writes a version also writes its audit entry, when
it is due, that its card is to be rendered, whether it is open, and its unique key.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from redis.asyncio import Redis

from bot.core.errors import RetriesExhausted
from bot.core.names import OperationId, Workspace
from bot.gateways.store.audit import Audit, AuditEntry, ChainLink, Reply
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.id_index import MOST_FOUND, id_index_key, ids_starting_with
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

Kind = Literal["approval", "auto-enable", "subscription", "notification", "operation-set"]
ATTEMPTS = 50  # that many writers in a row were faster: something is wrong


class Versioned(Protocol):
    @property
    def id(self) -> OperationId: ...
    @property
    def workspace(self) -> Workspace: ...
    @property
    def version(self) -> int: ...


Value = TypeVar("Value", bound=Versioned)


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A key that one record of its kind has at a time, the store's form of a unique constraint.

    claim: the write needs it, and fails while another record has it; take: a new record takes it
    over; release: it is given up, where this record has it.
    """

    mode: Literal["claim", "take", "release"]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema(Generic[Value]):
    """How a kind of record is stored.

    ``due``: when it is to be looked at; ``render_at``: when its card is to be rendered;
    ``open_at``: its score among the open records. None: not at all. ``entry``: the audit entry of
    a version.
    """

    kind: Kind
    type: type[Value]
    due: Callable[[Value], float | None]
    render_at: Callable[[Value], float | None]
    open_at: Callable[[Value], float | None]
    unique_key: Callable[[Value], UniqueKey | None]
    entry: Callable[[Value], AuditEntry] | None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """won: it is stored (``holder`` had the unique key before); lost: another version is stored;
    held: ``holder`` has the unique key.
    """

    result: Literal["won", "lost", "held"]
    holder: OperationId | None = None


class VersionedRecords(Generic[Value]):
    """The records of one kind. Every method may raise StoreUnreachable."""

    def __init__(
        self, redis: Redis, codec: SealedCodec, audit: Audit, days: int, schema: Schema[Value]
    ) -> None:
        self._redis = redis
        self._codec = codec
        self._audit = audit
        self._lifetime = days * 86_400
        self._schema = schema
        self._script = redis.register_script(load_script("write_record"))
        self._set_due_script = redis.register_script(load_script("set_due"))

    async def put(self, value: Value) -> WriteResult:
        """Store a new record."""
        return await self._write("", value)

    async def update(
        self,
        workspace: Workspace,
        identity: str,
        change: Callable[[Value], Value | Awaitable[Value | None] | None],
    ) -> Value | None:
        """Change a record by compare-and-set; return it as it is then, None where there is none.

        ``change`` is given the stored value and returns the next version, or None to leave it as it
        is. It is called again when another writer was faster. What it raises is passed on. Raises
        SealBroken, and RetriesExhausted after ``ATTEMPTS``.
        """
        for _ in range(ATTEMPTS):
            before = await self.read(workspace, identity)
            if before is None:
                return None
            changed = change(before)
            after = await changed if inspect.isawaitable(changed) else changed
            if after is None or after is before:
                return before
            if (await self._write(str(before.version), after)).result == "won":
                return after
        raise RetriesExhausted

    async def read(self, workspace: Workspace, identity: str) -> Value | None:
        """Return the record. Raises SealBroken."""
        key = key_of(workspace, self._schema.kind, identity)
        async with translate_errors():
            sealed = await self._redis.hget(key, "b")
        if sealed is None:
            return None
        return self._codec.open(self._schema.type, sealed, key=key, purpose=self._schema.kind)

    async def open(self, workspace: Workspace) -> list[Value]:
        """Return the open records, by their score. Raises SealBroken."""
        found = [await self.read(workspace, one) for one in await self._open_ids(workspace)]
        return [value for value in found if value is not None]

    async def starting_with(self, workspace: Workspace, beginning: str) -> list[Value]:
        """Return the records whose ids begin so, at least six digits. Raises SealBroken."""
        known = await ids_starting_with(self._redis, workspace, beginning)
        known |= {one for one in await self._open_ids(workspace) if one.startswith(beginning)}
        found = [await self.read(workspace, one) for one in sorted(known)[:MOST_FOUND]]
        return [value for value in found if value is not None]

    async def _open_ids(self, workspace: Workspace) -> list[str]:
        async with translate_errors():
            rows: list[Any] = await self._redis.zrange(
                key_of(workspace, "open", self._schema.kind), 0, -1
            )
        return [in_text(row) for row in rows]

    async def holder(self, workspace: Workspace, *parts: str) -> OperationId | None:
        """Return which record has the unique key."""
        async with translate_errors():
            holder = await self._redis.get(self._unique_key(workspace, parts))
        return OperationId(in_text(holder)) if holder else None

    async def reschedule(self, value: Value, until: float) -> None:
        """Make it due at that time (unix seconds), and not before, if this is its version."""
        await self._set_due(value.workspace, value.id, value.version, until)

    async def sync_due(self, workspace: Workspace, identity: str) -> None:
        """Make it due when its stored version says, or not at all where there is no such record."""
        value = await self.read(workspace, identity)
        due = self._schema.due(value) if value is not None else None
        await self._set_due(workspace, identity, value.version if value else "", due)

    async def _set_due(
        self, workspace: Workspace, identity: str, version: int | str, due: float | None
    ) -> None:
        kind = self._schema.kind
        keys = [key_of(workspace, kind, identity), key_of(workspace, "due")]
        args: list[Any] = [f"{kind}:{identity}", version, _or_empty(due)]
        async with translate_errors():
            await self._set_due_script(keys=keys, args=args)

    async def _write(self, before: str, value: Value) -> WriteResult:
        schema, workspace = self._schema, value.workspace
        key = key_of(workspace, schema.kind, value.id)
        sealed = self._codec.seal(value, key=key, purpose=schema.kind)
        unique = schema.unique_key(value)
        keys = [
            *(key, key_of(workspace, "due"), key_of(workspace, "open", schema.kind)),
            key if unique is None else self._unique_key(workspace, unique.parts),
            *self._audit.keys(workspace),
            id_index_key(workspace, value.id),
        ]
        arguments: list[Any] = [
            *(value.id, schema.kind, before, value.version, sealed),
            *(_or_empty(schema.due(value)), _or_empty(schema.render_at(value)), self._lifetime),
            *(_or_empty(schema.open_at(value)), unique.mode if unique else ""),
        ]

        async def write(link: ChainLink) -> Reply:
            args = [*arguments, "audited", *link.arguments()]
            reply: Reply = await self._script(keys=keys, args=args)
            if in_text(reply[0]) == "won":
                self._audit.linked(workspace, link)
            return reply

        if schema.entry is None:
            async with translate_errors():
                result, *holder = await self._script(keys=keys, args=[*arguments, ""])
        else:
            result, *holder = await self._audit.chained(workspace, schema.entry(value), write)
        name = in_text(holder[0]) if holder else ""
        return WriteResult(in_text(result), OperationId(name) if name else None)  # type: ignore[arg-type]

    def _unique_key(self, workspace: Workspace, parts: tuple[str, ...]) -> str:
        return key_of(workspace, "unique", self._schema.kind, *parts)


def _or_empty(number: float | None) -> float | str:
    return "" if number is None else number
