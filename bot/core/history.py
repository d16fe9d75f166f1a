"""The past as people ask for it: the audit trail's entries, told as one event for each story.

An operation's entries, its request, the votes and the return it set share one id; they are one
event, which stands where its outcome stands in the trail. A return that ended in any other way
than by an operation (kept, found on, gone …), or that waits for a person, is an event of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.core.audit import AuditEntryView, people
from bot.core.names import ITwinId, OperationId, PersonId, TimerId, normalized

# By which fact the entries of one story know each other.
_STORY = {
    "operation": "operation",
    "approval": "request",
    "return": "return",
    "subscription": "subscription",
}


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One thing that happened to a timer, or to a subscription of an iTwin.

    ``number`` is its place in the trail. ``outcome`` is the trail's word: a state of an operation,
    a stage of a request, "set", "asking" or how a return ended, "made", "paused" or "ended".
    ``person`` is whose wish it was ("" where that entry is not read any more), ``acting_as`` whose
    iTwin account it was done with. ``decided_by`` had the last word, with their ``decision``.
    ``until`` in unix seconds, 0: for good. ``review`` is the stage of an emergency's review.
    ``later`` is a state that was read after the end and contradicts it.
    """

    number: int
    at: float
    kind: Literal["operation", "request", "return", "subscription"]
    outcome: str
    person: PersonId
    itwin: ITwinId
    timer: TimerId
    timer_name: str
    acting_as: str = ""
    verb: str = ""
    wanted: str = ""
    reason: str = ""
    approved_by: tuple[PersonId, ...] = ()
    decided_by: PersonId | None = None
    decision: str = ""
    until: float = 0.0
    emergency: bool = False
    review: str = ""
    reviewed_by: PersonId | None = None
    failure: str = ""
    later: str = ""
    root: OperationId | None = None
    pattern: str = ""
    kinds: tuple[str, ...] = ()

    def is_of(self, timer: str, name: str) -> bool:
        """Whether it is of the timer with this id, or of one that had this name.

        An edit of a timer puts another one in its place: its id changes, its name stays.
        """
        if self.kind == "subscription":
            return False
        return self.timer == timer or bool(name and normalized(self.timer_name) == normalized(name))


def past_events(entries: Iterable[AuditEntryView]) -> tuple[PastEvent, ...]:
    """Return the events of these entries, which come the newest first; so do the events."""
    stories: dict[str, list[AuditEntryView]] = {}
    for entry in entries:
        fact = _STORY.get(entry.what.partition(".")[0])
        if fact is not None:
            stories.setdefault(entry.facts.get(fact, ""), []).append(entry)
    events = [event for story in stories.values() for event in _events(story)]
    return tuple(sorted(events, key=lambda event: event.number, reverse=True))


def _events(story: Sequence[AuditEntryView]) -> Iterable[PastEvent]:
    operations = [entry for entry in _of("operation", story) if entry.what != "operation.late"]
    requests, returns = _of("approval", story), _of("return", story)
    if operations:
        late = next((entry for entry in story if entry.what == "operation.late"), None)
        yield _operation(operations, requests, late)
    elif requests:
        yield _request(requests)
    if returns and not (operations and _happened(returns[0])):
        yield _return(returns)
    if subscriptions := _of("subscription", story):
        yield _subscription(subscriptions)


def _of(kind: str, story: Sequence[AuditEntryView]) -> list[AuditEntryView]:
    return [entry for entry in story if entry.what.startswith(f"{kind}.")]


def _happened(newest: AuditEntryView) -> bool:
    """Whether operations tell all there is to tell of a return: the one that set it, and its own.

    What is said of it here: a person has to do it, or it ended without an operation.
    """
    what, how = newest.what, newest.facts.get("how", "")
    return what in {"return.set", "return.bringing"} or how == "returned"


def _operation(
    entries: Sequence[AuditEntryView],
    requests: Sequence[AuditEntryView],
    late: AuditEntryView | None,
) -> PastEvent:
    newest, first = entries[0], _since(entries)
    facts = newest.facts
    reviews = [entry for entry in requests if entry.facts.get("review")]
    review = _stage(reviews[0]) if reviews else ""
    return PastEvent(
        number=first.number,
        at=first.at,
        kind="operation",
        outcome=newest.what.partition(".")[2],
        person=PersonId(facts.get("on_behalf_of") or newest.person),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        acting_as=facts.get("acting_as", ""),
        verb=facts.get("verb", ""),
        wanted=facts.get("wanted", ""),
        reason=facts.get("because", ""),
        approved_by=tuple(map(PersonId, facts.get("approved_by", "").split())),
        until=float(facts.get("until") or 0.0),
        emergency=bool(facts.get("emergency")),
        review=review,
        reviewed_by=reviews[0].person if review == "approved" else None,
        failure=facts.get("trouble", ""),
        later=_contradicted(facts.get("seen", ""), late),
        root=OperationId(facts["root"]) if facts.get("root") else None,
    )


def _contradicted(seen: str, late: AuditEntryView | None) -> str:
    read = late.facts.get("late", "").partition(" ")[2] if late is not None else ""
    later = {"True": "enabled", "False": "disabled"}.get(read, "")
    return later if later != seen else ""


def _request(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    facts, stage = newest.facts, _stage(newest)
    asked = next((entry.person for entry in entries if entry.what == "approval.asked"), "")
    return PastEvent(
        number=first.number,
        at=first.at,
        kind="request",
        outcome=stage,
        person=PersonId(facts.get("requester") or asked),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        acting_as=facts.get("acting_as", ""),
        verb=facts.get("verb", ""),
        wanted=facts.get("wanted", ""),
        reason=facts.get("because", ""),
        approved_by=people(facts.get("votes", "")),
        decided_by=newest.person if stage in {"declined", "cancelled"} else None,
        decision=facts.get("decision_because", ""),
        until=float(facts.get("until") or 0.0),
        emergency=bool(facts.get("review")),
        failure=facts.get("trouble", ""),
    )


def _return(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    facts, phase = newest.facts, newest.what.partition(".")[2]
    return PastEvent(
        number=first.number,
        at=first.at,
        kind="return",
        outcome=facts.get("how") or phase,
        person=PersonId(facts.get("setter", "")),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        # "kept" and the like are somebody's word; what ended by itself has its setter there.
        decided_by=newest.person if facts.get("how") == "kept" else None,
        until=0.0 if facts.get("how") else float(facts.get("at") or 0.0),
        failure="" if facts.get("how") else facts.get("trouble", ""),
    )


def _subscription(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    return PastEvent(
        number=first.number,
        at=first.at,
        kind="subscription",
        outcome=newest.what.partition(".")[2],
        person=newest.person,
        itwin=ITwinId(newest.facts.get("itwin", "")),
        timer=TimerId(""),
        timer_name="",
        pattern=newest.facts.get("pattern", ""),
        kinds=tuple(newest.facts.get("kinds", "").split()),
    )


def _since(entries: Sequence[AuditEntryView]) -> AuditEntryView:
    """Return the entry that brought it to where it is now; later ones (a reminder) add to it."""
    first = entries[0]
    for entry in entries[1:]:
        if _stage(entry) != _stage(first):
            break
        first = entry
    return first


def _stage(entry: AuditEntryView) -> str:
    stage = entry.what.partition(".")[2]
    return "waiting" if entry.what == "approval.asked" else stage
