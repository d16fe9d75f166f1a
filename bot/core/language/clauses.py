"""The clauses of a command: its reason ("because …"), and its end ("until …", "for …")."""

import re

from bot.core.errors import NotUnderstood
from bot.core.language.tokens import Word, unescaped
from bot.core.names import plain

REASON_LIMIT = 300
# "for" begins a time only before a number or "good": names of timers hold the word too.
_SPAN = re.compile(r"(\d.*|an?|one|two|three|four|five|six|seven|good)", re.IGNORECASE)
_PHRASE = re.compile(r"[0-9a-z][0-9a-z:.,/+-]*( [0-9a-z:.,/+-]+){1,15}", re.ASCII)


def reason_of(verb: str, text: str, words: list[Word], after: int) -> tuple[str, bool, list[Word]]:
    """Take off the reason: it begins at the first bare "because" behind ``after`` words.

    A reason in quotes may be followed by one word more, "emergency".
    """
    for place, word in enumerate(words):
        if place < after or not word.is_bare("because"):
            continue
        said = words[place + 1 :]
        if len(said) > 1 and all(one.bare for one in said) and said[-1].is_bare("emergency"):
            raise NotUnderstood("an emergency needs its reason in quotes", verb)
        emergency = len(said) == 2 and not said[0].bare and said[1].is_bare("emergency")
        alone = len(said) == 1 and not said[0].bare
        whole = said[0].text if emergency or alone else unescaped(text[word.end :])
        reason = plain(whole, REASON_LIMIT)
        if not reason:
            raise NotUnderstood("the reason after “because” is missing", verb)
        return reason, emergency, words[:place]
    return "", False, words


def ending_of(verb: str, words: list[Word]) -> tuple[str, list[Word]]:
    """Take off "until …" or "for …": the first that leaves a name before it."""
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else None
        begins = word.is_bare("until") or (
            word.is_bare("for") and following is not None and _SPAN.fullmatch(following.text)
        )
        if place >= 1 and begins:
            return phrase_of(verb, words[place:]), words[:place]
    return "", words


def phrase_of(verb: str, words: list[Word]) -> str:
    return phrase_in(verb, " ".join(word.text for word in words))


def phrase_in(verb: str, said: str) -> str:
    """Return a phrase as it is kept: its first word, and a time. Raises NotUnderstood."""
    phrase = " ".join(said.split()).casefold()
    if " " not in phrase:
        raise NotUnderstood(f"the time after “{phrase}” is missing", verb)
    if not _PHRASE.fullmatch(phrase) or "because" in phrase:
        raise NotUnderstood(f"“{plain(phrase, 60)}” is no time", verb)
    return phrase
