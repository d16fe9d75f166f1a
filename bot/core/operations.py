"""One wish to bring one timer to one state, with its whole history, as a state machine of values.

    READY ─▶ LOCKED ─▶ SENDING ─▶ APPLIED | CONFLICT | REJECTED
                │         └─▶ VERIFYING ─▶ APPLIED | NOT_APPLIED | UNKNOWN
                └─▶ ALREADY | STALE | REJECTED

1. The PATCH is sent in SENDING only, once for each time SENDING is entered.
2. SENDING goes back to LOCKED only with proof that the PATCH was not executed.
3. VERIFYING only reads. Its verdict comes from a read begun after ``quiet_at``.
4. A terminal state never changes.

Each transition is a function of the operation and what happened; a transition the table does not
know raises ``Impossible``. Times are unix seconds and are passed in.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.timers import ITwin, Timer

LIFE = 15 * 60.0  # an operation that could not be sent by then is not sent any more
GIVE_UP = 24 * 3600.0  # a verdict is looked for this long
UNDO_LIMIT = 24 * 3600.0


class State(Enum):
    READY = "ready"
    LOCKED = "locked"
    SENDING = "sending"
    VERIFYING = "verifying"
    APPLIED = "applied"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"
    ALREADY = "already"
    STALE = "stale"

    @property
    def ended(self) -> bool:
        return self not in {State.READY, State.LOCKED, State.SENDING, State.VERIFYING}


class Impossible(Exception):
    """A transition that the table does not know."""


@dataclass(frozen=True, slots=True)
class Acting:
    """The iTwin account an operation acts as (claims of the ID token)."""

    subject: str
    name: str
    email: str

    @property
    def label(self) -> str:
        return self.email or self.name or self.subject


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was asked. ``reply`` is Slack's response_url (30 minutes, 5 uses), or empty.

    ``card`` is the ts of a message of ours that this operation takes over, or empty.
    """

    channel: ChannelId
    reply: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    enabled: bool
    at: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an operation did not do what was wished, as facts; the words are made in the views.

    ``kind`` names the error's class in ``core.errors``; ``code``, ``message``, ``details`` are the
    platform's own; ``until`` is the time from which a retry makes sense (0: any time).
    """

    kind: str
    operation: str = ""
    status: int = 0
    code: str = ""
    message: str = ""
    details: tuple[tuple[str, str, str], ...] = ()
    until: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    id: OperationId
    workspace: Workspace
    person: PersonId
    acting: Acting
    verb: Literal["toggle", "enable", "disable", "undo"]
    itwin: ITwin
    timer: Timer
    definition: str
    wanted: bool
    place: Place
    asked_at: float
    because: str = ""
    undoes: OperationId | None = None
    # Said on the card: the state differed from what was last seen, at this time.
    changed_outside_since: float = 0.0
    state: State = State.READY
    changed_at: float = 0.0
    attempts: int = 0
    quiet_at: float = 0.0
    seen: Seen | None = None
    trouble: Trouble | None = None
    version: int = 0

    @property
    def trace(self) -> str:
        """The short id that a person can quote and that stands in the log."""
        return self.id[:8]


def locked(operation: Operation, now: float) -> Operation:
    return _move(operation, {State.READY}, State.LOCKED, now)


def already(operation: Operation, now: float) -> Operation:
    """The read under the lock found the wanted state."""
    seen = Seen(operation.wanted, now)
    return _move(operation, {State.LOCKED}, State.ALREADY, now, seen=seen)


def stale(operation: Operation, now: float) -> Operation:
    """The read under the lock found another definition than the one that was seen."""
    changed = Trouble("DefinitionChanged")
    return _move(operation, {State.LOCKED}, State.STALE, now, trouble=changed)


def sending(operation: Operation, now: float) -> Operation:
    """The permit: from here on one PATCH may be on its way."""
    attempts = operation.attempts + 1
    return _move(operation, {State.LOCKED}, State.SENDING, now, attempts=attempts)


def not_executed(operation: Operation, now: float) -> Operation:
    """Proof that the PATCH was not executed, and another try is worth it."""
    return _move(operation, {State.SENDING}, State.LOCKED, now)


def answered(operation: Operation, enabled: bool, now: float) -> Operation:
    """The PATCH was answered with the timer's state after the flip."""
    state = State.APPLIED if enabled is operation.wanted else State.CONFLICT
    return _move(operation, {State.SENDING}, state, now, seen=Seen(enabled, now))


def rejected(operation: Operation, trouble: Trouble, now: float) -> Operation:
    """Refused, or given up, with proof that nothing of it was executed."""
    sources = {State.LOCKED, State.SENDING}
    return _move(operation, sources, State.REJECTED, now, trouble=trouble)


def lost(operation: Operation, trouble: Trouble, quiet_at: float, now: float) -> Operation:
    """Nobody can say whether the PATCH was executed. ``quiet_at`` is when a read can tell.

    What was read before the PATCH says nothing any more.
    """
    facts = {"trouble": trouble, "quiet_at": quiet_at, "seen": None}
    return _move(operation, {State.SENDING}, State.VERIFYING, now, **facts)


def looked(operation: Operation, enabled: bool, begun_at: float, now: float) -> Operation:
    """A verification read: provisional before ``quiet_at``, the verdict after it."""
    seen = Seen(enabled, now)
    if begun_at < operation.quiet_at:
        return _move(operation, {State.VERIFYING}, State.VERIFYING, now, seen=seen)
    state = State.APPLIED if enabled is operation.wanted else State.NOT_APPLIED
    return _move(operation, {State.VERIFYING}, state, now, seen=seen)


def unknown(operation: Operation, now: float) -> Operation:
    return _move(operation, {State.VERIFYING}, State.UNKNOWN, now)


def _move(
    operation: Operation, sources: set[State], target: State, now: float, **changes: object
) -> Operation:
    if operation.state not in sources:
        raise Impossible(f"{operation.state.value} → {target.value}")
    changed = replace(operation, state=target, changed_at=now, version=operation.version + 1)
    return replace(changed, **changes)  # type: ignore[arg-type]
