"""Parse functions: from the tokens behind a verb to a command.

The table in ``verbs`` gives each verb one of the public functions here. All of them take the
canonical verb, the whole text (a reason keeps its spacing) and the tokens behind the verb, and
raise InvalidCommand, with the verb, for what they cannot read.
"""

import re
from collections.abc import Callable
from typing import cast

from bot.core.errors import InvalidCommand
from bot.core.language.clauses import take_reason, take_until
from bot.core.language.commands import (
    AutoEnableVerb,
    ChangeAutoEnable,
    Command,
    Decide,
    DecisionVerb,
    History,
    ListTimers,
    OpenChooser,
    Redo,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchVerb,
    Undo,
    Unsubscribe,
)
from bot.core.language.tokens import Token
from bot.core.names import is_id_prefix, is_own_id, single_line
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


def undo(verb: str, text: str, tokens: list[Token]) -> Undo:
    """Parse "[last | <operation>] [because …]"."""
    return Undo(*_change_and_reason(verb, text, tokens))


def redo(verb: str, text: str, tokens: list[Token]) -> Redo:
    """Parse "[last | <operation>] [because …]"."""
    return Redo(*_change_and_reason(verb, text, tokens))


def _change_and_reason(verb: str, text: str, tokens: list[Token]) -> tuple[str, str]:
    """Return the beginning of an operation's id, empty for the newest one, and the reason."""
    reason, tokens = _plain_reason(verb, text, tokens, after=0)
    if not tokens or tokens[0].is_bare("last"):
        _expect_end(verb, tokens[1:])
        return "", reason
    operation = _own_id(verb, tokens, "an operation")
    _expect_end(verb, tokens[1:])
    return operation, reason


def decide(verb: str, text: str, tokens: list[Token]) -> Decide:
    """Parse "[<request>] [because …]"."""
    reason, tokens = _plain_reason(verb, text, tokens, after=0)
    request = _own_id(verb, tokens, "a request") if tokens else ""
    _expect_end(verb, tokens[1:])
    return Decide(cast("DecisionVerb", verb), request, reason)


def change_auto_enable(verb: str, text: str, tokens: list[Token]) -> ChangeAutoEnable:
    """Parse the id of an auto-enable, or its timer; behind "extend" also the new end."""
    reason, tokens = _plain_reason(verb, text, tokens, after=1)
    until, tokens = take_until(verb, tokens)
    if until and verb != "extend":
        raise InvalidCommand(f"{verb} takes no end, only extend does", verb)
    if verb == "extend" and tokens and not until:
        raise InvalidCommand("extend needs the new end: “until …” or “for …”", verb)
    changing = cast("AutoEnableVerb", verb)
    if tokens and tokens[0].bare and is_own_id(tokens[0].text.lower()):
        _expect_end(verb, tokens[1:])
    if len(tokens) == 1 and tokens[0].bare and is_id_prefix(tokens[0].text):
        return ChangeAutoEnable(changing, tokens[0].text.lower(), until, reason=reason)
    itwin, timer = _itwin_and_timer(verb, tokens)
    return ChangeAutoEnable(changing, "", until, itwin, timer, reason)


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
    subscription = _own_id(verb, tokens, "a subscription")
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


def _plain_reason(
    verb: str, text: str, tokens: list[Token], *, after: int
) -> tuple[str, list[Token]]:
    """Split off a reason that cannot be an emergency's."""
    reason, emergency, tokens = take_reason(verb, text, tokens, after)
    if emergency:
        raise InvalidCommand(f"{verb} knows no emergency", verb)
    return reason, tokens


def _own_id(verb: str, tokens: list[Token], what: str) -> str:
    """Return an id of ours or its beginning, in lower case."""
    enough = f"the id of {what}; its first six characters are enough"
    if not tokens:
        raise InvalidCommand(f"{verb} needs {enough}", verb)
    if not is_id_prefix(tokens[0].text):
        raise InvalidCommand(f"“{single_line(tokens[0].text, 40)}” is not {enough}", verb)
    return tokens[0].text.lower()


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
