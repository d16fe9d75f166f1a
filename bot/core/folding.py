"""Folding: the form in which names are compared, so that all spellings of one name are equal.

Alike are: upper and lower case; letters with and without accents; ø, ł, đ, ð, ı and the like and
their plain letters; æ, œ, þ, ß and the letters they stand for; all dashes (one after another
count as one, because keyboards make an em dash of two hyphens); all single quotes and
apostrophes; all double quotes; digits of every script; blanks of every kind and number; a GUID with
and without hyphens or braces. Characters that cannot be seen do not count. A dash is not a blank.

An umlaut is written in two ways, ``a`` and ``ae``. Folding takes the first, and ``spellings`` gives
both, so that "Baume" and "Baeume" are both alike to "Bäume". No "ae" is ever shortened: "Blue" is
not alike to "Blu", nor "Baume" to "Baeume". So being alike is symmetric and not transitive.
"""

import re
import unicodedata

from bot.core.names import INVISIBLE, guid_from, guid_in_address, single_line

_DASHES = frozenset("\u2212\u2043\u02d7\u2796")  # besides the characters of category Pd
_SINGLE = frozenset(
    "'`\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u02bd\u02c8\u02cb"
)
_DOUBLE = frozenset(
    '"\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f\u02ba\u02ee'
)
_LETTERS = {
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ı": "i",
    "ħ": "h",
    "ŧ": "t",
    "ŋ": "n",
}
# Umlauts and their like, after decomposition, and how they are written on other keyboards.
_PAIRS = (("a\u0308", "ae"), ("o\u0308", "oe"), ("u\u0308", "ue"), ("ø", "oe"), ("a\u030a", "aa"))
# Drawn as nothing, though their categories are those of letters, marks and symbols (Unicode,
# Default_Ignorable_Code_Point; and the empty Braille pattern).
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_REMEMBERED = 20_000  # characters
# The lengths of a GUID that is not written as ids are: without hyphens (32), and either form in
# braces or behind "urn:uuid:".
_SHORTEST_GUID = 32
_ODD_GUIDS = frozenset({_SHORTEST_GUID, 34, 38, 41, 45})
_MARKUP = "*_~`"
_OPENERS = "\"'\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a\u300c\u300e"
_CLOSERS = "\"'\u201c\u201d\u201f\u2018\u2019\u201b\u00ab\u00bb\u2039\u203a\u300d\u300f"
_NESTED = 6


class _Characters(dict[int, str]):
    """For each code point of decomposed, casefolded text what it folds to, made when needed."""

    def __missing__(self, code: int) -> str:
        found = _folded_character(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = found
        return found


def _folded_character(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\r\n" or category in {"Zs", "Zl", "Zp"}:
        return " "
    if category in INVISIBLE or _BLANK.match(character):
        return ""
    if _is_accent(unicodedata.combining(character)):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    for kind, one in ((_DASHES, "-"), (_SINGLE, "'"), (_DOUBLE, '"')):
        if character in kind:
            return one
    return "-" if category == "Pd" else _LETTERS.get(character, character)


def _is_accent(combining_class: int) -> bool:
    """Tell whether marks of this canonical combining class are accents or vowel points.

    The others make another letter of theirs (the voicing of kana, nuktas, viramas) or are vowels.
    """
    return combining_class == 1 or combining_class in range(10, 36) or combining_class >= 200


_characters = _Characters()  # fills while texts are folded


def folded(text: str) -> str:
    """Return the form of a name in which it is compared; empty where nothing of it is visible."""
    if text.isascii() and text.isprintable():  # almost every name
        plain = text.strip().lower()
        if "  " in plain or "--" in plain or "`" in plain or "''" in plain:
            return _joined(plain)
        return _joined(plain) if len(plain) in _ODD_GUIDS else plain
    return _joined(_decomposed(text).translate(_characters))


def spellings(text: str) -> tuple[str, ...]:
    """Return the folded text, and a second form if it has umlauts: with "ae" for "ä"."""
    if text.isascii():
        return (folded(text),)
    plain = written_out = _decomposed(text)
    for letter, pair in _PAIRS:
        written_out = written_out.replace(letter, pair)
    forms = (plain,) if written_out == plain else (plain, written_out)
    return tuple(_joined(form.translate(_characters)) for form in forms)


def alike(one: str, other: str) -> bool:
    """Tell whether two texts are spellings of one name. Two without visible characters are not."""
    common = set(spellings(one)) & set(spellings(other))
    return any(common)


def _decomposed(text: str) -> str:
    """Return the text casefolded, with each accent as a character behind its letter."""
    # The spacing accent would be decomposed to a blank with an accent.
    text = unicodedata.normalize("NFKD", text.replace("\u00b4", "'"))
    return unicodedata.normalize("NFKD", text.casefold())


def _joined(text: str) -> str:
    """Finish folding: blanks, what stands for another sign, spellings of a GUID."""
    text = " ".join(text.split())
    if "`" in text or "''" in text or "--" in text:
        text = re.sub("--+", "-", text.replace("`", "'").replace("''", '"'))
    if len(text) in _ODD_GUIDS:
        text = guid_from(text) or text
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def readings(typed: str) -> tuple[str, ...]:
    """Return what a typed name may be: as it is, then without what Slack or a person put around it.

    That is ``*bold*``, ``_italic_``, ``~strike~``, ``code`` and quotes, the outermost first. A name
    may really hold them, so the first reading that matches counts. Blank ones are left out.
    """
    found = [typed]
    text = single_line(typed, 1_000)
    for _ in range(_NESTED):
        if len(text) < 3 or not _is_wrapped(text):
            break
        text = text[1:-1].strip()
        found.append(text)
    return tuple(one for one in found if folded(one))


def _is_wrapped(text: str) -> bool:
    first, last = text[0], text[-1]
    return (first in _MARKUP and first == last) or (first in _OPENERS and last in _CLOSERS)


def guid_typed(typed: str) -> str | None:
    """Return the GUID that a typed text means, in lower case with hyphens, or None.

    It is the first one in a pasted address, or the whole text in any spelling of a GUID.
    """
    if len(typed) < _SHORTEST_GUID:
        return None
    for reading in readings(typed):
        found = guid_in_address(reading) or guid_from(folded(reading))
        if found is not None:
            return found
    return None
