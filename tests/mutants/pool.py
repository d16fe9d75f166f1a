"""Tries mutants in worker processes, several at a time, until all are tried or the time is up."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tests.mutants import worker
from tests.mutants.mutations import Mutant
from tests.mutants.reach import TimedTest

TIMES_SLOWER = 10.0  # than without a mutant, in processor time, and a test loops endlessly
HUNG = "EDFS_TESTS_HUNG"  # tells the tests how many seconds of waiting mean that they hang
START, END = 300.0, 10.0  # seconds for a worker; many times what a crowded machine needs


class WorkerError(Exception):
    """A worker did not start, or ended by itself."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant and the tests for it. ``at_import``: it has to be there before it is imported."""

    mutant: Mutant
    tests: Sequence[TimedTest]
    at_import: bool


@dataclass(frozen=True, slots=True)
class Result:
    """``verdict`` is killed, survived, timed out or no test; ``by`` the test that showed it."""

    mutant: Mutant
    verdict: str
    by: str = ""
    why: str = ""
    tests: int = 0


class Worker:
    """The process of ``tests.mutants.worker`` with some test files collected."""

    def __init__(
        self, root: Path, files: Iterable[str], patience: float, instead: Mutant | None = None
    ) -> None:
        self._patience = patience
        self._folder = tempfile.TemporaryDirectory(prefix="edfs-mutants-")
        folder = Path(self._folder.name)
        self._connection, other = socket.socketpair()
        environment = {
            **os.environ,
            HUNG: str(patience),
            worker.SOCKET: str(other.fileno()),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
        }
        if instead is not None:
            environment[worker.INSTEAD] = str(folder / "instead.json")
            module = {"path": str(root / instead.path), "source": instead.source}
            module["name"] = _module_name(instead.path)
            (folder / "instead.json").write_text(json.dumps(module), encoding="utf-8")
        options = ["-p", "tests.mutants.worker", "-p", "no:cacheprovider", "-p", "no:randomly"]
        command = [sys.executable, "-m", "pytest", "-q", *options, f"--basetemp={folder / 'tmp'}"]
        self._log = (folder / "log").open("w+b")
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter
            [*command, *files], cwd=root, env=environment, pass_fds=[other.fileno()],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, process_group=0,
        )  # fmt: skip
        other.close()
        self._lines = self._connection.makefile("rw", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # with its store, where it left that
        self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def starts(self) -> str:
        """Waits until the tests are collected. Answers what was printed where they cannot be.

        Raises TimeoutError when the process neither gets there nor ends.
        """
        self._connection.settimeout(START)
        started = self._lines.readline()
        self._connection.settimeout(None)
        if started:
            return ""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace") or "it said nothing"

    def tries(
        self, mutant: Mutant | None, tests: Sequence[TimedTest], root: Path
    ) -> dict[str, Any]:
        """Runs the tests against the mutant, or against what was loaded, until one fails."""
        limits = [[test.name, self._patience + TIMES_SLOWER * test.seconds] for test in tests]
        job: dict[str, Any] = {"tests": limits, "mutant": None}
        if mutant is not None:
            job["mutant"] = {"path": str(root / mutant.path), "source": mutant.source}
            job["mutant"]["original"] = mutant.original
        self._lines.write(json.dumps(job) + "\n")
        self._lines.flush()
        line = self._lines.readline()
        if not line:
            raise WorkerError(f"a worker ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Pool:
    """``workers`` processes, each of which tries one mutant at a time."""

    def __init__(self, root: Path, workers: int, patience: float) -> None:
        self._root, self._workers, self._patience = root, workers, patience
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Lets the trials that run come to their end, and begins no other."""
        self._stopped.set()

    def run(self, trials: Sequence[Trial], tell: Callable[[Result], None]) -> None:
        """Tells of each result as it comes; raises WorkerError when no worker can go on."""
        self._check(trials)
        files = sorted({_file(test) for trial in trials for test in trial.tests})
        waiting, lock = iter(trials), threading.Lock()

        def next_trial() -> Trial | None:
            with lock:
                return None if self._stopped.is_set() else next(waiting, None)

        def serve() -> None:
            with Worker(self._root, files, self._patience) as warm:
                if why := warm.starts():
                    raise WorkerError(why)
                while trial := next_trial():
                    result = self._result(warm, trial)
                    with lock:
                        tell(result)

        # Who comes to grief leaves its work to the others, as long as there are others.
        count = min(self._workers, len(trials))
        with ThreadPoolExecutor(max(count, 1)) as threads:
            served = [threads.submit(serve) for _ in range(count)]
        failures = [error for one in served if (error := one.exception())]
        if failures and (len(failures) == count or not all(map(_is_ours, failures))):
            raise failures[0]

    def _check(self, trials: Sequence[Trial]) -> None:
        """Raises WorkerError where a file that is imported instead of itself fails its tests.

        Otherwise whatever keeps the workers from running any test would pass for a mutant's end.
        """
        if trial := next((trial for trial in trials if trial.tests), None):
            mutant = replace(trial.mutant, source=trial.mutant.original)
            answer = self._imported(replace(trial, mutant=mutant))
            if answer["verdict"] != "survived":
                raise WorkerError(f"without a mutant: {answer}")

    def _result(self, warm: Worker, trial: Trial) -> Result:
        if not trial.tests:
            return Result(trial.mutant, "no test")
        answer = {"verdict": "import needed"}
        if not trial.at_import:
            answer = warm.tries(trial.mutant, trial.tests, self._root)
        if answer["verdict"] == "import needed":
            answer = self._imported(trial)
        return Result(
            trial.mutant, answer["verdict"], answer.get("by", ""), answer.get("why", ""),
            len(trial.tests),
        )  # fmt: skip

    def _imported(self, trial: Trial) -> dict[str, Any]:
        """Tries the mutant in a process of its own, which imports it."""
        files = sorted({_file(test) for test in trial.tests})
        with Worker(self._root, files, self._patience, instead=trial.mutant) as cold:
            try:
                why = cold.starts()
            except TimeoutError:
                return {"verdict": "timed out", "by": "the import", "why": f"over {START:.0f} s"}
            if why:
                last = why.rstrip().rpartition("\n")[2]
                return {"verdict": "killed", "by": "the import", "why": last}
            return cold.tries(None, trial.tests, self._root)


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, WorkerError | TimeoutError)


def _file(test: TimedTest) -> str:
    return test.name.partition("::")[0]


def _module_name(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
