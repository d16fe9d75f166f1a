"""Records that change by compare-and-set: requests for approval, returns, subscriptions, notices.

One hash for each, like an operation's: v (version), b (sealed body), and what ``drawings`` keeps
of its card. With each version go, in the same script: its audit entry, when it is due, that its
card is to be drawn, whether it is open, and the pointer that lets one thing have one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from redis.asyncio import Redis

from bot.core.names import OperationId, Workspace
from bot.gateways.store.audit import CHAIN, Audit, AuditEntry, ChainLink, Said
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

Kind = Literal["approval", "return", "subscription", "notice"]

# KEYS: 1 record, 2 due, 3 open ones, 4 pointer, 5 audit, 6 audit head.
# ARGV: 1 id, 2 kind, 3 version before or '', 4 version after, 5 body, 6 due or '', 7 when to draw
#       or '', 8 lifetime, 9 score among the open ones or '', 10 'free', 'take', 'leave' or '',
#       11 'audited' or '', 12… audit link. Where there is no pointer KEYS[4] is the record.
_WRITE = (
    CHAIN
    + """
local version = redis.call('HGET', KEYS[1], 'v') or ''
if version ~= ARGV[3] then
  -- A redis-py retry of the very same write finds its own body: it has won.
  if version == ARGV[4] and redis.call('HGET', KEYS[1], 'b') == ARGV[5] then return {'won'} end
  return {'lost', ''}
end
local holder = KEYS[4] ~= KEYS[1] and redis.call('GET', KEYS[4])
if ARGV[10] == 'free' and holder and holder ~= ARGV[1] then return {'held', holder} end
if ARGV[11] == 'audited' then
  local other = moved(KEYS[6], ARGV[12], ARGV[13])
  if other then return other end
  link(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16], ARGV[17])
end
redis.call('HSET', KEYS[1], 'v', ARGV[4], 'b', ARGV[5])
-- What is open is never forgotten: a return may be set for next year.
if ARGV[9] == '' then
  redis.call('EXPIRE', KEYS[1], ARGV[8])
else
  redis.call('PERSIST', KEYS[1])
end
local member = ARGV[2] .. ':' .. ARGV[1]
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[2], member)
else
  redis.call('ZADD', KEYS[2], ARGV[6], member)
end
if ARGV[7] ~= '' then redis.call('ZADD', KEYS[2], ARGV[7], 'draw:' .. member) end
-- The card of the operation that set it tells what becomes of a return.
if ARGV[2] == 'return' and ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[2], 0, 'draw:operation:' .. ARGV[1])
end
if ARGV[9] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], ARGV[9], ARGV[1])
end
if ARGV[10] == 'leave' then
  if holder == ARGV[1] then redis.call('DEL', KEYS[4]) end
elseif ARGV[10] ~= '' and (ARGV[10] == 'free' or ARGV[3] == '') then
  redis.call('SET', KEYS[4], ARGV[1])
