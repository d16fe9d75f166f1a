"""What this process wrote a short time ago: a store that fails over may have forgotten it."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

KEPT_SECONDS = 900.0  # longer than an operation lives, and than any failover takes
MOST_KEPT = 1_000

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The newest ``MOST_KEPT`` values of the last ``KEPT_SECONDS``, by the event loop's clock."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def note(self, key: Key, value: Value) -> None:
        self._kept.pop(key, None)
        self._kept[key] = asyncio.get_running_loop().time(), value
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def drop(self, key: Key) -> None:
        self._kept.pop(key, None)

    def get(self, key: Key) -> Value | None:
        found = self._kept.get(key)
        return found[1] if found else None

    def values(self) -> Iterator[Value]:
        """Drop what is too old, and return the others, oldest first."""
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        while self._kept and next(iter(self._kept.values()))[0] < oldest:
            self._kept.popitem(last=False)
        return iter([value for _, value in self._kept.values()])
