"""Reading "until …" and "for …": one moment, for good, or several moments to choose from.

The phrase comes from the grammar: casefolded ASCII, its words one blank apart. Understood are,
in the person's own time zone ("utc" as the last word: in UTC):

    for 3 days · for 90 minutes · for 2 hours 30 minutes · for 1d · for 2 runs · for good
    until monday 08:00 · until 8am tomorrow · until 18:00 · until next friday at noon
    until 1 december 17:30 · until dec 1st 2026 8pm · until 2026-12-01 08:00 · until 1.12.2026 8:00

dateparser reads the names of days and months. It also takes "8" for a month of August, so it is
handed only what stands in this vocabulary; numbers are read here. What may mean several moments
is never guessed.
"""

import math
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.core.errors import InvalidCommand
from bot.core.names import single_line
from bot.core.schedules import after_runs, on_the_clock

YEAR = 366 * 86_400.0
SOONEST = 60.0
MOST_RUNS = 50
_NOON = 12 * 60
_HALF_A_YEAR = 183
_EXAMPLES = "“until monday 08:00”, “until 1 december 17:30”, “for 3 days” or “for 2 runs”"

_WORDS = "an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_AMOUNT = rf"(?:\d{{1,6}}(?:\.\d{{1,2}})? ?|(?:{_WORDS}) )"
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|[mhdw](?![a-z]))"
_PART = re.compile(rf"({_AMOUNT})({_UNIT})")
_SPAN = re.compile(rf"{_AMOUNT}{_UNIT}(?:(?: and)? ?{_AMOUNT}{_UNIT})*")
_RUNS = re.compile(rf"(\d{{1,6}}|{_WORDS}) runs?")
_DAYS_IN = {"d": 1, "w": 7}
_SECONDS_IN = {"m": 60, "h": 3_600}

_WEEKDAY = (
    "(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?"
    "|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = re.compile(
    rf"""(?:on\ )?(?:
      (?P<relative>today|tomorrow)
    | (?P<next>next\ )?(?P<weekday>{_WEEKDAY})
    | (?P<iso>20\d\d-\d\d-\d\d)
    | (?P<one>\d{{1,2}})(?P<mark>[/.-])(?P<other>\d{{1,2}})(?P=mark)(?P<year>20\d\d)
    | (?:the\ )?(?P<spoken>(?:{_NTH}(?:\ of)?\ {_MONTH}|{_MONTH}\ {_NTH})(?P<named>\ 20\d\d)?)
    )""",
    re.VERBOSE,
)
_HOUR = (
    r"(?P<at>at )?(?:(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"|(?P<name>noon|midday|midnight))"
)
_HOUR_LAST = re.compile(rf"(?:(?P<day>.+?) )??{_HOUR}")
_HOUR_FIRST = re.compile(rf"{_HOUR} (?P<day>.+)")
_INSTANT = re.compile(r"20\d\d-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:?\d\d)")


