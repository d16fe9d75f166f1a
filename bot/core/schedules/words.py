"""A schedule in English, said of the sets of values that it stands for and never of its text.

So ``*/40`` is "at minutes 0 and 40 of every hour", and ``FRI/2`` "on Friday and Sunday".
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from bot.core.schedules.cronos import Schedule, parse
from bot.core.schedules.runs import never_runs

NEVER = "never runs"
_MOST_TIMES = 6  # that are listed one by one
_OFTEN = re.compile(r"every (\d+ )?(second|minute|hour)s?")
_ALL_60 = tuple(range(60))
_ALL_24 = tuple(range(24))
_NAMES_OF_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_NAMES_OF_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_EVERY_DAY = frozenset(range(7))
_WEEKDAYS, _WEEKENDS = frozenset({1, 2, 3, 4, 5}), frozenset({0, 6})
_EVERY_DAY_OF_MONTH = frozenset(range(1, 32))
_EVERY_MONTH = frozenset(range(1, 13))


def in_words(cron: str) -> str | None:
    """Return the schedule in English; None if Cronos would refuse it."""
    schedule = parse(cron)
    if schedule is None:
        return None
    return NEVER if never_runs(cron) else _sentence(schedule)


def often(cron: str) -> str | None:
    """Return how often it runs, such as "every 10 minutes", if that is so all day on every day.

    Only such words hold in each reader's time zone: those with a clock time or a day are true in
    the schedule's own. None otherwise, and for what Cronos would refuse.
    """
    schedule = parse(cron)
    if schedule is None or _in_month(schedule) or _in_week(schedule) or _in_year(schedule.months):
        return None
    times = _times(schedule)
    return times if _OFTEN.fullmatch(times) else None


def _sentence(schedule: Schedule) -> str:
    times, in_month, in_year = _times(schedule), _in_month(schedule), _in_year(schedule.months)
    if times.startswith("at ") and ":" in times and not in_month and schedule.nth is None:
        return " ".join(filter(None, [_each(schedule.weekdays), times, in_year]))
    days = in_month or _in_week(schedule)
    return " ".join(filter(None, [times, days, in_year]))


def _times(one: Schedule) -> str:
    """Say the seconds, minutes and hours."""
    return _short(one) or _in_full(one)


def _short(one: Schedule) -> str:
    hours, minutes, seconds = one.hours, one.minutes, one.seconds
    if len(hours) * len(minutes) * len(seconds) <= _MOST_TIMES:
        shown = [_clock(h, m, s) for h in hours for m in minutes for s in seconds]
        return f"at {_listed(shown)}"
    if hours == _ALL_24 and minutes == _ALL_60:
        return _steps(seconds, 60, "second")
    if seconds != (0,):
        return ""
    if hours == _ALL_24:
        return "every hour" if minutes == (0,) else _steps(minutes, 60, "minute")
    step = _step(hours)
    if len(minutes) == 1 and step:
        if minutes == (0,) and (said := _steps(hours, 24, "hour")):
            return said
        often = "every hour" if step == 1 else f"every {step} hours"
        return f"{often} from {_clock(hours[0], minutes[0])} to {_clock(hours[-1], minutes[0])}"
    whole = hours == tuple(range(hours[0], hours[-1] + 1))
    if whole and (often := _steps(minutes, 60, "minute")):
        return f"{often} from {_clock(hours[0], 0)} to {_clock(hours[-1], minutes[-1])}"
    return ""


def _steps(values: Sequence[int], size: int, unit: str) -> str:
    """Say "every 10 minutes", where the values go on so over the end of the hour (or day)."""
    step = _step(values)
    if values[0] != 0 or not step or size % step or len(values) != size // step:
        return ""
    return f"every {unit}" if step == 1 else f"every {step} {unit}s"


def _step(values: Sequence[int]) -> int:
    """Return what lies between each value and the next, or 0 where that varies, or is too few."""
    if len(values) < 3 and values not in {(0, 30), (0, 12)}:
        return 0
    steps = {after - before for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 else 0


def _in_full(one: Schedule) -> str:
    """Say it for any sets: "at minutes 0 and 40 of every hour"."""
    parts = [_values("minute", one.minutes, 60), _values("hour", one.hours, 24)]
    if one.seconds != (0,):
        parts.insert(0, _values("second", one.seconds, 60))
    said = " of ".join(parts)
    return said if said.startswith("every") else f"at {said}"


def _values(unit: str, values: Sequence[int], size: int) -> str:
    if len(values) == size:
        return f"every {unit}"
    return f"{unit}{'s' if len(values) > 1 else ''} {_ranges(values)}"


def _in_month(one: Schedule) -> str:
    """Say the days of the month, and which of them; empty for each day."""
    if one.from_last is not None:
        days = "the last day of the month"
        if one.from_last:
            days = f"{_counted(one.from_last, 'day')} before {days}"
    elif one.days != _EVERY_DAY_OF_MONTH:
        days = f"day{'s' if len(one.days) > 1 else ''} {_ranges(sorted(one.days))} of the month"
    else:
        return ""
    if one.nearest_weekday:
        days = f"on the weekday nearest to {days}"
    elif not one.from_last:
        days = f"on {days}"
    return f"{days}, if that is {_kind(one)}" if _kind(one) else days


def _kind(one: Schedule) -> str:
    """Say which weekday a day of the month has to be; empty for any."""
    if one.nth is not None:
        return _nth(one)
    if one.weekdays == _EVERY_DAY:
        return ""
    if one.weekdays == _WEEKDAYS:
        return "a weekday"
    return f"a {_listed(_days(one.weekdays), 'or')}"


def _in_week(one: Schedule) -> str:
    if one.nth is not None:
        return f"on {_nth(one)}"
    if one.weekdays == _EVERY_DAY:
        return ""
    if one.weekdays == _WEEKDAYS:
        return "on weekdays"
    return f"on {_listed(_days(one.weekdays))}"


def _each(weekdays: frozenset[int]) -> str:
    """Say the weekdays in front of a time."""
    if weekdays == _EVERY_DAY:
        return "every day"
    if weekdays == _WEEKDAYS:
        return "weekdays"
    if weekdays == _WEEKENDS:
        return "weekends"
    return f"on {_listed(_days(weekdays))}"


def _nth(one: Schedule) -> str:
    (day,) = _days(one.weekdays)
    order = "last" if one.nth == -1 else _ORDINALS[(one.nth or 1) - 1]
    return f"the {order} {day} of the month"


def _in_year(months: frozenset[int]) -> str:
    if months == _EVERY_MONTH:
        return ""
    return f"in {_listed([_NAMES_OF_MONTHS[month - 1] for month in sorted(months)])}"


def _days(weekdays: Iterable[int]) -> list[str]:
    """Return the names of the days, from Monday on."""
    return [_NAMES_OF_DAYS[day] for day in sorted(weekdays, key=lambda day: (day - 1) % 7)]


def _ranges(values: Sequence[int]) -> str:
    """Say numbers; three and more that follow each other as "5 to 10"."""
    found: list[list[int]] = []
    for value in values:
        if found and value == found[-1][-1] + 1:
            found[-1].append(value)
        else:
            found.append([value])
    said: list[str] = []
    for one in found:
        said += [f"{one[0]} to {one[-1]}"] if len(one) > 2 else map(str, one)
    return _listed(said)


def _listed(words: Sequence[str], last: str = "and") -> str:
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _clock(hour: int, minute: int, second: int = 0) -> str:
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")
