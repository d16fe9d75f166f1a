"""An auto-enable: the scheduled end of "disable … until". Its id is that of the operation that
disabled the timer.

    SCHEDULED ─SignInChecked, Postponed──▶ SCHEDULED
              ─Started───────────────────▶ ENABLING
              ─NeedsPerson───────────────▶ NEEDS_PERSON   its sign-in has ended, or a deny matches
              ─Closed────────────────────▶ CLOSED         found on, kept off, moved, replaced, gone
    ENABLING ─Postponed──────────────────▶ SCHEDULED
             ─NeedsPerson────────────────▶ NEEDS_PERSON
             ─Closed─────────────────────▶ CLOSED
    NEEDS_PERSON ─Escalated──────────────▶ NEEDS_PERSON   once
                 ─Closed─────────────────▶ CLOSED

A timer has one auto-enable at most; the store's unique key says which. A newer one closes the one
before. When it is due the timer is read again: where it is on already, the auto-enable is closed;
else an operation with the sign-in of whoever scheduled it turns it on.

``after(auto_enable, event)`` returns the next version, and raises NoLongerScheduled where the
picture has no arrow for the event. Times are unix seconds and are passed in.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

from bot.core.names import ChannelId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Failure, Operation
from bot.core.timers import ITwin, Timer
from bot.core.transitions import InvalidTransition

CHECK_SIGN_IN_BEFORE = 24 * 3600.0
ESCALATE_AFTER = 3600.0
CHECK_OPERATION_AFTER = 60.0  # if its worker died; else the end of the operation comes first

# enabled: by its operation; already_enabled: found on; kept_disabled: a person decided so;
# replaced: by another auto-enable; moved: to the timer that an edit put in its place; gone: the
# timer is not there.
ClosedAs = Literal["enabled", "already_enabled", "kept_disabled", "replaced", "moved", "gone"]


class Phase(Enum):
    SCHEDULED = "scheduled"
    ENABLING = "enabling"
    NEEDS_PERSON = "needs_person"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AutoEnable:
    """``person`` is whose sign-in (``subject``) it uses, ``at`` when the timer is to be enabled.

    ``end_approved`` are those who approved the "until", and with it this change. ``attempts``
    counts the operations started for it, ``operation`` is the last of them. ``replaces`` is the
    timer in whose place an edit seems to have put this one: such an auto-enable starts in
    NEEDS_PERSON.
    ``needs_person_since`` is when that began, 0 where it never did.
    """

    id: OperationId
    workspace: Workspace
    person: PersonId
    subject: str
    itwin: ITwin
    timer: Timer
    channel: ChannelId
    at: float
    scheduled_at: float
    reason: str = ""
    end_approved: tuple[PersonId, ...] = ()
    phase: Phase = Phase.SCHEDULED
    changed_at: float = 0.0
    sign_in_checked: bool = False
    sign_in_valid: bool = True
    attempts: int = 0
    operation: OperationId | None = None
    replaces: TimerId | None = None
    failure: Failure | None = None
    closed_as: ClosedAs | None = None
    closed_by: PersonId | None = None
    escalated: bool = False
    needs_person_since: float = 0.0
    # The requester, where another person's account is used (the policy's ``runs_as``).
    on_behalf_of: PersonId | None = None
    # The set of the operation that scheduled it, whose card shows it.
    member_of: OperationId | None = None
    version: int = 0

    @property
    def requester(self) -> PersonId:
        """Who wants the change; ``person`` is whose account it is made with."""
        return self.on_behalf_of or self.person


@dataclass(frozen=True, slots=True)
class SignInChecked:
    """Whether the sign-in is still good, checked a day before it is needed."""

    at: float
    sign_in_valid: bool


@dataclass(frozen=True, slots=True)
class Started:
    """An operation was started that enables the timer."""

    at: float
    operation: OperationId


@dataclass(frozen=True, slots=True)
class Postponed:
    """It could not be done yet and is retried; ``failure`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """A person has to do it; ``failure`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Escalated:
    """It has waited for a while, and the people concerned were reminded."""

    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    at: float
    closed_as: ClosedAs
    by: PersonId | None = None


Event = SignInChecked | Started | Postponed | NeedsPerson | Escalated | Closed


class NoLongerScheduled(InvalidTransition):
    """It was closed before, or is in a phase that has no arrow for the event."""


