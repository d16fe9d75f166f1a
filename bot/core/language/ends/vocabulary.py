"""The words of ends, as parts of patterns, and the correction of slips of the finger."""

import functools
import re

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # told apart by three letters
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b\.?"
)
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)

_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_OTHERS = {"zero": 0, "a": 1, "an": 1, "a dozen": 12, "a hundred": 100, "one hundred": 100}
_ONE_TO_NINETEEN = f"{_ONES}|{_TEENS}".split("|")
_NUMBERS = {word: number for number, word in enumerate(_ONE_TO_NINETEEN, 1)} | _TENS | _OTHERS
NUMBER_WORD = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_ONES}))?|{_TEENS}|{_ONES}|zero"
    rf"|(?:a|one) hundred|a dozen)"
)
AMOUNT = rf"(?:\d{{1,6}}(?:[.,]\d{{1,2}})?|\.\d{{1,2}}|(?:{NUMBER_WORD}|an?)(?![a-z]))"

_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth"
    "|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
)
ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{_ORDINALS})(?![a-z])"

_SLIPPED = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april"
    "|august|september|october|november|december|today|tomorrow|tonight|yesterday|morning"
    "|afternoon|evening|midnight|midday|weekend|weeks|month|months|hours|minute|minutes|night"
    "|nights|fortnight|quarter|forever|indefinitely|notice|further|business"
)
_LONG_WORDS = frozenset(_SLIPPED.split("|"))
# Words of ends and words near them that mean something else: no slips.
_OTHER_WORDS = (
    "sunny|money|marching|nightly|monthly|weekly|hourly|notices|weekends|mornings|evenings"
    "|afternoons|weekday|weekdays|daily|marsh|match|mouth|mouths|eight|eighth|fight|right"
    "|light|might|sight|house|houses|yours|tours|weeds|meeks|wrecks|quarters|quarterly"
    "|fortnights|notion|nigh|minuted|hoses|monthy|fridays|mondays|sundays|saturdays"
)
_NO_SLIPS = frozenset(_OTHER_WORDS.split("|"))
_SHORTEST_SLIP = 5
_LONG = 8


def number(text: str) -> float:
    """Return the number that ``AMOUNT`` has matched."""
    if text[:1] in "0123456789.":
        return float(text.replace(",", "."))
    if text in _NUMBERS:
        return _NUMBERS[text]
    tens, _, ones = text.replace("-", " ").partition(" ")
    return _TENS[tens] + _NUMBERS[ones]


def ordinal(text: str) -> int:
    """Return the number that ``ORDINAL`` has matched."""
    words = _ORDINALS.split("|")
    return words.index(text) + 1 if text in words else int(re.sub(r"\D", "", text))


def corrected(text: str) -> tuple[str, str]:
    """Replace words that are one slip (long ones: two) away from a word of ends.

    Returns the text, and why that has to be confirmed: empty where nothing was replaced.
    """
    slips = {word: near for word in re.findall(r"[a-z]+", text) if (near := _near(word))}
    for word, near in slips.items():
        text = re.sub(rf"\b{word}\b", near, text)
    return text, " and ".join(f"“{word}” may mean “{near}”" for word, near in slips.items())


@functools.lru_cache(maxsize=1_024)
def _near(word: str) -> str:
    """Return the word of ends that this one is a slip of; empty where there is none, or several.

    One and many of the same unit count as one.
    """
    if not _SHORTEST_SLIP <= len(word) <= 14 or word in _NO_SLIPS or word in _LONG_WORDS:
        return ""
    near = [
        known
        for known in _LONG_WORDS
        if known[0] == word[0]
        and abs(len(known) - len(word)) <= 2
        and edits(word, known) <= (2 if len(known) >= _LONG else 1)
    ]
    one = len({known.removesuffix("s") for known in near}) == 1
    return max(near) if one else ""


def edits(one: str, other: str) -> int:
    """Count letters to put in, leave out, replace or swap with the next."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 < j and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
