"""What a channel is told, as values: the stories of timers, gathered into messages.

    News ─▶ (waits for a moment) ─▶ Story, alone in a Notice     a card, edited in place
                                 └▶ Stories, up to 40 in one     a digest, edited in place

A story is all that follows from one change of one timer: it is told once for each channel, and
what happens to it later edits the message that tells it. A notice is one message. An event has a
key, so that hearing of it twice is hearing of it once. Times are unix seconds and are passed in.
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

MOST_SINGLE = 3  # so many messages within BURST seconds may tell of one story each
BURST_SECONDS = 10.0
BATCH_SECONDS = 2.0  # so long what is to be told waits for more of its kind
MOST_IN_DIGEST = 40  # stories in one digest
SPACING_SECONDS = 1.2  # Slack takes one new message a second for a channel

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
    """``enabled`` is what the timer reads since, None where that is not known or not the matter.

    ``wanted`` is what a request asks for; ``until`` when a timer that is off comes back; ``since``
    when a watch had last looked.
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
    """One event on its way to a channel; ``root`` names the story it belongs to."""

    root: str
    itwin: ITwin
    timer: Timer
    event: NotificationEvent


@dataclass(frozen=True, slots=True)
class ChangeThread:
    root: str
    itwin: ITwin
    timer: Timer
    events: tuple[NotificationEvent, ...]

    @property
    def enabled(self) -> bool | None:
        """What the timer reads after all of it, as far as it is known."""
        known = [event.enabled for event in self.events if event.enabled is not None]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class StillDisabled:
    """One timer that is off: since when, by whom and why, as far as it is known; until when."""

    timer: str
    since: float
    by: PersonId | None = None
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One message. ``draw_at``: when to have it in Slack. ``off``: it is the weekly list."""

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


def change_threads(news: Iterable[PendingEvent]) -> tuple[ChangeThread, ...]:
    """Return what these tell, by time: one story for each root, each event once."""
    found: dict[str, ChangeThread] = {}
    for one in sorted(news, key=lambda one: (one.event.at, one.event.key)):
        before = found.get(one.root, ChangeThread(one.root, one.itwin, one.timer, ()))
        found[one.root] = _with(before, one)
    return tuple(found.values())


def _with(thread: ChangeThread, one: PendingEvent) -> ChangeThread:
    if any(event.key == one.event.key for event in thread.events):
        return thread
    # What was said stays as it was said: the newest stands at the end, whenever it happened.
    return replace(thread, timer=one.timer, events=(*thread.events, one.event))


def with_events(
    notification: Notification, news: Sequence[PendingEvent], now: float
) -> Notification:
    """Return the notice with these events in its stories; itself where it tells them already."""
    after = []
    for story in notification.threads:
        grown_one = story
        for one in news:
            grown_one = _with(grown_one, one) if one.root == story.root else grown_one
        after.append(grown_one)
    if tuple(after) == notification.threads:
        return notification
    version = notification.version + 1
    return replace(
        notification,
        threads=tuple(after),
        changed_at=now,
        draw_at=now + BATCH_SECONDS,
        version=version,
    )


def batched(waiting: Sequence[ChangeThread], made: int) -> tuple[tuple[ChangeThread, ...], ...]:
    """Return the messages that tell these stories, after ``made`` messages within BURST seconds.

    A few get one each; more than that is a burst, and is told together.
    """
    if len(waiting) + made <= MOST_SINGLE:
        return tuple((story,) for story in waiting)
    return tuple(
        tuple(waiting[start : start + MOST_IN_DIGEST])
        for start in range(0, len(waiting), MOST_IN_DIGEST)
    )


def batch_delay(made: int) -> float:
    """Return how long news waits for more of it: longer where much was said a moment ago."""
    return BATCH_SECONDS if made < MOST_SINGLE else BURST_SECONDS


def notification_of(
    workspace: Workspace, channel: ChannelId, told: tuple[ChangeThread, ...], now: float, place: int
) -> Notification:
    """Return the message, the ``place``-th of those made at this moment for this channel."""
    return Notification(
        id=named("notification", channel, *(story.root for story in told)),
        workspace=workspace,
        channel=channel,
        threads=told,
        created_at=now,
        changed_at=now,
        draw_at=now + place * SPACING_SECONDS,
    )


def kinds_of(operation: Operation) -> tuple[Kind, ...]:
    return ("returns", "changes") if operation.auto_enables else ("changes",)


def events_of(operation: Operation) -> tuple[NotificationEvent, ...]:
    """Return what an operation that has ended tells: nothing, where it leaves all as it was."""
    found = [event for event in (_end_of(operation), _late_event_of(operation)) if event]
    return tuple(found)


def _end_of(operation: Operation) -> NotificationEvent | None:
    what: EventKind
    enabled: bool | None = operation.wanted
    match operation.state:
        case State.APPLIED if operation.auto_enables:
            what = "auto_enabled"
        case State.APPLIED:
            what = "enabled" if operation.wanted else "disabled"
        case State.CONFLICT:
            what, enabled = "conflict", not operation.wanted
        case State.UNKNOWN:
            what, enabled = "unknown", None
        case _:
            return None
    return NotificationEvent(
        key=f"{operation.id}:{operation.state.value}",
        at=operation.changed_at,
        kind=what,
        by=operation.requester,
        reason=operation.reason,
        enabled=enabled,
        wanted=operation.wanted,
        until=operation.until.at if operation.until and what == "disabled" else None,
    )


def _late_event_of(operation: Operation) -> NotificationEvent | None:
    late = operation.late_finding
    if late is None or late.enabled is None:
        return None
    if operation.seen and late.enabled is operation.seen.enabled:
        return None
    what: EventKind = "reads_enabled" if late.enabled else "reads_disabled"
    return NotificationEvent(
        f"{operation.id}:late", late.at, what, operation.requester, enabled=late.enabled
    )


def event_of_request(approval: Approval) -> NotificationEvent:
    """Return what is told of a request as it stands now."""
    what: EventKind
    by: PersonId | None = approval.decided_by
    match approval.stage:
        case Stage.WAITING:
            what, by = "emergency" if approval.review else "asked", approval.requester
        case Stage.APPROVED:
            what = "reviewed" if approval.review else "approved"
        case Stage.DECLINED:
            what = "declined"
        case Stage.CANCELED:
            what = "cancelled"
        case Stage.EXPIRED:
            what = "expired"
        case Stage.VOID:
            what = "void"
    waiting = approval.stage is Stage.WAITING
    wish = approval.operation
    return NotificationEvent(
        key=f"{approval.id}:{approval.stage.value}",
        at=wish.asked_at if waiting else approval.changed_at,
        kind=what,
        by=by,
        reason=wish.reason if waiting else approval.decision_reason,
        wanted=wish.wanted,
    )


def event_of_auto_enable(auto_enable: AutoEnable) -> NotificationEvent | None:
    """Return what is told of a return: that it asks for a person."""
    if auto_enable.phase is not Phase.NEEDS_PERSON:
        return None
    return NotificationEvent(
        key=f"{auto_enable.id}:needs_person:{auto_enable.attempts}",
        at=auto_enable.changed_at,
        kind="auto_enable_needs_person",
        by=auto_enable.person,
        enabled=False,
    )
