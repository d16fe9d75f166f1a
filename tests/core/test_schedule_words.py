"""Schedules in words: each says exactly when the schedule runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedules import in_words, next_run
from bot.core.schedules.cronos import Schedule, parse
from bot.core.schedules.words import NEVER
from tests.core.random_schedules import CRONS
from tests.core.schedule_reader import claim_of

YEARS = range(2000, 2028)  # each kind of year is among them


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 2 * * 1-5", "weekdays at 02:00"),
        ("30 3 * * *", "every day at 03:30"),
        ("0 0 * * 6,0", "weekends at 00:00"),
        ("@weekly", "on Sunday at 00:00"),
        ("*/40 * * * *", "at minutes 0 and 40 of every hour"),
        ("0 0 * * FRI/2", "on Friday and Sunday at 00:00"),
        ("*/10 * * * *", "every 10 minutes"),
        ("0-50/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42 and 49 of every hour"),
        ("0 */2 * * *", "every 2 hours"),
        ("0 */5 * * *", "every day at 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("0 */7 * * *", "every day at 00:00, 07:00, 14:00 and 21:00"),
        ("5 */2 * * *", "every 2 hours from 00:05 to 22:05"),
        ("*/5 8-17 * * 1-5", "every 5 minutes from 08:00 to 17:55 on weekdays"),
        ("15 8-17 * * *", "every hour from 08:15 to 17:15"),
        (
            "0 6,12,18 * 3,6-8 *",
            "every day at 06:00, 12:00 and 18:00 in March, June, July and August",
        ),
        ("* * * * * *", "every second"),
        ("*/15 * * * * *", "every 15 seconds"),
        ("20 0 2 * * *", "every day at 02:00:20"),
        ("0 12-3 * * *", "at minute 0 of hours 0 to 3 and 12 to 23"),
        ("* 3 * * *", "every minute from 03:00 to 03:59"),
        ("*/10 9-10 * * *", "every 10 minutes from 09:00 to 10:50"),
        ("* 3,5 * * *", "every minute of hours 3 and 5"),
        ("0 0 L * *", "at 00:00 on the last day of the month"),
        ("0 0 L-1 * *", "at 00:00 1 day before the last day of the month"),
        ("0 0 LW * *", "at 00:00 on the weekday nearest to the last day of the month"),
        (
            "0 0 L-3W * *",
            "at 00:00 on the weekday nearest to 3 days before the last day of the month",
        ),
        ("0 0 15W * *", "at 00:00 on the weekday nearest to day 15 of the month"),
        ("0 0 * * 5L", "at 00:00 on the last Friday of the month"),
        ("30 2 * * MON#2", "at 02:30 on the second Monday of the month"),
        ("0 0 13 * 5", "at 00:00 on day 13 of the month, if that is a Friday"),
        ("0 0 1-7 * 1-5", "at 00:00 on days 1 to 7 of the month, if that is a weekday"),
        ("0 0 1 1 *", "at 00:00 on day 1 of the month in January"),
        ("0 0 31 2 *", NEVER),
        ("0 0 13 * 5L", NEVER),
        ("60 * * * *", None),
        ("", None),
    ],
)
def test_words_of_a_schedule(cron: str, words: str | None) -> None:
    assert in_words(cron) == words


def test_words_claim_exactly_the_runs(*, deep: bool) -> None:
    @given(CRONS, st.sampled_from(YEARS))
    @settings(max_examples=3_000 if deep else 400)
    def holds(cron: str, year: int) -> None:
        schedule, words = parse(cron), in_words(cron)
        assert schedule is not None, cron
        assert words is not None
        if words == NEVER:
            assert next_run(cron, moment(date(2000, 1, 1)) - 1) is None
            return
        claim = claim_of(words)
        assert claim.times == times_of(schedule), words
        days = [date(year, 1, 1) + timedelta(days=day) for day in range(366)]
        assert [day for day in days if claim.is_day(day)] == [
            day for day in days if runs_on(cron, day)
        ], words

    holds()


def times_of(schedule: Schedule) -> set[int]:
    return {
        3_600 * hour + 60 * minute + second
        for hour in schedule.hours
        for minute in schedule.minutes
        for second in schedule.seconds
    }


def runs_on(cron: str, day: date) -> bool:
    following = next_run(cron, moment(day) - 1)
    return following is not None and following < moment(day) + 86_400


def moment(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
