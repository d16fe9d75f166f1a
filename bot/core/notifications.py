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
from bot.core.auto_enables import Phase, Return
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Operation, State
from bot.core.subscriptions import Kind, named
from bot.core.timers import ITwin, Timer

ALONE = 3  # so many messages within BURST seconds may tell of one story each
BURST = 10.0
GATHER = 2.0  # so long what is to be told waits for more of its kind
LINES = 40  # stories in one digest
SPACING = 1.2  # Slack takes one new message a second for a channel

What = Literal[
    "enabled",
    "disabled",
    "returned",
    "conflict",
    "unknown",
    "reads_enabled",
    "reads_disabled",
    "return_asks",
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
class Event:
    """``enabled`` is what the timer reads since, None where that is not known or not the matter.

    ``wanted`` is what a request asks for; ``until`` when a timer that is off comes back; ``since``
    when a watch had last looked.
    """

    key: str
    at: float
    what: What
    by: PersonId | None = None
    because: str = ""
    enabled: bool | None = None
    wanted: bool | None = None
    until: float | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class News:
    """One event on its way to a channel; ``root`` names the story it belongs to."""

    root: str
    itwin: ITwin
    timer: Timer
    event: Event


@dataclass(frozen=True, slots=True)
class Story:
    root: str
    itwin: ITwin
    timer: Timer
    events: tuple[Event, ...]

    @property
    def enabled(self) -> bool | None:
        """What the timer reads after all of it, as far as it is known."""
        known = [event.enabled for event in self.events if event.enabled is not None]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class StillOff:
    """One timer that is off: since when, by whom and why, as far as it is known; until when."""

    timer: str
    since: float
    by: PersonId | None = None
    because: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. ``draw_at``: when to have it in Slack. ``off``: it is the weekly list."""

    id: OperationId
    workspace: Workspace
    channel: ChannelId
    stories: tuple[Story, ...]
    made_at: float
    changed_at: float
    draw_at: float
    itwin: ITwin | None = None
    off: tuple[StillOff, ...] = ()
    version: int = 0


def stories(news: Iterable[News]) -> tuple[Story, ...]:
    """Return what these tell, by time: one story for each root, each event once."""
    found: dict[str, Story] = {}
    for one in sorted(news, key=lambda one: (one.event.at, one.event.key)):
        before = found.get(one.root, Story(one.root, one.itwin, one.timer, ()))
        found[one.root] = _with(before, one)
    return tuple(found.values())


def _with(story: Story, one: News) -> Story:
    if any(event.key == one.event.key for event in story.events):
        return story
    # What was said stays as it was said: the newest stands at the end, whenever it happened.
    return replace(story, timer=one.timer, events=(*story.events, one.event))


def grown(notice: Notice, news: Sequence[News], now: float) -> Notice:
    """Return the notice with these events in its stories; itself where it tells them already."""
    after = []
    for story in notice.stories:
        grown_one = story
        for one in news:
            grown_one = _with(grown_one, one) if one.root == story.root else grown_one
        after.append(grown_one)
    if tuple(after) == notice.stories:
        return notice
    version = notice.version + 1
    return replace(
        notice, stories=tuple(after), changed_at=now, draw_at=now + GATHER, version=version
    )


def gathered(waiting: Sequence[Story], made: int) -> tuple[tuple[Story, ...], ...]:
    """Return the messages that tell these stories, after ``made`` messages within BURST seconds.

    A few get one each; more than that is a burst, and is told together.
    """
    if len(waiting) + made <= ALONE:
        return tuple((story,) for story in waiting)
    return tuple(tuple(waiting[start : start + LINES]) for start in range(0, len(waiting), LINES))


def patience(made: int) -> float:
    """Return how long news waits for more of it: longer where much was said a moment ago."""
    return GATHER if made < ALONE else BURST


def notice_of(
    workspace: Workspace, channel: ChannelId, told: tuple[Story, ...], now: float, place: int
) -> Notice:
    """Return the message, the ``place``-th of those made at this moment for this channel."""
    return Notice(
        id=named("notice", channel, *(story.root for story in told)),
        workspace=workspace,
        channel=channel,
        stories=told,
        made_at=now,
        changed_at=now,
        draw_at=now + place * SPACING,
    )


def kinds_of(operation: Operation) -> tuple[Kind, ...]:
    return ("returns", "changes") if operation.brings_back else ("changes",)


def events_of(operation: Operation) -> tuple[Event, ...]:
    """Return what an operation that has ended tells: nothing, where it leaves all as it was."""
    found = [event for event in (_end_of(operation), _late_of(operation)) if event]
    return tuple(found)


def _end_of(operation: Operation) -> Event | None:
    what: What
    enabled: bool | None = operation.wanted
    match operation.state:
        case State.APPLIED if operation.brings_back:
            what = "returned"
        case State.APPLIED:
            what = "enabled" if operation.wanted else "disabled"
        case State.CONFLICT:
            what, enabled = "conflict", not operation.wanted
        case State.UNKNOWN:
            what, enabled = "unknown", None
        case _:
            return None
    return Event(
        key=f"{operation.id}:{operation.state.value}",
        at=operation.changed_at,
        what=what,
        by=operation.asker,
        because=operation.because,
        enabled=enabled,
        wanted=operation.wanted,
        until=operation.until.at if operation.until and what == "disabled" else None,
    )


def _late_of(operation: Operation) -> Event | None:
    late = operation.late
    if late is None or late.enabled is None:
        return None
    if operation.seen and late.enabled is operation.seen.enabled:
        return None
    what: What = "reads_enabled" if late.enabled else "reads_disabled"
    return Event(f"{operation.id}:late", late.at, what, operation.asker, enabled=late.enabled)


def event_of_request(approval: Approval) -> Event:
    """Return what is told of a request as it stands now."""
    what: What
    by: PersonId | None = approval.decided_by
    match approval.stage:
        case Stage.WAITING:
            what, by = "emergency" if approval.review else "asked", approval.requester
        case Stage.APPROVED:
            what = "reviewed" if approval.review else "approved"
        case Stage.DECLINED:
            what = "declined"
        case Stage.CANCELLED:
            what = "cancelled"
        case Stage.EXPIRED:
            what = "expired"
        case Stage.VOID:
            what = "void"
    waiting = approval.stage is Stage.WAITING
    wish = approval.wish
    return Event(
        key=f"{approval.id}:{approval.stage.value}",
        at=wish.asked_at if waiting else approval.changed_at,
        what=what,
        by=by,
        because=wish.because if waiting else approval.because,
        wanted=wish.wanted,
    )


def event_of_return(back: Return) -> Event | None:
    """Return what is told of a return: that it asks for a person."""
    if back.phase is not Phase.ASKING:
        return None
    return Event(
        key=f"{back.id}:asks:{back.tries}",
        at=back.changed_at,
        what="return_asks",
        by=back.person,
        enabled=False,
    )
