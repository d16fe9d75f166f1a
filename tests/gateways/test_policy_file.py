"""The policy's file under a running bot: changed, broken, gone, half written."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.core.policy.rules import Policy
from bot.gateways.policy_file import PolicyFile, read_policy
from bot.gateways.policy_toml import PolicyBroken
from bot.sandbox.world import World
from tests.world.ports import kept_port
from tests.world.processes import BotProcess, environment_of
from tests.world.waiting import until, wait_until

ONE, TWO = "[defaults]\napprovals = 1\n", "[defaults]\napprovals = 2\n"
BROKEN = '[defaults]\nconfirm = true\nchannel = "canary"\nexpires = 3\n'


def put(path: Path, text: str) -> None:
    """Put a finished file in the place of the old one, as the manual advises."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    put(tmp_path / "policy.toml", ONE)
    return tmp_path / "policy.toml"


@pytest.fixture
def rules(path: Path) -> PolicyFile:
    loaded = PolicyFile(path)
    loaded.load()
    return loaded


def approvals(rules: PolicyFile) -> int | None:
    return rules.current.defaults.approvals


def test_a_changed_file_is_taken_and_an_unchanged_one_is_not_read(
    path: Path, rules: PolicyFile
) -> None:
    assert (approvals(rules), rules.refresh()) == (1, False)
    put(path, TWO)
    with capture_logs() as said:
        assert (rules.refresh(), approvals(rules)) == (True, 2)
        assert rules.refresh() is False
    assert [event["event"] for event in said] == ["policy.changed"]
    put(path, f"# said otherwise, meant alike\n{TWO}")
    assert (rules.refresh(), approvals(rules)) == (False, 2)


def test_a_file_written_in_place_is_taken_too(path: Path, rules: PolicyFile) -> None:
    path.write_text(f"{TWO}\n")
    assert (rules.refresh(), approvals(rules)) == (True, 2)
    # As long, and as old by its own account: what is left is the tick when it was touched.
    old = path.stat()

    def touched() -> bool:
        path.write_text(f"{ONE}\n")
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
        return path.stat().st_ctime_ns != old.st_ctime_ns

    wait_until(touched)
    assert (rules.refresh(), approvals(rules)) == (True, 1)


def test_what_changes_while_it_is_read_is_not_taken(path: Path, rules: PolicyFile) -> None:
    os.mkfifo(path.with_suffix(".pipe"))
    path.with_suffix(".pipe").replace(path)

    def write() -> None:
        with path.open("w") as pipe:  # waits for the reader
            put(path, "[defaults]\napprovals = 3\n")
            pipe.write(TWO)

    with ThreadPoolExecutor() as aside:
        writing = aside.submit(write)
        assert not rules.refresh()
        writing.result()
    assert approvals(rules) == 3


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (BROKEN, {"event": "policy.broken", "line": 3, "key": "channel", "problems": 2}),
        ("", {"event": "policy.broken", "line": 1, "key": "", "problems": 1}),
        (None, {"event": "policy.unreadable", "error": "FileNotFoundError"}),
    ],
)
def test_a_broken_or_vanished_file_keeps_the_last_good_one_and_is_told_of_once(
    path: Path, rules: PolicyFile, text: str | None, event: dict[str, Any]
) -> None:
    with capture_logs() as said:
        path.unlink() if text is None else put(path, text)
        assert [rules.refresh() for _ in range(3)] == [False] * 3
        if text is not None:
            put(path, text)  # the same again
            assert rules.refresh() is False
    assert said == [{**event, "kept": True, "log_level": "error"}]
    assert approvals(rules) == 1
    with capture_logs() as said:
        assert rules.reload() is False  # somebody asked: it is said again
    assert len(said) == 1
    put(path, TWO)
    assert (rules.refresh(), approvals(rules)) == (True, 2)


def test_it_breaks_again_and_is_told_of_again(path: Path, rules: PolicyFile) -> None:
    with capture_logs() as said:
        for text in (BROKEN, ONE, BROKEN, TWO):
            put(path, text)
            rules.refresh()
    assert [event["event"] for event in said] == ["policy.broken"] * 2 + ["policy.changed"]


def test_reload_reads_whatever_the_file_looks_like(path: Path, rules: PolicyFile) -> None:
    put(path, TWO)
    assert (rules.reload(), rules.reload(), rules.refresh()) == (True, False, False)


def test_at_the_start_a_file_has_to_be_right(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PolicyFile(path.with_name("none")).load()
    put(path, BROKEN)
    with pytest.raises(PolicyBroken) as broken:
        PolicyFile(path).load()
    found = [(problem.line, problem.key) for problem in broken.value.problems]
    assert found == [(3, "channel"), (4, "expires")]
    assert "canary" not in str(broken.value)


def test_without_a_path_nothing_is_asked() -> None:
    none = PolicyFile(None)
    none.load()
    assert (none.current, none.refresh(), none.reload()) == (Policy(), False, False)


def test_a_mark_in_front_is_borne_and_another_encoding_is_not(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + ONE.encode())
    assert read_policy(path).defaults.approvals == 1
    path.write_bytes(ONE.encode() + "# Überlandwerk\n".encode("latin-1"))
    with pytest.raises(PolicyBroken, match="3: must be written in UTF-8"):
        read_policy(path)


async def test_a_running_bot_tells_of_a_broken_file_and_again_at_a_hangup(
    path: Path, redis_url: str
) -> None:
    world, log = World(), path.with_name("log")
    await world.open()
    with kept_port() as port, kept_port() as admin:
        environment = environment_of(world, path.parent, port, admin)
        environment |= {"REDIS_URL": redis_url, "EDFS_BOT_POLICY": str(path)}
        bot = BotProcess(environment, log, fresh=False)
        try:
            await bot.listens(port)
            put(path, BROKEN)
            await told(log, 1)
            bot.send(signal.SIGHUP)
            await told(log, 2)
            assert bot.exit_code is None
            bot.send(signal.SIGTERM)
            assert await bot.ended() == 0, log.read_text()
            again = BotProcess(environment, log, fresh=False)
            assert await again.ended() == 2
        finally:
            bot.kill()
            await world.close()
    last = [line.partition(": must")[0] for line in log.read_text().splitlines()[-2:]]
    assert last == [f"{path}:3: channel", f"{path}:4: expires"]
    assert "canary" not in log.read_text()


async def told(log: Path, times: int) -> None:
    await until(lambda: log.read_text().count("policy.broken") >= times)
