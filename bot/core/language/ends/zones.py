"""Time zones behind a time of day: utc, gmt+1, +01:00, cet, europe/london."""

import re
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.core.language.ends.forms import Form, form
from bot.core.language.ends.meaning import Zone
from bot.core.zones import zone_typed

# Minutes from UTC of each meaning. Where the person's own clock shows the abbreviation, that one
# is meant; elsewhere it is asked.
_ABBREVIATIONS = {
    **dict.fromkeys(("wet",), (0,)),
    **dict.fromkeys(("cet", "met", "mez", "west", "wat"), (60,)),
    **dict.fromkeys(("cest", "mesz", "eet", "cat", "sast"), (120,)),
    **dict.fromkeys(("eest", "msk", "trt", "eat"), (180,)),
    **dict.fromkeys(("ict", "wib"), (420,)),
    **dict.fromkeys(("sgt", "hkt", "pht", "awst"), (480,)),
    **dict.fromkeys(("jst", "kst"), (540,)),
    **dict.fromkeys(("brt", "adt"), (-180,)),
    **dict.fromkeys(("est", "cdt"), (-300,)),
    **dict.fromkeys(("mst", "pdt"), (-420,)),
    "edt": (-240,),
    "mdt": (-360,),
    "pst": (-480,),
    "akdt": (-480,),
    "akst": (-540,),
    "gst": (240,),
    "pkt": (300,),
    "acst": (570,),
    "aest": (600,),
    "acdt": (630,),
    "bst": (60,),
    "ist": (330, 60, 120),
    "cst": (-360, 480),
    "ast": (-240, 180),
    "aedt": (660,),
    "nzst": (720,),
    "nzdt": (780,),
    "hst": (-600,),
    "nst": (-210,),
}
_PLACES = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
}
_EAST, _WEST = 14 * 60, 12 * 60  # the most that any clock differs from UTC, in minutes


def _abbreviation(found: re.Match[str]) -> Zone:
    minutes = _ABBREVIATIONS[found["name"]]
    zones = tuple(timezone(timedelta(minutes=one)) for one in minutes)
    return Zone(zones, found["name"], f"“{found['name']}” is not what your own clock shows then")


def _place(found: re.Match[str]) -> Zone:
    name = found["name"]
    return Zone((ZoneInfo(_PLACES[name]),), name, f"“{name}” may mean another time zone")


def _offset(found: re.Match[str]) -> Zone:
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    west = found["sign"] == "-"
    if minutes > (_WEST if west else _EAST) or int(found["minutes"] or 0) > 59:
        return Zone((), why=f"“{found[0]}” is no offset from UTC")
    zone = timezone(timedelta(minutes=-minutes if west else minutes))
    # Behind a time of day "-05:00" looks like the end of a range.
    doubt = (
        f"“{found[0]}” may be an offset from UTC" if west and "utc" not in found.groupdict() else ""
    )
    return Zone((zone,), why=doubt)


def _named(found: re.Match[str]) -> Zone:
    zone = zone_typed(found[0])
    return Zone((zone,)) if zone else Zone((), why=f"“{found[0]}” is no time zone")


ZONES: tuple[Form[Zone], ...] = (
    form(r"utc|gmt|zulu|z", lambda _: Zone((UTC,))),
    form(
        r"(?P<utc>utc|gmt) ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?",
        _offset,
    ),
    form(r"(?P<sign>\+)(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?", _offset),
    form(r"(?P<sign>-)(?P<hours>\d\d):?(?P<minutes>\d\d)", _offset),
    form(r"[a-z]{2,20}(?:/[a-z0-9_+-]{1,30}){1,2}", _named),
    form(rf"(?P<name>{'|'.join(_ABBREVIATIONS)})", _abbreviation),
    form(rf"(?P<name>{'|'.join(_PLACES)})(?: (?:standard |daylight )?time)?", _place),
)
