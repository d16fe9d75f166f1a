"""A pytest plugin for a process that has the tests collected and tries one mutant after another.

For each mutant the process forks. The child puts the mutant in, runs the tests that it was given,
stops at the first that fails, and is gone. What the child changes, in memory or in the store, no
other mutant sees. Jobs come, and answers go, as lines of JSON over a socket.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.applying import (
    ImportNeededError,
    forget_results,
    import_instead,
    replace_functions,
)

SOCKET = "EDFS_MUTANTS_SOCKET"
INSTEAD = "EDFS_MUTANTS_INSTEAD"
MEMORY = 4 << 30  # bytes of address space; an endless loop may also fill a list
LOST = 600.0  # seconds without a word: beyond pytest's own limit, which ends what waits in vain


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Puts in the mutant that has to be there before the bot is imported, where there is one.

    A conftest imports the bot, before pytest is configured.
    """
    if file := os.environ.get(INSTEAD):
        module = json.loads(Path(file).read_text(encoding="utf-8"))
        import_instead(module["name"], Path(module["path"]), module["source"])


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Serves mutants instead of running the tests once."""
    if session.testsfailed:
        raise session.Interrupted("a test file cannot be collected")
    with socket.socket(fileno=int(os.environ[SOCKET])) as connection:
        Worker(session, connection).serve()
    return True


class Worker:
    def __init__(self, session: pytest.Session, connection: socket.socket) -> None:
        self._session, self._connection = session, connection
        self._items = {item.nodeid: item for item in session.items}
        self._failure = ""
        session.config.pluginmanager.register(self)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self._failure = str(crash.message if crash else report.longrepr).split("\n")[0] or "?"

    def serve(self) -> None:
        self._set_up_session()
        forget_results()
        with self._connection.makefile("rw", encoding="utf-8") as lines:
            _say(lines, verdict="ready")
            for line in lines:
                _say(lines, **self._try(json.loads(line)))

    def listchain(self) -> list[Any]:
        """Stands for a next test that shares nothing but the session with the one before it."""
        return [self._session]

    def _set_up_session(self) -> None:
        """Runs a test for each fixture of the session, which all children then find made."""
        made: set[str] = set()
        for item in self._items.values():
            fixtures = getattr(item, "_fixtureinfo", None)
            known = fixtures.name2fixturedefs if fixtures else {}
            of_session = {name for name, defs in known.items() if defs[-1].scope == "session"}
            if of_session - made:
                made |= of_session
                self._run(item)

    def _run(self, item: pytest.Item) -> str:
        """Answers why the test failed, with nothing where it passed."""
        self._failure = ""
        try:
            self._session.config.hook.pytest_runtest_protocol(item=item, nextitem=self)
        except BaseException as error:  # noqa: BLE001  # a mutant may raise anything
            return repr(error)
        return self._failure

    def _try(self, job: dict[str, Any]) -> dict[str, Any]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writing, "w", encoding="utf-8") as lines:
                self._be_child(job, lines)
        os.close(writing)
        said = _hear(reading)
        os.close(reading)
        for ended in (child, -child):  # the group holds what the tests of the child started
            with contextlib.suppress(ProcessLookupError):
                os.kill(ended, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        out_of_time = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGKILL)
        if "verdict" not in said:
            said |= {"verdict": "timed out" if out_of_time else "killed", "why": "it was ended"}
        return said

    def _be_child(self, job: dict[str, Any], lines: Any) -> None:
        """Runs the tests and ends the process; never returns."""
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if job["mutant"] is not None:
                mutant = job["mutant"]
                replace_functions(Path(mutant["path"]), mutant["original"], mutant["source"])
            for test, seconds in job["tests"]:
                _say(lines, by=test)
                signal.setitimer(signal.ITIMER_PROF, seconds)  # of processor time; ends the child
                if why := self._run(self._items[test]):
                    in_vain = why.endswith("from pytest-timeout.")
                    verdict = "timed out" if in_vain else "killed"
                    _say(lines, verdict=verdict, by=test, why=why)
                    break
            else:
                _say(lines, verdict="survived")
        except ImportNeededError:
            _say(lines, verdict="import needed")
        finally:
            os._exit(0)


def _hear(reading: int) -> dict[str, Any]:
    """Answers the last that the child says: the verdict, or the test that it ended in."""
    said, heard = b"{}", b""
    while select.select([reading], [], [], LOST)[0] and (data := os.read(reading, 1 << 16)):
        *complete, heard = (heard + data).split(b"\n")
        said = complete[-1] if complete else said
        if b'"verdict"' in said:
            break
    last: dict[str, Any] = json.loads(said)
    return last


def _say(lines: Any, **message: Any) -> None:
    lines.write(json.dumps(message) + "\n")
    lines.flush()
