"""What may become of a request to the provider, and what the provider keeps of it."""

from dataclasses import dataclass, field
from enum import Enum

from bot.core.names import ITwinId, OperationId, TimerId

ITWIN = ITwinId("6172e54b-45eb-5ff1-829a-df7b4fcdae2c")
TIMERS = tuple(TimerId(f"0b7f4d3e-0000-4000-8000-00000000000{digit}") for digit in (1, 2))
PATCH_SECONDS, SETTLE_SECONDS = 20.0, 120.0  # as in Terms


class Fate(Enum):
    """What becomes of one request; of a read, whatever of it makes sense."""

    ANSWERED = "executed and answered"
    ANSWER_LOST = "executed, the answer is lost"
    DROPPED = "lost on the way"
    LATE = "lost to the caller, executed later"
    HELD = "executed, answered when released"
    HELD_BEFORE = "executed and answered when released"
    TOKEN_REFUSED = "401"
    LIMITED = "429"
    LIMITED_FOR_LONG = "429 for longer than an operation lives"
    BROKEN_BEFORE = "500, not executed"
    BROKEN_AFTER = "500, executed"
    CUT = "executed, the body of the answer is cut"
    UNREACHABLE = "the connection is refused"
    FORBIDDEN = "403"


STATUS = {
    Fate.TOKEN_REFUSED: 401,
    Fate.LIMITED: 429,
    Fate.LIMITED_FOR_LONG: 429,
    Fate.BROKEN_BEFORE: 500,
    Fate.BROKEN_AFTER: 500,
    Fate.FORBIDDEN: 403,
}
RETRY_AFTER = {Fate.LIMITED: 7, Fate.LIMITED_FOR_LONG: 900}
EXECUTED = {Fate.ANSWERED, Fate.ANSWER_LOST, Fate.HELD, Fate.BROKEN_AFTER, Fate.CUT}


@dataclass(frozen=True, slots=True)
class Meets:
    """What the first reads and the first PATCHes of one run meet; later ones are answered."""

    reads: tuple[Fate, ...] = ()
    flips: tuple[Fate, ...] = ()


PLAIN = Meets()
# What is worth most stands here most often: what is slow, and what comes late.
MEETINGS = (
    *[PLAIN] * 3,
    *[Meets(flips=(fate,)) for fate in Fate],
    *[Meets(flips=(fate,)) for fate in (Fate.HELD, Fate.HELD_BEFORE, Fate.LATE)],
    Meets(flips=(Fate.TOKEN_REFUSED, Fate.TOKEN_REFUSED)),
    Meets(flips=(Fate.TOKEN_REFUSED, Fate.LATE)),
    *[Meets(reads=(Fate.HELD,))] * 3,
    Meets(reads=(Fate.DROPPED,)),
    Meets(reads=(Fate.DROPPED, Fate.DROPPED)),
    Meets(reads=(Fate.BROKEN_BEFORE, Fate.BROKEN_BEFORE)),
    Meets(reads=(Fate.CUT, Fate.CUT)),
    Meets(reads=(Fate.TOKEN_REFUSED,)),
    Meets(reads=(Fate.TOKEN_REFUSED, Fate.TOKEN_REFUSED)),
    Meets(reads=(Fate.LIMITED,)),
    Meets(reads=(Fate.FORBIDDEN,)),
    *[Meets((Fate.ANSWERED, Fate.HELD), (Fate.LATE,))] * 3,
    Meets((Fate.ANSWERED, Fate.HELD), (Fate.ANSWER_LOST,)),
    Meets((Fate.ANSWERED, Fate.HELD), (Fate.BROKEN_BEFORE,)),
    Meets((Fate.ANSWERED, Fate.DROPPED, Fate.DROPPED), (Fate.LATE,)),
    *[Meets((Fate.HELD,), (fate,)) for fate in (Fate.HELD, Fate.HELD_BEFORE, Fate.LATE)],
)


@dataclass
class Kept:
    """One timer; ``history`` is (time, enabled), ``touched`` counts what others did to it."""

    id: TimerId
    enabled: bool = False
    edition: int = 0
    touched: int = 0
    history: list[tuple[float, bool]] = field(default_factory=list)

    def body(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": f"Timer {self.id[-1]}",
            "packageUniqueName": f"PACKAGE_{self.id[-1]}",
            "cronStr": f"0 {self.edition % 24} * * *",
            "enabled": self.enabled,
            "parameters": None,
        }


@dataclass(eq=False)
class Pending:
    """A PATCH that arrived and was not executed yet; ``gone`` is when its caller went away."""

    operation: OperationId | None
    timer: Kept
    arrived: float
    gone: float | None = None

    @property
    def by(self) -> float:
        """What the whole design takes for granted: later than this it is not executed."""
        waited = self.arrived + PATCH_SECONDS
        return (waited if self.gone is None else min(waited, self.gone)) + SETTLE_SECONDS
