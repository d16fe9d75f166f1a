"""A JSON codec in place of cloudpickle, for what the job engine reads from its keys.

With cloudpickle whoever can write to those keys could run any code in this process.
"""

import json
from typing import Any

import structlog

log = structlog.get_logger("jobs")


class _Empty(tuple[()]):
    """Stands for an undecodable payload: no arguments, as a sequence and as a mapping.

    The task then fails because arguments are missing, is acknowledged, and the worker goes on; an
    exception in the codec would end the worker.
    """

    __slots__ = ()

    def keys(self) -> tuple[()]:
        return ()

    def items(self) -> tuple[()]:
        return ()


class _List(list[Any]):
    """A sequence that is also an empty mapping, in case docket expects a mapping there."""

    __slots__ = ()

    def keys(self) -> tuple[()]:
        return ()

    def items(self) -> tuple[()]:
        return ()


class _Dict(dict[str, Any]):
    """A mapping that can be sliced, in case docket expects a sequence there."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return () if isinstance(key, slice) else super().__getitem__(key)


class ClosedCodec:
    """Has the two functions of cloudpickle that docket calls, and writes and reads JSON."""

    @staticmethod
    def dumps(value: Any) -> bytes:
        if isinstance(value, BaseException):
            value = {"error": type(value).__name__}
        return json.dumps(value).encode()

    @staticmethod
    def loads(data: bytes) -> Any:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError, TypeError):
            log.error("jobs.payload_rejected", size=len(data))
            return _Empty()
        match value:
            case list():
                return _List(value)
            case dict():
                return _Dict(value)
            case _:
                return _Empty()
