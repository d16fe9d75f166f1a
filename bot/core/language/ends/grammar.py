"""The grammar of a whole phrase: how it opens, how exact it says to be, and its parts.

``readings`` is pure syntax: it knows no present time. What opens an end is sure ("until", "for"),
or doubtful ("untill", "in", "by", "over"), or missing; the last two are always asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from bot.core.language.ends.clocks import CLOCKS, NIGHT, PARTS
from bot.core.language.ends.dates import DATES
from bot.core.language.ends.days import DAYS, relative, weekday_of
from bot.core.language.ends.forms import matches, whole
from bot.core.language.ends.meaning import (
    Choices,
    Clock,
    Count,
    Day,
    Endless,
    Meaning,
    Moment,
    Part,
    Reading,
    Refusal,
    Zone,
)
from bot.core.language.ends.opening import NONE, Opening, opening_of
from bot.core.language.ends.periods import PERIODS
from bot.core.language.ends.spans import COUNTS, ENDLESS, FOR_NOW, GOOD, lapses
from bot.core.language.ends.vocabulary import corrected
from bot.core.language.ends.zones import ZONES

_MOST_PIECES = 6
_BETWEEN = re.compile(r"[ ,;]*(?:- )?(?:(?:at|on|in the)(?![a-z]))?[ @]*")
_QUALIFIER = re.compile(
    r"(?<!\S)(?:about|around|approximately|approx\.?|roughly|circa|ca\.?|~|maybe|nearly|almost"
    r"|at least|at most|up to|max\.?|no more than|not more than|more than|less than|probably"
    r"|perhaps|some(?= \d)|under|over(?= an? | \d)) ?(?=[a-z0-9])"
)
_SUFFIX = re.compile(
    r" or so$|(?<=[a-z0-9])[ -]?ish(?= |$)|,? at the latest$|,? latest$| or thereabouts$"
    r"| max(?:imum)?$| tops$| at (?:most|least)$"
)
_COURTESY = re.compile(
    r",? (?:please|pls|sharp|exactly|precisely|(?:in )?(?:my |our )?local time|my time|local)$"
)
_INCLUSIVE = re.compile(r",? ?\(?(?:inclusive(?:ly)?|included|incl\.?)\)?$")
_ISO = re.compile(r"(20\d\d-?\d\d-?\d\d)t(?=\d)")
_ZULU = re.compile(r"(?<=\d)z(?![a-z0-9])")
_ISO_DATE = re.compile(r"20\d\d-\d\d-\d\d ")
_PAST = re.compile(
    r"(?:right |just )?now|immediately|earlier|.{1,30} ago|just now|"
    r"(?:the )?(?:last|past|previous) (?:night|evening|weekend|morning|hour|day)"
)
_PERIOD_AHEAD = re.compile(r"the (?:next|coming|following) ")
_TODAY = re.compile(r"this (?=morning|afternoon|evening|lunch)|today(?= at night)")
_TONIGHT = re.compile(r"(?:late )?tonight|this night")


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a phrase without its opener, and why it has to be confirmed."""

    words: str
    opening: Opening
    doubts: tuple[str, ...]


@lru_cache(maxsize=512)
def readings(phrase: str) -> tuple[Reading, ...]:
    """Return what a canonical phrase may mean; empty where it has no form of an end."""
    opening, words = opening_of(phrase)
    if two := _two_ends(words):
        return (Reading(two),)
    text = _qualified(_Text(words, opening, (opening.why,) if opening.why else ()))
    found = tuple(_read(text))
    if found or not words:
        return found
    better, why = corrected(text.words)
    if not why:
        return ()
    return tuple(_read(_qualified(replace(text, words=better, doubts=(*text.doubts, why)))))


def _two_ends(words: str) -> Refusal | None:
    """Refuse a second "until" or "for" behind a first end."""
    for found in re.finditer(r"(?:,? and)?,? (?=(?:until|till|til|for) )", words):
        if readings(words[found.end() :]) and readings(f"until {words[: found.start()]}"):
            return Refusal("that names two ends; name one")
        break
    return None


def _qualified(text: _Text) -> _Text:
    """Take off what says how exact the rest is."""
    words = _COURTESY.sub("", _ZULU.sub(" utc", _ISO.sub(r"\1 ", text.words)))
    doubts = text.doubts
    if found := _QUALIFIER.search(words) or _SUFFIX.search(words):
        words = words[: found.start()] + words[found.end() :]
        doubts = (*doubts, f"“{found[0].strip(' ,')}” is not exact")
    return replace(text, words=words, doubts=doubts)


def _read(text: _Text) -> Iterator[Reading]:
    for meaning, why in _meanings(text.words, text.opening):
        doubts = (*text.doubts, why) if why else text.doubts
        yield Reading(meaning, tuple(dict.fromkeys(doubts)))


def _meanings(words: str, opening: Opening) -> Iterator[tuple[Meaning, str]]:
    """Yield what the words mean behind their opener, each with a doubt or an empty text."""
    if _PAST.fullmatch(words) and not opening.spans:
        yield Refusal(f"“{words}” is not ahead"), ""
        return
    for endless in (*whole(ENDLESS, words), *(whole(FOR_NOW, words) if opening.spans else ())):
        yield endless, ""
    if opening.spans and words == GOOD:
        yield Endless(), ""
    lasting = [*lapses(words), *whole(COUNTS, words)]
    moments = list(_moments(words))
    if opening is NONE and moments:  # then what lasts has to say so by a unit
        lasting = [one for one in lasting if isinstance(one, Refusal) or not one.why]
    if opening.spans:
        yield from ((one, "") for one in lasting)
    if opening.moments:
        yield from ((replace(one, whole=opening.inclusive), "") for one in moments)
    if opening.moments and not moments and not opening.spans:
        doubt = "" if words.endswith((" from now", " hence")) else f"“{words}” is a duration"
        yield from ((one, doubt) for one in lasting)
    if opening.spans and not opening.moments and (not lasting or _PERIOD_AHEAD.match(words)):
        doubt = f"“{words}” is no duration"  # a day or period without a time has its own doubt
        for one in moments:
            yield replace(one, whole=not opening.why), doubt if one.clock else ""


