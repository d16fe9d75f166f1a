"""What people type after a timer's name, at five moments in four zones: tables of phrases.

A row says that one moment is taken unasked, that at least these moments are asked, or that the
phrase is refused. All but the first table were written by hand, not printed by the code.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import InvalidCommand
from bot.core.language.phrases import opens_end, parse_phrase, reads_as_end
from bot.core.language.until import (
    AmbiguousTime,
    Until,
    check_until,
    format_until,
    parse_until,
)

HERE = Path(__file__).resolve().parent
WEEKDAYS_AT_TWO = "0 2 * * 1-5"
TYPED = re.compile(r"# .*?[Tt]yped (?:[A-Z]\w+ )?(20\d\d-\d\d-\d\d \d\d:\d\d) (?:in )?([\w/]+)")
MOMENT = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d)?|for good")
# What the table of people's phrases calls a refusal, and what then is said.
SAID = {
    "no such time": "is no time of day",
    "no such day": "there is no",
    "more than a year ahead": "more than a year ahead",
    "in the past": "has passed|is not ahead",
    "no time": "cannot be read as a time",
    "less than a minute": "less than a minute",
    "no duration": "is no duration",
    "no count": "is no count of runs",
    "words not understood": "cannot be read as a time",
    "two ends": "two ends",
}


@dataclass(frozen=True)
class Row:
    phrase: str
    outcome: str
    which: str
    now: float
    zone: ZoneInfo

    def moments(self) -> set[float | None]:
        """The moments in the last column; an example of runs stands behind its run by minutes."""
        texts = MOMENT.findall(self.which.split("(")[0])
        return {None if text == "for good" else seconds(text, self.zone) for text in texts}


def seconds(text: str, zone: ZoneInfo) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def rows(name: str) -> list[Row]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    typed = TYPED.match(lines[0])
    assert typed is not None, name
    zone = ZoneInfo(typed[2])
    now = seconds(typed[1], zone)
    cells = [line.split("\t") for line in lines if not line.startswith(("#", "phrase\t"))]
    return [Row(phrase, outcome, which, now, zone) for phrase, outcome, which in cells]


TABLES = {
    "until_phrases.tsv": 100,
    "until_phrases_clock_forward.tsv": 30,
    "until_phrases_clock_back.tsv": 30,
    "until_phrases_end_of_month.tsv": 30,
    "until_phrases_end_of_year.tsv": 30,
}
# A reason in front is split off by the parser of commands.
ALL = [row for name in TABLES for row in rows(name) if not row.phrase.startswith("because")]


def result(row: Row) -> Until | AmbiguousTime:
    phrase = parse_phrase("disable", row.phrase.split(" because ")[0])
    return parse_until(phrase, row.now, row.zone.key, WEEKDAYS_AT_TWO, "UTC")


def named(row: Row) -> str:
    return f"{row.phrase} at {datetime.fromtimestamp(row.now, row.zone):%Y-%m-%d}"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_rows_of_each_outcome(name: str) -> None:
    table = rows(name)
    assert len(table) >= TABLES[name]
    assert {row.outcome for row in table} == {"moment", "ask", "refuse"}
    assert len({row.phrase for row in table}) == len(table)


@pytest.mark.parametrize("row", [row for row in ALL if row.outcome == "moment"], ids=named)
def test_one_moment_is_taken(row: Row) -> None:
    found = result(row)
    assert isinstance(found, Until), found
    (meant,) = row.moments()
    if "run," in row.which:  # "just after" it: before the next run
        assert meant is not None
        assert found.at is not None
        assert meant < found.at <= meant + 300
    else:
        assert found.at == meant


@pytest.mark.parametrize("row", [row for row in ALL if row.outcome == "ask"], ids=named)
def test_all_moments_that_are_meant_are_asked(row: Row) -> None:
    found = result(row)
    assert isinstance(found, AmbiguousTime), found
    assert row.moments() <= set(found.moments)
    if "says that" in row.which:
        assert found.why == "1 December 2027 is more than a year ahead"


@pytest.mark.parametrize("row", [row for row in ALL if row.outcome == "ask"], ids=named)
def test_a_button_means_its_moment(row: Row) -> None:
    found = result(row)
    assert isinstance(found, AmbiguousTime), found
    for at in found.moments:
        phrase = format_until(at, row.zone.key)
        assert parse_phrase("disable", phrase) == phrase
        assert parse_until(phrase, row.now, row.zone.key, WEEKDAYS_AT_TWO, "UTC") == Until(at)


@pytest.mark.parametrize("row", [row for row in ALL if row.outcome == "refuse"], ids=named)
def test_a_refusal_says_why(row: Row) -> None:
    with pytest.raises(InvalidCommand, match=SAID.get(row.which, row.which)) as parsed:
        result(row)
    with pytest.raises(InvalidCommand) as checked:
        check_until(parse_phrase("disable", row.phrase), row.now, row.zone.key)
    assert checked.value.reason == parsed.value.reason


@pytest.mark.parametrize("row", [row for row in ALL if row.outcome != "refuse"], ids=named)
def test_what_is_taken_or_asked_reads_as_an_end(row: Row) -> None:
    phrase = row.phrase.split(" because ")[0]
    assert reads_as_end(phrase)
    check_until(parse_phrase("disable", phrase), row.now, row.zone.key)
    bare = phrase in {"3 days", "tomorrow 8am"}
    assert opens_end(row.phrase.split()) is not bare