@dataclass(frozen=True, slots=True)
class Until:
    """One moment in unix seconds, or None: for good. ``runs``: how many, when it was counted so."""

    at: float | None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class AmbiguousTime:
    """One to four moments it may mean (future unix seconds, ascending; one is to be confirmed).

    ``why`` is a clause to ask back with.
    """

    moments: tuple[float, ...]
    why: str


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What a word may mean: days as ordinals, or minutes from a day's beginning (1440: its end).

    ``guessed``: to be confirmed even when only one of them is left.
    """

    values: tuple[int, ...]
    why: str = ""
    guessed: bool = False


def parse_until(
    phrase: str, now: float, zone: str, cron: str, schedule_zone: str
) -> Until | AmbiguousTime:
    """Read a phrase of the grammar at the moment ``now`` (unix seconds).

    ``zone`` is the person's (unknown: UTC), ``cron`` and ``schedule_zone`` are the timer's.
    Raises InvalidCommand for what is unknown, past, less than a minute or more than a year ahead.
    """
    person = _zone(zone)
    opener, _, said = phrase.partition(" ")
    text = " ".join(re.sub(r",(?= |$)", "", said).split())
    if opener == "until":
        return _until(text, now, person)
    if text == "good":
        return Until(None)
    if runs := _RUNS.fullmatch(text):
        at = _after_runs(count := int(_number(runs[1])), now, cron, schedule_zone)
        return Until(_reachable([at], now, person)[0], count)
    return Until(_reachable([_after(text, now, person)], now, person)[0])


def format_until(at: float, zone: str) -> str:
    """Write a moment so that ``read`` gives it back: to the minute, or the second if it has one."""
    timespec = "seconds" if at % 60 >= 1 else "minutes"
    return f"until {datetime.fromtimestamp(at, _zone(zone)).isoformat(timespec=timespec)}".lower()


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of the database
        return UTC


def _number(said: str) -> float:
    word = said.strip()
    if word in {"a", "an"}:
        return 1
    return _WORDS.split("|").index(word) if word in _WORDS.split("|") else float(word)


def _after(text: str, now: float, zone: tzinfo) -> float:
    """Add a span to now: days and weeks on the wall clock, hours and minutes as they pass."""
    if not _SPAN.fullmatch(text):
        raise _unknown(text)
    parts = [(_number(amount), unit[0]) for amount, unit in _PART.findall(text)]
    days = sum(amount * _DAYS_IN.get(unit, 0) for amount, unit in parts)
    seconds = sum(amount * _SECONDS_IN.get(unit, 0) for amount, unit in parts)
    if days * 86_400 + seconds > 2 * YEAR:
        return math.inf
    # Adding no days to a wall clock would forget which of two equal hours it shows.
    start = (datetime.fromtimestamp(now, zone) + timedelta(days=days)).timestamp() if days else now
    return float(math.ceil(start + seconds))


def _after_runs(count: int, now: float, cron: str, zone: str) -> float:
    if not 1 <= count <= MOST_RUNS:
        raise _refused(f"between 1 and {MOST_RUNS} runs can be counted")
    at = after_runs(cron, count, now, zone)
    if at is None:
        raise _refused("this timer's schedule cannot be read, so its runs cannot be counted")
    return at


def _until(text: str, now: float, zone: tzinfo) -> Until | AmbiguousTime:
    if _INSTANT.fullmatch(text):
        return Until(_reachable([_instant(text)], now, zone)[0])
    if text.endswith((" utc", " gmt")):
        text, zone = text[:-4], UTC
    day, hour = _day_and_hour(re.sub(r"^(20\d\d-\d\d-\d\d)t", r"\1 ", text))
    today = datetime.fromtimestamp(now, zone).toordinal()
    days = _days(day, today) if day else None
    hours = _hours(hour, days) if day or hour else None
    if hours is None:
        raise _unknown(text)
    if days is None:  # the next time that the clock shows it
        passed = on_the_clock(today, hours.values[0], zone)[0][-1] <= now
        days = _Candidates((today + passed,) if len(hours.values) == 1 else (today, today + 1))
    return _decided(days, hours, now, zone)


def _instant(text: str) -> float:
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        raise _refused("there is no such time") from None


def _day_and_hour(text: str) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """Tell the day from the time of day, in either order; what is missing is None."""
    for order in (_HOUR_LAST, _HOUR_FIRST):
        if hour := order.fullmatch(text):
            day = _DAY.fullmatch(hour["day"] or "")
            if day or hour["day"] is None:
                return day, hour
    return _DAY.fullmatch(text), None


def _hours(said: re.Match[str] | None, days: _Candidates | None) -> _Candidates | None:
    """Return the times of day that are meant, or None where none can be told: "8" alone."""
    if said is None:
        # A day may be meant with or without itself; of two days, each has its beginning only.
        ends = (2 * _NOON,) if days and len(days.values) == 1 else ()
        return _Candidates((0, 8 * 60, *ends), "no time of day was given", guessed=True)
    if said["name"]:
        midnight = _Candidates(
            (0, 2 * _NOON) if days else (0,), "midnight begins that day and ends it"
        )
        return midnight if said["name"] == "midnight" else _Candidates((_NOON,))
    hour, minute, half = int(said["hour"]), int(said["minute"] or 0), said["half"]
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        return _Candidates((hour % 12 * 60 + minute + (_NOON if half == "p" else 0),))
    if not said["minute"] and 1 <= hour <= 12 and said["at"]:
        return _Candidates((hour % 12 * 60, hour % 12 * 60 + _NOON), f"{hour} may be am or pm")
    return _Candidates((hour * 60 + minute,)) if said["minute"] or said["at"] else None


def _days(said: re.Match[str], today: int) -> _Candidates:
    if said["relative"]:
        return _Candidates((today + (said["relative"] == "tomorrow"),))
    if said["weekday"]:
        coming = _named(said["weekday"][:3], today)
        if said["next"] and coming > today:
            return _Candidates(
                (coming, coming + 7), "“next” may be the coming one or the one after"
            )
        if coming == today and not said["next"]:
            return _Candidates((today, today + 7), "it may be today or in a week")
        return _Candidates((coming + 7 * (coming == today),))
    if said["spoken"]:
        day = _named(said["spoken"], today)
        return _Candidates(
            (day,), "no year was given", not said["named"] and day - today > _HALF_A_YEAR
        )
    if said["iso"]:
        year, month, day = map(int, said["iso"].split("-"))
        return _Candidates(_valid(year, (month, day)))
    one, other, year = int(said["one"]), int(said["other"]), int(said["year"])
    # Dots are written where the day comes first; strokes are written everywhere.
    orders = [(other, one)] if said["mark"] == "." else [(other, one), (one, other)]
    return _Candidates(_valid(year, *orders), "the day or the month may come first")


def _valid(year: int, *months_and_days: tuple[int, int]) -> tuple[int, ...]:
    found = set()
    for month, day in months_and_days:
        with suppress(ValueError):
            found.add(date(year, month, day).toordinal())
    if not found:
        raise _refused("there is no such day")
    return tuple(found)


def _named(text: str, today: int) -> int:
    """Return the first day of that name from today on, or that of the year in it."""
    # Importing it takes a tenth of a second, which most commands need not pay.
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415

    # What is in the future is counted from yesterday, so that today is, too.
    base = datetime.fromordinal(today - 1)
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "TIMEZONE": "UTC"}
    found: datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    number = re.search(r"\d+", text)
    # It reads "32 december" as one of 2032.
    if found is None or (number and int(number[0]) != found.day):
        raise _refused("there is no such day")
    return found.toordinal()


def _decided(
    days: _Candidates, hours: _Candidates, now: float, zone: tzinfo
) -> Until | AmbiguousTime:
    """Ask back where what is left, the past put aside, may still be more than one thing."""
    every = [(*on_the_clock(d, m, zone), d, m) for d in days.values for m in hours.values]
    moments = _reachable((at for ats, *_ in every for at in ats), now, zone)
    left = [one for one in every if any(now <= at <= now + YEAR for at in one[0])]
    doubts = (
        (days.guessed or len({day for *_, day, _ in left}) > 1, days.why),
        (hours.guessed or len({minute for *_, minute in left}) > 1, hours.why),
        (any(skipped for _, skipped, *_ in left), "the clock skips that time"),
        (len(moments) > len(left), "the clock shows that time twice"),
    )
    whys = [why for doubtful, why in doubts if doubtful and why]
    return AmbiguousTime(moments[:4], " and ".join(whys)) if whys else Until(moments[0])


def _reachable(found: Iterable[float], now: float, zone: tzinfo) -> tuple[float, ...]:
    """Put aside what is past, too near or too far; raises NotUnderstood when nothing is left."""
    every = sorted(set(found))
    if every[-1] < now:
        when = datetime.fromtimestamp(every[-1], zone)
        raise _refused(f"{when:%A} {when.day} {when:%B %Y %H:%M} ({zone}) has passed")
    near = [at for at in every if now <= at <= now + YEAR]
    if not near:
        raise _refused("that is more than a year ahead")
    if near[-1] < now + SOONEST:
        raise _refused("that is less than a minute ahead")
    return tuple(at for at in near if at >= now + SOONEST)


def _unknown(text: str) -> InvalidCommand:
    return _refused(f"“{single_line(text, 60)}” cannot be read as a time; say {_EXAMPLES}")


def _refused(reason: str) -> InvalidCommand:
    return InvalidCommand(reason, "disable")
