"""Rate limits and gates, compared with an oracle that stores every time ever taken."""

import asyncio
import contextlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bot.core.errors import StoreUnreachable
from bot.gateways.store.limits import GATE_SECONDS, Limit, Limits
from bot.gateways.store.sealed import in_text
from tests.world.redis_proxy import RedisProxy

START = 1_790_000_000.0
STEP = 1 / 16  # times on this grid add up without rounding, so the oracle is exact
ONCE = Limit("app", 1, 60)

steps = st.integers(0, 80).map(lambda count: count * STEP)
windows = st.integers(1, 64).map(lambda count: count * STEP)
limits = st.lists(
    st.builds(Limit, st.sampled_from(["app", "person:T1:U1"]), st.integers(1, 6), windows),
    min_size=1,
    max_size=3,
    unique_by=lambda limit: limit.key,
)
# Seconds since the request before, and how many of the limits the request takes.
requests = st.lists(st.tuples(steps, st.integers(1, 3)), min_size=1, max_size=60)


def run(url: str, work: Coroutine[Any, Any, None]) -> None:
    """Run in a new event loop on an empty store: hypothesis calls a plain function repeatedly."""
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        client.flushall()
    asyncio.run(work)


class Oracle:
    """Stores every time that was ever taken, and counts them for each request."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def fits(self, limit: Limit, now: float) -> bool:
        recent = [at for at in self.taken.get(limit.key, []) if at > now - limit.seconds]
        return len(recent) < limit.count

    def take(self, wanted: list[Limit], now: float) -> bool:
        if not all(self.fits(limit, now) for limit in wanted):
            return False
        for limit in wanted:
            self.taken.setdefault(limit.key, []).append(now)
        return True

    def opens(self, wanted: list[Limit], now: float) -> float:
        """Return when all of them fit, if nothing else is taken until then."""
        ends = [at + one.seconds for one in wanted for at in self.taken.get(one.key, [])]
        return min(at for at in [now, *ends] if at >= now and all(self.fits(o, at) for o in wanted))


@seed(20261123)
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(limits, requests)
def test_it_takes_exactly_what_the_oracle_takes(
    redis_url: str, known: list[Limit], requested: list[tuple[float, int]]
) -> None:
    async def compare() -> None:
        oracle, now = Oracle(), START
        async with Redis.from_url(redis_url) as client:
            store = Limits(client)
            for later, count in requested:
                now += later
                wanted = known[:count]
                opens = oracle.opens(wanted, now)
                wait = await store.take("app", wanted, now)
                assert oracle.take(wanted, now) is (wait == 0.0)
                assert opens - now <= wait <= opens - now + 0.002
        for limit in known:
            assert_no_window_has_too_many(limit, oracle.taken.get(limit.key, []))

    run(redis_url, compare())


def assert_no_window_has_too_many(limit: Limit, taken: list[float]) -> None:
    for begin in taken:
        inside = [at for at in taken if begin <= at < begin + limit.seconds]
        assert len(inside) <= limit.count


async def test_concurrent_requests_take_no_more_than_the_limit(redis_url: str) -> None:
    limit = Limit("app", 20, 60)
    async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as other:
        clients = (Limits(one), Limits(other))
        waits = await asyncio.gather(
            *(clients[turn % 2].take("app", [limit], START) for turn in range(60))
        )
    assert waits.count(0.0) == 20


async def test_either_all_limits_are_taken_or_none(redis_url: str) -> None:
    wide = Limit("app", 2, 60)
    async with Redis.from_url(redis_url) as client:
        store = Limits(client)
        assert await store.take("app", [ONCE], START) == 0.0
        assert await store.take("app", [wide, Limit("app", 1, 60)], START + 1) > 0.0
        other = Limit("person:T1:U1", 1, 60)
        assert await store.take("app", [other, ONCE], START + 1) == pytest.approx(59, abs=0.002)
        assert await store.take("app", [other], START + 1) == 0.0


async def test_a_changed_count_applies_to_what_was_taken_before(redis_url: str) -> None:
    """Replicas with other settings use the same list."""
    async with Redis.from_url(redis_url) as client:
        store = Limits(client)
        for _ in range(5):
            assert await store.take("app", [Limit("app", 5, 60)], START) == 0.0
        assert await store.take("app", [Limit("app", 2, 60)], START + 30) > 0.0
        assert await store.take("app", [Limit("app", 6, 60)], START + 30) == 0.0
        assert await store.take("app", [Limit("app", 6, 60)], START + 30) > 0.0


async def test_a_replica_whose_clock_is_behind_waits_longer(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        store = Limits(client)
        two = Limit("app", 2, 60)
        assert await store.take("app", [two], START + 10) == 0.0
        assert await store.take("app", [two], START) == 0.0
        assert await store.take("app", [two], START + 60) == pytest.approx(10, abs=0.002)


async def test_a_gate_stays_shut_for_the_longest_time_it_was_given(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        store = Limits(client)
        assert await store.shut_until("edfs", START) == 0.0
        await store.shut("edfs", START + 30, START)
        await store.shut("edfs", START + 10, START)
        assert await store.shut_until("edfs", START) == START + 30
        assert await store.shut_until("edfs", START + 30) == 0.0
        assert await store.take("edfs", [ONCE], START + 5) == pytest.approx(25, abs=0.002)
        assert await store.take("another", [ONCE], START + 5) == 0.0
        assert await store.take("edfs", [Limit("edfs", 1, 1)], START + 30) == 0.0


async def test_after_the_clock_was_set_back_no_limit_or_gate_lasts_longer(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        store, earlier = Limits(client), START - 1_200
        assert await store.take("app", [ONCE], START) == 0.0
        assert await store.take("app", [ONCE], earlier) == 0.0
        assert await store.take("app", [ONCE], earlier) == pytest.approx(60, abs=0.002)
        await store.shut("edfs", START + 30, START)
        assert 30 < await store.take("edfs", [ONCE], earlier) <= 90 + 0.002


async def test_every_key_expires(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        store = Limits(client)
        await store.shut("edfs", START * 2, START)
        assert await store.take("app", [Limit("app", 3, 60), Limit("app", 9, 3_600)], START) == 0.0
        left = {in_text(key): await client.ttl(key) for key in await client.keys("*")}
    assert set(left) == {
        "edfs:{app}:gate:edfs",
        "edfs:{app}:limit:app:60",
        "edfs:{app}:limit:app:3600",
    }
    assert GATE_SECONDS - 10 < left["edfs:{app}:gate:edfs"] <= GATE_SECONDS
    assert 110 < left["edfs:{app}:limit:app:60"] <= 120
    assert 3_650 < left["edfs:{app}:limit:app:3600"] <= 3_660


async def test_a_lost_reply_counts_one_too_many_and_never_one_too_few(
    redis_url: str, tmp_path: Path
) -> None:
    proxy = RedisProxy(redis_url.removeprefix("unix://"))
    async with proxy.client(tmp_path) as client:
        store = Limits(client)
        two = Limit("app", 2, 60)
        assert await store.take("app", [Limit("warm", 1, 1)], START) == 0.0
        proxy.lose = b"limit:app"
        with pytest.raises(StoreUnreachable):
            await store.take("app", [two], START)
        assert await store.take("app", [two], START) == 0.0
        assert await store.take("app", [two], START) > 0.0


@pytest.mark.parametrize(("count", "seconds"), [(0, 60.0), (1, 0.0), (-1, 1.0)])
def test_a_limit_must_allow_at_least_one(count: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Limit("app", count, seconds)
