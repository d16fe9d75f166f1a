"""Parse functions: from the tokens behind a verb to a command.

The table in ``verbs`` gives each verb one of the public functions here. All of them take the
canonical verb, the whole text (a reason keeps its spacing) and the tokens behind the verb, and
raise InvalidCommand, with the verb, for what they cannot read.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, cast

from bot.core.errors import InvalidCommand
from bot.core.language.clauses import Clauses, not_understood, tails, take_reason
from bot.core.language.commands import (
    Command,
    Decide,
    DecisionVerb,
    History,
    ListTimers,
    OpenChooser,
    Readings,
    Redo,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchSeveral,
    SwitchVerb,
    Undo,
    Unsubscribe,
)
from bot.core.language.naming import (
    NAME_LIMIT,
    check_all,
    is_closed,
    leftover,
    lists,
    name_in,
    splits,
    units,
)
from bot.core.language.phrases import with_opener
from bot.core.language.tokens import Token, joined
from bot.core.names import is_id_prefix, single_line
from bot.core.subscriptions import EVENTS

Parse = Callable[[str, str, list[Token]], Command]
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


# Changes to a timer


def switch(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse "<itwin> <timer> [until …] [because …]"; without any name, open the chooser."""
    if not tokens:
        return OpenChooser(verb=_chosen(verb))
    found: list[Command] = []
    refused: InvalidCommand | None = None
    every = tails(verb, text, tokens, ends=verb == "disable", first=0)
    for tail in every:
        if isinstance(tail.clauses, InvalidCommand):
            refused = refused or (None if found else tail.clauses)
        elif tail.names:
            found += _switches(verb, tail.names, tail.clauses)
        else:  # only an end or a reason
            until, reason = tail.clauses.until, tail.clauses.reason
            found.append(OpenChooser(verb=_chosen(verb), until=until, reason=reason))
    if not found:
        raise refused or not_understood(verb, leftover(tokens), str(_chooser_of(verb, tokens)))
    return one_of(text, found, refused, loose=_is_loose(every[0].names))


def _chooser_of(verb: str, tokens: list[Token]) -> OpenChooser:
    """Return the chooser with the first two names of a command that has too many words."""
    itwin, timer = [joined(unit) for unit in units(tokens)[:2]]
    return OpenChooser(itwin[:NAME_LIMIT], timer[:NAME_LIMIT], _chosen(verb))


def _switches(verb: str, names: list[Token], clauses: Clauses) -> list[Command]:
    """Return the commands that the names may mean: about one timer, and about several."""
    until, reason, emergency = clauses.until, clauses.reason, clauses.emergency
    several, all_of_them = lists(verb, names), names[-1].is_bare("all")
    alone = [] if all_of_them and is_closed(names) else splits(verb, names)
    for itwin, timer in alone:
        check_all(verb, itwin, timer)
    one = [
        Switch(cast("SwitchVerb", verb), itwin, timer, reason, until, emergency)
        for itwin, timer in alone
    ]
    if not several or ((verb == "toggle" or emergency) and one and not all_of_them):
        return [*one]
    wanted = _chosen(verb)
    if not wanted:
        raise InvalidCommand("toggle takes one timer; enable and disable take several", verb)
    if emergency:
        raise InvalidCommand("an emergency is for one timer at a time", verb)
    return [
        *(SwitchSeveral(wanted, itwin, timers, reason, until) for itwin, timers in several),
        *one,
    ]


def _chosen(verb: str) -> Literal["", "enable", "disable"]:
    match verb:
        case "enable" | "disable":
            return verb
        case _:
            return ""


