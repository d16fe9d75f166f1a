"""Ids and names: types of checked ids, and cleaning of foreign names.

An id is validated once, where it enters the bot; its type records that.
Sources of the shapes: Slack's object ids (``docs.slack.dev/reference/objects``), and the samples
of the iTwin and EDFS APIs, which show GUIDs (an inference: the API declares bare strings).
"""

import re
import unicodedata
from typing import NewType

Workspace = NewType("Workspace", str)
PersonId = NewType("PersonId", str)
ChannelId = NewType("ChannelId", str)
ITwinId = NewType("ITwinId", str)
TimerId = NewType("TimerId", str)
DeliveryId = NewType("DeliveryId", str)
OperationId = NewType("OperationId", str)

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
SLACK_ID = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_ANY_GUID = re.compile(
    r"(?:urn:uuid:|[{(])?([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})[)}]?",
    re.ASCII | re.IGNORECASE,
)
OWN_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
ID_PREFIX = re.compile(r"[0-9a-fA-F]{6,24}", re.ASCII)
SHORT_ID = 8  # characters; an id is shown so where it may be typed

# C0, C1 and format characters (zero-width, bidirectional overrides), line and paragraph
# separators, surrogates, private use and unassigned code points: removed from names.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


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
    return "" if category in INVISIBLE else character


def guid_from(text: str) -> str | None:
    """Return the GUID that a whole text is, in lower case with hyphens, or None.

    It may have braces or parentheses around it, no hyphens, or "urn:uuid:" before it.
    """
    found = _ANY_GUID.fullmatch(text)
    return "-".join(found.group(1, 3, 4, 5, 6)).lower() if found else None


def guids_in_address(text: str) -> tuple[str, ...]:
    """Return the GUIDs in a pasted address, in lower case; none where the text is no address."""
    return tuple(map(str.lower, GUID.findall(text))) if "://" in text else ()


def guid_in_address(text: str) -> str | None:
    """Return the first GUID in a pasted address, or None (also where the text is no address)."""
    return next(iter(guids_in_address(text)), None)
