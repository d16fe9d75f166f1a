"""Runs in an interval: the count is that of a listing, also where clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedules import Runs, next_run, runs_between
from tests.core.random_schedules import CRONS

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0
MANY = 400  # a listing ends there
# By an hour in both hemispheres; by half an hour; within Ramadan; between odd offsets; never.
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"),
    *("Asia/Gaza", "Pacific/Chatham", "America/Santiago", "UTC"),
)


def test_an_interval_excludes_its_start_and_includes_its_end() -> None:
    assert runs_between("0 12 * * *", NOON, NOON + DAY) == Runs((NOON + DAY,), 1)
    assert runs_between("0 12 * * *", NOON - 1, NOON) == Runs((NOON,), 1)
    assert runs_between("0 12 * * *", NOON - 0.5, NOON + 0.5) == Runs((NOON,), 1)
    assert runs_between("0 12 * * *", NOON, NOON + DAY - 1) == Runs((), 0)
    assert runs_between("0 12 * * *", NOON, NOON) == Runs((), 0)
    assert runs_between("0 12 * * *", NOON, NOON - DAY) == Runs((), 0)


def test_five_runs_are_listed_and_all_are_counted() -> None:
    five = tuple(NOON + DAY * place for place in range(1, 6))
    assert runs_between("0 12 * * *", NOON, NOON + 9 * DAY) == Runs(five, 9)
    assert runs_between("0 12 * * *", NOON, NOON + 5 * DAY) == Runs(five, 5)
    assert runs_between("0 12 * * *", NOON, NOON + 9 * DAY, most=2) == Runs(five[:2], 9)
    assert runs_between("0 12 * * *", NOON, NOON + DAY, most=0) == Runs((), 1)


@pytest.mark.parametrize("cron", ["", "nonsense", "60 * * * *", "0 0 * * MONDAY"])
def test_of_a_schedule_that_cannot_be_read_nothing_is_known(cron: str) -> None:
    assert runs_between(cron, NOON, NOON + DAY) is None


@pytest.mark.parametrize(
    ("cron", "days", "count"),
    [
        ("*/10 * * * *", 7, 1_008),
        ("* * * * * *", 366, 31_622_400),
        ("0 0 29 2 *", 3_660, 3),
        ("0 0 31 2 *", 9_000, 0),
        ("0 2 * * 1-5", 366, 262),
    ],
)
def test_much_is_counted_as_fast_as_little(cron: str, days: int, count: int) -> None:
    """Listing a year of every second would exceed the test's time limit."""
    runs = runs_between(cron, NOON, NOON + days * DAY)
    assert runs is not None
    assert runs.count == count


def test_no_run_is_counted_after_the_last_year() -> None:
    eve = datetime(2099, 12, 31, 12, 0, tzinfo=UTC).timestamp()
    assert runs_between("0 * * * *", eve, eve + 366 * DAY) == listing(
        "0 * * * *", eve, eve + 366 * DAY, "UTC"
    )


def listing(cron: str, start: float, end: float, zone: str) -> Runs | None:
    """Return the runs as ``next_run`` gives them one by one; None for too many of them."""
    found: list[float] = []
    following = next_run(cron, start, zone)
    while following is not None and following <= end:
        found.append(following)
        if len(found) > MANY:
            return None
        following = next_run(cron, following, zone)
    return Runs(tuple(found[:5]), len(found))


def test_the_count_is_that_of_a_listing(*, deep: bool) -> None:
    @given(CRONS, st.sampled_from(ZONES), st.floats(-900, 900), st.floats(0, 400))
    @settings(max_examples=5_000 if deep else 500, deadline=None)
    def holds(cron: str, zone: str, days: float, length: float) -> None:
        start = NOON + days * DAY
        while (listed := listing(cron, start, start + length * DAY, zone)) is None:
            length /= 10  # so that what runs often is listed as well
        assert runs_between(cron, start, start + length * DAY, zone) == listed

    holds()


def at(local: str, zone: str, fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


CHANGES = (
    at("2026-10-25 02:59", "Europe/Berlin", 0) + 60,
    at("2026-03-29 01:59", "Europe/Berlin") + 60,
    at("2026-11-01 01:59", "America/New_York", 0) + 60,
    at("2026-04-05 01:59", "Australia/Lord_Howe", 0) + 60,
    at("2026-10-04 01:59", "Australia/Lord_Howe") + 60,
)
OFTEN = (
    *("30 2 * * *", "30 1 * * *", "0,30 2 * * *", "*/30 2 * * *", "*/20 * * * *", "0 * * * *"),
    *("0 0-3 * * *", "15 3 * * *", "0 3 * * *", "45 1 * * 0", "0 */2 * * *", "59 1,2 * * *"),
    *("0 30 2 * * *", "10/25 1-2 * * *", "*/40 */25 1-3 * * *"),
)


@given(
    st.one_of(CRONS, st.sampled_from(OFTEN)),
    st.sampled_from(ZONES),
    st.sampled_from(CHANGES),
    st.floats(-3, 3),
    st.floats(0, 4),
)
@settings(max_examples=500, deadline=None)
def test_the_count_is_that_of_a_listing_where_clocks_change(
    cron: str, zone: str, change: float, hours: float, length: float
) -> None:
    start = change + hours * HOUR
    counted = runs_between(cron, start, start + length * HOUR, zone)
    assert counted is not None
    listed = listing(cron, start, start + length * HOUR, zone)
    assert counted == listed or (listed is None and counted.count > MANY)


@pytest.mark.parametrize(
    ("cron", "day", "count"),
    [
        ("30 2 * * *", "2026-10-25", 1),  # a fixed time, in the first of two hours
        ("*/30 2 * * *", "2026-10-25", 4),
        ("0 * * * *", "2026-10-25", 25),
        ("30 2 * * *", "2026-03-29", 1),  # at the end of the gap
        ("*/30 2 * * *", "2026-03-29", 1),
        ("0,30 2,3 * * *", "2026-03-29", 2),
        ("0 * * * *", "2026-03-29", 23),
    ],
)
def test_a_day_on_which_clocks_change(cron: str, day: str, count: int) -> None:
    start = at(f"{day} 00:00", "Europe/Berlin") - 1
    end = at(f"{day} 23:59", "Europe/Berlin")
    runs = runs_between(cron, start, end, "Europe/Berlin")
    assert runs is not None
    assert runs.count == count


def test_in_the_second_of_two_hours_a_fixed_time_is_over() -> None:
    early, late = (at("2026-10-25 02:10", "Europe/Berlin", fold) for fold in (0, 1))
    for cron, counts in (("30 2 * * *", (1, 0)), ("*/30 2 * * *", (3, 1))):
        found = [runs_between(cron, one, late + 2 * HOUR, "Europe/Berlin") for one in (early, late)]
        assert tuple(one and one.count for one in found) == counts


@pytest.mark.deep
def test_no_change_of_a_zone_is_overlooked() -> None:
    """Of a schedule that runs each minute the count is the minutes, whatever the clocks do."""
    start = at("2016-01-01 00:00", "UTC")
    for zone in sorted(available_timezones()):
        for year in range(60):
            begin = start + year * 366 * DAY
            runs = runs_between("* * * * *", begin, begin + 366 * DAY, zone)
            assert runs is not None
            assert runs.count == 366 * 24 * 60, (zone, year)
