"""What an admin asks first: does every part answer, and what is to be done where not."""

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
from bot.core.policy.toml_file import PolicyBroken
from bot.gateways.ims import Ims
from bot.gateways.loopback import AsyncLoopbackTransport, LoopbackResolver
from bot.gateways.policy_file import read_policy
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.store import Store, open_store
from bot.gateways.store.embedded import start
from bot.settings import Settings

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    part: str
    well: bool
    says: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.well else 'FAIL'}  {self.part:<9} {self.says}"


async def examine(settings: Settings) -> list[Check]:
    """Look at every part; one that fails does not keep the others from being looked at."""
    async with contextlib.AsyncExitStack() as stack:
        findings = [Check("settings", True, f"complete, {settings.transport} transport")]
        findings.append(_policy(settings))
        store, found = await _store(settings, stack)
        findings.append(found)
        findings.append(await _within("slack", lambda: _slack(settings)))
        findings.append(await _within("sign-in", lambda: _sign_in(settings, store)))
        findings.append(await _within("edfs", lambda: _edfs(settings)))
    return findings


async def _within(part: str, look: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(SECONDS):
            return await look()
    except TimeoutError:
        return Check(part, False, f"no answer within {SECONDS:.0f} s: check the network")


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
        says = await _durability(store, kind)
    except StoreUnreachable as error:
        says = f"does not answer ({error}): check REDIS_URL, or the state directory"
        return None, Check("store", False, says)
    return store, Check("store", True, says)


def _policy(settings: Settings) -> Check:
    if settings.edfs_bot_policy is None:
        return Check("policy", True, "none: people's own EDFS permissions decide alone")
    try:
        read = read_policy(settings.edfs_bot_policy)
    except (PolicyBroken, OSError) as error:
        says = f"{type(error).__name__}: see edfs-bot policy check {settings.edfs_bot_policy}"
        return Check("policy", False, says)
    return Check("policy", True, f"{len(read.rules)} rules")


async def _durability(store: Store, kind: str) -> str:
    """Say whether the store keeps what it acknowledged; a managed one may not tell."""
    told = await store.durability()
    if told is None:
        return f"{kind}, answers (it does not tell whether it appends to a file)"
    appends, policy = told
    if appends and policy == "noeviction":
        kept = f"{kind}, answers, appends to a file, evicts nothing"
        return f"{kept}{await _replicas(store)}"
    wanted = "set appendonly yes and maxmemory-policy noeviction"
    return f"{kind}, answers, but may lose what it acknowledged: {wanted}"


async def _replicas(store: Store) -> str:
    """Say what a failover may cost; nothing where none can happen."""
    told = await store.replicas()
    if told is None or told[0] == 0:
        return ""
    if told[1]:
        return "; has replicas and does not write without them"
    return (
        "; has replicas, and a failover may forget what it acknowledged: "
        "set min-replicas-to-write 1 (docs/operations.md says what that promises)"
    )


async def _slack(settings: Settings) -> Check:
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        token = settings.slack_bot_token.get_secret_value()
        slack = SlackClient(token, settings.slack_api_url, session, proxy=settings.proxy)
        try:
            home = await slack.installation()
        except SlackRejected as refused:
            says = f"refuses the token ({refused.code}): copy SLACK_BOT_TOKEN again"
            return Check("slack", False, says)
        except SlackUnavailable as away:
            says = f"does not answer ({away}): check the network or EDFS_BOT_HTTPS_PROXY"
            return Check("slack", False, says)
    return Check("slack", True, f"workspace {home.name} ({home.workspace})")


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
    """Ask without a token: a 401 says that the platform answers."""
    transport = AsyncLoopbackTransport(
        httpx.AsyncHTTPTransport(trust_env=False, proxy=settings.proxy)
    )
    url = f"{settings.itwin_api_url}/itwins/"
    accept = {"Accept": "application/vnd.bentley.itwin-platform.v1+json"}
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=SECONDS) as client:
        try:
            answer = await client.get(url, headers=accept)
        except httpx.HTTPError as error:
            says = f"cannot be reached ({type(error).__name__}): check the network or proxy"
            return Check("edfs", False, says)
    host = urlsplit(settings.itwin_api_url).netloc
    if answer.status_code != 401:
        says = f"{host} answers {answer.status_code} where 401 was expected: check ITWIN_API_URL"
        return Check("edfs", False, says)
    return Check("edfs", True, f"{host} answers")
