"""What became of a command, as one closed type. Every outcome has a view; the checker counts."""

from dataclasses import dataclass
from typing import Literal

from bot.core.approvals import Approval
from bot.core.errors import BotError
from bot.core.history import PastEvent
from bot.core.names import ChannelId, OperationId, PersonId
from bot.core.operations import Acting, Operation
from bot.core.policy import Ruling
from bot.core.returns import Return
from bot.core.schedules import Runs
from bot.core.subscriptions import Subscription
from bot.core.timers import ITwin, LastSeen, Timer
from bot.core.until import Until


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
    """What is off. ``unread`` are iTwins that could not be read; ``left``: so many were not."""

    found: tuple[Off, ...]
    unread: tuple[ITwin, ...] = ()
    left: int = 0


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


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """``events`` are the newest first, of ``itwins``; ``itwin`` and ``timer`` are what was named.

    ``more`` is the command that shows older ones. ``cut``: the trail goes on further back than it
    was read; ``unread``: some of it does not open.
    """

    events: tuple[PastEvent, ...]
    itwins: tuple[ITwin, ...]
    itwin: ITwin | None = None
    timer: str = ""
    more: str = ""
    cut: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class DefaultShown:
    """Which iTwin stands where none is named in this channel; None: there is none."""

    itwin: ITwin | None


@dataclass(frozen=True, slots=True)
class DefaultSet:
    """The channel's iTwin is another one now, or (None) there is none any more."""

    itwin: ITwin | None
    by: PersonId


@dataclass(frozen=True, slots=True)
class ChooserShown:
    """The window to point at a timer and what is to become of it, filled in so far.

    ``shown`` is the timer that was chosen, ``wanted`` its state afterwards, None where that was not
    said. ``until`` and ``because`` are as typed; ``back`` is what was read of the first, None where
    it is empty or is no time, of which ``doubt`` says why. ``skipped`` are the runs that will not
    happen, None where that cannot be told. ``ruling`` is what the policy says of it. ``trouble``
    kept the timer from being read.
    """

    channel: ChannelId
    itwin: ITwin | None = None
    shown: TimerShown | None = None
    wanted: bool | None = None
    until: str = ""
    because: str = ""
    back: Until | None = None
    doubt: str = ""
    skipped: Runs | None = None
    ruling: Ruling | None = None
    trouble: BotError | None = None


@dataclass(frozen=True, slots=True)
class HomeShown:
    """What one person's Home says; a part that could not be had is the error that kept it away.

    ``acting`` is None for who is not signed in; ``ended``: their sign-in came to its end.
    ``channel`` is where the bot talks to them alone, ``support`` the address of a page for who
    needs help.
    """

    channel: ChannelId
    at: float
    acting: Acting | None = None
    off: OffListed | BotError | None = None
    pending: PendingListed | BotError | None = None
    favourites: tuple[ITwin, ...] | BotError = ()
    subscriptions: tuple[Subscription, ...] | BotError = ()
    page: int = 1
    ended: bool = False
    support: str = ""


@dataclass(frozen=True, slots=True)
class SubscribeAsked:
    """The window to fill in what this channel is to be told."""

    channel: ChannelId
    itwin: ITwin | None = None


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
    | HomeShown
    | ChooserShown
    | SubscribeAsked
    | DefaultShown
    | DefaultSet
    | Failed
)
