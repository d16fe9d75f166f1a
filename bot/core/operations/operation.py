"""An operation: one change of one timer to one state, with its whole history, as a state machine.

    READY ─LockAcquired─▶ LOCKED
    LOCKED ─Delayed──────────▶ LOCKED
           ─Permitted────────▶ SENDING
           ─FailedOver───────▶ VERIFYING
           ─FoundInState─────▶ ALREADY
           ─FoundRedefined───▶ STALE
           ─Refused──────────▶ REJECTED
    SENDING ─NotExecuted─────▶ LOCKED
            ─Answered────────▶ APPLIED | CONFLICT
            ─Refused─────────▶ REJECTED
            ─ResponseLost────▶ VERIFYING
    VERIFYING ─ReadBack──────▶ VERIFYING (before ``settled_at``) | APPLIED | NOT_APPLIED
              ─Answered──────▶ APPLIED | CONFLICT (a late answer)
              ─VerificationAbandoned──▶ UNKNOWN
    every ended state ─LateReadBack, LateResponse──▶ itself

1. The PATCH is sent in SENDING only, once for each time SENDING is entered.
2. SENDING goes back to LOCKED only with proof that the PATCH was not executed.
3. VERIFYING only reads. Its verdict comes from a read that began after ``settled_at``.
4. A state that ended never changes; what is learnt later is stored in ``late_finding``.

This module has the values; ``events`` has the events, and ``transitions.after(operation, event)``
is the only way from version to version. Deadlines are data: ``Timeouts`` are stored with the
operation. Times are unix seconds and are passed in.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from bot.core.language.until import Until
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.timers import ITwin, Timer

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

    @property
    def changed_nothing(self) -> bool:
        """Whether it ended and has certainly changed nothing."""
        return self in {State.REJECTED, State.STALE, State.NOT_APPLIED, State.ALREADY}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Durations in seconds. They are stored with the operation, so all replicas use the same.

    ``life``: an operation that could not be sent by then is not sent any more. ``send``: a permit
    that was not used by then is not used. ``patch`` bounds the PATCH, ``settle`` how long a lost
    one may take to be executed. ``looks`` are the first reads after a lost response, ``late`` is
    the last one; ``give_up`` ends the search for a verdict.
    """

    life: float = 15 * 60.0
    send: float = 5.0
    patch: float = 20.0
    settle: float = 120.0
    looks: tuple[float, ...] = (0.0, 5.0, 15.0, 45.0)
    late: float = 330.0
    give_up: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class ActingAccount:
    """The iTwin account an operation acts as (claims of the ID token)."""

    subject: str
    name: str
    email: str

    @property
    def label(self) -> str:
        """What people read. A provider that tells no name leaves the beginning of the subject."""
        return self.email or self.name or f"account {self.subject[:8]}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change was requested. ``response_url`` is Slack's (30 minutes, 5 uses), or empty.

    ``card`` is the ts of a message of ours that this operation takes over, or empty; ``replaces``
    is the operation whose card it was. ``thread`` is the ts of the thread's root, or empty.
    """

    channel: ChannelId
    response_url: str = ""
    card: str = ""
    replaces: OperationId | None = None
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """Who approved it, when the last of them did, and the digest of what they approved."""

    by: tuple[PersonId, ...]
    at: float
    digest: str


@dataclass(frozen=True, slots=True)
class Observation:
    """The state that was read, and when."""

    enabled: bool
    at: float


class FailureKind(Enum):
    """Why something was not done. The values are stored, and are independent of any class name.

    Most stand for an error (``failures`` maps both ways); the others for a state that was found.
    """

    # errors of the EDFS and iTwins APIs
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - no secret
    CLIENT_UNKNOWN = "client_unknown"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    RATE_LIMITED = "rate_limited"
    UNCLEAR = "unclear"
    # other errors
    SIGN_IN_NEEDED = "sign_in_needed"
    ACCOUNT_CHANGED = "account_changed"
    IDENTITY_PROVIDER = "identity_provider"
    SEAL_BROKEN = "seal_broken"
    STORE_UNREACHABLE = "store_unreachable"
    PERSON_REFUSED = "person_refused"
    POLICY_REFUSED = "policy_refused"
    AUTHORIZATION_REVOKED = "authorization_revoked"
    CHANGES_STOPPED = "changes_stopped"
    CANNOT_UNDO = "cannot_undo"
    DEFINITION_CHANGED = "definition_changed"
    TIMER_GONE = "timer_gone"
    EXPIRED = "expired"
    # states that were found
    ALREADY_IN_STATE = "already_in_state"
    STATE_CHANGED = "state_changed"
    CONFLICT = "conflict"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a change was not made, as facts; the views word it.

    ``code``, ``message`` and ``details`` are the platform's own; ``until`` is the time from which a
    retry makes sense (0: any time). ``why`` refines the kind.
    """

    kind: FailureKind
    operation: str = ""
    status: int = 0
    code: str = ""
    message: str = ""
    details: tuple[tuple[str, str, str], ...] = ()
    until: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class LateFinding:
    """What was learnt after the end. ``enabled`` None: another operation had changed it since."""

    at: float
    enabled: bool | None
    how: Literal["look", "answer"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one timer. ``person`` is whose account it uses, ``requester`` who wants it.

    ``resume_at``: no step is taken before it. ``attempts`` counts the permits, ``renewals`` the
    401s among them, ``unsent`` the attempts that provably were not executed. ``looks`` counts the
    reads in VERIFYING, which began at ``response_lost_at``; from ``settled_at`` on a read tells
    what became of the PATCH. ``late_at``: when to read a last time (0: not at all, or done).
    ``definition`` and ``inputs`` are digests of what was shown when the change was requested.
    """

    id: OperationId
    workspace: Workspace
    person: PersonId
    acting: ActingAccount
    verb: Literal["toggle", "enable", "disable", "undo", "redo"]
    itwin: ITwin
    timer: Timer
    definition: str
    wanted: bool
    origin: Origin
    asked_at: float
    timeouts: Timeouts = Timeouts()
    reason: str = ""
    undoes: OperationId | None = None
    # How long it is to stay off; the auto-enable is scheduled when it is known to be off.
    until: Until | None = None
    # The auto-enable that started this operation; its id is that of the operation that disabled.
    auto_enables: OperationId | None = None
    # The set that it belongs to, whose card shows it; None for one with a card of its own.
    member_of: OperationId | None = None
    # The requester, where another person's account is used (the policy's ``runs_as``).
    on_behalf_of: PersonId | None = None
    approved: Approved | None = None
    inputs: str = ""
    emergency: bool = False
    # When the state was last seen, if it was another one then (0: it was not).
    changed_outside_since: float = 0.0
    state: State = State.READY
    changed_at: float = 0.0
    resume_at: float = 0.0
    attempts: int = 0
    renewals: int = 0
    unsent: int = 0
    looks: int = 0
    response_lost_at: float = 0.0
    settled_at: float = 0.0
    late_at: float = 0.0
    seen: Observation | None = None
    late_finding: LateFinding | None = None
    failure: Failure | None = None
    version: int = 0

    @property
    def trace(self) -> str:
        """The short id that a person can quote and that the log has."""
        return self.id[:8]

    @property
    def requester(self) -> PersonId:
        """Who wants the change; ``person`` is whose account it is made with."""
        return self.on_behalf_of or self.person

    @property
    def root(self) -> OperationId:
        """The first operation of the change thread that this one continues."""
        return self.undoes or self.auto_enables or self.id

    @property
    def ends_at(self) -> float:
        """When it expires: it is not sent after this."""
        return self.asked_at + self.timeouts.life

    @property
    def send_by(self) -> float:
        """In SENDING: when the holder of the permit must have begun to send."""
        return self.changed_at + self.timeouts.send
