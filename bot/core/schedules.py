"""Cron expressions in the dialect that EDFS very probably speaks: Cronos.

Five fields, or six with leading seconds; Sunday is 0 or 7; day-of-month AND day-of-week must
both hold. (Inferred: the API's own 422 sample says "Cronos Expression", its samples have five
fields. Bentley documents no time zone; UTC is assumed and said so.) What croniter cannot
parse, such as ``LW``, has no next run here; what the describer cannot, has no words.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from cron_descriptor import ExpressionDescriptor, FormatException, Options
from croniter import croniter
from croniter.croniter import CroniterError

_EVERY_MINUTE = "Every minute, "


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
