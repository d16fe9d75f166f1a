"""History for people: groups the entries of the audit trail into one event for each change.

The entries of an operation, of its request with its votes, and of the auto-enable it scheduled
share one id. They become one event, placed where its outcome is in the trail. An auto-enable that
ended without an operation (kept off, found enabled, gone …), or needs a person, is one more event.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.core.audit import AuditEntryView, people
from bot.core.folding import alike
from bot.core.names import ITwinId, OperationId, PersonId, TimerId

# For each kind of entry, the fact that holds the shared id.
_ID_FACT = {
    "operation": "operation",
    "approval": "request",
    "auto_enable": "auto_enable",
    "subscription": "subscription",
}


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One thing that happened to a timer, or to a subscription of an iTwin.

    ``number`` is its place in the trail, ``id`` that of the operation, request, auto-enable or
    subscription. ``outcome`` is the last part of the entry's name: a state
    of an operation, a stage of a request, a phase of an auto-enable or how it ended, or "created",
    "changed", "paused" or "ended" of a subscription. ``person`` is the requester ("" if that entry
    was not read), ``acting_as`` the iTwin account used. ``decided_by`` made the last decision, with
    the reason ``decision``. ``until`` in unix seconds, 0: for good. ``review`` is the stage of an
    emergency's review. ``later`` is a state that was read after the end and contradicts it.
    """

    number: int
    at: float
    id: OperationId
    kind: Literal["operation", "request", "auto_enable", "subscription"]
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
        """Tell whether this is about the timer with this id, or about one that had this name.

        EDFS replaces a timer when it is edited: its id changes, its name stays.
        """
        if self.kind == "subscription":
            return False
        return self.timer == timer or alike(self.timer_name, name)


def past_events(entries: Iterable[AuditEntryView]) -> tuple[PastEvent, ...]:
    """Return the events of these entries; both are ordered newest first."""
    groups: dict[str, list[AuditEntryView]] = {}
    for entry in entries:
        fact = _ID_FACT.get(entry.event.partition(".")[0])
        if fact is not None:
            groups.setdefault(entry.facts.get(fact, ""), []).append(entry)
    events = [event for group in groups.values() for event in _events(group)]
    return tuple(sorted(events, key=lambda event: event.number, reverse=True))


def _events(group: Sequence[AuditEntryView]) -> Iterable[PastEvent]:
    """Yield the events of entries with one id."""
    operations = [entry for entry in _of("operation", group) if entry.event != "operation.late"]
    requests, auto_enables = _of("approval", group), _of("auto_enable", group)
    if operations:
        late = next((entry for entry in group if entry.event == "operation.late"), None)
        yield _operation(operations, requests, late)
    elif requests:
        yield _request(requests)
    if auto_enables and not (operations and _is_covered(auto_enables[0])):
        yield _auto_enable(auto_enables)
    if subscriptions := _of("subscription", group):
        yield _subscription(subscriptions)


def _of(kind: str, group: Sequence[AuditEntryView]) -> list[AuditEntryView]:
    return [entry for entry in group if entry.event.startswith(f"{kind}.")]


def _is_covered(newest: AuditEntryView) -> bool:
    """Tell whether operations cover an auto-enable: the one that scheduled it, and its own.

    They do not cover one that needs a person, or that ended without an operation.
    """
    pending = newest.event in {"auto_enable.scheduled", "auto_enable.enabling"}
    return pending or newest.facts.get("closed_as") == "enabled"


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
        id=OperationId(facts.get("operation", "")),
        kind="operation",
        outcome=newest.event.partition(".")[2],
        person=PersonId(facts.get("on_behalf_of") or newest.person),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        acting_as=facts.get("acting_as", ""),
        verb=facts.get("verb", ""),
        wanted=facts.get("wanted", ""),
        reason=facts.get("reason", ""),
        approved_by=tuple(map(PersonId, facts.get("approved_by", "").split())),
        until=float(facts.get("until") or 0.0),
        emergency=bool(facts.get("emergency")),
        review=review,
        reviewed_by=reviews[0].person if review == "approved" else None,
        failure=facts.get("failure", ""),
        later=_contradicted(facts.get("seen", ""), late),
        root=OperationId(facts["root"]) if facts.get("root") else None,
    )


def _contradicted(seen: str, late: AuditEntryView | None) -> str:
    """Return the state that a late read found, if it is not the one that the operation ended in."""
    read = late.facts.get("late", "").partition(" ")[2] if late is not None else ""
    later = {"True": "enabled", "False": "disabled"}.get(read, "")
    return later if later != seen else ""


def _request(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    facts, stage = newest.facts, _stage(newest)
    requested = next((entry.person for entry in entries if entry.event == "approval.requested"), "")
    return PastEvent(
        number=first.number,
        at=first.at,
        id=OperationId(facts.get("request", "")),
        kind="request",
        outcome=stage,
        person=PersonId(facts.get("requester") or requested),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        acting_as=facts.get("acting_as", ""),
        verb=facts.get("verb", ""),
        wanted=facts.get("wanted", ""),
        reason=facts.get("reason", ""),
        approved_by=people(facts.get("votes", "")),
        decided_by=newest.person if stage in {"declined", "cancelled"} else None,
        decision=facts.get("decision_reason", ""),
        until=float(facts.get("until") or 0.0),
        emergency=bool(facts.get("review")),
        failure=facts.get("failure", ""),
    )


def _auto_enable(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    facts, phase = newest.facts, newest.event.partition(".")[2]
    return PastEvent(
        number=first.number,
        at=first.at,
        id=OperationId(facts.get("auto_enable", "")),
        kind="auto_enable",
        outcome=facts.get("closed_as") or phase,
        person=PersonId(facts.get("scheduled_by", "")),
        itwin=ITwinId(facts.get("itwin", "")),
        timer=TimerId(facts.get("timer", "")),
        timer_name=facts.get("timer_name", ""),
        # Only "kept_disabled" is a decision; an entry of any other end names who scheduled it.
        decided_by=newest.person if facts.get("closed_as") == "kept_disabled" else None,
        until=0.0 if facts.get("closed_as") else float(facts.get("at") or 0.0),
        failure="" if facts.get("closed_as") else facts.get("failure", ""),
    )


def _subscription(entries: Sequence[AuditEntryView]) -> PastEvent:
    newest, first = entries[0], _since(entries)
    return PastEvent(
        number=first.number,
        at=first.at,
        id=OperationId(newest.facts.get("subscription", "")),
        kind="subscription",
        outcome=newest.event.partition(".")[2],
        person=newest.person,
        itwin=ITwinId(newest.facts.get("itwin", "")),
        timer=TimerId(""),
        timer_name="",
        pattern=newest.facts.get("pattern", ""),
        kinds=tuple(newest.facts.get("kinds", "").split()),
    )


def _since(entries: Sequence[AuditEntryView]) -> AuditEntryView:
    """Return the entry that led to the present stage; later ones, such as reminders, add to it."""
    first = entries[0]
    for entry in entries[1:]:
        if _stage(entry) != _stage(first):
            break
        first = entry
    return first


def _stage(entry: AuditEntryView) -> str:
    """Return the stage that an entry records; a new request is waiting."""
    stage = entry.event.partition(".")[2]
    return "waiting" if entry.event == "approval.requested" else stage
