"""Tokens to act as a person: hits, refreshes, races within a process, and the ends of a sign-in."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.core.errors import IdentityProviderError, SignInNeeded
from bot.gateways.ims import SignOut
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIns
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, LOCK, TEAM, ImsWorld, refresh_token_in, renewed
from tests.world.identity_provider import GONE
from tests.world.waiting import until

ims_redis_socket, ims_redis, world = ims_world.FIXTURES

HOUR = 3600
NAMELESS = {"id_token": GONE}


async def test_a_valid_token_needs_no_request(world: ImsWorld) -> None:
    await world.signed_in()
    before = len(world.provider.asked)
    ims = world.another()  # knows no discovery document, and needs none
    secrets = {(await ims.bearer(TEAM, ALICE)).secret for _ in range(5)}
    assert len(secrets) == 1
    assert len(world.provider.asked) == before


async def test_a_token_is_refreshed_five_minutes_before_its_end(world: ImsWorld) -> None:
    await world.signed_in()
    old = await world.ims.bearer(TEAM, ALICE)
    world.clock.now += HOUR - 301
    assert await world.ims.bearer(TEAM, ALICE) == old
    world.clock.now += 1
    new = await world.ims.bearer(TEAM, ALICE)
    assert new.secret != old.secret
    assert world.provider.token_requests == 2
    assert world.provider.alive(await world.stored_refresh_token())


async def test_a_refresh_sends_neither_scope_nor_anything_of_microsoft(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    await world.ims.bearer(TEAM, ALICE)
    asked = world.provider.asked[-1]
    assert set(asked.form) == {"client_id", "client_secret", "grant_type", "refresh_token"}
    names = {name.lower() for name in asked.headers}
    assert not {name for name in names if name.startswith("x-") or "client" in name}


async def test_eight_callers_refresh_once(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    callers = asyncio.gather(*(world.ims.bearer(TEAM, ALICE) for _ in range(8)))
    (await world.held()).set()
    bearers = await callers
    assert len({bearer.secret for bearer in bearers}) == 1
    assert world.provider.token_requests == 2


async def test_two_replicas_refresh_once(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    replicas = [world.ims, world.another()]
    callers = asyncio.gather(
        *(replica.bearer(TEAM, ALICE) for replica in replicas for _ in range(4))
    )
    (await world.held()).set()
    bearers = await callers
    assert len({bearer.secret for bearer in bearers}) == 1
    assert world.provider.token_requests == 2


@pytest.mark.parametrize(
    "answer",
    [
        NAMELESS,
        {"id_token": None},
        {"id_token": "odd"},
        {"scope": None},
        {"scope": ""},
        {"scope": GONE},
        {"scope": ["itwin-platform"]},
        {"scope": "something else"},
        {**NAMELESS, "scope": GONE},
        {"expires_in": "3600"},
        {"expires_in": 3600.0},
        {"expires_in": GONE},
        {"expires_in": None},
        {"expires_in": "soon"},
        {"expires_in": True},
        {"expires_in": float("inf")},
        {"token_type": GONE},
        {"token_type": "bearer"},
        {"ext_expires_in": None, "refresh_in": None, "foci": 1, "client_info": "e30"},
    ],
    ids=str,
)
async def test_after_any_response_the_next_call_is_a_hit(
    world: ImsWorld, answer: dict[str, Any]
) -> None:
    world.switches.refresh_answer = answer
    await world.signed_in()
    for refreshes in (1, 2):
        world.clock.now += HOUR
        first = await world.ims.bearer(TEAM, ALICE)
        assert await world.ims.bearer(TEAM, ALICE) == first
        assert world.provider.token_requests == 1 + refreshes
    record = await world.tokens.read(TEAM, ALICE)
    assert record is not None
    cache = json.loads(record.cache)
    assert [len(cache[kind]) for kind in ("AccessToken", "RefreshToken", "Account")] == [1, 1, 1]


async def test_without_a_new_refresh_token_the_old_one_stays(world: ImsWorld) -> None:
    sign_in = await world.signed_in()
    world.switches.refresh_answer = {"refresh_token": GONE}
    world.clock.now += HOUR
    await world.ims.bearer(TEAM, ALICE)
    assert await world.stored_refresh_token() == refresh_token_in(sign_in.cache)


@pytest.mark.parametrize("trouble", ["503", "cut", "silence"])
async def test_while_the_provider_has_trouble_a_token_is_used_to_its_end(
    world: ImsWorld, trouble: str
) -> None:
    await world.signed_in()
    old = await world.ims.bearer(TEAM, ALICE)
    match trouble:
        case "503":
            world.switches.token_status = (503, "text/html", "away")
        case "cut":
            world.switches.lost_answers = 1
        case "silence":
            world.switches.gate = asyncio.Event()
    world.clock.now += HOUR - 120
    assert await world.ims.bearer(TEAM, ALICE) == old
    if trouble == "silence":
        assert world.ims.is_refreshing(TEAM, ALICE)
        (await world.held()).set()
        await until(lambda: not world.ims.is_refreshing(TEAM, ALICE))
        assert await world.ims.bearer(TEAM, ALICE) != old
        return
    world.switches.token_status = (503, "text/html", "away")
    world.clock.now += 100  # it holds for less than a call takes
    with pytest.raises(IdentityProviderError):
        await world.ims.bearer(TEAM, ALICE)


@pytest.mark.parametrize(
    ("code", "error"),
    [("invalid_grant", SignInNeeded), ("invalid_client", IdentityProviderError)],
)
async def test_a_token_that_may_not_be_refreshed_is_not_used_any_more(
    world: ImsWorld, code: str, error: type[Exception]
) -> None:
    await world.signed_in()
    world.switches.token_status = (400, "application/json", json.dumps({"error": code}))
    world.clock.now += HOUR - 120
    with pytest.raises(error):
        await world.ims.bearer(TEAM, ALICE)


async def test_short_lived_tokens_are_used_but_never_hits(world: ImsWorld) -> None:
    world.switches.answer = {"expires_in": 300}
    await world.signed_in()
    first = await world.ims.bearer(TEAM, ALICE)
    second = await world.ims.bearer(TEAM, ALICE)
    assert first.secret != second.secret
    assert world.provider.token_requests == 3


async def test_a_refused_token_is_renewed_once_for_all_who_had_it(world: ImsWorld) -> None:
    await world.signed_in()
    refused = await world.ims.bearer(TEAM, ALICE)
    world.switches.gate = asyncio.Event()
    renewing = asyncio.gather(
        *(world.ims.renewed(TEAM, ALICE, refused) for _ in range(4)),
        world.another().renewed(TEAM, ALICE, refused),
    )
    (await world.held()).set()
    renewed = await renewing
    assert len({bearer.secret for bearer in renewed}) == 1
    assert renewed[0].secret != refused.secret
    assert await world.ims.renewed(TEAM, ALICE, refused) == renewed[0]
    assert world.provider.token_requests == 2


async def test_renewing_does_not_take_the_refused_token_from_a_plain_refresh(
    world: ImsWorld,
) -> None:
    await world.signed_in()
    refused = await world.ims.bearer(TEAM, ALICE)
    record = await world.tokens.read(TEAM, ALICE)
    assert record is not None
    async with world.tokens.locked(TEAM, ALICE):
        expired = replace(record, version=record.version + 1, cache=_expired(record.cache))
        assert await world.tokens.swap(TEAM, ALICE, record.version, expired)
        plain = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
        await waits_for_the_lock(world)
        read = await world.calls("hmget")
        renewing = asyncio.create_task(world.ims.renewed(TEAM, ALICE, refused))

        async def has_read() -> bool:
            return await world.calls("hmget") > read

        await until(has_read)
        await waits_for_the_lock(world)  # both do, in one task
        again = replace(record, version=record.version + 2)
        assert await world.tokens.swap(TEAM, ALICE, expired.version, again)
    assert await plain == refused
    assert (await renewing).secret != refused.secret


async def waits_for_the_lock(world: ImsWorld) -> None:
    """Wait until a task has tried to take the lock (again)."""
    tried = await world.calls("set")

    async def has_tried() -> bool:
        return await world.calls("set") > tried

    await until(has_tried, "nobody tries to take the lock")


def _expired(cache: str) -> str:
    sections = json.loads(cache)
    for entry in sections["AccessToken"].values():
        entry["expires_on"] = "0"
    return json.dumps(sections)


async def test_a_refresh_that_returns_the_refused_token_is_not_repeated_forever(
    world: ImsWorld,
) -> None:
    world.switches.answer = {"access_token": "always-the-same"}
    await world.signed_in()
    refused = await world.ims.bearer(TEAM, ALICE)
    assert await world.ims.renewed(TEAM, ALICE, refused) == refused
    assert world.provider.token_requests == 2


async def test_a_canceled_caller_does_not_lose_the_rotated_token(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    gate.set()
    await world.ims.aclose()
    assert world.provider.alive(await world.stored_refresh_token())
    await world.another().bearer(TEAM, ALICE)
    assert world.provider.token_requests == 2


async def test_signing_out_during_a_refresh_wins(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    assert await world.ims.sign_out(TEAM, ALICE) == SignOut(was_signed_in=True, revoked=True)
    gate.set()
    with pytest.raises(SignInNeeded) as caught:
        await caller
    assert caught.value.ended
    assert await world.tokens.read(TEAM, ALICE) is None
    assert len(world.provider.revoked) == 2  # the old one, and the one just fetched
    assert not world.provider.current


async def test_a_refresh_that_lost_its_lock_yields_to_a_new_sign_in(world: ImsWorld) -> None:
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    await world.redis.delete(LOCK)
    later = world.another()
    anew = await world.signed_in(later)
    gate.set()
    assert (await caller).secret == (await later.bearer(TEAM, ALICE)).secret
    assert world.provider.alive(refresh_token_in(anew.cache))
    assert len(world.provider.current) == 1  # what the late refresh fetched was revoked


async def test_the_lock_is_renewed_as_long_as_the_refresh_takes(world: ImsWorld) -> None:
    ring = KeyRing.parse(world.keys)
    patient, other = (
        world.another(SignIns(world.redis, ring, lock_seconds=seconds)) for seconds in (4.5, 0.2)
    )
    await world.signed_in()
    world.clock.now += HOUR
    world.switches.gate = asyncio.Event()
    first = asyncio.create_task(patient.bearer(TEAM, ALICE))
    gate = await world.held()
    await renewed(world.redis, 4.5)
    others = await asyncio.gather(  # both wait 0.3 s, and neither takes the lock
        other.bearer(TEAM, ALICE),
        other.keep(TEAM, ALICE, await _record(world)),
        return_exceptions=True,
    )
    assert [type(one) for one in others] == [IdentityProviderError] * 2
    gate.set()
    await first
    assert await other.bearer(TEAM, ALICE) == await first
    assert world.provider.token_requests == 2


async def test_a_lock_whose_holder_died_expires(world: ImsWorld) -> None:
    tokens = SignIns(world.redis, KeyRing.parse(world.keys), lock_seconds=0.3)
    await world.signed_in()
    world.clock.now += HOUR
    await tokens.lock(TEAM, ALICE).acquire()
    await world.another(tokens).bearer(TEAM, ALICE)


async def _record(world: ImsWorld) -> Any:
    record = await world.tokens.read(TEAM, ALICE)
    assert record is not None
    return record
