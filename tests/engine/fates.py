"""The fates of requests to the provider, and the provider's timers and pending PATCHes."""

from dataclasses import dataclass, field
from enum import Enum

from bot.core.names import ITwinId, OperationId, TimerId

ITWIN = ITwinId("6172e54b-45eb-5ff1-829a-df7b4fcdae2c")
TIMERS = tuple(TimerId(f"0b7f4d3e-0000-4000-8000-00000000000{digit}") for digit in (1, 2))
PATCH_SECONDS, SETTLE_SECONDS = 20.0, 120.0  # as in Timeouts


class Fate(Enum):
    """What happens to one request; a read has only what applies to reads."""

    ANSWERED = "executed and answered"
    RESPONSE_LOST = "executed, the response is lost"
    DROPPED = "lost before it arrives"
    LATE = "lost to the caller, executed later"
    HELD = "executed, answered when released"
    HELD_BEFORE = "executed and answered when released"
    TOKEN_REFUSED = "401"
    LIMITED = "429"
    LIMITED_FOR_LONG = "429 for longer than an operation lives"
    BROKEN_BEFORE = "500, not executed"
    BROKEN_AFTER = "500, executed"
    CUT = "executed, the body of the response is cut off"
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
EXECUTED = {Fate.ANSWERED, Fate.RESPONSE_LOST, Fate.HELD, Fate.BROKEN_AFTER, Fate.CUT}


@dataclass(frozen=True, slots=True)
class Fates:
    """The fates of the first reads and the first PATCHes of one run; later ones are answered."""

    reads: tuple[Fate, ...] = ()
    flips: tuple[Fate, ...] = ()


PLAIN = Fates()
# What finds most is here most often: slow and late requests.
FATES = (
    *[PLAIN] * 3,
    *[Fates(flips=(fate,)) for fate in Fate],
    *[Fates(flips=(fate,)) for fate in (Fate.HELD, Fate.HELD_BEFORE, Fate.LATE)],
    Fates(flips=(Fate.TOKEN_REFUSED, Fate.TOKEN_REFUSED)),
    Fates(flips=(Fate.TOKEN_REFUSED, Fate.LATE)),
    *[Fates(reads=(Fate.HELD,))] * 3,
    Fates(reads=(Fate.DROPPED,)),
    Fates(reads=(Fate.DROPPED, Fate.DROPPED)),
    Fates(reads=(Fate.BROKEN_BEFORE, Fate.BROKEN_BEFORE)),
    Fates(reads=(Fate.CUT, Fate.CUT)),
    Fates(reads=(Fate.TOKEN_REFUSED,)),
    Fates(reads=(Fate.TOKEN_REFUSED, Fate.TOKEN_REFUSED)),
    Fates(reads=(Fate.LIMITED,)),
    Fates(reads=(Fate.FORBIDDEN,)),
    *[Fates((Fate.ANSWERED, Fate.HELD), (Fate.LATE,))] * 3,
    Fates((Fate.ANSWERED, Fate.HELD), (Fate.RESPONSE_LOST,)),
    Fates((Fate.ANSWERED, Fate.HELD), (Fate.BROKEN_BEFORE,)),
    Fates((Fate.ANSWERED, Fate.DROPPED, Fate.DROPPED), (Fate.LATE,)),
    *[Fates((Fate.HELD,), (fate,)) for fate in (Fate.HELD, Fate.HELD_BEFORE, Fate.LATE)],
)


@dataclass
class ProviderTimer:
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
    """A PATCH that arrived and is not executed yet; ``gone`` is when its caller disconnected."""

    operation: OperationId | None
    timer: ProviderTimer
    arrived: float
    gone: float | None = None

    @property
    def by(self) -> float:
        """When it is executed at the latest: the assumption that the whole design rests on."""
        waited = self.arrived + PATCH_SECONDS
        return (waited if self.gone is None else min(waited, self.gone)) + SETTLE_SECONDS
