"""One wish to bring one timer to one state, with its whole history, as a state machine of values.

    READY ─Taken─▶ LOCKED ─Permitted─▶ SENDING ─Answered─▶ APPLIED | CONFLICT
                   │ ▲ ▲ └─Delayed─┘    │  │ └───Refused─▶ REJECTED
                   │ │ └───NotExecuted──┘  └─────Lost──▶ VERIFYING ─Looked─▶ VERIFYING (too early)
                   │ │                                    │ ├─Looked─▶ APPLIED | NOT_APPLIED
                   │ └ FoundSo ─▶ ALREADY                 │ ├─Answered (late) ─▶ APPLIED | CONFLICT
                   ├── FoundChanged ─▶ STALE              │ └─GaveUp─▶ UNKNOWN
                   └── Refused ─▶ REJECTED                │
                                     every ended state ─LateLook, LateAnswer─▶ itself

1. The PATCH is sent in SENDING only, once for each time SENDING is entered.
2. SENDING goes back to LOCKED only with proof that the PATCH was not executed.
3. VERIFYING only reads. Its verdict comes from a read begun after ``quiet_at``.
4. A state that ended never changes; what is learnt later stands beside it, in ``late``.

Here are the values; the arrows are events, and ``transitions.after(operation, event)`` is the one
way from version to version. Deadlines are data: ``Terms`` go with the operation. Times are unix
seconds and are passed in.
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
        """Whether it ended and has changed nothing, for certain."""
        return self in {State.REJECTED, State.STALE, State.NOT_APPLIED, State.ALREADY}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long what may take, in seconds. They go with the operation: all replicas mean the same.

    ``life``: what could not be sent by then is not sent any more. ``send``: a permit not used by
    then is not used. ``patch`` bounds the PATCH, ``settle`` how long a lost one may linger.
    ``looks`` are the first reads after a loss, ``late`` the last one; ``give_up`` ends the search
    for a verdict.
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
        return self.email or self.name or self.subject


@dataclass(frozen=True, slots=True)
class Origin:
    """Where it was asked. ``reply`` is Slack's response_url (30 minutes, 5 uses), or empty.

    ``card`` is the ts of a message of ours that this operation takes over, or empty; ``of`` is the
    operation whose button was pressed there. ``thread`` is the ts of the message below which it
    was asked, or empty.
    """

    channel: ChannelId
    response_url: str = ""
    card: str = ""
    replaces: OperationId | None = None
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """Who agreed to it, when the last of them did, and the digest of what they agreed to."""

    by: tuple[PersonId, ...]
    at: float
    digest: str


@dataclass(frozen=True, slots=True)
class Observation:
    enabled: bool
    at: float


@dataclass(frozen=True, slots=True)
class Failure:
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
class LateFinding:
    """What was learnt after the end. ``enabled`` None: somebody else had changed it since."""

    at: float
    enabled: bool | None
    how: Literal["look", "answer"]


@dataclass(frozen=True, slots=True)
class Operation:
    """``resume_at``: nothing is tried before it. ``lost_at``: when the answer was missed.

    ``attempts`` counts the permits, ``renewals`` the 401s among them, ``unsent`` what provably did
    not leave. ``quiet_at``: from then on a read tells what came of the PATCH. ``late_at``: when to
    look a last time (0: not at all, or done).
    """

    id: OperationId
    workspace: Workspace
    person: PersonId
    acting: ActingAccount
    verb: Literal["toggle", "enable", "disable", "undo"]
    itwin: ITwin
    timer: Timer
    definition: str
    wanted: bool
    origin: Origin
    asked_at: float
    timeouts: Timeouts = Timeouts()
    reason: str = ""
    undoes: OperationId | None = None
    # How long it is to stay off; the return is set when it is known to be off.
    until: Until | None = None
    # The operation whose return this is: that one turned the timer off until now.
    auto_enables: OperationId | None = None
    # Who asked, where another person's account is used for it (the policy's ``runs_as``).
    on_behalf_of: PersonId | None = None
    approved: Approved | None = None
    inputs: str = ""  # digest of the parameters, to say later whether they were edited
    emergency: bool = False
    # Said on the card: the state differed from what was last seen, at this time.
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
        """The short id that a person can quote and that stands in the log."""
        return self.id[:8]

    @property
    def requester(self) -> PersonId:
        """Whose wish it is; ``person`` is whose account it is done with."""
        return self.on_behalf_of or self.person

    @property
    def root(self) -> OperationId:
        """The operation whose story this one goes on with."""
        return self.undoes or self.auto_enables or self.id

    @property
    def ends_at(self) -> float:
        """From then on it is not sent any more."""
        return self.asked_at + self.timeouts.life

    @property
    def send_by(self) -> float:
        """In SENDING: until then the holder of the permit may begin to send."""
        return self.changed_at + self.timeouts.send
