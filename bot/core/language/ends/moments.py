"""From what a phrase means to moments: at a present time, in a zone, for a schedule.

Each meaning gives moments that can be the end, moments that cannot, and doubts. ``resolved`` puts
those of all readings together: one moment without a doubt is taken, everything else is asked.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import zip_longest

from bot.core.language.ends.meaning import (
    DAY,
    HOUR,
    MINUTE,
    Choices,
    Clock,
    Day,
    Moment,
    Part,
    Span,
    Zone,
)
from bot.core.schedules import on_the_clock

SOONEST = 60.0
MOST = 4  # moments to choose from
_USUAL = Choices((0, 8 * HOUR, DAY), "no time of day was given", guessed=True)
_OVER = Choices((DAY, DAY + 8 * HOUR), "no time of day was given", guessed=True)
_OVER_PERIOD = replace(_OVER, why="")  # its days say why
_MONTHS_FAR = 120
_FAR = 10_000.0  # days


@dataclass(frozen=True, slots=True)
class Present:
    """The present moment (unix seconds) and the person's zone; ``limit`` is a year ahead."""

    now: float
    zone: tzinfo
    limit: float

    @property
    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.now, self.zone)

    @property
    def today(self) -> int:
        return self.wall.toordinal()

    def reaches(self, at: float) -> bool:
        """Whether a moment can be an end."""
        return self.now + SOONEST <= at <= self.limit


@dataclass(frozen=True, slots=True)
class Found:
    """What one meaning comes to: moments in reach, the likeliest first, and doubts.

    ``out`` are moments that are not in reach; ``reason`` is why there can be none at all.
    """

    moments: tuple[float | None, ...] = ()
    doubts: tuple[str, ...] = ()
    out: tuple[float, ...] = ()
    reason: str = ""


def present(now: float, zone: tzinfo) -> Present:
    """Return the present: a year ends at the same day and time by the calendar, or a day before."""
    wall = datetime.fromtimestamp(now, zone)
    year = _add_months(wall.replace(tzinfo=None), 12).replace(tzinfo=zone)
    # The later one where the clock shows that time twice.
    return Present(
        now, zone, float(math.ceil(max(year.timestamp(), year.replace(fold=1).timestamp())))
    )


