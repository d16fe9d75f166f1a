"""The record of a run: what every worker's tests sent to Slack, once, in one order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recording import read

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/test_stand_ins_modals.py", "tests/test_stand_ins_story.py")


def ran(target: Path, *more: str) -> list[tuple[str, object]]:
    command = [sys.executable, "-m", "pytest", "-q", f"--record={target}", *TESTS, *more]
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return list(read(target))


@pytest.mark.timeout(120)
def test_what_is_sent_to_slack_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "record.jsonl"
    target.with_name(f"{target.name}.gw7.part").write_text("what a killed run left\n")
    alone = ran(target)
    kinds = {name.rpartition(":")[2] for name, _ in alone}
    assert kinds >= {"message", "view", "ack", "options"}, kinds
    assert all(name.startswith("tests/test_stand_ins_") for name, _ in alone)
    lines = target.read_text("utf-8").splitlines()
    assert lines == sorted(set(lines))
    spread = ran(target, "-n", "2")
    assert {name for name, _ in spread} == {name for name, _ in alone}
