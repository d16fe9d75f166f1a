"""Sealed records: values encoded to bytes that open only under the same key and purpose."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.core.errors import SealBroken
from bot.core.names import Workspace
from bot.gateways.sealing import KeyRing

Value = TypeVar("Value")


def key_of(workspace: Workspace, *parts: str) -> str:
    """Return the key of a record: ``edfs:{T0123}:operation:…``."""
    return ":".join((f"edfs:{{{workspace}}}", *parts))


def in_bytes(value: bytes | str) -> bytes:
    """Return a reply of the client as bytes; its types allow for a decoding client too."""
    return value if isinstance(value, bytes) else value.encode()


def in_text(value: bytes | str) -> str:
    """Return a reply of the client as text."""
    return value if isinstance(value, str) else value.decode()


_codecs: dict[Any, TypeAdapter[Any]] = {}


def _codec(kind: Any) -> TypeAdapter[Any]:
    """Return the codec of a type; making one takes milliseconds, so each is made once."""
    if kind not in _codecs:
        _codecs[kind] = TypeAdapter(kind)
    return _codecs[kind]


@dataclass(frozen=True, slots=True)
class SealedCodec:
    """Encodes values as JSON and seals them; ``key`` and ``purpose`` are authenticated with them.

    ``kind`` is the type to encode as, where that is not the value's class (a generic alias).
    """

    ring: KeyRing

    def seal(self, value: object, *, key: str, purpose: str, kind: Any = None) -> bytes:
        body = _codec(kind or type(value)).dump_json(value)
        return self.ring.seal(body, key=key, purpose=purpose)

    def open(self, kind: type[Value], sealed: bytes | str, *, key: str, purpose: str) -> Value:
        """Return the value; raises SealBroken when it does not open or is not of its kind."""
        body = self.ring.open(in_bytes(sealed), key=key, purpose=purpose)
        try:
            value: Value = _codec(kind).validate_json(body)
        except ValidationError as error:
            raise SealBroken(f"a {purpose} of an unknown shape") from error
        return value
