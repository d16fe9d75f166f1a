"""Sign-in records: sealed, moved by compare-and-set, deleted at once."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.core.errors import SealBroken
from bot.core.names import PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIn, SignInBusy, SignIns
from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, LOCK, TEAM, renewed
from tests.world.waiting import until

ims_redis_socket, ims_redis, _ = ims_world.FIXTURES

BOB = PersonId("U0BOB")
OLD, NEW = KeyRing.new_key(), KeyRing.new_key()
KEY = f"edfs:{{{TEAM}}}:signin:{ALICE}"
FIRST = SignIn(5, "https://ims.example", "s-1", "Alice", "alice@example.com", "{}", 1_790_000_000.5)


@pytest.fixture
def tokens(ims_redis: Redis) -> SignIns:
    return SignIns(ims_redis, KeyRing.parse(OLD))


async def test_what_is_put_is_read_and_only_at_its_place(tokens: SignIns) -> None:
    assert await tokens.read(TEAM, ALICE) is None
    assert await tokens.put(TEAM, ALICE, FIRST) is None
    assert await tokens.read(TEAM, ALICE) == FIRST
    assert await tokens.read(TEAM, BOB) is None
    assert await tokens.read(Workspace("T0002"), ALICE) is None


async def test_putting_again_gives_what_stood_there(tokens: SignIns) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    second = replace(FIRST, version=6, subject="s-2")
    assert await tokens.put(TEAM, ALICE, second) == FIRST
    assert await tokens.read(TEAM, ALICE) == second


async def test_nothing_readable_stands_in_the_store(tokens: SignIns, ims_redis: Redis) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    fields = await ims_redis.hgetall(KEY)
    assert fields[b"v"] == b"5"
    assert set(fields) == {b"v", b"c"}
    assert b"lice" not in fields[b"c"]


async def test_swapping_needs_the_version(tokens: SignIns, ims_redis: Redis) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    await ims_redis.expire(KEY, 100)
    second = replace(FIRST, version=6)
    assert await tokens.swap(TEAM, ALICE, 5, second)
    assert await ims_redis.ttl(KEY) == 90 * 24 * 3600
    assert not await tokens.swap(TEAM, ALICE, 5, replace(FIRST, version=7))
    assert await tokens.read(TEAM, ALICE) == second
    await tokens.drop(TEAM, ALICE)
    assert not await tokens.swap(TEAM, ALICE, 6, replace(FIRST, version=7))
    assert await tokens.read(TEAM, ALICE) is None


async def test_of_many_swaps_one_wins(tokens: SignIns) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    others = [replace(FIRST, version=6, name=f"n{i}") for i in range(10)]
    done = await asyncio.gather(*(tokens.swap(TEAM, ALICE, 5, other) for other in others))
    assert sum(done) == 1
    assert await tokens.read(TEAM, ALICE) == others[done.index(True)]


async def test_dropping_gives_what_was_there_and_minds_the_version(tokens: SignIns) -> None:
    assert await tokens.drop(TEAM, ALICE) is None
    await tokens.put(TEAM, ALICE, FIRST)
    assert await tokens.drop(TEAM, ALICE, version=4) is None
    assert await tokens.drop(TEAM, ALICE, version=5) == FIRST
    await tokens.put(TEAM, ALICE, FIRST)
    assert await tokens.drop(TEAM, ALICE) == FIRST
    assert await tokens.read(TEAM, ALICE) is None


async def test_a_script_that_is_sent_again_knows_its_own_write(
    tokens: SignIns, ims_redis: Redis
) -> None:
    """As redis-py does when the reply is lost: the same script with the same arguments."""
    await tokens.put(TEAM, ALICE, FIRST)
    body = await ims_redis.hget(KEY, "c")
    put, swap = tokens._put, tokens._swap
    assert await put(keys=[KEY], args=[5, body, 100]) == []
    assert await swap(keys=[KEY], args=[4, 5, body, 100]) == 1


async def test_a_record_moved_or_altered_does_not_open(tokens: SignIns, ims_redis: Redis) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    await ims_redis.copy(KEY, KEY.replace(ALICE, BOB))
    with pytest.raises(SealBroken):
        await tokens.read(TEAM, BOB)
    await ims_redis.hset(KEY, "v", 6)  # the version is inside as well
    with pytest.raises(SealBroken):
        await tokens.read(TEAM, ALICE)
    assert await tokens.drop(TEAM, ALICE) is None
    assert not await ims_redis.exists(KEY)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"not json", b'{"version": 5}'])
async def test_a_sealed_body_of_another_shape(
    tokens: SignIns, ims_redis: Redis, body: bytes
) -> None:
    sealed = KeyRing.parse(OLD).seal(body, key=KEY, purpose="signin")
    fields: dict[str, Any] = {"v": 5, "c": sealed}
    await ims_redis.hset(KEY, mapping=fields)
    with pytest.raises(SealBroken):
        await tokens.read(TEAM, ALICE)


async def test_reading_seals_again_with_the_newest_key(tokens: SignIns, ims_redis: Redis) -> None:
    await tokens.put(TEAM, ALICE, FIRST)
    await ims_redis.expire(KEY, 100)
    rotated = SignIns(ims_redis, KeyRing.parse(f"{NEW},{OLD}"))
    assert await rotated.read(TEAM, ALICE) == FIRST
    assert await ims_redis.ttl(KEY) == 100
    assert await SignIns(ims_redis, KeyRing.parse(NEW)).read(TEAM, ALICE) == FIRST
    with pytest.raises(SealBroken):
        await tokens.read(TEAM, ALICE)


async def test_the_lock_is_one_and_is_given_back(tokens: SignIns, ims_redis: Redis) -> None:
    impatient = SignIns(ims_redis, KeyRing.parse(OLD), lock_seconds=0.4)
    async with tokens.locked(TEAM, ALICE), tokens.locked(TEAM, BOB):
        assert await ims_redis.pttl(LOCK) > 20_000
        with pytest.raises(SignInBusy):
            async with impatient.locked(TEAM, ALICE):
                pass
    short = SignIns(ims_redis, KeyRing.parse(OLD), lock_seconds=1.5)
    async with short.locked(TEAM, ALICE):
        await renewed(ims_redis, 1.5)
    assert await ims_redis.dbsize() == 0


async def test_a_lock_that_was_taken_away_is_let_go(ims_redis: Redis) -> None:
    short = SignIns(ims_redis, KeyRing.parse(OLD), lock_seconds=0.3)
    async with short.locked(TEAM, ALICE):
        await ims_redis.flushall()
        await ims_redis.config_resetstat()

        async def is_to_be_renewed() -> bool:
            return "cmdstat_evalsha" in await ims_redis.info("commandstats")

        await until(is_to_be_renewed)
    assert await ims_redis.dbsize() == 0
