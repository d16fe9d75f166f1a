"""The store fails during a refresh: a lost reply, a failed renewal, failed writes."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.core.errors import StoreUnreachable
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIns
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, BACK, LOCK, TEAM, ImsWorld, browse, renewed
from tests.world.redis_proxy import RedisProxy
from tests.world.waiting import until

ims_redis_socket, ims_redis, world = ims_world.FIXTURES


async def test_a_lost_reply_to_the_write_of_a_rotated_token(
    world: ImsWorld, ims_redis_socket: str, tmp_path: Path
) -> None:
    proxy = RedisProxy(ims_redis_socket)
    async with proxy.client(tmp_path) as cut:
        ims = world.another(SignIns(cut, KeyRing.parse(world.keys)))
        await world.signed_in()
        sign_in = await world.signed_in(ims)
        assert not await world.tokens.swap(TEAM, ALICE, -1, sign_in)  # the server knows the script
        world.clock.now += 3600
        world.switches.gate = asyncio.Event()
        caller = asyncio.create_task(ims.bearer(TEAM, ALICE))
        gate = await world.held()
        proxy.lose = b"EVALSHA"
        gate.set()
        bearer = await caller
        assert proxy.lose is None  # it was cut
        assert bearer == await ims.bearer(TEAM, ALICE)
        await ims.aclose()
    assert world.provider.alive(await world.stored_refresh_token())
    assert len(world.provider.revoked) == 1  # the first sign-in, and nothing since


async def test_a_rotated_token_is_stored_when_the_store_is_reachable_again(
    world: ImsWorld, ims_redis_socket: str, tmp_path: Path
) -> None:
    proxy = RedisProxy(ims_redis_socket)
    await world.signed_in()
    world.clock.now += 3600
    world.switches.gate = asyncio.Event()
    async with proxy.client(tmp_path) as cut:
        ims = world.another(SignIns(cut, KeyRing.parse(world.keys)))
        caller = asyncio.create_task(ims.bearer(TEAM, ALICE))
        gate = await world.held()
        proxy.down = True
        gate.set()
        await until(lambda: proxy.refused)
        proxy.down = False
        await caller
        await ims.aclose()
    assert world.provider.alive(await world.stored_refresh_token())


async def test_a_failed_renewal_of_the_lock_is_tried_again(
    ims_redis: Redis, ims_redis_socket: str, tmp_path: Path
) -> None:
    proxy = RedisProxy(ims_redis_socket)
    async with proxy.client(tmp_path) as cut:
        short = SignIns(cut, KeyRing.parse(KeyRing.new_key()), lock_seconds=1.5)
        async with short.locked(TEAM, ALICE):
            await ims_redis.pexpire(LOCK, 600_000)
            proxy.down = True
            await until(lambda: proxy.refused)
            proxy.down = False
            await renewed(ims_redis, 1.5)
        assert not await ims_redis.exists(LOCK)
        async with short.locked(TEAM, ALICE):
            proxy.down = True  # the lock cannot be released, which is harmless
        assert await ims_redis.exists(LOCK)


async def test_a_refresh_yields_to_another_of_the_same_sign_in(world: ImsWorld) -> None:
    record = await world.signed_in()
    world.clock.now += 3600
    flow = await world.ims.begin(BACK)
    newer = await world.ims.complete(flow.body, await browse(flow))
    world.switches.gate = asyncio.Event()
    caller = asyncio.create_task(world.ims.bearer(TEAM, ALICE))
    gate = await world.held()
    theirs = replace(record, version=record.version + 1, cache=newer.cache)
    assert await world.tokens.swap(TEAM, ALICE, record.version, theirs)
    gate.set()
    assert await caller == await world.another().bearer(TEAM, ALICE)
    assert world.provider.revoked == []  # it may be of the token family in use


async def test_an_unreachable_store_is_reported(world: ImsWorld) -> None:
    async with Redis(unix_socket_path="/nowhere", retry=Retry(NoBackoff(), 0)) as nowhere:
        ims = world.another(SignIns(nowhere, KeyRing.parse(world.keys)))
        with pytest.raises(StoreUnreachable):
            await ims.bearer(TEAM, ALICE)
        with pytest.raises(StoreUnreachable):
            await ims.sign_out(TEAM, ALICE)
