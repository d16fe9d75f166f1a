"""JSON in the place of cloudpickle, for what the job engine reads from its keys.

Whoever can write there could otherwise have any code run here.
"""

import json
from typing import Any

import structlog

log = structlog.get_logger("jobs")


class _Empty(tuple[()]):
    """What an undecodable payload becomes: no arguments, as a sequence and as a mapping.

    The task then fails for want of its arguments, is acknowledged, and the worker goes on; an
    exception here would end the worker.
    """

    __slots__ = ()

    def keys(self) -> tuple[()]:
        return ()

    def items(self) -> tuple[()]:
        return ()


class _List(list[Any]):
    """A sequence that is also an empty mapping, should it stand where docket wants one."""

    __slots__ = ()

    def keys(self) -> tuple[()]:
        return ()

    def items(self) -> tuple[()]:
        return ()


class _Dict(dict[str, Any]):
    """A mapping that can be sliced, should it stand where docket wants a sequence."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return () if isinstance(key, slice) else super().__getitem__(key)


class ClosedCodec:
    """JSON in the place of cloudpickle."""

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
            log.error("jobs.payload_refused", size=len(data))
            return _Empty()
        match value:
            case list():
                return _List(value)
            case dict():
                return _Dict(value)
            case _:
                return _Empty()
