"""Parses the platform's responses, which are not trusted: sizes, shapes, errors, waiting times.

Sources: the EDFS and iTwins API pages (envelope ``{"error": {code, message, target?, details?}}``;
a failed call may have no such body at all); RFC 9110 section 10.2.3 for ``Retry-After``.
"""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.core.errors import (
    ApiError,
    ClientUnknown,
    Detail,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TokenRefused,
    Unclear,
)
from bot.core.names import ITwinId, TimerId
from bot.core.timers import ITwin, Parameter, Timer

MAX_BODY = 4 * 1024 * 1024  # bytes
MAX_DEPTH = 32
_KINDS: dict[int, type[Refused]] = {
    400: Refused,
    401: TokenRefused,
    403: Forbidden,
    404: NotFound,
    422: Invalid,
}
MIN_WAIT, MAX_WAIT, DEFAULT_WAIT = 1.0, 900.0, 30.0  # seconds


def body_of(operation: str, status: int, raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a 200. Raises Unclear for anything else."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unclear(operation=operation, status=status, why="body") from error
    if not isinstance(body, dict) or _depth(body) > MAX_DEPTH:
        raise Unclear(operation=operation, status=status, why="body")
    return body


def _depth(value: object, level: int = 1) -> int:
    if level > MAX_DEPTH or not isinstance(value, dict | list):
        return level
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(one, level + 1) for one in inner), default=level)


def refusal(operation: str, response: httpx.Response, raw: bytes, now: float) -> ApiError:
    """Return the error for a response other than 200. Its texts are untrusted."""
    error = _error_object(raw)
    facts: dict[str, Any] = {
        "operation": operation,
        "status": response.status_code,
        "code": _text(error.get("code")),
        "message": _text(error.get("message")),
        "details": _details(error.get("details")),
    }
    if response.status_code == 429:
        wait = seconds_to_wait(response.headers.get("retry-after"), now)
        return RateLimited(**facts, retry_after=wait)
    if response.status_code == 401 and _client_unknown(facts):
        return ClientUnknown(**facts)
    if kind := _KINDS.get(response.status_code):
        return kind(**facts)
    # With every other status, 408 and 409 too, the request may have been executed.
    return Unclear(**facts, why="redirect" if 300 <= response.status_code < 400 else "status")


def _client_unknown(facts: dict[str, Any]) -> bool:
    codes = {facts["code"], *(detail.code for detail in facts["details"])}
    return "UnknownClient" in codes


def _error_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _details(value: object) -> tuple[Detail, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(
        Detail(*(_text(entry.get(name)) for name in ("code", "message", "target")))
        for entry in entries[:20]
        if isinstance(entry, dict)
    )


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""


def seconds_to_wait(header: str | None, now: float) -> float:
    """Parse ``Retry-After`` (seconds or an HTTP date), clamped to 1 s … 15 min; 30 s by default."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        wait = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return DEFAULT_WAIT
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wait = moment.timestamp() - datetime.fromtimestamp(now, UTC).timestamp()
    return min(max(wait, MIN_WAIT), MAX_WAIT)


def timer_from(operation: str, body: object) -> Timer:
    """Parse one timer; ``id`` and ``enabled`` are required, unknown members are ignored."""
    if not isinstance(body, dict):
        raise Unclear(operation=operation, status=200, why="body")
    identity, enabled = body.get("id"), body.get("enabled")
    if not isinstance(identity, str) or not identity or not isinstance(enabled, bool):
        raise Unclear(operation=operation, status=200, why="body")
    return Timer(
        id=TimerId(identity),
        name=_name(body.get("name")),
        package=_name(body.get("packageUniqueName")),
        cron=_name(body.get("cronStr")),
        enabled=enabled,
        parameters=_parameters(body.get("parameters")),
    )


def _parameters(value: object) -> tuple[Parameter, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(
        Parameter(_name(entry.get("name")), _name(entry.get("value"), 3_000))
        for entry in entries
        if isinstance(entry, dict)
    )


def itwin_from(body: object) -> ITwin | None:
    """Parse one iTwin; None for one without a usable id."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return None
    name, number = _name(body.get("displayName")), _name(body.get("number"))
    return ITwin(ITwinId(body["id"]), name, number)


def user_from(body: object) -> tuple[str, str]:
    """Parse a user of the Users API: name and e-mail, empty where there is none."""
    if not isinstance(body, dict):
        return "", ""
    parts = (_name(body.get("givenName"), 200), _name(body.get("surname"), 200))
    name = _name(body.get("displayName"), 200) or " ".join(part for part in parts if part)
    email = _name(body.get("email"), 200)
    return name.strip(), email if "@" in email else ""


def _name(value: object, limit: int = 1_000) -> str:
    return value[:limit] if isinstance(value, str) else ""
