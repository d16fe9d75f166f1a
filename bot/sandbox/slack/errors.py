"""How the Web API says no: 200 with `ok: false` and an error code."""

from collections.abc import Sequence
from typing import Any


class WebApiError(Exception):
    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.details}


def invalid(error: str, messages: Sequence[str]) -> WebApiError:
    """A refusal that names each JSON pointer."""
    return WebApiError(error, errors=list(messages), response_metadata={"messages": list(messages)})
