"""The client of the EDFS and iTwins APIs. It holds no token: each call is given its person's.

Sources: EDFS API v1 (technical preview), iTwins API v1; both want the vendor ``Accept`` header and
answer 404 ``ResourceNotFound`` without it.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import httpx
import structlog

from bot.core.errors import ApiError, Invalid, NotSent, Unclear
from bot.core.names import ITwinId, TimerId, is_guid
from bot.core.timers import ITwin, Timer
from bot.gateways.edfs.answers import LARGEST, body_of, itwin_from, refusal, timer_from
from bot.gateways.loopback import AsyncLoopbackTransport

ACCEPT = "application/vnd.bentley.itwin-platform.v1+json"
# The definition says the default is Project, so everything that may hold timers is named.
SUB_CLASSES = "Account,Portfolio,Asset,Program,Project,WorkPackage"
PAGE, MOST_ITWINS = 1_000, 10_000
READ_TRIES = 2

log = structlog.get_logger("edfs")


@dataclass(frozen=True, slots=True)
class EdfsSettings:
    """``timeout`` bounds one whole call, in seconds."""

    url: str
    timeout: float = 20.0
    connect: float = 3.0
    proxy: str | None = None
    ca_file: str | None = None


class Edfs:
    def __init__(self, settings: EdfsSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._base = settings.url.rstrip("/")
        self._reader = self._client(httpx.Limits(max_connections=50, max_keepalive_connections=10))
        # The flip goes out on a connection of its own: a kept one may be dead, and a request
        # written to it could not be told from one that arrived.
        self._flipper = self._client(httpx.Limits(max_connections=50, max_keepalive_connections=0))

    def _client(self, limits: httpx.Limits) -> httpx.AsyncClient:
        certificates = ssl.create_default_context(cafile=self._settings.ca_file)
        transport = httpx.AsyncHTTPTransport(
            verify=certificates,
            limits=limits,
            retries=0,
            trust_env=False,
            proxy=self._settings.proxy,
        )
        timeout = httpx.Timeout(self._settings.timeout, connect=self._settings.connect)
        return httpx.AsyncClient(
            transport=AsyncLoopbackTransport(transport),
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._reader.aclose()
        await self._flipper.aclose()

    async def itwins(self, bearer: str) -> tuple[ITwin, ...]:
        """Every active iTwin the person belongs to; pages are followed by ``$skip``."""
        found: list[ITwin] = []
        while len(found) < MOST_ITWINS:
            query = {"subClass": SUB_CLASSES, "$top": str(PAGE), "$skip": str(len(found))}
            body = await self._read("itwins", "/itwins/", bearer, query)
            page = [itwin for one in _array(body, "iTwins") if (itwin := itwin_from(one))]
            found += page
            # Only its presence is believed, never its address: the token goes nowhere else.
            if not page or not _next_skip(body):
                break
        return tuple(found)

    async def itwin(self, bearer: str, itwin: ITwinId) -> ITwin:
        body = await self._read("itwin", f"/itwins/{_segment('itwin', itwin, 'iTwinId')}", bearer)
        found = itwin_from(body.get("iTwin"))
        if found is None or found.id.lower() != itwin.lower():
            raise Unclear(operation="itwin", status=200, why="other_id")
        return found

    async def timers(self, bearer: str, itwin: ITwinId) -> tuple[Timer, ...]:
        path = f"/edfs/itwins/{_segment('timers', itwin, 'iTwinId')}/timers"
        body = await self._read("timers", path, bearer)
        return tuple(timer_from("timers", one) for one in _array(body, "timers"))

    async def timer(self, bearer: str, itwin: ITwinId, timer: TimerId) -> Timer:
        body = await self._read("timer", _timer_path("timer", itwin, timer), bearer)
        return _same("timer", timer_from("timer", body), timer)

    async def toggle(self, bearer: str, itwin: ITwinId, timer: TimerId) -> Timer:
        """Flip it, once: no retry, no redirect. The answer is the timer after the flip.

        Raises NotSent when no byte left, Refused when the platform said no, and Unclear when
        nobody can tell whether it was flipped.
        """
        path = _timer_path("toggle", itwin, timer) + "/toggle"
        status, raw = await self._call(self._flipper, "toggle", "PATCH", path, bearer)
        return _same("toggle", timer_from("toggle", body_of("toggle", status, raw)), timer)

    async def _read(
        self, operation: str, path: str, bearer: str, query: dict[str, str] | None = None
    ) -> dict[str, object]:
        call = partial(self._call, self._reader, operation, "GET", path, bearer, query=query)
        for left in reversed(range(READ_TRIES)):
            try:
                status, raw = await call()
                return body_of(operation, status, raw)
            except (NotSent, Unclear):
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _call(
        self,
        client: httpx.AsyncClient,
        operation: str,
        method: str,
        path: str,
        bearer: str,
        *,
        query: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        began = _Began()
        correlation = str(uuid4())
        request = client.build_request(
            method,
            self._base + path,
            params=query,
            headers={
                "Accept": ACCEPT,
                "Authorization": f"Bearer {bearer}",
                "X-Correlation-Id": correlation,
            },
            extensions={"trace": began.trace},
        )
        try:
            async with asyncio.timeout(self._settings.timeout):
                answer, raw = await _sent(client, request)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise _failure(operation, error, maybe_sent=began.sending) from error
        finally:
            log.info("edfs.call", operation=operation, correlation=correlation)
        if answer.status_code != 200:
            raise refusal(operation, answer, raw, self._clock())
        if len(raw) > LARGEST:
            raise Unclear(operation=operation, status=200, why="body")
        return answer.status_code, raw


class _Began:
    """Hears from httpcore how far a request came."""

    sending = False

    async def trace(self, event: str, _info: object) -> None:
        if event.endswith("send_request_headers.started"):
            self.sending = True


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    """Return the answer and at most one byte more of its body than is allowed."""
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


def _segment(operation: str, identity: str, target: str) -> str:
    """Return the id as one path segment. What is no GUID never reaches a URL: ``../`` would be
    folded by the client and take the person's token to another path.
    """
    if not is_guid(identity):
        code = "InvalidValue"
        raise Invalid(operation=operation, code=code, message=f"{target} is not a GUID")
    return quote(identity, safe="")


def _timer_path(operation: str, itwin: ITwinId, timer: TimerId) -> str:
    first, second = _segment(operation, itwin, "iTwinId"), _segment(operation, timer, "timerId")
    return f"/edfs/itwins/{first}/timers/{second}"


def _same(operation: str, timer: Timer, asked: TimerId) -> Timer:
    if timer.id.lower() != asked.lower():
        raise Unclear(operation=operation, status=200, why="other_id")
    return timer


def _array(body: dict[str, object], name: str) -> list[object]:
    value = body.get(name)
    if not isinstance(value, list):
        raise Unclear(operation=name, status=200, why="body")
    return value


def _next_skip(body: dict[str, object]) -> bool:
    links = body.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return isinstance(href, str) and bool(parse_qs(urlsplit(href).query))
