"""Which of several entries of one story history shows: the one that brought it to where it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from bot.core.audit import people
from bot.core.history import PastEvent, past_events
from bot.core.names import ITwinId, OperationId, PersonId, TimerId

ALICE, BOB = PersonId("U0ALICE"), PersonId("U0BOB")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit trail, as history reads it."""

    number: int
    event: str
    person: PersonId
    facts: Mapping[str, str] = field(default_factory=dict)
    previous: str = ""

    @property
    def at(self) -> float:
        return self.number * 100.0


def shown(entries: Iterable[Entry]) -> tuple[PastEvent, ...]:
    """Return the events of these entries, given the oldest first."""
    return past_events(list(entries)[::-1])


def test_a_request_is_shown_at_its_decision_and_not_at_what_was_added_to_it() -> None:
    facts = {"request": "r1", "requester": ALICE}
    (event,) = shown(
        [
            Entry(1, "approval.requested", ALICE, facts),
            Entry(2, "approval.approved", BOB, facts),
            Entry(3, "approval.approved", BOB, facts | {"failure": "expired"}),
        ]
    )
    assert (event.outcome, event.number, event.at) == ("approved", 2, 200.0)
    assert event.failure == "expired"


def test_a_waiting_request_is_shown_where_it_was_made_and_not_at_its_reminders() -> None:
    facts = {"request": "r1", "requester": ALICE}
    reminders = [Entry(number, "approval.waiting", ALICE, facts) for number in (2, 3)]
    (event,) = shown([Entry(1, "approval.requested", ALICE, facts), *reminders])
    assert (event.outcome, event.number, event.at) == ("waiting", 1, 100.0)


def test_an_auto_enable_is_shown_since_it_needs_a_person_and_not_since_its_escalation() -> None:
    facts = {"auto_enable": "o1", "scheduled_by": ALICE}
    (event,) = shown(
        [
            Entry(1, "auto_enable.scheduled", ALICE, facts),
            Entry(2, "auto_enable.enabling", ALICE, facts),
            Entry(3, "auto_enable.needs_person", ALICE, facts),
            Entry(4, "auto_enable.needs_person", ALICE, facts),
        ]
    )
    assert (event.outcome, event.number, event.at) == ("needs_person", 3, 300.0)


def test_a_subscription_is_shown_since_it_was_paused_the_last_time() -> None:
    facts = {"subscription": "s1"}
    stages = ["created", "paused", "changed", "paused", "paused"]
    entries = [
        Entry(number, f"subscription.{stage}", ALICE, facts)
        for number, stage in enumerate(stages, 1)
    ]
    (event,) = shown(entries)
    assert (event.outcome, event.number) == ("paused", 4)


def test_an_operation_is_shown_where_it_ended_and_not_where_it_was_read_again() -> None:
    facts = {"operation": "o1", "wanted": "disabled", "seen": "disabled"}
    states = ["locked", "sending", "verifying", "applied"]
    entries = [
        Entry(number, f"operation.{state}", ALICE, facts) for number, state in enumerate(states, 1)
    ]
    agreeing = Entry(5, "operation.late", ALICE, facts | {"late": "look False"})
    (event,) = shown([*entries, agreeing])
    assert (event.outcome, event.number, event.later) == ("applied", 4, "")
    contradicting = Entry(5, "operation.late", ALICE, facts | {"late": "look True"})
    (event,) = shown([*entries, contradicting])
    assert (event.outcome, event.number, event.later) == ("applied", 4, "enabled")


EVERY = {
    "itwin": "i1",
    "timer": "t1",
    "timer_name": "SAP",
    "acting_as": "alice@acme.example",
    "verb": "disable",
    "wanted": "disabled",
    "reason": "SAP is down",
    "until": "900.5",
    "failure": "unclear",
}


def test_each_fact_of_an_operation_is_shown() -> None:
    facts = EVERY | {
        "operation": "o1",
        "on_behalf_of": BOB,
        "approved_by": f"{BOB} {ALICE}",
        "emergency": "yes",
        "seen": "disabled",
        "root": "r0",
    }
    request = {"request": "o1", "review": "yes"}
    entries = [
        Entry(1, "operation.applied", ALICE, facts),
        Entry(2, "operation.late", ALICE, {"operation": "o1", "late": "at True"}),
        Entry(3, "approval.approved", BOB, request),
    ]
    assert shown(entries) == (
        PastEvent(
            number=1,
            at=100.0,
            id=OperationId("o1"),
            kind="operation",
            outcome="applied",
            person=BOB,
            itwin=ITwinId("i1"),
            timer=TimerId("t1"),
            timer_name="SAP",
            acting_as="alice@acme.example",
            verb="disable",
            wanted="disabled",
            reason="SAP is down",
            approved_by=(BOB, ALICE),
            until=900.5,
            emergency=True,
            review="approved",
            reviewed_by=BOB,
            failure="unclear",
            later="enabled",
            root=OperationId("r0"),
        ),
    )


