"""Parse functions: from the tokens behind a verb to a command.

The table in ``verbs`` gives each verb one of the public functions here. All of them take the
canonical verb, the whole text (a reason keeps its spacing) and the tokens behind the verb, and
raise InvalidCommand, with the verb, for what they cannot read.
"""

import re
from collections.abc import Callable
from typing import cast

from bot.core.errors import InvalidCommand
from bot.core.language.clauses import phrase_from, take_reason, take_until
from bot.core.language.commands import (
    AutoEnableVerb,
    ChangeAutoEnable,
    Command,
    Decide,
    DecisionVerb,
    History,
    ListTimers,
    OpenChooser,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchVerb,
    Undo,
    Unsubscribe,
)
from bot.core.language.tokens import Token
from bot.core.names import OperationId, is_own_id, single_line
from bot.core.subscriptions import EVENTS

Parse = Callable[[str, str, list[Token]], Command]
NAME_LIMIT = 255
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


# Changes to a timer


def switch(verb: str, text: str, tokens: list[Token]) -> Switch:
    """Parse "<itwin> <timer> [until …] [because …]"."""
    reason, emergency, tokens = take_reason(verb, text, tokens, after=1)
    until, tokens = take_until(verb, tokens)
    itwin, timer = _itwin_and_timer(verb, tokens)
    if until and verb != "disable":
        raise InvalidCommand("only disable takes an end", "disable")
    if emergency and not reason:
        raise InvalidCommand("an emergency needs its reason", verb)
    return Switch(cast("SwitchVerb", verb), itwin, timer, reason, until, emergency)


def undo(verb: str, _: str, tokens: list[Token]) -> Undo:
    """Parse the id of an operation."""
    operation = _own_id(verb, tokens, "operation")
    _expect_end(verb, tokens[1:])
    return Undo(operation)


def decide(verb: str, text: str, tokens: list[Token]) -> Decide:
    """Parse "<request> [because …]"."""
    reason, emergency, tokens = take_reason(verb, text, tokens, after=1)
    request = _own_id(verb, tokens, "request")
    if emergency:
        raise InvalidCommand(f"{verb} knows no emergency", verb)
    _expect_end(verb, tokens[1:])
    return Decide(cast("DecisionVerb", verb), request, reason)


def change_auto_enable(verb: str, _: str, tokens: list[Token]) -> ChangeAutoEnable:
    """Parse the id of an auto-enable; behind "extend" also the new end."""
    off = _own_id(verb, tokens, "return")
    rest = tokens[1:]
    if verb != "extend":
        _expect_end(verb, rest)
        return ChangeAutoEnable(cast("AutoEnableVerb", verb), off)
    if not rest or rest[0].text.casefold() not in {"until", "for"}:
        raise InvalidCommand("extend says until when", verb)
    return ChangeAutoEnable("extend", off, phrase_from(verb, rest))


# Reading


def list_timers(verb: str, _: str, tokens: list[Token]) -> ListTimers:
    """Parse "[<itwin> | all] [disabled] [page <number>]"."""
    page, tokens = _take_page(tokens)
    disabled = bool(tokens) and tokens[-1].is_bare("disabled")
    names = tokens[:-1] if disabled else tokens
    if _is_all(names):
        return ListTimers("", disabled, page, everywhere=True)
    return ListTimers(_joined(verb, names) if names else "", disabled, page)


def show(verb: str, _: str, tokens: list[Token]) -> Show:
    """Parse the two names of a timer."""
    return Show(*_itwin_and_timer(verb, tokens))


def history(verb: str, _: str, tokens: list[Token]) -> History:
    """Parse "[<itwin> [<timer>] | all] [before <number>]"."""
    before = 0
    if len(tokens) > 1 and tokens[-2].is_bare("before") and _is_number(tokens[-1]):
        before, tokens = int(tokens[-1].text), tokens[:-2]
    if not tokens or _is_all(tokens):
        return History("", "", before, everywhere=bool(tokens))
    timer = _joined(verb, tokens[1:]) if tokens[1:] else ""
    return History(_name(verb, tokens[0].text), timer, before)


def open_chooser(verb: str, _: str, tokens: list[Token]) -> OpenChooser:
    """Parse "[<itwin> [<timer>]]"; a single name is the iTwin here."""
    if len(tokens) < 2:
        return OpenChooser(_name(verb, tokens[0].text) if tokens else "")
    return OpenChooser(*_itwin_and_timer(verb, tokens))


