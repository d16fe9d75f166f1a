"""The clauses at the end of a command: its reason ("because …") and end ("until …", "for …").

They come in any order behind the names. Names contain the same words ("Wait for 3 days"), so a
text can often be read in several ways; which one is meant is decided by the names that exist.
"""

from dataclasses import dataclass

from bot.core.errors import InvalidCommand
from bot.core.language.naming import NAME_LIMIT, is_closed, is_whole
from bot.core.language.phrases import MOST_WORDS, opens_end, parse_phrase, reads_as_end
from bot.core.language.tokens import Token, joined, unescaped
from bot.core.names import single_line

REASON_LIMIT = 300
_MOST_PLACES = 8  # where an end may begin; a name holds few such words
_TAIL_WORDS = 10  # of an end that begins with no word such as "until"
BECAUSE = frozenset({"because", "bc", "cuz", "coz", "'cause", "‘cause", "’cause"})


@dataclass(frozen=True, slots=True)
class Clauses:
    """A reason and an end, as commands hold them; empty where there is none."""

    until: str = ""
    reason: str = ""
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Tail:
    """One way to read the end of a command: the tokens before it, and its clauses.

    ``clauses`` is the error where the words begin a clause and cannot be read as one.
    """

    names: list[Token]
    clauses: Clauses | InvalidCommand


def tails(verb: str, text: str, tokens: list[Token], *, ends: bool, first: int = 1) -> list[Tail]:
    """Return every way to read the end of a command, the likeliest first.

    ``ends``: the verb takes an end. ``first`` tokens are names in any case. Raises InvalidCommand
    where a reason or a time is missing.
    """
    reason = _first_reason(tokens, first)
    if reason > first and _is_opener(tokens[reason - 1]):
        raise InvalidCommand(f"the time after “{tokens[reason - 1].text}” is missing", verb)
    places = _places(tokens[:reason], first, ends=ends)
    found = [
        Tail(tokens[:at], one) for at in places for one in _read(verb, text, tokens[at:], ends=ends)
    ]
    is_name = 0 < reason == places[-1] < len(tokens) and not is_closed(tokens[:reason])
    if is_name and len(joined(tokens)) <= NAME_LIMIT:
        found.append(Tail(tokens, Clauses()))  # "because" may be a word of the name
    return found


def _places(tokens: list[Token], first: int, *, ends: bool) -> list[int]:
    """Return where the names may stop and an end begin, the likeliest first.

    Behind a quoted name, an id or an address, words that are an end are nothing else.
    """
    starts = [at for at in range(first, _names_end(tokens)) if _opens(tokens[at:])][:_MOST_PLACES]
    later = range(max(first, 1), starts[0] if starts else len(tokens))
    bare = [at for at in later if ends and _is_bare_end(tokens[at:])]
    places = [*starts, *bare]
    closed = [at for at in places if not at or is_closed(tokens[:at])]
    return closed[:1] or [*places, len(tokens)]


def _names_end(tokens: list[Token]) -> int:
    """Return behind how many tokens no name can reach, because of its length."""
    length = 0
    for at, token in enumerate(tokens):
        length += 0 if is_whole(token) else len(token.text) + 1
        if length > 2 * NAME_LIMIT:
            return at
    return len(tokens)


def is_because(token: Token) -> bool:
    return token.bare and token.text.casefold() in BECAUSE


def _first_reason(tokens: list[Token], first: int) -> int:
    """Return where the reason begins; behind the last token where there is none."""
    for at, token in enumerate(tokens):
        if at >= first and is_because(token):
            return at
    return len(tokens)


def _is_opener(token: Token) -> bool:
    return token.bare and token.text.casefold().lstrip("'‘’") in {"until", "till", "til"}


def _opens(tokens: list[Token]) -> bool:
    """Whether an end begins here with a word such as "until"."""
    if not _is_word(tokens[0]):
        return False
    return opens_end([token.text for token in tokens[:MOST_WORDS]])


def _is_word(token: Token) -> bool:
    """Whether a token is bare and more than the comma between two names."""
    return token.bare and any(letter.isalnum() for letter in token.text)


def _is_bare_end(tokens: list[Token]) -> bool:
    """Whether these words are an end that begins with no such word: "3 days", "tomorrow 8am"."""
    if len(tokens) > _TAIL_WORDS or not all(token.bare for token in tokens):
        return False
    if not _is_word(tokens[0]) or _opens(tokens):
        return False
    return reads_as_end(joined(tokens))


def _read(
    verb: str, text: str, tokens: list[Token], *, ends: bool
) -> list[Clauses | InvalidCommand]:
    """Read the tokens behind the names: nothing, an end, a reason, or both in either order."""
    at = _first_reason(tokens, 0)
    try:
        until = _end(verb, tokens[:at], ends=ends) if at else ""
    except InvalidCommand as refused:
        return [refused]
    if at == len(tokens):
        return [Clauses(until)]
    return _with_reason(verb, text, tokens[at:], until, ends=ends)


