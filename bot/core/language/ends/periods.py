"""Weeks, months, quarters, years and weekends: next month, end of the year, december.

Such a phrase names a day and no exact time, so it is always asked.
"""

import re
from collections.abc import Callable
from datetime import date

from bot.core.language.ends.dates import month_named
from bot.core.language.ends.days import coming, plain, weekday_named
from bot.core.language.ends.forms import Form, form
from bot.core.language.ends.meaning import DAY, HOUR, WEEK, Choices, Day, OnDay
from bot.core.language.ends.vocabulary import MONTH, WEEKDAY

_MORNING = 8 * HOUR
_CLOSE = 18 * HOUR
_SATURDAY, _SUNDAY = 5, 6
_MOST_WEEKS = 53  # of a year
# Why they are doubtful, their days say.
_BEGINS = Choices((0, _MORNING), guessed=True)
_ENDS = Choices((DAY, _CLOSE), guessed=True)

_FirstAndLast = Callable[[int], tuple[int, int]]  # from today to the two days (ordinals)


def _week(weeks: int) -> _FirstAndLast:
    def days(today: int) -> tuple[int, int]:
        monday = today - date.fromordinal(today).weekday() + weeks * WEEK
        return monday, monday + WEEK - 1

    return days


def _months(begin: int, length: int) -> tuple[int, int]:
    """Return the days of a period of months; they are numbered, the first of year 0 is 0."""
    first, behind = (date(at // 12, at % 12 + 1, 1).toordinal() for at in (begin, begin + length))
    return first, behind - 1


def _calendar(length: int, ahead: int) -> _FirstAndLast:
    """Return a month, quarter or year (by its ``length``), counted from the present one."""

    def days(today: int) -> tuple[int, int]:
        now = date.fromordinal(today)
        begin = now.year * 12 + (now.month - 1) // length * length
        return _months(begin + ahead * length, length)

    return days


def _in_calendar(length: int, month: int, year: int | None) -> _FirstAndLast:
    """Return the period that begins with a month (1 to 12) of a year, or of the coming one."""

    def days(today: int) -> tuple[int, int]:
        now = date.fromordinal(today)
        first, last = _months((year or now.year) * 12 + month - 1, length)
        if year is None and last < today:
            return _months((now.year + 1) * 12 + month - 1, length)
        return first, last

    return days


def _unit(name: str, ahead: int) -> _FirstAndLast:
    lengths = {"month": 1, "quarter": 3, "year": 12}
    return _week(ahead) if name == "week" else _calendar(lengths[name], ahead)


def _begin_of(period: _FirstAndLast, typed: str) -> Day:
    def first(today: int) -> Choices:
        return _guess(typed, period(today)[0])

    return Day(first, over=_last_of(period, typed), hours=_BEGINS)


def _end_of(period: _FirstAndLast, typed: str) -> Day:
    return Day(_last_of(period, typed), hours=_ENDS)


def _last_of(period: _FirstAndLast, typed: str) -> OnDay:
    def last(today: int) -> Choices:
        first, day = period(today)
        # A week may also end with its last day of work.
        return _guess(typed, day, day - 2) if day - first == WEEK - 1 else _guess(typed, day)

    return last


def _guess(typed: str, *days: int) -> Choices:
    return Choices(days, f"“{typed}” names no exact time", guessed=True)


_AHEAD = {"last": -1, "past": -1, "next": 1, "coming": 1, "following": 1}
_SHORT = {"w": "week", "m": "month", "q": "quarter", "y": "year"}


def _next_one(found: re.Match[str]) -> Day:
    return _begin_of(_unit(found["unit"], _AHEAD[found["which"]]), found[0])


def _this_one(found: re.Match[str]) -> Day:
    return _end_of(_unit(found["unit"], 0), found[0])


def _that_one(found: re.Match[str]) -> Day:
    return _end_of(_unit(found["unit"], _AHEAD[found["which"]]), found[0])


def _short(found: re.Match[str]) -> Day:
    return _end_of(_unit(_SHORT[found["unit"]], 0), found[0])


def _numbered_week(found: re.Match[str]) -> Day | None:
    """Read a week by its number in ISO 8601: this one, or the next of that number."""
    number, typed = int(found["number"] or found["short"]), found[0]
    if not 1 <= number <= _MOST_WEEKS:
        return None

    def days(today: int) -> tuple[int, int]:
        year = date.fromordinal(today).isocalendar().year
        mondays = [date.fromisocalendar(year + ahead, 1, 1).toordinal() for ahead in (0, 1)]
        first = [monday + (number - 1) * WEEK for monday in mondays]
        begin = first[0] if first[0] > today else first[1]
        return begin, begin + WEEK - 1

    return _begin_of(days, typed)


def _named(found: re.Match[str]) -> _FirstAndLast:
    """Return the month, quarter or year that the groups month, quarter and year name."""
    groups = {name: text for name, text in found.groupdict().items() if text}
    year = int(groups["year"]) if "year" in groups else None
    if "month" in groups:
        return _in_calendar(1, month_named(groups["month"]), year)
    if "quarter" in groups:
        return _in_calendar(3, int(groups["quarter"]) * 3 - 2, year)
    return _in_calendar(12, 1, year)


def _begin_of_named(found: re.Match[str]) -> Day:
    """Read "december": one that has begun already means the next."""
    period, typed = _named(found), found[0]

    def first(today: int) -> Choices:
        day, last = period(today)
        if day <= today and "20" not in typed:
            return _guess(typed, period(last + 1)[0])
        return _guess(typed, day)

    return Day(first, over=_last_of(period, typed), hours=_BEGINS, lonely=True)


def _end_of_named(found: re.Match[str]) -> Day:
    return _end_of(_named(found), found[0])


def _end_of_weekday(found: re.Match[str]) -> Day:
    weekday, typed = weekday_named(found["weekday"]), found[0]
    return Day(lambda today: _guess(typed, *plain(weekday, today).values), hours=_ENDS)


def _end_of_today(found: re.Match[str]) -> Day:
    ahead, typed = ("today", "tomorrow").index(found["day"]), found[0]
    return Day(lambda today: _guess(typed, today + ahead), hours=_ENDS)


# Weekends

_BEFORE = Choices((0, _CLOSE - DAY, _MORNING), guessed=True)
_BEHIND = Choices((DAY, DAY + _MORNING), guessed=True)


def _weekend(found: re.Match[str]) -> Day:
    typed, which = found[0], found["which"] or ""
    weeks = (0, WEEK) if which.startswith("next") else (0,)

    def saturday(today: int) -> Choices:
        day = coming(_SATURDAY, today + 1)  # on a Saturday, it is the next one
        return _guess(typed, *(day + more for more in weeks))

    def sunday(today: int) -> Choices:
        return _guess(typed, *(coming(_SUNDAY, today) + more for more in weeks))

    return Day(saturday, over=sunday, hours=_BEFORE)


def _weekend_over(found: re.Match[str]) -> Day:
    typed = found[0]
    return Day(lambda today: _guess(typed, coming(_SUNDAY, today)), hours=_BEHIND)


_UNIT = "(?P<unit>week|month|quarter|year)"
_PERIOD = rf"(?:(?P<month>{MONTH})|q(?P<quarter>[1-4]))(?: (?:of )?(?P<year>20\d\d))?"
_YEAR = r"(?:(?:the )?year )?(?P<year>20\d\d)"
_REST = r"(?:the )?(?:rest|remainder) of (?:the )?"
_BEGIN = r"(?:the )?(?:beginning|start) of "
_END = r"(?:the )?(?:very )?(?:end of|last day of) (?:the )?"

PERIODS: tuple[Form[Day], ...] = (
    form(rf"(?:{_BEGIN})?(?:the )?(?P<which>next|coming|following|last|past) {_UNIT}", _next_one),
    form(rf"(?:{_END}|{_REST})(?:(?:this|current|working|work) )?{_UNIT}", _this_one),
    form(rf"(?:the|this|all|the whole|the entire|the current|this whole) {_UNIT}", _this_one),
    form(rf"{_UNIT}[ -]end", _this_one),
    form(r"(?:calendar )?week (?P<number>\d{1,2})|[kc]w ?(?P<short>\d{1,2})", _numbered_week),
    form(rf"{_END}(?P<which>next|coming|following|last) {_UNIT}", _that_one),
    form(r"eo(?P<unit>[wmqy])", _short),
    form(_PERIOD, _begin_of_named),
    form(rf"{_BEGIN}{_PERIOD}", _begin_of_named),
    form(_YEAR, _begin_of_named),
    form(rf"{_BEGIN}{_YEAR}", _begin_of_named),
    form(rf"{_END}{_PERIOD}", _end_of_named),
    form(rf"{_END}{_YEAR}", _end_of_named),
    form(rf"{_END}(?P<weekday>{WEEKDAY})", _end_of_weekday),
    form(rf"{_END}(?P<day>today|tomorrow)", _end_of_today),
    form(r"(?:the |this |this coming )?(?P<which>next |coming )?weekend", _weekend),
    form(r"(?:the )?end of (?:the |this )?weekend|(?:the |this )?weekend is over", _weekend_over),
)