# The channel


def set_channel_default(verb: str, _: str, tokens: list[Token]) -> SetChannelDefault:
    """Parse "[<itwin> | nothing]"."""
    if len(tokens) == 1 and tokens[0].is_bare("nothing"):
        return SetChannelDefault(nothing=True)
    return SetChannelDefault(_joined(verb, tokens) if tokens else "")


def subscribe(verb: str, _: str, tokens: list[Token]) -> Subscribe:
    """Read the names first, then events; behind a quoted name only events can follow."""
    names = list(tokens)
    events: set[str] = set()
    pattern = next((at for at, one in enumerate(tokens[1:], 1) if not one.bare), len(tokens))
    for one in tokens[pattern + 1 :]:
        if not one.bare or one.text.casefold() not in EVENTS:
            reason = f"“{single_line(one.text, 40)}” is none of {', '.join(EVENTS)}"
            raise InvalidCommand(reason, verb)
    while names[1:] and names[-1].bare and names[-1].text.casefold() in EVENTS:
        events.add(names.pop().text.casefold())
    if not names:
        return Subscribe()
    timer = _joined(verb, names[1:]) if names[1:] else ""
    ordered = tuple(event for event in EVENTS if event in events)
    return Subscribe(_name(verb, names[0].text), timer, ordered)


def unsubscribe(verb: str, _: str, tokens: list[Token]) -> Unsubscribe:
    """Parse the id of a subscription."""
    subscription = _own_id(verb, tokens, "subscription")
    _expect_end(verb, tokens[1:])
    return Unsubscribe(subscription)


# Verbs with nothing, or only a page, behind them


def nothing(make: Callable[[], Command]) -> Parse:
    """Make the parse function of a verb that takes no argument."""

    def parsed(verb: str, _: str, tokens: list[Token]) -> Command:
        if tokens:
            raise InvalidCommand(f"{verb} takes nothing after it", verb)
        return make()

    return parsed


def page(make: Callable[[int], Command]) -> Parse:
    """Make the parse function of a verb that takes "page <number>" or nothing."""

    def parsed(verb: str, _: str, tokens: list[Token]) -> Command:
        number, rest = _take_page(tokens)
        if rest:
            raise InvalidCommand(f"{verb} takes nothing but a page after it", verb)
        return make(number)

    return parsed


# Parts of arguments


def _itwin_and_timer(verb: str, tokens: list[Token]) -> tuple[str, str]:
    """Read two names; a single one is the timer's, and the iTwin is the channel's default."""
    if not tokens:
        raise InvalidCommand("the iTwin and the timer are missing", verb)
    if len(tokens) == 1:
        return "", _name(verb, tokens[0].text)
    return _name(verb, tokens[0].text), _joined(verb, tokens[1:])


def _joined(verb: str, tokens: list[Token]) -> str:
    """Join tokens into one name: names of timers often hold spaces, and people omit the quotes."""
    return _name(verb, " ".join(token.text for token in tokens))


def _name(verb: str, text: str) -> str:
    name = " ".join(text.split())
    if len(name) > NAME_LIMIT:
        raise InvalidCommand(f"a name has at most {NAME_LIMIT} characters", verb)
    if not name:
        raise InvalidCommand("a name is empty", verb)
    return name


def _own_id(verb: str, tokens: list[Token], what: str) -> OperationId:
    if not tokens or not is_own_id(tokens[0].text):
        raise InvalidCommand(
            f"{verb} needs the id of one {what}: 24 letters and digits, at the foot of its card",
            verb,
        )
    return OperationId(tokens[0].text)


def _take_page(tokens: list[Token]) -> tuple[int, list[Token]]:
    """Split off "page <number>" at the end; without it the page is the first."""
    if len(tokens) > 1 and tokens[-2].is_bare("page") and _is_number(tokens[-1]):
        return int(tokens[-1].text), tokens[:-2]
    return 1, tokens


def _is_all(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].is_bare("all")


def _is_number(token: Token) -> bool:
    return token.bare and _NUMBER.fullmatch(token.text) is not None


def _expect_end(verb: str, tokens: list[Token]) -> None:
    if tokens:
        raise InvalidCommand(f"{verb} takes nothing more after it", verb)
