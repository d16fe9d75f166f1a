"""Reads the arguments of a Web API call from any of Slack's four transports.

GET with a query, POST with a query and no body, POST form (nested values as JSON text), POST JSON
(slack-platform.md section 5, as slack_sdk 3.47 was seen to do it).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.slack.blocks import complaints_about_blocks, too_many_characters
from bot.sandbox.slack.errors import WebApiError, invalid

_LONGEST_TEXT = 40_000
_NESTED = ("blocks", "view", "attachments", "metadata")


async def read_arguments(request: web.Request) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments |= _parsed_object(await request.text())
    elif request.method == "POST":
        arguments |= dict(await request.post())
    return {name: _decoded(name, value) for name, value in arguments.items()}


def token_of(request: web.Request, arguments: Mapping[str, Any]) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token:
        return token
    given = arguments.get("token")
    return given if isinstance(given, str) else None


def flag(arguments: Mapping[str, Any], name: str) -> bool:
    """A boolean argument, which arrives as true, "true" or "1"."""
    return str(arguments.get(name, "")).casefold() in {"true", "1"}


def require(arguments: Mapping[str, Any], *names: str) -> None:
    """Raises WebApiError `invalid_arguments` that names the missing arguments."""
    missing = [name for name in names if arguments.get(name) in (None, "")]
    if missing:
        raise invalid(
            "invalid_arguments", [f"[ERROR] missing required field: {name}" for name in missing]
        )


def checked_content(
    arguments: Mapping[str, Any], *, longest: int = _LONGEST_TEXT
) -> tuple[str, Sequence[Mapping[str, Any]] | None]:
    """The validated text and blocks of a message; blocks are None where not given."""
    text = arguments.get("text")
    blocks = arguments.get("blocks")
    if text is not None and not isinstance(text, str):
        raise invalid("invalid_arguments", ["[ERROR] must be a string [json-pointer:/text]"])
    if not text and not blocks and not arguments.get("attachments"):
        raise WebApiError("no_text")
    if len(text or "") > longest:
        raise WebApiError("msg_too_long")
    if blocks is not None:
        _check_blocks(blocks)
    return text or "", blocks


def _check_blocks(blocks: Any) -> None:
    if not isinstance(blocks, list):
        raise WebApiError("invalid_blocks_format")
    messages = complaints_about_blocks(blocks)
    if messages:
        raise invalid("invalid_blocks", messages)
    if too_many_characters(blocks):
        raise WebApiError("msg_blocks_too_long")


def _parsed_object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise WebApiError("invalid_json") from None
    if not isinstance(parsed, dict):
        raise WebApiError("json_not_object")
    return parsed


def _decoded(name: str, value: Any) -> Any:
    if name not in _NESTED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
