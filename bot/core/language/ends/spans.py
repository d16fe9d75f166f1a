"""Durations and counts: 3 days, an hour and a half, 1h30m, a couple of days, 2 more runs.

Days and longer go by the calendar and the wall clock, hours and shorter by elapsed time.
"""

import math
import re
from collections.abc import Iterator

from bot.core.language.ends.forms import Form, form, matches, whole
from bot.core.language.ends.meaning import (
    DAY,
    HOUR,
    MINUTE,
    Count,
    Endless,
    Lapse,
    Refusal,
    Span,
)
from bot.core.language.ends.vocabulary import AMOUNT, number

_FAR = 10_000_000  # of any unit but seconds: more than a year, and no overflow
_MONTH = 30  # days, for parts of one
_MORNING = 8 * HOUR
_UNITS = {
    "second": r"seconds?|secs?|s",
    "minute": r"minutes?|mins?|m",
    "hour": r"hours?|hrs?|h",
    "day": r"days?|d",
    "week": r"weeks?|wks?|w",
    "fortnight": r"fortnights?",
    "month": r"months?|mths?|mos?",
    "quarter": r"quarters?",
    "year": r"years?|yrs?|y",
    "workday": r"(?:business|working|work) ?days?|workdays?|weekdays?",
    "night": r"nights?",
}
_NAMES = {name: re.compile(pattern) for name, pattern in _UNITS.items()}
_UNIT = rf"(?P<unit>{'|'.join(_UNITS.values())})"
_ONE = rf"(?P<amount>{AMOUNT})"
_FEW = {"couple": (2, 3), "few": (3, 2, 4), "several": (3, 4, 5), "some": (3, 2, 4)}
_NOT_EXACT = "“{}” is no exact duration"


def _unit(typed: str) -> str:
    return next(name for name, pattern in _NAMES.items() if pattern.fullmatch(typed))


def _span(amount: float, typed: str) -> Lapse:
    """Make a duration of an amount of a unit, with what is doubtful about it."""
    unit, text = _unit(typed), f"{amount:g} {typed}"
    match unit:
        case "second" | "minute" | "hour":
            seconds = {"second": 1, "minute": MINUTE, "hour": HOUR}[unit]
            return Lapse((Span(seconds=amount * seconds),))
        case "day" | "week" | "fortnight":
            return Lapse((Span(days=amount * {"day": 1, "week": 7, "fortnight": 14}[unit]),))
        case "workday":
            days = math.ceil(amount)
            spans = Span(workdays=days), Span(workdays=days, hours=(DAY,))
            return Lapse(spans, "business days are counted from Monday to Friday")
        case "night":
            days = math.ceil(amount)
            return Lapse(
                (Span(days=days, hours=(_MORNING,)), Span(days=days)), "a night has no exact end"
            )
        case _:
            months = amount * {"month": 1, "quarter": 3, "year": 12}[unit]
            if months == int(months):
                return Lapse((Span(months=int(months)),))
            parts = Span(months=int(months), days=round(months % 1 * _MONTH))
            return Lapse((parts,), _NOT_EXACT.format(text))


def _plain(found: re.Match[str]) -> Lapse:
    lapse = _span(number(found["amount"]), found["unit"])
    if "," in found["amount"]:
        return Lapse(lapse.spans, f"“{found['amount']}” may not be a decimal number")
    return lapse


def _and_a_half(found: re.Match[str]) -> Lapse:
    return _span(number(found["amount"]) + 0.5, found["unit"])


def _half(found: re.Match[str]) -> Lapse:
    lapse = _span(0.5, found["unit"])
    if _unit(found["unit"]) != "day":
        return lapse
    return Lapse((*lapse.spans, Span(seconds=4 * HOUR)), "half a day may be 12 hours or less")


def _quarters(found: re.Match[str]) -> Lapse:
    return _span(0.75 if found["amount"] == "three" else 0.25, "hour")


def _fraction(found: re.Match[str]) -> Lapse:
    above, below = found["amount"].split("/")
    return _span(int(above) / int(below), found["unit"])


