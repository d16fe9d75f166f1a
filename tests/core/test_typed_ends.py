"""Ends as people type them behind a name, through the whole parser: quoted and unquoted.

The readings whose names exist are those of the timer "SAP work orders" in plant-a.
"""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import InvalidCommand
from bot.core.language.commands import Readings, Switch
from bot.core.language.parser import parse
from bot.core.language.until import AmbiguousTime, Until, parse_until

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 18, 30, tzinfo=BERLIN).timestamp()
WEEKDAYS = "0 2 * * 1-5"
NAMES = ('plant-a "SAP work orders"', "plant-a SAP work orders")
TABLE = Path(__file__).with_name("until_phrases.tsv").read_text(encoding="utf-8")
ROWS = [
    row.split("\t")
    for row in TABLE.splitlines()
    if row.strip() and not row.startswith(("#", "phrase\t"))
]


def meant(names: str, phrase: str) -> list[Switch]:
    """Return the readings of a command about the timer. Raises InvalidCommand where none is."""
    command = parse(f"off {names} {phrase}")
    every = command.commands if isinstance(command, Readings) else (command,)
    found = [one for one in every if isinstance(one, Switch) and one.timer == "SAP work orders"]
    if not found:
        raise InvalidCommand("the words are no name that exists")
    return found


def moments(names: str, phrase: str) -> tuple[set[str], bool]:
    """Return the moments that a command may mean, and whether it asks for one of them."""
    readings = meant(names, phrase)
    found: set[str] = set()
    asks = len(readings) > 1
    for one in readings:
        if not one.until:
            found.add("for good")
            continue
        match parse_until(one.until, NOW, BERLIN.key, WEEKDAYS, "UTC"):
            case Until(at):
                found.add(written(at))
            case AmbiguousTime(several):
                asks = True
                found |= {written(at) for at in several}
    return found, asks


def written(at: float | None) -> str:
    if at is None:
        return "for good"
    moment = datetime.fromtimestamp(at, BERLIN)
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def wanted(which: str) -> set[str]:
    """Return the moments of a row: the text before a remark, without a sentence around it."""
    parts = which.partition(" (")[0].split(";")
    found = set()
    for part in parts:
        words = part.replace("for good, with all of it as the reason", "for good").strip()
        found.add(words.rpartition(", ")[2] if words.startswith("just after") else words)
    return found


@pytest.mark.parametrize("names", NAMES, ids=["quoted", "unquoted"])
@pytest.mark.parametrize(("phrase", "outcome", "which"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_typed_behind_a_name(names: str, phrase: str, outcome: str, which: str) -> None:
    if outcome == "refuse":
        with pytest.raises(InvalidCommand) as refused:
            moments(names, phrase)
        assert refused.value.reason
        return
    found, asks = moments(names, phrase)
    assert asks is (outcome == "ask")
    if which.startswith("just after"):  # the run begins then
        found = {f"{at[:-1]}0" for at in found}
    assert wanted(which) <= found
    if outcome == "moment" and not which.startswith("just after"):
        assert wanted(which) == found


def test_the_reason_keeps_its_words_beside_an_end_that_is_asked_back() -> None:
    readings = meant(NAMES[0], "because SAP is down until monday 08:00")
    assert [(one.reason, one.until) for one in readings] == [
        ("SAP is down", "until monday 08:00"),
        ("SAP is down until monday 08:00", ""),
    ]
