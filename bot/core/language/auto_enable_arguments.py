"""Parse functions of the verbs that change an auto-enable, by its id or by its timer."""

from typing import cast

from bot.core.errors import InvalidCommand
from bot.core.language.arguments import expect_end, one_of
from bot.core.language.clauses import Tail, not_understood, tails
from bot.core.language.commands import AutoEnableVerb, ChangeAutoEnable, Command
from bot.core.language.naming import leftover, splits
from bot.core.language.phrases import with_opener
from bot.core.language.tokens import Token
from bot.core.names import is_id_prefix, is_own_id


def change_auto_enable(verb: str, text: str, tokens: list[Token]) -> Command:
    """Parse the id of an auto-enable, or its timer; behind "extend" also the new end."""
    if not tokens:
        raise InvalidCommand("the iTwin and the timer are missing", verb)
    found: list[Command] = []
    refused: InvalidCommand | None = None
    for tail in tails(verb, text, tokens, ends=verb == "extend", first=0):
        try:
            changes = _auto_enable_changes(verb, tail)
        except InvalidCommand as error:
            refused = refused or (None if found else error)
            continue
        if _is_id(tail.names):
            return changes[0]
        found += changes
    if not found:
        raise refused or not_understood(verb, leftover(tokens))
    return one_of(text, found, refused)


def _auto_enable_changes(verb: str, tail: Tail) -> list[ChangeAutoEnable]:
    """Return the readings of a tail. Raises InvalidCommand."""
    if isinstance(tail.clauses, InvalidCommand):
        raise tail.clauses
    if not tail.names:
        raise InvalidCommand("the iTwin and the timer are missing", verb)
    if tail.clauses.emergency:
        raise InvalidCommand(f"{verb} knows no emergency", verb)
    until, reason = tail.clauses.until, tail.clauses.reason
    if verb == "extend" and not until:
        raise InvalidCommand("extend needs the new end: “until …” or “for …”", verb)
    until = with_opener(until) if until else ""
    changing = cast("AutoEnableVerb", verb)
    if _is_id(tail.names):
        return [ChangeAutoEnable(changing, tail.names[0].text.lower(), until, reason=reason)]
    if is_own_id(tail.names[0].text.lower()) and all(token.bare for token in tail.names):
        expect_end(verb, tail.names[1:])
    return [
        ChangeAutoEnable(changing, "", until, itwin, timer, reason)
        for itwin, timer in splits(verb, tail.names)
    ]


def _is_id(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].bare and is_id_prefix(tokens[0].text)
