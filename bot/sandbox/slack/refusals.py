"""How the Web API says no: 200 with `ok: false` and an error code."""

from collections.abc import Sequence
from typing import Any


class RefusalError(Exception):
    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.details}


def invalid(error: str, messages: Sequence[str]) -> RefusalError:
    """A refusal that names each JSON pointer."""
    return RefusalError(
        error, errors=list(messages), response_metadata={"messages": list(messages)}
    )
