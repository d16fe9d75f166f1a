"""Texts of all errors: what happened, why, and what to do next. No other module has any."""

from dataclasses import dataclass, replace

from bot.core import errors
from bot.core.errors import BotError, Choice
from bot.core.language.commands import COMMAND
from bot.core.language.tokens import in_quotes, quoted
from bot.core.language.verbs import VERBS
from bot.core.names import short_id, single_line
from bot.slack.views.api_errors import api_error_text
from bot.slack.views.blocks import (
    NAME,
    Line,
    Part,
    Timestamp,
    UserMention,
    bold,
    code,
    line,
    sentence,
)
from bot.slack.views.choices import described, offered_of
from bot.slack.views.policy_errors import policy_error_text
from bot.slack.views.reference_errors import reference_error_text

INACTIVE = 3  # iTwins named in one sentence
LISTED = 5  # timers of a list named in one sentence

_PERSONS: dict[str, tuple[str, str]] = {
    "guest": ("guests of this workspace cannot switch timers", "Ask a full member to do it."),
    "bot": ("bots cannot switch timers", "Ask as a person."),
    "deactivated": ("this Slack account is deactivated", "Ask a workspace admin."),
    "outsider": (
        "only members of the workspace that installed EDFS Bot can use it",
        "Ask somebody of that workspace.",
    ),
    "unknown": ("Slack does not know this account", "Ask a workspace admin."),
    "unchecked": (
        "Slack did not say who you are",
        "Try again in a moment.",
    ),
}
_AGAIN = "Type /edfs signin to try again."
_REGISTRATION = "Tell an admin: the registration on Bentley's developer portal has to be mended."
_SIGN_INS: dict[str, tuple[str, str]] = {
    "denied": ("The sign-in was cancelled at Bentley.", _AGAIN),
    "no_refresh_token": (
        "Bentley gave no refresh token: the registration lacks offline_access.",
        _REGISTRATION,
    ),
    "scope_missing": ("Bentley did not grant access to the iTwin Platform.", _REGISTRATION),
    "invalid_scope": ("Bentley refused the scopes of this registration.", _REGISTRATION),
    "identity": ("Bentley's proof of who you are did not hold.", _AGAIN),
    "expired": ("The sign-in took too long.", _AGAIN),
    "other": ("The sign-in could not be completed.", _AGAIN),
}
_TYPE = "Type the command again."
_NEW_LINK = "Type /edfs signin for a new link."
_GONE: dict[str, tuple[str, str]] = {
    "link": ("This sign-in link has expired or was used.", _NEW_LINK),
    "pending command": ("That command is no longer kept; it waits for an hour.", _TYPE),
    "operation": ("That operation is no longer kept.", _TYPE),
    "request": ("That request is no longer kept.", "See what waits with /edfs pending."),
    "auto-enable": ("That return is no longer kept.", "See what is off with /edfs list disabled."),
    "subscription": (
        "There is no such subscription in this channel.",
        "See those there are with /edfs subscriptions.",
    ),
    "copy": (
        "This is a copy of a message, which shows how things were when it was shared.",
        "Look at the message itself, by the link below the copy, or type the command.",
    ),
    "claimed": (
        "This sign-in link was opened in another browser.",
        f"{_NEW_LINK} If nobody of you opened it, tell an admin.",
    ),
    "browser": ("This browser did not begin the sign-in, or it has ended.", _NEW_LINK),
    "modal": ("Slack's three seconds for opening the window had passed.", "Press it once more."),
}


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The text of one error: a short title, the cause, and the next step.

    ``details`` are lines from Bentley's response, or hints. ``choices`` become buttons.
    ``can_retry`` and ``sign_in`` offer a button for that; ``chooser`` is the command of one that
    opens the chooser.
    """

    title: str
    cause: Line
    step: Line
    details: tuple[Line, ...] = ()
    choices: tuple[Choice, ...] = ()
    can_retry: bool = False
    sign_in: bool = False
    chooser: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        return (self.cause, *self.details, self.step)


def error_text(error: BotError, now: float) -> ErrorText:
    """Return the text of an error. Raises TypeError for one without; a test covers all classes."""
    match error:
        case errors.ApiError():
            return _api(error, now)
        case errors.InvalidCommand():
            return _not_understood(error)
        case errors.NotInChannel():
            cause = "You, or the bot, are not in the channel that you chose, so nothing was done."
            return _error(
                "Not in that channel",
                cause,
                "Choose another one, or join it and invite the bot first.",
            )
        case errors.NoChannelDefault():
            return _no_default(error)
        case errors.NoSuchName() | errors.AmbiguousName():
            return _name_error(error)
        case errors.InactiveITwin():
            return _inactive(error)
        case errors.AmbiguousReading() | errors.SwappedNames() | errors.PartOfName():
            return _question(error)
        case errors.SignInNeeded() | errors.SignInRefused() | errors.AccountChanged():
            return _sign_in(error)
        case errors.IdentityProviderError():
            return _identity_provider(error)
        case errors.PersonRefused(reason=reason):
            cause, step = _PERSONS[reason]
            return _error("Not for this account", f"Nothing was done: {cause}.", step)
        case errors.AccountTaken(holder=holder):
            return ErrorText(
                "Account in use",
                line("That iTwin account is linked to ", UserMention(holder), " already."),
                line("Sign in with your own account, or ask them to type /edfs signout."),
            )
        case _:
            words = policy_error_text(error) or reference_error_text(error)
            return ErrorText(*words) if words else _own_error_text(error)


def _own_error_text(error: BotError) -> ErrorText:
    match error:
        case errors.StoreUnreachable():
            cause = "The bot cannot reach its store, so nothing was changed."
            return _error("Not done", cause, "Try again in a minute.", can_retry=True)
        case errors.SealBroken():
            cause = "A stored record does not open, so nothing was done with it."
            return _error("Not done", cause, "Tell an admin: a key may be missing from the ring.")
        case errors.TimerBusy(holder=holder):
            other = short_id(holder)
            cause = f"Another operation holds this timer ({other}); its card says how it goes."
            return _error("Under way already", cause, "Wait until it has ended, then ask again.")
        case errors.TimerGone(wanted=wanted):
            cause = f"{single_line(wanted, NAME)} is not there any more."
            return _error("No such timer", cause, "See what is there with /edfs list.")
        case errors.NotAvailable(what=what):
            return _error("Not there any more", *_GONE[what])
        case errors.ChangesStopped():
            cause = "An admin has switched all changes off, so nothing was changed."
            return _error("Not changed", cause, "Looking still works. Ask an admin, or try later.")
        case errors.Expired():
            cause = "It had waited too long to be sent, so nothing was changed."
            return _error("Not changed", cause, "Ask again if you still want it.", can_retry=True)
        case errors.DefinitionChanged():
            cause = "The timer's definition was edited after it was looked at."
            return _error("Not changed", cause, "Look at it, then ask again.", can_retry=True)
        case errors.MessageEdited():
            cause = "A message is read once, as it was sent, so the edit has changed nothing."
            step = "Press Try again to run it as it reads now, or send it as a new message."
            return _error("Edited messages are not read", cause, step, can_retry=True)
        case errors.Forgotten():
            cause = "The bot's store moved to another server, which does not know this command."
            step = "Look with /edfs show whether it took effect; if it did not, ask again."
            return _error("Your command was lost", cause, step)
        case errors.RetriesExhausted():
            cause = "Answering this broke off several times, so it is given up."
            step = "Tell an admin the trace id; look with /edfs show before you ask again."
            return _error("Something is wrong with the bot", cause, step)
        case _:
            raise TypeError(f"no text for {type(error).__name__}")


def _error(title: str, cause: str, step: str, *, can_retry: bool = False) -> ErrorText:
    return ErrorText(title, line(cause), line(step), can_retry=can_retry)


def _api(error: errors.ApiError, now: float) -> ErrorText:
    title, cause, step = api_error_text(error)
    details = []
    for detail in error.details[:10]:
        target = single_line(detail.target, 60) or "request"
        message = single_line(detail.message or detail.code, 140)
        details.append(line("• ", code(target), f": {message}" if message else ""))
    if error.message and not error.details:
        details.append(line("Bentley said: ", bold(single_line(error.message, 200))))
    following = line(step)
    if isinstance(error, errors.RateLimited):
        following = line("You can try again ", Timestamp(now + error.retry_after), ". ", step)
    retryable = isinstance(error, errors.RateLimited | errors.NotSent)
    signing = isinstance(error, errors.TokenRefused)
    return ErrorText(
        title, line(cause), following, tuple(details), can_retry=retryable, sign_in=signing
    )


def _not_understood(error: errors.InvalidCommand) -> ErrorText:
    hints = [line("Did you mean ", *_listed(error.nearest), "?")] if error.nearest else []
    if verb := VERBS.get(error.verb or ""):
        hints.append(line("It goes like this: ", code(f"{COMMAND} {verb.usage}")))
    usage = f"{COMMAND} help {error.verb}" if error.verb else f"{COMMAND} help"
    step = line("See how it goes with ", code(usage), ".")
    return ErrorText(
        "Not understood",
        line(f"{error.reason[:1].upper()}{error.reason[1:]}", "."),
        step,
        tuple(hints),
        error.choices,
        chooser=error.chooser,
    )


def _no_default(error: errors.NoChannelDefault) -> ErrorText:
    names = [single_line(one, NAME) for one in (error.wanted, *error.others)][:LISTED]
    typed = ", ".join(map(in_quotes, names)) if len(names) > 1 else quoted(names[0])
    clauses = f" {single_line(error.clauses, NAME)}" if error.clauses else ""
    both = code(f"{COMMAND} {error.verb} <itwin> {typed}{clauses}")
    said = ", ".join(f"“{name}”" for name in names)
    cause = f"You named only {said}, and this channel has no iTwin of its own."
    once = line(" Or set this channel's iTwin once: ", code(f"{COMMAND} use <itwin>"), ".")
    step = (*line("Type both, iTwin first: ", both, "."), *once)
    return ErrorText("Which iTwin?", line(cause), step)


def _listed(names: tuple[str, ...]) -> list[Part]:
    parts: list[Part] = []
    for index, name in enumerate(names):
        parts += line(" or ", code(name)) if index else line(code(name))
    return parts


def _name_error(error: errors.NoSuchName | errors.AmbiguousName) -> ErrorText:
    wanted = single_line(error.wanted, NAME)
    if isinstance(error, errors.AmbiguousName):
        return _several(error, wanted)
    where = f" in {single_line(error.where, NAME)}" if error.where else ""
    cause = f"There is no {error.kind} “{wanted}”{where} that your account can see."
    step = "See what is there: /edfs list."
    if error.nearest:
        step = "Press one of these, which have the nearest names, or see them all: /edfs list."
    return ErrorText(
        f"No such {error.kind}",
        line(cause),
        line(step),
        described(error.nearest),
        error.nearest,
    )


def _several(error: errors.AmbiguousName, wanted: str) -> ErrorText:
    number = len(error.choices)
    cause = line(f"{number} {error.kind}s match “{wanted}”", ". Nothing was done yet.")
    step = "Press the one you mean, or type more of its name, or its id."
    offered = offered_of(error.choices)
    if number > len(offered):
        step = f"The menu holds the first {len(offered)}. {step}"
    return ErrorText("Which one?", cause, line(step), described(offered), offered)


def _question(
    error: errors.AmbiguousReading | errors.SwappedNames | errors.PartOfName,
) -> ErrorText:
    match error:
        case errors.AmbiguousReading(choices=choices):
            cause = "Your words can be read in more than one way, so nothing was done yet."
            step = "Choose what you meant, or put names and reasons in quotes."
            numbered = tuple(
                replace(choice, name=f"{place}. {choice.name}", detail="")
                for place, choice in enumerate(choices, 1)
            )
            lines = described(choices, numbered=True)
            return ErrorText("What did you mean?", line(cause), line(step), lines, numbered)
        case errors.SwappedNames(choice=choice):
            cause = f"Did you mean {choice.detail} · {choice.name}?"
            return ErrorText(
                "The iTwin comes first",
                line(f"{cause} Nothing was done yet."),
                line("Press the button if you did."),
                described((choice,)),
                (choice,),
            )
        case errors.PartOfName(wanted=wanted, choice=choice):
            typed = " and ".join(f"“{single_line(one, NAME)}”" for one in wanted)
            parts = "is only a part of its name" if len(wanted) == 1 else "are only parts of names"
            return ErrorText(
                f"Did you mean {choice.name}?",
                line(f"{typed} {parts}. Nothing was changed yet."),
                line("Press the button if you did."),
                described((choice,)),
                (choice,),
            )


def _inactive(error: errors.InactiveITwin) -> ErrorText:
    names = [single_line(name, NAME) for name in error.names[:INACTIVE]]
    left = len(error.names) - len(names)
    cause = f"{names[0]} is inactive in iTwin Platform."
    if len(error.names) > 1:
        listed = ", ".join(names) + (f" and {left} more" if left else "")
        wanted = single_line(error.wanted, NAME)
        cause = f"“{wanted}” matches only iTwins that are inactive in iTwin Platform: {listed}."
    step = "Ask an administrator of the iTwin to activate it, or see the active ones: /edfs list."
    return _error("iTwin is inactive", f"{cause} Nothing was changed.", step)


def _sign_in(error: BotError) -> ErrorText:
    if isinstance(error, errors.SignInRefused):
        cause, step = _SIGN_INS[error.reason]
        return ErrorText("Not signed in", line(cause), line(step), sign_in=True)
    if isinstance(error, errors.AccountChanged):
        cause = "You are signed in with another iTwin account than when you asked."
        step = "Ask again, or sign in with the account you asked with."
        return ErrorText("Not changed", line(cause), line(step), can_retry=True)
    cause = "Your sign-in at Bentley is missing or has ended, so nothing was changed."
    return ErrorText("Sign in first", line(cause), line("Sign in, then try again."), sign_in=True)


def _identity_provider(error: errors.IdentityProviderError) -> ErrorText:
    what = single_line(error.what, 200)
    cause = sentence(f"Bentley's sign-in service is of no help just now: {what}")
    if error.settings:
        return _error("Sign-in does not work", cause, "Tell an admin: edfs-bot doctor says more.")
    step = "Nothing was changed. Try again in a minute."
    return _error("Sign-in does not answer", cause, step, can_retry=True)