def _few(found: re.Match[str]) -> Lapse:
    lapses = [_span(amount, found["unit"]) for amount in _FEW[found["few"]]]
    spans = tuple(span for lapse in lapses for span in lapse.spans[:1])
    return Lapse(spans, _NOT_EXACT.format(found[0]))


def _or_two(found: re.Match[str]) -> Lapse:
    first, second = _span(1, found["unit"]), _span(2, found["unit"])
    return Lapse((*first.spans[:1], *second.spans[:1]), _NOT_EXACT.format(found[0]))


_PARTS: tuple[Form[Lapse], ...] = (
    form(rf"{_ONE} ?{_UNIT}", _plain),
    form(rf"{_ONE} ?(?:and a half|1/2) {_UNIT}", _and_a_half),
    form(rf"{_ONE} {_UNIT} and a half", _and_a_half),
    form(rf"(?P<amount>[13]/[24]) (?:of )?(?:an? )?{_UNIT}", _fraction),
    form(rf"(?:half an?|an? half|half)[ -]{_UNIT}", _half),
    form(r"(?:(?P<amount>three|an?|one) )?quarters? (?:of an? )?hour", _quarters),
    form(rf"(?:an? )?(?P<few>couple|few|several|some)(?: of)? (?:more )?{_UNIT}", _few),
    form(rf"(?:an?|one) {_UNIT} or two", _or_two),
)
# In "1h30m" a unit is followed by the next number at once.
_GLUED = re.compile(rf"{_ONE} ?(?P<unit>[wdhm]|hrs?|mins?)(?=\d)")
_BETWEEN = re.compile(r"(?:,? and |, ?| ?)")
_MORE = re.compile(
    rf"(?:(?:exactly|just|only) )?"
    rf"(?:(?:another|a further|the next|the coming|the following|a full|a whole) "
    rf"|(?:exactly|just|only|next|the) (?={AMOUNT}))"
)
_AFTER_IT = re.compile(r" (?:from now|hence|from today|more|longer)$")


def lapses(text: str) -> Iterator[Lapse | Refusal]:
    """Yield the durations that the whole text may mean."""
    yield from whole(_BARE, text)
    text = text.removeprefix("in ")
    if found := _MORE.match(text):
        text = text[found.end() :]
        text = text if re.match(AMOUNT, text) else f"a {text}"
    text = re.sub(rf"^({AMOUNT}) (?:more|further|full|additional|whole) ", r"\1 ", text)
    parts = _parts(_AFTER_IT.sub("", text))
    if parts:
        yield _sum(parts)


def _parts(text: str) -> list[Lapse]:
    """Return the parts of a duration, from the largest match on; empty if it is none."""
    parts: list[Lapse] = []
    at = 0
    while at < len(text):
        found = list(matches(_PARTS, text, at))
        if glued := _GLUED.match(text, at):
            found.append((_plain(glued), glued.end()))
        if not found:
            return _with_bare_minutes(text[at:], parts)
        part, at = max(found, key=lambda one: one[1])
        parts.append(part)
        if at < len(text):
            between = _BETWEEN.match(text, at)
            at = between.end() if between else at
    return parts


def _with_bare_minutes(text: str, parts: list[Lapse]) -> list[Lapse]:
    """Take a number behind hours for minutes: "1h 30"."""
    hours = parts and parts[-1].spans[0].seconds and parts[-1].spans[0].seconds % HOUR == 0
    if not hours or not text.isdigit() or len(text) > 2:
        return []
    return [*parts, Lapse((Span(seconds=int(text) * MINUTE),), f"“{text}” has no unit")]


def _sum(parts: list[Lapse]) -> Lapse:
    """Add parts up; of several that one may mean, each is added to the others' first."""
    if len(parts) == 1:
        return parts[0]
    firsts = [part.spans[0] for part in parts]
    total = Span(
        sum(span.months for span in firsts),
        sum(span.days for span in firsts),
        sum(span.seconds for span in firsts),
        sum(span.workdays for span in firsts),
    )
    return Lapse((total,), " and ".join(dict.fromkeys(part.why for part in parts if part.why)))


