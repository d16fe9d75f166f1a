"""The transitions of an operation; ``operation`` has the picture of its states.

``after(operation, event)`` returns the next version, ``due(operation)`` when to look at it again.
"""

from dataclasses import replace
from typing import Any

from bot.core.operations.events import (
    Answered,
    ClockSetBack,
    Delayed,
    Event,
    FailedOver,
    FoundInState,
    FoundRedefined,
    LateReadBack,
    LateResponse,
    LockAcquired,
    NotExecuted,
    Permitted,
    ReadBack,
    Refused,
    ResponseLost,
    VerificationAbandoned,
)
from bot.core.operations.operation import (
    Failure,
    FailureKind,
    LateFinding,
    Observation,
    Operation,
    State,
)
from bot.core.transitions import InvalidTransition

STEP = 5.0  # a step that was not taken by then is due: its worker may have died
RETRY_LEAST, RETRY_MOST = 15.0, 300.0  # between two verification reads that failed
# Delays that were asked of us. They are not counted as failed attempts.
_NOT_COUNTED = {FailureKind.RATE_LIMITED, FailureKind.TOKEN_REFUSED, FailureKind.PERSON_REFUSED}


def after(operation: Operation, event: Event) -> Operation:
    """Return the operation's next version. Raises InvalidTransition."""
    state, changes = _transition(operation, event)
    changed_at, version = event.at, operation.version + 1
    if operation.state.ended:  # a late event does not change when it ended
        changed_at = operation.changed_at
    return replace(operation, state=state, changed_at=changed_at, version=version, **changes)


StateAndChanges = tuple[State, dict[str, Any]]


def _transition(operation: Operation, event: Event) -> StateAndChanges:
    match operation.state:
        case state if isinstance(event, ClockSetBack) and not state.ended:
            return state, _moved_back(operation, operation.changed_at - event.at)
        case State.READY if isinstance(event, LockAcquired):
            return State.LOCKED, {}
        case State.LOCKED:
            return _from_locked(operation, event)
        case State.SENDING:
            return _from_sending(operation, event)
        case State.VERIFYING:
            return _from_verifying(operation, event)
        case state if state.ended:
            return state, _from_ended(operation, event)
        case _:
            raise _invalid(operation, event)


def _from_locked(operation: Operation, event: Event) -> StateAndChanges:
    match event:
        case FoundInState(at=at):
            return State.ALREADY, {"seen": Observation(operation.wanted, at), "failure": None}
        case FoundRedefined(changes=changes):
            return State.STALE, {
                "failure": Failure(FailureKind.DEFINITION_CHANGED, details=changes)
            }
        case Delayed():
            return State.LOCKED, _waiting(operation, event)
        case Permitted(at=at):
            return State.SENDING, _permitted(operation, at)
        case FailedOver(at=at):
            return State.VERIFYING, _permit_forgotten(operation, at)
        case Refused(failure=failure):
            return State.REJECTED, {"failure": failure}
        case _:
            raise _invalid(operation, event)


def _from_sending(operation: Operation, event: Event) -> StateAndChanges:
    match event:
        case NotExecuted():
            return State.LOCKED, _waiting(operation, event)
        case Answered() if event.attempt == operation.attempts:
            return _answered(operation, event)
        case Refused(failure=failure):
            return State.REJECTED, {"failure": failure}
        case ResponseLost(at=at, failure=failure):
            return State.VERIFYING, _response_lost(operation, at, failure)
        case _:
            raise _invalid(operation, event)


def _from_verifying(operation: Operation, event: Event) -> StateAndChanges:
    match event:
        case Answered() if event.attempt == operation.attempts:
            return _answered(operation, event)
        case ReadBack():
            return _read_back(operation, event)
        case VerificationAbandoned():
            return State.UNKNOWN, {}
        case _:
            raise _invalid(operation, event)


def _from_ended(operation: Operation, event: Event) -> dict[str, Any]:
    match event:
        case LateReadBack(at=at, enabled=enabled) if operation.late_at:
            late = operation.late_finding or _late(operation, at, enabled)
            return {"late_at": 0.0, "late_finding": late}
        case LateResponse(at=at, enabled=enabled):
            return {"late_finding": LateFinding(at, enabled, "answer")}
        case _:
            raise _invalid(operation, event)


