"""Signing in: the authorization request, the callback, and the token request."""

import json
import warnings
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.core.errors import IdentityProviderError
from bot.gateways.ims import Account
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, BACK, TEAM, ImsWorld, browse, refresh_token_in, refused
from tests.world.identity_provider import API_SCOPE, GONE

ims_redis_socket, ims_redis, world = ims_world.FIXTURES


async def test_a_sign_in_returns_the_account(world: ImsWorld) -> None:
    sign_in = await world.signed_in()
    account = Account(world.provider.issuer, "subject-1", "Alice Example", "alice@example.com")
    assert await world.ims.account(TEAM, ALICE) == account
    bearer = await world.ims.bearer(TEAM, ALICE)
    assert bearer.account == account
    assert bearer.secret.startswith("at-")
    assert world.provider.token_requests == 1  # the code; nothing was refreshed
    assert sign_in.signed_in_at == world.clock.now


async def test_the_authorization_request_has_no_microsoft_parameters(
    world: ImsWorld,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow = await world.ims.begin(BACK)
    query = parse_qs(urlsplit(flow.auth_uri).query)
    assert flow.auth_uri.startswith(f"{world.provider.issuer}/connect/authorize?")
    assert set(query) == {
        "client_id",
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert query["scope"] == [f"{API_SCOPE} offline_access openid"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"] == [flow.state]


async def test_a_prompt_is_sent_when_the_settings_have_one(world: ImsWorld) -> None:
    flow = await world.another(prompt="consent").begin(BACK)
    assert parse_qs(urlsplit(flow.auth_uri).query)["prompt"] == ["consent"]


async def test_the_token_request_has_only_the_parameters_of_the_rfc(world: ImsWorld) -> None:
    await world.signed_in()
    (asked,) = [one for one in world.provider.asked if one.path == "/connect/token"]
    assert set(asked.form) == {
        "client_id",
        "client_secret",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
    }
    names = {name.lower() for name in asked.headers}
    assert not {name for name in names if name.startswith("x-") or "client" in name}
    assert asked.headers["Host"].startswith("ims.localhost:")


async def test_client_authentication_with_basic(world: ImsWorld) -> None:
    ims = world.another(client_auth="basic")
    await world.signed_in(ims)
    asked = world.provider.asked[-1]
    assert "client_secret" not in asked.form
    assert asked.headers["Authorization"].startswith("Basic ")
    assert (await ims.sign_out(TEAM, ALICE)).revoked


async def test_no_cookie_of_the_provider_is_stored(world: ImsWorld) -> None:
    await world.signed_in()
    await world.signed_in()
    assert not [one for one in world.provider.asked if "Cookie" in one.headers]


async def test_a_new_sign_in_replaces_the_earlier_one_and_revokes_it(world: ImsWorld) -> None:
    first = await world.signed_in()
    second = await world.signed_in()
    assert world.provider.revoked == [refresh_token_in(first.cache)]
    assert world.provider.alive(refresh_token_in(second.cache))
    assert second.version != first.version


@pytest.mark.parametrize(
    ("callback", "reason"),
    [
        ({"code": GONE, "error": "access_denied"}, "denied"),
        ({"code": GONE, "error": "invalid_scope"}, "invalid_scope"),
        ({"code": GONE, "error": "something_odd"}, "other"),
        ({"code": GONE}, "other"),
        ({"state": "another"}, "other"),
        ({"state": GONE}, "other"),
        ({"code": "never-given"}, "expired"),
        ({"iss": "https://elsewhere.example"}, "identity"),
        ({"iss": GONE}, "identity"),
        ({"iss": GONE, "code": GONE, "error": "access_denied"}, "identity"),
    ],
)
async def test_an_invalid_callback(world: ImsWorld, callback: dict[str, Any], reason: str) -> None:
    world.switches.callback = callback
    assert await refused(world) == reason


@pytest.mark.parametrize(
    ("code", "settings"), [("temporarily_unavailable", False), ("unauthorized_client", True)]
)
async def test_a_callback_with_an_error_of_provider_or_settings(
    world: ImsWorld, code: str, *, settings: bool
) -> None:
    world.switches.callback = {"code": GONE, "error": code}
    flow = await world.ims.begin(BACK)
    with pytest.raises(IdentityProviderError) as caught:
        await world.ims.complete(flow.body, await browse(flow))
    assert caught.value.settings is settings


async def test_iss_may_be_absent_where_the_provider_does_not_announce_it(world: ImsWorld) -> None:
    world.switches.discovery = {"authorization_response_iss_parameter_supported": GONE}
    world.switches.callback = {"iss": GONE}
    await world.signed_in()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"refresh_token": GONE}, "no_refresh_token"),
        ({"refresh_token": None}, "no_refresh_token"),
        ({"scope": "openid offline_access"}, "scope_missing"),
        ({"scope": ""}, "scope_missing"),
        ({"scope": ["openid"]}, "scope_missing"),
        ({"id_token": GONE}, "identity"),
        ({"id_token": None}, "identity"),
        ({"id_token": "not.a.token"}, "identity"),
        ({"id_token": "x"}, "identity"),
    ],
)
async def test_an_insufficient_grant_is_revoked(
    world: ImsWorld, answer: dict[str, Any], reason: str
) -> None:
    world.switches.answer = answer
    assert await refused(world) == reason
    assert len(world.provider.revoked) == (reason != "no_refresh_token")


@pytest.mark.parametrize("scope", [GONE, None, API_SCOPE, ["openid", API_SCOPE]])
async def test_scope_may_be_absent_or_a_list(world: ImsWorld, scope: object) -> None:
    world.switches.answer = {"scope": scope}
    await world.signed_in()
    await world.ims.bearer(TEAM, ALICE)
    assert world.provider.token_requests == 1


@pytest.mark.parametrize(
    ("status", "settings"),
    [
        ((503, "text/html", "<h1>busy</h1>"), False),
        ((429, "application/json", '{"error": "slow_down"}'), False),
        ((200, "text/html", "<h1>hello</h1>"), False),
        ((200, "application/json", "[]"), False),
        ((200, "application/json", '{"token_type": "Bearer"}'), False),
        ((200, "application/json", '{"access_token": "a", "token_type": "DPoP"}'), False),
        ((400, "application/json", '{"message": "no"}'), False),
        ((302, "text/html", ""), False),
        ((200, "application/json", " " * 70_000 + "{}"), False),
        ((401, "application/json", '{"error": "invalid_client"}'), True),
    ],
)
async def test_errors_of_the_token_endpoint(
    world: ImsWorld, status: tuple[int, str, str], *, settings: bool
) -> None:
    flow = await world.ims.begin(BACK)
    query = await browse(flow)
    world.switches.token_status = status
    with pytest.raises(IdentityProviderError) as caught:
        await world.ims.complete(flow.body, query)
    assert caught.value.settings is settings
    for secret in (query["code"], query["state"], json.loads(flow.body)["code_verifier"]):
        assert secret not in repr(caught.value)


async def test_a_malformed_error_code_is_not_repeated(world: ImsWorld) -> None:
    world.switches.token_status = (400, "application/json", '{"error": "<@U1> look\\nhere"}')
    assert await refused(world) == "other"


async def test_no_repr_shows_a_secret(world: ImsWorld) -> None:
    flow = await world.ims.begin(BACK)
    sign_in = await world.signed_in()
    bearer = await world.ims.bearer(TEAM, ALICE)
    shown = repr((flow, sign_in, bearer, world.settings(), world.tokens))
    for secret in (flow.state, bearer.secret, refresh_token_in(sign_in.cache), "s3cret"):
        assert secret not in shown
