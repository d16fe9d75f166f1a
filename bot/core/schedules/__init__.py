"""Schedules as EDFS has them: cron expressions of Cronos, their next runs, and them in words."""

from bot.core.schedules.counting import Runs, runs_between
from bot.core.schedules.runs import after_runs, never_runs, next_run, on_the_clock
from bot.core.schedules.words import in_words, often

__all__ = [
    "Runs",
    "after_runs",
    "in_words",
    "never_runs",
    "next_run",
    "often",
    "on_the_clock",
    "runs_between",
]
