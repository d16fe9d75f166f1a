"""The command line as real processes: the sandbox and its API, the bot itself, doctor, keys."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.gateways.sealing import KeyRing
from bot.sandbox.world import World
from tests.world.waiting import wait_until

ROOT = Path(__file__).parents[2]
TOGGLE = '/edfs toggle plant-a "SAP work orders"'


def free_ports(count: int) -> int:
    """Return the first of ``count`` consecutive free ports.

    They are below those that the system gives to whoever connects, and each process that runs
    tests begins elsewhere: between looking and listening nobody takes one.
    """
    for start in range(20_000 + os.getpid() % 1_000 * 10, 32_000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(start, start + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return start
    raise AssertionError("no free ports")


@contextlib.contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME"} or name.startswith("COV")
    }
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
            running.communicate()


def until(look: Callable[[], Any], running: subprocess.Popen[str] | None = None) -> Any:
    """Wait for a response that contains the text, as long as this process runs."""

    def found() -> Any:
        assert running is None or running.poll() is None, running.communicate()
        with contextlib.suppress(httpx.HTTPError):
            return look()
        return None

    return wait_until(found)


def answered(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=None)  # noqa: S113 - the test run has its limit


class Api:
    def __init__(self, port: int) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/sandbox/api",
            trust_env=False,
            timeout=None,  # noqa: S113 - the test run has its limit
        )

    def close(self) -> None:
        self._client.close()

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get("/state").json()
        return answer

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def message(self, words: str) -> dict[str, Any] | None:
        return next((m for m in self.state()["messages"] if words in m["text"]), None)

    def timer(self) -> dict[str, Any]:
        return next(
            t
            for t in self.state()["timers"]
            if (t["itwin"], t["name"]) == ("plant-a", "SAP work orders")
        )


def main_job(api: Api) -> None:
    before = api.timer()["enabled"]
    api.post("/type", **{"as": "alice", "in": "#plant-ops", "text": TOGGLE})
    until(lambda: api.message("Sign in to iTwin"))
    api.post("/sign-in", **{"as": "alice"})
    until(lambda: api.message("Signed in"))
    api.post("/click", **{"as": "alice", "action": "Continue"})
    until(lambda: api.message("SAP work orders is now"))
    state = api.state()
    cards = [m for m in state["messages"] if m["visible_to"] is None]
    flips = [c for c in state["calls"] if c["method"] == "PATCH"]
    assert [len(cards), len(flips)] == [1, 1]
    assert api.timer()["enabled"] is not before
    assert ("disabled" if before else "enabled") in cards[0]["text"]


def test_the_sandbox_api_disables_a_timer_and_again_after_a_reset() -> None:
    port = free_ports(5)
    with (
        process("sandbox", "--headless", "--port", str(port)) as running,
        contextlib.closing(Api(port)) as api,
    ):
        until(api.state, running)
        main_job(api)
        api.post("/clock", forward=7_200)
        api.post("/click", **{"as": "alice", "action": "Undo"})
        until(lambda: api.message("SAP work orders is now enabled"))
        api.post("/reset")
        assert api.state()["messages"] == []
        main_job(api)


def test_the_sandbox_in_a_terminal() -> None:
    port = free_ports(5)
    lines = [f"alice #plant-ops {TOGGLE}", "alice signs in", "alice clicks Continue", "quit"]
    with process("sandbox", "--port", str(port)) as running:
        out, err = running.communicate("\n".join(lines) + "\n")
    assert "SAP work orders is now disabled" in out, err
    assert "[Undo]" in out
    assert running.returncode == 0


def test_a_missing_setting_ends_the_start_with_one_line() -> None:
    with process("run") as running:
        out, err = running.communicate()
    assert (running.returncode, out) == (2, "")
    assert err.startswith("SLACK_BOT_TOKEN is missing. Where to get it: ")
    assert err.count("\n") == 1


def test_a_new_key_is_accepted_by_the_key_ring() -> None:
    with process("keys", "new") as running:
        out, _ = running.communicate()
    KeyRing.parse(out)


@pytest.fixture
async def world() -> Any:
    here = World()
    await here.open()
    yield here
    await here.close()


async def test_run_serves_both_apps_until_a_signal(world: World, tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415

    port = free_ports(2)
    environment = {
        **world.settings(f"http://bot.localhost:{port}"),
        "EDFS_BOT_BIND": f"127.0.0.1:{port}",
        "EDFS_BOT_ADMIN_BIND": f"127.0.0.1:{port + 1}",
        "EDFS_BOT_STATE_DIR": str(tmp_path),
    }

    def walk() -> str:
        with process("run", **environment) as running:
            until(lambda: answered(f"http://127.0.0.1:{port}/healthz").text)
            ready = answered(f"http://127.0.0.1:{port + 1}/readyz")
            assert (ready.status_code, ready.text) == (200, "ready")
            metrics = answered(f"http://127.0.0.1:{port + 1}/metrics")
            assert "python_info" in metrics.text
            running.send_signal(signal.SIGTERM)
            _, err = running.communicate()
            assert running.returncode == 0, err
            return err

    err = await asyncio.to_thread(walk)
    assert environment["SLACK_BOT_TOKEN"] not in err
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


async def test_doctor_reports_each_part(world: World, tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415

    environment = {
        **world.settings("http://bot.localhost:3000"),
        "EDFS_BOT_STATE_DIR": str(tmp_path),
    }

    def ask(**changes: str) -> tuple[int, str]:
        with process("doctor", **{**environment, **changes}) as running:
            _, err = running.communicate()
            return running.returncode, err

    code, said = await asyncio.to_thread(ask)
    assert code == 0, said
    assert "ok    store     embedded, answers, appends to a file, evicts nothing" in said
    assert "ok    slack     workspace acme (T0EDFSBOT1)" in said
    assert "/link/callback" in said

    wrong = {"SLACK_BOT_TOKEN": "xoxb-wrong", "IMS_ISSUER": "http://127.0.0.1:9"}
    code, said = await asyncio.to_thread(lambda: ask(**wrong, ITWIN_API_URL="http://127.0.0.1:9"))
    assert code == 1
    assert "FAIL  slack     refuses the token (invalid_auth): copy SLACK_BOT_TOKEN again" in said
    assert "FAIL  sign-in" in said
    assert "FAIL  edfs      cannot be reached (ConnectError)" in said
    assert "xoxb-wrong" not in said

    keys = KeyRing.new_key()
    away = {"REDIS_URL": f"unix://{tmp_path}/none.sock", "EDFS_BOT_KEYS": keys}
    code, said = await asyncio.to_thread(lambda: ask(**away))
    assert code == 1
    assert "FAIL  store" in said
