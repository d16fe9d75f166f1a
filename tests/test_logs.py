"""Logs hold one JSON object a line, and no secret whoever said it."""

import json
import logging
import subprocess
import sys

import pytest

from bot.logs import redact

SECRETS = [
    "xoxb-123-456-abc",
    "xapp-1-A0-123-abc",
    "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
    "Bearer abc.def-ghi",
    "https://hooks.slack.com/commands/T0/1/abc",
    "/link/T0EDFSBOT1.secretsecretsecret",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_struck_out(secret: str) -> None:
    assert secret not in redact(f"before {secret} after")


def test_codes_and_states_in_addresses_are_struck_out() -> None:
    struck = redact("GET /link/callback?code=abc123&state=def456 HTTP/1.1")
    assert "abc123" not in struck
    assert "def456" not in struck


def test_a_line_of_a_library_is_one_json_object() -> None:
    script = (
        "import logging; from bot.logs import set_up; set_up();"
        "import structlog;"
        "log = logging.getLogger('somebody');"
        "log.warning('two\\nlines xoxb-1-2-3');"
        "\ntry: raise ValueError('state xoxb-4-5-6')\nexcept ValueError: log.exception('broke')\n"
        "structlog.get_logger('own').info('said', token='Bearer abc.def')\n"
        "logging.getLogger('msal').info('never')"
    )
    ran = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["two\nlines [struck out]", "broke", "said"]
    assert lines[1]["error"] == "ValueError"
    assert "xoxb" not in ran.stderr
    assert "abc.def" not in ran.stderr
    assert logging.getLogger("nobody").level == logging.NOTSET
