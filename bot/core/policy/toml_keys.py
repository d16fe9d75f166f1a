"""The keys of a policy's file: what each takes, and the words for a value it does not take.

A reader turns the TOML value into the value of the rule, or raises Unfit. The words say what would
be right and never repeat the value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.core.names import is_slack_id, normalized, single_line

Reader = Callable[[object], Any]

MOST_APPROVALS = 5
SHORTEST, LONGEST = 5 * 60, 14 * 86_400
TEXT_LIMIT = 255
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,5})([mhd])", re.ASCII)
_CHANNELS = "channels by their ids (C… or G…)"
_PEOPLE = "people (U… or W…), user groups (S…) and channels (C… or G…) by their Slack ids"


class InvalidValue(Exception):
    """Its text is what the key takes."""


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("must be true or false, without quotes")
    return value


def _approvals(value: object) -> int:
    # A bool is an int to Python.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_APPROVALS:
        raise InvalidValue(f"must be a number from 0 to {MOST_APPROVALS}")
    return value


def _seconds(value: object) -> float:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not SHORTEST <= seconds <= LONGEST:
        raise InvalidValue('must be from "5m" to "14d", written as "90m", "8h" or "2d"')
    return float(seconds)


def _text(value: object) -> str:
    if not isinstance(value, str) or not single_line(value) or len(value) > TEXT_LIMIT:
        raise InvalidValue(f"must be a text of 1 to {TEXT_LIMIT} characters, in quotes")
    return single_line(value)


def _channel(value: object) -> str:
    if not isinstance(value, str) or not _is_id(value, "CG"):
        raise InvalidValue("must be one channel by its id (C… or G…)")
    return value


def _one_of(*accepted: str) -> Reader:
    words = " or ".join(f'"{word}"' for word in accepted)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in accepted:
            raise InvalidValue(f"must be {words}")
        return value

    return read


def _several(what: str, is_right: Callable[[str], bool]) -> Callable[[object], tuple[str, ...]]:
    """Return a reader of a list, or of one value alone, whose texts are all right."""

    def read(value: object) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        wrong = [
            str(number)
            for number, one in enumerate(values, start=1)
            if not isinstance(one, str) or not is_right(one)
        ]
        if not values:
            raise InvalidValue(f"must name {what}: the list is empty")
        if wrong:
            which = f"; look at entry {', '.join(wrong)}" if isinstance(value, list) else ""
            raise InvalidValue(f"must name {what}{which}")
        return tuple(values)

    return read


def _is_id(text: str, first_letters: str) -> bool:
    return is_slack_id(text) and text[0] in first_letters


def _is_glob(text: str) -> bool:
    return bool(normalized(text)) and len(text) <= TEXT_LIMIT


def _people(value: object) -> frozenset[str]:
    return frozenset(_several(_PEOPLE, lambda text: _is_id(text, "UWSCG"))(value))


_globs = _several("names, or globs such as “SAP*”, in quotes", _is_glob)

MATCHING: Mapping[str, Reader] = {
    "name": _text,
    "itwin": _globs,
    "timer": _globs,
    "change": _one_of("enable", "disable", "any"),
    "in_channel": _several(_CHANNELS, lambda text: _is_id(text, "CG")),
}
SETTING: Mapping[str, Reader] = {
    "approvals": _approvals,
    "approvers": _people,
    "self_approval": _flag,
    "runs_as": _one_of("requester", "approver"),
    "expires": _seconds,
    "channel": _channel,
    "reason": _one_of("optional", "required"),
    "confirm": _flag,
    "protected": _flag,
    "emergency": _flag,
    "allow": _people,
    "deny": _people,
}