end
return {'won', holder or ''}
"""
)


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
    """``free``: written only while nobody else holds it; ``take``: the newest one has it.

    ``leave``: it is given up, where it is this one's.
    """

    how: Literal["free", "take", "leave"]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema(Generic[Value]):
    """What a kind of record says of itself. ``drawn_at``: when to draw it, None: not at all."""

    kind: Kind
    type: type[Value]
    due: Callable[[Value], float | None]
    render_at: Callable[[Value], float | None]
    open_at: Callable[[Value], float | None]
    unique_key: Callable[[Value], UniqueKey | None]
    entry: Callable[[Value], AuditEntry] | None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """won: it is stored (``holder`` had the pointer before); lost: it was moved meanwhile;
    held: ``holder`` has the pointer.
    """

    result: Literal["won", "lost", "held"]
    holder: OperationId | None = None


class VersionedRecords(Generic[Value]):
    """All of it raises StoreUnreachable."""

    def __init__(
        self, redis: Redis, codec: SealedCodec, audit: Audit, days: int, shelf: Schema[Value]
    ) -> None:
        self._redis = redis
        self._records = codec
        self._audit = audit
        self._kept = days * 86_400
        self._shelf = shelf
        self._write = redis.register_script(_WRITE)

    async def put(self, value: Value) -> WriteResult:
        """Keep a new one."""
        return await self._written("", value)

    async def change(self, before: Value, after: Value) -> WriteResult:
        """Store the next version, unless somebody else has moved it."""
        return await self._written(str(before.version), after)

    async def read(self, workspace: Workspace, identity: str) -> Value | None:
        """Raises SealBroken too."""
        key = key_of(workspace, self._shelf.kind, identity)
        async with translate_errors():
            sealed = await self._redis.hget(key, "b")
        if sealed is None:
            return None
        return self._records.open(self._shelf.type, sealed, key=key, purpose=self._shelf.kind)

    async def open(self, workspace: Workspace) -> list[Value]:
        """Return those that are open, by their score."""
        key = key_of(workspace, "open", self._shelf.kind)
        async with translate_errors():
            names = await self._redis.zrange(key, 0, -1)
        found = [await self.read(workspace, name) for name in map(_name, names)]
        return [value for value in found if value is not None]

    async def holder(self, workspace: Workspace, *parts: str) -> OperationId | None:
        """Return which one has the pointer."""
        async with translate_errors():
            holder = await self._redis.get(self._pointer_key(workspace, parts))
        return OperationId(in_text(holder)) if holder else None

    async def reschedule(self, value: Value, until: float) -> None:
        """Look at it again then, and not before."""
        member = f"{self._shelf.kind}:{value.id}"
        async with translate_errors():
            await self._redis.zadd(key_of(value.workspace, "due"), {member: until})

    async def sync_due(self, workspace: Workspace, identity: str) -> None:
        """Bring what is due in line with the record: nobody is to look at what is not there."""
        value = await self.read(workspace, identity)
        due = self._shelf.due(value) if value is not None else None
        member, key = f"{self._shelf.kind}:{identity}", key_of(workspace, "due")
        async with translate_errors():
            if due is None:
                await self._redis.zrem(key, member)
            else:
                await self._redis.zadd(key, {member: due})

    async def _written(self, before: str, value: Value) -> WriteResult:
        shelf, workspace = self._shelf, value.workspace
        key = key_of(workspace, shelf.kind, value.id)
        sealed = self._records.seal(value, key=key, purpose=shelf.kind)
        pointer = shelf.unique_key(value)
        place = key if pointer is None else self._pointer_key(workspace, pointer.parts)
        keys = [
            *(key, key_of(workspace, "due"), key_of(workspace, "open", shelf.kind), place),
            *self._audit.keys(workspace),
        ]
        arguments: list[Any] = [
            *(value.id, shelf.kind, before, value.version, sealed),
            *(_or_empty(shelf.due(value)), _or_empty(shelf.render_at(value)), self._kept),
            *(_or_empty(shelf.open_at(value)), pointer.how if pointer else ""),
        ]

        async def plain() -> Said:
            said: Said = await self._write(keys=keys, args=[*arguments, ""])
            return said

        async def write(link: ChainLink) -> Said:
            args = [*arguments, "audited", *link.arguments()]
            said: Said = await self._write(keys=keys, args=args)
            if in_text(said[0]) == "won":
                self._audit.linked(workspace, link)
            return said

        async with translate_errors():
            if shelf.entry is None:
                how, *holder = await plain()
            else:
                how, *holder = await self._audit.chained(workspace, shelf.entry(value), write)
        name = in_text(holder[0]) if holder else ""
        return WriteResult(in_text(how), OperationId(name) if name else None)  # type: ignore[arg-type]

    def _pointer_key(self, workspace: Workspace, parts: tuple[str, ...]) -> str:
        return key_of(workspace, "pointer", self._shelf.kind, *parts)


def _name(row: Any) -> str:
    return in_text(row)


def _or_empty(number: float | None) -> float | str:
    return "" if number is None else number
