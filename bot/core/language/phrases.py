"""Phrases of ends: in the form in which commands hold them, and where they begin."""

import re
from collections.abc import Sequence

from bot.core.errors import InvalidCommand
from bot.core.names import single_line

_SPAN = re.compile(r"(\d.*|an?|one|two|three|four|five|six|seven|good)", re.IGNORECASE)
_PHRASE = re.compile(r"[0-9a-z][0-9a-z:.,/+-]*( [0-9a-z:.,/+-]+){0,15}", re.ASCII)


def parse_phrase(verb: str, text: str) -> str:
    phrase = " ".join(text.split()).casefold()
    if phrase in {"until", "for"}:
        raise InvalidCommand(f"the time after “{phrase}” is missing", verb)
    if not _PHRASE.fullmatch(phrase) or "because" in phrase:
        raise InvalidCommand(f"“{single_line(phrase, 60)}” is no time", verb)
    return phrase


def opens_end(words: Sequence[str]) -> bool:
    opener, following = words[0].casefold(), words[1] if len(words) > 1 else ""
    return opener == "until" or (opener == "for" and _SPAN.fullmatch(following) is not None)


def reads_as_end(text: str) -> bool:
    return (
        re.match(r"(until |for )?(\d+ (days|runs)|\d+:\d\d|monday|tomorrow)", text.casefold())
        is not None
    )
