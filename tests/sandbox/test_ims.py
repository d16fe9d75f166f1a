"""The IMS stand-in: sign-in with a browser, tokens, and error responses."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from aiohttp import web

from bot.sandbox.browser.sign_in import sign_in
from bot.sandbox.ims.tokens import key_set
from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import person_named
from bot.sandbox.site import Site
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import open_world

VERIFIER = "v" * 43
SCOPES = "openid profile offline_access itwin-platform"


class Application:
    """A confidential client with a callback page, as the bot is."""

    def __init__(self, world: World, client: httpx.AsyncClient, port: int) -> None:
        self.world = world
        self.client = client
        self.callback = f"http://127.0.0.1:{port}/link/callback"
        self.arrivals: list[dict[str, str]] = []

    def authorize_url(self, **changes: str | None) -> str:
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        query: dict[str, str | None] = {
            "client_id": self.world.ims.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": SCOPES,
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.world.ims.url}/connect/authorize?{urlencode(given)}"

    async def post(self, path: str, **form: str) -> httpx.Response:
        ims = self.world.ims
        proof = {"client_id": ims.client_id, "client_secret": ims.client_secret}
        return await self.client.post(f"{ims.url}/connect/{path}", data=proof | form)

    async def code(self, person: str = "alice", **changes: str | None) -> str:
        url = self.authorize_url(**changes)
        await sign_in(self.world.browser(person), url, person_named(person))
        return self.arrivals[-1]["code"]

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
        }
        return await self.post("token", **(form | changes))

    async def tokens(self, person: str = "alice") -> dict[str, Any]:
        answer = await self.redeem(await self.code(person))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def refresh(self, token: str, **more: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.post("token", **(form | more))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def app(world: World) -> AsyncIterator[Application]:
    server = web.Application()
    site = Site(server)
    arrivals: list[dict[str, str]] = []

    async def callback(request: web.Request) -> web.Response:
        posted = {name: str(value) for name, value in (await request.post()).items()}
        arrivals.append({**request.query, **posted})
        return web.Response(text="<h1>Signed in</h1>", content_type="text/html")

    server.router.add_route("*", "/link/callback", callback)
    await site.open()
    world.connect(f"http://127.0.0.1:{site.port}")
    async with loopback_client() as client:
        application = Application(world, client, site.port)
        application.arrivals = arrivals
        yield application
    await site.close()


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def test_discovery(world: World, app: Application) -> None:
    url = f"{world.ims.url}/.well-known/openid-configuration"
    document = (await app.client.get(url)).json()
    assert document["issuer"] == world.ims.url
    assert document["token_endpoint"] == f"{world.ims.url}/connect/token"
    assert document["code_challenge_methods_supported"] == ["S256"]


async def test_a_sign_in_yields_verifiable_tokens(world: World, app: Application) -> None:
    tokens = await app.tokens()
    assert app.arrivals[-1]["state"] == "the state"
    assert app.arrivals[-1]["iss"] == world.ims.url
    assert tokens["expires_in"] == 3600
    keys = (await app.client.get(f"{world.ims.url}/.well-known/openid-configuration/jwks")).json()
    claims = jwt.decode(
        tokens["id_token"],
        jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(tokens["id_token"])["kid"]],
        algorithms=["RS256"],
        audience=world.ims.client_id,
        issuer=world.ims.url,
    )
    assert claims["nonce"] == "the nonce"
    assert claims["sub"] == person_named("alice").subject
    assert claims["email"] == claims["preferred_username"] == "alice@acme.example"
    access = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert access["scope"] == SCOPES.split()
    profile = await app.client.get(
        f"{world.ims.url}/connect/userinfo",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )
    assert profile.json()["name"] == "Alice Arden"


async def test_id_tokens_are_forged_on_request(world: World, app: Application) -> None:
    world.ims.state.id_token_changes = {"aud": "somebody-else", "nonce": None}
    world.ims.state.id_token_by_a_foreign_key = True
    token = (await app.tokens())["id_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "somebody-else"
    assert "nonce" not in claims
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWKSet.from_dict(key_set())["sandbox-1"], algorithms=["RS256"])


async def test_the_consent_page_escapes_the_client_name(world: World, app: Application) -> None:
    world.ims.client_name = "<b>Bot</b> & co"
    browser = world.browser("alice")
    await browser.get(app.authorize_url())
    await browser.submit({"person": "alice"})
    assert "<b>Bot</b> & co asks to:" in browser.text
    assert "use the iTwin Platform as you" in browser.text
    assert "default-src 'none'" in browser.headers["Content-Security-Policy"]
    await browser.submit(button="Deny")
    assert app.arrivals[-1]["error"] == "access_denied"


async def test_consent_is_remembered_unless_prompt_asks_for_it(
    world: World, app: Application
) -> None:
    await app.code()
    browser = world.browser("alice")
    await browser.get(app.authorize_url())
    assert browser.text == "Signed in"
    await browser.get(app.authorize_url(prompt="consent"))
    assert "Request for approval" in browser.text
    await browser.get(app.authorize_url(prompt="login"))
    assert "Account" in browser.text


async def test_the_response_by_form_post(app: Application) -> None:
    await app.code(response_mode="form_post")
    assert app.arrivals[-1]["state"] == "the state"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_errors_on_the_redirect(
    app: Application, changes: dict[str, str], error: str
) -> None:
    answer = await app.client.get(app.authorize_url(**changes))
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.headers["Location"].startswith(app.callback)
    assert query["error"] == [error]
    assert query["state"] == ["the state"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_errors_that_must_not_be_redirected(app: Application, name: str) -> None:
    answer = await app.client.get(app.authorize_url(**{name: "https://evil.example/"}))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


async def test_invalid_codes_are_rejected(world: World, app: Application) -> None:
    assert error_of(await app.redeem("made-up")) == (400, "invalid_grant")
    wrong = await app.redeem(await app.code(), code_verifier="w" * 43)
    assert error_of(wrong) == (400, "invalid_grant")
    elsewhere = await app.redeem(await app.code(), redirect_uri=app.callback + "/")
    assert error_of(elsewhere) == (400, "invalid_grant")
    late = await app.code()
    world.clock.forward(61)
    assert error_of(await app.redeem(late)) == (400, "invalid_grant")


async def test_reuse_of_a_code_revokes_its_tokens(app: Application) -> None:
    code = await app.code()
    tokens = (await app.redeem(code)).json()
    assert error_of(await app.redeem(code)) == (400, "invalid_grant")
    assert error_of(await app.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


async def test_without_offline_access_there_is_no_refresh_token(app: Application) -> None:
    answer = await app.redeem(await app.code(scope="openid itwin-platform"))
    assert "refresh_token" not in answer.json()


async def test_reuse_of_a_refresh_token_revokes_its_family(world: World, app: Application) -> None:
    first = (await app.tokens())["refresh_token"]
    second = (await app.refresh(first)).json()["refresh_token"]
    assert second != first
    third = (await app.refresh(second)).json()
    assert world.ims.holder(third["access_token"]) == person_named("alice")
    assert error_of(await app.refresh(first)) == (400, "invalid_grant")
    assert error_of(await app.refresh(third["refresh_token"])) == (400, "invalid_grant")
    assert world.ims.holder(third["access_token"]) is None
    assert world.ims.refreshes == 4
    assert world.ims.token_requests == 5


async def test_switches_change_the_refresh_response(world: World, app: Application) -> None:
    world.ims.state.id_token_on_refresh = False
    world.ims.state.scope_in_answers = False
    world.ims.state.token_seconds = 301
    token = (await app.tokens())["refresh_token"]
    answer = (await app.refresh(token)).json()
    assert set(answer) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert answer["expires_in"] == 301
    wider = await app.refresh(answer["refresh_token"], scope="email itwin-platform")
    assert error_of(wider) == (400, "invalid_scope")


async def test_revocation(world: World, app: Application) -> None:
    tokens = await app.tokens()
    gone = await app.post("revocation", token=tokens["refresh_token"])
    assert gone.status_code == 200
    assert (await app.post("revocation", token="unknown")).status_code == 200
    assert world.ims.revocations == 2
    assert world.ims.holder(tokens["access_token"]) is None
    assert world.ims.state.grants.active_families(person_named("alice")) == 0
    assert error_of(await app.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


async def test_client_authentication(world: World, app: Application) -> None:
    wrong = await app.refresh("x", client_secret="guessed")
    assert error_of(wrong) == (401, "invalid_client")
    basic = await app.client.post(
        f"{world.ims.url}/connect/revocation",
        data={"token": "x"},
        auth=(world.ims.client_id, world.ims.client_secret),
    )
    assert basic.status_code == 200
    assert error_of(await app.post("token", grant_type="password")) == (
        400,
        "unsupported_grant_type",
    )


async def test_faults(world: World, app: Application) -> None:
    token = (await app.tokens())["refresh_token"]
    world.ims.fail("token", 503, body="html")
    assert (await app.refresh(token)).status_code == 503
    world.ims.fail("token", "lost_answer")
    with pytest.raises(httpx.TransportError):
        await app.refresh(token)
    assert error_of(await app.refresh(token)) == (400, "invalid_grant")


async def test_cookies_belong_to_their_host(world: World, app: Application) -> None:
    await app.code()
    jar = world.browser("alice").cookies
    assert jar.names("ims.localhost") == ["ims_session"]
    assert jar.names("127.0.0.1") == []
