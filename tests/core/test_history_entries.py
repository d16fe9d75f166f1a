"""Which of several entries of one story history shows: the one that brought it to where it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.history import PastEvent, past_events
from bot.core.names import PersonId

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