def snooze(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse as ``switch``; a duration without "for" is how long to snooze."""
    command = switch(verb, text, tokens)
    if isinstance(command, Readings):
        return replace(command, commands=tuple(map(_snoozed, command.commands)))
    return _snoozed(command)


def _snoozed(command: Command) -> Command:
    if not isinstance(command, Switch | SwitchSeveral) or not command.until:
        return command
    return replace(command, until=with_opener(command.until))


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
        expect_end(verb, tokens[1:])
        return "", reason
    operation = _own_id(verb, tokens, "an operation")
    expect_end(verb, tokens[1:])
    return operation, reason


def decide(verb: str, text: str, tokens: list[Token]) -> Decide:
    """Parse "[<request>] [because …]"."""
    reason, tokens = _plain_reason(verb, text, tokens, after=0)
    request = _own_id(verb, tokens, "a request") if tokens else ""
    expect_end(verb, tokens[1:])
    return Decide(cast("DecisionVerb", verb), request, reason)


# Reading


def list_timers(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse "[<itwin> | all] [disabled] [page <number>]"."""
    page, names = _take_page(tokens)
    disabled = bool(names) and names[-1].is_bare("disabled")
    names = names[:-1] if disabled else names
    if not names:
        return ListTimers("", disabled, page)
    if _is_all(names):
        return ListTimers("", disabled, page, everywhere=True)
    found = [ListTimers(_one_name(verb, names), disabled, page)]
    if len(names) < len(tokens) and len(units(tokens)) == 1:
        found.append(ListTimers(_one_name(verb, tokens)))
    return one_of(text, found)


def show(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse the two names of a timer; without any name, open the chooser."""
    if not tokens:
        return OpenChooser()
    found = [Show(*names) for names in _splits(verb, tokens)]
    return one_of(text, found, loose=_is_loose(tokens))


def history(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse "[<itwin> [<timer>] | all] [before <number>]"."""
    before, names = 0, tokens
    if len(tokens) > 1 and tokens[-2].is_bare("before") and _is_number(tokens[-1]):
        before, names = int(tokens[-1].text), tokens[:-2]
    if not names or _is_all(names):
        return History("", "", before, everywhere=bool(names))
    found = [History(*both, before) for both in _itwin_first(verb, names)]
    if before and len(units(tokens)) == 1:
        found += [History(*both) for both in _itwin_first(verb, tokens)]
    return one_of(text, found)


def open_chooser(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse "[enable | disable] [<itwin> [<timer>]] [until …] [because …]"."""
    wanted: Literal["", "enable", "disable"] = ""
    rest = tokens
    if tokens and tokens[0].bare and tokens[0].text.casefold() in {"enable", "disable"}:
        wanted = "enable" if tokens[0].is_bare("enable") else "disable"
        rest = tokens[1:]
    found: list[Command] = []
    for tail in tails(verb, text, rest, ends=True, first=0):
        if isinstance(tail.clauses, InvalidCommand):
            raise tail.clauses
        until, reason = tail.clauses.until, tail.clauses.reason
        names = _itwin_first(verb, tail.names) if tail.names else [("", "")]
        found += [OpenChooser(itwin, timer, wanted, until, reason) for itwin, timer in names]
    return one_of(text, found)


# The channel


def set_channel_default(verb: str, _: str, tokens: list[Token]) -> Command:
    """Parse "[<itwin> | nothing]"."""
    if len(tokens) == 1 and tokens[0].is_bare("nothing"):
        return SetChannelDefault(nothing=True)
    return SetChannelDefault(_one_name(verb, tokens) if tokens else "")


def subscribe(verb: str, text: str, tokens: list[Token]) -> Command:
    """Read the names first, then events; behind a quoted name only events can follow."""
    if not tokens:
        return Subscribe()
    names = len(tokens)
    while names > 1 and tokens[names - 1].bare and tokens[names - 1].text.casefold() in EVENTS:
        names -= 1
    _check_events(verb, tokens[:names])
    pattern = any(sign in joined(tokens[:names]) for sign in "*?")
    found: list[Command] = []
    for place in range(names, len(tokens) + 1):  # words of events may be the end of a name
        words = {token.text.casefold() for token in tokens[place:]}
        events = tuple(event for event in EVENTS if event in words)
        if place == names or (len(units(tokens)) == 1 and not pattern):
            found += [Subscribe(*both, events) for both in _itwin_first(verb, tokens[:place])]
    return one_of(text, found)


def _check_events(verb: str, tokens: list[Token]) -> None:
    """Raise InvalidCommand for words behind a quoted name, which are events but none is known."""
    quoted = next((at for at, one in enumerate(tokens) if at and not one.bare), len(tokens))
    if stray := tokens[quoted + 1 :]:
        reason = f"“{single_line(stray[0].text, 40)}” is none of {', '.join(EVENTS)}"
        raise InvalidCommand(reason, verb)


def unsubscribe(verb: str, _: str, tokens: list[Token]) -> Unsubscribe:
    """Parse the id of a subscription."""
    subscription = _own_id(verb, tokens, "a subscription")
    expect_end(verb, tokens[1:])
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


def one_of(
    text: str,
    commands: Sequence[Command],
    refused: InvalidCommand | None = None,
    *,
    loose: bool = False,
) -> Command:
    """Return the one command, or all that the text may be read as.

    ``refused`` is the error of the likeliest reading, if that is no command. ``loose``: the names
    are of several bare words, of which some may not belong to them.
    """
    different = tuple(dict.fromkeys(commands))
    if len(different) == 1 and refused is None and not loose:
        return different[0]
    return Readings(text.strip(), different, refused.reason if refused else "")


def _is_loose(tokens: list[Token]) -> bool:
    return any(len(unit) > 1 for unit in units(tokens))


def _splits(verb: str, tokens: list[Token]) -> list[tuple[str, str]]:
    """Split tokens into two names. Raises InvalidCommand for words beyond two names."""
    found = splits(verb, tokens)
    if not found:
        raise not_understood(verb, leftover(tokens))
    return found


def _itwin_first(verb: str, tokens: list[Token]) -> list[tuple[str, str]]:
    """Split tokens into an iTwin and perhaps a timer: a single name is the iTwin's."""
    found = _splits(verb, tokens)
    if len(units(tokens)) > 1:
        return found
    alone = (found[-1][1], "")
    return [alone] if len(tokens) == 1 else [*found[:-1], alone, found[-1]]


def _one_name(verb: str, tokens: list[Token]) -> str:
    """Read all tokens as one name. Raises InvalidCommand for words beyond it."""
    if len(units(tokens)) > 1:
        raise not_understood(verb, leftover(tokens, names=1))
    return name_in(verb, joined(tokens))


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


def expect_end(verb: str, tokens: list[Token]) -> None:
    if tokens:
        raise InvalidCommand(f"{verb} takes nothing more after it", verb)
