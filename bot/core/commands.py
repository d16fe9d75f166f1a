"""The language: everything a person can ask, as one closed type, and its one parser.

A command is the only currency. Somebody types it, a button carries an id that stands for it, a
sign-in keeps it until its owner is back. ``parse(str(command)) == command``.

    toggle  <itwin> <timer> [because …]     turn it on if it is off, off if it is on
    enable  <itwin> <timer> [because …]     (also: on)
    disable <itwin> <timer> [because …]     (also: off)
    undo    <operation>
    list    [<itwin>]
    show    <itwin> <timer>
    signin · signout · whoami · help [<verb>]

Commands are kept as text, so this grammar may grow but never change its meaning.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from bot.core.errors import NotUnderstood
from bot.core.names import OperationId, is_own_id, plain
from bot.core.words import Word, escaped, quoted, split, unescaped

COMMAND = "/edfs"
REASON_LIMIT = 300
NAME_LIMIT = 255
TEXT_LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class Switch:
    """Bring one timer to one state; ``toggle`` is resolved against the state just read."""

    verb: Literal["toggle", "enable", "disable"]
    itwin: str
    timer: str
    because: str = ""

    def __str__(self) -> str:
        reason = f" because {escaped(self.because)}" if self.because else ""
        return f"{self.verb} {quoted(self.itwin)} {quoted(self.timer)}{reason}"


@dataclass(frozen=True, slots=True)
class Undo:
    operation: OperationId

    def __str__(self) -> str:
        return f"undo {self.operation}"


@dataclass(frozen=True, slots=True)
class ListTimers:
    """Timers of one iTwin; without a name, the person's iTwins."""

    itwin: str = ""

    def __str__(self) -> str:
        return f"list {quoted(self.itwin)}" if self.itwin else "list"


@dataclass(frozen=True, slots=True)
class Show:
    itwin: str
    timer: str

    def __str__(self) -> str:
        return f"show {quoted(self.itwin)} {quoted(self.timer)}"


@dataclass(frozen=True, slots=True)
class SignIn:
    def __str__(self) -> str:
        return "signin"


@dataclass(frozen=True, slots=True)
class SignOut:
    def __str__(self) -> str:
        return "signout"


@dataclass(frozen=True, slots=True)
class WhoAmI:
    def __str__(self) -> str:
        return "whoami"


@dataclass(frozen=True, slots=True)
class Help:
    verb: str = ""

    def __str__(self) -> str:
        return f"help {self.verb}".rstrip()


Command = Switch | Undo | ListTimers | Show | SignIn | SignOut | WhoAmI | Help

USAGE: dict[str, str] = {
    "toggle": "toggle <itwin> <timer> [because …]",
    "enable": "enable <itwin> <timer> [because …]",
    "disable": "disable <itwin> <timer> [because …]",
    "undo": "undo <operation>",
    "list": "list [<itwin>]",
    "show": "show <itwin> <timer>",
    "signin": "signin",
    "signout": "signout",
    "whoami": "whoami",
    "help": "help [<verb>]",
}
VERBS = tuple(USAGE)
_ALSO = {
    "on": "enable",
    "off": "disable",
    "login": "signin",
    "logout": "signout",
    "sign-in": "signin",
    "sign-out": "signout",
    "connect": "signin",
    "disconnect": "signout",
    "timers": "list",
    "?": "help",
}


def parse(text: str) -> Command:
    """Read one command; the text is what stands behind ``/edfs``.

    Raises NotUnderstood with the verb whose usage helps.
    """
    if len(text) > TEXT_LIMIT:
        raise NotUnderstood("the command is too long")
    words = split(text)
    if not words:
        return Help()
    first = words[0].text.casefold()
    verb = _ALSO.get(first, first)
    if verb not in USAGE:
        nearest = get_close_matches(first, [*VERBS, *_ALSO], n=3, cutoff=0.6)
        raise NotUnderstood(f"there is no “{plain(words[0].text, 40)}”", nearest=tuple(nearest))
    return _arguments(verb, text, words[1:])


def _arguments(verb: str, text: str, words: list[Word]) -> Command:
    match verb:
        case "toggle" | "enable" | "disable":
            return _switch(verb, text, words)
        case "show":
            itwin, timer = _itwin_and_timer(verb, words)
            return Show(itwin, timer)
        case "list":
            return ListTimers(_name(verb, " ".join(word.text for word in words), optional=True))
        case "undo":
            return _undo(words)
        case "help":
            return _help(words)
        case _:
            return _alone(verb, words)


def _switch(verb: Literal["toggle", "enable", "disable"], text: str, words: list[Word]) -> Switch:
    # The reason begins at the first bare "because" that leaves two names before it.
    for place, word in enumerate(words):
        if place >= 2 and word.bare and word.text.casefold() == "because":
            itwin, timer = _itwin_and_timer(verb, words[:place])
            reason = plain(unescaped(text[word.end :]), REASON_LIMIT)
            if not reason:
                raise NotUnderstood("the reason after “because” is missing", verb)
            return Switch(verb, itwin, timer, reason)
    return Switch(verb, *_itwin_and_timer(verb, words))


def _itwin_and_timer(verb: str, words: list[Word]) -> tuple[str, str]:
    if len(words) < 2:
        missing = "the iTwin and the timer are" if not words else "the timer is"
        raise NotUnderstood(f"{missing} missing", verb)
    # Names of timers often hold spaces: unquoted words after the iTwin are one name.
    timer = " ".join(word.text for word in words[1:])
    return _name(verb, words[0].text), _name(verb, timer)


def _name(verb: str, text: str, *, optional: bool = False) -> str:
    name = " ".join(text.split())
    if len(name) > NAME_LIMIT:
        raise NotUnderstood(f"a name has at most {NAME_LIMIT} characters", verb)
    if not name and not optional:
        raise NotUnderstood("a name is empty", verb)
    return name


def _undo(words: list[Word]) -> Undo:
    if len(words) != 1 or not is_own_id(words[0].text):
        raise NotUnderstood("an undo names one operation (its id stands on the card)", "undo")
    return Undo(OperationId(words[0].text))


def _help(words: list[Word]) -> Help:
    first = words[0].text.casefold() if words else ""
    verb = _ALSO.get(first, first)
    return Help(verb if verb in USAGE else "")


def _alone(verb: str, words: list[Word]) -> Command:
    if words:
        raise NotUnderstood(f"{verb} takes nothing after it", verb)
    match verb:
        case "signin":
            return SignIn()
        case "signout":
            return SignOut()
        case _:
            return WhoAmI()
