"""Composition root: builds a running bot from its settings."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette

from bot.background.reauthorization import Reauthorization
from bot.context import Context
from bot.core.errors import StoreUnreachable
from bot.core.installation import Installation
from bot.core.operations.operation import Timeouts
from bot.engine import Engine
from bot.features.accounts import SignInUrls
from bot.features.select_options import OptionLists
from bot.gateways.certificates import ssl_context
from bot.gateways.edfs import Budget, Edfs, EdfsSettings
from bot.gateways.gateways import Gateways
from bot.gateways.ims import Ims, ImsSettings
from bot.gateways.loopback import LoopbackResolver
from bot.gateways.policy_file import PolicyFile
from bot.gateways.sealing import KeyRing
from bot.gateways.slack.client import SlackClient
from bot.gateways.slack.directory import Directory
from bot.gateways.slack.rate_limits import SlackRateLimiter
from bot.gateways.store import Store, open_store
from bot.gateways.store.embedded import start
from bot.gateways.tasks import end_task
from bot.installing import TokenCheck
from bot.jobs import Jobs
from bot.settings import Settings
from bot.slack.inbound.intake import Intake
from bot.slack.inbound.listeners import bolt_app, listen
from bot.slack.inbound.socket_watch import SocketWatch
from bot.web import SignInPages, SlackEndpoint, admin_app, public_app

CONNECT_SECONDS = 10.0  # that a first start waits for Slack's socket

log = structlog.get_logger("app")


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: its two ASGI apps, and the parts that the CLI and the sandbox use."""

    public: Starlette
    admin: Starlette
    context: Context
    store: Store
    store_url: str
    sockets: AsyncSocketModeHandler | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must hold for this process to be of use. ``socket`` is None without Socket Mode."""

    store: Store
    jobs: Jobs
    socket: SocketWatch | None
    token: TokenCheck

    async def why_not(self) -> str:
        """Return why it is not ready; an empty text where it is."""
        try:
            await self.store.ping()
        except StoreUnreachable:
            return "the store does not answer"
        try:
            self.jobs.check()
        except StoreUnreachable:
            return "nothing that is due is done: the job engine's connection does not answer"
        if self.jobs.replica_missing:
            return "a replica of the store is missing: no new command is accepted until it is back"
        if self.token.rejected:
            return f"Slack rejects the bot token ({self.token.rejected}): check SLACK_BOT_TOKEN"
        if self.socket is not None and self.socket.lost:
            return "Slack's socket is not connected: check SLACK_APP_TOKEN and the network"
        return ""


@contextlib.asynccontextmanager
async def open_bot(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[Bot]:
    """Open everything, in order, and close it in the opposite order.

    Raises StoreUnreachable, StoreMisconfigured, SlackUnavailable or SlackRejected when a required
    service does not accept the bot; PolicyBroken or OSError when the policy file is invalid.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = await store_url(settings, stack)
        store = open_store(url, ring_of(settings))
        stack.push_async_callback(store.aclose)
        await store.ping()
        await store.replication.check()
        policy_file = PolicyFile(settings.edfs_bot_policy)
        policy_file.load()
        slack = await _slack_client(settings, SlackRateLimiter(store.limits, clock), stack)
        check = TokenCheck(slack, store.installations, settings.slack_bot_token.get_secret_value())
        stack.push_async_callback(check.stop)
        installation = await check.installation()
        await store.kill_switch.remember(installation.workspace)
        directory = Directory(slack, store.people, installation.workspace)
        gateways = _gateways(
            settings, store, directory, stack, policy_file=policy_file, clock=clock
        )
        context = _context(settings, gateways, slack, installation, stack)
        jobs = Jobs(url)
        intake = Intake(store, clock, jobs.nudge, jobs.check, set())
        stack.push_async_callback(intake.aclose)
        bolt = bolt_app(slack, installation, settings.slack_bot_token.get_secret_value())
        listen(bolt, context, intake)
        stack.push_async_callback(jobs.stop)
        await jobs.start(context, intake.retracted)
        sockets = await _sockets(settings, bolt, stack, wait=not check.was_known)
        watch = _socket_watch(sockets, stack)
        secret = settings.slack_signing_secret
        endpoint = (
            SlackEndpoint(bolt, secret.get_secret_value(), context)
            if secret and not sockets
            else None
        )

        links = SignInPages(context, intake, settings.ims_issuer)
        log.info("bot.started", transport=settings.transport, workspace=installation.workspace)
        yield Bot(
            public=public_app(links, endpoint),
            admin=admin_app(Readiness(store, jobs, watch, check).why_not),
            context=context,
            store=store,
            store_url=url,
            sockets=sockets,
        )


