"""Error responses of the Web API: status 200 with `ok: false` and an error code."""

from collections.abc import Sequence
from typing import Any


class WebApiError(Exception):
    """An error of a method, raised where it is found; `details` are further fields of the body."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.details}


def invalid(error: str, messages: Sequence[str]) -> WebApiError:
    """An error that lists `messages`, each with its JSON pointer."""
    return WebApiError(error, errors=list(messages), response_metadata={"messages": list(messages)})
