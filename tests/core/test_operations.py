"""The state machine: every transition of the table, and nothing besides."""

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
TROUBLE = Failure(FailureKind.FORBIDDEN)
UNSENT = Failure(FailureKind.NOT_SENT)
LOST = Failure(FailureKind.UNCLEAR, why="timeout")
EVENTS: dict[str, Callable[[Operation], Event]] = {
    "taken": lambda _: events.LockAcquired(101.0),
    "found so": lambda _: events.FoundInState(101.0),
    "found changed": lambda _: events.FoundRedefined(101.0),
    "delayed": lambda _: events.Delayed(101.0, UNSENT, 102.0),
    "permitted": lambda _: events.Permitted(101.0),
    "not executed": lambda _: events.NotExecuted(101.0, UNSENT, 102.0),
    "answered": lambda o: events.Answered(101.0, o.attempts, o.wanted),
    "answered otherwise": lambda o: events.Answered(101.0, o.attempts, not o.wanted),
    "answered for another": lambda o: events.Answered(101.0, o.attempts + 1, o.wanted),
    "refused": lambda _: events.Refused(101.0, TROUBLE),
    "lost": lambda _: events.ResponseLost(101.0, LOST),
    "looked early": lambda o: events.ReadBack(121.0, 119.0, o.wanted),
    "looked": lambda o: events.ReadBack(121.0, 120.0, o.wanted),
    "looked otherwise": lambda o: events.ReadBack(121.0, 120.0, not o.wanted),
    "gave up": lambda _: events.VerificationAbandoned(101.0),
    "late look": lambda _: events.LateReadBack(500.0, enabled=True),
    "late answer": lambda _: events.LateResponse(500.0, enabled=True),
}
TABLE = {
    (State.READY, "taken"): State.LOCKED,
    (State.LOCKED, "found so"): State.ALREADY,
    (State.LOCKED, "found changed"): State.STALE,
    (State.LOCKED, "delayed"): State.LOCKED,
    (State.LOCKED, "permitted"): State.SENDING,
    (State.LOCKED, "refused"): State.REJECTED,
    (State.SENDING, "not executed"): State.LOCKED,
    (State.SENDING, "answered"): State.APPLIED,
    (State.SENDING, "answered otherwise"): State.CONFLICT,
    (State.SENDING, "refused"): State.REJECTED,
    (State.SENDING, "lost"): State.VERIFYING,
    (State.VERIFYING, "answered"): State.APPLIED,
    (State.VERIFYING, "answered otherwise"): State.CONFLICT,
    (State.VERIFYING, "looked early"): State.VERIFYING,
    (State.VERIFYING, "looked"): State.APPLIED,
    (State.VERIFYING, "looked otherwise"): State.NOT_APPLIED,
    (State.VERIFYING, "gave up"): State.UNKNOWN,
    **{(state, "late look"): state for state in State if state.ended},
    **{(state, "late answer"): state for state in State if state.ended},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, EVENTS)))
def test_the_table_of_transitions(state: State, event: str) -> None:
    before = replace(READY, state=state, settled_at=120.0, late_at=430.0, version=3, attempts=1)
    happened = EVENTS[event](before)
    wanted = TABLE.get((state, event))
    if wanted is None:
        with pytest.raises(InvalidTransition):
            after(before, happened)
        return
    became = after(before, happened)
    assert became.state is wanted
    assert became.version == 4
    # What comes late does not touch when and how it ended.
    assert (became.changed_at == before.changed_at) is before.state.ended


def through(*happened: Event) -> Operation:
    operation = READY
    for event in happened:
        operation = after(operation, event)
    return operation


TERMS = READY.timeouts


def test_deadlines_are_data() -> None:
    taken = through(events.LockAcquired(100.0))
    assert due(taken) == 100.0 + STEP
    delayed = after(taken, events.Delayed(101.0, UNSENT, 107.0))
    assert due(delayed) == delayed.resume_at == 107.0
    sending = after(delayed, events.Permitted(107.0))
    assert (sending.resume_at, sending.failure) == (0.0, None)
    assert sending.send_by == 107.0 + TERMS.send
    assert due(sending) == 107.0 + TERMS.send + TERMS.patch
    assert due(after(sending, events.Answered(108.0, 1, enabled=False))) is None


def test_a_crash_is_quiet_only_when_its_patch_must_have_ended_and_settled() -> None:
    sending = through(events.LockAcquired(100.0), events.Permitted(100.0))
    crash = Failure(FailureKind.UNCLEAR, operation="toggle", why="crash")
    found = after(sending, events.ResponseLost(126.0, crash))
    assert found.settled_at == 100.0 + TERMS.send + TERMS.patch + TERMS.settle
    told = after(sending, events.ResponseLost(103.0, LOST))
    assert told.settled_at == 103.0 + TERMS.settle


def test_the_looks_after_a_loss() -> None:
    lost = through(
        events.LockAcquired(100.0), events.Permitted(100.0), events.ResponseLost(110.0, LOST)
    )
    looks = []
    while not lost.state.ended:
        at = due(lost)
        assert at is not None
        looks.append(at - 110.0)
        lost = after(lost, events.ReadBack(at, at, enabled=False))
    assert looks == [*TERMS.looks, TERMS.settle]
    assert lost.state is State.APPLIED
    assert due(lost) == 110.0 + TERMS.late
    assert retry_read_back_at(lost, 111.0) == 126.0
    assert (
        retry_read_back_at(replace(lost, settled_at=0.0), 110.0 + 86_400) == 110.0 + 86_400 + 300.0
    )


@pytest.mark.parametrize(("read", "said"), [(False, None), (True, True), (None, None)])
def test_a_late_look_stands_beside_the_verdict(read: bool | None, said: bool | None) -> None:
    lost = through(
        events.LockAcquired(100.0), events.Permitted(100.0), events.ResponseLost(110.0, LOST)
    )
    ended = after(lost, events.ReadBack(231.0, 230.0, enabled=False))
    looked = after(ended, events.LateReadBack(440.0, read))
    assert looked.state is State.APPLIED
    assert looked.seen == ended.seen
    assert (looked.late_finding.enabled if looked.late_finding else None) is said
    assert due(looked) is None
    with pytest.raises(InvalidTransition):
        after(looked, events.LateReadBack(441.0, read))


def test_what_is_counted() -> None:
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
