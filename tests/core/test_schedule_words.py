"""Schedules in words: each says exactly when the schedule runs."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedules import in_words
from bot.core.schedules.cronos import Schedule, parse
from bot.core.schedules.words import NEVER
from tests.core.schedule_reader import claim_of

YEARS = range(2000, 2028)  # by then each kind of year has been


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
        ("* 3 * * *", "every minute of hour 3"),
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


def values(first: int, last: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Yield a field: a star, or a list of values, ranges (which may wrap) and steps."""
    number = st.integers(first, last).map(str)
    one = st.one_of(number, st.sampled_from(names)) if names else number
    step = st.integers(1, last).map(lambda by: f"/{by}")
    part = st.one_of(
        one,
        st.tuples(one, st.just("-"), one).map("".join),
        st.tuples(one, step).map("".join),
        st.tuples(one, st.just("-"), one, step).map("".join),
    )
    return st.one_of(
        st.just("*"),
        step.map(lambda by: f"*{by}"),
        number,
        st.lists(part, min_size=1, max_size=3).map(",".join),
    )


DAYS = st.one_of(
    st.just("*"),
    values(1, 31),
    st.sampled_from(["?", "L", "LW", "L-3", "L-10W", "1W", "15W", "31W", "L-30"]),
)
WEEKDAYS = st.one_of(
    st.just("*"),
    values(0, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    st.sampled_from(["?", "1-5", "5L", "SUNL", "MON#2", "3#5", "7#1", "7-2/2"]),
)
SECONDS = st.one_of(st.just(""), values(0, 59).map(lambda field: f"{field} "))
CRONS = st.tuples(
    SECONDS, values(0, 59), values(0, 23), DAYS, values(1, 12, ("JAN", "FEB", "DEC")), WEEKDAYS
).map(lambda parts: parts[0] + " ".join(parts[1:]))


def test_words_claim_exactly_the_runs(*, deep: bool) -> None:
    @given(CRONS, st.sampled_from(YEARS))
    @settings(max_examples=3_000 if deep else 400)
    def holds(cron: str, year: int) -> None:
        schedule, words = parse(cron), in_words(cron)
        assert schedule is not None, cron
        assert words is not None
        if words == NEVER:
            assert not any(runs_on(schedule, date(y, m, 1)) for y in YEARS for m in schedule.months)
            return
        claim = claim_of(words)
        assert claim.times == times_of(schedule), words
        for first in [date(year, month, 1) for month in range(1, 13)]:
            length = calendar.monthrange(first.year, first.month)[1]
            days = [first.replace(day=day) for day in range(1, length + 1)]
            claimed = {day.day for day in days if claim.is_day(day)}
            assert claimed == runs_on(schedule, first), words

    holds()


def times_of(schedule: Schedule) -> set[int]:
    return {
        3_600 * hour + 60 * minute + second
        for hour in schedule.hours
        for minute in schedule.minutes
        for second in schedule.seconds
    }


def runs_on(schedule: Schedule, first: date) -> set[int]:
    """Return the days of this month on which it runs, by the meaning of its fields."""
    if first.month not in schedule.months:
        return set()
    length = calendar.monthrange(first.year, first.month)[1]
    wanted = set(schedule.days) if schedule.from_last is None else {length - schedule.from_last}
    days = [first + timedelta(days=day - 1) for day in sorted(wanted) if 1 <= day <= length]
    if schedule.nearest_weekday:
        days = [nearest(day) for day in days]
    return {
        day.day
        for day in days
        if day.isoweekday() % 7 in schedule.weekdays
        and (schedule.nth is None or is_nth(day, schedule.nth))
    }


def nearest(day: date) -> date:
    by = {5: -1, 6: 1}.get(day.weekday(), 0)
    moved = day + timedelta(days=by)
    if moved.month == day.month:
        return moved
    return day + timedelta(days=2 if by < 0 else -2)


def is_nth(day: date, nth: int) -> bool:
    if nth == -1:
        return (day + timedelta(days=7)).month != day.month
    return 7 * (nth - 1) < day.day <= 7 * nth
