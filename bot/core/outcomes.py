"""What became of a command, as one closed type. Every outcome has a view; the checker counts."""

from dataclasses import dataclass

from bot.core.errors import BotError
from bot.core.operations import Acting, Operation
from bot.core.timers import ITwin, LastSeen, Timer


@dataclass(frozen=True, slots=True)
class Begun:
    """The operation exists and goes its own way; its card says the rest."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class SameAgain:
    """The same wish of the same person, moments ago: nothing new was begun."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class SignInOffered:
    """``url`` is good once and for ten minutes. ``waiting`` is the command that continues after.

    ``ended`` says that an earlier sign-in came to its end; ``kept`` is the id of the waiting
    command, with which a new link can be made.
    """

    url: str
    kept: str = ""
    waiting: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    acting: Acting
    kept: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class SignedInAlready:
    acting: Acting


@dataclass(frozen=True, slots=True)
class SignedOut:
    was_signed_in: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot takes the person for; None: not signed in."""

    acting: Acting | None


@dataclass(frozen=True, slots=True)
class HelpShown:
    verb: str = ""


@dataclass(frozen=True, slots=True)
class ITwinsListed:
    itwins: tuple[ITwin, ...]


@dataclass(frozen=True, slots=True)
class TimersListed:
    itwin: ITwin
    timers: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class TimerShown:
    """``next_run`` is None when it is off or cannot be told (unix seconds)."""

    itwin: ITwin
    timer: Timer
    next_run: float | None
    last_seen: LastSeen | None = None
    changed_outside_since: float = 0.0


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """The timer was found as wished; nothing was begun."""

    shown: TimerShown


@dataclass(frozen=True, slots=True)
class DetailsShown:
    """The timer with its parameters, for a modal of the person whose token has just read it."""

    shown: TimerShown
    acting: Acting


@dataclass(frozen=True, slots=True)
class Failed:
    """``retry`` is a command that a button may offer again; ``trace`` also stands in the log."""

    error: BotError
    trace: str
    retry: str = ""


Outcome = (
    Begun
    | SameAgain
    | SignInOffered
    | SignedIn
    | SignedInAlready
    | SignedOut
    | Identity
    | HelpShown
    | ITwinsListed
    | TimersListed
    | TimerShown
    | AlreadySo
    | DetailsShown
    | Failed
)
