"""What became of a command, as one closed type. Every outcome has a view; the checker counts."""

from dataclasses import dataclass
from typing import Literal

from bot.core.approvals import Approval
from bot.core.errors import BotError
from bot.core.listings import (
    DisabledListed,
    HistoryShown,
    ITwinsListed,
    PendingListed,
    SubscriptionsListed,
    TimerShown,
    TimersListed,
)
from bot.core.names import PersonId
from bot.core.operations.operation import ActingAccount, Operation
from bot.core.schedules import Runs
from bot.core.subscriptions import Subscription
from bot.core.surfaces import ChooserShown, HomeShown, SubscriptionFormShown
from bot.core.timers import ITwin, Timer


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """The operation exists and goes its own way; its card says the rest."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same wish of the same person, moments ago: nothing new was begun."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class SignInOffered:
    """``url`` is good once and for ten minutes. ``waiting`` is the command that continues after.

    ``ended`` says that an earlier sign-in came to its end; ``kept`` is the id of the waiting
    command, with which a new link can be made.
    """

    url: str
    pending_command: str = ""
    command: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    acting: ActingAccount
    pending_command: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class SignedInAlready:
    acting: ActingAccount


@dataclass(frozen=True, slots=True)
class SignedOut:
    """``returns`` counts the timers that were to come back on with this sign-in; ``next_return``
    is when the first of them is due (unix seconds, 0: none is).
    """

    was_signed_in: bool
    revoked: bool
    auto_enables: int = 0
    next_auto_enable: float = 0.0


@dataclass(frozen=True, slots=True)
class WhoAmIShown:
    """Who the bot takes the person for; None: not signed in."""

    acting: ActingAccount | None


@dataclass(frozen=True, slots=True)
class HelpShown:
    verb: str = ""


@dataclass(frozen=True, slots=True)
class AlreadyInState:
    """The timer was found as wished; nothing was begun."""

    shown: TimerShown


@dataclass(frozen=True, slots=True)
class DetailsShown:
    """The timer with its parameters, for a modal of the person whose token has just read it."""

    shown: TimerShown
    acting: ActingAccount


@dataclass(frozen=True, slots=True)
class TimeChoiceNeeded:
    """The time they typed may mean several moments; each stands with the command that says it."""

    shown: TimerShown
    reason: str
    choices: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class ConfirmationNeeded:
    """The policy asks for a second look before this; ``kept`` is the command that waits for it.

    ``skipped`` are the runs that will not happen, None where that cannot be told.
    """

    operation: Operation
    pending_command: str
    skipped: Runs | None


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A request stands; ``again``: it stood there before, of this or of another person."""

    approval: Approval
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class RequestDecided:
    """What became of a request by what this person just said to it."""

    approval: Approval
    verb: Literal["approve", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class DecisionHint:
    """They wrote a word of decision below a request: the buttons decide, not words."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Subscribed:
    """``matching`` are the timers it speaks of today."""

    subscription: Subscription
    matching: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    subscription: Subscription


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
class Failed:
    """``retry`` is a command that a button may offer again; ``trace`` also stands in the log."""

    error: BotError
    trace: str
    retry: str = ""


Outcome = (
    OperationStarted
    | Duplicate
    | SignInOffered
    | SignedIn
    | SignedInAlready
    | SignedOut
    | WhoAmIShown
    | HelpShown
    | ITwinsListed
    | TimersListed
    | TimerShown
    | AlreadyInState
    | DetailsShown
    | TimeChoiceNeeded
    | ConfirmationNeeded
    | ApprovalRequested
    | RequestDecided
    | DecisionHint
    | PendingListed
    | DisabledListed
    | Subscribed
    | Unsubscribed
    | SubscriptionsListed
    | HistoryShown
    | HomeShown
    | ChooserShown
    | SubscriptionFormShown
    | DefaultShown
    | DefaultSet
    | Failed
)
