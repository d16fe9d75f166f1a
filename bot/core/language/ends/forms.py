"""Forms: a pattern and what it means. A reader is a tuple of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Form(Generic[Value]):
    """``meaning`` is called with the match; it may return None for what only looks like it."""

    pattern: re.Pattern[str]
    meaning: Callable[[re.Match[str]], Value | None]


def form(pattern: str, meaning: Callable[[re.Match[str]], Value | None]) -> Form[Value]:
    """Make a form whose pattern ends where a word does."""
    return Form(re.compile(rf"(?:{pattern})(?![a-z0-9])"), meaning)


def matches(forms: tuple[Form[Value], ...], text: str, at: int) -> Iterator[tuple[Value, int]]:
    """Yield what begins at ``at``, with the offset behind it; the same end may come twice."""
    for one in forms:
        found = one.pattern.match(text, at)
        if found and (value := one.meaning(found)) is not None:
            yield value, found.end()


def whole(forms: tuple[Form[Value], ...], text: str) -> Iterator[Value]:
    """Yield what the whole text means."""
    for value, end in matches(forms, text, 0):
        if end == len(text):
            yield value
