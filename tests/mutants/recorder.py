"""A pytest plugin that writes down what each test costs and how it ends, for one run.

The cost is processor time, which is the same on a crowded machine.
"""

import json
import os
import resource
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

FILE = "EDFS_MUTANTS_RECORD"
SPENT = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    item.stash[SPENT] = _processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    now = _processor_seconds()
    report.cost, item.stash[SPENT] = now - item.stash[SPENT], now
    return report


class Recorder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._costs: dict[str, float] = {}
        self._failed: set[str] = set()
        self._skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        cost = getattr(report, "cost", 0.0)  # xdist reports a worker that crashed without one
        self._costs[report.nodeid] = self._costs.get(report.nodeid, 0.0) + cost
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.skipped:
            self._skipped.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        useful = self._costs.keys() - self._failed - self._skipped
        passed = {test: self._costs[test] for test in sorted(useful)}
        record = {"passed": passed, "failed": sorted(self._failed)}
        self._path.write_text(json.dumps(record), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # the controller hears of every worker's tests
        config.pluginmanager.register(Recorder(Path(os.environ[FILE])))


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
