"""Which tests execute which line, and what each costs: from runs under coverage, which are kept.

They are kept in a folder that git ignores. When a test file changes, it alone is run again; when
anything else does that the tests run on, all are.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from coverage import CoverageData

from tests.mutants import recorder
from tests.mutants.mutations import Mutant

KEPT_IN = ".mutants"
SETTINGS = """\
[run]
source = {sources}
data_file = {data}
parallel = true
relative_files = true
"""


class TestsFailError(Exception):
    """pytest could not run the tests, or none of them passes without a mutant."""


@dataclass(frozen=True, slots=True)
class TimedTest:
    """``seconds`` of processor time it takes without a mutant, with setup and teardown."""

    name: str
    seconds: float


SLOWER_TIMEOUT = 1_200  # seconds for a test under coverage, which notes who executes which line
DECLARED = frozenset({"tests/core/test_declared_values.py", "tests/core/test_verbs.py"})


@dataclass(frozen=True, slots=True)
class Reach:
    """What the runs under coverage showed. ``failed`` are the tests that failed by themselves."""

    data: CoverageData
    seconds: dict[str, float]
    failed: Sequence[str]

    def tests_of(self, mutant: Mutant) -> list[TimedTest]:
        """Returns the tests that execute the mutant's lines, in the order to run them.

        Those of a constant are the tests that execute anything in its file, and those that compare
        what is declared, which execute nothing.
        """
        lines = _lines(self.data, mutant.path)
        for around in (mutant.lines, mutant.statement):
            if found := {test for line in around for test in lines.get(line, ()) if test}:
                break
        else:
            imported = any(lines.get(line) for line in mutant.statement)
            found = {test for tests in lines.values() for test in tests if test and imported}
            found |= {test for test in self.seconds if imported and _file(test) in DECLARED}
        tests = [TimedTest(test, self.seconds[test]) for test in found if test in self.seconds]
        return in_turn(tests)

    def at_import(self, mutant: Mutant) -> bool:
        """True when the lines are executed while the bot and the tests are imported."""
        lines = _lines(self.data, mutant.path)
        return any("" in lines.get(line, ()) for line in mutant.lines)


def in_turn(tests: Iterable[TimedTest]) -> list[TimedTest]:
    """Sorts by cost; the second case of a parametrized test counts double, the third three times.

    So the cheapest come first, but not all cases of one test before the first of another.
    """
    cases = Counter[str]()
    weighed = []
    for test in sorted(tests, key=lambda test: (test.seconds, test.name)):
        function = test.name.partition("[")[0]
        cases[function] += 1
        weighed.append((test.seconds * cases[function], test.name, test))
    return [test for _, _, test in sorted(weighed)]


@cache
def _lines(data: CoverageData, path: str) -> dict[int, frozenset[str]]:
    """Returns the tests that execute each line; the empty name is for what no test was running."""
    return {
        line: frozenset(context.rpartition("|")[0] for context in contexts)
        for line, contexts in data.contexts_by_lineno(path).items()
    }


def reach(root: Path, sources: Iterable[str], tests: Sequence[str], workers: int) -> Reach:
    """Answers what is kept, after running what is new or has changed under coverage."""
    sources = sorted({Path(source).parts[0] for source in sources})
    files = {file for test in tests for file in _test_files(root / test)}
    now = {file.relative_to(root).as_posix(): _digest(root, [file]) for file in sorted(files)}
    others = _files(root, [*sources, *tests])
    folder = root / KEPT_IN / _digest(root, others, *sources, *tests, sys.version)
    kept = _Kept(folder)
    if changed := [file for file, digest in now.items() if kept.files.get(file) != digest]:
        kept.add(_run(root, sources, changed, workers, folder), changed)
    kept.keep(now)
    if not kept.passed:
        raise TestsFailError(f"no test of {' '.join(tests)} passes; see {folder / 'log'}")
    data = CoverageData(str(folder / "coverage"))
    data.read()
    return Reach(data, kept.passed, kept.failed)


class _Kept:
    """The test files that were run, by the digest of each, and what became of their tests."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "tests.json"
        known = json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
        self.files: dict[str, str] = known.get("files", {})
        self.passed: dict[str, float] = known.get("passed", {})
        self.failed: list[str] = known.get("failed", [])

    def add(self, record: dict[str, Any], files: Sequence[str]) -> None:
        """Replaces what is known of the tests in these files."""
        self.passed = {test: cost for test, cost in self.passed.items() if _file(test) not in files}
        self.failed = [test for test in self.failed if _file(test) not in files]
        self.passed |= record["passed"]
        self.failed += record["failed"]

    def keep(self, files: dict[str, str]) -> None:
        self.files = files
        self.passed = {test: cost for test, cost in self.passed.items() if _file(test) in files}
        known = {"files": self.files, "passed": self.passed, "failed": self.failed}
        self._file.write_text(json.dumps(known), encoding="utf-8")


def _run(
    root: Path, sources: Sequence[str], files: Sequence[str], workers: int, folder: Path
) -> dict[str, Any]:
    """Runs test files under coverage and adds what they execute to what is kept."""
    for other in folder.parent.glob("*"):
        if other != folder:
            shutil.rmtree(other)  # it is of other code
    folder.mkdir(parents=True, exist_ok=True)
    data, settings, record = folder / "new", folder / "settings", folder / "record.json"
    for old in folder.glob("new*"):
        old.unlink()
    settings.write_text(SETTINGS.format(sources=",".join(sources), data=data), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q"]
    command += ["-n", str(workers)] if workers > 1 else []
    command += ["-p", "tests.mutants.recorder", "-p", "no:cacheprovider"]
    command += ["-o", f"timeout={SLOWER_TIMEOUT}"]
    command += ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    with (folder / "log").open("wb") as log:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            [*command, *files], cwd=root, env={**os.environ, recorder.FILE: str(record)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1) or not record.exists():
        raise TestsFailError(f"pytest could not run the tests; see {folder / 'log'}")
    whole = CoverageData(str(folder / "coverage"))
    whole.read()
    new = CoverageData(str(data))
    new.read()
    whole.update(new)
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    return found


def _file(test: str) -> str:
    return test.partition("::")[0]


def _test_files(path: Path) -> set[Path]:
    return set(path.rglob("test_*.py")) if path.is_dir() else {path}


def _files(root: Path, paths: Iterable[str]) -> set[Path]:
    """The code, what the tests share, and what both run on; not what runs the mutants."""
    folders = {root / Path(path).parts[0] for path in paths}
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    files |= {*root.glob("*.toml"), *root.glob("*.lock")}
    skipped = {"__pycache__", Path(__file__).parent.name}
    files = {file for file in files if not file.match("test_*.py")}
    return {file for file in files if not skipped & set(file.relative_to(root).parts)}


def _digest(root: Path, files: Iterable[Path], *words: str) -> str:
    digest = hashlib.sha256("\n".join(words).encode())
    for file in sorted(files):
        digest.update(f"\n{file.relative_to(root)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
