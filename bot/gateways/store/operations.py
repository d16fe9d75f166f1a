"""Operations: the record changes only by compare-and-set, its audit entry in the same step."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from bot.core.names import OperationId, Workspace
from bot.core.operations import Operation, State
from bot.core.timers import LastSeen
from bot.gateways.store.audit import Audit, Entry
from bot.gateways.store.records import Records, in_text, key_of
from bot.gateways.store.timers import SEEN, SEEN_SECONDS, timer_key

PURPOSE = "operation"
RECENT_SECONDS = 60
LOCK_SECONDS = 15 * 60

# KEYS: 1 operation, 2 lock, 3 due, 4 audit, 5 recent, 6 timer, 7 undone
# ARGV: 1 id, 2 version, 3 body, 4 due, 5 audit entry, 6 oldest audit id, 7 lifetime,
#       8 lock lifetime, 9 recent lifetime, 10 owner (of a redis-py retry)
_BEGIN = """
if redis.call('EXISTS', KEYS[1]) == 1 then return {'kept', ARGV[1]} end
local holder = redis.call('GET', KEYS[2])
local recent = redis.call('GET', KEYS[5])
if recent and (holder == recent or redis.call('HGET', KEYS[6], 'ended') == recent) then
  return {'again', recent}
end
if holder then return {'busy', holder} end
local undone = redis.call('GET', KEYS[7])
if undone then return {'undone', undone} end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'b', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[8])
redis.call('ZADD', KEYS[3], ARGV[4], 'operation:' .. ARGV[1])
redis.call('XADD', KEYS[4], 'MINID', '~', ARGV[6], '*', 'e', ARGV[5])
redis.call('SET', KEYS[5], ARGV[1], 'EX', ARGV[9])
return {'new', ARGV[1]}
"""
# KEYS as above. ARGV: 1 id, 2 version before, 3 version after, 4 body, 5 due, 6 audit entry,
#       7 oldest audit id, 8 lock lifetime, 9 'ended' or '', 10 'effective' or '', 11 last seen,
#       12 lifetime of last seen, 13 lifetime of an undo
_CHANGE = """
local version = redis.call('HGET', KEYS[1], 'v')
if version ~= ARGV[2] then
  -- A redis-py retry of the very same write finds its own body: it has won.
  if version == ARGV[3] and redis.call('HGET', KEYS[1], 'b') == ARGV[4] then return 1 end
  return 0
end
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'b', ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[5], 'operation:' .. ARGV[1])
redis.call('XADD', KEYS[4], 'MINID', '~', ARGV[7], '*', 'e', ARGV[6])
if ARGV[11] ~= '' then
  redis.call('HSET', KEYS[6], 'seen', ARGV[11])
  redis.call('EXPIRE', KEYS[6], ARGV[12])
end
if ARGV[9] == 'ended' then
  if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
  redis.call('HSET', KEYS[6], 'ended', ARGV[1])
  redis.call('EXPIRE', KEYS[6], ARGV[12])
  if ARGV[10] == 'effective' then
    if KEYS[7] ~= KEYS[1] then redis.call('SET', KEYS[7], ARGV[1], 'EX', ARGV[13]) end
  elseif redis.call('GET', KEYS[5]) == ARGV[1] then
    redis.call('DEL', KEYS[5])
  end
elseif redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('EXPIRE', KEYS[2], ARGV[8])
end
return 1
"""
# The card is drawn for the version it was made of; only the newest one ends the work.
_DRAWN = """
redis.call('HSET', KEYS[1], 'drawn', ARGV[2])
if ARGV[3] == 'ended' and redis.call('HGET', KEYS[1], 'v') == ARGV[2] then
  redis.call('ZREM', KEYS[2], 'operation:' .. ARGV[1])
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of it, and which operation that is about.

    new; kept: this very operation exists; again: the same wish, moments ago; busy: another one
    holds the timer; undone: somebody undid it already.
    """

    how: Literal["new", "kept", "again", "busy", "undone"]
    operation: OperationId


@dataclass(frozen=True, slots=True)
class Drawing:
    """What of an operation stands in Slack: the card's ts, and whether its person was told."""

    card: str = ""
    drawn: int = -1
    told: bool = False


