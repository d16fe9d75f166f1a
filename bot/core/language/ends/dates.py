"""Days of the calendar: 1 december, dec. 1st 2026, 5.12.26, 2026-12-05, 12/05, the 1st."""

import calendar
import re
from contextlib import suppress
from datetime import date
from functools import partial

from bot.core.language.ends.forms import Form, form
from bot.core.language.ends.meaning import Choices, Day
from bot.core.language.ends.vocabulary import MONTH, MONTHS, ORDINAL, ordinal

_HALF_A_YEAR = 183
_LONGEST_MONTH = 31
_LEAP_YEARS_APART = 9  # and the year itself: 1900 and 2100 have no 29 February

_NUMBER = rf"(?:{ORDINAL}|\d{{1,2}}(?!\d))"
_YEAR = r"(?P<year>20\d\d|2[6-9]|[3-9]\d)"
_APART = r"(?: of |[ /.,-]{1,2})?"


def month_named(name: str) -> int:
    """Return the number of a month that ``MONTH`` has matched."""
    return MONTHS.index(name[:3]) + 1


def _full_year(typed: str) -> int:
    return int(typed) + (2000 if len(typed) == 2 else 0)


def _named(found: re.Match[str]) -> Day:
    """Read a day with the name of its month, with or without a year."""
    month = month_named(found["month"])
    number = ordinal(found["number"]) if not found["number"].isdigit() else int(found["number"])
    year = found.groupdict().get("year")
    if year:
        return _dated(partial(_in_year, _full_year(year), ((month, number),), found[0]))
    return _dated(partial(_coming, ((month, number),)))


def _dated(on: "partial[Choices]") -> Day:
    return Day(on, dated=True)


def _year_first(found: re.Match[str]) -> Day:
    year, month, number = (int(found[name]) for name in ("year", "month", "number"))
    return _dated(partial(_in_year, year, ((month, number),), found[0]))


def _numbers(found: re.Match[str]) -> Day:
    """Read 5.12.26 and 12/05: with dots the day comes first everywhere."""
    one, other = int(found["one"]), int(found["other"])
    orders = ((other, one),) if found["mark"] == "." else ((other, one), (one, other))
    year = found.groupdict().get("year")
    if year:
        return _dated(partial(_in_year, _full_year(year), orders, found[0]))
    return _dated(partial(_coming, orders))


def _in_year(year: int, orders: tuple[tuple[int, int], ...], typed: str, _: int) -> Choices:
    """Return the days that a date with a year may be; ``orders`` are (month, day) each."""
    days: list[int] = []
    for month, number in orders:
        with suppress(ValueError):
            days.append(date(year, month, number).toordinal())
    if days:
        found = tuple(dict.fromkeys(days))
        return Choices(found, "the day or the month may come first", likely_first=len(found) > 1)
    month, number = orders[0]
    if len(orders) == 1 and 1 <= month <= 12:
        return Choices((), f"there is no {number} {calendar.month_name[month]} {year}")
    return Choices((), f"there is no day “{typed}”")


def _coming(orders: tuple[tuple[int, int], ...], today: int) -> Choices:
    """Return the next days that a date without a year may be."""
    found = [day for month, number in orders if (day := _next(month, number, today))]
    days = tuple(dict.fromkeys(found))
    if len(days) > 1:
        return Choices(days, "the day or the month may come first", guessed=True)
    if days:
        return Choices(days, "no year was given", guessed=days[0] - today > _HALF_A_YEAR)
    month, number = orders[0]
    named = calendar.month_name[month] if 1 <= month <= 12 else f"in month {month}"
    return Choices((), f"there is no {number} {named}")


def _next(month: int, number: int, today: int) -> int | None:
    """Return the first such day of any year, from today on."""
    this_year = date.fromordinal(today).year
    for year in range(this_year, this_year + _LEAP_YEARS_APART):
        with suppress(ValueError):
            day = date(year, month, number).toordinal()
            if day >= today:
                return day
    return None


def _of_a_month(found: re.Match[str]) -> Day:
    number = ordinal(found["number"]) if not found["number"].isdigit() else int(found["number"])
    months = {"next": 1, "this": 0, "the": 0}.get(found["which"] or "")
    if months is None:
        return _dated(partial(_coming_number, number))
    return _dated(partial(_number_in, number, months))


def _coming_number(number: int, today: int) -> Choices:
    """Return the next day with that number; one further away than a month is a guess."""
    days: list[int] = []
    for months in range(4):
        days += _number_in(number, months, today).values
    ahead = [day for day in days if day >= today][:2]
    if not ahead:
        return Choices((), f"there is no day {number} of a month")
    if ahead[0] == today:
        return Choices(tuple(ahead), "it may be today or the next such day", guessed=True)
    why = "not each month has that day"
    return Choices((ahead[0],), why, guessed=ahead[0] - today > _LONGEST_MONTH)


def _number_in(number: int, months: int, today: int) -> Choices:
    now = date.fromordinal(today)
    years, month = divmod(now.month - 1 + months, 12)
    try:
        return Choices((date(now.year + years, month + 1, number).toordinal(),))
    except ValueError:
        return Choices((), f"there is no day {number} in {calendar.month_name[month + 1]}")


def _holiday(name: str, month: int, number: int) -> Form[Day]:
    def coming(today: int) -> Choices:
        day = _next(month, number, today) or today
        return Choices((day,), f"{number} {calendar.month_name[month]} is meant", guessed=True)

    return form(name, lambda _: Day(coming))


_DAY_FIRST = rf"(?:the )?(?P<number>{_NUMBER}){_APART}(?P<month>{MONTH})"
_MONTH_FIRST = rf"(?P<month>{MONTH})[ -]?(?:the )?(?P<number>{_NUMBER})"
_PAIR = r"(?P<one>\d{1,2})(?P<mark>[/.-])(?P<other>\d{1,2})"

DATES: tuple[Form[Day], ...] = (
    form(_DAY_FIRST, _named),
    form(rf"{_DAY_FIRST}[ /.,-]{{0,2}}{_YEAR}", _named),
    form(_MONTH_FIRST, _named),
    form(rf"{_MONTH_FIRST}[ /.,-]{{1,2}}{_YEAR}", _named),
    form(
        r"(?P<year>20\d\d)(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<number>\d{1,2})",
        _year_first,
    ),
    form(r"(?P<year>20\d\d)(?P<month>\d\d)(?P<number>\d\d)", _year_first),
    form(rf"{_PAIR}\.?", _numbers),
    form(rf"{_PAIR}(?P=mark) ?{_YEAR}", _numbers),
    form(
        rf"(?:the )?(?P<number>{ORDINAL})(?: of (?P<which>next|this|the) month)?",
        _of_a_month,
    ),
    form(r"the (?P<number>\d{1,2})(?: of (?P<which>next|this|the) month)?", _of_a_month),
    _holiday("christmas eve", 12, 24),
    _holiday("christmas(?: day)?|xmas", 12, 25),
    _holiday("new years eve", 12, 31),
    _holiday("(?:the )?new years?(?: day)?", 1, 1),
)