# A day, a time of day, a part of the day and a zone, in any order

_Piece = Day | Clock | Part | Zone


def _moments(words: str) -> Iterator[Moment]:
    """Yield the moments that the whole text may mean."""
    inclusive = _INCLUSIVE.search(words)
    text = words[: inclusive.start()] if inclusive else words
    seen: list[Moment] = []
    for pieces in _split(text, 0, ()):
        moment = _combined(pieces)
        if moment and moment not in seen:
            seen.append(moment)
            yield replace(moment, whole=True) if inclusive else _iso(moment, text)


def _split(text: str, at: int, got: tuple[_Piece, ...]) -> Iterator[tuple[_Piece, ...]]:
    """Yield the ways to take a text as pieces, with nothing left over."""
    if at == len(text):
        yield got
        return
    if len(got) == _MOST_PIECES:
        return
    for begin in dict.fromkeys((at, _begin(text, at))):
        for pieces, end in _pieces_at(text, begin, clocked=any(isinstance(p, Clock) for p in got)):
            if all(_fits(piece, got) for piece in pieces):
                yield from _split(text, end, (*got, *pieces))


def _begin(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def _pieces_at(text: str, at: int, *, clocked: bool) -> Iterator[tuple[tuple[_Piece, ...], int]]:
    if found := _TODAY.match(text, at):
        yield (relative(0),), found.end()
    if found := _TONIGHT.match(text, at):
        yield (relative(0), NIGHT), found.end()
    for reader in (DATES, DAYS, PERIODS):
        yield from (((day,), end) for day, end in matches(reader, text, at))
    yield from (((clock,), end) for clock, end in matches(CLOCKS, text, at))
    yield from (((part,), end) for part, end in matches(PARTS, text, at))
    if clocked:
        yield from (((zone,), end) for zone, end in matches(ZONES, text, at))


def _fits(piece: _Piece, got: tuple[_Piece, ...]) -> bool:
    """Whether a piece can stand behind the others: one of each kind, but a weekday and a date."""
    before = [one for one in got if type(one) is type(piece)]
    if not before:
        return True
    return isinstance(piece, Day) and len(before) == 1 and _pair(before[0], piece) is not None


def _pair(one: _Piece, other: Day) -> tuple[Day, int] | None:
    """Return the date and the weekday of two days, if they are one of each."""
    if not isinstance(one, Day):
        return None
    for date, name in ((one, other), (other, one)):
        if date.dated and name.weekday is not None:
            return date, name.weekday
    return None


def _combined(pieces: tuple[_Piece, ...]) -> Moment | None:
    """Make a moment of its pieces; None where they do not go together."""
    days = [piece for piece in pieces if isinstance(piece, Day)]
    clock = next((piece for piece in pieces if isinstance(piece, Clock)), None)
    part = next((piece for piece in pieces if isinstance(piece, Part)), None)
    zone = next((piece for piece in pieces if isinstance(piece, Zone)), None)
    day = days[0] if days else None
    if len(days) == 2:
        pair = _pair(*days)
        day = _checked(*pair) if pair else None
    timed = clock is not None or part is not None
    if day and ((day.lonely and timed) or (day.clocked and not timed)):
        return None
    if clock and ((clock.bare and _before_a_date(pieces, clock)) or _is_a_year(clock, day)):
        return None
    return Moment(day, clock, part, zone)


def _before_a_date(pieces: tuple[_Piece, ...], clock: Clock) -> bool:
    """Whether a number without a sign of time stands where that of a day would."""
    behind = pieces[pieces.index(clock) + 1 :]
    return any(isinstance(piece, Day) and (piece.dated or piece.lonely) for piece in behind)


def _is_a_year(clock: Clock, day: Day | None) -> bool:
    """Whether what could be a year stands beside a date or a period."""
    return clock.yearlike and day is not None and (day.dated or day.hours is not None)


def _checked(date: Day, weekday: int) -> Day:
    """Keep those of a date's days that are the weekday beside it."""

    def on(today: int) -> Choices:
        found = date.on(today)
        days = tuple(day for day in found.values if weekday_of(day) == weekday)
        if days or not found.values:
            return replace(found, values=days, likely_first=found.likely_first and len(days) > 1)
        day = datetime.fromordinal(found.values[0])
        return Choices((), f"{day.day} {day:%B %Y} is a {day:%A}")

    return Day(on)


def _iso(moment: Moment, text: str) -> Moment:
    """Take the offset of an ISO date and time as sure."""
    if moment.zone and moment.zone.zones and not moment.zone.abbreviation and _ISO_DATE.match(text):
        return replace(moment, zone=Zone(moment.zone.zones))
    return moment


def is_count(phrase: str) -> bool:
    """Whether the phrase counts runs, so that its end depends on the schedule."""
    return any(isinstance(one.meaning, Count) for one in readings(phrase))
