"""Moments after runs, and changes of daylight saving time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.language.until import AmbiguousTime, Until, parse_until
from bot.core.schedules import (
    after_runs,
    never_runs,
    next_run,
    on_the_clock,
    runs_between,
)

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()
DAY = 86_400.0
CRONS = ["* * * * *", "*/30 * * * *", "0 2 * * 1-5", "30 2 * * *", "0 0 L * *", "*/20 * * * * *"]


@pytest.mark.parametrize("cron", ["", "nonsense", "60 * * * *"])
def test_a_schedule_that_cannot_be_read_has_no_runs(cron: str) -> None:
    assert after_runs(cron, 1, NOON) is None
    assert not never_runs(cron)


def test_a_schedule_that_never_runs() -> None:
    assert after_runs("0 0 31 2 *", 1, NOON) is None
    assert never_runs("0 0 31 2 *")
    assert not never_runs("0 0 29 2 *")


@given(st.sampled_from(CRONS), st.integers(1, 12), st.floats(NOON - 366 * DAY, NOON + 366 * DAY))
@settings(max_examples=60, deadline=None)
def test_a_moment_after_n_runs_is_after_exactly_those(cron: str, count: int, start: float) -> None:
    at = after_runs(cron, count, start, "Europe/Berlin")
    assert at is not None
    runs = runs_between(cron, start, at, "Europe/Berlin", most=20)
    assert runs is not None
    assert runs.count == len(runs.at) == count
    assert 0 < at - runs.at[-1] <= 300


@pytest.mark.parametrize(
    ("cron", "after"),
    [("0 12 * * *", 300.0), ("* * * * *", 30.0), ("*/5 * * * * *", 2.0), ("* * * * * *", 0.5)],
)
def test_that_moment_is_soon_after_and_in_whole_seconds_if_possible(
    cron: str, after: float
) -> None:
    run = next_run(cron, NOON)
    assert run is not None
    assert after_runs(cron, 1, NOON) == run + after


@pytest.mark.parametrize(
    ("day", "minutes", "zone", "shown"),
    [
        ("2026-11-24", 480, "Europe/Berlin", ["07:00"]),
        ("2026-11-24", 1440, "Asia/Kolkata", ["18:30"]),
        ("2026-10-25", 150, "Europe/Berlin", ["00:30", "01:30"]),
        ("2026-03-29", 150, "Europe/Berlin", ["01:00", "skipped"]),
        ("2026-11-01", 90, "America/New_York", ["05:30", "06:30"]),
        ("2026-03-08", 120, "America/New_York", ["07:00", "skipped"]),
    ],
)
def test_moments_of_a_wall_clock_time(day: str, minutes: int, zone: str, shown: list[str]) -> None:
    moments, skipped = on_the_clock(
        datetime.fromisoformat(day).toordinal(), minutes, ZoneInfo(zone)
    )
    shown_times = [f"{datetime.fromtimestamp(at, UTC):%H:%M}" for at in moments]
    assert shown_times + ["skipped"] * skipped == shown


def moments_of(phrase: str, now: str, zone: str, fold: int = 0) -> str:
    """Parse a phrase at a wall time; return the moments with their offsets, and the doubt."""
    start = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()
    match parse_until(phrase, start, zone, "0 2 * * *", "UTC"):
        case AmbiguousTime(moments, why):
            shown = (datetime.fromtimestamp(at, ZoneInfo(zone)) for at in moments if at)
            return f"{' or '.join(f'{moment:%d %H:%M%z}' for moment in shown)}: {why}"
        case Until(float(at)):
            return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%d %H:%M%z}"
    raise AssertionError(phrase)


TWICE = ": the clock shows that time twice"
NEVER = ": the clock skips that time"


@pytest.mark.parametrize(
    ("zone", "now", "phrase", "answer"),
    [
        (BERLIN, "2026-10-24 12:00", "until sun 02:30", f"25 02:30+0200 or 25 02:30+0100{TWICE}"),
        (BERLIN, "2026-10-25 02:45", "until 02:30", "25 02:30+0100"),  # the first of two is past
        (BERLIN, "2026-03-28 12:00", "until tomorrow 02:30", f"29 03:00+0200{NEVER}"),
        (NEW_YORK, "2026-10-31 12:00", "until sun 01:30", f"01 01:30-0400 or 01 01:30-0500{TWICE}"),
        (NEW_YORK, "2026-03-07 12:00", "until 2026-03-08 02:30", f"08 03:00-0400{NEVER}"),
        ("Australia/Lord_Howe", "2026-10-03 12:00", "until sun 02:15", f"04 02:30+1100{NEVER}"),
        (BERLIN, "2026-10-24 12:00", "for 1 day", "25 12:00+0100"),
        (BERLIN, "2026-10-24 12:00", "for 24 hours", "25 11:00+0100"),
        (BERLIN, "2026-03-28 12:00", "for a week", "04 12:00+0200"),
        (BERLIN, "2026-03-28 12:00", "for 24 hours", "29 13:00+0200"),
        (BERLIN, "2026-03-28 02:30", "for 1 day", f"29 03:00+0200{NEVER}"),
        (NEW_YORK, "2026-10-31 12:00", "for 2 days 1 hour", "02 13:00-0500"),
        (NEW_YORK, "2026-10-31 12:00", "until monday 08:00", "02 08:00-0500"),
        (KOLKATA, "2026-10-24 00:10", "until midnight", "25 00:00+0530"),
    ],
)  # fmt: skip
def test_phrases_across_a_change_of_daylight_saving_time(
    zone: str, now: str, phrase: str, answer: str
) -> None:
    assert moments_of(phrase, now, zone) == answer


def test_an_hour_from_the_second_occurrence_of_an_hour() -> None:
    assert moments_of("for 1 hour", "2026-10-25 02:30", BERLIN, fold=1) == "25 03:30+0100"
