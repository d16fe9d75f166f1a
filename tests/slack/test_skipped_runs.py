"""The sentence about skipped runs: one wording for none, one, several, and many of them."""

from datetime import UTC, datetime

import pytest

from bot.core.schedules import Runs, runs_between
from bot.sandbox.describe import describe_blocks
from bot.slack.views.blocks import paragraph
from bot.slack.views.skipped_runs import skips, skips_line

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()  # a Monday
DAY = 86_400.0


def said(runs: Runs | None, cron: str) -> str:
    return "\n".join(describe_blocks([paragraph([skips(runs, cron)])]))


@pytest.mark.parametrize(
    ("cron", "days", "words"),
    [
        ("0 0 * * MONDAY", 7, "skipped runs not known: the schedule cannot be read"),
        ("", 7, "skipped runs not known: the schedule cannot be read"),
        ("0 0 31 2 *", 7, "skips no run: the schedule never runs"),
        ("0 0 1 1 *", 7, "skips no run"),
        ("0 2 * * 1-5", 1, "skips 1 run, 2026-11-24 02:00 UTC"),
        ("*/10 * * * *", 600 / DAY, "skips 1 run, 2026-11-23 12:10 UTC"),
        ("0 2 * * *", 2, "skips 2 runs, first 2026-11-24 02:00 UTC, then 2026-11-25 02:00 UTC"),
        (
            "0 */6 * * *",
            1.25,
            (
                "skips 5 runs, first 2026-11-23 18:00 UTC, then 2026-11-24 00:00 UTC, "
                "2026-11-24 06:00 UTC, 2026-11-24 12:00 UTC and 2026-11-24 18:00 UTC"
            ),
        ),
        ("0 */6 * * *", 1.5, "skips 6 runs, first 2026-11-23 18:00 UTC"),
        # Words with a clock time or a day are those of the schedule's zone, not the reader's.
        ("0 2 * * 1-5", 14, "skips 10 runs, first 2026-11-24 02:00 UTC"),
        ("*/10 * * * 1-5", 0.5, "skips 72 runs, first 2026-11-23 12:10 UTC"),
        ("0 * * * *", 99 / 24, "skips 99 runs (every hour), first 2026-11-23 13:00 UTC"),
        ("0 * * * *", 100 / 24, "skips about 100 runs (every hour), first 2026-11-23 13:00 UTC"),
        (
            "*/10 * * * *",
            7,
            "skips about 1,008 runs (every 10 minutes), first 2026-11-23 12:10 UTC",
        ),
        ("*/40 * * * *", 7, "skips about 336 runs, first 2026-11-23 12:40 UTC"),
        (
            "* * * * * *",
            366,
            "skips about 31,622,400 runs (every second), first 2026-11-23 12:00:01 UTC",
        ),
        (
            "*/30 * * * * *",
            60 / DAY,
            (
                "skips 2 runs (every 30 seconds), first 2026-11-23 12:00:30 UTC, "
                "then 2026-11-23 12:01:00 UTC"
            ),
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_skipped_runs(cron: str, days: float, words: str) -> None:
    assert said(runs_between(cron, NOON, NOON + days * DAY), cron) == words


@pytest.mark.parametrize("cron", ["0 2 * * *", "0 0 31 2 *", "nonsense"])
def test_a_line_of_its_own_begins_with_a_capital_letter(cron: str) -> None:
    runs = runs_between(cron, NOON, NOON + DAY)
    shown = "\n".join(describe_blocks([paragraph([skips_line(runs, cron)])]))
    assert shown == "S" + said(runs, cron).removeprefix("s")
