"""Cron expressions in the dialect of Cronos, parsed to the sets of values that they stand for.

Five fields, or six with leading seconds; lists, ranges (also ones that wrap, as ``FRI-MON``),
steps, names, Sunday as 0 and 7, ``?`` for ``*``, ``L``, ``L-3``, ``LW``, ``15W``, ``5L``,
``MON#2``, and macros such as ``@daily``. Day of month AND day of week must both hold.

That EDFS uses Cronos is an inference: the API's own 422 sample says "Cronos Expression", and its
samples have five fields. Source of the dialect: https://github.com/HangfireIO/Cronos, whose parser
takes one form at each place; whatever it refuses is refused here.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 300  # characters; longer ones are not read

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MACROS = {
    "@every_second": "* * * * * *",
    "@every_minute": "* * * * *",
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class Unreadable(ValueError):
    """Cronos refuses this expression, or it is too long."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field's bounds, inclusive, and the number of its first name (if it has names)."""

    first: int
    last: int
    names: tuple[str, ...] = ()
    first_name: int = 0


_SECONDS = _MINUTES = Field(0, 59)
_HOURS = Field(0, 23)
_DAYS = Field(1, 31)
_MONTHS_FIELD = Field(1, 12, _MONTHS, 1)
_WEEKDAYS_FIELD = Field(0, 7, _WEEKDAYS)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What an expression stands for. ``weekdays`` are 0 (Sunday) to 6.

    ``repeats``: seconds, minutes or hours have a ``*``, a range or a step, so a doubled hour has
    its runs twice. ``from_last``: the day is so many days before the last of the month.
    ``nearest_weekday``: the day moves to the nearest one from Monday to Friday in its month.
    ``nth``: the weekday has to be the nth of the month, -1 for the last.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    repeats: bool = False
    from_last: int | None = None
    nearest_weekday: bool = False
    nth: int | None = None


@functools.lru_cache(maxsize=1_024)
def parse(expression: str) -> Schedule | None:
    """Return what an expression stands for, or None if Cronos would refuse it."""
    if len(expression) > LONGEST:
        return None
    text = expression.strip(" \t")
    if text.startswith("@"):
        text = _MACROS.get(text.lower(), "")
    fields = text.replace("\t", " ").split(" ")
    fields = [field for field in fields if field]
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        return None
    try:
        return _schedule(fields)
    except Unreadable:
        return None


def _schedule(fields: list[str]) -> Schedule:
    times = [_Reader(text) for text in fields[:3]]
    seconds, minutes, hours = (
        frozenset(one.values(field))
        for one, field in zip(times, (_SECONDS, _MINUTES, _HOURS), strict=True)
    )
    days = _Reader(fields[3])
    in_month = days.days()
    months = frozenset(_Reader(fields[4]).values(_MONTHS_FIELD))
    weekdays = _Reader(fields[5])
    in_week = frozenset(day % 7 for day in weekdays.weekdays())
    return Schedule(
        tuple(sorted(seconds)),
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        in_month,
        months,
        in_week,
        repeats=any(one.repeats for one in times),
        from_last=days.from_last,
        nearest_weekday=days.nearest_weekday,
        nth=weekdays.nth,
    )


class _Reader:
    """Reads one field from its first character to its last, as Cronos does."""

    def __init__(self, text: str) -> None:
        self._text = text.upper() if text.isascii() else ""
        self._at = 0
        self.repeats = False
        self.from_last: int | None = None
        self.nearest_weekday = False
        self.nth: int | None = None

    def values(self, field: Field) -> set[int]:
        """Read a field without forms of its own."""
        return self._ended(self._star(field) or self._list(field))

    def days(self) -> frozenset[int]:
        """Read a day of the month."""
        found = self._star(_DAYS)
        if found is None and self._takes("L"):
            self.from_last = self._number(0, _DAYS.last - 1) if self._takes("-") else 0
            self.nearest_weekday = self._takes("W")
            found = set(range(_DAYS.first, _DAYS.last + 1))
        if found is None:
            day = self._value(_DAYS)
            if self._takes("W"):
                self.nearest_weekday = True
                found = {day}
            else:
                found = self._list(_DAYS, day)
        return frozenset(self._ended(found))

    def weekdays(self) -> frozenset[int]:
        """Read a day of the week."""
        field = _WEEKDAYS_FIELD
        found = self._star(field)
        if found is None:
            day = self._value(field)
            if self._takes("L"):
                self.nth = -1
                found = {day}
            elif self._takes("#"):
                self.nth = self._number(1, 5)
                found = {day}
            else:
                found = self._list(field, day)
        return frozenset(self._ended(found))

    def _star(self, field: Field) -> set[int] | None:
        if not (self._takes("*") or self._takes("?")):
            return None
        self.repeats = True
        step = self._step(field) if self._takes("/") else 1
        return set(range(field.first, field.last + 1, step))

    def _list(self, field: Field, first: int | None = None) -> set[int]:
        """Read values, ranges and steps with commas between; ``first`` was read already."""
        found = self._range(field, self._value(field) if first is None else first)
        while self._takes(","):
            found |= self._range(field, self._value(field))
        return found

    def _range(self, field: Field, low: int) -> set[int]:
        if self._takes("-"):
            self.repeats = True
            high = self._value(field)
            return set(_between(field, low, high, self._step(field) if self._takes("/") else 1))
        if self._takes("/"):
            self.repeats = True
            return set(_between(field, low, field.last, self._step(field)))
        return {low}

    def _step(self, field: Field) -> int:
        return self._number(1, field.last)

    def _value(self, field: Field) -> int:
        name = self._text[self._at : self._at + 3]
        if name in field.names:
            self._at += 3
            return field.names.index(name) + field.first_name
        return self._number(field.first, field.last)

    def _number(self, least: int, most: int) -> int:
        """Read a number of one or two digits."""
        begin = self._at
        while self._text[self._at : self._at + 1].isdigit():
            self._at += 1
        digits = self._text[begin : self._at]
        if not 1 <= len(digits) <= 2 or not least <= int(digits) <= most:
            raise Unreadable(digits)
        return int(digits)

    def _takes(self, character: str) -> bool:
        taken = self._text[self._at : self._at + 1] == character
        self._at += taken
        return taken

    def _ended(self, found: set[int]) -> set[int]:
        if self._at != len(self._text):
            raise Unreadable(self._text[self._at :])
        return found


def _between(field: Field, low: int, high: int, step: int) -> Iterator[int]:
    """Yield a range; one that wraps counts its steps on over the end of the field."""
    if low <= high:
        yield from range(low, high + 1, step)
        return
    last = field.last - 1 if field is _WEEKDAYS_FIELD else field.last  # 7 is Sunday once more
    yield from range(low, last + 1, step)
    # As Cronos has it, whose remainder is negative where `low` is 7.
    over = last - low
    passed = over % step if over >= 0 else -(-over % step)
    yield from range(field.first + step - passed - 1, high + 1, step)
