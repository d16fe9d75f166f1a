"""Mutants of the engine, each without one of its rules: the schedules must show every one.

A copy of the tree is edited. Text that is not there any more fails the test too: the rule has moved
then, and the edit has to follow it.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = "tests/engine/test_rules.py"
SCHEDULES = 2_500
SHOWN = re.compile(r"^E +AssertionError: (INV\d+)", re.MULTILINE)
NUMBER = re.compile(r"in schedule (\d+)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """``line``, which is in ``file`` once, is replaced; ``often``: also in normal runs."""

    rule: str
    file: str
    line: str
    instead: str
    often: bool = False


SENDING, VERIFICATION = "bot/engine/sending.py", "bot/engine/verification.py"
STORE = "bot/gateways/store/operations.py"
START_SCRIPT = "bot/gateways/store/scripts/start_operation.lua"
CHANGE_SCRIPT = "bot/gateways/store/scripts/change_operation.lua"
TRANSITIONS = "bot/core/operations/transitions.py"
TIMERS = "bot/features/timers.py"
EXISTS_CHECK = "if redis.call('EXISTS', KEYS[1]) == 1 then return {'exists', id} end\n"
DUPLICATE_CHECK = (
    "if recent and (holder == recent or redis.call('HGET', KEYS[5], 'ended') == recent) then\n"
    "  return {'duplicate', recent}\nend\n"
)
RESPONSE_LOST = """            lost = events.ResponseLost(self.now, failure_from(error, self.now))
            return await self._record(operation, lost)
"""
SENT_AGAIN = "            return await self._not_executed(operation, error)\n"
SWITCH_CHECK = "  if redis.call('EXISTS', KEYS[7]) == 1 then return {'stopped'} end\n"
VERSION_CHECK = "if version ~= ARGV[2] then\n"
RECOVERED = """        lost = Failure(FailureKind.UNCLEAR, operation="toggle", why="crash")
        return await self.apply(operation, events.ResponseLost(self.now, lost))
"""
REQUEUED = """        lost = Failure(FailureKind.UNCLEAR, operation="toggle", why="crash")
        return await self.apply(operation, events.NotExecuted(self.now, lost, self.now))
"""
COMPARED = """    if timer.enabled is not first.wanted:
        raise CannotUndo("changed")
"""
MUTANTS = [
    Mutant(
        "a PATCH without a response is sent again",
        SENDING,
        RESPONSE_LOST,
        SENT_AGAIN,
        often=True,
    ),
    Mutant(
        "a verdict comes from a read that began before the flip had settled",
        TRANSITIONS,
        "if event.begun_at < operation.settled_at:",
        "if event.at < operation.settled_at:",
    ),
    Mutant(
        "a verdict comes at once",
        TRANSITIONS,
        "if event.begun_at < operation.settled_at:",
        "if operation.settled_at < 0:",
    ),
    Mutant(
        "a worker that died is taken to have sent at once",
        TRANSITIONS,
        "at + timeouts.send + timeouts.patch + timeouts.settle",
        "at + timeouts.settle",
    ),
    Mutant(
        "a timer has no lock",
        START_SCRIPT,
        "if holder then return {'busy', holder} end\n",
        "",
    ),
    Mutant("an operation delivered again is started again", START_SCRIPT, EXISTS_CHECK, ""),
    Mutant("a repeated change is another one", START_SCRIPT, DUPLICATE_CHECK, ""),
    Mutant(
        "a lock ends by time",
        STORE,
        "self._lock_lifetime = self._lifetime",
        "self._lock_lifetime = 30",
    ),
    Mutant(
        "a permit compares nothing",
        CHANGE_SCRIPT,
        VERSION_CHECK,
        "if version ~= ARGV[2] and kind ~= 'permit' then\n",
        often=True,
    ),
    Mutant("a permit is given while changes are stopped", CHANGE_SCRIPT, SWITCH_CHECK, ""),
    Mutant("what was being sent is queued again", VERIFICATION, RECOVERED, REQUEUED),
    Mutant("an undo compares nothing", TIMERS, COMPARED, ""),
]


def edited(mutant: Mutant) -> str:
    """Return the file without the rule, whose text must be there once."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    found = text.count(mutant.line)
    assert found == 1, f"“{mutant.rule}”: the text is there {found} times in {mutant.file}"
    return text.replace(mutant.line, mutant.instead)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_the_text_of_each_rule_is_there_once(mutant: Mutant) -> None:
    assert edited(mutant)


def write_mutant(mutant: Mutant, root: Path) -> None:
    """Copy what the schedules need, and remove the rule."""
    for folder in ("bot", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / mutant.file).write_text(edited(mutant), encoding="utf-8")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(one, id=one.rule, marks=() if one.often else pytest.mark.deep)
        for one in MUTANTS
    ],
)
def test_the_schedules_show_each_mutant(mutant: Mutant, tmp_path: Path) -> None:
    write_mutant(mutant, tmp_path)
    command = [sys.executable, "-m", "pytest", RULES, "-x", "-q", "-k", "[0]"]
    done = subprocess.run(  # noqa: S603 - our own tests
        [*command, "-p", "no:randomly", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "EDFS_RULES_SCHEDULES": str(SCHEDULES)},
        capture_output=True,
        text=True,
        check=False,
    )
    shown, number = SHOWN.search(done.stdout), NUMBER.search(done.stdout)
    assert done.returncode == 1, f"nothing showed that {mutant.rule}:\n{done.stdout}{done.stderr}"
    assert shown, f"something else than a rule failed:\n{done.stdout}"
    print(f"{mutant.rule}: {shown[1]}, schedule {number and number[1]}")  # noqa: T201 - for -rP
