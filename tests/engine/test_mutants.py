"""One rule of the engine taken away at a time: the schedules must show each.

A copy of the tree is edited. Text that is not there any more fails the test too: then the rule has
moved, and the edit has to follow it.
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
SECONDS = 500
SHOWN = re.compile(r"^E +AssertionError: (INV\d+)", re.MULTILINE)
NUMBER = re.compile(r"in schedule (\d+)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """``line`` stands in ``file`` once and is put in other words; ``often`` is for normal runs."""

    rule: str
    file: str
    line: str
    instead: str
    often: bool = False


SENDING, LOOKING = "bot/engine/sending.py", "bot/engine/verification.py"
STORE = "bot/gateways/store/operations.py"
SCRIPTS, TRANSITIONS = (
    "bot/gateways/store/operation_scripts.py",
    "bot/core/operations/transitions.py",
)
TIMERS = "bot/features/timers.py"
KEPT_CHECK = "if redis.call('EXISTS', KEYS[1]) == 1 then return {'kept', ARGV[1]} end\n"
RECENT_CHECK = (
    "if recent and (holder == recent or redis.call('HGET', KEYS[5], 'ended') == recent) then\n"
    "  return {'again', recent}\nend\n"
)
LOST = """            lost = events.Lost(self.now, trouble_of(error, self.now))
            return await self._record(operation, lost)
"""
RESENT = "            return await self._not_executed(operation, error)\n"
SWITCH_CHECK = (
    "if ARGV[8] == 'permit' and redis.call('EXISTS', KEYS[7]) == 1 then return {'off'} end\n"
)
VERSION_CHECK = "if version ~= ARGV[2] then\n"
RECOVERED = """        lost = Trouble("Unclear", operation="toggle", why="crash")
        return await self.apply(operation, events.Lost(self.now, lost))
"""
REQUEUED = """        lost = Trouble("Unclear", operation="toggle", why="crash")
        return await self.apply(operation, events.NotExecuted(self.now, lost, self.now))
"""
COMPARED = """    if timer.enabled is not first.wanted:
        raise CannotUndo("changed")
"""
MUTANTS = [
    Mutant("a PATCH without an answer is sent again", SENDING, LOST, RESENT, often=True),
    Mutant(
        "a verdict comes from a read begun before the flip had settled",
        TRANSITIONS,
        "if event.begun_at < operation.quiet_at:",
        "if event.at < operation.quiet_at:",
    ),
    Mutant(
        "a verdict comes at once",
        TRANSITIONS,
        "if event.begun_at < operation.quiet_at:",
        "if operation.quiet_at < 0:",
    ),
    Mutant(
        "who never came back is taken to have sent at once",
        TRANSITIONS,
        "at + terms.send + terms.patch + terms.settle",
        "at + terms.settle",
    ),
    Mutant("a timer has no lock", SCRIPTS, "if holder then return {'busy', holder} end\n", ""),
    Mutant("an operation delivered again begins again", SCRIPTS, KEPT_CHECK, ""),
    Mutant("a wish repeated is another one", SCRIPTS, RECENT_CHECK, ""),
    Mutant("a lock ends by time", STORE, "self._held = self._kept", "self._held = 30"),
    Mutant(
        "a permit compares nothing",
        SCRIPTS,
        VERSION_CHECK,
        "if version ~= ARGV[2] and ARGV[8] ~= 'permit' then\n",
        often=True,
    ),
    Mutant("a permit is given while changes are off", SCRIPTS, SWITCH_CHECK, ""),
    Mutant("what was being sent is queued again", LOOKING, RECOVERED, REQUEUED),
    Mutant("an undo compares nothing", TIMERS, COMPARED, ""),
]


def edited(mutant: Mutant) -> str:
    """Return the file without the rule; its text must stand there once."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    found = text.count(mutant.line)
    assert found == 1, f"“{mutant.rule}”: the text stands {found} times in {mutant.file}"
    return text.replace(mutant.line, mutant.instead)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_what_is_edited_is_still_there(mutant: Mutant) -> None:
    assert edited(mutant)


def mutated(mutant: Mutant, root: Path) -> None:
    """Copy what the schedules need, and take the rule away."""
    for folder in ("bot", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / mutant.file).write_text(edited(mutant), encoding="utf-8")


@pytest.mark.timeout(SECONDS + 100)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_the_schedules_show_that(mutant: Mutant, tmp_path: Path, *, deep: bool) -> None:
    if not (deep or mutant.often):
        pytest.skip("only with --deep")
    mutated(mutant, tmp_path)
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
