"""The table at the end of the run: rows are faults, columns are steps."""

from collections import Counter, defaultdict

import pytest

from tests.faults.matrix import End, Fault, Step, cell

PROPERTY = "fault-cell"
FAILED = "!"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Collected from the reports, so that it is all there under xdist too."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == PROPERTY and getattr(report, "when", "") == "call":
                    fault, step, end = value
                    counts[fault, step][end] += 1
    if counts:
        terminalreporter.section("faults")
        for line in lines(counts):
            terminalreporter.write_line(line)


def lines(counts: dict[tuple[str, str], Counter[str]]) -> list[str]:
    runs = sum(count.total() for count in counts.values())
    steps = [step.value for step in Step]
    head = f"{'':21}" + "".join(f"{name:>8}" for name in steps)
    body = [
        f"{fault.value:21}" + "".join(f"{_shown(fault, step, counts):>8}" for step in Step)
        for fault in Fault
    ]
    ends = " · ".join(f"{end.value} {end.name.lower().replace('_', ' ')}" for end in End)
    return [
        head,
        *body,
        f"{runs} runs in {len(counts)} cells; a cell says how many runs ended how: {ends};",
        f"{FAILED} failed; - not run now; empty: the two cannot meet (matrix.py says why).",
    ]


def _shown(fault: Fault, step: Step, counts: dict[tuple[str, str], Counter[str]]) -> str:
    if cell(fault, step).senseless:
        return ""
    count = counts.get((fault.value, step.value))
    return "".join(f"{n}{end}" for end, n in sorted(count.items())) if count else "-"
