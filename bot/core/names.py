"""Ids and names: types of checked ids, cleaning of foreign names, and matching of typed names.

An id is validated once, where it enters the bot; its type records that.
Sources of the shapes: Slack's object ids (``docs.slack.dev/reference/objects``), and the samples
of the iTwin and EDFS APIs, which show GUIDs (an inference: the API declares bare strings).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Generic, NewType, TypeVar

Workspace = NewType("Workspace", str)
PersonId = NewType("PersonId", str)
ChannelId = NewType("ChannelId", str)
ITwinId = NewType("ITwinId", str)
TimerId = NewType("TimerId", str)
DeliveryId = NewType("DeliveryId", str)
OperationId = NewType("OperationId", str)

Thing = TypeVar("Thing")

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
SLACK_ID = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
OWN_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
ID_PREFIX = re.compile(r"[0-9a-fA-F]{6,24}", re.ASCII)
SHORT_ID = 8  # characters; an id is shown so where it may be typed

# C0, C1 and format characters (zero-width, bidirectional overrides), line and paragraph
# separators, surrogates, private use and unassigned code points: removed from names.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})
_COMPARED = 1_000  # characters of a name
_NEAREST = 3
_ALIKE = 0.5


def is_guid(text: str) -> bool:
    """Tell whether text has the shape of an id of the iTwin Platform."""
    return GUID.fullmatch(text) is not None


def is_slack_id(text: str) -> bool:
    """Tell whether text has the shape of Slack's ids."""
    return SLACK_ID.fullmatch(text) is not None


def is_own_id(text: str) -> bool:
    """Tell whether text has the shape of the bot's own ids: 24 hexadecimal digits."""
    return OWN_ID.fullmatch(text) is not None


def is_id_prefix(text: str) -> bool:
    """Tell whether text can be the beginning of one of the bot's own ids, or a whole one."""
    return ID_PREFIX.fullmatch(text) is not None


def short_id(identity: str) -> str:
    """Return the form of an own id that people read and type."""
    return identity[:SHORT_ID]


def single_line(text: str, limit: int = 150) -> str:
    """Return text as one line of at most ``limit`` characters, without invisible ones.

    Names come from other systems. Line breaks, zero-width and right-to-left marks in them could
    make a card read as something else. The limit counts UTF-16 units, the stricter reading of
    Slack's limits.
    """
    if not (text.isascii() and text.isprintable()):
        # Looking up a category is slow, so each distinct character is looked up once.
        text = text.translate({ord(c): _visible(c) for c in set(text)})
    line = " ".join(text.split())
    units = line.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return line
    return units[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


def _visible(character: str) -> str:
    """Return the character, a blank for white space, or nothing for an invisible one."""
    if character in "\t\r\n":
        return " "
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    return "" if category in _INVISIBLE else character


def normalized(text: str) -> str:
    """Return a form for comparison: without case, accents, kinds of quotes, and extra spacing."""
    if len(text) <= _COMPARED and text.isascii() and text.isprintable():  # almost every name
        return " ".join(text.split()).casefold()
    line = single_line(text, limit=_COMPARED)
    if line.isascii():
        return line.casefold()
    straight = unicodedata.normalize("NFKD", line.translate(_QUOTES))
    bare = "".join(c for c in straight if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def guid_in_address(text: str) -> str | None:
    """Return the first GUID in a pasted address, or None (also where the text is no address)."""
    if "://" not in text:
        return None
    found = GUID.search(text)
    return found.group().lower() if found else None


@dataclass(frozen=True, slots=True)
class Unique(Generic[Thing]):
    """One match. ``whole``: the whole name was typed, not a part of it."""

    thing: Thing
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Ambiguous(Generic[Thing]):
    """Several things match equally well."""

    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class NoMatch(Generic[Thing]):
    """No match; ``nearest`` are the things with the most similar names, best first."""

    nearest: tuple[Thing, ...]


Match = Unique[Thing] | Ambiguous[Thing] | NoMatch[Thing]


def match_name(
    wanted: str, things: Iterable[Thing], names_of: Callable[[Thing], tuple[str, ...]]
) -> Match[Thing]:
    """Find the thing that ``wanted`` names: by a whole name, or else by a part of one.

    ``names_of(thing)`` returns all names of it, ids and numbers among them. Things with the same
    whole name, or with the same part where no whole name matches, are ambiguous.
    """
    needle = normalized(wanted)
    candidates = [(thing, tuple(normalized(name) for name in names_of(thing))) for thing in things]
    whole = tuple(thing for thing, names in candidates if needle in names)
    part = tuple(thing for thing, names in candidates if any(needle in name for name in names))
    for found in (whole, part):
        if len(found) == 1:
            return Unique(found[0], whole=found is whole)
        if found and needle:
            return Ambiguous(found)
    return NoMatch(_nearest(needle, candidates))


def _nearest(needle: str, candidates: list[tuple[Thing, tuple[str, ...]]]) -> tuple[Thing, ...]:
    """Return the things with the most similar names, best first; of equals the earlier ones."""

    def likeness(names: tuple[str, ...]) -> float:
        return max((SequenceMatcher(None, needle, name).ratio() for name in names), default=0)

    ranked = sorted(
        ((likeness(names), -index, thing) for index, (thing, names) in enumerate(candidates)),
        key=lambda entry: entry[:2],
        reverse=True,
    )
    return tuple(thing for score, _, thing in ranked[:_NEAREST] if score >= _ALIKE)