def _end(verb: str, tokens: list[Token], *, ends: bool) -> str:
    phrase = parse_phrase(verb, joined(tokens))
    if not ends:
        raise InvalidCommand(
            f"only disable and extend take an end, and “{single_line(phrase, 60)}” reads as one; "
            "a name that holds it goes in quotes",
            verb,
        )
    return phrase


def _with_reason(
    verb: str, text: str, tokens: list[Token], until: str, *, ends: bool
) -> list[Clauses | InvalidCommand]:
    """Read a reason, and what follows it. Raises InvalidCommand where there is none."""
    behind = tokens[1:]
    if not behind or not behind[0].text.strip():
        raise InvalidCommand("the reason after “because” is missing", verb)
    if not behind[0].bare:
        return [_quoted(verb, behind, until, ends=ends)]
    if len(behind) > 1 and all(one.bare for one in behind) and behind[-1].is_bare("emergency"):
        raise InvalidCommand("an emergency needs its reason in quotes", verb)
    whole = _reason(verb, text[tokens[0].end :])
    found: list[Clauses | InvalidCommand] = [Clauses(until, whole)]
    at = _end_within(behind) if ends and not until else 0
    if at:  # it may be the end, or a part of the reason
        reason = _reason(verb, text[tokens[0].end : behind[at - 1].end])
        found.insert(0, Clauses(parse_phrase(verb, joined(behind[at:])), reason))
    elif ends and not until and (phrase := _end_amid(behind)):
        found.insert(0, Clauses(parse_phrase(verb, phrase), whole))
    return found


def _reason(verb: str, typed: str) -> str:
    reason = single_line(unescaped(typed), REASON_LIMIT)
    if not reason:
        raise InvalidCommand("the reason after “because” is missing", verb)
    return reason


def _end_within(tokens: list[Token]) -> int:
    """Return where in an unquoted reason an end begins that closes it; 0: nowhere."""
    for at in range(max(1, len(tokens) - MOST_WORDS), len(tokens)):
        tail = tokens[at:]
        if (_opens(tail) and reads_as_end(joined(tail))) or _is_bare_end(tail):
            return at
    return 0


def _end_amid(tokens: list[Token]) -> str:
    """Return an end that a reason holds before other words; empty where it holds none."""
    places = [at for at in range(1, len(tokens) - 1) if _opens(tokens[at:])][:_MOST_PLACES]
    for at in places:
        for length in range(min(MOST_WORDS, len(tokens) - at), 1, -1):
            if reads_as_end(phrase := joined(tokens[at : at + length])):
                return phrase
    return ""


def _quoted(verb: str, behind: list[Token], until: str, *, ends: bool) -> Clauses | InvalidCommand:
    """Read a reason in quotes; behind it there may be "emergency", and an end."""
    reason = single_line(behind[0].text, REASON_LIMIT)
    if not reason:
        return InvalidCommand("the reason after “because” is missing", verb)
    rest = behind[1:]
    emergency = False
    for place in (0, -1):
        if rest and rest[place].is_bare("emergency"):
            emergency = True
            rest.pop(place)
    if not rest:
        return Clauses(until, reason, emergency)
    if until or not (_opens(rest) or _is_bare_end(rest)):
        return not_understood(verb, rest)
    try:
        return Clauses(_end(verb, rest, ends=ends), reason, emergency)
    except InvalidCommand as refused:
        return refused


def not_understood(verb: str, tokens: list[Token], chooser: str = "") -> InvalidCommand:
    """Return the error for words that nothing in the command can use.

    ``chooser`` is the command that opens the chooser with what was understood.
    """
    words = single_line(joined(tokens), 100)
    reason = f"“{words}” was not understood, so nothing was done"
    return InvalidCommand(reason, verb, chooser=chooser)


def take_reason(
    verb: str, text: str, tokens: list[Token], after: int
) -> tuple[str, bool, list[Token]]:
    """Split off the reason, which begins at the first bare "because" behind ``after`` tokens.

    Returns the reason, whether it is an emergency, and the tokens before it. A quoted reason may
    be followed by one more word, "emergency". Raises InvalidCommand for an empty reason.
    """
    at = _first_reason(tokens, after)
    if at == len(tokens):
        return "", False, tokens
    found = _with_reason(verb, text, tokens[at:], "", ends=False)[0]
    if isinstance(found, InvalidCommand):
        raise found
    return found.reason, found.emergency, tokens[:at]


def phrase_from(verb: str, tokens: list[Token]) -> str:
    """Return the phrase that these tokens are. Raises InvalidCommand."""
    return parse_phrase(verb, joined(tokens))
