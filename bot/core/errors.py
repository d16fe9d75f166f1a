"""Everything that can go wrong, as one family. An error carries facts; its words are elsewhere.

BotError
 ├─ SignInNeeded            nobody is signed in for this person, or the sign-in ended
 ├─ SignInRefused           a sign-in under way came to nothing
 ├─ IdentityProviderTrouble IMS did not answer, or refuses the bot itself
 ├─ SealBroken              a stored record does not open
 ├─ StoreUnreachable        Redis or Valkey does not answer
 ├─ PersonRefused           guest, bot, deactivated, of another workspace, or not to be checked
 ├─ NotUnderstood           the text is no command
 ├─ NotInChannel            they are not in the channel where it is to be said
 ├─ NoDefault               no iTwin is named, and the channel has none
 ├─ NoSuchName              a name finds nothing
 ├─ AmbiguousName           a name finds several
 ├─ TimerGone               an id that was right is right no more
 ├─ CannotUndo              an undo whose operation is no longer the last word
 ├─ TimerBusy               another operation holds the timer
 ├─ WritesOff               an admin has switched all changes off
 └─ ApiError                the EDFS or iTwins API did not give what was asked
     ├─ NotSent             provably never left this machine
     ├─ Refused             an answer that says no (4xx)
     │   ├─ TokenRefused    401 of the token kind
     │   ├─ ClientUnknown   401 because the gateway does not know the client
     │   ├─ Forbidden       403
     │   ├─ NotFound        404
     │   ├─ Invalid         422
     │   └─ RateLimited     429
     └─ Unclear             timeout, reset, 5xx, odd answer: it may have been executed
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.api_errors import (
    ApiError as ApiError,
)
from bot.core.api_errors import (
    BotError as BotError,
)
from bot.core.api_errors import (
    ClientUnknown as ClientUnknown,
)
from bot.core.api_errors import (
    Detail as Detail,
)
from bot.core.api_errors import (
    Forbidden as Forbidden,
)
from bot.core.api_errors import (
    Invalid as Invalid,
)
from bot.core.api_errors import (
    NotFound as NotFound,
)
from bot.core.api_errors import (
    NotSent as NotSent,
)
from bot.core.api_errors import (
    RateLimited as RateLimited,
)
from bot.core.api_errors import (
    Refused as Refused,
)
from bot.core.api_errors import (
    TokenRefused as TokenRefused,
)
from bot.core.api_errors import (
    Unclear as Unclear,
)
from bot.core.names import OperationId, PersonId


@dataclass(eq=False)
class SignInNeeded(BotError):
    ended: bool = False


SignInRefusal = Literal[
    "denied",
    "no_refresh_token",
    "scope_missing",
    "invalid_scope",
    "identity",
    "expired",
    "other",
]


@dataclass(eq=False)
class SignInRefused(BotError):
    reason: SignInRefusal


@dataclass(eq=False)
class IdentityProviderError(BotError):
    """``what`` is short and free of secrets; ``settings`` says that only an admin can mend it."""

    what: str
    settings: bool = False


class SealBroken(BotError):
    """A stored record was altered, moved, or sealed with a key that is not in the ring."""


class StoreUnreachable(BotError):
    """Redis or Valkey does not answer in time."""


@dataclass(eq=False)
class PersonRefused(BotError):
    reason: Literal["guest", "bot", "deactivated", "outsider", "unknown", "unchecked"]


@dataclass(eq=False)
class InvalidCommand(BotError):
    """``reason`` in words; ``verb`` names whose usage helps, when one was recognised."""

    reason: str
    verb: str | None = None
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a name could mean: its name, what tells it apart, and the command that picks it."""

    name: str
    detail: str
    command: str


class NotInChannel(BotError):
    """A window named a channel that its person is not in."""


@dataclass(eq=False)
class NoChannelDefault(BotError):
    """``wanted`` is the one name that was given; it is taken for a timer's."""

    wanted: str
    verb: str


@dataclass(eq=False)
class NoSuchName(BotError):
    kind: Literal["iTwin", "timer"]
    wanted: str
    nearest: tuple[Choice, ...] = ()
    where: str = ""


@dataclass(eq=False)
class AmbiguousName(BotError):
    kind: Literal["iTwin", "timer"]
    wanted: str
    choices: tuple[Choice, ...]


@dataclass(eq=False)
class TimerGone(BotError):
    wanted: str


@dataclass(eq=False)
class CannotUndo(BotError):
    reason: Literal["unknown", "unfinished", "not_applied", "changed", "undone", "late"]


@dataclass(eq=False)
class TimerBusy(BotError):
    holder: OperationId


class ChangesStopped(BotError):
    """An admin has switched all changes off: nothing is flipped, everything else works."""


@dataclass(eq=False)
class PolicyRefused(BotError):
    """The policy says no; ``rule`` is the name of the rule that decided."""

    reason: Literal["denied", "not_allowed", "protected"]
    rule: str = ""


@dataclass(eq=False)
class ReasonRequired(BotError):
    """The policy wants a reason; ``command`` is what was asked, as text."""

    command: str
    rule: str = ""


class EmergencyNotAllowed(BotError):
    """The policy lets nobody go ahead without approval here."""


class TooManyRequests(BotError):
    """This person has as many requests waiting as one may have."""


@dataclass(eq=False)
class MayNotDecide(BotError):
    """This person's word does not count on this request.

    own: they asked for it; same_account: their iTwin account did; not_listed: the policy names
    others; voted: they agreed before; not_yours: only who asked may take it back.
    """

    reason: Literal["own", "same_account", "not_listed", "voted", "not_yours"]


@dataclass(eq=False)
class RequestClosed(BotError):
    """The request was decided before: by whom, when, and how (a ``Stage``'s value)."""

    stage: str
    by: PersonId | None
    at: float


@dataclass(eq=False)
class AutoEnableClosed(BotError):
    """The auto-enable was closed before; ``how`` as ``auto_enables.ClosedAs``."""

    how: str
    by: PersonId | None = None


@dataclass(eq=False)
class CannotSubscribe(BotError):
    """shared: the channel is shared with others; not_there: the bot is not in it; direct: it is no
    channel; many: it has as many as it may have.
    """

    reason: Literal["shared", "not_there", "direct", "many"]


@dataclass(eq=False)
class AuthorizationRevoked(BotError):
    """What had allowed an operation does not any more.

    ``reason``: policy, approver, requester, account, auto_enable, request, state.
    """

    reason: str = ""


class Expired(BotError):
    """It was asked too long ago to be sent now."""


class AccountChanged(BotError):
    """The sign-in is of another iTwin account than the one that asked."""


class DefinitionChanged(BotError):
    """Name, package, schedule or parameters differ from what was seen."""


class RetriesExhausted(BotError):
    """It broke off several times; somebody has to look into the log."""


@dataclass(eq=False)
class AccountTaken(BotError):
    holder: PersonId


@dataclass(eq=False)
class NotAvailable(BotError):
    what: Literal[
        "ticket",
        "kept",
        "operation",
        "claimed",
        "browser",
        "modal",
        "request",
        "return",
        "subscription",
    ]
