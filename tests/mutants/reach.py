"""Which tests execute which line, and how long each takes: from one run under coverage, kept.

The run is kept in a folder that git ignores, under a hash of everything it depends on.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
    """No test passes without a mutant, or pytest could not run."""


@dataclass(frozen=True, slots=True)
class Test:
    """``seconds`` is what it took without a mutant, with setup and teardown."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reach:
    """What the run under coverage showed. ``failed`` are the tests that failed without a mutant."""

    data: CoverageData
    seconds: dict[str, float]
    failed: Sequence[str]

    def tests_of(self, mutant: Mutant) -> list[Test]:
        """Returns the tests that execute the mutant's lines, fastest first."""
        lines = _lines(self.data, mutant.path)
        for around in (mutant.lines, mutant.statement):
            if found := {test for line in around for test in lines.get(line, ()) if test}:
                break
        else:
            # Nothing that a test executes: a constant. Whoever executes anything of the file.
            imported = any(lines.get(line) for line in mutant.statement)
            found = {test for tests in lines.values() for test in tests if test and imported}
        tests = [Test(test, self.seconds[test]) for test in found if test in self.seconds]
        return sorted(tests, key=lambda test: (test.seconds, test.name))

    def at_import(self, mutant: Mutant) -> bool:
        """True when the lines are executed while modules and tests are loaded."""
        lines = _lines(self.data, mutant.path)
        return any("" in lines.get(line, ()) for line in mutant.lines)


@cache
def _lines(data: CoverageData, path: str) -> dict[int, frozenset[str]]:
    """Returns the tests that execute each line; the empty name is for what no test was running."""
    return {
        line: frozenset(context.rpartition("|")[0] for context in contexts)
        for line, contexts in data.contexts_by_lineno(path).items()
    }


def reach(root: Path, sources: Iterable[str], tests: Sequence[str], workers: int) -> Reach:
    """Answers what is kept, or runs the tests under coverage first."""
    sources = sorted({Path(source).parts[0] for source in sources})
    folder = root / KEPT_IN / _digest(root, [*sources, *tests])
    record = folder / "tests.json"
    if not record.exists():
        _run(root, sources, tests, workers, folder)
    kept = json.loads(record.read_text(encoding="utf-8"))
    if not kept["passed"]:
        raise TestsFailError(f"no test of {' '.join(tests)} passes; see {folder / 'log'}")
    data = CoverageData(str(folder / "coverage"))
    data.read()
    return Reach(data, kept["passed"], kept["failed"])


def _run(
    root: Path, sources: Sequence[str], tests: Sequence[str], workers: int, folder: Path
) -> None:
    shutil.rmtree(folder.parent, ignore_errors=True)  # what was kept is of other code
    folder.mkdir(parents=True)
    data, settings, record = folder / "coverage", folder / "settings", folder / "tests.json.new"
    settings.write_text(SETTINGS.format(sources=",".join(sources), data=data), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q"]
    command += ["-n", str(workers)] if workers > 1 else []
    command += ["-p", "tests.mutants.recorder", "-p", "no:cacheprovider"]
    command += ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    with (folder / "log").open("wb") as log:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            [*command, *tests], cwd=root, env={**os.environ, recorder.FILE: str(record)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1) or not record.exists():
        raise TestsFailError(f"pytest could not run the tests; see {folder / 'log'}")
    record.replace(folder / "tests.json")  # last: an interrupted run leaves nothing to be believed


def _digest(root: Path, words: Sequence[str]) -> str:
    """A hash of the code, of the tests and of what they run on."""
    digest = hashlib.sha256("\n".join([*words, sys.version]).encode())
    folders = {root / Path(word).parts[0] for word in words}
    files = {file for folder in folders for file in folder.rglob("*") if _counts(file)}
    files |= {*root.glob("*.toml"), *root.glob("*.lock")}
    for file in sorted(files):
        digest.update(f"\n{file.relative_to(root)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _counts(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
