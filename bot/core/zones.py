"""Time zones by name: those of the IANA database, and "UTC+05:30" where only an offset is known."""

import functools
import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")
_LOWER = frozenset({"au", "es", "of"})
_AS_WRITTEN = {
    **{name.lower(): name for name in ("US", "NZ", "GB", "UTC", "UCT", "GMT", "McMurdo")},
    **{name.lower(): name for name in ("DumontDUrville", "EasterIsland", "DeNoronha", "NSW")},
    **{name.lower(): name for name in ("ACT", "LHI", "BajaNorte", "BajaSur", "ComodRivadavia")},
    **{f"gmt{sign}{hour}": f"GMT{sign}{hour}" for sign in "+-" for hour in range(15)},
}


def zone_named(name: str) -> tzinfo:
    """Return the zone; UTC for a name that neither Python nor ``offset_name`` has."""
    if found := _OFFSET.fullmatch(name):
        minutes = int(found[2]) * 60 + int(found[3])
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of the database
        return UTC


@functools.lru_cache(maxsize=256)
def zone_typed(name: str) -> tzinfo | None:
    """Return the zone of the IANA database that is meant, in any case: "europe/london".

    None where there is none.
    """
    try:
        return ZoneInfo("/".join(_cased(part) for part in name.casefold().split("/")))
    except (KeyError, ValueError, OSError):
        return None


def _cased(part: str) -> str:
    """Write a part of a zone's name as the database does: "New_York", "Port_of_Spain", "US"."""
    if part in _AS_WRITTEN:
        return _AS_WRITTEN[part]
    words = re.split(r"([_-])", part)
    return "".join(word if word in _LOWER else word.capitalize() for word in words)


def zone_or_offset(name: str, offset: int) -> str:
    """Return the name where Python has such a zone, else that of the offset (seconds from UTC).

    An offset knows nothing of daylight saving: it is right today, and perhaps not next month.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return offset_name(offset)
    return name


def is_offset(name: str) -> bool:
    """Whether the name is one that ``offset_name`` gives."""
    return _OFFSET.fullmatch(name) is not None


def offset_name(offset: int) -> str:
    """Return "UTC", or "UTC+05:30" for an offset of whole minutes within a day."""
    minutes = round(offset / 60)
    if not minutes or abs(minutes) >= 24 * 60:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
