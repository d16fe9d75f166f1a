"""The two ASGI apps: public (Slack's requests, sign-in pages, liveness) and admin (readiness).

The public app never logs a body or a query, and responds to a request with a wrong signature with
401 before it looks into it.
"""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import sign_in_pages
from bot.context import Context
from bot.core.deliveries import SignInCompleted
from bot.core.errors import BotError, NotAvailable, SignInRefused, StoreUnreachable
from bot.core.names import ChannelId
from bot.features import accounts
from bot.gateways.store.sign_in_links import LINK_SECONDS, SignInLink
from bot.slack.inbound.deliveries import identity
from bot.slack.inbound.intake import Intake
from bot.slack.inbound.signature import LARGEST, is_from_slack

log = structlog.get_logger("web")


async def body_of(request: Request, max_size: int) -> bytes | None:
    """Return the raw body, or None as soon as it is larger than ``max_size`` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_size:
            return None
        parts.append(part)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class SlackEndpoint:
    """``/slack/events``: verifies the signature and passes the request to Bolt."""

    bolt: AsyncApp
    secret: str
    context: Context

    async def __call__(self, request: Request) -> Response:
        raw = await body_of(request, LARGEST)
        verified = raw is not None and is_from_slack(
            self.secret, request.headers.raw, raw, self.context.now
        )
        if raw is None or not verified:
            log.warning("slack.unverified", size=len(raw) if raw is not None else "too large")
            return PlainTextResponse("unverified", status_code=401)
        try:
            text = raw.decode()
            response = await self.bolt.async_dispatch(
                AsyncBoltRequest(body=text, headers=dict(request.headers))
            )
        except Exception as error:  # noqa: BLE001 - Bolt raises anything for an odd payload
            log.warning("slack.unreadable", error=type(error).__name__)
            return PlainTextResponse("unreadable", status_code=400)
        kind = response.first_headers().get("content-type", "application/json")
        return Response(response.body, status_code=response.status, media_type=kind)


@dataclass(frozen=True, slots=True)
class SignInPages:
    """The sign-in pages. A cookie ties the callback from Bentley to one browser."""

    context: Context
    intake: Intake
    issuer: str

    @property
    def _secure(self) -> bool:
        return self.context.sign_in_urls.public_url.startswith("https://")

    @property
    def _cookie(self) -> str:
        # Browsers accept the prefix over https only; http is for loopback only.
        return "__Host-edfs" if self._secure else "edfs"

    def _page(self, html: str, status: int = 200) -> HTMLResponse:
        return HTMLResponse(html, status, headers=sign_in_pages.headers(self.issuer))

    def _error_response(self, error: BotError) -> HTMLResponse:
        trace = secrets.token_hex(4)
        log.info("link.refused", trace=trace, error=type(error).__name__)
        unavailable = isinstance(error, StoreUnreachable)
        return self._page(sign_in_pages.error_page(error, trace), 503 if unavailable else 400)

    async def ask(self, request: Request) -> Response:
        """Show whose link it is, without claiming it: a link previewer may request it too."""
        link = request.path_params["link"]
        try:
            found = await accounts.read_link(self.context.gateways, link)
        except BotError as error:
            return self._error_response(error)
        browser = self._browser(request)
        if browser is None or not browser.startswith(f"{found.workspace}."):
            browser = f"{found.workspace}.{secrets.token_urlsafe(32)}"
        token = _form_token(browser, link)
        page = sign_in_pages.ask(found.person_name, found.person, found.workspace_name, link, token)
        response = self._page(page)
        response.set_cookie(
            self._cookie,
            browser,
            max_age=LINK_SECONDS,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def go(self, request: Request) -> Response:
        """Claim the link for this browser and redirect it to Bentley."""
        link, browser = request.path_params["link"], self._browser(request)
        raw = await body_of(request, 4_096)
        given = parse_qs((raw or b"").decode("ascii", "replace")).get("token", [""])[0]
        if browser is None or not hmac.compare_digest(
            _form_token(browser, link).encode(), given.encode()
        ):
            return self._error_response(NotAvailable("browser"))
        try:
            url = await accounts.claim_link(
                self.context.gateways, self.context.sign_in_urls, link, browser
            )
        except BotError as error:
            return self._error_response(error)
        return RedirectResponse(url, 303, headers=sign_in_pages.headers(self.issuer))

    async def back(self, request: Request) -> Response:
        """Handle Bentley's callback: store the sign-in and notify the person in Slack."""
        browser = self._browser(request)
        if browser is None:
            return self._error_response(NotAvailable("browser"))
        query = dict(request.query_params)
        try:
            link, acting = await accounts.complete_sign_in(self.context.gateways, browser, query)
            await self._deliver(link)
        except BotError as error:
            response = self._error_response(error)
        except ValueError:
            response = self._error_response(SignInRefused("other"))
        else:
            response = self._page(sign_in_pages.signed_in(link.person_name, acting.label))
        response.delete_cookie(
            self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return response

    async def _deliver(self, link: SignInLink) -> None:
        """Store the completed sign-in as a delivery, which is answered in Slack."""
        delivery = SignInCompleted(
            id=identity("signed_in", link.workspace, link.person, secrets.token_hex(16)),
            workspace=link.workspace,
            installed_in=link.workspace,
            person=link.person,
            channel=ChannelId(link.channel),
            at=self.context.now,
            pending_command=link.pending_command,
        )
        await self.intake.take(delivery)

    def _browser(self, request: Request) -> str | None:
        browser = request.cookies.get(self._cookie)
        try:
            accounts.workspace_of(browser or "")
        except NotAvailable:
            return None
        return browser


def _form_token(browser: str, link: str) -> str:
    """Return the form's secret, which only a page shown to this browser contains."""
    return hashlib.sha256(f"form\0{browser}\0{link}".encode()).hexdigest()


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")


def public_app(links: SignInPages, slack: SlackEndpoint | None) -> Starlette:
    """Return the public app; ``slack`` is None in Socket Mode, which needs no HTTP requests."""
    routes = [
        Route("/healthz", _alive),
        # Before the links: "callback" is not a link.
        Route("/link/callback", links.back, methods=["GET"]),
        Route("/link/{link}", links.ask, methods=["GET"]),
        Route("/link/{link}", links.go, methods=["POST"]),
    ]
    if slack is not None:
        routes.append(Route("/slack/events", slack.__call__, methods=["POST"]))
    return Starlette(routes=routes)


def admin_app(why_not_ready: Callable[[], Awaitable[str]]) -> Starlette:
    """Return the admin app, which has its own port. ``why_not_ready`` is empty when it is ready."""

    async def readyz(_: Request) -> Response:
        if why := await why_not_ready():
            return PlainTextResponse(f"not ready: {why}", status_code=503)
        return PlainTextResponse("ready")

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/readyz", readyz), Route("/metrics", metrics)])


class _Server(uvicorn.Server):
    """A server that does not handle the process's signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: Starlette, host: str, port: int) -> AsyncIterator[int]:
    """Serve an app, and yield its port (0 takes a free one). Raises OSError when it cannot bind."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=512)
    # Otherwise a response's body waits some 40 ms for the acknowledgment of its head. asyncio sets
    # it only for sockets that were created with TCP's protocol number, which this one was not.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,  # Slack waits 3 s for a response, Docker 10 s for the process
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[bound]), name="web")
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.005)
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        bound.close()
