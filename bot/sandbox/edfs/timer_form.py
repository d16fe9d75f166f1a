"""Parses and validates the body of `POST …/timers` (edfs-openapi.yaml, TimerCreate)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.edfs.errors import Detail, bad_value, invalid
from bot.sandbox.edfs.itwins import Timer

_PACKAGE = re.compile(r"[A-Za-z0-9_-]{1,150}")
_CRON = re.compile(r"[0-9A-Za-z*,/?#-]+( [0-9A-Za-z*,/?#-]+){4,5}")


def timer_from(text: str, itwin_id: str, timer_id: str) -> Timer:
    """The timer of a request body, with these ids; raises PlatformError."""
    body = _parsed(text)
    details = [*_invalid(body)]
    if details:
        raise invalid("InvalidTimerRequest", details)
    parameters = body.get("parameters", [])
    pairs = [(p["name"], p.get("value", "")) for p in parameters or ()]
    return Timer(
        itwin_id,
        timer_id,
        body["name"],
        body["packageUniqueName"],
        body["cronStr"],
        body.get("enabled", True),
        None if parameters is None else tuple(pairs),
    )


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("InvalidTimerRequest", [bad_value("Name", "A JSON object is needed.")])
    return body


def _invalid(body: Mapping[str, Any]) -> Iterator[Detail]:
    """The invalid fields; their targets are in PascalCase, nested ones with two underscores."""
    name = body.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 150:
        yield bad_value("Name")
    if not _PACKAGE.fullmatch(str(body.get("packageUniqueName", ""))):
        yield bad_value("PackageUniqueName")
    if not _CRON.fullmatch(str(body.get("cronStr", ""))):
        yield bad_value("CronStr", "Cronos Expression is not valid.")
    if not isinstance(body.get("enabled", True), bool):
        yield bad_value("Enabled")
    for parameter in body.get("parameters") or ():
        if not isinstance(parameter, dict) or not parameter.get("name"):
            yield ("MissingRequiredProperty", "A parameter needs a name.", "Parameters__Name")
