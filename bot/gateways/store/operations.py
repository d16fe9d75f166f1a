"""Operations: records that change by compare-and-set, in one step with their audit entries."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import Redis

from bot.core.names import ChannelId, DeliveryId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Operation, State
from bot.core.operations.transitions import due
from bot.core.timers import LastSeen
from bot.gateways.store.audit import Audit, AuditEntry, ChainLink, Reply
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.id_index import MOST_FOUND, id_index_key, ids_starting_with
from bot.gateways.store.option_lists import MOST_CHANGED, changed_key
from bot.gateways.store.recent import Recent
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_text, key_of
from bot.gateways.store.timers import LAST_SEEN, TIMER_SECONDS, timer_key

PURPOSE = "operation"
DEDUPE_SECONDS = 60
MOST_CHANGES = 50  # of one person in one channel that are listed
RENDER_AFTER = 3.0  # the process that changes it renders its card at once; this is the fallback


@dataclass(frozen=True, slots=True)
class StartResult:
    """What became of a start, and which operation that is about.

    started; exists: this very operation was started before; answered: its delivery was answered
    meanwhile, without it; duplicate: the same change was started moments ago; busy: another
    operation holds the timer; undone: somebody has undone it already; stopped: an admin has stopped
    all changes.
    """

    result: Literal["started", "exists", "answered", "duplicate", "busy", "undone", "stopped"]
    operation: OperationId


# won: it is stored; lost: another writer was faster; stopped: no permits are given; failed_over:
# since the lock was taken a replica was promoted, which may have forgotten an earlier permit.
Changed = Literal["won", "lost", "stopped", "failed_over"]


class Operations:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec, audit: Audit, days: int) -> None:
        self._redis = redis
        self._codec = codec
        self._audit = audit
        self._lifetime = days * 86_400
        # A lock ends by state, at the latest with the record that holds it; never by a short time.
        self._lock_lifetime = self._lifetime
        self._start = redis.register_script(load_script("start_operation"))
        self._change = redis.register_script(load_script("change_operation"))
        self._clear_ended = redis.register_script(load_script("clear_ended"))
        self._set_due = redis.register_script(load_script("set_due"))
        self._restore = redis.register_script(load_script("restore_operation"))
        self._recent: Recent[tuple[Workspace, OperationId], Operation] = Recent()

    async def start(self, operation: Operation, delivery: DeliveryId | None = None) -> StartResult:
        """Store a new operation and give it its timer's lock, or say why not.

        ``delivery`` is the one that is being answered, if there is one.
        """
        at = operation.changed_at
        arguments = [
            *(operation.id, operation.version, self._sealed(operation)),
            *(due(operation), at + RENDER_AFTER),
            *(self._lifetime, self._lock_lifetime, DEDUPE_SECONDS),
            *(operation.asked_at, MOST_CHANGES),
        ]
        origin = ("delivery", delivery) if delivery else ("operation", operation.id)
        event, key = operation.state.value, key_of(operation.workspace, *origin)
        more_keys = (key, *_index_keys(operation))
        result, found = await self._written(operation, self._start, arguments, event, *more_keys)
        return StartResult(in_text(result), OperationId(in_text(found)))  # type: ignore[arg-type]

    async def change(self, before: Operation, after: Operation) -> Changed:
        """Store the next version, unless another writer was faster or it may not be sent."""
        ending = after.state.ended and not before.state.ended
        permit = after.state is State.SENDING
        due_at = due(after)
        arguments = [
            *(after.id, before.version, after.version, self._sealed(after)),
            *("" if due_at is None else due_at, after.changed_at + RENDER_AFTER),
            self._lock_lifetime,
            "permit" if permit else "ended" if ending else "late" if after.late_finding else "",
            "effective" if after.state in {State.APPLIED, State.ALREADY} else "",
            *(self._last_seen(after), TIMER_SECONDS, self._lifetime),
        ]
        event = "late" if before.state.ended else after.state.value
        reply = await self._written(after, self._change, arguments, event)
        return in_text(reply[0])  # type: ignore[return-value]

    async def _written(
        self,
        operation: Operation,
        script: Callable[..., Awaitable[Reply]],
        arguments: list[Any],
        event: str,
        *more_keys: str,
    ) -> Reply:
        workspace = operation.workspace
        keys = [*_keys(operation), *self._audit.keys(workspace), *more_keys]

        async def write(link: ChainLink) -> Reply:
            reply = await script(keys=keys, args=[*arguments, *link.arguments()])
            if in_text(reply[0]) in {"started", "won"}:
                self._audit.linked(workspace, link)
                self._recent.note((workspace, operation.id), operation)
            return reply

        return await self._audit.chained(workspace, _entry(operation, event), write)

    async def read(self, workspace: Workspace, operation: OperationId) -> Operation | None:
        """Return the operation. Raises SealBroken."""
        key = key_of(workspace, "operation", operation)
        async with translate_errors():
            sealed = await self._redis.hget(key, "b")
        if sealed is None:
            return None
        return self._codec.open(Operation, sealed, key=key, purpose=PURPOSE)

    async def exists(self, workspace: Workspace, operation: OperationId) -> bool:
        async with translate_errors():
            return bool(await self._redis.hexists(key_of(workspace, "operation", operation), "v"))

    async def forgotten(self) -> list[Operation]:
        """Return what this process wrote lately and the store has not, or in an older version.

        There is some after a failover only.
        """
        written = list(self._recent.values())
        async with translate_errors():
            stored = [await self._redis.hget(_keys(one)[0], "v") for one in written]
        return [
            one
            for one, version in zip(written, stored, strict=True)
            if version is None or int(version) < one.version
        ]

    async def restore(
        self, operation: Operation, message: str, now: float
    ) -> Literal["restored", "known", "busy"]:
        """Write a forgotten operation as it was; ``message`` is the ts of its card, or empty.

        known: it is stored by now; busy: another operation holds its timer. What has not been sent
        will not be: its permit may have been forgotten too.
        """
        own, lock, due_key, _, timer, *_ = _keys(operation)
        workspace, due_at = operation.workspace, due(operation)
        arguments = [
            *(operation.id, operation.version, self._sealed(operation)),
            *("" if due_at is None else due_at, now, self._lifetime),
            "" if operation.state.ended else self._lock_lifetime,
            *(message, operation.asked_at, MOST_CHANGES),
        ]
        indexes = _index_keys(operation)
        keys = [own, lock, due_key, *self._audit.keys(workspace), timer, *indexes]

        async def write(link: ChainLink) -> Reply:
            reply: Reply = await self._restore(keys=keys, args=[*arguments, *link.arguments()])
            if in_text(reply[0]) == "restored":
                self._audit.linked(workspace, link)
            return reply

        reply = await self._audit.chained(workspace, _entry(operation, "restored"), write)
        return in_text(reply[0])  # type: ignore[return-value]

    async def ended_handled(self, operation: Operation) -> None:
        """Mark what follows from this version's end as done.

        The iTwin is noted as changed: option lists that are older show a state that has passed.
        """
        changed = changed_key(operation.workspace)
        keys = [_keys(operation)[0], key_of(operation.workspace, "due")]
        async with translate_errors():
            await self._redis.zadd(changed, {operation.itwin.id: operation.changed_at}, gt=True)
            await self._redis.zremrangebyrank(changed, 0, -MOST_CHANGED - 1)
            await self._clear_ended(keys=keys, args=[operation.id, operation.version])

    async def clear_ended(self, workspace: Workspace, operation: OperationId) -> None:
        """Mark it as handled that this operation ended: there is no such operation any more."""
        async with translate_errors():
            await self._redis.zrem(key_of(workspace, "due"), f"ended:{operation}")

    async def schedule_superseding(self, operation: Operation, at: float) -> None:
        """Have older cards of its timer looked at then (unix seconds)."""
        async with translate_errors():
            due_key = key_of(operation.workspace, "due")
            await self._redis.zadd(due_key, {f"superseding:{operation.id}": at})

    async def clear_superseding(self, workspace: Workspace, operation: OperationId) -> None:
        async with translate_errors():
            await self._redis.zrem(key_of(workspace, "due"), f"superseding:{operation}")

    async def older(self, workspace: Workspace, operation: OperationId) -> OperationId | None:
        """Return the operation that ended on the same timer before this one, if it is known."""
        async with translate_errors():
            found = await self._redis.hget(key_of(workspace, "operation", operation), "older")
        return OperationId(in_text(found)) if found else None

    async def supersede(self, operation: Operation, by: OperationId, now: float) -> bool:
        """Note that its card is no longer current, and have it drawn; False where it was before."""
        own, _, due_key, *_ = _keys(operation)
        async with translate_errors():
            if not await self._redis.hsetnx(own, "superseded", by):
                return False
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hdel(own, "rendered")
                pipeline.zadd(due_key, {f"card:operation:{operation.id}": now})
                await pipeline.execute()
        return True

    async def is_superseded(self, workspace: Workspace, operation: OperationId) -> bool:
        """Whether its timer was switched again since, so that its card is no longer current."""
        async with translate_errors():
            return bool(
                await self._redis.hexists(key_of(workspace, "operation", operation), "superseded")
            )

    async def undone_by(self, workspace: Workspace, operation: str) -> OperationId | None:
        """Return the operation that has undone this one, or None."""
        async with translate_errors():
            found = await self._redis.get(key_of(workspace, "undone", operation))
        return OperationId(in_text(found)) if found else None

    async def starting_with(self, workspace: Workspace, beginning: str) -> list[Operation]:
        """Return those whose ids begin so, with at least six digits. Raises SealBroken."""
        known = sorted(await ids_starting_with(self._redis, workspace, beginning))[:MOST_FOUND]
        found = [await self.read(workspace, OperationId(one)) for one in known]
        return [operation for operation in found if operation is not None]

    async def changes(
        self, workspace: Workspace, person: PersonId, channel: ChannelId
    ) -> AsyncIterator[Operation]:
        """Yield what a person asked for in a channel, the newest first. Raises SealBroken."""
        async with translate_errors():
            newest: list[Any] = await self._redis.zrevrange(
                _changes_key(workspace, person, channel), 0, -1
            )
        for identity in newest:
            operation = await self.read(workspace, OperationId(in_text(identity)))
            if operation is not None:
                yield operation

    async def is_last_word(self, operation: Operation) -> bool:
        """Whether no other operation on its timer has ended since, and none is in progress."""
        _, lock, _, _, timer, *_ = _keys(operation)
        async with translate_errors():
            ended, holder = await self._redis.hget(timer, "ended"), await self._redis.get(lock)
        return in_text(ended or b"") == operation.id and holder is None

    async def reschedule(self, operation: Operation, until: float | None) -> None:
        """Make it due at that time (unix seconds), if this is its version; it keeps its lock.

        None: not at all.
        """
        own, lock, due_key, *_ = _keys(operation)
        keys = [own, due_key, *([] if operation.state.ended else [lock])]
        arguments: list[str | int | float]
        arguments = [f"operation:{operation.id}", operation.version, "" if until is None else until]
        async with translate_errors():
            await self._set_due(keys=keys, args=[*arguments, operation.id, self._lock_lifetime])

    async def clear_due(self, workspace: Workspace, operation: OperationId) -> None:
        """Have it not due any more, if there is no such operation."""
        keys = [key_of(workspace, "operation", operation), key_of(workspace, "due")]
        arguments: list[str | int] = [f"operation:{operation}", "", "", operation, 0]
        async with translate_errors():
            await self._set_due(keys=keys, args=arguments)

    def _sealed(self, operation: Operation) -> bytes:
        key = key_of(operation.workspace, "operation", operation.id)
        return self._codec.seal(operation, key=key, purpose=PURPOSE)

    def _last_seen(self, operation: Operation) -> bytes | str:
        if not operation.state.ended or operation.late_finding or operation.seen is None:
            return ""
        if operation.state is State.ALREADY:
            return ""  # who made it so is stored already, or is not known here either
        ours = operation.state is State.APPLIED
        seen = LastSeen(
            enabled=operation.seen.enabled,
            at=operation.seen.at,
            by=operation.person if ours else None,
            operation=operation.id if ours else None,
        )
        key = timer_key(operation.workspace, operation.itwin.id, operation.timer.id)
        return self._codec.seal(seen, key=key, purpose=LAST_SEEN)


def _until(operation: Operation) -> str:
    """Identify an "until", to the minute: "3 days" count from when they are typed."""
    if operation.until is None:
        return ""
    at = operation.until.at
    return "for good" if at is None else str(round(at / 60))


def _keys(operation: Operation) -> list[str]:
    """Return the first seven keys; the sixth is the record's where nothing is undone."""
    place = (operation.itwin.id, operation.timer.id)
    change = (operation.verb, *place, operation.undoes or "", _until(operation))
    dedupe = hashlib.sha256("\0".join((operation.person, *change)).encode()).hexdigest()
    workspace = operation.workspace
    own = key_of(workspace, "operation", operation.id)
    return [
        own,
        key_of(workspace, "lock", *place),
        key_of(workspace, "due"),
        key_of(workspace, "dedupe", dedupe),
        timer_key(workspace, *place),
        key_of(workspace, "undone", operation.undoes) if operation.undoes else own,
        key_of(workspace, "kill-switch"),
    ]