def _no_unit(found: re.Match[str]) -> Lapse:
    amount = float(found["amount"])
    spans = Span(seconds=amount * MINUTE), Span(seconds=amount * HOUR), Span(days=amount)
    return Lapse(spans, f"“{found[0]}” has no unit")


def _clock_like(found: re.Match[str]) -> Lapse:
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    seconds = minutes * MINUTE + int(found["seconds"] or 0)
    return Lapse((Span(seconds=seconds),), f"“{found[0]}” may be hours and minutes")


def _capital(found: re.Match[str]) -> Lapse:
    amount = int(found["amount"])
    spans = Span(seconds=amount * MINUTE), Span(months=amount)
    return Lapse(spans, "“M” may be minutes or months")


def _no_duration(found: re.Match[str]) -> Refusal:
    return Refusal(f"“{found[0]}” is no duration")


_BARE: tuple[Form[Lapse | Refusal], ...] = (
    form(
        r"an? (?:little |long |short )?(?:while|bit|time)|some time|long|ages"
        r"|(?:many )?(?:minutes|hours|days|weeks|months|years)",
        _no_duration,
    ),
    form(r"(?P<amount>\d{1,6}(?:\.\d{1,2})?)", _no_unit),
    form(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?", _clock_like),
    form(r"(?P<amount>\d{1,6}) ?M(?![A-Z])", _capital),
    form(rf"- ?{_ONE} ?{_UNIT}|minus {_ONE.replace('amount', 'less')} .{{1,20}}", _no_duration),
    form(
        rf"{_ONE} ?(?:-|to|or|\.\.+) ?(?:{AMOUNT}) ?{_UNIT}",
        _no_duration,
    ),
)

# Runs

_RUN = r"(?:scheduled )?(?:runs?|executions?)"
_WHICH = r"(?:(?:the |another |exactly |only |just )?(?:next |coming |following )?)"


def _runs(found: re.Match[str]) -> Count | Refusal:
    amount = number(found["amount"]) if found["amount"] else 1
    if amount != int(amount):
        return Refusal(f"“{found['amount']}” is no count of runs")
    return Count((int(amount),))


def _few_runs(found: re.Match[str]) -> Count:
    return Count(_FEW[found["few"]], f"“{found[0]}” is no exact count")


COUNTS: tuple[Form[Count | Refusal], ...] = (
    form(rf"{_WHICH}{_ONE} ?(?:more |further |additional |next )?{_RUN}", _runs),
    form(rf"(?:the )?(?P<amount>)(?:next|coming|following|another) {_RUN}", _runs),
    form(rf"{_WHICH}(?:an? )?(?P<few>couple|few|several|some)(?: of)? (?:more )?{_RUN}", _few_runs),
    form(rf"-{_ONE} {_RUN}", lambda found: Refusal(f"“{found[0]}” is no count of runs")),
)

# No end


def _endless(found: re.Match[str]) -> Endless:
    return Endless(f"“{found[0]}” names no end")


GOOD = "good"
ENDLESS: tuple[Form[Endless], ...] = (
    form(
        r"forever(?: and ever)?|ever|always|eternity|indefinitely|permanently|infinity|"
        r"an? (?:indefinite|unlimited|undefined) (?:time|period|amount of time)|"
        r"further notice|(?:the )?(?:end|close) of time|now on|good and all|the foreseeable future",
        _endless,
    ),
    form(
        r"(?:i|we|you|someone|somebody|anyone|anybody|they) "
        r"(?:say|says|tell|tells|decide|decides|turn|turns|switch|switches|enable|enables|"
        r"re-?enable|re-?enables|change|changes)(?: [a-z]{1,10}){0,4}",
        _endless,
    ),
    form(r"(?:told|instructed|notified|advised|stated|requested|said)(?: otherwise)?", _endless),
    form(r"(?:manually |it is |its )?(?:re-?)?enabled(?: again)?(?: manually| by hand)?", _endless),
)
FOR_NOW: tuple[Form[Endless], ...] = (form(r"now|the time being|the moment|the present", _endless),)
