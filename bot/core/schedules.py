"""Cron expressions in the dialect that EDFS very probably speaks: Cronos.

Five fields, or six with leading seconds; Sunday is 0 or 7; day-of-month AND day-of-week must
both hold. (Inferred: the API's own 422 sample says "Cronos Expression", its samples have five
fields. Bentley documents no time zone; UTC is assumed and said so.) What croniter cannot
parse, such as ``LW``, has no next run here; what the describer cannot, has no words.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cron_descriptor import ExpressionDescriptor, FormatException, Options
from croniter import croniter
from croniter.croniter import CroniterError

_EVERY_MINUTE = "Every minute, "
_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs in a stretch of time (unix seconds, ascending); ``more``: others follow within it."""

    at: tuple[float, ...]
    more: bool = False


def next_run(cron: str, now: float, zone: str = "UTC") -> float | None:
    """Return the next run after ``now`` (unix seconds), or None where it cannot be told."""
    if len(cron.split()) not in {5, 6}:
        return None
    start = datetime.fromtimestamp(now, ZoneInfo(zone))
    try:
        following = croniter(cron, start, day_or=False, second_at_beginning=True)
        return float(following.get_next(datetime).timestamp())
    except (CroniterError, ValueError, KeyError, TypeError, OverflowError):
        return None


def runs_between(
    cron: str, start: float, end: float, zone: str = "UTC", most: int = 50
) -> Runs | None:
    """Return the runs after ``start`` and up to ``end``, or None where they cannot be told.

    At most ``most`` are counted out, however close they follow one another: about 0.1 ms each.
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
    """Return the run behind this one; a step that does not lead on ends the list instead."""
    following = next_run(cron, run, zone)
    return following if following is not None and following > run else None


def after_runs(cron: str, count: int, start: float, zone: str = "UTC") -> float | None:
    """Return a moment between the ``count``-th run after ``start`` and the one behind it.

    It is half-way, at most five minutes after the run, in whole seconds where they are two
    seconds or more apart. None where the schedule cannot be told, or has fewer runs to come.
    """
    run, following = start, next_run(cron, start, zone)
    for _ in range(count):
        if following is None:
            return None
        run, following = following, _later(cron, following, zone)
    pause = _PAUSE if following is None else min(_PAUSE, (following - run) / 2)
    return run + (math.floor(pause) or pause)


def on_the_clock(day: int, minutes: int, zone: tzinfo) -> tuple[tuple[float, ...], bool]:
    """Return when clocks in ``zone`` show that time: once, or twice where they are put back.

    ``day`` is an ordinal (see ``date``), ``minutes`` count from its beginning, the moments are
    unix seconds, ascending. Where clocks are put forward over it, the moment is the next valid
    minute, and True stands beside it.
    """
    wall = datetime.fromordinal(day) + timedelta(minutes=minutes)
    skipped = False
    while (one := _moment(wall, zone, 0)) > (other := _moment(wall, zone, 1)):
        wall += timedelta(minutes=1)
        skipped = True
    return tuple(sorted({one, other})), skipped


def _moment(wall: datetime, zone: tzinfo, fold: int) -> float:
    return wall.replace(tzinfo=zone, fold=fold).timestamp()


def in_words(cron: str) -> str | None:
    """Return the schedule in English, or None where words would be a guess."""
    fields = cron.split()
    if len(fields) not in {5, 6}:
        return None
    day_of_month, month, day_of_week = fields[-3:]
    if _any(day_of_month) or _any(day_of_week):
        return _described(cron)
    # The describer would say "or" here, where Cronos means "and".
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
        words = ExpressionDescriptor(cron, options).get_description()
    except (FormatException, ValueError, KeyError, IndexError, AttributeError):
        return None
    return None if "null" in words else words
