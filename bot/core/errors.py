"""The errors of the bot, as one family. An error carries facts; its text is made in the views.

BotError
 ├─ SignInNeeded             no sign-in is stored for this person, or it has ended
 ├─ SignInRefused            a sign-in in the browser failed
 ├─ IdentityProviderError    IMS does not answer, or rejects the bot itself
 ├─ AccountTaken             the iTwin account is linked to another person
 ├─ AccountChanged           the sign-in is of another iTwin account than before
 ├─ SealBroken               a stored record cannot be opened
 ├─ StoreUnreachable         Redis or Valkey does not answer
 ├─ PersonRefused            guest, bot, deactivated, of another workspace, or not verifiable
 ├─ InvalidCommand           the text is not a command
 ├─ NotInChannel             the person is not in the channel that they chose
 ├─ NoChannelDefault         no iTwin is named, and the channel has no default
 ├─ NoSuchName               a name matches nothing
 ├─ AmbiguousName            a name matches several
 ├─ InactiveITwin            a name matches only iTwins that are inactive
 ├─ AmbiguousReading         the typed words can be read in several ways
 ├─ SwappedNames             the timer was typed before its iTwin
 ├─ PartOfName               only a part of a name was typed, for a change
 ├─ TooManyTimers            more timers match than are switched at once
 ├─ NoSuchId                 no record has an id that begins so
 ├─ AmbiguousId              several records have
 ├─ NoAutoEnable             the timer has no auto-enable
 ├─ NothingToUndo            the person has made no such change in this channel
 ├─ NoRequestHere            no request in this channel is one that the person can decide so
 ├─ TimerGone                a valid timer id does not exist any more
 ├─ TimerBusy                another operation has locked the timer
 ├─ CannotUndo               the operation cannot be undone, or not any more
 ├─ ChangesStopped           an admin has stopped all changes
 ├─ PolicyRefused            the policy refuses the change
 ├─ ReasonRequired           the policy requires a reason
 ├─ EmergencyNotAllowed      the policy lets no emergency skip the approvals
 ├─ TooManyRequests          the person has too many requests waiting
 ├─ MayNotDecide             the person may not decide this request
 ├─ RequestClosed            the request was decided before
 ├─ AutoEnableClosed         the auto-enable has ended before
 ├─ CannotSubscribe          the channel cannot have this subscription
 ├─ AuthorizationRevoked     what had allowed an operation does not allow it any more
 ├─ Expired                  the operation is too old to be sent
 ├─ DefinitionChanged        the timer was edited since it was last read
 ├─ MessageEdited            a message to the bot was edited after it was sent
 ├─ Forgotten                the store failed over and does not know the command
 ├─ RetriesExhausted         every attempt failed
 ├─ NotAvailable             a link, command, record or window does not exist any more
 └─ ApiError                 a call to the EDFS or iTwins API failed
     ├─ NotSent              no byte of the request reached the server
     ├─ Refused              the API rejected the request (4xx)
     │   ├─ TokenRefused     401 because of the token
     │   ├─ ClientUnknown    401 because the gateway does not know the client
     │   ├─ Forbidden        403
     │   ├─ NotFound         404
     │   ├─ Invalid          422
     │   └─ RateLimited      429
     └─ Unclear              timeout, reset, 5xx, odd response: it may have been executed
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.names import OperationId, PersonId


class BotError(Exception):
    """Base class of all errors that the bot explains to people."""


# Sign-ins and people


@dataclass(eq=False)
class SignInNeeded(BotError):
    """``ended``: there was a sign-in, and IMS does not accept its refresh token any more."""

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
    """``what`` is short and free of secrets; ``settings``: only an admin can correct it."""

    what: str
    settings: bool = False


@dataclass(eq=False)
class AccountTaken(BotError):
    holder: PersonId


class AccountChanged(BotError):
    """The sign-in is of another iTwin account than the one that requested the change."""


@dataclass(eq=False)
class PersonRefused(BotError):
    """``unchecked``: Slack did not answer who the person is."""

    reason: Literal["guest", "bot", "deactivated", "outsider", "unknown", "unchecked"]


# The store


class SealBroken(BotError):
    """A stored record was altered or moved, or its key is not in the key ring."""


class StoreUnreachable(BotError):
    """Redis or Valkey does not answer in time."""


@dataclass(eq=False)
class NotAvailable(BotError):
    """Something that a person came back to has expired, been used, or belongs to somebody else."""

    what: Literal[
        "link",
        "pending command",
        "operation",
        "claimed",
        "browser",
        "modal",
        "request",
        "auto-enable",
        "subscription",
        "copy",
    ]


class MessageEdited(BotError):
    """A message to the bot was edited: a message is acted on once, as it was sent."""


class Forgotten(BotError):
    """The store failed over and does not know the command that it had stored."""


class RetriesExhausted(BotError):
    """Every attempt failed; the log says why."""


# Commands and names


@dataclass(frozen=True, slots=True)
class Choice:
    """One match of a name: its name, a distinguishing detail, and the command that selects it.

    ``pending`` is the id under which the command is stored, for the button; empty until it is.
    """

    name: str
    detail: str
    command: str
    pending: str = ""


@dataclass(eq=False)
class InvalidCommand(BotError):
    """``reason`` is a text to show; ``verb`` is the verb whose usage helps, if there is one.

    ``nearest`` are verbs like a misspelt one, and ``choices`` the commands with them. ``chooser``
    is the command that opens the chooser with what was understood.
    """

    reason: str
    verb: str | None = None
    nearest: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    chooser: str = ""


class NotInChannel(BotError):
    """A modal named a channel that its person is not in."""


@dataclass(eq=False)
class NoChannelDefault(BotError):
    """``wanted`` is the only name that was given; it is taken for a timer's.

    ``others`` are further timers of a list. ``clauses`` are the end and the reason, as typed behind
    the names.
    """

    wanted: str
    verb: str
    others: tuple[str, ...] = ()
    clauses: str = ""


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


IdKind = Literal["operation", "request", "auto-enable", "subscription"]


@dataclass(eq=False)
class NoSuchId(BotError):
    kind: IdKind
    wanted: str


@dataclass(eq=False)
class AmbiguousId(BotError):
    kind: IdKind
    wanted: str
    choices: tuple[Choice, ...]


@dataclass(eq=False)
class InactiveITwin(BotError):
    """``names`` are the inactive iTwins that the name matches, at least one; no active one does."""

    wanted: str
    names: tuple[str, ...]


@dataclass(eq=False)
class AmbiguousReading(BotError):
    """The typed words can be read in several ways, and what they name exists in each."""

    choices: tuple[Choice, ...]


@dataclass(eq=False)
class SwappedNames(BotError):
    """What was typed as the iTwin is a timer of what was typed as the timer."""

    choice: Choice


@dataclass(eq=False)
class PartOfName(BotError):
    """A change was asked for with a part of a name; ``choice`` is what it may mean."""

    wanted: tuple[str, ...]
    choice: Choice


@dataclass(eq=False)
class TooManyTimers(BotError):
    """``count`` timers would be switched at once, of at most ``most``."""

    count: int
    most: int
    itwin: str


@dataclass(eq=False)
class CannotSubscribe(BotError):
    """shared: the channel is shared with another organization; not_there: the bot is not in it;
    archived: it takes no messages any more; direct: it is not a channel; many: it has the maximum
    number of subscriptions.
    """

    reason: Literal["shared", "not_there", "archived", "direct", "many"]


# Operations


@dataclass(eq=False)
class TimerGone(BotError):
    wanted: str


@dataclass(eq=False)
class TimerBusy(BotError):
    holder: OperationId


@dataclass(eq=False)
class CannotUndo(BotError):
    """``redo``: it is an undo that cannot be taken back."""

    reason: Literal["unknown", "unfinished", "not_applied", "changed", "undone", "late"]
    redo: bool = False


@dataclass(eq=False)
class NothingToUndo(BotError):
    """none: the person changed nothing in this channel, or (of a redo) undid nothing there;
    done: all of it was undone, or taken back, before.
    """

    verb: Literal["undo", "redo"]
    reason: Literal["none", "done"]


class ChangesStopped(BotError):
    """An admin has stopped all changes (the kill switch); everything else works."""


class Expired(BotError):
    """The operation was requested too long ago to be sent now."""


class DefinitionChanged(BotError):
    """Name, package, schedule or parameters differ from what was read before."""


@dataclass(eq=False)
class AutoEnableClosed(BotError):
    """The auto-enable has ended before; ``how`` as in ``auto_enables.ClosedAs``."""

    how: str
    by: PersonId | None = None


@dataclass(eq=False)
class NoAutoEnable(BotError):
    """The timer has no auto-enable, so there is none to change.

    ``enabled`` is the state just read. ``choices`` are commands that do the same without one.
    """

    timer: str
    enabled: bool
    choices: tuple[Choice, ...] = ()


# Policy and approvals


@dataclass(eq=False)
class PolicyRefused(BotError):
    """The policy refuses the change; ``rule`` is the name of the rule that decided."""

    reason: Literal["denied", "not_allowed", "protected"]
    rule: str = ""


@dataclass(eq=False)
class ReasonRequired(BotError):
    """The policy requires a reason; ``command`` is the command without it, as text."""

    command: str
    rule: str = ""


class EmergencyNotAllowed(BotError):
    """The policy does not let an emergency skip the approvals."""


class TooManyRequests(BotError):
    """This person has the maximum number of requests waiting."""


@dataclass(eq=False)
class MayNotDecide(BotError):
    """This person may not decide this request.

    own: they made it; same_account: it was made, or approved before, with the same iTwin account;
    not_listed: the policy names others; voted: they have approved it before; not_yours: only the
    requester may cancel it.
    """

    reason: Literal["own", "same_account", "not_listed", "voted", "not_yours"]


@dataclass(eq=False)
class NoRequestHere(BotError):
    """Nothing waits in this channel that this person can decide so; ``others``: something else
    waits there.
    """

    verb: Literal["approve", "decline", "cancel"]
    others: bool


@dataclass(eq=False)
class RequestClosed(BotError):
    """The request was decided before: ``stage`` is a ``Stage``'s value, ``at`` unix seconds.

    ``became`` is the state that its operation gave the timer then, ``reads`` the one in which the
    bot saw it last; None where that is not known.
    """

    stage: str
    by: PersonId | None
    at: float
    became: bool | None = None
    reads: bool | None = None


@dataclass(eq=False)
class AuthorizationRevoked(BotError):
    """What had allowed an operation does not allow it any more.

    ``reason`` names it: policy, approver, requester, account, auto_enable, request, state.
    """

    reason: str = ""


# The EDFS and iTwins APIs


@dataclass(frozen=True, slots=True)
class Detail:
    """One ``error.details[]`` entry of the platform; missing or null members are empty strings."""

    code: str = ""
    message: str = ""
    target: str = ""


@dataclass(eq=False, kw_only=True)
class ApiError(BotError):
    """A call to EDFS or iTwins that failed.

    ``operation`` is our name of the call and ``status`` the HTTP status (0: no response).
    ``code``, ``message`` and ``details`` are the platform's error body, as far as it had one
    (source: iTwin Platform error handling; ``{"error": {code, message, target?, details?}}``).
    They are untrusted text, shown as plain text only.
    """

    operation: str
    status: int = 0
    code: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()


class NotSent(ApiError):
    """DNS, connect or TLS failed: no byte of the request reached the server."""


class Refused(ApiError):
    """The API rejected the request, with a 4xx status."""


class TokenRefused(Refused):
    """401: the token is missing, stale or not accepted."""


class ClientUnknown(Refused):
    """401 ``UnknownClient``: the registration of the bot itself is not accepted."""


class Forbidden(Refused):
    """403: signed in, but without ``edfs_listmng``."""


class NotFound(Refused):
    """404 in one of its three meanings, which ``code`` distinguishes."""


class Invalid(Refused):
    """422: the platform does not accept a value we sent."""


@dataclass(eq=False, kw_only=True)
class RateLimited(Refused):
    """429, or our own budget is used up; ``retry_after`` in seconds, already clamped.

    ``ours``: nothing was sent, because it would have exceeded our budget.
    """

    retry_after: float = 30.0
    ours: bool = False


@dataclass(eq=False, kw_only=True)
class Unclear(ApiError):
    """The request may or may not have been executed.

    ``why`` is one of timeout, cut, status, redirect, body, other_id.
    """

    why: str = ""
