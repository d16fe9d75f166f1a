"""How an end opens: "until" and "for" are sure, others have to be confirmed."""

import re
from dataclasses import dataclass

from bot.core.language.ends.vocabulary import edits

# One slip away from "until", and words by themselves.
_OTHER_WORDS = frozenset({"until", "util", "untie", "unit", "anti"})
_SHORTEST_SLIP = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """What an opener leads to: ``moments``, ``spans`` (durations, runs) or both.

    ``inclusive``: a day or period behind it is over at the end. ``why``: why the opener has to be
    confirmed; empty for a sure one.
    """

    moments: bool
    spans: bool
    why: str = ""
    inclusive: bool = False


UNTIL = Opening(moments=True, spans=False)
FOR = Opening(moments=False, spans=True)
NONE = Opening(moments=True, spans=True, why="an end begins with “until” or “for”")

_AFTER = re.compile(r"after ")
SURE_UNTIL = re.compile(r"(?:(?:up )?until|till?)(?: |$)")
SURE_FOR = re.compile(r"for(?: |$)")
_DOUBTFUL: tuple[tuple[re.Pattern[str], bool, bool, bool], ...] = (
    # pattern, moments, spans, inclusive
    (
        re.compile(r"(?:by|before|not before|up to|upto|no later than|to)(?: |$)"),
        True,
        False,
        False,
    ),
    (re.compile(r"(?:through|thru|throughout|over|during|after)(?: |$)"), True, True, True),
    (re.compile(r"(?:in|within|fro|foor|ofr)(?: |$)"), False, True, False),
)


def is_sure(phrase: str) -> bool:
    """Whether a canonical phrase opens with "until" or "for"."""
    return bool(SURE_UNTIL.match(phrase) or SURE_FOR.match(phrase))


def is_misspelled(word: str) -> bool:
    """Whether a word is a slip for "until"."""
    long = word.startswith("untill") and set(word) <= set("until")
    near = len(word) >= _SHORTEST_SLIP and word not in _OTHER_WORDS and edits(word, "until") <= 1
    return long or near


def opening_of(phrase: str) -> tuple[Opening, str]:
    """Split a canonical phrase into its opening and the words behind."""
    if found := SURE_FOR.match(phrase):
        return FOR, phrase[found.end() :]
    if found := SURE_UNTIL.match(phrase):
        return _after(phrase[found.end() :])
    first, _, rest = phrase.partition(" ")
    if is_misspelled(first):
        return Opening(moments=True, spans=False, why=f"“{first}” may mean “until”"), rest
    for pattern, moments, spans, inclusive in _DOUBTFUL:
        if found := pattern.match(phrase):
            why = f"an end begins with “until” or “for”, not “{found[0].strip()}”"
            return Opening(moments, spans, why, inclusive), phrase[found.end() :]
    return NONE, phrase


def _after(words: str) -> tuple[Opening, str]:
    """Read "until after monday", the end of which is that of the day."""
    if found := _AFTER.match(words):
        why = "“after” names no exact time"
        return Opening(moments=True, spans=False, why=why, inclusive=True), words[found.end() :]
    return UNTIL, words
