"""What an end can mean, as values; ``moments`` makes moments of them.

A phrase that has several readings gives several of these.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

MINUTE = 60
HOUR = 3_600
DAY = 86_400
WEEK = 7  # days


@dataclass(frozen=True, slots=True)
class Choices:
    """What one part may mean: days (ordinals) or times of day (seconds), the likeliest first.

    A time from ``DAY`` on is on the next day. ``guessed``: has to be confirmed even where only one
    is left; ``why`` says what is doubtful. Without values ``why`` is the reason of the refusal.
    ``likely_first``: the first one is taken where the others have passed, and no other ever is.
    """

    values: tuple[int, ...]
    why: str = ""
    guessed: bool = False
    likely_first: bool = False


OnDay = Callable[[int], Choices]  # from today (an ordinal) to the days that are meant


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. ``alone``: the times where no day is given, else those of ``hours``.

    ``bare``: a number that could be that of a day; ``yearlike``: one that could be a year.
    """

    hours: Choices
    alone: Choices | None = None
    bare: bool = False
    yearlike: bool = False

    def without_a_day(self) -> Choices:
        return self.alone or self.hours


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: its usual ends, and the times of a clock that lie in it.

    All are seconds; where ``last`` is over ``DAY`` it goes on into the next day. ``over`` are the
    times at which it is over.
    """

    name: str
    usual: tuple[int, ...]
    first: int
    last: int
    over: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day. ``hours``: the times meant where none is given (None: those of any day).

    ``over``: the last days, where the end is that of the day or of the period that it begins.
    ``weekday``: 0 (Monday) to 6 for the plain name of one, which may also stand beside a date
    (``dated``). ``lonely``: no time of day stands beside it; ``clocked``: one has to.
    """

    on: OnDay
    over: OnDay | None = None
    hours: Choices | None = None
    weekday: int | None = None
    dated: bool = False
    lonely: bool = False
    clocked: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone as typed: those that it may stand for.

    ``abbreviation`` is empty where it names exactly one; else it is taken where the person's own
    clock shows it, and asked otherwise.
    """

    zones: tuple[tzinfo, ...]
    abbreviation: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, a time of day, or both. ``whole``: the end is the end of the day or period."""

    day: Day | None = None
    clock: Clock | None = None
    part: Part | None = None
    zone: Zone | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: months and days by the calendar and the wall clock, seconds by elapsed time.

    ``workdays`` are days from Monday to Friday. ``hours``: the times of the last day (seconds), or
    empty for the present time of day.
    """

    months: int = 0
    days: float = 0
    seconds: float = 0
    workdays: int = 0
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lapse:
    """A duration from now: one, or several that it may mean. ``why``: what is doubtful."""

    spans: tuple[Span, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of runs: one, or several that it may mean."""

    runs: tuple[int, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Endless:
    """No end. ``why``: what is doubtful; empty for "for good"."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A form of an end that never is one; ``reason`` is a clause."""

    reason: str


Meaning = Moment | Lapse | Count | Endless | Refusal


@dataclass(frozen=True, slots=True)
class Reading:
    """A meaning of the phrase, and why it has to be confirmed, if it has to."""

    meaning: Meaning
    doubts: tuple[str, ...] = field(default=())
