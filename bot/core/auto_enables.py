"""The return: the end of an "off until". It is named after the operation that turned it off.

    SET ─Brought─▶ BRINGING ─Closed─▶ CLOSED
     │ ▲               ├─Asked─▶ ASKING ─Closed─▶ CLOSED
     │ └────Delayed────┘           └─Escalated─▶ ASKING
     ├─Probed, Delayed─▶ SET
     ├─Asked─▶ ASKING  (the setter's consent has ended, or a deny stands in its way)
     └─Closed─▶ CLOSED  (enabled already, kept off, moved, replaced, gone)

A timer has one return at most; the store's pointer says which. Setting another one, in whatever
way, ends the one before. When it falls due the timer is read again: what is on already closes it
quietly; else an operation with the setter's own token turns it on.

``after(back, event)`` gives the next version, and raises ``Over`` where the picture has no such
arrow. Times are unix seconds and are passed in.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from bot.core.names import ChannelId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Failure, Operation
from bot.core.timers import ITwin, Timer

CHECK_SIGN_IN_BEFORE = 24 * 3600.0
ESCALATE_AFTER = 3600.0

# How it ended: on again by this; found on; a person said so; another return took its place; the
# timer was put in another's place by an edit, or is not there.
ClosedAs = Literal["returned", "already", "kept", "replaced", "moved", "gone"]


class Phase(Enum):
    SCHEDULED = "set"
    ENABLING = "bringing"
    NEEDS_PERSON = "asking"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AutoEnable:
    """``covered`` are those who approved the "until", and with it the return.

    ``tries`` counts the operations begun for it. ``replaces`` is the timer in whose place an edit
    seems to have put this one: such a return begins by asking. ``asked_at`` is when a person was
    asked to do it, 0 where nobody was.
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
    # Whose wish it is, where another person's account was used for it (the policy's ``runs_as``).
    on_behalf_of: PersonId | None = None
    version: int = 0

    @property
    def requester(self) -> PersonId:
        """Whose wish it is; ``person`` is whose account it is done with."""
        return self.on_behalf_of or self.person


@dataclass(frozen=True, slots=True)
class SignInChecked:
    """Whether the setter's consent still holds, asked a day before it is needed."""

    at: float
    sign_in_valid: bool


@dataclass(frozen=True, slots=True)
class Started:
    """An operation was begun that turns it on."""

    at: float
    operation: OperationId


@dataclass(frozen=True, slots=True)
class Postponed:
    """It could not be done yet, and is tried again by itself. ``trouble`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """It cannot be done by itself: a person has to. ``trouble`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Escalated:
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    at: float
    how: ClosedAs
    by: PersonId | None = None


Event = SignInChecked | Started | Postponed | NeedsPerson | Escalated | Closed


class NoLongerScheduled(Exception):
    """It has ended, or is not where this could happen to it."""


def scheduled_by(operation: Operation) -> AutoEnable | None:
    """Return what an operation that found or left its timer off asks for; None: nothing."""
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
        changed_at=operation.changed_at,
    )


def after(auto_enable: AutoEnable, event: Event) -> AutoEnable:
    """Return the next version; raises Over."""
    if auto_enable.phase is Phase.CLOSED:
        raise NoLongerScheduled
    version = auto_enable.version + 1
    match event:
        case SignInChecked(_, consents) if auto_enable.phase is Phase.SCHEDULED:
            return replace(
                auto_enable, sign_in_checked=True, sign_in_valid=consents, version=version
            )
        case Escalated() if auto_enable.phase is Phase.NEEDS_PERSON:
            return replace(auto_enable, escalated=True, version=version)
        case Started(at, operation) if auto_enable.phase is Phase.SCHEDULED:
            tries = auto_enable.attempts + 1
            phase = Phase.ENABLING
            return replace(
                auto_enable,
                phase=phase,
                operation=operation,
                attempts=tries,
                changed_at=at,
                version=version,
            )
        case Postponed(at, failure) if auto_enable.phase is not Phase.NEEDS_PERSON:
            phase = Phase.SCHEDULED
            return replace(
                auto_enable, phase=phase, failure=failure, changed_at=at, version=version
            )
        case NeedsPerson(at, failure) if auto_enable.phase is not Phase.NEEDS_PERSON:
            phase = Phase.NEEDS_PERSON
            return replace(
                auto_enable,
                phase=phase,
                failure=failure,
                changed_at=at,
                needs_person_since=at,
                version=version,
            )
        case Closed(at, how, by):
            phase = Phase.CLOSED
            return replace(
                auto_enable,
                phase=phase,
                closed_as=how,
                closed_by=by,
                changed_at=at,
                version=version,
            )
        case _:
            raise NoLongerScheduled


def due(auto_enable: AutoEnable) -> float | None:
    """When somebody has to look at it again; None when it has ended, or waits for a person."""
    match auto_enable.phase:
        case Phase.SCHEDULED if (
            not auto_enable.sign_in_checked
            and auto_enable.at - auto_enable.scheduled_at > CHECK_SIGN_IN_BEFORE
        ):
            return auto_enable.at - CHECK_SIGN_IN_BEFORE
        case Phase.SCHEDULED:
            return auto_enable.at
        case Phase.ENABLING:
            return auto_enable.changed_at + 60.0  # the operation's end says more, and sooner
        case Phase.NEEDS_PERSON if not auto_enable.escalated:
            return auto_enable.changed_at + ESCALATE_AFTER
        case _:
            return None
