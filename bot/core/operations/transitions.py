"""The arrows of the picture in ``operations``: what can happen to one, and what becomes of it.

``after(operation, event)`` gives the next version, and raises ``Impossible`` for what the picture
does not know. ``due(operation)`` says when somebody has to look at it again.
"""

from dataclasses import replace
from typing import Any

from bot.core.operations.events import (
    Answered,
    Delayed,
    Event,
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
from bot.core.operations.operation import Failure, LateFinding, Observation, Operation, State

STEP = 5.0  # a step that was not taken by then is taken by whoever finds it
LOOK_LEAST, LOOK_MOST = 15.0, 300.0  # between two looks that failed


class InvalidTransition(Exception):
    """A transition that the picture does not know."""


def after(operation: Operation, event: Event) -> Operation:
    """Return the operation's next version; raises Impossible."""
    state, changes = _transition(operation, event)
    changed_at, version = event.at, operation.version + 1
    if operation.state.ended:  # what comes late stands beside the end
        changed_at = operation.changed_at
    return replace(operation, state=state, changed_at=changed_at, version=version, **changes)


StateAndChanges = tuple[State, dict[str, Any]]


def _transition(operation: Operation, event: Event) -> StateAndChanges:
    match operation.state:
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
            return State.STALE, {"failure": Failure("DefinitionChanged", details=changes)}
        case Delayed():
            return State.LOCKED, _waiting(operation, event)
        case Permitted(at=at):
            return State.SENDING, _permitted(operation, at)
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


def _answered(operation: Operation, event: Answered) -> StateAndChanges:
    state = State.APPLIED if event.enabled is operation.wanted else State.CONFLICT
    return state, _ended(operation, Observation(event.enabled, event.at))


def _waiting(operation: Operation, event: Delayed | NotExecuted) -> dict[str, Any]:
    kind = event.failure.kind
    return {
        "resume_at": event.resume_at,
        "failure": event.failure,
        # What was asked of us to wait for is no failure of ours, and is not counted.
        "unsent": operation.unsent + (kind not in {"RateLimited", "TokenRefused", "PersonRefused"}),
        "renewals": operation.renewals + (kind == "TokenRefused"),
    }


def _permitted(operation: Operation, at: float) -> dict[str, Any]:
    terms = operation.timeouts
    return {
        "attempts": operation.attempts + 1,
        "failure": None,
        "resume_at": 0.0,
        # Should its holder never come back: the PATCH began and ended by then, and has settled.
        "settled_at": at + terms.send + terms.patch + terms.settle,
    }


def _response_lost(operation: Operation, at: float, failure: Failure) -> dict[str, Any]:
    """What was read before the PATCH says nothing any more."""
    terms = operation.timeouts
    quiet_at = operation.settled_at if failure.why == "crash" else at + terms.settle
    return {
        "failure": failure,
        "seen": None,
        "looks": 0,
        "response_lost_at": at,
        "settled_at": quiet_at,
    }


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
    """Worth keeping only where it is not what the verdict said."""
    if enabled is None or operation.seen is None or enabled is operation.seen.enabled:
        return None
    return LateFinding(at, enabled, "look")


def due(operation: Operation) -> float | None:
    """When the next step is due, whoever takes it; None when there is none left."""
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
    """When VERIFYING looks next: at once, a few times on the way, and when it is quiet."""
    looks = operation.timeouts.looks
    if operation.looks < len(looks):
        at = operation.response_lost_at + looks[operation.looks]
        if at < operation.settled_at:
            return at
    return operation.settled_at


def retry_read_back_at(operation: Operation, now: float) -> float:
    """When to look after a look that failed: soon at first, then ever more rarely."""
    pause = min(max((now - operation.response_lost_at) / 4, LOOK_LEAST), LOOK_MOST)
    return min(now + pause, operation.settled_at) if now < operation.settled_at else now + pause