async def store_url(settings: Settings, stack: contextlib.AsyncExitStack) -> str:
    """Return the URL of the store; without REDIS_URL, start the embedded one or attach to it."""
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    server = await start(settings.state)
    stack.push_async_callback(server.stop)
    return server.url


def ring_of(settings: Settings) -> KeyRing:
    """Return the key ring; for the embedded store a key is created once, beside its data."""
    if settings.edfs_bot_keys:
        return KeyRing.parse(settings.edfs_bot_keys.get_secret_value())
    return KeyRing.parse(_stored_keys(settings.state / "keys"))


def _stored_keys(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(KeyRing.new_key())
    return path.read_text()


def ims_settings(settings: Settings) -> ImsSettings:
    return ImsSettings(
        issuer=settings.ims_issuer,
        client_id=settings.ims_client_id,
        client_secret=settings.ims_client_secret.get_secret_value(),
        scopes=settings.scopes,
        proxy=settings.proxy,
        ca_file=settings.certificates,
    )


def _gateways(
    settings: Settings,
    store: Store,
    directory: Directory,
    stack: contextlib.AsyncExitStack,
    *,
    policy_file: PolicyFile,
    clock: Callable[[], float],
) -> Gateways:
    ims = Ims(ims_settings(settings), store.sign_ins, clock)
    stack.push_async_callback(ims.aclose)
    per_minute, per_hour = settings.rate
    edfs = Edfs(
        EdfsSettings(
            settings.itwin_api_url,
            timeout=settings.edfs_bot_edfs_timeout,
            proxy=settings.proxy,
            ca_file=settings.certificates,
        ),
        clock,
        Budget(store.limits, clock, per_minute, per_hour),
    )
    stack.push_async_callback(edfs.aclose)
    timeouts = Timeouts(patch=settings.edfs_bot_edfs_timeout, settle=settings.edfs_bot_settle)
    zone = settings.edfs_bot_schedule_timezone
    return Gateways(store, edfs, ims, directory, clock, zone, timeouts, policy_file)


async def _slack_client(
    settings: Settings, rate_limiter: SlackRateLimiter, stack: contextlib.AsyncExitStack
) -> SlackClient:
    """Return the client with one session: without it every call opens a new connection."""
    certificates = ssl_context(settings.certificates)
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver(), ssl=certificates)
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    session = await stack.enter_async_context(
        aiohttp.ClientSession(connector=connector, timeout=timeout)
    )
    return SlackClient(
        settings.slack_bot_token.get_secret_value(),
        settings.slack_api_url,
        session,
        proxy=settings.proxy,
        rate_limiter=rate_limiter,
    )


def _context(
    settings: Settings,
    gateways: Gateways,
    slack: SlackClient,
    installation: Installation,
    stack: contextlib.AsyncExitStack,
) -> Context:
    option_lists = OptionLists(gateways)
    stack.push_async_callback(option_lists.aclose)
    return Context(
        gateways=gateways,
        engine=Engine(gateways, Reauthorization(gateways)),
        sign_in_urls=SignInUrls(settings.public_url, installation.name),
        installation=installation,
        slack=slack,
        option_lists=option_lists,
        support_url=settings.edfs_bot_support_url or "",
    )


def _socket_watch(
    sockets: AsyncSocketModeHandler | None, stack: contextlib.AsyncExitStack
) -> SocketWatch | None:
    if sockets is None:
        return None
    watch = SocketWatch(sockets.client.is_connected)
    watch.start()
    stack.push_async_callback(watch.stop)
    return watch


async def _sockets(
    settings: Settings, bolt: AsyncApp, stack: contextlib.AsyncExitStack, *, wait: bool
) -> AsyncSocketModeHandler | None:
    """Connect to Slack's socket; the client tries until it is connected, in the background."""
    if settings.slack_app_token is None:
        return None
    handler = AsyncSocketModeHandler(bolt, settings.slack_app_token.get_secret_value())
    connecting: asyncio.Task[None] = asyncio.create_task(handler.connect_async(), name="sockets")  # type: ignore[no-untyped-call]
    stack.push_async_callback(handler.close_async)
    stack.push_async_callback(end_task, connecting)
    await asyncio.wait({connecting}, timeout=CONNECT_SECONDS if wait else 0)
    return handler
