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
    FoundChanged,
    FoundSo,
    GaveUp,
    LateAnswer,
    LateLook,
    Looked,
    Lost,
    NotExecuted,
    Permitted,
    Refused,
    Taken,
)
from bot.core.operations.operation import Late, Operation, Seen, State, Trouble

STEP = 5.0  # a step that was not taken by then is taken by whoever finds it
LOOK_LEAST, LOOK_MOST = 15.0, 300.0  # between two looks that failed


class Impossible(Exception):
    """A transition that the picture does not know."""


def after(operation: Operation, event: Event) -> Operation:
    """Return the operation's next version; raises Impossible."""
    state, changes = _told(operation, event)
    changed_at, version = event.at, operation.version + 1
    if operation.state.ended:  # what comes late stands beside the end
        changed_at = operation.changed_at
    return replace(operation, state=state, changed_at=changed_at, version=version, **changes)


Told = tuple[State, dict[str, Any]]


def _told(operation: Operation, event: Event) -> Told:
    match operation.state:
        case State.READY if isinstance(event, Taken):
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
            raise _impossible(operation, event)


def _from_locked(operation: Operation, event: Event) -> Told:
    match event:
        case FoundSo(at=at):
            return State.ALREADY, {"seen": Seen(operation.wanted, at), "trouble": None}
        case FoundChanged(changes=changes):
            return State.STALE, {"trouble": Trouble("DefinitionChanged", details=changes)}
        case Delayed():
            return State.LOCKED, _waiting(operation, event)
        case Permitted(at=at):
            return State.SENDING, _permitted(operation, at)
        case Refused(trouble=trouble):
            return State.REJECTED, {"trouble": trouble}
        case _:
            raise _impossible(operation, event)


def _from_sending(operation: Operation, event: Event) -> Told:
    match event:
        case NotExecuted():
            return State.LOCKED, _waiting(operation, event)
        case Answered() if event.attempt == operation.attempts:
            return _answered(operation, event)
        case Refused(trouble=trouble):
            return State.REJECTED, {"trouble": trouble}
        case Lost(at=at, trouble=trouble):
            return State.VERIFYING, _lost(operation, at, trouble)
        case _:
            raise _impossible(operation, event)


def _from_verifying(operation: Operation, event: Event) -> Told:
    match event:
        case Answered() if event.attempt == operation.attempts:
            return _answered(operation, event)
        case Looked():
            return _looked(operation, event)
        case GaveUp():
            return State.UNKNOWN, {}
        case _:
            raise _impossible(operation, event)


def _from_ended(operation: Operation, event: Event) -> dict[str, Any]:
    match event:
        case LateLook(at=at, enabled=enabled) if operation.late_at:
            late = operation.late or _late(operation, at, enabled)
            return {"late_at": 0.0, "late": late}
        case LateAnswer(at=at, enabled=enabled):
            return {"late": Late(at, enabled, "answer")}
        case _:
            raise _impossible(operation, event)


def _impossible(operation: Operation, event: Event) -> Impossible:
    return Impossible(f"{operation.state.value}: {type(event).__name__}")


def _answered(operation: Operation, event: Answered) -> Told:
    state = State.APPLIED if event.enabled is operation.wanted else State.CONFLICT
    return state, _ended(operation, Seen(event.enabled, event.at))


def _waiting(operation: Operation, event: Delayed | NotExecuted) -> dict[str, Any]:
    kind = event.trouble.kind
    return {
        "resume_at": event.resume_at,
        "trouble": event.trouble,
        # What was asked of us to wait for is no failure of ours, and is not counted.
        "unsent": operation.unsent + (kind not in {"RateLimited", "TokenRefused", "PersonRefused"}),
        "renewals": operation.renewals + (kind == "TokenRefused"),
    }


def _permitted(operation: Operation, at: float) -> dict[str, Any]:
    terms = operation.terms
    return {
        "attempts": operation.attempts + 1,
        "trouble": None,
        "resume_at": 0.0,
        # Should its holder never come back: the PATCH began and ended by then, and has settled.
        "quiet_at": at + terms.send + terms.patch + terms.settle,
    }


def _lost(operation: Operation, at: float, trouble: Trouble) -> dict[str, Any]:
    """What was read before the PATCH says nothing any more."""
    terms = operation.terms
    quiet_at = operation.quiet_at if trouble.why == "crash" else at + terms.settle
    return {
        "trouble": trouble,
        "seen": None,
        "looks": 0,
        "lost_at": at,
        "quiet_at": quiet_at,
    }


def _ended(operation: Operation, seen: Seen) -> dict[str, Any]:
    if not operation.lost_at:
        return {"seen": seen, "trouble": None}
    late = max(operation.terms.late, operation.terms.settle * 2)
    return {"seen": seen, "late_at": operation.lost_at + late}


def _looked(operation: Operation, event: Looked) -> Told:
    seen = Seen(event.enabled, event.at)
    if event.begun_at < operation.quiet_at:
        return State.VERIFYING, {"seen": seen, "looks": operation.looks + 1}
    state = State.APPLIED if event.enabled is operation.wanted else State.NOT_APPLIED
    return state, _ended(operation, seen)


def _late(operation: Operation, at: float, enabled: bool | None) -> Late | None:
    """Worth keeping only where it is not what the verdict said."""
    if enabled is None or operation.seen is None or enabled is operation.seen.enabled:
        return None
    return Late(at, enabled, "look")


def due(operation: Operation) -> float | None:
    """When the next step is due, whoever takes it; None when there is none left."""
    match operation.state:
        case State.READY | State.LOCKED:
            return operation.resume_at or operation.changed_at + STEP
        case State.SENDING:
            return operation.send_by + operation.terms.patch
        case State.VERIFYING:
            return next_look(operation)
        case _:
            return operation.late_at or None


def next_look(operation: Operation) -> float:
    """When VERIFYING looks next: at once, a few times on the way, and when it is quiet."""
    looks = operation.terms.looks
    if operation.looks < len(looks):
        at = operation.lost_at + looks[operation.looks]
        if at < operation.quiet_at:
            return at
    return operation.quiet_at


def look_again(operation: Operation, now: float) -> float:
    """When to look after a look that failed: soon at first, then ever more rarely."""
    pause = min(max((now - operation.lost_at) / 4, LOOK_LEAST), LOOK_MOST)
    return min(now + pause, operation.quiet_at) if now < operation.quiet_at else now + pause