def _changes_key(workspace: Workspace, person: PersonId, channel: ChannelId) -> str:
    return key_of(workspace, "changes", person, channel or "-")


def _index_keys(operation: Operation) -> tuple[str, str]:
    """Return the keys of the ids that begin alike, and of what its requester changed there.

    What an auto-enable does is nobody's change; the second key is then the record's.
    """
    workspace, own = operation.workspace, key_of(operation.workspace, "operation", operation.id)
    asked = _changes_key(workspace, operation.requester, operation.origin.channel)
    return id_index_key(workspace, operation.id), own if operation.auto_enables else asked


def _entry(operation: Operation, event: str) -> AuditEntry:
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
        "reason": operation.reason,
    }
    if operation.seen:
        facts["seen"] = "enabled" if operation.seen.enabled else "disabled"
    if operation.failure:
        facts["failure"] = f"{operation.failure.kind.value} {operation.failure.code}".strip()
    if operation.until:
        facts["until"] = "" if operation.until.at is None else str(operation.until.at)
    if operation.approved:
        facts["approved_by"] = " ".join(operation.approved.by)
        facts["digest"] = operation.approved.digest
    if operation.on_behalf_of:
        facts["on_behalf_of"] = operation.on_behalf_of
    if operation.undoes or operation.auto_enables:
        facts["root"] = operation.root
    if operation.member_of:
        facts["set"] = operation.member_of
    if operation.emergency:
        facts["emergency"] = "yes"
    late = operation.late_finding
    if late:
        facts["late"] = f"{late.how} {late.enabled}"
    at = late.at if late else operation.changed_at or operation.asked_at
    return AuditEntry(at, f"operation.{event}", operation.person, facts)
