"""The clauses of a command: its reason ("because …"), and its end ("until …", "for …")."""

import re

from bot.core.errors import InvalidCommand
from bot.core.language.tokens import Token, unescaped
from bot.core.names import single_line

REASON_LIMIT = 300
# "for" begins a time only before a number or "good": names of timers hold the word too.
_SPAN = re.compile(r"(\d.*|an?|one|two|three|four|five|six|seven|good)", re.IGNORECASE)
_PHRASE = re.compile(r"[0-9a-z][0-9a-z:.,/+-]*( [0-9a-z:.,/+-]+){1,15}", re.ASCII)


def take_reason(
    verb: str, text: str, words: list[Token], after: int
) -> tuple[str, bool, list[Token]]:
    """Take off the reason: it begins at the first bare "because" behind ``after`` words.

    A reason in quotes may be followed by one word more, "emergency".
    """
    for place, word in enumerate(words):
        if place < after or not word.is_bare("because"):
            continue
        said = words[place + 1 :]
        if len(said) > 1 and all(one.bare for one in said) and said[-1].is_bare("emergency"):
            raise InvalidCommand("an emergency needs its reason in quotes", verb)
        emergency = len(said) == 2 and not said[0].bare and said[1].is_bare("emergency")
        alone = len(said) == 1 and not said[0].bare
        whole = said[0].text if emergency or alone else unescaped(text[word.end :])
        reason = single_line(whole, REASON_LIMIT)
        if not reason:
            raise InvalidCommand("the reason after “because” is missing", verb)
        return reason, emergency, words[:place]
    return "", False, words


def take_until(verb: str, words: list[Token]) -> tuple[str, list[Token]]:
    """Take off "until …" or "for …": the first that leaves a name before it."""
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else None
        begins = word.is_bare("until") or (
            word.is_bare("for") and following is not None and _SPAN.fullmatch(following.text)
        )
        if place >= 1 and begins:
            return phrase_from(verb, words[place:]), words[:place]
    return "", words


def phrase_from(verb: str, words: list[Token]) -> str:
    return parse_phrase(verb, " ".join(word.text for word in words))


def parse_phrase(verb: str, said: str) -> str:
    """Return a phrase as it is kept: its first word, and a time. Raises InvalidCommand."""
    phrase = " ".join(said.split()).casefold()
    if " " not in phrase:
        raise InvalidCommand(f"the time after “{phrase}” is missing", verb)
    if not _PHRASE.fullmatch(phrase) or "because" in phrase:
        raise InvalidCommand(f"“{single_line(phrase, 60)}” is no time", verb)
    return phrase
