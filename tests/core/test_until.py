"""The parser of "until …" and "for …": tables in several time zones, and properties."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.errors import InvalidCommand
from bot.core.language.parser import parse
from bot.core.language.phrases import opens_end, reads_as_end
from bot.core.language.until import SOONEST, YEAR, AmbiguousTime, Until, format_until, parse_until

ROOT = Path(__file__).resolve().parents[2]
BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
TUESDAY_NOON = "2026-11-24 12:00"
NIGHTLY = "0 2 * * *"


def seconds(wall: str, zone: str, fold: int = 0) -> float:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def wall_times(moments: tuple[float | None, ...], zone: str) -> list[str]:
    ends = [at for at in moments if at is not None]
    return [f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in ends]


def parsed(phrase: str, now: str = TUESDAY_NOON, zone: str = BERLIN, cron: str = NIGHTLY) -> Until:
    result = parse_until(phrase, seconds(now, zone), zone, cron, "UTC")
    assert isinstance(result, Until), result
    return result


def ambiguous(phrase: str, now: str = TUESDAY_NOON, zone: str = BERLIN) -> AmbiguousTime:
    result = parse_until(phrase, seconds(now, zone), zone, NIGHTLY, "UTC")
    assert isinstance(result, AmbiguousTime), result
    return result


def refused(phrase: str, now: str = TUESDAY_NOON, zone: str = BERLIN, cron: str = NIGHTLY) -> str:
    with pytest.raises(InvalidCommand) as caught:
        parse_until(phrase, seconds(now, zone), zone, cron, "UTC")
    assert caught.value.verb == "disable"
    return caught.value.reason


# One moment

MOMENTS = (
    "until monday 08:00 = 2026-11-30 08:00 | until mon 08:00 = 2026-11-30 08:00 | "
    "until on monday at 8am = 2026-11-30 08:00 | until 8am on monday = 2026-11-30 08:00 | "
    "until weds 8:30 p.m. = 2026-11-25 20:30 | until thurs noon = 2026-11-26 12:00 | "
    "until tuesday 08:00 = 2026-12-01 08:00 | until next tuesday 18:00 = 2026-12-01 18:00 | "
    "until tomorrow 12am = 2026-11-25 00:00 | until tomorrow 12pm = 2026-11-25 12:00 | "
    "until today 18:00 = 2026-11-24 18:00 | until today midnight = 2026-11-25 00:00 | "
    "until today at 20 = 2026-11-24 20:00 | until 18:00 = 2026-11-24 18:00 | "
    "until 09:00 = 2026-11-25 09:00 | until at 20 = 2026-11-24 20:00 | "
    "until 12:00 = 2026-11-25 12:00 | until noon = 2026-11-25 12:00 | "
    "until midnight = 2026-11-25 00:00 | until 24 november 18:00 = 2026-11-24 18:00 | "
    "until 1 december 17:30 = 2026-12-01 17:30 | "
    "until december 1st, 2026 5:30 pm = 2026-12-01 17:30 | "
    "until the 2nd of jan 08:00 = 2027-01-02 08:00 | until 08:00 sept 3 2027 = 2027-09-03 08:00 | "
    "until 2026-12-01 08:00 = 2026-12-01 08:00 | until 2026-12-01t08:00 = 2026-12-01 08:00 | "
    "until 2026-12-01 at 8pm = 2026-12-01 20:00 | until 1.2.2027 08:00 = 2027-02-01 08:00 | "
    "until 13/2/2027 08:00 = 2027-02-13 08:00 | until 2/13/2027 08:00 = 2027-02-13 08:00 | "
    "until 1/1/2027 08:00 = 2027-01-01 08:00 | until 1/12/2026 08:00 = 2026-12-01 08:00 | "
    "for 3 days = 2026-11-27 12:00 | for 1d = 2026-11-25 12:00 | "
    "for two weeks = 2026-12-08 12:00 | for a week and 2 days = 2026-12-03 12:00 | "
    "for 90 minutes = 2026-11-24 13:30 | for 2 hours 30 minutes = 2026-11-24 14:30 | "
    "for 1h30m = 2026-11-24 13:30 | for 1.5 hours = 2026-11-24 13:30 | "
    "for an hour = 2026-11-24 13:00 | for 1 minute = 2026-11-24 12:01 | "
    "for 365 days = 2027-11-24 12:00"
)


@pytest.mark.parametrize(
    ("phrase", "wall"),
    [row.split(" = ") for row in MOMENTS.split(" | ")],
)
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
def test_one_moment(phrase: str, wall: str, zone: str) -> None:
    assert parsed(phrase, zone=zone) == Until(seconds(wall, zone))


@pytest.mark.parametrize(
    ("phrase", "wall"),
    [
        ("until 2026-12-01t08:00+05:30", "2026-12-01 02:30"),
        ("until 2026-12-01 08:00:30z", "2026-12-01 08:00:30"),
        ("until monday 08:00 utc", "2026-11-30 08:00"),
    ],
)
def test_an_offset_overrides_the_zone(phrase: str, wall: str) -> None:
    assert parsed(phrase, zone=NEW_YORK).at == seconds(wall, "UTC")


def test_names_of_days_and_months_are_understood() -> None:
    monday = datetime(2026, 11, 30, 8, tzinfo=ZoneInfo(KOLKATA))
    for days in range(7):
        day = monday + timedelta(days=days)
        for name in (f"{day:%A}", f"{day:%a}"):
            now = "2026-11-29 12:00"
            assert parsed(f"until {name.lower()} 08:00", now, KOLKATA).at == day.timestamp()
    for month in range(1, 13):
        day = datetime(2026, month, 17, 8, tzinfo=ZoneInfo(KOLKATA))
        before = f"{day - timedelta(days=20):%Y-%m-%d %H:%M}"
        for name in (f"{day:%B}", f"{day:%b}", f"{day:%b} 17th 2026", f"17 {day:%B} 2026"):
            text = name.lower() if "17" in name else f"{name.lower()} 17"
            assert parsed(f"until {text} 08:00", before, KOLKATA).at == day.timestamp()


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        *(("tues", "tuesday"), ("weds", "wednesday"), ("thur", "thursday"), ("thurs", "thursday")),
        *(("sept 3", "september 3"), ("3rd of sep", "september 3"), ("the 3 sep", "september 3")),
    ],
)
def test_other_spellings_of_a_day(spelling: str, name: str) -> None:
    now = "2026-08-21 12:00"
    assert parsed(f"until {spelling} 08:00", now) == parsed(f"until {name} 08:00", now)


@pytest.mark.parametrize(
    ("now", "phrase", "wall"),
    [
        ("2026-12-31 12:00", "until 31 december 18:00", "2026-12-31 18:00"),
        ("2026-12-31 12:00", "until 1st january 08:00", "2027-01-01 08:00"),
        ("2026-12-31 12:00", "until 31 dec 2027 08:00", "2027-12-31 08:00"),
        ("2028-02-29 07:00", "until 29 february 08:00", "2028-02-29 08:00"),
    ],
)
def test_a_date_without_a_year_is_the_next_such_day(now: str, phrase: str, wall: str) -> None:
    assert parsed(phrase, now) == Until(seconds(wall, BERLIN))


def test_a_leap_day_is_found_up_to_eight_years_ahead() -> None:
    answer = ambiguous("until 29 february 08:00", "2027-06-01 12:00")
    assert wall_times(answer.moments, BERLIN) == ["2028-02-29 08:00"]
    assert "more than a year" in refused("until 29 february 08:00", "2096-03-01 12:00")


def test_for_good_has_no_end() -> None:
    assert parsed("for good") == Until(None)


def test_the_phrase_of_a_parsed_command_is_understood() -> None:
    command = parse('off plant-a "SAP work orders" until Monday, 8:00 AM because "a new server"')
    phrase = getattr(command, "until", "")
    assert parsed(phrase).at == seconds("2026-11-30 08:00", BERLIN)


# Several moments


@pytest.mark.parametrize(
    ("phrase", "moments", "why"),
    [
        ("until tuesday 18:00", ["11-24 18:00", "12-01 18:00"], "today or in a week"),
        ("until next friday 8am", ["11-27 08:00", "12-04 08:00"], "next"),
        ("until friday", ["11-27 00:00", "11-27 08:00", "11-28 00:00"], "no time of day"),
        ("until tomorrow", ["11-25 00:00", "11-25 08:00", "11-26 00:00"], "no time of day"),
        ("until today", ["11-25 00:00"], "no time of day"),
        (
            "until tuesday",
            ["11-25 00:00", "12-01 00:00", "12-01 08:00", "12-02 00:00"],
            "it may be today or in a week and no time of day was given",
        ),
        ("until 2026-12-01", ["12-01 00:00", "12-01 08:00", "12-02 00:00"], "no time of day"),
        ("until tomorrow at 8", ["11-25 08:00", "11-25 20:00"], "“8” may be am or pm"),
        ("until at 8", ["11-24 20:00", "11-25 08:00"], "“8” may be am or pm"),
        ("until today at 8", ["11-24 20:00"], "“8” may be am or pm"),
        ("until 11:00", ["11-24 23:00", "11-25 11:00"], "“11:00” may be am or pm"),
        ("until 12:01", ["11-24 12:01", "11-25 00:01"], "“12:01” may be am or pm"),
        ("until friday midnight", ["11-27 00:00", "11-28 00:00"], "midnight begins"),
        ("until 1/2/2027 08:00", ["01-02 08:00", "02-01 08:00"], "the day or the month"),
        ("until 1-2-2027 08:00", ["01-02 08:00", "02-01 08:00"], "the day or the month"),
        (
            "until 1/2/2027",
            ["01-02 00:00", "01-02 08:00", "02-01 00:00", "02-01 08:00"],
            "the day or the month may come first and no time of day was given",
        ),
        ("until 23 november 08:00", ["11-23 08:00"], "no year was given"),
        ("until 3 days", ["11-27 12:00"], "“3 days” is a duration"),
        ("for 8am", ["11-25 08:00"], "“8am” is no duration"),
    ],
)
def test_an_ambiguous_phrase_gives_its_moments_and_why(
    phrase: str, moments: list[str], why: str
) -> None:
    result = ambiguous(phrase)
    assert [wall[5:16] for wall in wall_times(result.moments, BERLIN)] == moments
    assert why in result.why


# Refusals

UNKNOWN = (
    "until monday or tuesday | until sap is back | until soon | until montag 08:00 | until xyz | "
    "until good | for 08:00 monday 09:00 | until 08:00 monday 09:00 | until sunday monday | "
    "until 2026-w49 | until +1 | for an | for 1h xyz | until , 8x | until utc | for 3 wibbles | "
    "until monday to friday | until between 8 and 9 | until the | for of | until 8-9am"
)


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("until 2025-01-01 08:00", "Wednesday 1 January 2025 08:00 (Europe/Berlin) has passed"),
        ("until 24 november 08:00", "Tuesday 24 November 2026 08:00 (Europe/Berlin) has passed"),
        ("until 10/11/2026 08:00", "Tuesday 10 November 2026 08:00 (Europe/Berlin) has passed"),
        ("until 2028-01-01 08:00", "more than a year"),
        ("until 29 february 08:00", "more than a year"),
        ("for 400 days", "more than a year"),
        ("for 999999 weeks 999999 weeks", "more than a year"),
        ("until today 12:00", "less than a minute"),
        ("for 0 minutes", "less than a minute"),
        ("until 2026-02-30 08:00", "there is no 30 February 2026"),
        ("until 31 november 08:00", "there is no 31 November"),
        ("until 32 december 08:00", "there is no 32 December"),
        ("until 13/13/2027 08:00", "there is no day “13/13/2027”"),
        ("until the 32nd", "there is no day 32 of a month"),
        ("until tuesday 30 november 2026 08:00", "30 November 2026 is a Monday"),
        ("until 2026-12-01t25:00+01:00", "“25:00” is no time of day"),
        ("until 8:5", "“8:5” is no time of day"),
        ("until tonight 8am", "that time is not in the night"),
        ("until 08:00 europe/atlantis", "“europe/atlantis” is no time zone"),
        ("until 08:00 +15:00", "“+15:00” is no offset from UTC"),
        ("for a while", "“a while” is no duration"),
        ("for 2 runs until monday", "two ends"),
        ("for 0 runs", "between 1 and 50"),
        ("for 51 runs", "between 1 and 50"),
    ],
)
def test_a_phrase_out_of_range_is_refused(phrase: str, reason: str) -> None:
    assert reason in refused(phrase)


@pytest.mark.parametrize("phrase", UNKNOWN.split(" | "))
def test_an_unknown_phrase_is_answered_with_examples(phrase: str) -> None:
    assert "“for 3 days”" in refused(phrase)


# Runs


@pytest.mark.parametrize(
    ("cron", "phrase", "wall", "runs"),
    [
        (NIGHTLY, "for a run", "2026-11-25 03:05", 1),  # it runs at 02:00 UTC
        (NIGHTLY, "for 2 runs", "2026-11-26 03:05", 2),
        (NIGHTLY, "for two runs", "2026-11-26 03:05", 2),
        ("*/4 * * * *", "for 1 run", "2026-11-24 12:06", 1),
        ("0 12 1 6 *", "for 1 run", "2027-06-01 14:05", 1),
    ],
)
def test_runs_are_counted(cron: str, phrase: str, wall: str, runs: int) -> None:
    assert parsed(phrase, cron=cron) == Until(seconds(wall, BERLIN), runs)


@pytest.mark.parametrize(
    ("cron", "phrase", "reason"),
    [
        ("0 0 * * MONDAY", "for 2 runs", "schedule cannot be read"),
        ("0 0 31 2 *", "for 1 run", "schedule never runs"),
        ("0 0 29 2 MON", "for 9 runs", "does not run 9 more times"),
        ("0 0 LW * *", "for 20 runs", "more than a year"),
        ("0 0 1 1 *", "for 2 runs", "more than a year"),
        ("* * * * * *", "for 50 runs", "less than a minute"),
    ],
)
def test_runs_that_cannot_be_counted(cron: str, phrase: str, reason: str) -> None:
    assert reason in refused(phrase, cron=cron)


# Properties

WORDS = (
    "tonight morning evening weekend end start month year quarter noon half past quarter couple "
    "few fortnight night business after before cet est gmt+1 europe/london eod the this coming "
    "1/12 5.12. 17h30 8h 0800 o'clock more about -3 M 1h30m eight thirty december. further notice "
    "monday tuesday next today tomorrow at on the of 1 2nd 31 3 1,5 8 8am 8:00 12:30 "
    "23:59 noon midnight pm dec december feb may 2026 2027 2099 1/2/2027 31.12.2026 "
    "2027-10-31 2027-03-28 2026-11-24t12:00+01:00 t08:00 02:30 utc hours h days weeks "
    "minutes m a an two and runs run good , - z"
)
PHRASES = st.one_of(
    st.from_regex(r"(until|for)( [0-9a-z:.,/+-]{1,12}){1,6}", fullmatch=True),
    st.text(max_size=60),
    st.tuples(
        st.sampled_from(["until", "for", "in", "over", "untill", ""]),
        st.lists(
            st.sampled_from(WORDS.split()),
            min_size=1,
            max_size=6,
        ),
    ).map(lambda parts: f"{parts[0]} {' '.join(parts[1])}"),
)
ZONES = st.sampled_from([BERLIN, NEW_YORK, KOLKATA, "Pacific/Apia", "No/Where", "", "../x", "UTC"])
NOWS = st.floats(1_767_225_600, 1_830_297_600)


@given(PHRASES, ZONES, NOWS)
@settings(max_examples=400)
@example("until 2099-12-31", BERLIN, 1_767_225_600.5)
def test_any_phrase_is_ahead_within_a_year_or_refused(phrase: str, zone: str, now: float) -> None:
    reads_as_end(phrase)
    opens_end(phrase.split())
    try:
        result = parse_until(phrase, now, zone, NIGHTLY, "UTC")
    except InvalidCommand:
        return
    match result:
        case Until(None):
            assert phrase == "for good"
        case Until(float(at)):
            assert now + SOONEST <= at <= now + YEAR
            assert parse_until(format_until(at, zone), now, zone, NIGHTLY, "UTC") == Until(at)
        case AmbiguousTime(moments, why):
            assert why
            assert 1 <= len(moments) <= 4
            ends = [at for at in moments if at is not None]
            assert ends == sorted(set(ends))
            assert moments == (*ends, *([None] if None in moments else []))
            assert all(now + SOONEST <= at <= now + YEAR for at in ends)


@given(st.integers(1, 364 * 24 * 60), ZONES, st.integers(29_500_000, 30_500_000))
@settings(max_examples=200, deadline=None)
def test_a_formatted_moment_is_parsed_back(ahead: int, zone: str, minute: int) -> None:
    now, at = minute * 60.0, (minute + ahead) * 60.0
    phrase = format_until(at, zone)
    assert parse_until(phrase, now, zone, "nonsense", "UTC") == Until(at)
    assert getattr(parse(f'disable a "b" {phrase}'), "until", "") == phrase


def test_the_zone_of_the_machine_does_not_matter() -> None:
    program = (
        "from bot.core.language.until import parse_until\n"
        "for phrase in ('until monday 08:00', 'until tomorrow', 'until 5 december 8am'):\n"
        "    for zone in ('Europe/Berlin', 'No/Where'):\n"
        "        print(parse_until(phrase, 1795518000.0, zone, '0 2 * * *', 'UTC'))\n"
    )
    printed = {
        subprocess.run(  # noqa: S603  # this interpreter
            [sys.executable, "-W", "error", "-c", program],
            cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True,
        ).stdout
        for zone in ("Pacific/Kiritimati", "America/Los_Angeles")
    }  # fmt: skip
    assert len(printed) == 1
    assert printed.pop().count("\n") == 6
