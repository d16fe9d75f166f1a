"""The tokenizer: splits typed text into words and quoted names, and writes them back.

Quotes of every keyboard are understood, also where opener and closer do not match.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.language.phrases import MOST_WORDS, opens_end, reads_as_end
from bot.core.subscriptions import EVENTS

_CLOSERS = {
    '"': '"”“',
    "“": '”"“',
    "”": '”"',
    "„": '“”"',
    "«": "»",
    "'": "'’",
    "‘": "’'",
}
# Words that begin with an apostrophe, which is no quote.
_SHORTENED = re.compile(r"['‘’](?:til|cause)\b", re.IGNORECASE)
# Unquoted, each of these is syntax somewhere, so a name like it is written in quotes.
_KEYWORDS = frozenset(
    {"because", "until", "for", "enable", "disable", "disabled", "before", "page", "all", "nothing"}
    | {"bc", "cuz", "coz", "till", "til", "please", "pls", "plz", "thanks"}
    | set(EVENTS)
)
# Slack sends these characters escaped on some paths and plain on others (should_escape in the
# manifest), so both forms are read as the character.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Token:
    """One word or quoted name. ``bare``: it had no quotes. ``end``: the offset behind it.

    ``closed``: the quote has an end; one that has none runs to the end of the text.
    """

    text: str
    bare: bool
    end: int
    closed: bool = True

    def is_bare(self, wanted: str) -> bool:
        return self.bare and self.text.casefold() == wanted


def joined(tokens: Iterable[Token]) -> str:
    """Return the words of tokens, without quotes, with single blanks between them."""
    return " ".join(token.text for token in tokens)


def unescaped(text: str) -> str:
    """Replace Slack's three character entities by their characters."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def escaped(text: str) -> str:
    """Write text so that ``unescaped`` gives it back."""
    return text.replace("&", "&amp;")


def tokenize(text: str) -> list[Token]:
    """Split at white space outside quotes. A quote that is never closed runs to the end."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at, behind_quote=bool(tokens) and not tokens[-1].bare)
        tokens.append(token)
        at = token.end
    return tokens


def _token(text: str, at: int, *, behind_quote: bool) -> Token:
    if text[at] == "," and behind_quote:  # it separates names: "a","b"
        return Token(",", bare=True, end=at + 1)
    return _quoted_token(text, at) if _opens_quote(text, at) else _bare_token(text, at)


def _opens_quote(text: str, at: int) -> bool:
    return text[at] in _CLOSERS and not _SHORTENED.match(text, at)


def _bare_token(text: str, start: int) -> Token:
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return Token(unescaped(text[start:end]), bare=True, end=end)


def _quoted_token(text: str, start: int) -> Token:
    """Read from an opening quote to its closer; a backslash escapes ``"`` and itself."""
    closers = _closers(text, start)
    letters: list[str] = []
    at = start + 1
    while at < len(text) and text[at] not in closers:
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in ('"', "\\"):
            at += 1
        letters.append(text[at])
        at += 1
    closed = at < len(text)
    return Token(unescaped("".join(letters)), bare=False, end=min(at + 1, len(text)), closed=closed)


def _closers(text: str, start: int) -> str:
    """Return what closes a quote: the matching character if it follows, else any of them."""
    closers = _CLOSERS[text[start]]
    matching = closers[0]
    return matching if matching in text[start + 1 :] else closers


def quoted(name: str) -> str:
    """Write a name so that ``tokenize`` reads it back as one token, in quotes if it must be."""
    plain = name and not any(c.isspace() or c in _CLOSERS or c in '\\&<>",' for c in name)
    if plain and name.casefold() not in _KEYWORDS and name[-1] not in "?!":
        return name
    return in_quotes(name)


def in_quotes(text: str) -> str:
    """Write text in quotes so that ``tokenize`` reads it back as one token."""
    within = escaped(text.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{within}"'


def reason_in_text(reason: str, *, emergency: bool = False) -> str:
    """Write the clause "because …" so that ``clauses.take_reason`` reads the same reason back.

    An empty reason gives an empty clause.
    """
    if emergency:
        return f" because {in_quotes(reason)} emergency"
    if not reason:
        return ""
    return f" because {escaped(reason) if _is_plain(reason) else in_quotes(reason)}"


def _is_plain(reason: str) -> bool:
    """Whether a reason is read as itself without quotes.

    One that begins with a quote could be read as one quoted token, one that ends with "emergency"
    as the flag, and one that holds an end as a shorter reason with that end.
    """
    if reason[0] in _CLOSERS or reason.casefold().endswith("emergency"):
        return False
    words = reason.split()
    if any(opens_end(words[at : at + MOST_WORDS]) for at in range(len(words))):
        return False
    closing = range(max(1, len(words) - MOST_WORDS), len(words))
    return not any(reads_as_end(" ".join(words[at:])) for at in closing)
