"""A pytest plugin that writes down what each test took and how it ended, for one run."""

import json
import os
from pathlib import Path

import pytest

FILE = "EDFS_MUTANTS_RECORD"


class Recorder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        self._skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = self._seconds.get(report.nodeid, 0.0)
        self._seconds[report.nodeid] = spent + report.duration
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.skipped:
            self._skipped.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        useful = self._seconds.keys() - self._failed - self._skipped
        passed = {test: self._seconds[test] for test in sorted(useful)}
        record = {"passed": passed, "failed": sorted(self._failed)}
        self._path.write_text(json.dumps(record), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # the controller hears of every worker's tests
        config.pluginmanager.register(Recorder(Path(os.environ[FILE])))
