"""Sends one HTTP request to the platform, once, and classifies its failure.

httpcore reports how far a request came. Before its first byte is written a failure is ``NotSent``;
after that it is unknown whether it was executed, so it is ``Unclear``. No retry, no redirect, no
proxy from the environment. Source: the platform needs its vendor ``Accept`` header, else it
responds 404 ResourceNotFound.
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
from bot.gateways.edfs.responses import MAX_BODY, refusal
from bot.gateways.loopback import AsyncLoopbackTransport

ACCEPT = "application/vnd.bentley.itwin-platform.v1+json"

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

log = structlog.get_logger("edfs")


def elapsed() -> float:
    """Return the seconds of a clock that is never set and that runs while the machine sleeps."""
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
    """One request. ``operation`` is our name of the call.

    From ``begin_by`` on, a time of ``elapsed()``, it may not be sent any more.
    """

    operation: str
    method: str
    path: str
    query: dict[str, str] | None = None
    headers: dict[str, str] | None = None
    begin_by: float | None = None


class _TooLateError(Exception):
    """``begin_by`` had passed when the first byte was to be written."""


class Transport:
    """An HTTP client with the platform's headers; ``keep_alive`` idle connections are reused."""

    def __init__(
        self,
        settings: EdfsSettings,
        clock: Callable[[], float],
        budget: Budget,
        *,
        keep_alive: int,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._budget = budget
        self._base = settings.url.rstrip("/")
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=keep_alive)
        self._client = _client(settings, limits)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def call(self, request: Request, caller: Caller) -> tuple[int, bytes]:
        """Return status and body of a 200. Raises ApiError, StoreUnreachable (nothing was sent)."""
        await self._budget.spend(caller, request.operation)
        try:
            return await self._send(request, caller)
        except RateLimited as error:
            await self._budget.on_rate_limited(error)
            raise

    async def _send(self, request: Request, caller: Caller) -> tuple[int, bytes]:
        progress = _Progress(request)
        correlation = str(uuid4())
        outgoing = self._client.build_request(
            request.method,
            self._base + request.path,
            params=request.query,
            headers={
                "Accept": ACCEPT,
                "Authorization": f"Bearer {caller.secret}",
                "X-Correlation-Id": correlation,
                **(request.headers or {}),
            },
            extensions={"trace": progress.on_event},
        )
        try:
            async with asyncio.timeout(self._settings.timeout):
                response, raw = await _read(self._client, outgoing)
        except _TooLateError as error:
            raise NotSent(operation=request.operation, message="late") from error
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise _failure(request.operation, error, maybe_sent=progress.sending) from error
        finally:
            log.info("edfs.called", operation=request.operation, correlation=correlation)
        if response.status_code != 200:
            raise refusal(request.operation, response, raw, self._clock())
        if len(raw) > MAX_BODY:
            raise Unclear(operation=request.operation, status=200, why="body")
        return response.status_code, raw


class _Progress:
    """Receives httpcore's trace events: whether a request was sent. Stops one that is too late."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.sending = False

    async def on_event(self, event: str, facts: dict[str, Any]) -> None:
        if not event.endswith("send_request_headers.started"):
            return
        method = getattr(facts.get("request"), "method", b"")
        if method == b"CONNECT":  # to a proxy, which has not seen our request yet
            return
        begin_by = self._request.begin_by
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


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    """Return the response and its body, at most one part more of it than is allowed."""
    response = await client.send(request, stream=True)
    try:
        parts, size = [], 0
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > MAX_BODY:
                break
        return response, b"".join(parts)
    finally:
        await response.aclose()


def _failure(operation: str, error: Exception, *, maybe_sent: bool) -> ApiError:
    timeout = isinstance(error, TimeoutError | httpx.TimeoutException)
    if not maybe_sent:
        return NotSent(operation=operation, message="timeout" if timeout else "connect")
    return Unclear(operation=operation, why="timeout" if timeout else "cut")
