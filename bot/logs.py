"""Logs: one JSON object a line on standard error, without secrets, bodies or line breaks."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# The shapes of Slack's and OAuth's tokens, and of addresses that contain a secret.
_SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"
    r"|Bearer\s+[\w.~+/=-]+|https://hooks\.slack\.com/\S+"
    r"|(?<=[?&])(?:code|state|token|ticket)=[^&\s]+|/link/[A-Z0-9]{5,20}\.[\w-]+",
    re.IGNORECASE,
)
# Libraries that log bodies, codes or addresses with secrets below the level WARNING.
_QUIET = (
    "msal",
    "slack_bolt",
    "slack_sdk",
    "httpx",
    "httpcore",
    "uvicorn",
    "docket",
    "redis",
    "aiohttp",
    "asyncio",
)


def redact(text: str) -> str:
    """Return the text with its secrets struck out."""
    return _SECRET.sub("[struck out]", text)


def _redacted(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


class _Lines(logging.Formatter):
    """Formats the records of libraries like our own events, without tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            # The text of a library's exception may contain a state or a code: only its type.
            event["error"] = record.exc_info[0].__name__
        event["level"] = record.levelname.lower()
        return str(structlog.processors.JSONRenderer()(None, "", _redacted(None, "", event)))


def set_up(level: str = "INFO") -> None:
    """Configure structlog with ``level``, and the standard library's loggers with WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns each time a read that waits for a minute is begun anew, as it is every ten seconds.
    logging.getLogger("docket.strikelist").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redacted,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
