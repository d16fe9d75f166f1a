"""The dialect of Cronos: each form is read, what it refuses is refused, and runs are its runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.schedules import after_runs, in_words, never_runs, next_run, runs_between
from bot.core.schedules.cronos import LONGEST, Schedule, parse

RUNS = Path(__file__).with_name("cron_next_runs.tsv")
NOW = 1_795_000_000.0
ALL_60, ALL_24 = tuple(range(60)), tuple(range(24))


def rows() -> list[tuple[str, str, float, list[str]]]:
    lines = RUNS.read_text("utf-8").splitlines()[2:]  # a comment, and the names of the columns
    cells = [line.split("\t") for line in lines]
    return [(cron, zone, float(after), runs.split()) for cron, zone, after, runs in cells]


def test_the_next_five_runs_are_those_of_cronos() -> None:
    """Computed by Cronos 0.13 for random expressions, also where clocks change."""
    wrong = []
    for cron, zone, after, wanted in rows():
        found: list[str] = []
        now: float | None = after
        while now is not None and len(found) < 5:
            now = next_run(cron, now, zone)
            found.append("none" if now is None else str(int(now)))
        if found != wanted:
            wrong.append((cron, zone, after, wanted, found))
    assert wrong == []
    assert len(rows()) == 1_700


def fields(cron: str) -> Schedule:
    found = parse(cron)
    assert found is not None, cron
    return found


@pytest.mark.parametrize(
    ("field", "minutes"),
    [
        ("*", ALL_60),
        ("?", ALL_60),
        ("5", (5,)),
        ("05", (5,)),
        ("5,7", (5, 7)),
        ("7,5,7", (5, 7)),
        ("5-7", (5, 6, 7)),
        ("5-5", (5,)),
        ("58-1", (0, 1, 58, 59)),
        ("*/20", (0, 20, 40)),
        ("?/20", (0, 20, 40)),
        ("*/40", (0, 40)),
        ("*/59", (0, 59)),
        ("50/5", (50, 55)),
        ("10-20/5", (10, 15, 20)),
        ("10-19/5", (10, 15)),
        ("55-10/5", (0, 5, 10, 55)),
        ("57-10/5", (2, 7, 57)),
        ("0-59/30", (0, 30)),
        ("1,10-12,50/5", (1, 10, 11, 12, 50, 55)),
    ],
)
def test_minutes(field: str, minutes: tuple[int, ...]) -> None:
    assert fields(f"{field} 0 * * *").minutes == minutes
    assert fields(f"{field} 0 0 * * *").seconds == minutes


@pytest.mark.parametrize(
    ("field", "hours"),
    [("*", ALL_24), ("22-1", (0, 1, 22, 23)), ("*/10", (0, 10, 20)), ("23", (23,))],
)
def test_hours(field: str, hours: tuple[int, ...]) -> None:
    assert fields(f"0 {field} * * *").hours == hours


@pytest.mark.parametrize(
    ("field", "months"),
    [
        ("JAN", {1}),
        ("jan,Dec", {1, 12}),
        ("1-3", {1, 2, 3}),
        ("NOV-FEB", {11, 12, 1, 2}),
        ("11-2/2", {11, 1}),
        ("*/5", {1, 6, 11}),
        ("Mar,Jan,9-OCT/4", {1, 3, 9}),
    ],
)
def test_months(field: str, months: set[int]) -> None:
    assert fields(f"0 0 1 {field} *").months == months


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("0", {0}),
        ("7", {0}),
        ("SUN", {0}),
        ("fri", {5}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("MON-FRI", {1, 2, 3, 4, 5}),
        ("FRI-MON", {5, 6, 0, 1}),
        ("FRI/2", {5, 0}),
        ("6-7", {6, 0}),
        ("0-7", {0, 1, 2, 3, 4, 5, 6}),
        ("*/2", {0, 2, 4, 6}),
        ("*/7", {0}),
        ("7-2", {0, 1, 2}),
        ("7-2/2", {2}),  # an oddity of Cronos
        ("5-1/2", {5, 0}),
    ],
)
def test_weekdays(field: str, weekdays: set[int]) -> None:
    found = fields(f"0 0 * * {field}")
    assert found.weekdays == weekdays
    assert found.nth is None


@pytest.mark.parametrize(
    ("field", "from_last", "nearest"),
    [
        ("L", 0, False),
        ("l", 0, False),
        ("L-0", 0, False),
        ("L-3", 3, False),
        ("L-30", 30, False),
        ("LW", 0, True),
        ("L-3W", 3, True),
        ("15W", None, True),
        ("1w", None, True),
        ("15", None, False),
    ],
)
def test_days_of_the_month(field: str, from_last: int | None, *, nearest: bool) -> None:
    found = fields(f"0 0 {field} * *")
    assert (found.from_last, found.nearest_weekday) == (from_last, nearest)


@pytest.mark.parametrize(
    ("field", "weekdays", "nth"),
    [("5L", {5}, -1), ("7L", {0}, -1), ("FRIl", {5}, -1), ("MON#2", {1}, 2), ("0#5", {0}, 5)],
)
def test_the_nth_weekday(field: str, weekdays: set[int], nth: int) -> None:
    found = fields(f"0 0 * * {field}")
    assert (found.weekdays, found.nth) == (weekdays, nth)


@pytest.mark.parametrize(
    ("macro", "same"),
    [
        ("@every_second", "* * * * * *"),
        ("@every_minute", "* * * * *"),
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@Midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("  @ANNUALLY\t", "0 0 1 1 *"),
    ],
)
def test_macros(macro: str, same: str) -> None:
    assert fields(macro) == fields(same)


@pytest.mark.parametrize("text", ["\t0 2  * *\t1-5 ", "0 2 * * 1-5", "0 0 2 * * 1-5"])
def test_blanks_and_seconds(text: str) -> None:
    assert fields(text) == fields("0 2 * * MON-FRI")


@pytest.mark.parametrize(
    ("cron", "repeats"),
    [
        ("0 2 * * *", False),
        ("0,30 2,3 * * *", False),
        ("0 2 1-7 1/2 MON-FRI", False),
        ("* 2 * * *", True),
        ("0 */2 * * *", True),
        ("0 1-2 * * *", True),
        ("0 1/2 * * *", True),
        ("*/5 0 2 * * *", True),
    ],
)
def test_a_time_that_repeats_runs_twice_in_a_doubled_hour(cron: str, *, repeats: bool) -> None:
    assert fields(cron).repeats is repeats


def refused() -> list[str]:
    """Expressions that Cronos refuses: each wrong form, at each place where it is wrong."""
    forms = [
        *("", "-", ",", "/", "5-", "-5", "5,", ",5", "5,,6", "5/", "/5", "*/", "*/0", "5/0"),
        *("5--6", "5-6-7", "5//2", "**", "*5", "*,5", "5,*", "*-5", "5-*", "5.5", "+5", "5/x"),
        *("005", "100", "1e1", "x", "FOO", "5W,6", "#1", "5?", "L", "W", "#", "1-2/", "(5)", "５"),
    ]
    places = ("{} 0 1 1 1", "0 {} 1 1 1", "0 0 {} 1 1", "0 0 1 {} 1")
    own = [
        *("60 * * * *", "*/60 * * * *", "* 24 * * *", "* */24 * * *", "* * 32 * *", "* * 0 * *"),
        *("* * */32 * *", "* * * 13 *", "* * * 0 *", "* * * */13 *", "* * * * 8", "* * * * */8"),
        *("* * * * FRI#6", "* * * * FRI#0", "* * * * #2", "* * * * 5#", "* * * * L", "* * * * *L"),
        *("* * * * 5L,1", "* * * * 1,5L", "* * * * 1#1,2", "* * * * MONDAY", "* * * JANUARY *"),
        *("* * L-31 * *", "* * L- * *", "* * WL * *", "* * W * *", "* * 32W * *", "* * 1W,2 * *"),
        *(
            "* * 1,2W * *",
            "* * 1-3W * *",
            "* * L,1 * *",
            "* * 1,L * *",
            "* * L-3-1 * *",
            "* * LL * *",
        ),
        *("* * * * 1W", "* * * * LW", "* * 1#1 * *", "* * MON * *", "* * * MON *", "* * * * JAN"),
        *("MON * * * *", "* MON * * *", "60 * * * * *", "* * * *", "* * *", "*", "* * * * * * *"),
        *(
            "0 0 1 1 * 2030 7",
            "@",
            "@reboot",
            "@dailyx",
            "@ daily",
            "daily",
            "@daily 5",
            "nonsense",
        ),
        *("* * * * *;", "*\n* * * *", "0 0 * *\u00a01", "0:0 * * * *", "0 0 1.1 * *", "0 0 ** * *"),
    ]
    made = [place.format(form) for place in places for form in forms]
    # The forms that one place takes and another does not.
    taken = {"0 0 L 1 1"}
    return sorted({*own, *made} - taken)


@pytest.mark.parametrize("cron", refused())
def test_what_cronos_refuses_has_no_words_and_no_runs(cron: str) -> None:
    assert parse(cron) is None
    assert in_words(cron) is None
    assert next_run(cron, 1_795_000_000.0) is None


def test_there_are_many_of_them() -> None:
    assert len(refused()) >= 150


def test_a_long_expression_is_not_read() -> None:
    listed = ",".join(["1"] * 140)
    assert len(listed) < LONGEST - 8
    assert parse(f"{listed} * * * *") is not None
    assert parse(f"{listed},{listed} * * * *") is None


@pytest.mark.parametrize(("length", "is_read"), [(LONGEST, True), (LONGEST + 1, False)])
def test_of_an_expression_that_is_too_long_nothing_is_said(length: int, *, is_read: bool) -> None:
    listed, rest = ",".join(["05"] * 97), "* * * *"
    cron = f"{listed}{' ' * (length - len(listed) - len(rest))}{rest}"
    assert len(cron) == length
    assert (in_words(cron) is not None) is is_read
    assert (next_run(cron, NOW) is not None) is is_read
    assert (runs_between(cron, NOW, NOW + 7_200) is not None) is is_read
    assert (after_runs(cron, 1, NOW) is not None) is is_read
    assert not never_runs(cron)


@given(st.text(alphabet="*?/-,#LW@ 0123456789JANFEBMONSUx\t", max_size=40))
def test_any_text_is_read_or_refused(cron: str) -> None:
    found = parse(cron)
    assert (in_words(cron) is None) is (found is None)
    if found is None:
        assert next_run(cron, 1_795_000_000.0) is None