def _add_months(wall: datetime, months: int) -> datetime:
    """Add months by the calendar; the last day of a month stands for those that it lacks."""
    years, month = divmod(wall.month - 1 + months, 12)
    first = wall.replace(year=wall.year + years, month=month + 1, day=1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    last = (following - timedelta(days=1)).day
    return first.replace(day=min(wall.day, last))


# Durations


def after_spans(spans: tuple[Span, ...], here: Present) -> Found:
    """Return the ends of durations from now."""
    moments: list[float] = []
    doubts: list[str] = []
    for span in spans:
        for ats, doubt in _ends(span, here):
            moments += ats
            doubts += [doubt] if doubt else []
    return _sorted_out(moments, doubts, here)


def _ends(span: Span, here: Present) -> Iterator[tuple[tuple[float, ...], str]]:
    """Yield the moments at the end of a duration, with a doubt where the clock has one."""
    if span.months > _MONTHS_FAR or span.days > _FAR or span.workdays > _FAR / 2:
        yield (math.inf,), ""
        return
    if not (span.months or span.days or span.workdays or span.hours):
        # The wall clock is left out: in an hour that occurs twice it is ambiguous.
        yield (float(math.ceil(here.now + span.seconds)),), ""
        return
    wall = _add_months(here.wall.replace(tzinfo=None), span.months) + timedelta(days=span.days)
    wall = _add_workdays(wall, span.workdays)
    begin = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    times = span.hours or ((wall - begin).total_seconds(),)
    for time in times:
        ats, doubt = _shown(begin.toordinal(), time, here.zone)
        yield tuple(float(math.ceil(at + span.seconds)) for at in ats), doubt


def _add_workdays(wall: datetime, days: int) -> datetime:
    weeks, rest = divmod(days, 5)
    wall += timedelta(weeks=weeks)
    while rest or (days and wall.weekday() > 4):
        step = -1 if not rest else 1
        wall += timedelta(days=step)
        rest -= step == 1 and wall.weekday() < 5
    return wall


def _shown(day: int, time: float, zone: tzinfo) -> tuple[tuple[float, ...], str]:
    """Return the moments at which a clock shows a time, and the doubt if it is not one."""
    days, time = divmod(time, DAY)
    minutes, seconds = divmod(time, MINUTE)
    ats, skipped = on_the_clock(day + int(days), int(minutes), zone)
    if skipped:
        return ats, "the clock skips that time"
    doubt = "the clock shows that time twice" if len(ats) > 1 else ""
    return tuple(at + seconds for at in ats), doubt


# Days and times of day


def of_moment(moment: Moment, here: Present) -> Found:
    """Return the moments that a day and a time of day mean."""
    if moment.zone is None:
        return _in_zone(moment, here, here.zone)
    if not moment.zone.zones:
        return Found(reason=moment.zone.why)
    found = [_in_zone(moment, here, zone) for zone in moment.zone.zones]
    return _of_zones(moment.zone, found, here)


def _of_zones(zone: Zone, found: list[Found], here: Present) -> Found:
    """Put together what the zones of an abbreviation give; the person's own is taken alone."""
    if zone.abbreviation:
        for one in found:
            if one.moments and all(_named_so(at, zone.abbreviation, here) for at in one.moments):
                return one
    moments = tuple(dict.fromkeys(at for one in found for at in one.moments))
    doubts = (zone.why, *(doubt for one in found for doubt in one.doubts)) if zone.why else ()
    doubts = doubts or tuple(doubt for one in found for doubt in one.doubts)
    out = tuple(at for one in found for at in one.out)
    return Found(moments, tuple(dict.fromkeys(doubts)), out, found[0].reason)


def _named_so(at: float | None, abbreviation: str, here: Present) -> bool:
    """Whether the person's clock shows the abbreviation at a moment."""
    name = datetime.fromtimestamp(at or 0, here.zone).tzname() or ""
    return name.casefold() == abbreviation


def _in_zone(moment: Moment, here: Present, zone: tzinfo) -> Found:
    hours = _hours(moment)
    if not hours.values:
        return Found(reason=hours.why)
    if moment.day is None:
        return _next_shown(moment, hours, replace(here, zone=zone), here)
    days = _days(moment, moment.day, here, zone)
    if not days.values:
        return Found(reason=days.why)
    return _combined(days, hours, zone, here)


def _hours(moment: Moment) -> Choices:
    """Return the times of day that are meant."""
    if moment.clock and moment.part:
        return _in_part(moment.clock, moment.part)
    if moment.clock:
        return moment.clock.hours if moment.day else moment.clock.without_a_day()
    if moment.part:
        times = moment.part.over if moment.whole else moment.part.usual
        return Choices(times, f"“{moment.part.name}” names no exact time", guessed=True)
    if moment.whole:
        return _OVER if moment.day is None or moment.day.hours is None else _OVER_PERIOD
    return (moment.day.hours if moment.day else None) or _USUAL


def _in_part(clock: Clock, part: Part) -> Choices:
    """Return the clock's times that lie in the part of the day: "8 in the evening" is 20:00."""
    every = [time + days for time in clock.hours.values for days in (0, DAY)]
    times = tuple(dict.fromkeys(time for time in every if part.first <= time <= part.last))
    if not clock.hours.values:
        return clock.hours
    if not times:
        return Choices((), f"that time is not in the {part.name}")
    late = any(time > DAY for time in times)
    return Choices(times, f"“{part.name}” may be of another day", guessed=late)


def _days(moment: Moment, day: Day, here: Present, zone: tzinfo) -> Choices:
    """Return the days that are meant, as today is for the person and in the zone that they name."""
    on = day.over if moment.whole and day.over else day.on
    found = on(here.today)
    there = on(datetime.fromtimestamp(here.now, zone).toordinal())
    if there.values == found.values:
        return found
    values = tuple(dict.fromkeys((*found.values, *there.values)))
    return replace(
        found, values=values, why=found.why or "it is another day there", likely_first=False
    )


def _next_shown(moment: Moment, hours: Choices, there: Present, here: Present) -> Found:
    """Return the next time that a clock shows each of the times."""
    today = there.today
    moments: list[float] = []
    doubts = [hours.why] if hours.guessed else []
    days: tuple[int, ...] = (today, today + 1)
    if moment.part and not moment.clock:  # a part that is not over yet is that of today
        ahead = any(_ahead(today, time, there) for time in hours.values)
        days = (today,) if ahead else (today + 1,)
    for time in hours.values:
        for day in days:
            ats, doubt = _shown(day, time, there.zone)
            left = tuple(at for at in ats if at > here.now)
            if left:
                moments += left
                doubts += [doubt] if doubt and (len(left) > 1 or len(ats) == 1) else []
                break
    return _sorted_out(moments, doubts, here)


def _ahead(day: int, time: int, there: Present) -> bool:
    return _shown(day, time, there.zone)[0][-1] > there.now


def _combined(days: Choices, hours: Choices, zone: tzinfo, here: Present) -> Found:
    """Combine days with times of day, and say what is doubtful about those in reach."""
    every = [(*_shown(day, time, zone), day, time) for time in hours.values for day in days.values]
    moments = [at for ats, *_ in every for at in ats]
    left = [one for one in every if any(here.reaches(at) for at in one[0])]
    left_days = {day for *_, day, _ in left}
    doubts = [days.why] if days.guessed or len(left_days) > 1 else []
    if days.likely_first and left and not doubts:
        doubts = _other_reading(days, left_days, here, zone)
    if hours.guessed or len({time for *_, time in left}) > 1:
        doubts.append(hours.why)
    doubts += [doubt for _, doubt, *_ in left]
    return _sorted_out(moments, doubts, here)


def _other_reading(days: Choices, left: set[int], here: Present, zone: tzinfo) -> list[str]:
    """Doubt a date whose other reading is the usual one and has passed, or is too far ahead."""
    far = [day for day in days.values if day not in left and day > here.today]
    if far:
        day = datetime.fromordinal(far[0]).replace(tzinfo=zone)
        return [f"{day.day} {day:%B %Y} is more than a year ahead"]
    return [] if days.values[0] in left else [days.why]


# The whole


def _sorted_out(moments: Iterable[float], doubts: list[str], here: Present) -> Found:
    every = tuple(dict.fromkeys(moments))
    near = tuple(at for at in every if here.reaches(at))
    out = tuple(at for at in every if not here.reaches(at))
    return Found(near, tuple(dict.fromkeys(doubt for doubt in doubts if doubt)), out)


def chosen(found: list[Found]) -> tuple[float | None, ...]:
    """Return at most ``MOST`` moments, the likeliest of each reading first in line; ascending."""
    rows = zip_longest(*(one.moments for one in found), fillvalue=-1.0)
    mixed = dict.fromkeys(at for row in rows for at in row if at != -1.0)
    first = list(mixed)[:MOST]
    ends = sorted(at for at in first if at is not None)
    return (*ends, None) if None in first else tuple(ends)


def why_none(found: list[Found], here: Present) -> str:
    """Return the reason why no moment is in reach, the most telling one of all readings."""
    out = [at for one in found for at in one.out]
    if not out:
        return next((one.reason for one in found if one.reason), "")
    if any(here.now <= at < here.now + SOONEST for at in out):
        return "that is less than a minute ahead"
    if all(at < here.now for at in out):
        return f"{_said(out[0], here)} has passed"
    far = next(at for at in out if at > here.limit)
    if math.isinf(far):
        return "that is more than a year ahead"
    return f"{_said(far, here)} is more than a year ahead"


def _said(at: float, here: Present) -> str:
    when = datetime.fromtimestamp(at, here.zone)
    return f"{when:%A} {when.day} {when:%B %Y %H:%M} ({here.zone})"
