"""The end of a disable: from a phrase to one moment, to none, or to several to choose from.

Phrases come from ``phrases.parse_phrase``; ``ends`` has the grammar, ``ends.rules`` the table of
what is taken, asked and refused. Times are read in the person's own time zone:

    for 3 days · for 1h30m · for half an hour · for 6 months · for 2 runs · for good
    until monday 08:00 · until 8am tomorrow · until 17h30 · until the 1st at noon
    until 1 december 17:30 · until 2026-12-01 08:00 · until 5.12. 8:00 pm · until 08:00 gmt+1

A phrase that may mean several moments is never guessed: the person is asked to choose.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.core.errors import InvalidCommand
from bot.core.language.ends.grammar import is_count, readings
from bot.core.language.ends.meaning import Count, Endless, Lapse, Meaning, Moment, Reading, Refusal
from bot.core.language.ends.moments import (
    SOONEST,
    Found,
    Present,
    after_spans,
    chosen,
    of_moment,
    present,
    why_none,
)
from bot.core.language.ends.opening import opening_of
from bot.core.names import single_line
from bot.core.schedules import after_runs, never_runs
from bot.core.schedules.cronos import parse
from bot.core.zones import zone_named

__all__ = [
    "MOST_RUNS",
    "SOONEST",
    "YEAR",
    "AmbiguousTime",
    "Until",
    "check_until",
    "format_until",
    "is_count",
    "parse_until",
]

YEAR = 366 * 86_400.0  # the longest year, and more than any end is ahead
MOST_RUNS = 50
_EXAMPLES = "“until monday 08:00”, “until 1 december 17:30”, “for 3 days” or “for 2 runs”"


@dataclass(frozen=True, slots=True)
class Until:
    """One moment (unix seconds), or None: for good. ``runs``: how many were counted, or 0."""

    at: float | None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class AmbiguousTime:
    """One to four moments that a phrase may mean (future unix seconds, ascending).

    None, always the last, stands for no end. A single one has to be confirmed. ``why`` is the
    reason, a clause for the question.
    """

    moments: tuple[float | None, ...]
    why: str


@dataclass(frozen=True, slots=True)
class _Schedule:
    """The timer's schedule and its zone, for counting runs."""

    cron: str
    zone: str


def parse_until(
    phrase: str, now: float, zone: str, cron: str, schedule_zone: str
) -> Until | AmbiguousTime:
    """Parse a phrase at the moment ``now`` (unix seconds).

    ``zone`` is the person's time zone (unknown: UTC); ``cron`` and ``schedule_zone`` are the
    timer's, for counting runs. Raises InvalidCommand for what is no time, is past, or is less than
    a minute or more than a year ahead.
    """
    return _parsed(phrase, present(now, zone_named(zone)), _Schedule(cron, schedule_zone))


def check_until(phrase: str, now: float, zone: str) -> None:
    """Raise the InvalidCommand of ``parse_until`` that does not depend on the schedule.

    Of a phrase that counts runs only the count is checked.
    """
    _parsed(phrase, present(now, zone_named(zone)), None)


def format_until(at: float | None, zone: str) -> str:
    """Write a moment as a phrase that ``parse_until`` reads back, to the second where needed."""
    if at is None:
        return "for good"
    timespec = "seconds" if at % 60 >= 1 else "minutes"
    return (
        f"until {datetime.fromtimestamp(at, zone_named(zone)).isoformat(timespec=timespec)}".lower()
    )


def _parsed(phrase: str, here: Present, schedule: _Schedule | None) -> Until | AmbiguousTime:
    every = readings(phrase)
    if not every:
        words = single_line(opening_of(phrase)[1] or phrase, 60)
        raise _refused(f"“{words}” cannot be read as a time; say {_EXAMPLES}")
    found = [_found(reading, here, schedule) for reading in every]
    moments = chosen(found)
    if not moments:
        raise _refused(why_none(found, here))
    doubts = dict.fromkeys(doubt for one in found if one.moments for doubt in one.doubts)
    if len(moments) > 1 and not doubts:  # whatever the reason, several are never guessed from
        doubts = {f"“{single_line(phrase, 60)}” can be read in {len(moments)} ways": None}
    if doubts:
        return AmbiguousTime(moments, " and ".join(doubts))
    return Until(moments[0], _runs(every))


def _runs(every: tuple[Reading, ...]) -> int:
    counts = [one.meaning.runs[0] for one in every if isinstance(one.meaning, Count)]
    return counts[0] if counts else 0


def _found(reading: Reading, here: Present, schedule: _Schedule | None) -> Found:
    found, why = _meant(reading.meaning, here, schedule)
    doubts = (*reading.doubts, *([why] if why else []), *found.doubts)
    return Found(found.moments, tuple(dict.fromkeys(doubts)), found.out, found.reason)


def _meant(meaning: Meaning, here: Present, schedule: _Schedule | None) -> tuple[Found, str]:
    """Return what a meaning comes to, and what is doubtful about the meaning itself."""
    match meaning:
        case Moment():
            return of_moment(meaning, here), ""
        case Lapse(spans, why):
            return after_spans(spans, here), why
        case Count(runs, why):
            return _after_runs(runs, here, schedule), why
        case Endless(why):
            return Found((None,)), why
        case Refusal(reason):
            return Found(reason=reason), ""


def _after_runs(runs: tuple[int, ...], here: Present, schedule: _Schedule | None) -> Found:
    if not all(1 <= count <= MOST_RUNS for count in runs):
        return Found(reason=f"between 1 and {MOST_RUNS} runs can be counted")
    if schedule is None:
        return Found((None,))  # it depends on the schedule, and is nothing to refuse yet
    ends = [after_runs(schedule.cron, count, here.now, schedule.zone) for count in runs]
    moments = tuple(at for at in ends if at is not None)
    if not moments:
        return Found(reason=_no_runs(schedule.cron, runs[0]))
    near = tuple(at for at in moments if here.reaches(at))
    return Found(near, out=tuple(at for at in moments if not here.reaches(at)))


def _no_runs(cron: str, count: int) -> str:
    if parse(cron) is None:
        return "this timer's schedule cannot be read, so its runs cannot be counted"
    if never_runs(cron):
        return "this timer's schedule never runs, so there are no runs to count"
    return f"this timer does not run {count} more times"


def _refused(reason: str) -> InvalidCommand:
    return InvalidCommand(reason, "disable")
