"""What can happen to an operation; ``transitions.after`` says what becomes of it.

``at`` is when it happened (unix seconds).
"""

from dataclasses import dataclass

from bot.core.operations.operation import Failure


@dataclass(frozen=True, slots=True)
class LockAcquired:
    at: float


@dataclass(frozen=True, slots=True)
class FoundInState:
    """The read under the lock found the wanted state."""

    at: float


@dataclass(frozen=True, slots=True)
class FoundRedefined:
    """The read under the lock found another definition than the one that was seen.

    ``changes`` as ``timers.differences`` tells them.
    """

    at: float
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delayed:
    """It could not be read or may not be sent now; it goes on by itself at ``resume_at``."""

    at: float
    failure: Failure
    resume_at: float


@dataclass(frozen=True, slots=True)
class Permitted:
    """The permit: from here on one PATCH may be on its way."""

    at: float


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """Proof that the PATCH was not executed, and another try is worth it."""

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
    """Refused, or given up, with proof that nothing of it was executed."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class ResponseLost:
    """Nobody can say whether the PATCH was executed; it may still be under way."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A verification read, begun at ``begun_at``: provisional before ``quiet_at``, then final."""

    at: float
    begun_at: float
    enabled: bool


@dataclass(frozen=True, slots=True)
class VerificationAbandoned:
    """No read has succeeded for as long as a verdict is looked for."""

    at: float


@dataclass(frozen=True, slots=True)
class LateReadBack:
    """The last look. ``enabled`` None: another operation has had the last word since."""

    at: float
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class LateResponse:
    """The PATCH was answered after the verdict had been given."""

    at: float
    enabled: bool


Event = (
    LockAcquired
    | FoundInState
    | FoundRedefined
    | Delayed
    | Permitted
    | NotExecuted
    | Answered
    | Refused
    | ResponseLost
    | ReadBack
    | VerificationAbandoned
    | LateReadBack
    | LateResponse
)
