"""When a schedule runs: the moments that Cronos computes, also where clocks change.

A schedule of fixed times runs once in an hour that occurs twice, in its first occurrence; one with
a ``*``, a range or a step in its time runs in both. A run in an hour that the clocks skip happens
at the end of the gap. Bentley documents no time zone; UTC is assumed, and people are told so.
"""

import calendar
import functools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from bot.core.schedules.cronos import Schedule, parse
from bot.core.zones import zone_named

LAST_YEAR = 2099  # Cronos looks no further
_PAUSE = 300.0
SECOND = timedelta(seconds=1)


def next_run(cron: str, now: float, zone: str = "UTC") -> float | None:
    """Return the next run after ``now`` (unix seconds).

    None if the schedule cannot be read, or never runs again.
    """
    evaluator = evaluator_of(cron)
    return None if evaluator is None else evaluator.next(now, zone_named(zone))


def after_runs(cron: str, count: int, start: float, zone: str = "UTC") -> float | None:
    """Return a moment between the ``count``-th run after ``start`` and the next one.

    It is half-way, but at most five minutes after the run, and in whole seconds if the runs are
    at least two seconds apart. None if the schedule cannot be read or has fewer runs.
    """
    run, following = start, next_run(cron, start, zone)
    for _ in range(count):
        if following is None:
            return None
        run, following = following, next_run(cron, following, zone)
    pause = _PAUSE if following is None else min(_PAUSE, (following - run) / 2)
    return run + (math.floor(pause) or pause)


def never_runs(cron: str) -> bool:
    """Whether the schedule can be read, and has no run at all, such as ``0 0 31 2 *``."""
    evaluator = evaluator_of(cron)
    return evaluator is not None and evaluator.never


def on_the_clock(day: int, minutes: int, zone: tzinfo) -> tuple[tuple[float, ...], bool]:
    """Return the moments at which clocks in ``zone`` show a time: two where it occurs twice.

    ``day`` is an ordinal (see ``date``), ``minutes`` count from its beginning; moments are unix
    seconds, ascending. If the clocks skip that time, the result is the next minute that exists,
    and True.
    """
    wall = datetime.fromordinal(day) + timedelta(minutes=minutes)
    skipped = False
    # In a skipped hour, fold=0 is the later moment (PEP 495).
    while (one := _moment(wall, zone, 0)) > (other := _moment(wall, zone, 1)):
        wall += timedelta(minutes=1)
        skipped = True
    return tuple(sorted({one, other})), skipped


def _moment(wall: datetime, zone: tzinfo, fold: int) -> float:
    return wall.replace(tzinfo=zone, fold=fold).timestamp()


@functools.lru_cache(maxsize=1_024)
def evaluator_of(cron: str) -> "Evaluator | None":
    """Return what computes the runs of an expression; None if Cronos would refuse it."""
    schedule = parse(cron)
    return None if schedule is None else Evaluator(schedule)


