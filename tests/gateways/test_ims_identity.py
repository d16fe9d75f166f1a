"""Validating ID tokens: valid ones, and each way in which one is invalid."""

from typing import Any

import jwt
import pytest

from bot.core.errors import IdentityProviderError, SignInRefused
from tests.gateways import ims_world
from tests.gateways.ims_world import BACK, ImsWorld, browse, refused
from tests.world.identity_provider import CLIENT_ID, GONE, public_jwk, signed, signing_key

ims_redis_socket, ims_redis, world = ims_world.FIXTURES


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": GONE},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": CLIENT_ID, "azp": "another-client"},
        {"aud": []},
        {"aud": GONE},
        {"nonce": "wrong"},
        {"nonce": GONE},
        {"nonce": 7},
        {"exp": 1_790_000_000 - 61},
        {"exp": GONE},
        {"exp": "soon"},
        {"exp": True},
        {"iat": 1_790_000_000 + 120},
        {"iat": GONE},
        {"nbf": 1_790_000_000 + 120},
        {"nbf": "later"},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": 7},
    ],
    ids=str,
)
async def test_an_id_token_with_a_wrong_claim(world: ImsWorld, claims: dict[str, Any]) -> None:
    world.switches.claims = claims
    assert await refused(world) == "identity"
    assert len(world.provider.revoked) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
        {"exp": 1_790_000_000 - 30},
        {"iat": 1_790_000_000 + 30, "nbf": 1_790_000_000 + 30},
        {"name": GONE, "email": GONE},
    ],
    ids=str,
)
async def test_a_valid_id_token(world: ImsWorld, claims: dict[str, Any]) -> None:
    world.switches.claims = claims
    await world.signed_in()


async def test_the_name_and_address_come_from_several_claims(world: ImsWorld) -> None:
    world.switches.claims = {
        "name": 7,
        "email": GONE,
        "given_name": "Bob",
        "family_name": "Builder",
        "preferred_username": "bob@example.com",
    }
    sign_in = await world.signed_in()
    assert (sign_in.name, sign_in.email) == ("Bob Builder", "bob@example.com")


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, "none")


def with_the_client_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "s3cret/with+odd=characters" * 2, "HS256", headers={"kid": "ec-1"})


def by_a_stranger(claims: dict[str, Any]) -> str:
    return signed(claims, "ec-2", {"kid": "ec-1"})


def with_its_own_key(claims: dict[str, Any]) -> str:
    return signed(claims, "ec-2", {"kid": "ec-1", "jwk": public_jwk("ec-2")})


def with_a_critical_header(claims: dict[str, Any]) -> str:
    return signed(claims, "ec-1", {"crit": ["b64"], "b64": True})


def with_an_unknown_key(claims: dict[str, Any]) -> str:
    return signed(claims, "ec-2")


def with_a_broken_signature(claims: dict[str, Any]) -> str:
    whole = signed(claims, "ec-1")
    return whole[:-8] + ("AAAAAAAA" if not whole.endswith("AAAAAAAA") else "BBBBBBBB")


def with_another_payload(claims: dict[str, Any]) -> str:
    parts = signed(claims, "ec-1").split(".")
    other = signed({**claims, "sub": "somebody-else"}, "ec-1").split(".")
    return ".".join((parts[0], other[1], parts[2]))


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        with_the_client_secret,
        by_a_stranger,
        with_its_own_key,
        with_a_critical_header,
        with_an_unknown_key,
        with_a_broken_signature,
        with_another_payload,
    ],
)
async def test_an_id_token_with_an_invalid_signature(world: ImsWorld, sign: Any) -> None:
    world.switches.sign = sign
    assert await refused(world) == "identity"


async def test_keys_of_rsa_and_keys_without_id(world: ImsWorld) -> None:
    world.provider.key = "rsa-1"
    await world.signed_in()
    keys = [{**public_jwk("rsa-1"), "alg": "RS256"}, {"kty": "oct", "k": "AAAA"}, "odd"]
    del keys[0]["kid"]
    world.clock.now += 3600
    world.switches.jwks = keys
    world.switches.sign = lambda claims: jwt.encode(claims, signing_key("rsa-1"), "RS256")
    await world.signed_in()


async def test_a_new_key_is_fetched_once_and_not_for_every_unknown_id(world: ImsWorld) -> None:
    await world.signed_in()
    world.provider.key = "ec-3"  # the provider rotates its keys
    world.clock.now += 31
    await world.signed_in()
    assert world.provider.count("/connect/jwks") == 2
    world.switches.sign = with_an_unknown_key
    for _ in range(3):
        flow = await world.ims.begin(BACK)
        with pytest.raises(SignInRefused):
            await world.ims.complete(flow.body, await browse(flow))
    assert world.provider.count("/connect/jwks") == 2


async def test_keys_that_cannot_be_fetched_leave_the_code_unspent(world: ImsWorld) -> None:
    world.switches.jwks_status = 503
    flow = await world.ims.begin(BACK)
    query = await browse(flow)
    with pytest.raises(IdentityProviderError):
        await world.ims.complete(flow.body, query)
    world.switches.jwks_status = 200
    await world.ims.complete(flow.body, query)
