"""The events of an operation; ``transitions.after`` returns what it becomes.

``at`` is when it happened (unix seconds).
"""

from dataclasses import dataclass

from bot.core.operations.operation import Failure


@dataclass(frozen=True, slots=True)
class LockAcquired:
    """The operation has its timer's lock."""

    at: float


@dataclass(frozen=True, slots=True)
class FoundInState:
    """The read under the lock found the wanted state."""

    at: float


@dataclass(frozen=True, slots=True)
class FoundRedefined:
    """The read under the lock found another definition than the one that was shown.

    ``changes`` as from ``timers.differences``.
    """

    at: float
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delayed:
    """It cannot be read or sent now; the next attempt is at ``resume_at``."""

    at: float
    failure: Failure
    resume_at: float


@dataclass(frozen=True, slots=True)
class Permitted:
    """The permit to send: from here on one PATCH may be in flight."""

    at: float


@dataclass(frozen=True, slots=True)
class FailedOver:
    """The store failed over since the lock was taken, and may have forgotten an earlier permit."""

    at: float


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """There is proof that the PATCH was not executed, and another attempt makes sense."""

    at: float
    failure: Failure
    resume_at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The PATCH of this ``attempt`` was answered with the timer's state after the flip."""

    at: float
    attempt: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """It was refused or given up, with proof that the PATCH was not executed."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class ResponseLost:
    """Whether the PATCH was executed is not known; it may still be in flight."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A verification read, begun at ``begun_at``: provisional before ``settled_at``, then final."""

    at: float
    begun_at: float
    enabled: bool


@dataclass(frozen=True, slots=True)
class VerificationAbandoned:
    """No read has succeeded for ``Timeouts.give_up`` seconds."""

    at: float


@dataclass(frozen=True, slots=True)
class ClockSetBack:
    """The operation was changed in the future: since then the clock was set back."""

    at: float


@dataclass(frozen=True, slots=True)
class LateReadBack:
    """The last read. ``enabled`` None: not read, as another operation has ended on it since."""

    at: float
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class LateResponse:
    """The PATCH was answered after the operation had ended."""

    at: float
    enabled: bool


Event = (
    LockAcquired
    | FoundInState
    | FoundRedefined
    | Delayed
    | Permitted
    | FailedOver
    | NotExecuted
    | Answered
    | Refused
    | ResponseLost
    | ReadBack
    | VerificationAbandoned
    | ClockSetBack
    | LateReadBack
    | LateResponse
)
