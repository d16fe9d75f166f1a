"""``--record FILE``: what the tests send to the Slack stand-in, as JSON lines.

One ``{"name": …, "payload": …}`` a line, sorted, each once; the name is the test and the kind of
payload (message, view, response_url, ack, options), or ``view:<Outcome>:<variant>`` for what the
views draw. Each worker of a run in parallel writes a part of its own; they are joined at the end.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.sandbox.slack.state import SlackState

NAME = "recorder"
PART = ".part"


class Recorder:
    """Listens to every stand-in of this process, whoever made it."""

    def __init__(self, part: Path) -> None:
        self._file = part.open("w", encoding="utf-8", buffering=1)
        self._test = "outside a test"

    def heard(self, kind: str, payload: object) -> None:
        self.keep(f"{self._test}:{kind}", payload)

    def keep(self, name: str, payload: object) -> None:
        if isinstance(payload, Mapping):
            payload = {key: value for key, value in payload.items() if key != "token"}
        self._file.write(json.dumps({"name": name, "payload": payload}, sort_keys=True) + "\n")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        self._test = item.nodeid

    def close(self) -> None:
        self._file.close()


def begin(config: pytest.Config) -> None:
    """Record, if that is asked for; the process that leads the workers only joins their parts."""
    target = _target(config)
    if target is None:
        return
    worker = getattr(config, "workerinput", None)
    if worker is None:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in _parts(target):
            left.unlink()
    part = worker["workerid"] if worker else "main"
    recorder = Recorder(target.with_name(f"{target.name}.{part}{PART}"))
    config.pluginmanager.register(recorder, NAME)
    SlackState.listeners.append(recorder.heard)


def end(config: pytest.Config) -> None:
    recorder = config.pluginmanager.get_plugin(NAME)
    if isinstance(recorder, Recorder):
        SlackState.listeners.remove(recorder.heard)
        recorder.close()
    target = _target(config)
    if target is not None and not hasattr(config, "workerinput"):
        parts = _parts(target)
        lines = {line for part in parts for line in part.read_text("utf-8").splitlines()}
        target.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")
        for part in parts:
            part.unlink()


def recorder_of(config: pytest.Config) -> Recorder | None:
    found = config.pluginmanager.get_plugin(NAME)
    return found if isinstance(found, Recorder) else None


def _target(config: pytest.Config) -> Path | None:
    asked = config.getoption("--record")
    return config.invocation_params.dir / str(asked) if asked else None


def _parts(target: Path) -> list[Path]:
    return sorted(target.parent.glob(f"{target.name}.*{PART}"))


def read(path: Path) -> Iterator[tuple[str, object]]:
    """Yield what a finished file holds, as (name, payload)."""
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield entry["name"], entry["payload"]
