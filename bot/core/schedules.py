"""Schedules: next runs and descriptions of cron expressions, in the dialect Cronos.

Five fields, or six with leading seconds; Sunday is 0 or 7; day-of-month AND day-of-week must
both hold. That EDFS uses Cronos is an inference: the API's own 422 sample says "Cronos
Expression", and its samples have five fields. Bentley documents no time zone; UTC is assumed, and
people are told so. Expressions that croniter cannot parse, such as ``LW``, have no next run here,
and those that cron-descriptor cannot, no description.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cron_descriptor import ExpressionDescriptor, FormatException, Options
from croniter import croniter
from croniter.croniter import CroniterError

from bot.core.zones import zone_named

_EVERY_MINUTE = "Every minute, "
_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs in an interval (unix seconds, ascending); ``more``: others follow within it."""

    at: tuple[float, ...]
    more: bool = False


def next_run(cron: str, now: float, zone: str = "UTC") -> float | None:
    """Return the next run after ``now`` (unix seconds), or None if the schedule cannot be read."""
    if len(cron.split()) not in {5, 6}:
        return None
    start = datetime.fromtimestamp(now, zone_named(zone))
    try:
        following = croniter(cron, start, day_or=False, second_at_beginning=True)
        return float(following.get_next(datetime).timestamp())
    except (CroniterError, ValueError, KeyError, TypeError, OverflowError):
        return None


def runs_between(
    cron: str, start: float, end: float, zone: str = "UTC", most: int = 50
) -> Runs | None:
    """Return the runs after ``start`` and up to ``end``, or None if the schedule cannot be read.

    At most ``most`` are returned, because each takes about 0.1 ms to compute.
    """
    following = next_run(cron, start, zone)
    if following is None:
        return None
    runs: list[float] = []
    while following is not None and following <= end:
        if len(runs) >= most:
            return Runs(tuple(runs), more=True)
        runs.append(following)
        following = _later(cron, following, zone)
    return Runs(tuple(runs))


def _later(cron: str, run: float, zone: str) -> float | None:
    """Return the run after this one, or None; also None if croniter does not move forward."""
    following = next_run(cron, run, zone)
    return following if following is not None and following > run else None


def after_runs(cron: str, count: int, start: float, zone: str = "UTC") -> float | None:
    """Return a moment between the ``count``-th run after ``start`` and the next one.

    It is half-way, but at most five minutes after the run, and in whole seconds if the runs are
    at least two seconds apart. None if the schedule cannot be read or has fewer runs.
    """
    run, following = start, next_run(cron, start, zone)
    for _ in range(count):
        if following is None:
            return None
        run, following = following, _later(cron, following, zone)
    pause = _PAUSE if following is None else min(_PAUSE, (following - run) / 2)
    return run + (math.floor(pause) or pause)


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


def in_words(cron: str) -> str | None:
    """Return the schedule in English, or None where a description would be a guess."""
    fields = cron.split()
    if len(fields) not in {5, 6}:
        return None
    day_of_month, month, day_of_week = fields[-3:]
    if _any(day_of_month) or _any(day_of_week):
        return _described(cron)
    # cron-descriptor would say "or" here, where Cronos means "and".
    days = _described(" ".join([*fields[:-3], day_of_month, month, "*"]))
    weekdays = _described(f"* * * * {day_of_week}")
    if days is None or weekdays is None or not weekdays.startswith(_EVERY_MINUTE):
        return None
    return f"{days}, and {weekdays.removeprefix(_EVERY_MINUTE)}"


def _any(field: str) -> bool:
    return field in {"*", "?"}


def _described(cron: str) -> str | None:
    options = Options()
    options.use_24hour_time_format = True
    try:
        description = ExpressionDescriptor(cron, options).get_description()
    except (FormatException, ValueError, KeyError, IndexError, AttributeError):
        return None
    return None if "null" in description else description
