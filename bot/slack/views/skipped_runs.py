"""The one sentence about runs that a disabled timer skips: "skips 2 runs, first tomorrow …"."""

from dataclasses import replace

from bot.core.schedules import Runs, never_runs, often
from bot.slack.views.blocks import Line, Part, Text, Timestamp, line

# A count of so many is said to be "about": it moves with the minute in which a change takes effect.
_MANY = 100


def skips_line(runs: Runs | None, cron: str) -> Line:
    """Return what ``skips`` says, as a line of its own."""
    first, *rest = skips(runs, cron)
    if isinstance(first, Text):
        first = replace(first, text=first.text[:1].upper() + first.text[1:])
    return (first, *rest)


def skips(runs: Runs | None, cron: str) -> Line:
    """Say how many runs are skipped, and which: five at most one by one, of more the first.

    ``cron`` is the schedule that they are of; ``runs`` is None where it cannot be read. The line
    begins with a small letter and ends without a full stop, so that it can stand among others.
    """
    if runs is None:
        return line("skipped runs not known: the schedule cannot be read")
    if not runs.count:
        never = ": the schedule never runs" if never_runs(cron) else ""
        return line(f"skips no run{never}")
    if runs.count == 1:
        return line("skips 1 run, ", *_listed(runs.at))
    about = "about " if runs.count >= _MANY else ""
    words = often(cron)
    said = f"skips {about}{runs.count:,} runs{f' ({words})' if words else ''}, first "
    return line(said, *_listed(runs.at if runs.count == len(runs.at) else runs.at[:1]))


def _listed(moments: tuple[float, ...]) -> list[Part | str]:
    """List moments, to the second where they are not of whole minutes."""
    exact = any(at % 60 for at in moments)
    parts: list[Part | str] = []
    for place, at in enumerate(moments):
        last = place == len(moments) - 1
        between = ", then " if place == 1 else " and " if last else ", "
        parts += [*([between] if place else []), Timestamp(at, exact=exact)]
    return parts
