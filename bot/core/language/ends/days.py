"""Days near today and days of the week: tomorrow, monday, next monday, monday next week.

A week begins on Monday, as ISO 8601 has it; where a week that begins on Sunday would give another
day, both are meant.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from bot.core.language.ends.forms import Form, form
from bot.core.language.ends.meaning import WEEK, Choices, Day
from bot.core.language.ends.vocabulary import AMOUNT, WEEKDAY, WEEKDAYS, number


def relative(days: int) -> Day:
    """Return the day so many days from today."""
    return Day(lambda today: Choices((today + days,)))


def weekday_of(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday."""
    return date.fromordinal(day).weekday()


def coming(weekday: int, today: int) -> int:
    """Return the first such day, from today on."""
    return today + (weekday - weekday_of(today)) % WEEK


def weekday_named(name: str) -> int:
    """Return the number of the weekday that ``WEEKDAY`` has matched."""
    return WEEKDAYS.index(name[:3])


def plain(weekday: int, today: int) -> Choices:
    """Return the days that the name of a weekday means by itself."""
    day = coming(weekday, today)
    if day == today:
        return Choices((today, today + WEEK), "it may be today or in a week")
    return Choices((day,))


def _next(weekday: int, today: int) -> Choices:
    day = coming(weekday, today)
    if day == today:
        return Choices((today + WEEK,))
    return Choices((day, day + WEEK), "“next” may be the coming one or the one after", guessed=True)


def _last(weekday: int, today: int) -> Choices:
    return Choices((today - ((weekday_of(today) - weekday) % WEEK or WEEK),))


def _in_week(weeks: int, weekday: int, today: int) -> Choices:
    """Return the day of this week (0) or the next (1), in weeks from Monday and from Sunday."""
    monday = today - weekday_of(today) + weekday
    sunday = today - (weekday_of(today) + 1) % WEEK + (weekday + 1) % WEEK
    days = tuple(dict.fromkeys((monday + weeks * WEEK, sunday + weeks * WEEK)))
    return Choices(days, "a week may begin on Sunday or on Monday")


def _weeks_after(weeks: int, weekday: int, today: int) -> Choices:
    day = coming(weekday, today) + weeks * WEEK
    return Choices((day,), "the weeks may be counted from another day", guessed=True)


_OnWeekday = Callable[[int, int], Choices]  # from a weekday and today to the days


def _weekday(on: _OnWeekday) -> Callable[[re.Match[str]], Day]:
    return lambda found: Day(partial(on, weekday_named(found["weekday"])))


def _any_weekday(found: re.Match[str]) -> Day:
    weekday = weekday_named(found["weekday"])
    return Day(partial(plain, weekday), weekday=weekday)


def _counted(found: re.Match[str]) -> Day:
    days = round(number(found["amount"]) * (WEEK if found["unit"] == "week" else 1))
    why = f"“{found[0]}” is counted from today"
    return Day(lambda today: Choices((today + days,), why, guessed=True), clocked=True)


_ON = rf"(?P<weekday>{WEEKDAY})"

DAYS: tuple[Form[Day], ...] = (
    form(r"today", lambda _: relative(0)),
    form(r"tomorrow|tmrw|tmw|tmr|tmrrw|(?:the )?(?:next|following) day", lambda _: relative(1)),
    form(r"(?:the )?day after tomorrow|overmorrow", lambda _: relative(2)),
    form(r"yesterday", lambda _: relative(-1)),
    form(r"(?:the )?day before yesterday", lambda _: relative(-2)),
    form(rf"(?:(?:this|(?:the |this )?(?:coming|upcoming)) )?{_ON}", _any_weekday),
    form(rf"(?:the )?(?:next|following) {_ON}", _weekday(_next)),
    form(rf"(?:last|past|previous) {_ON}", _weekday(_last)),
    form(rf"{_ON}(?: of)? next week", _weekday(partial(_in_week, 1))),
    form(rf"next week(?: on)? {_ON}", _weekday(partial(_in_week, 1))),
    form(rf"{_ON}(?: of)? this week", _weekday(partial(_in_week, 0))),
    form(rf"this week(?: on)? {_ON}", _weekday(partial(_in_week, 0))),
    form(rf"{_ON} (?:week|in (?:a|one) week)", _weekday(partial(_weeks_after, 1))),
    form(rf"(?:a|one|1) week (?:from|on) {_ON}", _weekday(partial(_weeks_after, 1))),
    form(rf"{_ON} in (?:two|2) weeks", _weekday(partial(_weeks_after, 2))),
    form(rf"in (?P<amount>{AMOUNT}) (?P<unit>day|week)s?", _counted),
    form(rf"(?P<amount>{AMOUNT}) (?P<unit>day|week)s? from (?:now|today)", _counted),
)
