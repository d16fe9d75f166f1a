"""Notifications of channels: events are grouped by change, and batched into messages.

    PendingEvent ─▶ (batch delay) ─▶ one ChangeThread in a Notification      a card
                                  └▶ up to 40 of them in one                 a digest

A ChangeThread holds all events that follow from one change of one timer. Each channel gets it once;
later events edit the message (Notification) that holds it. Events have a key, which makes adding
one idempotent. Times are unix seconds and are passed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Operation, State
from bot.core.subscriptions import Kind, named
from bot.core.timers import ITwin, Timer

MOST_SINGLE = 3  # messages with a single thread within BURST_SECONDS; more are batched
BURST_SECONDS = 10.0
BATCH_SECONDS = 2.0  # how long an event waits for others
MOST_IN_DIGEST = 40  # threads in one digest
SPACING_SECONDS = 1.2  # Slack accepts one new message a second in a channel

EventKind = Literal[
    "enabled",
    "disabled",
    "auto_enabled",
    "conflict",
    "unknown",
    "reads_enabled",
    "reads_disabled",
    "auto_enable_needs_person",
    "asked",
    "approved",
    "declined",
    "cancelled",
    "expired",
    "void",
    "emergency",
    "reviewed",
    "turned_on",
    "turned_off",
    "appeared",
    "vanished",
    "replaced",
]


@dataclass(frozen=True, slots=True)
class NotificationEvent:
    """One event in a change thread. ``by`` caused it, as far as known, for ``reason``.

    ``enabled`` is the timer's state after it (None: unknown, or not affected), ``wanted`` the
    state that was requested, ``until`` when a disabled timer is enabled again, and ``since`` the
    time of the poll before the one that found it.
    """

    key: str
    at: float
    kind: EventKind
    by: PersonId | None = None
    reason: str = ""
    enabled: bool | None = None
    wanted: bool | None = None
    until: float | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """One event that waits to be sent to a channel; ``root`` is the id of its change thread."""

    root: str
    itwin: ITwin
    timer: Timer
    event: NotificationEvent


@dataclass(frozen=True, slots=True)
class ChangeThread:
    """All events that follow from one change; ``root`` is the id of what started it."""

    root: str
    itwin: ITwin
    timer: Timer
    events: tuple[NotificationEvent, ...]

    @property
    def enabled(self) -> bool | None:
        """The timer's state after the last event that tells it; None: no event does."""
        known = [event.enabled for event in self.events if event.enabled is not None]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class StillDisabled:
    """One disabled timer in a weekly digest; ``by`` and ``reason`` as far as the bot knows."""

    timer: str
    since: float
    by: PersonId | None = None
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to a channel, due in Slack at ``draw_at``.

    A weekly digest has ``still_disabled``, and ``itwin``, instead of threads.
    """

    id: OperationId
    workspace: Workspace
    channel: ChannelId
    threads: tuple[ChangeThread, ...]
    created_at: float
    changed_at: float
    draw_at: float
    itwin: ITwin | None = None
    still_disabled: tuple[StillDisabled, ...] = ()
    version: int = 0


def change_threads(events: Iterable[PendingEvent]) -> tuple[ChangeThread, ...]:
    """Group events by root and order them by time; of events with one key the first counts."""
    found: dict[str, ChangeThread] = {}
    for one in sorted(events, key=lambda one: (one.event.at, one.event.key)):
        before = found.get(one.root, ChangeThread(one.root, one.itwin, one.timer, ()))
        found[one.root] = _with(before, one)
    return tuple(found.values())


def _with(thread: ChangeThread, one: PendingEvent) -> ChangeThread:
    if any(event.key == one.event.key for event in thread.events):
        return thread
    # Appended even if it happened earlier: what people have read keeps its order.
    return replace(thread, timer=one.timer, events=(*thread.events, one.event))


def with_events(
    notification: Notification, events: Sequence[PendingEvent], now: float
) -> Notification:
    """Add events to the threads they belong to; returns the same value if it has them already."""
    threads = []
    for thread in notification.threads:
        after = thread
        for one in events:
            after = _with(after, one) if one.root == thread.root else after
        threads.append(after)
    if tuple(threads) == notification.threads:
        return notification
    return replace(
        notification,
        threads=tuple(threads),
        changed_at=now,
        draw_at=now + BATCH_SECONDS,
        version=notification.version + 1,
    )


def batched(waiting: Sequence[ChangeThread], made: int) -> tuple[tuple[ChangeThread, ...], ...]:
    """Split threads into messages; ``made`` counts those of the last BURST_SECONDS.

    A few threads get a message each; a burst is put into digests.
    """
    if len(waiting) + made <= MOST_SINGLE:
        return tuple((thread,) for thread in waiting)
    return tuple(
        tuple(waiting[start : start + MOST_IN_DIGEST])
        for start in range(0, len(waiting), MOST_IN_DIGEST)
    )


def batch_delay(made: int) -> float:
    """Return how long an event waits for others (seconds): longer during a burst."""
    return BATCH_SECONDS if made < MOST_SINGLE else BURST_SECONDS


def notification_of(
    workspace: Workspace,
    channel: ChannelId,
    threads: tuple[ChangeThread, ...],
    now: float,
    place: int,
) -> Notification:
    """Make the message of these threads, ``place``-th of those made at once for the channel."""
    return Notification(
        id=named("notification", channel, *(thread.root for thread in threads)),
        workspace=workspace,
        channel=channel,
        threads=threads,
        created_at=now,
        changed_at=now,
        draw_at=now + place * SPACING_SECONDS,
    )


def kinds_of(operation: Operation) -> tuple[Kind, ...]:
    """Return the kinds of subscription that cover an operation."""
    return ("returns", "changes") if operation.auto_enables else ("changes",)


def events_of(operation: Operation) -> tuple[NotificationEvent, ...]:
    """Return the events of an operation that has ended; none if it changed nothing."""
    found = [event for event in (_end_of(operation), _late_event_of(operation)) if event]
    return tuple(found)


def _end_of(operation: Operation) -> NotificationEvent | None:
    kind: EventKind
    enabled: bool | None = operation.wanted
    match operation.state:
        case State.APPLIED if operation.auto_enables:
            kind = "auto_enabled"
        case State.APPLIED:
            kind = "enabled" if operation.wanted else "disabled"
        case State.CONFLICT:
            kind, enabled = "conflict", not operation.wanted
        case State.UNKNOWN:
            kind, enabled = "unknown", None
        case _:
            return None
    return NotificationEvent(
        key=f"{operation.id}:{operation.state.value}",
        at=operation.changed_at,
        kind=kind,
        by=operation.requester,
        reason=operation.reason,
        enabled=enabled,
        wanted=operation.wanted,
        until=operation.until.at if operation.until and kind == "disabled" else None,
    )


def _late_event_of(operation: Operation) -> NotificationEvent | None:
    late = operation.late_finding
    if late is None or late.enabled is None:
        return None
    if operation.seen and late.enabled is operation.seen.enabled:
        return None
    kind: EventKind = "reads_enabled" if late.enabled else "reads_disabled"
    return NotificationEvent(
        f"{operation.id}:late", late.at, kind, operation.requester, enabled=late.enabled
    )


def event_of_request(approval: Approval) -> NotificationEvent:
    """Return the event of a request's present stage."""
    kind: EventKind
    by: PersonId | None = approval.decided_by
    match approval.stage:
        case Stage.WAITING:
            kind, by = "emergency" if approval.review else "asked", approval.requester
        case Stage.APPROVED:
            kind = "reviewed" if approval.review else "approved"
        case Stage.DECLINED:
            kind = "declined"
        case Stage.CANCELED:
            kind = "cancelled"
        case Stage.EXPIRED:
            kind = "expired"
        case Stage.VOID:
            kind = "void"
    waiting = approval.stage is Stage.WAITING
    requested = approval.operation
    return NotificationEvent(
        key=f"{approval.id}:{approval.stage.value}",
        at=requested.asked_at if waiting else approval.changed_at,
        kind=kind,
        by=by,
        reason=requested.reason if waiting else approval.decision_reason,
        wanted=requested.wanted,
    )


def event_of_auto_enable(auto_enable: AutoEnable) -> NotificationEvent | None:
    """Return the event of an auto-enable that needs a person; other phases have none."""
    if auto_enable.phase is not Phase.NEEDS_PERSON:
        return None
    return NotificationEvent(
        key=f"{auto_enable.id}:needs_person:{auto_enable.attempts}",
        at=auto_enable.changed_at,
        kind="auto_enable_needs_person",
        by=auto_enable.person,
        enabled=False,
    )
