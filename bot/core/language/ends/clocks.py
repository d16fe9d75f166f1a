"""Times of day: 8am, 17:30, 17h30, 0800, noon, half past eight, in the evening.

An hour from 1 to 12 says which half of the day it means by am, pm, a leading zero or an "h"; one
that does not has two readings. 12:00 is noon.
"""

import re

from bot.core.language.ends.forms import Form, form
from bot.core.language.ends.meaning import DAY, HOUR, MINUTE, Choices, Clock, Part
from bot.core.language.ends.vocabulary import NUMBER_WORD, number

_NOON = 12 * HOUR
_ISO_DATE = re.compile(r"20\d\d-\d\d-\d\d ")
_HALF = r"(?: ?(?P<half>[ap])\.? ?m(?![a-z])\.?)"
_HOURS = r"(?: ?(?:hrs?|hours?|h|oclock|o clock))"
_WORD = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"


def _clock(found: re.Match[str]) -> Clock:
    """Make a time of day of the groups hour, minute, second, half and sure (all but one may lack).

    What is no time of day gets no hours, and why.
    """
    given = {name: value for name, value in found.groupdict().items() if value}
    hour = int(number(given["hour"]))
    minute, second = int(given.get("minute", 0)), int(given.get("second", 0))
    half, typed = given.get("half"), found[0]
    late = hour > 24 or (hour == 24 and (minute or second))
    if late or minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return Clock(Choices((), f"“{typed}” is no time of day"))
    past = minute * MINUTE + second
    if half:
        return Clock(Choices((hour % 12 * HOUR + past + _NOON * (half == "p"),)))
    sure = (
        "sure" in given
        or _behind_an_iso_date(found)
        or given["hour"].startswith("0")
        or not 1 <= hour <= 12
    )
    noon = hour == 12 and not past and "minute" in given
    bare = "minute" not in given and "oclock" not in given and "sure" not in given
    if sure or noon:
        return _of_24_hours(hour * HOUR + past, typed, bare=bare)
    return Clock(_either_half(hour * HOUR + past, typed), bare=bare)


def _behind_an_iso_date(found: re.Match[str]) -> bool:
    """Whether an hour of two digits stands as ISO 8601 has it, which knows 24 hours only."""
    before = found.string[max(0, found.start("hour") - 11) : found.start("hour")]
    return len(found["hour"]) == 2 and _ISO_DATE.fullmatch(before) is not None


def _of_24_hours(time: int, typed: str, *, bare: bool) -> Clock:
    """Make a sure time of day; alone, "2030" may also be a year."""
    hours = Choices((time,))
    if not re.fullmatch(r"20\d\d", typed):
        return Clock(hours, bare=bare)
    alone = Choices((time,), f"“{typed}” may be a year", guessed=True)
    return Clock(hours, alone, bare=bare, yearlike=True)


def _either_half(time: int, typed: str) -> Choices:
    morning = time % _NOON
    return Choices((morning, morning + _NOON), f"“{typed}” may be am or pm", guessed=True)


def _beside_an_hour(found: re.Match[str]) -> Clock | None:
    """Read "half past eight" and "ten to nine"."""
    amount = {"half": 30, "quarter": 15, "a quarter": 15}.get(found["amount"])
    minutes = int(number(found["amount"])) if amount is None else amount
    name = found["name"]
    if found["unit"] is None and minutes % 5:  # "8 to 10" is no time
        return None
    hour = {"noon": 12, "midday": 12, "midnight": 24}.get(name) or int(number(name))
    if hour > 24 or not 0 < minutes < 60 or (found["half"] and hour > 12):
        return Clock(Choices((), f"“{found[0]}” is no time of day"))
    before = found["side"] in {"to", "before", "of"}
    time = (hour * HOUR + minutes * MINUTE * (-1 if before else 1)) % DAY
    if found["half"]:
        time = time % _NOON + _NOON * ((found["half"] == "p") is not (before and hour == 12))
        return Clock(Choices((time,)))
    if hour > 12 or name in {"noon", "midday"}:
        return Clock(Choices((time,)))
    return Clock(_either_half(time, found[0]))


def _half_eight(found: re.Match[str]) -> Clock:
    time = int(number(found["hour"])) * HOUR % _NOON
    late, early = time + 30 * MINUTE, (time - 30 * MINUTE) % _NOON
    why = f"“{found[0]}” may be half an hour before or after it"
    return Clock(Choices((late, late + _NOON, early, early + _NOON), why, guessed=True))


def _midnight(_: re.Match[str]) -> Clock:
    both = Choices((0, DAY), "midnight begins that day and ends it")
    return Clock(both, alone=Choices((0,)))


