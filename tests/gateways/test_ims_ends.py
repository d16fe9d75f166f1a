"""What ends a sign-in, and what does not."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.core.errors import IdentityProviderError, SignInNeeded
from bot.core.names import PersonId
from bot.gateways.ims import SignOut
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIns
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, BACK, TEAM, ImsWorld, browse
from tests.world.identity_provider import GONE
from tests.world.waiting import until

ims_redis_socket, ims_redis, world = ims_world.FIXTURES

HOUR = 3600


async def test_without_a_sign_in(world: ImsWorld) -> None:
    with pytest.raises(SignInNeeded) as caught:
        await world.ims.bearer(TEAM, PersonId("U0BOB"))
    assert not caught.value.ended
    assert await world.ims.account(TEAM, ALICE) is None
    assert await world.ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=False, revoked=False)


async def test_an_invalid_refresh_token_ends_the_sign_in(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.provider.current.clear()
    with pytest.raises(SignInNeeded) as caught:
        await world.ims.bearer(TEAM, ALICE)
    assert caught.value.ended
    with pytest.raises(SignInNeeded):
        await world.ims.bearer(TEAM, ALICE)
    assert world.provider.token_requests == 2  # an invalid token is not sent again
    await world.signed_in()
    await world.ims.bearer(TEAM, ALICE)


async def test_a_record_without_refresh_token_ends_the_sign_in(world: ImsWorld) -> None:
    record = await world.signed_in()
    without = {k: v for k, v in json.loads(record.cache).items() if k == "AccessToken"}
    await world.tokens.put(TEAM, ALICE, replace(record, version=7, cache=json.dumps(without)))
    world.clock.now += HOUR
    with pytest.raises(SignInNeeded):
        await world.ims.bearer(TEAM, ALICE)
    assert world.provider.token_requests == 1


async def test_invalid_grant_yields_to_a_newer_record(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    flow = await world.ims.begin(BACK)
    newer = await world.ims.complete(flow.body, await browse(flow))
    world.switches.token_status = (400, "application/json", '{"error": "invalid_grant"}')
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    await world.tokens.put(TEAM, ALICE, newer)
    gate.set()
    assert await caller == await world.another().bearer(TEAM, ALICE)


@pytest.mark.parametrize(
    ("status", "settings"),
    [
        ((503, "application/json", "{}"), False),
        ((500, "text/html", "<h1>oops</h1>"), False),
        ((429, "text/plain", "slow down"), False),
        ((200, "text/html", "<h1>maintenance</h1>"), False),
        ((401, "application/json", '{"error": "invalid_client"}'), True),
        ((400, "application/json", '{"error": "invalid_scope"}'), True),
        ((400, "application/json", '{"error": "unsupported_grant_type"}'), False),
    ],
)
async def test_an_unreachable_provider_does_not_end_the_sign_in(
    world: ImsWorld, status: tuple[int, str, str], *, settings: bool
) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.token_status = status
    world.switches.gate = asyncio.Event()
    reads = await world.calls("hmget")
    callers = [asyncio.create_task(world.ims.bearer(TEAM, ALICE)) for _ in range(3)]
    gate = await world.held()

    async def all_have_joined() -> bool:
        return await world.calls("hmget") >= reads + 4  # one reads again, under the lock

    await until(all_have_joined)
    gate.set()
    for trouble in await asyncio.gather(*callers, return_exceptions=True):
        assert isinstance(trouble, IdentityProviderError)
        assert trouble.settings is settings
    assert world.provider.token_requests == 2  # one refresh and one error for all three
    world.switches.token_status = None
    await world.ims.bearer(TEAM, ALICE)  # at once: no response is replayed


async def test_a_lost_response_ends_the_sign_in_at_the_next_attempt(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.lost_answers = 1
    with pytest.raises(IdentityProviderError):
        await world.ims.bearer(TEAM, ALICE)
    assert world.provider.token_requests == 2  # httpx did not send it again by itself
    with pytest.raises(SignInNeeded) as caught:
        await world.ims.bearer(TEAM, ALICE)
    assert caught.value.ended


async def test_a_refresh_that_gives_another_persons_token_ends_the_sign_in(
    world: ImsWorld,
) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.claims = {"sub": "somebody-else"}
    with pytest.raises(SignInNeeded) as caught:
        await world.ims.bearer(TEAM, ALICE)
    assert caught.value.ended
    assert await world.tokens.read(TEAM, ALICE) is None
    assert not world.provider.current


async def test_tokens_are_never_sent_to_another_issuer(world: ImsWorld) -> None:
    record = await world.signed_in()
    foreign = replace(record, version=7, issuer="https://elsewhere.example")
    await world.tokens.put(TEAM, ALICE, foreign)
    with pytest.raises(SignInNeeded) as caught:
        await world.ims.bearer(TEAM, ALICE)
    assert caught.value.ended
    assert await world.ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=True, revoked=False)
    assert world.provider.revoked == []


async def test_a_record_that_cannot_be_opened_ends_the_sign_in(world: ImsWorld) -> None:
    await world.signed_in()
    other = world.another(SignIns(world.redis, KeyRing.parse(KeyRing.new_key())))
    with pytest.raises(SignInNeeded) as caught:
        await other.bearer(TEAM, ALICE)
    assert caught.value.ended
    assert await other.account(TEAM, ALICE) is None


@pytest.mark.parametrize("status", [503, 400])
async def test_signing_out_succeeds_even_if_revocation_fails(world: ImsWorld, status: int) -> None:
    await world.signed_in()
    world.switches.revocation_status = status
    assert await world.ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=True, revoked=False)
    assert await world.redis.dbsize() == 0


async def test_signing_out_without_a_revocation_endpoint_or_provider(world: ImsWorld) -> None:
    world.switches.discovery = {"revocation_endpoint": GONE}
    await world.signed_in()
    assert await world.ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=True, revoked=False)
    await world.signed_in()
    world.switches.discovery_status = 503
    assert not (await world.another().sign_out(TEAM, ALICE)).revoked


async def test_closing_waits_for_a_refresh_but_not_forever(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    await world.ims.aclose(patience=0.05)
    gate.set()
    with pytest.raises(IdentityProviderError):
        await caller
    with pytest.raises(IdentityProviderError):
        await world.ims.bearer(TEAM, ALICE)