@dataclass
class Evaluator:
    """Computes the runs of one schedule in local time and, from that, in unix seconds.

    ``days`` caches the days of a month for each (weekday of its first day, length).
    """

    schedule: Schedule
    days: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @functools.cached_property
    def never(self) -> bool:
        """Whether no day of 28 years is right: by then all kinds of years have been."""
        return self._day_after(1999, 12, 31, last_year=2028) is None

    def next(self, now: float, zone: tzinfo) -> float | None:
        """Return the next run after ``now`` (unix seconds), or None if there is none."""
        here = datetime.fromtimestamp(math.floor(now), zone)
        local = here.replace(tzinfo=None, fold=0)
        start = local + SECOND
        twice = doubled(local, zone)
        if twice is not None:
            change, begins, ends = twice
            if here.timestamp() < change:
                found = self._find(start, ends)
                if found is not None:
                    return _moment(found, zone, 0)
                start = begins
            if self.schedule.repeats:
                found = self._find(start, ends)
                if found is not None:
                    return _moment(found, zone, 1)
            start = ends
        found = self._find(start)
        if found is None:
            return None
        return _skipped(found, zone) or _moment(found, zone, 0)

    def _find(self, start: datetime, end: datetime | None = None) -> datetime | None:
        """Return the first run from ``start`` on and before ``end``, all in local time."""
        if start.year <= LAST_YEAR and start.day in self.days_of(start.year, start.month):
            left = self._time_from(start.hour, start.minute, start.second)
            if left is not None:
                run = datetime.combine(start.date(), left)
                return run if end is None or run < end else None
        if end is not None and start.date() == end.date():
            return None
        day = self._day_after(start.year, start.month, start.day)
        if day is None:
            return None
        run = datetime.combine(day, self._first)
        return run if end is None or run < end else None

    def _day_after(
        self, year: int, month: int, day: int, last_year: int = LAST_YEAR
    ) -> date | None:
        """Return the first day after this one on which it runs, to the end of that year."""
        while year <= last_year:
            days = self.days_of(year, month)
            place = bisect_right(days, day)
            if place < len(days):
                return date(year, month, days[place])
            year, month, day = (year, month + 1, 0) if month < 12 else (year + 1, 1, 0)
        return None

    @property
    def _first(self) -> time:
        one = self.schedule
        return time(one.hours[0], one.minutes[0], one.seconds[0])

    def _time_from(self, hour: int, minute: int, second: int) -> time | None:
        """Return the first time of a day from that one on."""
        one = self.schedule
        place = bisect_left(one.hours, hour)
        if place < len(one.hours) and one.hours[place] == hour:
            inside = bisect_left(one.minutes, minute)
            if inside < len(one.minutes) and one.minutes[inside] == minute:
                last = bisect_left(one.seconds, second)
                if last < len(one.seconds):
                    return time(hour, minute, one.seconds[last])
                inside += 1
            if inside < len(one.minutes):
                return time(hour, one.minutes[inside], one.seconds[0])
            place += 1
        if place < len(one.hours):
            return time(one.hours[place], one.minutes[0], one.seconds[0])
        return None

    def days_of(self, year: int, month: int) -> list[int]:
        """Return the days of a month on which it runs, ascending."""
        if month not in self.schedule.months:
            return []
        kind = calendar.monthrange(year, month)
        if kind not in self.days:
            self.days[kind] = list(_days_of_month(self.schedule, *kind))
        return self.days[kind]


def _days_of_month(schedule: Schedule, first_weekday: int, length: int) -> list[int]:
    """Return the days on which it runs in a month that begins on that weekday (Monday is 0)."""

    def weekday(day: int) -> int:
        return (first_weekday + day) % 7  # Sunday is 0

    if schedule.from_last is not None:
        days = [length - schedule.from_last]
    else:
        days = [day for day in sorted(schedule.days) if day <= length]
    days = [day for day in days if day >= 1]
    if schedule.nearest_weekday:
        days = [_nearest(day, weekday(day), length) for day in days]
    return [
        day
        for day in days
        if weekday(day) in schedule.weekdays and _is_nth(day, schedule.nth, length)
    ]


def _nearest(day: int, weekday: int, length: int) -> int:
    """Return the nearest day from Monday to Friday in the same month."""
    match weekday:
        case 6:
            return day - 1 if day > 1 else day + 2
        case 0:
            return day + 1 if day < length else day - 2
        case _:
            return day


def _is_nth(day: int, nth: int | None, length: int) -> bool:
    if nth is None:
        return True
    return day + 7 > length if nth == -1 else (day - 1) // 7 + 1 == nth


def doubled(local: datetime, zone: tzinfo) -> tuple[float, datetime, datetime] | None:
    """Where the clocks show this time twice: when they are set back, and from what to what."""
    early, late = _moment(local, zone, 0), _moment(local, zone, 1)
    if early >= late:
        return None
    change = change_between(early, late, zone)
    return change, local_time(change, zone), local_time(change - 1, zone) + SECOND


def _skipped(local: datetime, zone: tzinfo) -> float | None:
    """Return the end of the gap, where the clocks never show this time."""
    late, early = _moment(local, zone, 0), _moment(local, zone, 1)
    return change_between(early, late, zone) if early < late else None


def change_between(before: float, after: float, zone: tzinfo) -> float:
    """Return when the offset of the zone changes between two moments (unix seconds)."""
    old = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def local_time(moment: float, zone: tzinfo) -> datetime:
    """Return what clocks show, without the zone and without which of two times it is."""
    return datetime.fromtimestamp(moment, zone).replace(tzinfo=None, fold=0)
