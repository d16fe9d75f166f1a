"""The state machine of auto-enables: every arrow of its picture, no other, and when it is due."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.auto_enables import (
    CHECK_OPERATION_AFTER,
    CHECK_SIGN_IN_BEFORE,
    ESCALATE_AFTER,
    AutoEnable,
    Closed,
    Escalated,
    Event,
    NeedsPerson,
    NoLongerScheduled,
    Phase,
    Postponed,
    SignInChecked,
    Started,
    after,
    due,
)
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Failure, FailureKind
from bot.core.timers import ITwin, Timer
from bot.core.transitions import InvalidTransition

DAY = 86_400.0
OPERATION = OperationId("1" * 24)
FAILURE = Failure(FailureKind.SIGN_IN_NEEDED)
SCHEDULED = AutoEnable(
    id=OperationId("0" * 24),
    workspace=Workspace("T1"),
    person=PersonId("U1"),
    subject="subject",
    itwin=ITwin(ITwinId("i"), "plant-a"),
    timer=Timer(TimerId("t"), "orders", "SAP", "0 2 * * *", enabled=False),
    channel=ChannelId("C1"),
    at=10 * DAY,
    scheduled_at=DAY,
    changed_at=DAY,
)
ENABLING = after(SCHEDULED, Started(10 * DAY, OPERATION))
NEEDS_PERSON = after(SCHEDULED, NeedsPerson(10 * DAY, FAILURE))
CLOSED = after(SCHEDULED, Closed(10 * DAY, "kept_disabled"))
IN_PHASE = {one.phase: one for one in (SCHEDULED, ENABLING, NEEDS_PERSON, CLOSED)}
EVENTS: dict[str, Event] = {
    "sign-in checked": SignInChecked(9 * DAY, sign_in_valid=False),
    "started": Started(11 * DAY, OPERATION),
    "postponed": Postponed(11 * DAY, FAILURE),
    "needs person": NeedsPerson(11 * DAY, FAILURE),
    "escalated": Escalated(11 * DAY),
    "closed": Closed(11 * DAY, "already_enabled"),
}
TABLE = {
    (Phase.SCHEDULED, "sign-in checked"): Phase.SCHEDULED,
    (Phase.SCHEDULED, "started"): Phase.ENABLING,
    (Phase.SCHEDULED, "postponed"): Phase.SCHEDULED,
    (Phase.SCHEDULED, "needs person"): Phase.NEEDS_PERSON,
    (Phase.SCHEDULED, "closed"): Phase.CLOSED,
    (Phase.ENABLING, "postponed"): Phase.SCHEDULED,
    (Phase.ENABLING, "needs person"): Phase.NEEDS_PERSON,
    (Phase.ENABLING, "closed"): Phase.CLOSED,
    (Phase.NEEDS_PERSON, "escalated"): Phase.NEEDS_PERSON,
    (Phase.NEEDS_PERSON, "closed"): Phase.CLOSED,
}


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, EVENTS)))
def test_the_table_of_transitions(phase: Phase, event: str) -> None:
    before, expected = IN_PHASE[phase], TABLE.get((phase, event))
    if expected is None:
        with pytest.raises(NoLongerScheduled) as refused:
            after(before, EVENTS[event])
        assert isinstance(refused.value, InvalidTransition)
        return
    following = after(before, EVENTS[event])
    assert following.phase is expected
    assert following.version == before.version + 1


def test_it_is_escalated_once() -> None:
    escalated = after(NEEDS_PERSON, Escalated(11 * DAY))
    with pytest.raises(NoLongerScheduled):
        after(escalated, Escalated(12 * DAY))


def test_what_the_events_store() -> None:
    assert (ENABLING.operation, ENABLING.attempts, ENABLING.changed_at) == (OPERATION, 1, 10 * DAY)
    checked = after(SCHEDULED, SignInChecked(9 * DAY, sign_in_valid=False))
    assert (checked.sign_in_checked, checked.sign_in_valid) == (True, False)
    assert checked.changed_at == SCHEDULED.changed_at
    postponed = after(ENABLING, Postponed(11 * DAY, FAILURE))
    assert (postponed.failure, postponed.changed_at) == (FAILURE, 11 * DAY)
    assert (NEEDS_PERSON.failure, NEEDS_PERSON.needs_person_since) == (FAILURE, 10 * DAY)
    closed = after(ENABLING, Closed(11 * DAY, "replaced", PersonId("U2")))
    assert (closed.closed_as, closed.closed_by, closed.changed_at) == ("replaced", "U2", 11 * DAY)


@given(st.lists(st.sampled_from(list(EVENTS.values())), max_size=8))
def test_an_open_one_is_due_unless_everybody_was_reminded(events: list[Event]) -> None:
    auto_enable = SCHEDULED
    for event in events:
        try:
            auto_enable = after(auto_enable, event)
        except NoLongerScheduled:
            continue
    waits = auto_enable.phase is Phase.NEEDS_PERSON and auto_enable.escalated
    assert (due(auto_enable) is None) is (auto_enable.phase is Phase.CLOSED or waits)


def test_the_sign_in_is_checked_a_day_before_where_it_lasts_longer() -> None:
    assert due(SCHEDULED) == SCHEDULED.at - CHECK_SIGN_IN_BEFORE
    assert due(after(SCHEDULED, SignInChecked(9 * DAY, sign_in_valid=True))) == SCHEDULED.at
    assert due(replace(SCHEDULED, scheduled_at=9.5 * DAY)) == SCHEDULED.at


def test_one_whose_job_died_is_due_again_within_a_minute() -> None:
    assert due(ENABLING) == ENABLING.changed_at + 60.0


def test_when_the_other_phases_are_due() -> None:
    assert due(ENABLING) == 10 * DAY + CHECK_OPERATION_AFTER
    assert due(NEEDS_PERSON) == 10 * DAY + ESCALATE_AFTER
    assert due(CLOSED) is None
