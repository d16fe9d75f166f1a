"""The parser of "until …" and "for …": to one moment, to none, or to several to choose from.

Phrases come from ``clauses.parse_phrase``: casefolded ASCII, single blanks. Understood are, in the
person's own time zone ("utc" as the last word: in UTC):

    for 3 days · for 90 minutes · for 2 hours 30 minutes · for 1d · for 2 runs · for good
    until monday 08:00 · until 8am tomorrow · until 18:00 · until next friday at noon
    until 1 december 17:30 · until dec 1st 2026 8pm · until 2026-12-01 08:00 · until 1.12.2026 8:00

A phrase that may mean several moments is never guessed: the person is asked to choose.
"""

import math
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.core.errors import InvalidCommand
from bot.core.names import single_line
from bot.core.schedules import after_runs, never_runs, on_the_clock
from bot.core.schedules.cronos import parse
from bot.core.zones import zone_named

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

# Names of days and months are told apart by their first three letters.
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = (
    "(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?"
    "|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TH = "(?:st|nd|rd|th)?"
_DAY = re.compile(
    rf"""(?:on\ )?(?:
      (?P<relative>today|tomorrow)
    | (?P<next>next\ )?(?P<weekday>{_WEEKDAY})
    | (?P<iso>20\d\d-\d\d-\d\d)
    | (?P<one>\d{{1,2}})(?P<mark>[/.-])(?P<other>\d{{1,2}})(?P=mark)(?P<year>20\d\d)
    | (?:the\ )?(?:(?P<number>\d{{1,2}}){_TH}(?:\ of)?\ (?P<month>{_MONTH})
        |(?P<month_first>{_MONTH})\ (?P<number_last>\d{{1,2}}){_TH})(?:\ (?P<in_year>20\d\d))?
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
    """One moment (unix seconds), or None: for good. ``runs``: how many were counted, or 0."""

    at: float | None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class AmbiguousTime:
    """One to four moments that a phrase may mean (future unix seconds, ascending).

    A single one has to be confirmed. ``why`` is the reason, a clause for the question.
    """

    moments: tuple[float, ...]
    why: str


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The days (ordinals) or times of day (minutes; 1440 is the day's end) a phrase may mean.

    ``guessed``: has to be confirmed even if only one is left. ``why`` is the reason for doubt.
    """

    values: tuple[int, ...]
    why: str = ""
    guessed: bool = False


def parse_until(
    phrase: str, now: float, zone: str, cron: str, schedule_zone: str
) -> Until | AmbiguousTime:
    """Parse a phrase at the moment ``now`` (unix seconds).

    ``zone`` is the person's time zone (unknown: UTC); ``cron`` and ``schedule_zone`` are the
    timer's, for counting runs. Raises InvalidCommand for what is no time, is past, or is less than
    a minute or more than a year ahead.
    """
    person = zone_named(zone)
    opener, _, rest = phrase.partition(" ")
    text = " ".join(re.sub(r",(?= |$)", "", rest).split())
    if opener == "until":
        return _until(text, now, person)
    if text == "good":
        return Until(None)
    if runs := _RUNS.fullmatch(text):
        at = _after_runs(count := int(_number(runs[1])), now, cron, schedule_zone)
        return Until(_reachable([at], now, person)[0], count)
    return Until(_reachable([_after(text, now, person)], now, person)[0])


def check_until(phrase: str, now: float, zone: str) -> None:
    """Raise what ``parse_until`` would raise for any schedule."""
    if not _RUNS.fullmatch(phrase.removeprefix("for ")):
        parse_until(phrase, now, zone, "", "UTC")


def format_until(at: float, zone: str) -> str:
    """Write a moment as a phrase that ``parse_until`` reads back, to the second where needed."""
    timespec = "seconds" if at % 60 >= 1 else "minutes"
    return (
        f"until {datetime.fromtimestamp(at, zone_named(zone)).isoformat(timespec=timespec)}".lower()
    )


def _number(amount: str) -> float:
    word = amount.strip()
    if word in {"a", "an"}:
        return 1
    return _WORDS.split("|").index(word) if word in _WORDS.split("|") else float(word)


def _after(text: str, now: float, zone: tzinfo) -> float:
    """Add a span to now: days and weeks by the wall clock, hours and minutes by elapsed time."""
    if not _SPAN.fullmatch(text):
        raise _unknown(text)
    parts = [(_number(amount), unit[0]) for amount, unit in _PART.findall(text)]
    days = sum(amount * _DAYS_IN.get(unit, 0) for amount, unit in parts)
    seconds = sum(amount * _SECONDS_IN.get(unit, 0) for amount, unit in parts)
    if days * 86_400 + seconds > 2 * YEAR:
        return math.inf
    # Without days the wall clock is left out: in an hour that occurs twice it is ambiguous.
    start = (datetime.fromtimestamp(now, zone) + timedelta(days=days)).timestamp() if days else now
    return float(math.ceil(start + seconds))


def _after_runs(count: int, now: float, cron: str, zone: str) -> float:
    if not 1 <= count <= MOST_RUNS:
        raise _refused(f"between 1 and {MOST_RUNS} runs can be counted")
    at = after_runs(cron, count, now, zone)
    if at is not None:
        return at
    if parse(cron) is None:
        raise _refused("this timer's schedule cannot be read, so its runs cannot be counted")
    if never_runs(cron):
        raise _refused("this timer's schedule never runs, so there are no runs to count")
    raise _refused(f"this timer does not run {count} more times")


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
    return _combined(days, hours, now, zone)


def _instant(text: str) -> float:
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        raise _refused("there is no such time") from None


def _day_and_hour(text: str) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """Match a day and a time of day, in either order; a missing one is None."""
    for order in (_HOUR_LAST, _HOUR_FIRST):
        if hour := order.fullmatch(text):
            day = _DAY.fullmatch(hour["day"] or "")
            if day or hour["day"] is None:
                return day, hour
    return _DAY.fullmatch(text), None


def _hours(found: re.Match[str] | None, days: _Candidates | None) -> _Candidates | None:
    """Return the times of day that may be meant, or None for what is none, such as "8" alone."""
    if found is None:
        # "until friday" may include Friday or not; with two days the ends are too many to offer.
        ends = (2 * _NOON,) if days and len(days.values) == 1 else ()
        return _Candidates((0, 8 * 60, *ends), "no time of day was given", guessed=True)
    if found["name"]:
        midnight = _Candidates(
            (0, 2 * _NOON) if days else (0,), "midnight begins that day and ends it"
        )
        return midnight if found["name"] == "midnight" else _Candidates((_NOON,))
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        return _Candidates((hour % 12 * 60 + minute + (_NOON if half == "p" else 0),))
    if not found["minute"] and 1 <= hour <= 12 and found["at"]:
        return _Candidates((hour % 12 * 60, hour % 12 * 60 + _NOON), f"{hour} may be am or pm")
    return _Candidates((hour * 60 + minute,)) if found["minute"] or found["at"] else None


def _days(found: re.Match[str], today: int) -> _Candidates:
    if found["relative"]:
        return _Candidates((today + (found["relative"] == "tomorrow"),))
    if found["weekday"]:
        coming = _coming_weekday(found["weekday"], today)
        if found["next"] and coming > today:
            return _Candidates(
                (coming, coming + 7), "“next” may be the coming one or the one after"
            )
        if coming == today and not found["next"]:
            return _Candidates((today, today + 7), "it may be today or in a week")
        return _Candidates((coming + 7 * (coming == today),))
    if name := found["month"] or found["month_first"]:
        month, number = _MONTHS.index(name[:3]) + 1, int(found["number"] or found["number_last"])
        if found["in_year"]:
            return _Candidates(_valid(int(found["in_year"]), (month, number)))
        day = _coming_date(month, number, today)
        return _Candidates((day,), "no year was given", guessed=day - today > _HALF_A_YEAR)
    if found["iso"]:
        year, month, number = map(int, found["iso"].split("-"))
        return _Candidates(_valid(year, (month, number)))
    one, other, year = int(found["one"]), int(found["other"]), int(found["year"])
    # Dates with dots put the day first everywhere; with strokes it depends on the country.
    orders = [(other, one)] if found["mark"] == "." else [(other, one), (one, other)]
    return _Candidates(_valid(year, *orders), "the day or the month may come first")


def _valid(year: int, *months_and_days: tuple[int, int]) -> tuple[int, ...]:
    """Return the days (ordinals) that exist among these. Raises InvalidCommand if none does."""
    found = set()
    for month, day in months_and_days:
        with suppress(ValueError):
            found.add(date(year, month, day).toordinal())
    if not found:
        raise _refused("there is no such day")
    return tuple(found)


def _coming_weekday(name: str, today: int) -> int:
    """Return the first day of that name, from today on."""
    return today + (_WEEKDAYS.index(name[:3]) - date.fromordinal(today).weekday()) % 7


def _coming_date(month: int, number: int, today: int) -> int:
    """Return the first such day of any year, from today on."""
    this_year = date.fromordinal(today).year
    for year in range(this_year, this_year + 9):  # leap days are up to eight years apart
        with suppress(ValueError):
            day = date(year, month, number).toordinal()
            if day >= today:
                return day
    raise _refused("there is no such day")


def _combined(
    days: _Candidates, hours: _Candidates, now: float, zone: tzinfo
) -> Until | AmbiguousTime:
    """Combine days with times of day; ambiguous if more than one meaning is left in the future."""
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
    """Return the moments from a minute to a year ahead. Raises InvalidCommand if none is left."""
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
