"""What the bot believes of a provider, and how it reaches one on this machine."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import certifi
import httpx
import pytest
from aiohttp import web

from bot.core.errors import IdentityProviderError
from bot.gateways.ims import ImsSettings
from bot.gateways.ims.adapter import ImsHttp
from bot.gateways.ims.discovery import Document
from bot.gateways.ims.transport import Transport
from bot.gateways.loopback import (
    AsyncLoopbackTransport,
    LoopbackResolver,
    LoopbackTransport,
    is_loopback,
)
from tests.gateways import ims_world
from tests.gateways.ims_world import BACK, ImsWorld, settings_for
from tests.world.identity_provider import GONE
from tests.world.waiting import again_and_again

ims_redis_socket, ims_redis, world = ims_world.FIXTURES


async def test_discovery_is_read_once_an_hour(world: ImsWorld) -> None:
    path = "/.well-known/openid-configuration"
    await asyncio.gather(*(world.ims.check() for _ in range(5)))
    await world.ims.begin(BACK)
    assert world.provider.count(path) == 1
    world.clock.now += 3600
    await world.ims.check()
    assert world.provider.count(path) == 2


async def test_discovery_of_before_does_while_the_provider_is_away(world: ImsWorld) -> None:
    await world.ims.check()
    world.switches.discovery_status = 503
    world.clock.now += 3600
    await world.ims.check()
    world.clock.now += 24 * 3600
    with pytest.raises(IdentityProviderError):
        await world.ims.check()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://login.microsoftonline.com/common"},
        {"issuer": "http://other.localhost:1/"},
        {"issuer": GONE},
        {"token_endpoint": "https://elsewhere.example/token"},
        {"token_endpoint": "http://elsewhere.localhost/token"},
        {"authorization_endpoint": "//elsewhere.example/authorize"},
        {"authorization_endpoint": GONE},
        {"jwks_uri": "https://elsewhere.example/jwks"},
        {"jwks_uri": 7},
        {"revocation_endpoint": "https://elsewhere.example/revoke"},
    ],
    ids=str,
)
async def test_discovery_that_is_not_believed(world: ImsWorld, document: dict[str, Any]) -> None:
    world.switches.discovery = document
    with pytest.raises(IdentityProviderError) as caught:
        await world.ims.check()
    assert caught.value.settings


@pytest.mark.parametrize("end", ["", "/"])
async def test_endpoints_with_a_port_a_user_or_a_query_elsewhere(world: ImsWorld, end: str) -> None:
    host = world.provider.issuer.removeprefix("http://")
    for odd in (f"http://user@{host}/t", f"https://{host}/t", f"http://{host}/t?x=1", "http://["):
        world.switches.discovery = {"token_endpoint": odd + end}
        with pytest.raises(IdentityProviderError):
            await world.another().check()


@pytest.mark.parametrize(("status", "settings"), [(404, True), (503, False), (429, False)])
async def test_discovery_that_is_not_there(world: ImsWorld, status: int, *, settings: bool) -> None:
    world.switches.discovery_status = status
    with pytest.raises(IdentityProviderError) as caught:
        await world.ims.check()
    assert caught.value.settings is settings


async def test_discovery_that_is_too_long(world: ImsWorld) -> None:
    world.switches.discovery = {"filling": "x" * 70_000}
    with pytest.raises(IdentityProviderError):
        await world.ims.check()


async def test_a_provider_that_does_not_answer(world: ImsWorld) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        port = silent.getsockname()[1]
        ims = world.another(issuer=f"http://127.0.0.1:{port}", read_seconds=0.1)
        with pytest.raises(IdentityProviderError):
            await ims.check()
    with pytest.raises(IdentityProviderError):
        await ims.check()


async def test_an_answer_that_drips_ends_some_time() -> None:
    async with dripping() as issuer:
        settings = ImsSettings(
            issuer=issuer,
            client_id="c",
            client_secret="s",
            scopes=("x",),
            connect_seconds=0.2,
            read_seconds=0.1,
        )
        async with Transport(settings) as wire:
            with pytest.raises(IdentityProviderError):
                await wire.fetch(issuer)
            with pytest.raises(IdentityProviderError):
                await asyncio.to_thread(wire.post, issuer, {}, {})


@asynccontextmanager
async def dripping() -> AsyncIterator[str]:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):  # whoever asked has gone
            await again_and_again(lambda: answer.write(b" "))
        return answer

    app = web.Application()
    app.router.add_route("*", "/", drip)
    async with served(app) as port:
        yield f"http://drip.localhost:{port}/"


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://ims.example"},
        {"issuer": "ftp://localhost"},
        {"issuer": "https://user@ims.example"},
        {"issuer": "https://ims.example?x"},
        {"issuer": "https://ims.example:port"},
        {"issuer": ""},
        {"client_secret": ""},
        {"scopes": ("openid", "offline_access")},
    ],
    ids=str,
)
def test_settings_that_cannot_be(changes: dict[str, Any]) -> None:
    values = {"issuer": "https://a.b", "client_id": "c", "client_secret": "s", "scopes": ("x",)}
    with pytest.raises(ValueError, match=next(iter(changes))):
        ImsSettings(**{**values, **changes})


@pytest.mark.parametrize(
    "issuer", ["https://ims.bentley.com", "http://[::1]:80", "http://a.localhost"]
)
def test_settings_that_can_be(issuer: str) -> None:
    assert settings_for(issuer).api_scopes == ("itwin-platform",)


async def test_a_certificate_file_and_a_proxy_are_taken(world: ImsWorld) -> None:
    proxied = world.settings(proxy="http://127.0.0.1:1", ca_file=certifi.where())
    async with Transport(proxied) as wire:  # loopback is never reached through the proxy
        assert (await wire.fetch(f"{world.provider.issuer}/connect/jwks")).status == 200
    elsewhere = settings_for("https://ims.example")
    away = ImsSettings(
        elsewhere.issuer, "c", "s", ("x",), proxy="http://127.0.0.1:1", connect_seconds=1
    )
    async with Transport(away) as wire:
        with pytest.raises(IdentityProviderError):
            await wire.fetch("https://ims.example/")


async def test_msal_reaches_the_pinned_addresses_only() -> None:
    settings = settings_for("https://ims.bentley.com")
    base = settings.issuer
    document = Document(base, f"{base}/a", f"{base}/t", f"{base}/k", None, sends_issuer=False)
    async with Transport(settings) as wire:
        http = ImsHttp(settings, wire, document)
        with pytest.raises(IdentityProviderError):
            http.get("https://login.microsoftonline.com/common/discovery/instance")
        with pytest.raises(IdentityProviderError):
            http.post("https://ims.bentley.com/t", data={"grant_type": "refresh_token"})
        assert (
            "connect/token" in http.get(f"{http.authority}/.well-known/openid-configuration").text
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "a.localhost", "A.b.LOCALHOST."])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "alocalhost", "127.0.0.1.example", ""])
def test_names_of_others(host: str) -> None:
    assert not is_loopback(host)


async def host_header(request: web.Request) -> web.Response:
    return web.Response(text=request.headers["Host"])


async def test_the_transports_keep_the_host_header() -> None:
    app = web.Application()
    app.router.add_get("/", host_header)
    async with served(app) as port:
        url = f"http://edfs.localhost:{port}/"
        async with httpx.AsyncClient(transport=AsyncLoopbackTransport()) as client:
            answer = await client.get(url)
        assert answer.text == f"edfs.localhost:{port}"
        assert str(answer.request.url) == url
        with httpx.Client(transport=LoopbackTransport()) as plain:
            assert (await asyncio.to_thread(plain.get, url)).text == f"edfs.localhost:{port}"
            there = await asyncio.to_thread(plain.get, f"http://127.0.0.1:{port}/")
            assert there.text == f"127.0.0.1:{port}"


async def test_tls_asks_for_the_name_and_not_for_the_address() -> None:
    asked: list[str | None] = []
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def noted(_: object, name: str | None, __: object) -> int:
        asked.append(name)
        return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE

    server_side.sni_callback = noted

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0, ssl=server_side)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with httpx.AsyncClient(transport=AsyncLoopbackTransport()) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://ims.localhost:{port}/")
    assert asked == ["ims.localhost"]


async def test_the_resolver_of_aiohttp() -> None:
    app = web.Application()
    app.router.add_get("/", host_header)
    async with served(app) as port:
        connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
        url = f"http://slack.localhost:{port}/"
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(url) as answer,
        ):
            assert await answer.text() == f"slack.localhost:{port}"
    resolver = LoopbackResolver(aiohttp.ThreadedResolver())
    assert (await resolver.resolve("127.0.0.1", 80))[0]["host"] == "127.0.0.1"
    await resolver.close()
    late = LoopbackResolver()
    await late.close()
    late = LoopbackResolver()
    assert (await late.resolve("localhost", 80))[0]["host"] == "127.0.0.1"
    await late.close()
