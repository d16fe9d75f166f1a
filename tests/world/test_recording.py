"""The record of a run: what every worker's tests sent to Slack, once, in one order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world.recording import read

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/sandbox/test_slack_modals.py", "tests/sandbox/test_story.py")
# A child that is measured, or takes itself for a worker of this run, would be another run.
NOT_THEIRS = ("PYTEST_", "COVERAGE_", "COV_")


def ran(target: Path, *more: str) -> list[tuple[str, object]]:
    command = [sys.executable, "-m", "pytest", "-q", f"--record={target}", *TESTS, *more]
    told = {name: value for name, value in os.environ.items() if not name.startswith(NOT_THEIRS)}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return list(read(target))


@pytest.mark.timeout(900)
def test_what_is_sent_to_slack_is_kept(tmp_path: Path, *, deep: bool) -> None:
    target = tmp_path / "record.jsonl"
    target.with_name(f"{target.name}.gw7.part").write_text("what a killed run left\n")
    kept = ran(target, "-n", "2" if deep else "1")
    kinds = {name.rpartition(":")[2] for name, _ in kept}
    assert kinds >= {"message", "view", "ack", "options"}, kinds
    assert all(name.startswith("tests/sandbox/") for name, _ in kept)
    lines = target.read_text("utf-8").splitlines()
    assert lines == sorted(set(lines))
    if deep:
        assert {name for name, _ in ran(target)} == {name for name, _ in kept}
