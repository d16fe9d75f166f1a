"""Options of external selects, as Slack takes them; without any, one that says why.

Limits: text and description 75 each, value 150, 100 options (docs.slack.dev/reference/block-kit).
Slack has no options that cannot be chosen: those with a message only have the value ``-``.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from bot.core.errors import (
    BotError,
    ClientUnknown,
    Forbidden,
    IdentityProviderError,
    Invalid,
    NotFound,
    NotSent,
    PersonRefused,
    RateLimited,
    SealBroken,
    SignInNeeded,
    StoreUnreachable,
    TokenRefused,
    Unclear,
)
from bot.core.names import single_line
from bot.core.schedules import in_words
from bot.core.suggestions import Entry, GroupName, OptionPage
from bot.gateways.slack.messages import Block

NOTHING = "-"
LONGEST = 75
NUMBER = 25  # characters of an iTwin's number that are shown, however long its name
TYPED = 40

Options = dict[str, list[Block]]

_LABELS: dict[GroupName, str] = {
    "favorites": "Favourites",
    "recents": "Recently used",
    "all": "All iTwins",
    "found": "Found",
}


def itwins(offer: OptionPage, typed: str) -> Options:
    """Return the options for a choice of iTwin."""
    if not offer.known:
        return _reason("Your account belongs to no iTwin: ask who runs yours")
    if not offer.groups:
        return _reason(f"No iTwin fits “{_echoed(typed)}”")
    shown = [entry for group in offer.groups for entry in group.entries]
    names = Counter(_name(entry) for entry in shown)

    def option(entry: Entry) -> Block:
        # iTwins with equal names and no numbers are told apart by their ids.
        alike = names[_name(entry)] > 1 and not single_line(entry.note)
        return _option(_itwin_text(entry), entry.id, entry.id if alike else "")

    return _rendered(offer, option)


def timers(offer: OptionPage, typed: str) -> Options:
    """Return the options for a choice of timer."""
    if not offer.known:
        return _reason("This iTwin has no timers")
    if not offer.groups:
        return _reason(f"No timer fits “{_echoed(typed)}”")
    return _rendered(offer, _timer)


def choose_first() -> Options:
    """Return the answer to a select of timers without an iTwin."""
    return _reason("Choose an iTwin first")


def late() -> Options:
    """Return the answer where the options could not be read within three seconds."""
    return _reason("Bentley did not answer in time: type again")


def unknown() -> Options:
    """Return the answer to a select that the bot does not know."""
    return _reason("This list is not known: close the window and open it again")


def unavailable(error: BotError, *, timers: bool) -> Options:
    """Return the answer where an error kept the options from being read."""
    return _reason(_cause(error, timers=timers))


def _cause(error: BotError, *, timers: bool) -> str:
    """Return the cause of an error and the next step, in one line."""
    match error:
        case SignInNeeded(ended=True):
            return "Your sign-in has ended. Sign in again: /edfs signin"
        case SignInNeeded():
            return "Sign in first: /edfs signin"
        case TokenRefused():
            return "Bentley refuses your sign-in. Sign in again: /edfs signin"
        case PersonRefused():
            return _not_allowed(error)
        case StoreUnreachable() | SealBroken():
            return "The bot cannot reach its store: try again in a minute"
        case RateLimited():
            return f"Bentley's limit is used up: type again in {max(1, round(error.retry_after))} s"
        case Forbidden() if timers:
            return "Your account may not read these timers: ask who runs the iTwin"
        case Forbidden():
            return "Your account may not list iTwins: ask who runs them"
        case NotFound() | Invalid():
            return "Bentley shows your account no such iTwin: choose another"
        case ClientUnknown():
            return "Bentley does not know this bot: tell who runs it"
        case IdentityProviderError(settings=True):
            return "Bentley's sign-in refuses this bot: tell who runs it"
        case IdentityProviderError():
            return "Bentley's sign-in does not answer: type again in a minute"
        case Unclear(why="timeout"):
            return "Bentley did not answer in time: type again"
        case NotSent():
            return "Bentley cannot be reached: type again in a minute"
        case _:
            return "Bentley gave no good answer: type again in a minute"


def _not_allowed(refused: PersonRefused) -> str:
    match refused.reason:
        case "guest":
            return "You are not allowed to use this bot: guests are not"
        case "outsider":
            return "You are not allowed to use this bot: only its workspace is"
        case "unknown" | "unchecked":
            return "Slack did not say who you are: type again"
        case "bot" | "deactivated":
            return "You are not allowed to use this bot"


def _rendered(offer: OptionPage, option: Callable[[Entry], Block]) -> Options:
    rest = [_option(f"…and {offer.more:,} more: type some letters", NOTHING)] if offer.more else []
    if len(offer.groups) == 1 and offer.groups[0].name == "found":
        return {"options": [*map(option, offer.groups[0].entries), *rest]}
    groups: list[Block] = []
    for group in offer.groups:
        last = group is offer.groups[-1]
        rendered = [*map(option, group.entries), *(rest if last else ())]
        groups.append(_group(_LABELS[group.name], rendered))
    return {"option_groups": groups}


def _group(label: str, options: Iterable[Block]) -> Block:
    return {"label": _text(label), "options": list(options)}


def _itwin_text(entry: Entry) -> str:
    name, number = _name(entry), single_line(entry.note, NUMBER)
    if not number or number == name:
        return name
    return f"{single_line(name, LONGEST - 3 - NUMBER)} · {number}"


def _timer(entry: Entry) -> Block:
    state = " (on)" if entry.enabled else " (off)"
    name = single_line(_name(entry), LONGEST - len(state))
    return _option(name + state, entry.id, in_words(entry.note) or entry.note)


def _name(entry: Entry) -> str:
    return single_line(entry.name, LONGEST) or single_line(entry.note, LONGEST) or entry.id


def _echoed(typed: str) -> str:
    return single_line(typed, TYPED)


def _reason(text: str) -> Options:
    return {"options": [_option(text, NOTHING)]}


def _option(text: str, value: str, description: str = "") -> Block:
    option = {"text": _text(text), "value": value}
    cleaned = single_line(description, LONGEST)
    return {**option, "description": _text(cleaned)} if cleaned else option


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": single_line(text, LONGEST), "emoji": False}
