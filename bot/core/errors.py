"""Everything that can go wrong, as one family. An error carries facts; its words are elsewhere.

BotError
 ├─ SignInNeeded            nobody is signed in for this person, or the sign-in ended
 ├─ SignInRefused           a sign-in under way came to nothing
 ├─ IdentityProviderTrouble IMS did not answer, or refuses the bot itself
 ├─ SealBroken              a stored record does not open
 ├─ StoreUnreachable        Redis or Valkey does not answer
 ├─ PersonRefused           guest, bot, deactivated, of another workspace, or not to be checked
 ├─ NotUnderstood           the text is no command
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

from bot.core.names import OperationId, PersonId


class BotError(Exception):
    """The family."""


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
class IdentityProviderTrouble(BotError):
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
class NotUnderstood(BotError):
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


class WritesOff(BotError):
    """An admin has switched all changes off: nothing is flipped, everything else works."""


class Expired(BotError):
    """It was asked too long ago to be sent now."""


class OtherAccount(BotError):
    """The sign-in is of another iTwin account than the one that asked."""


class DefinitionChanged(BotError):
    """Name, package, schedule or parameters differ from what was seen."""


class GaveUp(BotError):
    """It broke off several times; somebody has to look into the log."""


@dataclass(eq=False)
class AccountTaken(BotError):
    holder: PersonId


@dataclass(eq=False)
class Gone(BotError):
    what: Literal["ticket", "kept", "operation", "claimed", "browser", "modal"]


@dataclass(frozen=True, slots=True)
class Detail:
    """One ``error.details[]`` entry of the platform; missing or null members are empty strings."""

    code: str = ""
    message: str = ""
    target: str = ""


@dataclass(eq=False, kw_only=True)
class ApiError(BotError):
    """A call to EDFS or iTwins that failed.

    ``status`` is the HTTP status (0: none came), ``code`` and ``details`` the platform's error
    body as far as it had one (source: iTwin Platform error handling; envelope
    ``{"error": {code, message, target?, details?}}``), ``operation`` our name of the call.
    The texts are a stranger's words: they are shown as plain text only.
    """

    operation: str
    status: int = 0
    code: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()


class NotSent(ApiError):
    """DNS, connect or TLS failed: no byte of the request reached the server."""


class Refused(ApiError):
    """The platform said no."""


class TokenRefused(Refused):
    """401: the token is missing, stale or not accepted."""


class ClientUnknown(Refused):
    """401 ``UnknownClient``: the registration of the bot itself is not accepted."""


class Forbidden(Refused):
    """403: signed in, but without ``edfs_listmng``."""


class NotFound(Refused):
    """404 in one of its three meanings, told apart by ``code``."""


class Invalid(Refused):
    """422: the platform does not accept a value we sent."""


@dataclass(eq=False, kw_only=True)
class RateLimited(Refused):
    """429, or our own share used up; ``retry_after`` in seconds, already clamped.

    ``ours``: nothing was sent, because it would have gone over the limit.
    """

    retry_after: float = 30.0
    ours: bool = False


@dataclass(eq=False, kw_only=True)
class Unclear(ApiError):
    """Nobody can say from the answer whether the request was executed.

    ``why`` is one of timeout, cut, status, redirect, body, other_id.
    """

    why: str = ""
