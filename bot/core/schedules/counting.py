"""How many runs fall between two moments: counted by sets of days and of times, not one by one.

Between two changes of the zone's offset the clocks show each local time once, so the runs there
are those of the days in between, times those of a day. What a change skips or repeats is corrected
at the change. So a year of every second costs as little as a year of one run a month.
"""

import functools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from bot.core.schedules.runs import (
    LAST_YEAR,
    SECOND,
    Evaluator,
    change_between,
    doubled,
    evaluator_of,
    local_time,
    next_run,
)
from bot.core.zones import zone_named

LISTED = 5  # runs that are named one by one; more are only counted
# No zone of the IANA database changes its offset twice within it, from 2015 to 2099.
_PROBE = 3 * 86_400
_LAST = datetime.combine(date(LAST_YEAR, 12, 31), time.max)


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs in an interval: how many, and when the first of them are (unix seconds)."""

    at: tuple[float, ...]
    count: int


def runs_between(
    cron: str, start: float, end: float, zone: str = "UTC", most: int = LISTED
) -> Runs | None:
    """Return the runs after ``start`` and up to ``end``, or None if the schedule cannot be read.

    The count is exact; at most ``most`` runs are listed.
    """
    evaluator = evaluator_of(cron)
    if evaluator is None:
        return None
    count = _count(evaluator, start, end, zone_named(zone)) if start < end else 0
    return Runs(tuple(_first(cron, start, zone, min(count, most))), count)


def _first(cron: str, start: float, zone: str, count: int) -> Iterator[float]:
    run: float | None = start
    for _ in range(count):
        run = None if run is None else next_run(cron, run, zone)
        if run is not None:
            yield run


def _count(evaluator: Evaluator, start: float, end: float, zone: tzinfo) -> int:
    """Count the runs after ``start`` and up to ``end``.

    ``seen`` is the local time up to which runs are counted: a schedule of fixed times does not
    run in the second occurrence of an hour, so for it ``seen`` is never set back.
    """
    seen, count = _seen(evaluator, start, zone), 0
    for change in _changes(start, end, zone):
        before, after = local_time(change - 1, zone), local_time(change, zone)
        count += _local_count(evaluator, seen, before)
        if after > before:  # what falls into the gap runs at its end, once
            count += _local_count(evaluator, before, after) > 0
            seen = after
        else:
            seen = after - SECOND if evaluator.schedule.repeats else max(seen, before)
    return count + _local_count(evaluator, seen, local_time(math.floor(end), zone))


def _seen(evaluator: Evaluator, start: float, zone: tzinfo) -> datetime:
    here = local_time(math.floor(start), zone)
    twice = doubled(here, zone)
    if twice is None or evaluator.schedule.repeats or start < twice[0]:
        return here
    return twice[2] - SECOND


def _local_count(evaluator: Evaluator, after: datetime, until: datetime) -> int:
    """Count the runs after one local time and up to another, as if no clock changed."""
    until = min(until, _LAST)
    if until <= after:
        return 0
    days = _days(evaluator, after, until) * _times(evaluator, 23, 59, 59)
    return days + _passed(evaluator, until) - _passed(evaluator, after)


def _days(evaluator: Evaluator, first: datetime, last: datetime) -> int:
    """Count the days on which it runs, from the day of ``first`` to before that of ``last``."""
    count = 0
    for month in range(first.year * 12 + first.month, last.year * 12 + last.month):
        count += len(evaluator.days_of((month - 1) // 12, (month - 1) % 12 + 1))
    count += bisect_left(evaluator.days_of(last.year, last.month), last.day)
    return count - bisect_left(evaluator.days_of(first.year, first.month), first.day)


def _passed(evaluator: Evaluator, local: datetime) -> int:
    """Count the runs of a day up to a time of it."""
    if local.day not in evaluator.days_of(local.year, local.month):
        return 0
    return _times(evaluator, local.hour, local.minute, local.second)


def _times(evaluator: Evaluator, hour: int, minute: int, second: int) -> int:
    """Count the times of a day on which it runs, up to one time."""
    one = evaluator.schedule
    hours, minutes = bisect_left(one.hours, hour), bisect_left(one.minutes, minute)
    count = hours * len(one.minutes) * len(one.seconds)
    if hour not in one.hours:
        return count
    count += minutes * len(one.seconds)
    return count + (bisect_right(one.seconds, second) if minute in one.minutes else 0)


def _changes(start: float, end: float, zone: tzinfo) -> Iterator[float]:
    """Yield when the zone's offset changes after ``start`` and up to ``end``, in order."""
    first, last = (datetime.fromtimestamp(at, UTC).year for at in (start, end))
    for year in range(first, min(last, LAST_YEAR + 1) + 1):
        yield from (at for at in _changes_of(year, zone) if start < at <= end)


@functools.lru_cache(maxsize=1_024)
def _changes_of(year: int, zone: tzinfo) -> tuple[float, ...]:
    """Return when the zone's offset changes in a year of UTC."""
    begin, end = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) - 1 for one in (year, year + 1))
    found, old = [], datetime.fromtimestamp(begin, zone).utcoffset()
    for at in (*range(begin + _PROBE, end, _PROBE), end):
        new = datetime.fromtimestamp(at, zone).utcoffset()
        if new != old:
            found.append(change_between(max(begin, at - _PROBE), at, zone))
        old = new
    return tuple(found)
