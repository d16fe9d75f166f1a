"""Phrases: the words of an end in the form in which commands hold them.

A phrase is casefolded, with single blanks, in ASCII where it can be, and without quotes, so that
it is read back from a command's text as it was. Only "3 M" keeps its case, which may mean minutes
or months. ``until.parse_until`` says what a phrase means.
"""

import re
import unicodedata
from collections.abc import Sequence

from bot.core.errors import InvalidCommand
from bot.core.language.ends.grammar import readings
from bot.core.language.ends.meaning import Count, Endless, Lapse, Moment
from bot.core.language.ends.opening import SURE_FOR, SURE_UNTIL, is_misspelled, is_sure, opening_of
from bot.core.language.ends.vocabulary import AMOUNT
from bot.core.names import single_line

LONGEST = 120  # characters
MOST_WORDS = 16  # that have to be looked at to know whether they begin an end
_PASSES = 5
_FRACTION = re.compile(r"(?:(\d+) ?)?([½¼¾])")
_DECIMALS = {"½": ".5", "¼": ".25", "¾": ".75"}
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d]+|(?<!\S)--+")
_QUOTES = re.compile(r"[\"'`´\u2018-\u201f\u2032\u2033«»‹›*]")
_ITALIC = re.compile(r"(?<!\S)_+|_+(?!\S)")
_CAPITAL = re.compile(r"(?<!\S)(\d{1,6} ?)M(?!\S)")
_HOURS = re.compile(r"\d ?(?:h|hrs?|hours?),?(?: and)? ?$", re.IGNORECASE)
_KEPT = "\0"
_BEFORE, _BEHIND = " ,;:.!?([{", " ,;:.!?)]}~"
_DASHED = re.compile(r"(?:- ?)+(?=[a-z])")
_COLON = re.compile(r"(until|till?|for)(?: ?[:=] ?|(?<=l)(?=\d))")
_ALLOWED = re.compile(r"[\w .,:/+@~();-]+")
_BARE_NUMBER = re.compile(r"(?!20\d\d-\d\d-\d\d)[\d.,/ -]+")
_SHORT_WORD = re.compile(r"[a-z]{1,3}")
_DIGIT_OR_NUMBER = re.compile(rf"[-~]? ?\d|(?!an? ){AMOUNT}")
_MOST_WORDS_OF_A_SPAN = 6


def parse_phrase(verb: str, text: str) -> str:
    """Return the phrase that a text is, whatever it means: ``parse_until`` may still refuse it.

    A phrase is itself the phrase that it is. Raises InvalidCommand for what cannot be one.
    """
    phrase = _canonical(text)
    if is_sure(f"{phrase} ") and " " not in phrase:
        raise InvalidCommand(f"the time after “{phrase}” is missing", verb)
    if not phrase:
        raise InvalidCommand("the time is missing", verb)
    if len(phrase) > LONGEST:
        raise InvalidCommand(f"an end has at most {LONGEST} characters", verb)
    if not _ALLOWED.fullmatch(phrase) or "because" in phrase.split():
        raise InvalidCommand(f"“{single_line(phrase, 60)}” is no time", verb)
    return phrase


def with_opener(phrase: str) -> str:
    """Return the phrase with the opener that it lacks where only an end can have been typed.

    "3 days" is a duration, "monday 08:00" a moment. Doubtful openers stay, and are asked.
    """
    if is_sure(phrase) or opening_of(phrase)[1] != phrase:
        return phrase
    lasting = [
        one.meaning
        for one in readings(f"for {phrase}")
        if isinstance(one.meaning, Lapse | Count | Endless)
    ]
    momentary = any(isinstance(one.meaning, Moment) for one in readings(f"until {phrase}"))
    lasts = lasting and (not momentary or not all(one.why for one in lasting))
    return f"for {phrase}" if lasts else f"until {phrase}"


def opens_end(words: Sequence[str]) -> bool:
    """Whether the words begin an end by an opener.

    Behind "until" that may be anything, behind "for" what begins as a duration does, and behind
    doubtful openers such as "in" only what reads as an end: names contain them too.
    """
    phrase = _canonical(" ".join(_before_the_reason(words)))
    opener, _, rest = phrase.partition(" ")
    if SURE_UNTIL.match(phrase):
        return True
    if is_misspelled(opener) and rest:
        return True
    if SURE_FOR.match(phrase):
        return bool(rest) and (bool(_DIGIT_OR_NUMBER.match(rest)) or _begins_as_an_end(rest))
    return (
        bool(opening_of(phrase)[0].why) and opening_of(phrase)[1] != phrase and reads_as_end(phrase)
    )


def reads_as_end(text: str) -> bool:
    """Whether the whole text has the form of an end, with or without an opener.

    That is so for what would be asked or refused for a reason of its own too, but not for words
    that are not understood. Numbers and words of three letters alone need an opener.
    """
    phrase = _canonical(text)
    if len(phrase) > LONGEST:
        return False
    words = opening_of(phrase)[1]
    alone = words == phrase and _SHORT_WORD.fullmatch(words)
    if not is_sure(phrase) and (alone or _BARE_NUMBER.fullmatch(words)):
        return False
    return bool(readings(phrase))


def _before_the_reason(words: Sequence[str]) -> list[str]:
    reason = next((at for at, word in enumerate(words) if word.casefold() == "because"), len(words))
    return list(words[:reason])


def _begins_as_an_end(rest: str) -> bool:
    words = rest.split()[:_MOST_WORDS_OF_A_SPAN]
    return any(readings(f"for {' '.join(words[:count])}") for count in range(1, len(words) + 1))


def _canonical(text: str) -> str:
    """Repeat the steps until nothing changes: what one takes off can uncover work for another."""
    for _ in range(_PASSES):
        before, text = text, _trimmed(_folded(text))
        if text == before:
            break
    return text


def _folded(text: str) -> str:
    """Write digits, dashes, quotes and blanks of all kinds in ASCII, and letters in one case."""
    text = _FRACTION.sub(lambda found: f"{found[1] or '0'}{_DECIMALS[found[2]]}", text)
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    line = single_line(unicodedata.normalize("NFKC", digits), 10 * LONGEST)
    plain = _ITALIC.sub("", _QUOTES.sub("", _DASHES.sub("-", line)))
    kept = _CAPITAL.sub(
        lambda f: f[0] if _HOURS.search(plain[: f.start()]) else f"{f[1]}{_KEPT}", plain
    )
    return " ".join(kept.casefold().replace(_KEPT, "M").split())


def _trimmed(text: str) -> str:
    """Take off what stands around an end: brackets, full stops, dashes before its first word."""
    text = text.lstrip(_BEFORE).rstrip(_BEHIND)
    if found := _DASHED.match(text):
        text = text[found.end() :]
    return _COLON.sub(r"\1 ", text, count=1) if _COLON.match(text) else text
