"""Operations: the record changes only by compare-and-set, its audit entry in the same step."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import Redis

from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.core.operations.transitions import due
from bot.core.timers import LastSeen
from bot.gateways.store.audit import Audit, AuditEntry, ChainLink, Said
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.operation_scripts import BEGIN, CHANGE, HEARD
from bot.gateways.store.option_lists import MOST_CHANGED, changed_key
from bot.gateways.store.sealed import SealedCodec, in_text, key_of
from bot.gateways.store.timers import SEEN, SEEN_SECONDS, timer_key

PURPOSE = "operation"
RECENT_SECONDS = 60
RENDER_AFTER = 3.0  # whoever changed it paints it at once; this is for when they did not


@dataclass(frozen=True, slots=True)
class StartResult:
    """What became of it, and which operation that is about.

    new; kept: this very operation exists; again: the same wish, moments ago; busy: another one
    holds the timer; undone: somebody undid it already; off: an admin has switched changes off.
    """

    result: Literal["new", "kept", "again", "busy", "undone", "off"]
    operation: OperationId


# won: it is stored; lost: somebody else has moved it meanwhile; off: no permits are given.
Changed = Literal["won", "lost", "off"]


class Operations:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec, audit: Audit, days: int) -> None:
        self._redis = redis
        self._records = codec
        self._audit = audit
        self._kept = days * 86_400
        self._held = self._kept  # a lock ends by state, or at last with the record that holds it
        self._begin = redis.register_script(BEGIN)
        self._change = redis.register_script(CHANGE)
        self._heard = redis.register_script(HEARD)

    async def start(self, operation: Operation) -> StartResult:
        """Keep a new operation and give it its timer's lock, or say why not."""
        at = operation.changed_at
        arguments = [
            *(operation.id, operation.version, self._sealed(operation)),
            *(due(operation), at + RENDER_AFTER),
            *(self._kept, self._held, RECENT_SECONDS),
        ]
        what = operation.state.value
        how, found = await self._written(operation, self._begin, arguments, what)
        return StartResult(in_text(how), OperationId(in_text(found)))  # type: ignore[arg-type]

    async def change(self, before: Operation, after: Operation) -> Changed:
        """Store the next version, unless somebody else has moved it or it may not be sent."""
        ending = after.state.ended and not before.state.ended
        permit = after.state is State.SENDING
        following = due(after)
        arguments = [
            *(after.id, before.version, after.version, self._sealed(after)),
            *("" if following is None else following, after.changed_at + RENDER_AFTER),
            self._held,
            "permit" if permit else "ended" if ending else "late" if after.late_finding else "",
            "effective" if after.state in {State.APPLIED, State.ALREADY} else "",
            *(self._last_seen(after), SEEN_SECONDS, self._kept),
        ]
        what = "late" if before.state.ended else after.state.value
        said = await self._written(after, self._change, arguments, what)
        return in_text(said[0])  # type: ignore[return-value]

    async def _written(
        self,
        operation: Operation,
        script: Callable[..., Awaitable[Said]],
        arguments: list[Any],
        what: str,
    ) -> Said:
        workspace = operation.workspace
        keys = [*_keys(operation), *self._audit.keys(workspace)]

        async def write(link: ChainLink) -> Said:
            said = await script(keys=keys, args=[*arguments, *link.arguments()])
            if in_text(said[0]) in {"new", "won"}:
                self._audit.linked(workspace, link)
            return said

        async with translate_errors():
            return await self._audit.chained(workspace, _entry(operation, what), write)

    async def read(self, workspace: Workspace, operation: OperationId) -> Operation | None:
        """Raises SealBroken too."""
        key = key_of(workspace, "operation", operation)
        async with translate_errors():
            sealed = await self._redis.hget(key, "b")
        if sealed is None:
            return None
        return self._records.open(Operation, sealed, key=key, purpose=PURPOSE)

    async def ended_handled(self, operation: Operation) -> None:
        """What follows from its end was seen to, as far as this version tells of it.

        Lists behind selects that are older than its end show a state that is no more.
        """
        changed = changed_key(operation.workspace)
        keys = [_keys(operation)[0], key_of(operation.workspace, "due")]
        async with translate_errors():
            await self._redis.zadd(changed, {operation.itwin.id: operation.changed_at}, gt=True)
            await self._redis.zremrangebyrank(changed, 0, -MOST_CHANGED - 1)
            await self._heard(keys=keys, args=[operation.id, operation.version])

    async def clear_ended(self, workspace: Workspace, operation: OperationId) -> None:
        """There is no such operation any more, so nothing follows from it."""
        async with translate_errors():
            await self._redis.zrem(key_of(workspace, "due"), f"news:{operation}")

    async def undone(self, workspace: Workspace, operation: OperationId) -> bool:
        async with translate_errors():
            return bool(await self._redis.exists(key_of(workspace, "undone", operation)))

    async def is_last_word(self, operation: Operation) -> bool:
        """Whether no other operation on its timer has ended since, and none is under way."""
        _, lock, _, _, timer, *_ = _keys(operation)
        async with translate_errors():
            ended, holder = await self._redis.hget(timer, "ended"), await self._redis.get(lock)
        return in_text(ended or b"") == operation.id and holder is None

    async def reschedule(self, operation: Operation, until: float) -> None:
        """There is nothing to do before then; its timer stays held."""
        key = key_of(operation.workspace, "due")
        lock = _keys(operation)[1]
        async with translate_errors():
            await self._redis.zadd(key, {f"operation:{operation.id}": until})
            if not operation.state.ended:
                await self._redis.expire(lock, self._held)

    def _sealed(self, operation: Operation) -> bytes:
        key = key_of(operation.workspace, "operation", operation.id)
        return self._records.seal(operation, key=key, purpose=PURPOSE)

    def _last_seen(self, operation: Operation) -> bytes | str:
        if not operation.state.ended or operation.late_finding or operation.seen is None:
            return ""
        if operation.state is State.ALREADY:
            return ""  # whoever made it so is known already, or is not known here either
        ours = operation.state is State.APPLIED
        seen = LastSeen(
            enabled=operation.seen.enabled,
            at=operation.seen.at,
            by=operation.person if ours else None,
            operation=operation.id if ours else None,
        )
        key = timer_key(operation.workspace, operation.itwin.id, operation.timer.id)
        return self._records.seal(seen, key=key, purpose=SEEN)


