"""The state machine of operations: every transition of the table, and no other."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations import events
from bot.core.operations.events import Event
from bot.core.operations.operation import (
    ActingAccount,
    Failure,
    FailureKind,
    Operation,
    Origin,
    State,
)
from bot.core.operations.transitions import STEP, after, due, retry_read_back_at
from bot.core.timers import ITwin, Timer
from bot.core.transitions import InvalidTransition

GUID = "6172e54b-45eb-5ff1-829a-df7b4fcdae2c"
READY = Operation(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=PersonId("U0ALICE"),
    acting=ActingAccount("sub", "Alice", "alice@acme.example"),
    verb="disable",
    itwin=ITwin(ITwinId(GUID), "plant-a", "PA-001"),
    timer=Timer(TimerId(GUID), "SAP", "SAP_WORK_ORDERS", "0 2 * * *", enabled=True),
    definition="d",
    wanted=False,
    origin=Origin(ChannelId("C0PLANT")),
    asked_at=100.0,
)
FAILURE = Failure(FailureKind.FORBIDDEN)
UNSENT = Failure(FailureKind.NOT_SENT)
LOST = Failure(FailureKind.UNCLEAR, why="timeout")
EVENTS: dict[str, Callable[[Operation], Event]] = {
    "lock acquired": lambda _: events.LockAcquired(101.0),
    "found in state": lambda _: events.FoundInState(101.0),
    "found redefined": lambda _: events.FoundRedefined(101.0),
    "delayed": lambda _: events.Delayed(101.0, UNSENT, 102.0),
    "permitted": lambda _: events.Permitted(101.0),
    "failed over": lambda _: events.FailedOver(101.0),
    "not executed": lambda _: events.NotExecuted(101.0, UNSENT, 102.0),
    "answered": lambda o: events.Answered(101.0, o.attempts, o.wanted),
    "answered otherwise": lambda o: events.Answered(101.0, o.attempts, not o.wanted),
    "answered for another": lambda o: events.Answered(101.0, o.attempts + 1, o.wanted),
    "refused": lambda _: events.Refused(101.0, FAILURE),
    "response lost": lambda _: events.ResponseLost(101.0, LOST),
    "read early": lambda o: events.ReadBack(121.0, 119.0, o.wanted),
    "read": lambda o: events.ReadBack(121.0, 120.0, o.wanted),
    "read otherwise": lambda o: events.ReadBack(121.0, 120.0, not o.wanted),
    "abandoned": lambda _: events.VerificationAbandoned(101.0),
    "clock set back": lambda _: events.ClockSetBack(99.0),
    "late read": lambda _: events.LateReadBack(500.0, enabled=True),
    "late response": lambda _: events.LateResponse(500.0, enabled=True),
}
TABLE = {
    **{(state, "clock set back"): state for state in State if not state.ended},
    (State.READY, "lock acquired"): State.LOCKED,
    (State.LOCKED, "found in state"): State.ALREADY,
    (State.LOCKED, "found redefined"): State.STALE,
    (State.LOCKED, "delayed"): State.LOCKED,
    (State.LOCKED, "permitted"): State.SENDING,
    (State.LOCKED, "failed over"): State.VERIFYING,
    (State.LOCKED, "refused"): State.REJECTED,
    (State.SENDING, "not executed"): State.LOCKED,
    (State.SENDING, "answered"): State.APPLIED,
    (State.SENDING, "answered otherwise"): State.CONFLICT,
    (State.SENDING, "refused"): State.REJECTED,
    (State.SENDING, "response lost"): State.VERIFYING,
    (State.VERIFYING, "answered"): State.APPLIED,
    (State.VERIFYING, "answered otherwise"): State.CONFLICT,
    (State.VERIFYING, "read early"): State.VERIFYING,
    (State.VERIFYING, "read"): State.APPLIED,
    (State.VERIFYING, "read otherwise"): State.NOT_APPLIED,
    (State.VERIFYING, "abandoned"): State.UNKNOWN,
    **{(state, "late read"): state for state in State if state.ended},
    **{(state, "late response"): state for state in State if state.ended},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, EVENTS)))
def test_the_table_of_transitions(state: State, event: str) -> None:
    before = replace(READY, state=state, settled_at=120.0, late_at=430.0, version=3, attempts=1)
    happened = EVENTS[event](before)
    expected = TABLE.get((state, event))
    if expected is None:
        with pytest.raises(InvalidTransition):
            after(before, happened)
        return
    following = after(before, happened)
    assert following.state is expected
    assert following.version == 4
    # A late event does not change when it ended.
    assert (following.changed_at == before.changed_at) is before.state.ended


def through(*happened: Event) -> Operation:
    operation = READY
    for event in happened:
        operation = after(operation, event)
    return operation


TIMEOUTS = READY.timeouts


def test_after_the_clock_was_set_back_each_wait_takes_as_long_as_before() -> None:
    for happened in (
        (),
        (events.LockAcquired(2_000.0), events.Delayed(2_001.0, UNSENT, 2_007.0)),
        (events.LockAcquired(2_000.0), events.Permitted(2_001.0)),
        (
            events.LockAcquired(2_000.0),
            events.Permitted(2_001.0),
            events.ResponseLost(2_002.0, LOST),
            events.ReadBack(2_003.0, 2_003.0, enabled=True),
        ),
    ):
        before = through(*happened)
        moved = after(before, events.ClockSetBack(before.changed_at - 1_200.0))
        wait = due(before)
        assert wait is not None
        assert due(moved) == wait - 1_200.0
        assert moved.ends_at == before.ends_at - 1_200.0
        assert moved.settled_at == (before.settled_at and before.settled_at - 1_200.0)
        assert moved.state is before.state


def test_deadlines_are_data() -> None:
    taken = through(events.LockAcquired(100.0))
    assert due(taken) == 100.0 + STEP
    delayed = after(taken, events.Delayed(101.0, UNSENT, 107.0))
    assert due(delayed) == delayed.resume_at == 107.0
    sending = after(delayed, events.Permitted(107.0))
    assert (sending.resume_at, sending.failure) == (0.0, None)
    assert sending.send_by == 107.0 + TIMEOUTS.send
    assert due(sending) == 107.0 + TIMEOUTS.send + TIMEOUTS.patch
    assert due(after(sending, events.Answered(108.0, 1, enabled=False))) is None


def test_after_a_crash_it_has_settled_when_its_patch_must_have_ended() -> None:
    sending = through(events.LockAcquired(100.0), events.Permitted(100.0))
    crash = Failure(FailureKind.UNCLEAR, operation="toggle", why="crash")
    found = after(sending, events.ResponseLost(126.0, crash))
    assert found.settled_at == 100.0 + TIMEOUTS.send + TIMEOUTS.patch + TIMEOUTS.settle
    told = after(sending, events.ResponseLost(103.0, LOST))
    assert told.settled_at == 103.0 + TIMEOUTS.settle


def test_after_a_failover_it_is_verified_as_if_a_permit_had_been_given_just_now() -> None:
    locked = through(events.LockAcquired(100.0))
    found = after(locked, events.FailedOver(110.0))
    assert found.settled_at == 110.0 + TIMEOUTS.send + TIMEOUTS.patch + TIMEOUTS.settle
    assert due(found) == found.response_lost_at == 110.0
    # Whoever holds the forgotten permit may still tell what became of it.
    assert after(found, events.Answered(112.0, 1, enabled=False)).state is State.APPLIED


def test_when_it_is_read_after_a_lost_response() -> None:
    lost = through(
        events.LockAcquired(100.0), events.Permitted(100.0), events.ResponseLost(110.0, LOST)
    )
    looks = []
    while not lost.state.ended:
        at = due(lost)
        assert at is not None
        looks.append(at - 110.0)
        lost = after(lost, events.ReadBack(at, at, enabled=False))
    assert looks == [*TIMEOUTS.looks, TIMEOUTS.settle]
    assert lost.state is State.APPLIED
    assert due(lost) == 110.0 + TIMEOUTS.late
    assert retry_read_back_at(lost, 111.0) == 126.0
    assert (
        retry_read_back_at(replace(lost, settled_at=0.0), 110.0 + 86_400) == 110.0 + 86_400 + 300.0
    )


@pytest.mark.parametrize(("read", "found"), [(False, None), (True, True), (None, None)])
def test_a_late_read_does_not_change_the_verdict(read: bool | None, found: bool | None) -> None:
    lost = through(
        events.LockAcquired(100.0), events.Permitted(100.0), events.ResponseLost(110.0, LOST)
    )
    ended = after(lost, events.ReadBack(231.0, 230.0, enabled=False))
    looked = after(ended, events.LateReadBack(440.0, read))
    assert looked.state is State.APPLIED
    assert looked.seen == ended.seen
    assert (looked.late_finding.enabled if looked.late_finding else None) is found
    assert due(looked) is None
    with pytest.raises(InvalidTransition):
        after(looked, events.LateReadBack(441.0, read))


def test_which_attempts_are_counted() -> None:
    operation = through(events.LockAcquired(100.0))
    for kind in (
        FailureKind.RATE_LIMITED,
        FailureKind.NOT_SENT,
        FailureKind.TOKEN_REFUSED,
        FailureKind.NOT_SENT,
    ):
        operation = after(operation, events.Permitted(101.0))
        operation = after(operation, events.NotExecuted(102.0, Failure(kind), 103.0))
    assert (operation.attempts, operation.unsent, operation.renewals) == (4, 2, 1)
