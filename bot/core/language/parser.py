"""The one parser: from what stands behind ``/edfs`` to a command."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, cast

from bot.core.errors import InvalidCommand
from bot.core.language.clauses import phrase_from, take_reason, take_until
from bot.core.language.commands import (
    USAGE,
    VERBS,
    ChangeAutoEnable,
    Command,
    Decide,
    Help,
    History,
    ListTimers,
    OpenChooser,
    Pending,
    SetChannelDefault,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    Undo,
    Unsubscribe,
    WhoAmI,
)
from bot.core.language.tokens import EVENTS, Token, tokenize
from bot.core.names import OperationId, is_own_id, single_line

NAME_LIMIT = 255
TEXT_LIMIT = 4_000
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
    "requests": "pending",
    "?": "help",
}
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


def parse(text: str) -> Command:
    """Read one command; the text is what stands behind ``/edfs``.

    Raises InvalidCommand with the verb whose usage helps.
    """
    if len(text) > TEXT_LIMIT:
        raise InvalidCommand("the command is too long")
    words = tokenize(text)
    if not words:
        return OpenChooser()
    first = words[0].text.casefold()
    verb = _ALSO.get(first, first)
    if verb not in USAGE:
        nearest = get_close_matches(first, [*VERBS, *_ALSO], n=3, cutoff=0.6)
        raise InvalidCommand(
            f"there is no “{single_line(words[0].text, 40)}”", nearest=tuple(nearest)
        )
    return _PARSERS[verb](verb, text, words[1:])


def _switch(verb: str, text: str, words: list[Token]) -> Switch:
    reason, emergency, words = take_reason(verb, text, words, after=1)
    ending, words = take_until(verb, words)
    itwin, timer = _itwin_and_timer(verb, words)
    if ending and verb != "disable":
        raise InvalidCommand("only disable takes an end", "disable")
    if emergency and not reason:
        raise InvalidCommand("an emergency needs its reason", verb)
    return Switch(cast("Any", verb), itwin, timer, reason, ending, emergency)


def _itwin_and_timer(verb: str, words: list[Token]) -> tuple[str, str]:
    """Take two names; one alone is the timer's, and the iTwin is the channel's."""
    if not words:
        raise InvalidCommand("the iTwin and the timer are missing", verb)
    if len(words) == 1:
        return "", _name(verb, words[0].text)
    return _name(verb, words[0].text), _joined(verb, words[1:])


def _joined(verb: str, words: list[Token]) -> str:
    """Names of timers often hold spaces: unquoted words after the iTwin are one name."""
    return _name(verb, " ".join(word.text for word in words))


def _name(verb: str, text: str) -> str:
    name = " ".join(text.split())
    if len(name) > NAME_LIMIT:
        raise InvalidCommand(f"a name has at most {NAME_LIMIT} characters", verb)
    if not name:
        raise InvalidCommand("a name is empty", verb)
    return name


def _show(verb: str, _: str, words: list[Token]) -> Show:
    return Show(*_itwin_and_timer(verb, words))


def _list(verb: str, _: str, words: list[Token]) -> ListTimers:
    page, words = _page(words)
    disabled = bool(words) and words[-1].is_bare("disabled")
    names = words[:-1] if disabled else words
    if _is_all(names):
        return ListTimers("", disabled, page, everywhere=True)
    return ListTimers(_joined(verb, names) if names else "", disabled, page)


def _page(words: list[Token]) -> tuple[int, list[Token]]:
    """Take off "page <number>", the last words of a list."""
    if len(words) > 1 and words[-2].is_bare("page") and _is_number(words[-1]):
        return int(words[-1].text), words[:-2]
    return 1, words


def _is_all(words: list[Token]) -> bool:
    return len(words) == 1 and words[0].is_bare("all")


def _history(verb: str, _: str, words: list[Token]) -> History:
    before = 0
    if len(words) > 1 and words[-2].is_bare("before") and _is_number(words[-1]):
        before, words = int(words[-1].text), words[:-2]
    if not words or _is_all(words):
        return History("", "", before, everywhere=bool(words))
    timer = _joined(verb, words[1:]) if words[1:] else ""
    return History(_name(verb, words[0].text), timer, before)


def _is_number(word: Token) -> bool:
    return word.bare and _NUMBER.fullmatch(word.text) is not None


def _subscribe(verb: str, _: str, words: list[Token]) -> Subscribe:
    names = list(words)
    events: set[str] = set()
    pattern = next((place for place, one in enumerate(words[1:], 1) if not one.bare), len(words))
    for one in words[pattern + 1 :]:
        if not one.bare or one.text.casefold() not in EVENTS:
            says = f"“{single_line(one.text, 40)}” is none of {', '.join(EVENTS)}"
            raise InvalidCommand(says, verb)
    while names[1:] and names[-1].bare and names[-1].text.casefold() in EVENTS:
        events.add(names.pop().text.casefold())
    if not names:
        return Subscribe()
    timer = _joined(verb, names[1:]) if names[1:] else ""
    ordered = tuple(event for event in EVENTS if event in events)
    return Subscribe(_name(verb, names[0].text), timer, ordered)


def _own_id(verb: str, words: list[Token], what: str) -> OperationId:
    if not words or not is_own_id(words[0].text):
        raise InvalidCommand(
            f"{verb} needs the id of one {what}: 24 letters and digits, at the foot of its card",
            verb,
        )
    return OperationId(words[0].text)


def _undo(verb: str, _: str, words: list[Token]) -> Undo:
    operation = _own_id(verb, words, "operation")
    _nothing(verb, words[1:])
    return Undo(operation)


def _decide(verb: str, text: str, words: list[Token]) -> Decide:
    reason, emergency, words = take_reason(verb, text, words, after=1)
    request = _own_id(verb, words, "request")
    if emergency:
        raise InvalidCommand(f"{verb} knows no emergency", verb)
    _nothing(verb, words[1:])
    return Decide(cast("Any", verb), request, reason)


def _change_auto_enable(verb: str, _: str, words: list[Token]) -> ChangeAutoEnable:
    off = _own_id(verb, words, "return")
    rest = words[1:]
    if verb != "extend":
        _nothing(verb, rest)
        return ChangeAutoEnable(cast("Any", verb), off)
    if not rest or rest[0].text.casefold() not in {"until", "for"}:
        raise InvalidCommand("extend says until when", verb)
    return ChangeAutoEnable("extend", off, phrase_from(verb, rest))


def _unsubscribe(verb: str, _: str, words: list[Token]) -> Unsubscribe:
    subscription = _own_id(verb, words, "subscription")
    _nothing(verb, words[1:])
    return Unsubscribe(subscription)


def _open_chooser(verb: str, _: str, words: list[Token]) -> OpenChooser:
    if len(words) < 2:
        return OpenChooser(_name(verb, words[0].text) if words else "")
    return OpenChooser(*_itwin_and_timer(verb, words))


def _channel_default(verb: str, _: str, words: list[Token]) -> SetChannelDefault:
    if len(words) == 1 and words[0].is_bare("nothing"):
        return SetChannelDefault(nothing=True)
    return SetChannelDefault(_joined(verb, words) if words else "")


def _help(_: str, __: str, words: list[Token]) -> Help:
    first = words[0].text.casefold() if words else ""
    verb = _ALSO.get(first, first)
    return Help(verb if verb in USAGE else "")


def _nothing(verb: str, words: list[Token]) -> None:
    if words:
        raise InvalidCommand(f"{verb} takes nothing more after it", verb)


def _alone(make: Callable[[], Command]) -> Callable[[str, str, list[Token]], Command]:
    def parsed(verb: str, _: str, words: list[Token]) -> Command:
        if words:
            raise InvalidCommand(f"{verb} takes nothing after it", verb)
        return make()

    return parsed


def _paged(make: Callable[[int], Command]) -> Callable[[str, str, list[Token]], Command]:
    def parsed(verb: str, _: str, words: list[Token]) -> Command:
        page, rest = _page(words)
        if rest:
            raise InvalidCommand(f"{verb} takes nothing but a page after it", verb)
        return make(page)

    return parsed


_PARSERS: dict[str, Callable[[str, str, list[Token]], Command]] = {
    "choose": _open_chooser,
    "use": _channel_default,
    "toggle": _switch,
    "enable": _switch,
    "disable": _switch,
    "undo": _undo,
    "approve": _decide,
    "decline": _decide,
    "cancel": _decide,
    "pending": _paged(Pending),
    "return": _change_auto_enable,
    "extend": _change_auto_enable,
    "keep": _change_auto_enable,
    "list": _list,
    "show": _show,
    "history": _history,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "subscriptions": _paged(Subscriptions),
    "signin": _alone(SignIn),
    "signout": _alone(SignOut),
    "whoami": _alone(WhoAmI),
    "help": _help,
}
