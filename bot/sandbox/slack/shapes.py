"""Combinators for checks of JSON values.

A check takes a value and its JSON pointer and yields complaints in the form of Slack's
`response_metadata.messages`, each ending with a pointer such as `[json-pointer:/blocks/0/text]`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any, str], Iterator[str]]


def complaint(text: str, pointer: str) -> str:
    return f"[ERROR] {text} [json-pointer:{pointer or '/'}]"


def string(most: int, *, least: int = 1, pattern: str | None = None, blank: bool = False) -> Check:
    """A string of `least` to `most` UTF-16 units, the stricter reading of Slack's "characters".

    `blank` accepts white space alone where the string may not be empty.
    """

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield complaint("must be a string", pointer)
            return
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if length > most:
            yield complaint(f"must be less than {most + 1} characters", pointer)
        if length < least or (least and not blank and not value.strip()):
            yield complaint(f"must be more than {least - 1} characters", pointer)
        if pattern is not None and value and not re.fullmatch(pattern, value):
            yield complaint("is not in the right format", pointer)

    return check


def boolean(value: Any, pointer: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield complaint("must be a boolean", pointer)


def integer(least: int, most: int) -> Check:
    def check(value: Any, pointer: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield complaint("must be an integer", pointer)
        elif not least <= value <= most:
            yield complaint(f"must be between {least} and {most}", pointer)

    return check


def one_of(*allowed: object) -> Check:
    def check(value: Any, pointer: str) -> Iterator[str]:
        # By type too: in Python, true is equal to 1.
        if not any(value == one and type(value) is type(one) for one in allowed):
            yield complaint(f"must be one of {', '.join(map(str, allowed))}", pointer)

    return check


def array(item: Check, *, least: int = 1, most: int) -> Check:
    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield complaint("must be an array", pointer)
            return
        if len(value) > most:
            yield complaint(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield complaint(f"no fewer than {least} items allowed", pointer)
        for place, element in enumerate(value):
            yield from item(element, f"{pointer}/{place}")

    return check


def record(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *extra: Check
) -> Check:
    """An object with these keys and no others; `extra` are checks of the whole object."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield complaint("must be an object", pointer)
            return
        for key in required:
            if key not in value:
                yield complaint(f"missing required field: {key}", pointer)
        for key, inner in value.items():
            if key in known:
                yield from known[key](inner, f"{pointer}/{key}")
            else:
                yield complaint(f"additional property: {key}", pointer)
        for whole in extra:
            yield from whole(value, pointer)

    return check


def tagged(kinds: Mapping[str, Check]) -> Check:
    """An object that its `type` selects the check for; other types are complained about."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        chosen = kinds.get(kind) if isinstance(kind, str) else None
        if not isinstance(value, dict):
            yield complaint("must be an object", pointer)
        elif chosen is None:
            yield complaint(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from chosen(value, pointer)

    return check


def either(first: str, second: str) -> Check:
    """For `record`: exactly one of two keys."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if (first in value) == (second in value):
            yield complaint(f"exactly one of {first} and {second} is needed", pointer)

    return check


def at_least_one(*keys: str) -> Check:
    def check(value: Any, pointer: str) -> Iterator[str]:
        if not any(key in value for key in keys):
            yield complaint(f"one of {', '.join(keys)} is needed", pointer)

    return check


def unique(key: str) -> Check:
    """For an array: no two of its objects share this key."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        seen: set[str] = set()
        for place, item in enumerate(value if isinstance(value, list) else ()):
            name = item.get(key) if isinstance(item, dict) else None
            if isinstance(name, str) and name in seen:
                yield complaint(f"{key} `{name}` already exists", f"{pointer}/{place}/{key}")
            if isinstance(name, str):
                seen.add(name)

    return check


def both(*checks: Check) -> Check:
    def check(value: Any, pointer: str) -> Iterator[str]:
        for one in checks:
            yield from one(value, pointer)

    return check