@pytest.mark.parametrize("stage", ["declined", "cancelled", "approved", "expired"])
def test_each_fact_of_a_request_is_shown(stage: str) -> None:
    facts = EVERY | {
        "request": "r1",
        "requester": ALICE,
        "votes": f"{BOB}=yes",
        "decision_reason": "not now",
        "review": "yes",
    }
    assert shown([Entry(1, f"approval.{stage}", BOB, facts)]) == (
        PastEvent(
            number=1,
            at=100.0,
            id=OperationId("r1"),
            kind="request",
            outcome=stage,
            person=ALICE,
            itwin=ITwinId("i1"),
            timer=TimerId("t1"),
            timer_name="SAP",
            acting_as="alice@acme.example",
            verb="disable",
            wanted="disabled",
            reason="SAP is down",
            approved_by=people(f"{BOB}=yes"),
            decided_by=BOB if stage in {"declined", "cancelled"} else None,
            decision="not now",
            until=900.5,
            emergency=True,
            failure="unclear",
        ),
    )


@pytest.mark.parametrize(
    ("closed_as", "outcome", "until", "failure"),
    [("", "needs_person", 900.5, "unclear"), ("kept_disabled", "kept_disabled", 0.0, "")],
)
def test_each_fact_of_an_auto_enable_is_shown(
    closed_as: str, outcome: str, until: float, failure: str
) -> None:
    facts = EVERY | {
        "auto_enable": "o1",
        "scheduled_by": ALICE,
        "closed_as": closed_as,
        "at": "900.5",
    }
    event = "auto_enable.closed" if closed_as else "auto_enable.needs_person"
    assert shown([Entry(1, event, BOB, facts)]) == (
        PastEvent(
            number=1,
            at=100.0,
            id=OperationId("o1"),
            kind="auto_enable",
            outcome=outcome,
            person=ALICE,
            itwin=ITwinId("i1"),
            timer=TimerId("t1"),
            timer_name="SAP",
            decided_by=BOB if closed_as else None,
            until=until,
            failure=failure,
        ),
    )


def test_each_fact_of_a_subscription_is_shown_and_it_is_of_no_timer() -> None:
    facts = {"subscription": "s1", "itwin": "i1", "pattern": "SAP*", "kinds": "changes returns"}
    (event,) = shown([Entry(1, "subscription.created", ALICE, facts)])
    assert event == PastEvent(
        number=1,
        at=100.0,
        id=OperationId("s1"),
        kind="subscription",
        outcome="created",
        person=ALICE,
        itwin=ITwinId("i1"),
        timer=TimerId(""),
        timer_name="",
        pattern="SAP*",
        kinds=("changes", "returns"),
    )
    assert not event.is_of("", "")


@pytest.mark.parametrize("kind", ["operation", "approval", "auto_enable", "subscription"])
def test_facts_that_an_entry_lacks_are_shown_as_nothing(kind: str) -> None:
    fact = {"approval": "request"}.get(kind, kind)
    (event,) = shown([Entry(1, f"{kind}.changed", ALICE, {fact: "x1"})])
    nothing = PastEvent(
        number=1,
        at=100.0,
        id=OperationId("x1"),
        kind=event.kind,
        outcome="changed",
        person=ALICE if kind in {"operation", "subscription"} else PersonId(""),
        itwin=ITwinId(""),
        timer=TimerId(""),
        timer_name="",
    )
    assert event == nothing


@pytest.mark.parametrize(
    ("closed_as", "events"), [("enabled", 1), ("kept_disabled", 2), ("found_enabled", 2)]
)
def test_operations_cover_an_auto_enable_that_enabled(closed_as: str, events: int) -> None:
    entries = [
        Entry(1, "operation.applied", ALICE, {"operation": "o1"}),
        Entry(2, "auto_enable.closed", ALICE, {"auto_enable": "o1", "closed_as": closed_as}),
    ]
    assert len(shown(entries)) == events
