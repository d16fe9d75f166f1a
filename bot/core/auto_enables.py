"""The return: the end of an "off until". It is named after the operation that turned it off.

    SET ─Brought─▶ BRINGING ─Closed─▶ CLOSED
     │ ▲               ├─Asked─▶ ASKING ─Closed─▶ CLOSED
     │ └────Delayed────┘
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
from bot.core.operations.operation import Operation, Trouble
from bot.core.timers import ITwin, Timer

PROBE_BEFORE = 24 * 3600.0
ESCALATE_AFTER = 3600.0

# How it ended: on again by this; found on; a person said so; another return took its place; the
# timer was put in another's place by an edit, or is not there.
How = Literal["returned", "already", "kept", "replaced", "moved", "gone"]


class Phase(Enum):
    SET = "set"
    BRINGING = "bringing"
    ASKING = "asking"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Return:
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
    set_at: float
    because: str = ""
    covered: tuple[PersonId, ...] = ()
    phase: Phase = Phase.SET
    changed_at: float = 0.0
    probed: bool = False
    consents: bool = True
    tries: int = 0
    operation: OperationId | None = None
    replaces: TimerId | None = None
    trouble: Trouble | None = None
    how: How | None = None
    closed_by: PersonId | None = None
    escalated: bool = False
    asked_at: float = 0.0
    # Whose wish it is, where another person's account was used for it (the policy's ``runs_as``).
    on_behalf_of: PersonId | None = None
    version: int = 0

    @property
    def setter(self) -> PersonId:
        """Whose wish it is; ``person`` is whose account it is done with."""
        return self.on_behalf_of or self.person


@dataclass(frozen=True, slots=True)
class Probed:
    """Whether the setter's consent still holds, asked a day before it is needed."""

    at: float
    consents: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """An operation was begun that turns it on."""

    at: float
    operation: OperationId


@dataclass(frozen=True, slots=True)
class Delayed:
    """It could not be done yet, and is tried again by itself. ``trouble`` says why."""

    at: float
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Asked:
    """It cannot be done by itself: a person has to. ``trouble`` says why."""

    at: float
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Escalated:
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    at: float
    how: How
    by: PersonId | None = None


Event = Probed | Brought | Delayed | Asked | Escalated | Closed


class Over(Exception):
    """It has ended, or is not where this could happen to it."""


def set_by(operation: Operation) -> Return | None:
    """Return what an operation that found or left its timer off asks for; None: nothing."""
    if operation.until is None or operation.until.at is None:
        return None
    return Return(
        id=operation.id,
        workspace=operation.workspace,
        person=operation.person,
        subject=operation.acting.subject,
        itwin=operation.itwin,
        timer=operation.timer,
        channel=operation.place.channel,
        at=operation.until.at,
        set_at=operation.changed_at,
        because=operation.because,
        covered=operation.approved.by if operation.approved else (),
        on_behalf_of=operation.on_behalf_of,
        changed_at=operation.changed_at,
    )


def after(back: Return, event: Event) -> Return:
    """Return the next version; raises Over."""
    if back.phase is Phase.CLOSED:
        raise Over
    version = back.version + 1
    match event:
        case Probed(_, consents):
            return replace(back, probed=True, consents=consents, version=version)
        case Escalated():
            return replace(back, escalated=True, version=version)
        case Brought(at, operation) if back.phase is Phase.SET:
            tries = back.tries + 1
            phase = Phase.BRINGING
            return replace(
                back, phase=phase, operation=operation, tries=tries, changed_at=at, version=version
            )
        case Delayed(at, trouble) if back.phase is not Phase.ASKING:
            phase = Phase.SET
            return replace(back, phase=phase, trouble=trouble, changed_at=at, version=version)
        case Asked(at, trouble):
            phase = Phase.ASKING
            return replace(
                back, phase=phase, trouble=trouble, changed_at=at, asked_at=at, version=version
            )
        case Closed(at, how, by):
            phase = Phase.CLOSED
            return replace(back, phase=phase, how=how, closed_by=by, changed_at=at, version=version)
        case _:
            raise Over


def due(back: Return) -> float | None:
    """When somebody has to look at it again; None when it has ended, or waits for a person."""
    match back.phase:
        case Phase.SET if not back.probed and back.at - back.set_at > PROBE_BEFORE:
            return back.at - PROBE_BEFORE
        case Phase.SET:
            return back.at
        case Phase.BRINGING:
            return back.changed_at + 60.0  # the operation's end says more, and sooner
        case Phase.ASKING if not back.escalated:
            return back.changed_at + ESCALATE_AFTER
        case _:
            return None
