"""Reads the words of a schedule back, independently of how they are made.

The result is what the words claim: the times of a day, and on which days of which months. Known
are the phrases of ``bot.core.schedules.words`` and no others; anything else is a ValueError.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
ORDINALS = ("first", "second", "third", "fourth", "fifth")
CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?")

IsDay = Callable[[date], bool]


@dataclass(frozen=True)
class Claim:
    """``times`` are seconds since the day's beginning."""

    times: frozenset[int]
    is_day: IsDay


def claim_of(words: str) -> Claim:
    rest, months = _split(words, " in ")
    month_names = _names(months) if months else list(MONTHS)
    rest, kind = _split(rest, ", if that is ")
    times, days = _parted(rest)
    in_days = _days(days)
    of_kind = _kind(kind) if kind else lambda _: True

    def is_day(day: date) -> bool:
        return MONTHS[day.month - 1] in month_names and in_days(day) and of_kind(day)

    return Claim(frozenset(_times(times)), is_day)


def _split(text: str, mark: str) -> tuple[str, str]:
    before, found, after = text.partition(mark)
    return (before, after) if found else (text, "")


def _parted(text: str) -> tuple[str, str]:
    """Part the time from the days, whichever comes first."""
    if found := re.fullmatch(r"(every day|weekdays|weekends|on [A-Z].*?) (at \d\d:.*)", text):
        return found[2], found[1]
    if found := re.fullmatch(r"(.*?) (\d+ days? before the last day of the month)", text):
        return found[1].removesuffix(" on the weekday nearest to"), (
            f"on the weekday nearest to {found[2]}" if "nearest" in found[1] else found[2]
        )
    times, found_on, days = text.partition(" on ")
    return times, f"on {days}" if found_on else "every day"


def _days(text: str) -> IsDay:
    plain = {
        "every day": lambda _: True,
        "weekdays": lambda day: day.weekday() < 5,
        "on weekdays": lambda day: day.weekday() < 5,
        "weekends": lambda day: day.weekday() >= 5,
    }
    if text in plain:
        return plain[text]
    if not text.endswith(" of the month"):
        names = _names(text.removeprefix("on "))
        return lambda day: DAYS[day.weekday()] in names
    text = text.removeprefix("on ")
    nearest = text.startswith("the weekday nearest to ")
    text = text.removeprefix("the weekday nearest to ")
    if not nearest and text.startswith("the ") and text != "the last day of the month":
        return _kind(text)
    return _of_month(text, nearest=nearest)


def _of_month(text: str, *, nearest: bool) -> IsDay:
    if found := re.fullmatch(r"(?:(\d+) days? before )?the last day of the month", text):
        before = int(found[1] or 0)

        def wanted(first: date) -> list[int]:
            return [_length(first) - before]
    else:
        found = re.fullmatch(r"days? (.*) of the month", text)
        if found is None:
            raise ValueError(text)
        numbers = _numbers(found[1])

        def wanted(first: date) -> list[int]:
            return [day for day in numbers if day <= _length(first)]

    def is_day(day: date) -> bool:
        first = day.replace(day=1)
        days = [first + timedelta(days=one - 1) for one in wanted(first) if one >= 1]
        return day in ([_nearest(one) for one in days] if nearest else days)

    return is_day


def _nearest(day: date) -> date:
    """Return the nearest weekday within the month."""
    near = [day + timedelta(days=by) for by in (0, -1, 1, 2, -2)]
    return next(one for one in near if one.weekday() < 5 and one.month == day.month)


def _length(first: date) -> int:
    return ((first + timedelta(days=31)).replace(day=1) - first).days


def _kind(text: str) -> IsDay:
    if text == "a weekday":
        return lambda day: day.weekday() < 5
    if found := re.fullmatch(r"the (\w+) (\w+) of the month", text):
        order, name = found[1], found[2]

        def is_nth(day: date) -> bool:
            if DAYS[day.weekday()] != name:
                return False
            if order == "last":
                return (day + timedelta(days=7)).month != day.month
            return (day.day - 1) // 7 == ORDINALS.index(order)

        return is_nth
    names = _names(text.removeprefix("a ").replace(" or ", " and "))
    return lambda day: DAYS[day.weekday()] in names


def _names(text: str) -> list[str]:
    names = re.split(r", | and ", text)
    if not set(names) <= {*DAYS, *MONTHS}:
        raise ValueError(text)
    return names


def _numbers(text: str) -> set[int]:
    found: set[int] = set()
    for part in re.split(r", | and ", text):
        first, _, last = part.partition(" to ")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _times(text: str) -> set[int]:
    if found := re.fullmatch(r"every (?:(\d+) )?(second|minute|hour)s?", text):
        size = {"second": 1, "minute": 60, "hour": 3_600}[found[2]]
        return set(range(0, 86_400, int(found[1] or 1) * size))
    if found := re.fullmatch(r"every (?:(\d+) )?(minute|hour)s? from (\S+) to (\S+)", text):
        size = {"minute": 60, "hour": 3_600}[found[2]]
        return set(range(_clock(found[3]), _clock(found[4]) + 1, int(found[1] or 1) * size))
    if CLOCK.match(text.removeprefix("at ")):
        return {_clock(one) for one in re.split(r", | and ", text.removeprefix("at "))}
    return _in_full(text.removeprefix("at "))


def _in_full(text: str) -> set[int]:
    values = {"second": {0}, "minute": set(range(60)), "hour": set(range(24))}
    for part in text.split(" of "):
        unit, _, numbers = part.removeprefix("every ").partition(" ")
        unit = unit.removesuffix("s")
        if part.startswith("every "):
            values[unit] = set(range(24 if unit == "hour" else 60))
        else:
            values[unit] = _numbers(numbers)
    return {
        3_600 * hour + 60 * minute + second
        for hour in values["hour"]
        for minute in values["minute"]
        for second in values["second"]
    }


def _clock(text: str) -> int:
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return 3_600 * int(found[1]) + 60 * int(found[2]) + int(found[3] or 0)
