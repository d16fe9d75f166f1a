"""What a command does not need is not loaded for it."""

import subprocess
import sys

import pytest

# Which take longest to load: the job engine, Slack's framework, the sign-in library, the servers.
HEAVY = ("docket", "slack_bolt", "msal", "aiohttp", "starlette", "uvicorn", "bot.app")
LOADED = """
import sys
from bot.__main__ import app
try:
    app(sys.argv[1:], prog_name="edfs-bot")
finally:
    print("loaded:", *sorted(sys.modules))
"""


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["--help"], id="help"),
        pytest.param(["keys", "new"], id="a new key"),
        pytest.param(["policy", "check", "none.toml"], id="the policy file"),
    ],
)
def test_a_command_without_a_bot_loads_none(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", LOADED, *command], capture_output=True, text=True, check=False
    )
    _, _, loaded = done.stdout.partition("loaded: ")
    assert "bot.cli.policy" in loaded.split(), done.stderr
    assert [name for name in HEAVY if name in loaded.split()] == []
