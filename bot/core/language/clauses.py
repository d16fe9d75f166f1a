"""The clauses at the end of a command: its reason ("because …") and end ("until …", "for …")."""

import re

from bot.core.errors import InvalidCommand
from bot.core.language.tokens import Token, unescaped
from bot.core.names import single_line

REASON_LIMIT = 300
# "for" begins a clause only before a number or "good", because names of timers contain the word.
_SPAN = re.compile(r"(\d.*|an?|one|two|three|four|five|six|seven|good)", re.IGNORECASE)
_PHRASE = re.compile(r"[0-9a-z][0-9a-z:.,/+-]*( [0-9a-z:.,/+-]+){1,15}", re.ASCII)


def take_reason(
    verb: str, text: str, tokens: list[Token], after: int
) -> tuple[str, bool, list[Token]]:
    """Split off the reason, which begins at the first bare "because" behind ``after`` tokens.

    Returns the reason, whether it is an emergency, and the tokens before it. A quoted reason may
    be followed by one more word, "emergency". Raises InvalidCommand for an empty reason.
    """
    for at, token in enumerate(tokens):
        if at < after or not token.is_bare("because"):
            continue
        behind = tokens[at + 1 :]
        if len(behind) > 1 and all(one.bare for one in behind) and behind[-1].is_bare("emergency"):
            raise InvalidCommand("an emergency needs its reason in quotes", verb)
        emergency = len(behind) == 2 and not behind[0].bare and behind[1].is_bare("emergency")
        quoted = len(behind) == 1 and not behind[0].bare
        typed = behind[0].text if emergency or quoted else unescaped(text[token.end :])
        reason = single_line(typed, REASON_LIMIT)
        if not reason:
            raise InvalidCommand("the reason after “because” is missing", verb)
        return reason, emergency, tokens[:at]
    return "", False, tokens


def take_until(verb: str, tokens: list[Token]) -> tuple[str, list[Token]]:
    """Split off "until …" or "for …": the first one that has a name before it."""
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        begins = token.is_bare("until") or (
            token.is_bare("for") and following is not None and _SPAN.fullmatch(following.text)
        )
        if at >= 1 and begins:
            return phrase_from(verb, tokens[at:]), tokens[:at]
    return "", tokens


def phrase_from(verb: str, tokens: list[Token]) -> str:
    """Return the phrase that these tokens are. Raises InvalidCommand."""
    return parse_phrase(verb, " ".join(token.text for token in tokens))


def parse_phrase(verb: str, text: str) -> str:
    """Return the phrase in the form in which commands hold it: casefolded, single blanks.

    A phrase is "until" or "for" and a time, which only ``until.parse_until`` understands.
    Raises InvalidCommand for what cannot be one.
    """
    phrase = " ".join(text.split()).casefold()
    if " " not in phrase:
        raise InvalidCommand(f"the time after “{phrase}” is missing", verb)
    if not _PHRASE.fullmatch(phrase) or "because" in phrase:
        raise InvalidCommand(f"“{single_line(phrase, 60)}” is no time", verb)
    return phrase
