"""One request to the platform, sent once, and what can be said of it when it fails.

httpcore tells how far a request came. Before its first byte is written a failure is ``NotSent``;
from then on nobody can tell, and it is ``Unclear``. No retry, no redirect, no proxy from the
environment. Source: the platform wants its vendor ``Accept`` header, else 404 ResourceNotFound.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import structlog

from bot.core.errors import ApiError, NotSent, RateLimited, Unclear
from bot.gateways.certificates import ssl_context
from bot.gateways.edfs.budget import Budget, Caller
from bot.gateways.edfs.responses import LARGEST, refusal
from bot.gateways.loopback import AsyncLoopbackTransport

ACCEPT = "application/vnd.bentley.itwin-platform.v1+json"

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

log = structlog.get_logger("edfs")


def elapsed() -> float:
    """Return seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class EdfsSettings:
    """``timeout`` bounds one whole call, in seconds."""

    url: str
    timeout: float = 20.0
    connect: float = 3.0
    proxy: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """``operation`` is our name of the call; ``begin_by``, of ``elapsed()``, ends its permit."""

    operation: str
    method: str
    path: str
    query: dict[str, str] | None = None
    headers: dict[str, str] | None = None
    begin_by: float | None = None


class _TooLateError(Exception):
    """The permit had run out when the first byte was to be written."""


class Transport:
    def __init__(
        self,
        settings: EdfsSettings,
        clock: Callable[[], float],
        budget: Budget,
        *,
        kept_alive: int,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._budget = budget
        self._base = settings.url.rstrip("/")
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=kept_alive)
        self._client = _client(settings, limits)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def call(self, asked: Request, caller: Caller) -> tuple[int, bytes]:
        """Return status and body of a 200; raises ApiError, StoreUnreachable (nothing was sent)."""
        await self._budget.spend(caller, asked.operation)
        try:
            return await self._sent(asked, caller)
        except RateLimited as error:
            await self._budget.on_rate_limited(error)
            raise

    async def _sent(self, asked: Request, caller: Caller) -> tuple[int, bytes]:
        progress = _Progress(asked)
        correlation = str(uuid4())
        request = self._client.build_request(
            asked.method,
            self._base + asked.path,
            params=asked.query,
            headers={
                "Accept": ACCEPT,
                "Authorization": f"Bearer {caller.secret}",
                "X-Correlation-Id": correlation,
                **(asked.headers or {}),
            },
            extensions={"trace": progress.on_event},
        )
        try:
            async with asyncio.timeout(self._settings.timeout):
                answer, raw = await _answered(self._client, request)
        except _TooLateError as error:
            raise NotSent(operation=asked.operation, message="late") from error
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise _failure(asked.operation, error, maybe_sent=progress.sending) from error
        finally:
            log.info("edfs.call", operation=asked.operation, correlation=correlation)
        if answer.status_code != 200:
            raise refusal(asked.operation, answer, raw, self._clock())
        if len(raw) > LARGEST:
            raise Unclear(operation=asked.operation, status=200, why="body")
        return answer.status_code, raw


class _Progress:
    """Hears from httpcore how far a request came, and stops it where its permit has run out."""

    def __init__(self, asked: Request) -> None:
        self._asked = asked
        self.sending = False

    async def on_event(self, event: str, facts: dict[str, Any]) -> None:
        if not event.endswith("send_request_headers.started"):
            return
        said = getattr(facts.get("request"), "method", b"")
        if said == b"CONNECT":  # to a proxy, which has not seen our request yet
            return
        begin_by = self._asked.begin_by
        if begin_by is not None and elapsed() > begin_by:
            raise _TooLateError
        self.sending = True


def _client(settings: EdfsSettings, limits: httpx.Limits) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(
        verify=ssl_context(settings.ca_file),
        limits=limits,
        retries=0,
        trust_env=False,
        proxy=settings.proxy,
    )
    return httpx.AsyncClient(
        transport=AsyncLoopbackTransport(transport),
        timeout=httpx.Timeout(settings.timeout, connect=settings.connect),
        follow_redirects=False,
        trust_env=False,
    )


async def _answered(
    client: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, bytes]:
    """Return the answer and at most one part more of its body than is allowed."""
    answer = await client.send(request, stream=True)
    try:
        parts, size = [], 0
        async for part in answer.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                break
        return answer, b"".join(parts)
    finally:
        await answer.aclose()


def _failure(operation: str, error: Exception, *, maybe_sent: bool) -> ApiError:
    timeout = isinstance(error, TimeoutError | httpx.TimeoutException)
    if not maybe_sent:
        return NotSent(operation=operation, message="timeout" if timeout else "connect")
    return Unclear(operation=operation, why="timeout" if timeout else "cut")
