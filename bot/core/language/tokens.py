"""Splitting what a person typed into words, quotes of every keyboard included."""

from dataclasses import dataclass

_CLOSERS = {
    '"': '"”“',
    "“": '”"“',
    "”": '”"',
    "„": '“”"',
    "«": "»",
    "'": "'’",
    "‘": "’'",
}
# What a channel can be told of: changes through the bot; requests; returns; changes elsewhere,
# which somebody's sign-in is used to look for; a weekly list of what is off. "not-mine" leaves
# out what the subscriber did.
EVENTS = ("changes", "approvals", "returns", "elsewhere", "digest", "not-mine")
# Bare, these mean something of their own somewhere.
_KEYWORDS = frozenset(
    {"because", "until", "for", "disabled", "before", "page", "all", "nothing", *EVENTS}
)
# Slack sends these three escaped in some paths and bare in others (should_escape); both mean one.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Token:
    """``bare`` says that it stood without quotes; ``end`` is where it ends in the text."""

    text: str
    bare: bool
    end: int

    def is_bare(self, wanted: str) -> bool:
        return self.bare and self.text.casefold() == wanted


def unescaped(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def escaped(text: str) -> str:
    """Write text so that ``unescaped`` gives it back."""
    return text.replace("&", "&amp;")


def tokenize(text: str) -> list[Token]:
    """Split at white space outside quotes. A quote that is never closed runs to the end."""
    words: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
        elif text[place] in _CLOSERS:
            word = _quoted_token(text, place)
            words.append(word)
            place = word.end
        else:
            word = _bare_token(text, place)
            words.append(word)
            place = word.end
    return words


def _bare_token(text: str, start: int) -> Token:
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return Token(unescaped(text[start:end]), bare=True, end=end)


def _quoted_token(text: str, start: int) -> Token:
    closers = _closers(text, start)
    letters: list[str] = []
    place = start + 1
    while place < len(text) and text[place] not in closers:
        if text[place] == "\\" and place + 1 < len(text) and text[place + 1] in ('"', "\\"):
            place += 1
        letters.append(text[place])
        place += 1
    return Token(unescaped("".join(letters)), bare=False, end=min(place + 1, len(text)))


def _closers(text: str, start: int) -> str:
    """Return what ends the quote: its own kind where that follows, else a mixed pair."""
    opener = text[start]
    own = _CLOSERS[opener][0]
    return own if own in text[start + 1 :] else _CLOSERS[opener]


def quoted(name: str) -> str:
    """Write a name so that ``split`` reads it back as one word."""
    plainly = name and not any(c.isspace() or c in _CLOSERS or c in '\\&<>"' for c in name)
    if plainly and name.casefold() not in _KEYWORDS:
        return name
    return in_quotes(name)


def in_quotes(text: str) -> str:
    within = escaped(text.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{within}"'


def reason_in_text(reason: str, *, emergency: bool = False) -> str:
    """Write a reason so that it is read back as it is."""
    if emergency:
        return f" because {in_quotes(reason)} emergency"
    if not reason:
        return ""
    # What begins with a quote could be read as one that is quoted as a whole.
    # And so could what ends like the word for an emergency.
    plainly = reason[0] not in _CLOSERS and not reason.casefold().endswith("emergency")
    said = escaped(reason) if plainly else in_quotes(reason)
    return f" because {said}"
