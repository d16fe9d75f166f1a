"""The same against an identity provider nobody here wrote: nanoidp."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from redis.asyncio import Redis

from bot.core.errors import SignInNeeded
from bot.gateways.ims import Ims, ImsSettings, SignOut
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIns
from bot.sandbox.clock import Clock
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, BACK, TEAM, refresh_token_in
from tests.world.ports import is_open
from tests.world.waiting import wait_until

ims_redis_socket, ims_redis, _ = ims_world.FIXTURES

START = """
import sys
from nanoidp.app import create_app
from werkzeug.serving import make_server
app = create_app(sys.argv[1])
make_server("127.0.0.1", int(sys.argv[2]), app, threaded=True).serve_forever()
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nanoidp")
    port = free_port()
    issuer = f"http://nanoidp.localhost:{port}"
    written(folder, issuer)
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-W", "ignore", "-c", START, str(folder), str(port)]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603
        try:
            await_port(port)
            yield issuer
        finally:
            server.terminate()
            server.wait()


def written(folder: Path, issuer: str) -> None:
    client = {
        "client_id": "edfs-bot",
        "client_secret": "a/secret+with=marks",
        "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": [BACK],
    }
    oauth = {
        "issuer": issuer,
        "clients": [client],
        "refresh_token_rotation": True,
        "require_pkce": True,
        "scopes_supported": ["openid", "profile", "email", "offline_access", "itwin-platform"],
    }
    login = {"mode": "persona", "auto_login": True}
    # JSON is YAML
    (folder / "settings.yaml").write_text(json.dumps({"oauth": oauth, "login": login}))
    users = {"alice": {"email": "alice@example.com"}}
    (folder / "users.yaml").write_text(json.dumps({"users": users}))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def await_port(port: int) -> None:
    wait_until(lambda: is_open(port), "nanoidp does not start")


async def browse_as_alice(auth_uri: str) -> dict[str, str]:
    parts = urlsplit(auth_uri)
    hint = urlencode({"login_hint": "persona-auto-login:alice"})
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(
            f"http://127.0.0.1:{parts.port}{parts.path}?{parts.query}&{hint}",
            headers={"Host": parts.netloc},
        )
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


async def test_sign_in_refresh_with_rotation_and_sign_out(ims_redis: Redis, issuer: str) -> None:
    clock = Clock()
    tokens = SignIns(ims_redis, KeyRing.parse(KeyRing.new_key()))
    settings = ImsSettings(issuer, "edfs-bot", "a/secret+with=marks", ("itwin-platform",))
    ims = Ims(settings, tokens, clock.now)
    try:
        flow = await ims.begin(BACK)
        sign_in = await ims.complete(flow.body, await browse_as_alice(flow.auth_uri))
        await ims.keep(TEAM, ALICE, sign_in)
        first = await ims.bearer(TEAM, ALICE)
        assert (first.account.issuer, first.account.subject) == (issuer, "alice")

        clock.forward(3600)
        callers = await asyncio.gather(*(ims.bearer(TEAM, ALICE) for _ in range(4)))
        assert len({bearer.secret for bearer in callers}) == 1
        assert callers[0].secret != first.secret
        rotated = await tokens.read(TEAM, ALICE)
        assert rotated is not None
        assert refresh_token_in(rotated.cache) != refresh_token_in(sign_in.cache)

        assert await ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=True, revoked=True)
        await tokens.put(TEAM, ALICE, rotated)  # put back what was revoked: it is void
        clock.forward(3600)
        with pytest.raises(SignInNeeded) as caught:
            await ims.bearer(TEAM, ALICE)
        assert caught.value.ended
    finally:
        await ims.aclose()


async def test_the_old_refresh_token_used_again_ends_the_sign_in(
    ims_redis: Redis, issuer: str
) -> None:
    clock = Clock()
    tokens = SignIns(ims_redis, KeyRing.parse(KeyRing.new_key()))
    settings = ImsSettings(issuer, "edfs-bot", "a/secret+with=marks", ("itwin-platform",))
    ims = Ims(settings, tokens, clock.now)
    try:
        flow = await ims.begin(BACK)
        stale = await ims.complete(flow.body, await browse_as_alice(flow.auth_uri))
        await tokens.put(TEAM, ALICE, stale)
        for _ in range(2):
            clock.forward(3600)
            await ims.bearer(TEAM, ALICE)
        await tokens.put(TEAM, ALICE, stale)  # as after an old backup
        with pytest.raises(SignInNeeded):
            await ims.bearer(TEAM, ALICE)
    finally:
        await ims.aclose()
