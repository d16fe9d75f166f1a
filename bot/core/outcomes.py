"""The outcomes of commands, as one closed union. The type checker holds that each has a view."""

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
from bot.core.operation_sets import LeftOut, OperationSet
from bot.core.operations.operation import ActingAccount, Operation
from bot.core.schedules import Runs
from bot.core.subscriptions import Subscription
from bot.core.surfaces import ChooserShown, HomeShown, SubscriptionFormShown
from bot.core.timers import ITwin, Timer


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """The operation was created; its card shows how it goes on."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same person asked for the same change moments ago, so nothing new was started.

    ``reads`` is the state that was just read, where it is not the one that came of it.
    """

    operation: Operation
    reads: bool | None = None


@dataclass(frozen=True, slots=True)
class SignInOffered:
    """A sign-in is needed, or was asked for. ``url`` works once, for ten minutes.

    ``command`` is the command that can continue afterwards, and ``pending_command`` its id in the
    store, with which a new link can be made. ``ended``: an earlier sign-in expired or was revoked.
    """

    url: str
    pending_command: str = ""
    command: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The sign-in was completed. ``command`` and ``pending_command`` as in ``SignInOffered``."""

    acting: ActingAccount
    pending_command: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class SignedInAlready:
    """A sign-in was asked for, and the present one is still valid."""

    acting: ActingAccount


@dataclass(frozen=True, slots=True)
class SignedOut:
    """The sign-in was deleted; ``revoked`` if Bentley confirmed it.

    ``auto_enables`` counts those that would have used it; ``next_auto_enable`` is when the first
    of them is due (unix seconds, 0: none is).
    """

    was_signed_in: bool
    revoked: bool
    auto_enables: int = 0
    next_auto_enable: float = 0.0


@dataclass(frozen=True, slots=True)
class WhoAmIShown:
    """The iTwin account that the bot uses for the person; None: not signed in.

    ``zone`` is the one in which it reads the times that they type.
    """

    acting: ActingAccount | None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class HelpShown:
    """Help about a verb or topic, or about a word that is neither; empty: about all verbs."""

    about: str = ""


@dataclass(frozen=True, slots=True)
class VersionShown:
    """Which version of the bot answers."""

    version: str


@dataclass(frozen=True, slots=True)
class AlreadyInState:
    """The timer is already in the wanted state, so no operation was started."""

    shown: TimerShown


@dataclass(frozen=True, slots=True)
class DetailsShown:
    """The timer with its parameters, in a modal for the person whose token has just read it."""

    shown: TimerShown
    acting: ActingAccount


@dataclass(frozen=True, slots=True)
class TimeChoiceNeeded:
    """The typed time is ambiguous.

    ``choices`` are the moments (unix seconds; None: no end) that it may mean, each with a command
    for it; ``pending`` are the ids under which these are stored, empty until they are.
    """

    shown: TimerShown
    reason: str
    choices: tuple[tuple[float | None, str], ...]
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmationNeeded:
    """The policy wants this person to confirm the change first.

    ``pending_command`` is the id of the stored command. ``skipped`` are the runs that will not
    happen, None where the schedule cannot be read.
    """

    operation: Operation
    pending_command: str
    skipped: Runs | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several timers that would be changed: a draft that is neither stored nor started.

    ``skipped`` are the runs that will not happen, None where no end is set or the schedule cannot
    be read.
    """

    operation: Operation
    skipped: Runs | None


@dataclass(frozen=True, slots=True)
class SeveralQuestion:
    """Which timers would be changed: it is done once the person confirms this very list.

    ``already`` are in the wanted state, ``left_out`` are not changed for another reason.
    ``pending_command`` is the id of the stored command, empty where nothing is left to be done.
    """

    wanted: bool
    itwin: ITwin
    candidates: tuple[Candidate, ...]
    already: tuple[Timer, ...] = ()
    left_out: tuple[tuple[Timer, LeftOut], ...] = ()
    pending_command: str = ""


@dataclass(frozen=True, slots=True)
class SeveralStarted:
    """The members of the set were started, or left out; the set's card shows how they go on."""

    operation_set: OperationSet


@dataclass(frozen=True, slots=True)
class UndoQuestion:
    """Which change would be undone, or which undo taken back: it is done once they confirm it.

    ``operation`` is what would be reversed, ``reason`` theirs for it. ``pending_command`` is the id
    of the stored command. ``others`` counts the timers that were changed together with it.
    ``until`` is the end that a disabled timer would have again (unix seconds).
    """

    verb: Literal["undo", "redo"]
    operation: Operation
    pending_command: str
    reason: str = ""
    others: int = 0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class DecisionQuestion:
    """A decision that named no request: the requests that it can mean.

    One request is decided once they confirm it: ``pending_command`` is the id of the stored
    command. Of several each is offered, and it is empty.
    """

    verb: Literal["approve", "decline", "cancel"]
    approvals: tuple[Approval, ...]
    reason: str = ""
    pending_command: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A request for approval waits; ``duplicate``: it was there already, whoever made it."""

    approval: Approval
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class RequestDecided:
    """The request after this person's decision."""

    approval: Approval
    verb: Literal["approve", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class DecisionHint:
    """Somebody wrote a decision in the thread of a request, where only buttons decide."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The subscription was made or changed. ``matching`` are the timers that it covers today."""

    subscription: Subscription
    matching: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The subscription was ended."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class DefaultShown:
    """The channel's default iTwin; None: it has none."""

    itwin: ITwin | None


@dataclass(frozen=True, slots=True)
class DefaultSet:
    """The channel's default iTwin was changed, or (None) removed."""

    itwin: ITwin | None
    by: PersonId


@dataclass(frozen=True, slots=True)
class Failed:
    """The command failed. ``trace`` is the id in the log, ``retry`` a command to offer again."""

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
    | VersionShown
    | ITwinsListed
    | TimersListed
    | TimerShown
    | AlreadyInState
    | DetailsShown
    | TimeChoiceNeeded
    | ConfirmationNeeded
    | SeveralQuestion
    | SeveralStarted
    | UndoQuestion
    | DecisionQuestion
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
