"""What is taken, asked and refused, as a table: for the documents and for help.

A test shows that each example does so, typed on a Friday at 18:30 after a timer that runs on
weekdays.
"""

from dataclasses import dataclass
from typing import Literal

Handling = Literal["taken", "asked", "refused"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of end. ``examples`` are phrases; ``why`` is what is done, or why it is asked."""

    kind: str
    handling: Handling
    examples: tuple[str, ...]
    why: str


RULES: tuple[Rule, ...] = (
    Rule(
        "A time of day that says which half of the day it means",
        "taken",
        ("until 8am", "until 08:00", "until 8h30", "until 17:30", "until 1730", "until noon"),
        "The next time a clock shows it. am, pm, a leading zero, “h” or an hour above 12 says it.",
    ),
    Rule(
        "A time of day that does not",
        "asked",
        ("until 8", "until 3:30", "until tomorrow 8 o'clock", "until 11:00", "until half past 8"),
        "It may be am or pm. Only 12:00 is noon.",
    ),
    Rule(
        "A day and a time of day",
        "taken",
        ("until monday 08:00", "until 8am tomorrow", "until the 1st 08:00", "until dec 1 5pm"),
        "The next such day. Today counts while the time is ahead.",
    ),
    Rule(
        "A day without a time of day",
        "asked",
        ("until monday", "until tomorrow", "until 1 december", "until the 3rd"),
        "It may be the beginning of that day, 08:00, or its end.",
    ),
    Rule(
        "The weekday of today, with a time that is ahead",
        "asked",
        ("until friday 20:00", "until this friday 20:00"),
        "It may be today or in a week.",
    ),
    Rule(
        "“next” and a weekday",
        "asked",
        ("until next monday 08:00",),
        "It may be the coming one or the one after. “monday next week” is taken.",
    ),
    Rule(
        "A date with a year, or with the name of its month",
        "taken",
        ("until 1 december 17:30", "until 5.12.26 08:00", "until 2026-12-05 08:00"),
        "With dots the day comes first. Behind 2026-12-05, 08:00 and 10:00 are times of 24 hours.",
    ),
    Rule(
        "A date in figures that can be read in two ways",
        "asked",
        ("until 12/05 08:00", "until 12/05/2026 08:00", "until 1/12/2027 08:00"),
        "The day or the month may come first. It is taken where the month first would be past.",
    ),
    Rule(
        "A date without a year, more than half a year ahead",
        "asked",
        ("until 23 november 08:00",),
        "No year was given.",
    ),
    Rule(
        "A part of the day",
        "asked",
        ("until tomorrow morning", "until tonight", "until eod", "until monday evening"),
        "It names no exact time. With one it is taken: “tonight 10pm”, “8 in the evening”.",
    ),
    Rule(
        "A week, month, quarter, year or weekend",
        "asked",
        ("until next week", "until end of month", "until the weekend", "until january"),
        "It names no exact time.",
    ),
    Rule(
        "A time zone that names one offset",
        "taken",
        ("until 08:00 utc", "until 08:00 gmt+1", "until 08:00 europe/london", "until 17:00 cet"),
        "A short name such as CET is taken where your own clock shows it then.",
    ),
    Rule(
        "The short name of another time zone",
        "asked",
        ("until 5pm est", "until 5pm ist", "until 5pm pt"),
        "Such names have several meanings.",
    ),
    Rule(
        "A time that the clock skips or shows twice",
        "asked",
        ("until 28 march 2027 02:30",),
        "Where the clock changes to or from daylight saving time.",
    ),
    Rule(
        "A duration",
        "taken",
        ("for 3 days", "for 1h30m", "for an hour and a half", "for 6 months", "for a fortnight"),
        "Days, weeks, months and years by the calendar, hours and minutes as they pass.",
    ),
    Rule(
        "A duration that is not exact",
        "asked",
        ("for about 3 days", "for a couple of days", "for 3 nights", "for 3 business days"),
        "It may mean several moments.",
    ),
    Rule(
        "A number without a unit",
        "asked",
        ("for 90", "for 1h 30", "for 3 M"),
        "It may be minutes, hours or days; a capital M may be minutes or months.",
    ),
    Rule(
        "A number of runs",
        "taken",
        ("for 2 runs", "for twelve runs", "for the next 3 runs", "for 2 more runs"),
        "Until just after that run. At most 50 runs are counted.",
    ),
    Rule("No end", "taken", ("for good",), "The timer stays disabled until somebody enables it."),
    Rule(
        "Other words for no end",
        "asked",
        ("until further notice", "for now", "until forever", "until I say so"),
        "Only “for good” is taken unasked.",
    ),
    Rule(
        "Another opener, or none",
        "asked",
        ("untill monday 08:00", "by monday 08:00", "in 2 hours", "over the weekend", "3 days"),
        "An end begins with “until”, “till”, “til” or “for”.",
    ),
    Rule(
        "A slip of the finger",
        "asked",
        ("until tomorow 08:00", "until wensday 08:00"),
        "The word may mean another one.",
    ),
    Rule(
        "What is no time, day or duration",
        "refused",
        ("until 13pm", "until 12:60", "until 31 november", "for -3 days", "for 2.5 runs"),
        "The answer says which part is wrong.",
    ),
    Rule(
        "What is past, less than a minute ahead, or more than a year ahead",
        "refused",
        ("until yesterday", "for 30 seconds", "for 13 months", "until 29 february"),
        "A year ahead is the same day and time of the next year.",
    ),
    Rule(
        "Two ends",
        "refused",
        ("until monday until tuesday", "for 3 days until monday"),
        "Name one.",
    ),
    Rule(
        "Words that are not understood",
        "refused",
        ("until sap is back", "until later", "until montag 08:00"),
        "Nothing is guessed.",
    ),
)
