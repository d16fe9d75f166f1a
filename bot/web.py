"""Two ASGI apps: the public one (Slack's requests, sign-in pages, liveness) and the admin's one.

The public app trusts nothing before it is verified, never logs a body or a query, and answers a
forged request with 401 whatever is in it.
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
from bot.gateways.store import translate_errors
from bot.gateways.store.sign_in_links import LINK_SECONDS, SignInLink
from bot.slack.inbound.deliveries import identity
from bot.slack.inbound.intake import Intake
from bot.slack.inbound.signature import LARGEST, is_from_slack

log = structlog.get_logger("web")


async def body_of(request: Request, most: int) -> bytes | None:
    """Return the raw body, or None as soon as it is too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class SlackEndpoint:
    """``/slack/events``: verified, then Bolt's."""

    bolt: AsyncApp
    secret: str
    context: Context

    async def __call__(self, request: Request) -> Response:
        raw = await body_of(request, LARGEST)
        known = raw is not None and is_from_slack(
            self.secret, request.headers.raw, raw, self.context.now
        )
        if raw is None or not known:
            log.warning("slack.unverified", size=len(raw) if raw is not None else "too large")
            return PlainTextResponse("unverified", status_code=401)
        try:
            text = raw.decode()
            answer = await self.bolt.async_dispatch(
                AsyncBoltRequest(body=text, headers=dict(request.headers))
            )
        except Exception as error:  # noqa: BLE001 - Bolt trips over whatever is oddly shaped
            log.warning("slack.unreadable", error=type(error).__name__)
            return PlainTextResponse("unreadable", status_code=400)
        kind = answer.first_headers().get("content-type", "application/json")
        return Response(answer.body, status_code=answer.status, media_type=kind)


@dataclass(frozen=True, slots=True)
class SignInPages:
    """The sign-in pages. A cookie ties one browser to both legs, to Bentley and back."""

    context: Context
    intake: Intake
    issuer: str

    @property
    def _secure(self) -> bool:
        return self.context.sign_in_urls.public_url.startswith("https://")

    @property
    def _cookie(self) -> str:
        # Browsers take the prefix over https only; http is for loopback alone.
        return "__Host-edfs" if self._secure else "edfs"

    def _page(self, html: str, status: int = 200) -> HTMLResponse:
        return HTMLResponse(html, status, headers=sign_in_pages.headers(self.issuer))

    def _trouble(self, error: BotError) -> HTMLResponse:
        trace = secrets.token_hex(4)
        log.info("link.refused", trace=trace, error=type(error).__name__)
        away = isinstance(error, StoreUnreachable)
        return self._page(sign_in_pages.trouble(error, trace), 503 if away else 400)

    async def ask(self, request: Request) -> Response:
        """Show whose link it is. Nothing is claimed: a link previewer may come here too."""
        link = request.path_params["link"]
        try:
            async with translate_errors():
                ticket = await accounts.read_link(self.context.gateways, link)
        except BotError as error:
            return self._trouble(error)
        browser = self._browser(request)
        if browser is None or not browser.startswith(f"{ticket.workspace}."):
            browser = f"{ticket.workspace}.{secrets.token_urlsafe(32)}"
        shown = sign_in_pages.ask(
            ticket.person_name, ticket.person, ticket.workspace_name, link, _token_of(browser, link)
        )
        answer = self._page(shown)
        answer.set_cookie(
            self._cookie,
            browser,
            max_age=LINK_SECONDS,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def go(self, request: Request) -> Response:
        """Claim the link for this browser and lead it to Bentley."""
        link, browser = request.path_params["link"], self._browser(request)
        raw = await body_of(request, 4_096)
        given = parse_qs((raw or b"").decode("ascii", "replace")).get("token", [""])[0]
        if browser is None or not hmac.compare_digest(
            _token_of(browser, link).encode(), given.encode()
        ):
            return self._trouble(NotAvailable("browser"))
        try:
            async with translate_errors():
                there = await accounts.claim_link(
                    self.context.gateways, self.context.sign_in_urls, link, browser
                )
        except BotError as error:
            return self._trouble(error)
        return RedirectResponse(there, 303, headers=sign_in_pages.headers(self.issuer))

    async def back(self, request: Request) -> Response:
        """Take the browser back from Bentley, store the sign-in, and tell the person in Slack."""
        browser = self._browser(request)
        if browser is None:
            return self._trouble(NotAvailable("browser"))
        query = dict(request.query_params)
        try:
            async with translate_errors():
                ticket, acting = await accounts.complete_sign_in(
                    self.context.gateways, browser, query
                )
                await self._tell(ticket)
        except BotError as error:
            answer = self._trouble(error)
        except ValueError:
            answer = self._trouble(SignInRefused("other"))
        else:
            answer = self._page(sign_in_pages.signed_in(ticket.person_name, acting.label))
        answer.delete_cookie(
            self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return answer

    async def _tell(self, link: SignInLink) -> None:
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


def _token_of(browser: str, link: str) -> str:
    """The form's own secret: only a page that this browser was shown can hold it."""
    return hashlib.sha256(f"form\0{browser}\0{link}".encode()).hexdigest()


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")


def public_app(links: SignInPages, slack: SlackEndpoint | None) -> Starlette:
    """The public app; in Socket Mode nothing of Slack's comes in over HTTP."""
    routes = [
        Route("/healthz", _alive),
        # Before the links: "callback" is no ticket.
        Route("/link/callback", links.back, methods=["GET"]),
        Route("/link/{link}", links.ask, methods=["GET"]),
        Route("/link/{link}", links.go, methods=["POST"]),
    ]
    if slack is not None:
        routes.append(Route("/slack/events", slack.__call__, methods=["POST"]))
    return Starlette(routes=routes)


def admin_app(ready: Callable[[], Awaitable[None]]) -> Starlette:
    """The admin's app, on a bind of its own. ``ready`` raises what is missing."""

    async def readyz(_: Request) -> Response:
        try:
            await ready()
        except BotError as error:
            return PlainTextResponse(f"not ready: {type(error).__name__}", status_code=503)
        return PlainTextResponse("ready")

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/readyz", readyz), Route("/metrics", metrics)])


class _Server(uvicorn.Server):
    """Leaves the process's signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: Starlette, host: str, port: int) -> AsyncIterator[int]:
    """Serve an app; give the port (0 takes a free one). Raises OSError when it cannot bind."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=512)
    # Else an answer's body waits some 40 ms for the other side's word about its head: asyncio sets
    # it only for sockets that were made with TCP's protocol number, which this one was not.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,  # Slack waits three seconds for an answer, Docker ten for us
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