def scheduled_by(operation: Operation) -> AutoEnable | None:
    """Return the auto-enable that an operation with an "until" asks for; None where it has none."""
    if operation.until is None or operation.until.at is None:
        return None
    return AutoEnable(
        id=operation.id,
        workspace=operation.workspace,
        person=operation.person,
        subject=operation.acting.subject,
        itwin=operation.itwin,
        timer=operation.timer,
        channel=operation.origin.channel,
        at=operation.until.at,
        scheduled_at=operation.changed_at,
        reason=operation.reason,
        end_approved=operation.approved.by if operation.approved else (),
        on_behalf_of=operation.on_behalf_of,
        member_of=operation.member_of,
        changed_at=operation.changed_at,
    )


def after(auto_enable: AutoEnable, event: Event) -> AutoEnable:
    """Return the next version. Raises NoLongerScheduled."""
    phase, changes = _transition(auto_enable, event)
    return replace(auto_enable, phase=phase, version=auto_enable.version + 1, **changes)


PhaseAndChanges = tuple[Phase, dict[str, Any]]


def _transition(auto_enable: AutoEnable, event: Event) -> PhaseAndChanges:
    match auto_enable.phase:
        case Phase.SCHEDULED:
            return _from_scheduled(auto_enable, event)
        case Phase.ENABLING:
            return _from_enabling(auto_enable, event)
        case Phase.NEEDS_PERSON:
            return _from_needs_person(auto_enable, event)
        case Phase.CLOSED:
            raise _invalid(auto_enable, event)


def _from_scheduled(auto_enable: AutoEnable, event: Event) -> PhaseAndChanges:
    match event:
        case SignInChecked(sign_in_valid=valid):
            return Phase.SCHEDULED, {"sign_in_checked": True, "sign_in_valid": valid}
        case Started(at, operation):
            attempts = auto_enable.attempts + 1
            return Phase.ENABLING, {
                "operation": operation,
                "attempts": attempts,
                "changed_at": at,
            }
        case Postponed():
            return _postponed(event)
        case NeedsPerson():
            return _needs_person(event)
        case Closed():
            return _closed(event)
        case _:
            raise _invalid(auto_enable, event)


def _from_enabling(auto_enable: AutoEnable, event: Event) -> PhaseAndChanges:
    match event:
        case Postponed():
            return _postponed(event)
        case NeedsPerson():
            return _needs_person(event)
        case Closed():
            return _closed(event)
        case _:
            raise _invalid(auto_enable, event)


def _from_needs_person(auto_enable: AutoEnable, event: Event) -> PhaseAndChanges:
    match event:
        case Escalated() if not auto_enable.escalated:
            return Phase.NEEDS_PERSON, {"escalated": True}
        case Closed():
            return _closed(event)
        case _:
            raise _invalid(auto_enable, event)


def _postponed(event: Postponed) -> PhaseAndChanges:
    return Phase.SCHEDULED, {"failure": event.failure, "changed_at": event.at}


def _needs_person(event: NeedsPerson) -> PhaseAndChanges:
    at = event.at
    return Phase.NEEDS_PERSON, {
        "failure": event.failure,
        "changed_at": at,
        "needs_person_since": at,
    }


def _closed(event: Closed) -> PhaseAndChanges:
    return Phase.CLOSED, {
        "closed_as": event.closed_as,
        "closed_by": event.by,
        "changed_at": event.at,
    }


def _invalid(auto_enable: AutoEnable, event: Event) -> NoLongerScheduled:
    return NoLongerScheduled(f"{auto_enable.phase.value}: {type(event).__name__}")


def due(auto_enable: AutoEnable) -> float | None:
    """Return when it is to be looked at again; None when it is closed or waits for a person."""
    match auto_enable.phase:
        case Phase.SCHEDULED if (
            not auto_enable.sign_in_checked
            and auto_enable.at - auto_enable.scheduled_at > CHECK_SIGN_IN_BEFORE
        ):
            return auto_enable.at - CHECK_SIGN_IN_BEFORE
        case Phase.SCHEDULED:
            return auto_enable.at
        case Phase.ENABLING:
            return auto_enable.changed_at + CHECK_OPERATION_AFTER
        case Phase.NEEDS_PERSON if not auto_enable.escalated:
            return auto_enable.changed_at + ESCALATE_AFTER
        case _:
            return None
