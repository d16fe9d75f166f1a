"""What became of a command, as one closed type. Every outcome has a view; the checker counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.core.approvals import Approval
from bot.core.commands import History
from bot.core.errors import BotError
from bot.core.history import PastEvent
from bot.core.names import OperationId, TimerId
from bot.core.operations import Acting, Operation
from bot.core.returns import Return
from bot.core.schedules import Runs
from bot.core.subscriptions import Subscription
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
    """``returns`` counts the timers that were to come back on with this sign-in; ``next_return``
    is when the first of them is due (unix seconds, 0: none is).
    """

    was_signed_in: bool
    revoked: bool
    returns: int = 0
    next_return: float = 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot takes the person for; None: not signed in."""

    acting: Acting | None


@dataclass(frozen=True, slots=True)
class HelpShown:
    verb: str = ""


@dataclass(frozen=True, slots=True)
class ITwinsListed:
    """``page``, here and in other lists, is the one that was asked for."""

    itwins: tuple[ITwin, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What is arranged for one timer: the return it has, and the requests that wait."""

    back: Return | None = None
    requests: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class TimersListed:
    """``standing`` holds those timers alone for which something is arranged."""

    itwin: ITwin
    timers: tuple[Timer, ...]
    standing: Mapping[TimerId, Standing] = field(default_factory=dict)
    page: int = 1


@dataclass(frozen=True, slots=True)
class TimerShown:
    """``next_run`` is None when it is off or cannot be told (unix seconds)."""

    itwin: ITwin
    timer: Timer
    next_run: float | None
    last_seen: LastSeen | None = None
    changed_outside_since: float = 0.0
    standing: Standing = Standing()


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
class TimeAsked:
    """The time they typed may mean several moments; each stands with the command that says it."""

    shown: TimerShown
    why: str
    choices: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class SureAsked:
    """The policy asks for a second look before this; ``kept`` is the command that waits for it.

    ``skipped`` are the runs that will not happen, None where that cannot be told.
    """

    wish: Operation
    kept: str
    skipped: Runs | None


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A request stands; ``again``: it stood there before, of this or of another person."""

    approval: Approval
    again: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a request by what this person just said to it."""

    approval: Approval
    verb: Literal["approve", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class PointedOut:
    """They wrote a word of decision below a request: the buttons decide, not words."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class PendingListed:
    """The requests that wait; ``mine`` are those the person may decide, as far as lists go."""

    approvals: tuple[Approval, ...]
    mine: frozenset[OperationId] = frozenset()
    page: int = 1


@dataclass(frozen=True, slots=True)
class Off:
    """One timer that is off: since when, by whom and why, as far as it is known, and until when."""

    itwin: ITwin
    timer: Timer
    last_seen: LastSeen | None
    because: str = ""
    back: Return | None = None


@dataclass(frozen=True, slots=True)
class OffListed:
    """What is off. ``unread`` are iTwins that could not be read; ``left``: so many were not.

    ``itwin`` is the one that was named, None where all of them were meant.
    """

    found: tuple[Off, ...]
    unread: tuple[ITwin, ...] = ()
    left: int = 0
    itwin: ITwin | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Subscribed:
    """``matching`` are the timers it speaks of today."""

    subscription: Subscription
    matching: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class SubscriptionsListed:
    subscriptions: tuple[Subscription, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """``events`` are the newest first, of ``itwins``; ``itwin`` and ``timer`` are what was named.

    ``command`` is what was asked, made definite; ``older``: there are more behind these.
    ``cut``: the trail goes on further back than it was read; ``unread``: some of it does not open.
    """

    events: tuple[PastEvent, ...]
    itwins: tuple[ITwin, ...]
    command: History
    itwin: ITwin | None = None
    timer: str = ""
    older: bool = False
    cut: bool = False
    unread: bool = False


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
    | TimeAsked
    | SureAsked
    | ApprovalAsked
    | Decided
    | PointedOut
    | PendingListed
    | OffListed
    | Subscribed
    | Unsubscribed
    | SubscriptionsListed
    | HistoryShown
    | Failed
)