def _lasting(operation: Operation) -> str:
    """Tell one "until" from another, to the minute: "3 days" begin when they are typed."""
    if operation.until is None:
        return ""
    at = operation.until.at
    return "for good" if at is None else str(round(at / 60))


def _keys(operation: Operation) -> list[str]:
    """Return the first seven keys. The sixth is the operation's own where it undoes none."""
    place = (operation.itwin.id, operation.timer.id)
    what = (operation.verb, *place, operation.undoes or "", _lasting(operation))
    wish = "\0".join((operation.person, *what))
    workspace = operation.workspace
    own = key_of(workspace, "operation", operation.id)
    return [
        own,
        key_of(workspace, "lock", *place),
        key_of(workspace, "due"),
        key_of(workspace, "recent", hashlib.sha256(wish.encode()).hexdigest()),
        timer_key(workspace, *place),
        key_of(workspace, "undone", operation.undoes) if operation.undoes else own,
        key_of(workspace, "writes"),
    ]


def _entry(operation: Operation, what: str) -> AuditEntry:
    facts = {
        "operation": operation.id,
        "version": str(operation.version),
        "verb": operation.verb,
        "wanted": "enabled" if operation.wanted else "disabled",
        "acting_as": operation.acting.label,
        "subject": operation.acting.subject,
        "itwin": operation.itwin.id,
        "timer": operation.timer.id,
        "timer_name": operation.timer.name,
        "because": operation.reason,
    }
    if operation.seen:
        facts["seen"] = "enabled" if operation.seen.enabled else "disabled"
    if operation.failure:
        facts["trouble"] = f"{operation.failure.kind} {operation.failure.code}".strip()
    if operation.until:
        facts["until"] = "" if operation.until.at is None else str(operation.until.at)
    if operation.approved:
        facts["approved_by"] = " ".join(operation.approved.by)
        facts["digest"] = operation.approved.digest
    if operation.on_behalf_of:
        facts["on_behalf_of"] = operation.on_behalf_of
    if operation.undoes or operation.auto_enables:
        facts["root"] = operation.root
    if operation.emergency:
        facts["emergency"] = "yes"
    if operation.late_finding:
        facts["late"] = f"{operation.late_finding.how} {operation.late_finding.enabled}"
    at = (
        operation.late_finding.at
        if operation.late_finding
        else operation.changed_at or operation.asked_at
    )
    return AuditEntry(at, f"operation.{what}", operation.person, facts)