def _invalid(operation: Operation, event: Event) -> InvalidTransition:
    return InvalidTransition(f"{operation.state.value}: {type(event).__name__}")


def _moved_back(operation: Operation, seconds: float) -> dict[str, Any]:
    """Move every time of the operation, so that each wait takes as long as it was to take.

    How much of it is over is not known, so none is.
    """
    times = {"asked_at", "resume_at", "response_lost_at", "settled_at"}
    return {name: at - seconds for name in times if (at := getattr(operation, name))}


def _answered(operation: Operation, event: Answered) -> StateAndChanges:
    state = State.APPLIED if event.enabled is operation.wanted else State.CONFLICT
    return state, _ended(operation, Observation(event.enabled, event.at))


def _waiting(operation: Operation, event: Delayed | NotExecuted) -> dict[str, Any]:
    kind = event.failure.kind
    return {
        "resume_at": event.resume_at,
        "failure": event.failure,
        "unsent": operation.unsent + (kind not in _NOT_COUNTED),
        "renewals": operation.renewals + (kind is FailureKind.TOKEN_REFUSED),
    }


def _permitted(operation: Operation, at: float) -> dict[str, Any]:
    timeouts = operation.timeouts
    return {
        "attempts": operation.attempts + 1,
        "failure": None,
        "resume_at": 0.0,
        # If the holder of the permit dies: by then the PATCH was sent, has ended and has settled.
        "settled_at": at + timeouts.send + timeouts.patch + timeouts.settle,
    }


def _response_lost(operation: Operation, at: float, failure: Failure) -> dict[str, Any]:
    """Forget what was read before the PATCH: it says nothing of the state now."""
    settled_at = operation.settled_at if failure.why == "crash" else at + operation.timeouts.settle
    return {
        "failure": failure,
        "seen": None,
        "looks": 0,
        "response_lost_at": at,
        "settled_at": settled_at,
    }


def _permit_forgotten(operation: Operation, at: float) -> dict[str, Any]:
    """Verify as if the forgotten permit had been given just now and its PATCH had been lost."""
    failure = Failure(FailureKind.UNCLEAR, operation="toggle", why="failover")
    permitted = replace(operation, **_permitted(operation, at))
    lost = _response_lost(permitted, at, failure)
    return {**_permitted(operation, at), **lost, "settled_at": permitted.settled_at}


def _ended(operation: Operation, seen: Observation) -> dict[str, Any]:
    if not operation.response_lost_at:
        return {"seen": seen, "failure": None}
    late = max(operation.timeouts.late, operation.timeouts.settle * 2)
    return {"seen": seen, "late_at": operation.response_lost_at + late}


def _read_back(operation: Operation, event: ReadBack) -> StateAndChanges:
    seen = Observation(event.enabled, event.at)
    if event.begun_at < operation.settled_at:
        return State.VERIFYING, {"seen": seen, "looks": operation.looks + 1}
    state = State.APPLIED if event.enabled is operation.wanted else State.NOT_APPLIED
    return state, _ended(operation, seen)


def _late(operation: Operation, at: float, enabled: bool | None) -> LateFinding | None:
    """Return a finding only where it differs from the verdict."""
    if enabled is None or operation.seen is None or enabled is operation.seen.enabled:
        return None
    return LateFinding(at, enabled, "look")


def due(operation: Operation) -> float | None:
    """Return when the next step is due; None when there is none left."""
    match operation.state:
        case State.READY | State.LOCKED:
            return operation.resume_at or operation.changed_at + STEP
        case State.SENDING:
            return operation.send_by + operation.timeouts.patch
        case State.VERIFYING:
            return next_read_back(operation)
        case _:
            return operation.late_at or None


def next_read_back(operation: Operation) -> float:
    """Return when VERIFYING reads next: at once, a few times after that, and at ``settled_at``."""
    looks = operation.timeouts.looks
    if operation.looks < len(looks):
        at = operation.response_lost_at + looks[operation.looks]
        if at < operation.settled_at:
            return at
    return operation.settled_at


def retry_read_back_at(operation: Operation, now: float) -> float:
    """Return when to read again after a read that failed: soon at first, then less often."""
    pause = min(max((now - operation.response_lost_at) / 4, RETRY_LEAST), RETRY_MOST)
    return min(now + pause, operation.settled_at) if now < operation.settled_at else now + pause
