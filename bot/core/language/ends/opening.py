"""How an end opens: "until" and "for" are sure, others have to be confirmed."""

import re
from dataclasses import dataclass

_MISSPELLED = (
    "untill|untl|unti|unitl|utnil|untli|unil|ntil|intil|ontil|unntil|unttil|untiil|untilll|uptil|"
    "unitil|untik|untol|umtil|untul"
)


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
    (re.compile(rf"(?:{_MISSPELLED})(?: |$)"), True, False, False),
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
    return word in _MISSPELLED.split("|")


def opening_of(phrase: str) -> tuple[Opening, str]:
    """Split a canonical phrase into its opening and the words behind."""
    if found := SURE_FOR.match(phrase):
        return FOR, phrase[found.end() :]
    if found := SURE_UNTIL.match(phrase):
        return _after(phrase[found.end() :])
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