class Operations:
    def __init__(self, redis: Redis, records: Records, audit: Audit, days: int) -> None:
        self._redis = redis
        self._records = records
        self._audit = audit
        self._kept = days * 86_400
        self._begin = redis.register_script(_BEGIN)
        self._change = redis.register_script(_CHANGE)
        self._drawn = redis.register_script(_DRAWN)

    async def begin(self, operation: Operation, due: float) -> Begun:
        """Keep a new operation and give it its timer's lock, or say why not."""
        entry = _entry(operation)
        how, found = await self._begin(
            keys=_keys(operation),
            args=[
                operation.id,
                operation.version,
                self._sealed(operation),
                due,
                self._audit.sealed(operation.workspace, entry),
                self._audit.oldest(entry.at),
                self._kept,
                LOCK_SECONDS,
                RECENT_SECONDS,
            ],
        )
        return Begun(how.decode(), OperationId(found.decode()))

    async def change(self, before: Operation, after: Operation, due: float) -> bool:
        """Store the next version; False when somebody else has moved it meanwhile."""
        entry = _entry(after)
        changed = await self._change(
            keys=_keys(after),
            args=[
                after.id,
                before.version,
                after.version,
                self._sealed(after),
                due,
                self._audit.sealed(after.workspace, entry),
                self._audit.oldest(entry.at),
                LOCK_SECONDS,
                "ended" if after.state.ended else "",
                "effective" if after.state in {State.APPLIED, State.ALREADY} else "",
                self._last_seen(after),
                SEEN_SECONDS,
                self._kept,
            ],
        )
        return bool(changed)

    async def read(self, workspace: Workspace, operation: OperationId) -> Operation | None:
        key = key_of(workspace, "operation", operation)
        sealed = await self._redis.hget(key, "b")
        if sealed is None:
            return None
        return self._records.open(Operation, sealed, key=key, purpose=PURPOSE)

    async def undone(self, workspace: Workspace, operation: OperationId) -> bool:
        return bool(await self._redis.exists(key_of(workspace, "undone", operation)))

    async def drawing(self, workspace: Workspace, operation: OperationId) -> Drawing:
        key = key_of(workspace, "operation", operation)
        card, drawn, told = await self._redis.hmget(key, ["card", "drawn", "told"])
        return Drawing(in_text(card or b""), int(drawn or -1), told is not None)

    async def carded(self, operation: Operation, ts: str) -> None:
        """Remember the message that is this operation's card."""
        await self._redis.hset(self._key(operation), "card", ts)

    async def told(self, operation: Operation) -> bool:
        """Take the one chance to tell its person; False when it was taken."""
        return bool(await self._redis.hsetnx(self._key(operation), "told", "1"))

    async def untold(self, operation: Operation) -> None:
        await self._redis.hdel(self._key(operation), "told")

    async def drawn(self, operation: Operation) -> None:
        """The card shows this version; when it is the last one, nothing is due any more."""
        due = key_of(operation.workspace, "due")
        ended = "ended" if operation.state.ended else ""
        await self._drawn(
            keys=[self._key(operation), due], args=[operation.id, operation.version, ended]
        )

    async def postpone(self, operation: Operation, due: float) -> None:
        """Look at it again then (the card could not be drawn, or there is nothing to do yet)."""
        key = key_of(operation.workspace, "due")
        await self._redis.zadd(key, {f"operation:{operation.id}": due})

    def _key(self, operation: Operation) -> str:
        return key_of(operation.workspace, "operation", operation.id)

    def _sealed(self, operation: Operation) -> bytes:
        return self._records.seal(operation, key=self._key(operation), purpose=PURPOSE)

    def _last_seen(self, operation: Operation) -> bytes | str:
        if operation.seen is None or operation.state is State.VERIFYING:
            return ""
        ours = operation.state is State.APPLIED
        seen = LastSeen(
            enabled=operation.seen.enabled,
            at=operation.seen.at,
            by=operation.person if ours else None,
            operation=operation.id if ours else None,
        )
        key = timer_key(operation.workspace, operation.itwin.id, operation.timer.id)
        return self._records.seal(seen, key=key, purpose=SEEN)


def _keys(operation: Operation) -> list[str]:
    """Return the keys of both scripts. The seventh is the operation's own where it undoes none."""
    place = (operation.itwin.id, operation.timer.id)
    wish = "\0".join((operation.person, operation.verb, *place, operation.undoes or ""))
    own = key_of(operation.workspace, "operation", operation.id)
    undone = key_of(operation.workspace, "undone", operation.undoes) if operation.undoes else own
    return [
        own,
        key_of(operation.workspace, "lock", *place),
        key_of(operation.workspace, "due"),
        key_of(operation.workspace, "audit"),
        key_of(operation.workspace, "recent", hashlib.sha256(wish.encode()).hexdigest()),
        timer_key(operation.workspace, *place),
        undone,
    ]


def _entry(operation: Operation) -> Entry:
    facts = {
        "operation": operation.id,
        "verb": operation.verb,
        "wanted": "enabled" if operation.wanted else "disabled",
        "acting_as": operation.acting.label,
        "subject": operation.acting.subject,
        "itwin": operation.itwin.id,
        "timer": operation.timer.id,
        "timer_name": operation.timer.name,
        "because": operation.because,
    }
    if operation.seen:
        facts["seen"] = "enabled" if operation.seen.enabled else "disabled"
    if operation.trouble:
        facts["trouble"] = f"{operation.trouble.kind} {operation.trouble.code}".strip()
    at = operation.changed_at or operation.asked_at
    return Entry(at, f"operation.{operation.state.value}", operation.person, facts)