def _said(found: re.Match[str]) -> Clock:
    """Read "eight thirty"."""
    time = int(number(found["hour"])) * HOUR + int(number(found["minute"])) * MINUTE
    if found["half"]:
        return Clock(Choices((time % _NOON + _NOON * (found["half"] == "p"),)))
    return Clock(_either_half(time, found[0]))


CLOCKS: tuple[Form[Clock], ...] = (
    form(
        rf"(?P<hour>\d{{1,2}})[:.](?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]0+)?)?"
        rf"(?:{_HALF}|{_HOURS})?",
        _clock,
    ),
    form(r"\d{1,2}:\d", lambda f: Clock(Choices((), f"“{f[0]}” is no time of day"))),
    form(r"(?P<hour>\d{1,2})(?P<sure>h)(?P<minute>\d\d)?", _clock),
    form(r"(?P<hour>\d{1,2})(?P<sure> (?:h|hrs))", _clock),
    form(rf"(?P<hour>\d{{1,2}}|{_WORD}){_HALF}", _clock),
    form(rf"(?P<hour>\d{{1,2}}|{_WORD}) ?(?P<oclock>oclock|o clock){_HALF}?", _clock),
    form(rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d)(?:{_HALF}|{_HOURS})?", _clock),
    form(rf"(?P<hour>{_WORD})[ -](?P<minute>fifteen|thirty|forty[ -]five){_HALF}?", _said),
    form(rf"(?P<hour>\d{{1,2}}|{_WORD})", _clock),
    form(r"(?:12(?::00)? |twelve |high )?(?:noon|midday)", lambda _: Clock(Choices((_NOON,)))),
    form(r"(?:12(?::00)? |twelve )?midnight", _midnight),
    form(
        rf"(?P<amount>half|(?:a )?quarter|\d{{1,2}}|{NUMBER_WORD})(?P<unit> min(?:ute)?s?)? "
        rf"(?P<side>past|after|to|before|of) "
        rf"(?P<name>noon|midday|midnight|\d{{1,2}}|{_WORD})(?: ?oclock)?{_HALF}?",
        _beside_an_hour,
    ),
    form(rf"half (?P<hour>[1-9]|1[0-2]|{_WORD})", _half_eight),
)


def _part(name: str, usual: tuple[int, ...], lies: tuple[int, int], over: tuple[int, ...]) -> Part:
    """Make a part of the day; all of it in hours."""
    first, last = lies
    return Part(
        name,
        tuple(h * HOUR for h in usual),
        first * HOUR,
        last * HOUR,
        tuple(h * HOUR for h in over),
    )


_MORNING = _part("morning", (8, 9, 6), (0, 12), (12,))
_OVERNIGHT = _part("the end of the night", (8, 9, 6), (0, 12), (8, 9, 6))
_AFTERNOON = _part("afternoon", (14, 12, 15, 17), (12, 19), (18, 17))
_EVENING = _part("evening", (20, 18, 22), (16, 24), (24, 22))
NIGHT = _part("night", (20, 24, 22), (17, 30), (32, 30, 24))
_LUNCH = _part("lunch", (12, 13), (11, 15), (13, 14))
_END = _part("the end of the day", (24, 18, 17), (12, 24), (24,))
_BUSINESS = _part("the end of business", (17, 18), (12, 24), (17, 18))

PARTS: tuple[Form[Part], ...] = (
    form(
        r"(?:in |by )?(?:the )?(?:early |late )?morning|first thing(?: in the morning)?"
        r"|(?:start|beginning) of (?:the )?(?:(?:business|work|working)(?: day)?|day)",
        lambda _: _MORNING,
    ),
    form(r"overnight", lambda _: _OVERNIGHT),
    form(r"(?:in )?(?:the )?(?:early |late )?afternoon", lambda _: _AFTERNOON),
    form(r"(?:in )?(?:the )?(?:early |late )?evening", lambda _: _EVENING),
    form(r"(?:late )?(?:at |in )?(?:the )?night", lambda _: NIGHT),
    form(r"lunch(?: ?time)?", lambda _: _LUNCH),
    form(
        r"(?:the )?end of (?:the |my )?day|eod|"
        r"(?:the )?(?:rest|remainder) of (?:the day|my day|today)"
        r"|(?:the (?:whole |entire )?|all )day",
        lambda _: _END,
    ),
    form(
        r"(?:the )?(?:end|close) of (?:the )?(?:(?:business|work|working|office)(?: day)?|play)"
        r"|cob|eob|cop",
        lambda _: _BUSINESS,
    ),
)
