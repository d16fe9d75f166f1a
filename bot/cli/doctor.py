"""`edfs-bot doctor`: checks every external service and says how to correct what fails."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import httpx

from bot.app import ims_settings, ring_of
from bot.core.errors import BotError, IdentityProviderError, StoreUnreachable
from bot.gateways.ims import Ims
from bot.gateways.loopback import AsyncLoopbackTransport, LoopbackResolver
from bot.gateways.policy_file import read_policy
from bot.gateways.policy_toml import PolicyBroken
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.store import Store, open_store
from bot.gateways.store.embedded import start
from bot.gateways.store.replication import (
    StoreMisconfigured,
    too_few_asked,
    too_few_connected,
)
from bot.jobs.clock_watch import DIFFERENCE_SECONDS
from bot.settings import Settings

TIMEOUT = 10.0  # seconds for each check


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one part; its text is a line of the report."""

    part: str
    ok: bool
    message: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.part:<9} {self.message}"


async def examine(settings: Settings, clock: Callable[[], float] = time.time) -> list[Check]:
    """Check every part, also when another one fails. ``clock`` is unix time."""
    async with contextlib.AsyncExitStack() as stack:
        checks = [Check("settings", True, f"complete, {settings.transport} transport")]
        checks.append(_policy(settings))
        store, of_store = await _store(settings, stack)
        checks.append(of_store)
        checks.append(await _with_timeout("clock", lambda: _clock(store, clock)))
        checks.append(await _with_timeout("slack", lambda: _slack(settings)))
        checks.append(await _with_timeout("sign-in", lambda: _sign_in(settings, store)))
        checks.append(await _with_timeout("edfs", lambda: _edfs(settings)))
    return checks


async def _with_timeout(part: str, check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(TIMEOUT):
            return await check()
    except TimeoutError:
        return Check(part, False, f"no answer within {TIMEOUT:.0f} s: check the network")


async def _store(
    settings: Settings, stack: contextlib.AsyncExitStack
) -> tuple[Store | None, Check]:
    try:
        if settings.redis_url:
            url, kind = settings.redis_url.get_secret_value(), "REDIS_URL"
        else:
            server = await start(settings.state)
            stack.push_async_callback(server.stop)
            url, kind = server.url, "embedded"
        store = open_store(url, ring_of(settings))
        stack.push_async_callback(store.aclose)
        await store.ping()
        message = await _durability(store, kind)
    except StoreMisconfigured as error:
        return store, Check("store", False, str(error))
    except StoreUnreachable as error:
        message = f"does not answer ({error}): check REDIS_URL, or the state directory"
        return None, Check("store", False, message)
    return store, Check("store", True, message)


async def _clock(store: Store | None, clock: Callable[[], float]) -> Check:
    if store is None:
        return Check("clock", False, "not looked at: the store comes first")
    try:
        ahead = await store.due_times.clock_difference(clock)
    except StoreUnreachable as error:
        return Check("clock", False, f"the store does not tell its time ({error})")
    if abs(ahead) <= DIFFERENCE_SECONDS:
        return Check("clock", True, "agrees with the store's")
    side = "ahead of" if ahead > 0 else "behind"
    digits = 0 if abs(ahead) >= 10 else 1
    message = f"{abs(ahead):.{digits}f} s {side} the store's: keep both by NTP"
    return Check("clock", False, message)


def _policy(settings: Settings) -> Check:
    if settings.edfs_bot_policy is None:
        return Check("policy", True, "none: people's own EDFS permissions decide alone")
    try:
        read = read_policy(settings.edfs_bot_policy)
    except (PolicyBroken, OSError) as error:
        message = f"{type(error).__name__}: see edfs-bot policy check {settings.edfs_bot_policy}"
        return Check("policy", False, message)
    return Check("policy", True, f"{len(read.rules)} rules")


async def _durability(store: Store, kind: str) -> str:
    """Return whether the store is durable; a managed one may not let its settings be read."""
    durability = await store.durability()
    if durability is None:
        return f"{kind}, answers (it does not tell whether it appends to a file)"
    appends, policy = durability
    if appends and policy == "noeviction":
        durable = f"{kind}, answers, appends to a file, evicts nothing"
        return f"{durable}{await _replicas(store)}"
    wanted = "set appendonly yes and maxmemory-policy noeviction"
    return f"{kind}, answers, but may lose what it acknowledged: {wanted}"


async def _replicas(store: Store) -> str:
    """Return what a failover may lose; an empty text without replicas.

    Raises StoreMisconfigured where other replicas are connected than have to confirm.
    """
    state, asked = await store.replication.read(), store.replication.asked
    if state is None:
        return "; it does not tell its replicas, so check their number yourself" if asked else ""
    if asked and state.connected > asked:
        raise StoreMisconfigured(too_few_asked(asked, state.connected))
    if state.connected < asked:
        raise StoreMisconfigured(too_few_connected(asked, state.connected))
    if asked:
        return f"; all {asked} replicas confirm what is written"
    if not state.connected:
        return ""
    return (
        "; has replicas, and a failover may forget what it acknowledged: "
        f"set ?replicas={state.connected} (docs/operations.md says what that promises)"
    )


async def _slack(settings: Settings) -> Check:
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        token = settings.slack_bot_token.get_secret_value()
        slack = SlackClient(token, settings.slack_api_url, session, proxy=settings.proxy)
        try:
            installation = await slack.installation()
        except SlackRejected as rejected:
            message = f"refuses the token ({rejected.code}): copy SLACK_BOT_TOKEN again"
            return Check("slack", False, message)
        except SlackUnavailable as error:
            message = f"does not answer ({error}): check the network or EDFS_BOT_HTTPS_PROXY"
            return Check("slack", False, message)
    return Check("slack", True, f"workspace {installation.name} ({installation.workspace})")


async def _sign_in(settings: Settings, store: Store | None) -> Check:
    if store is None:
        return Check("sign-in", False, "not looked at: the store comes first")
    ims = Ims(ims_settings(settings), store.sign_ins, time.time)
    callback = f"{settings.public_url}/link/callback"
    try:
        await ims.check()
    except IdentityProviderError as error:
        return Check("sign-in", False, f"{error.what}: check IMS_ISSUER and the network")
    except BotError as error:
        return Check("sign-in", False, f"{type(error).__name__}: check IMS_ISSUER")
    finally:
        await ims.aclose()
    return Check("sign-in", True, f"discovery is right; register the redirect URI {callback}")


async def _edfs(settings: Settings) -> Check:
    """Send a request without a token: a 401 shows that the platform responds."""
    transport = AsyncLoopbackTransport(
        httpx.AsyncHTTPTransport(trust_env=False, proxy=settings.proxy)
    )
    url = f"{settings.itwin_api_url}/itwins/"
    accept = {"Accept": "application/vnd.bentley.itwin-platform.v1+json"}
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=TIMEOUT) as client:
        try:
            response = await client.get(url, headers=accept)
        except httpx.HTTPError as error:
            message = f"cannot be reached ({type(error).__name__}): check the network or proxy"
            return Check("edfs", False, message)
    host, status = urlsplit(settings.itwin_api_url).netloc, response.status_code
    if status != 401:
        message = f"{host} answers {status} where 401 was expected: check ITWIN_API_URL"
        return Check("edfs", False, message)
    return Check("edfs", True, f"{host} answers")
