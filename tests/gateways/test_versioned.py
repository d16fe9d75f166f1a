"""Versioned records: ``update`` is a compare-and-set that is repeated, but not for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.errors import RetriesExhausted
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, Workspace
from bot.core.subscriptions import Subscription
from bot.core.timers import ITwin
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.versioned import ATTEMPTS
from tests.conftest import KEYS

HOME = Workspace("T0HOME")
FIRST = Subscription(
    id=OperationId("0" * 24),
    workspace=HOME,
    channel=ChannelId("C0OPS"),
    person=PersonId("U0ALICE"),
    itwin=ITwin(ITwinId("i"), "plant-a"),
    pattern="",
    kinds=frozenset({"changes"}),
    not_mine=False,
    made_at=1_000.0,
)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    opened = open_store(redis_url, KeyRing.parse(KEYS))
    await opened.subscriptions.put(FIRST)
    yield opened
    await opened.aclose()


def longer(one: Subscription) -> Subscription:
    return replace(one, pattern=f"{one.pattern}x", version=one.version + 1)


async def test_writers_at_once_all_have_their_change(store: Store) -> None:
    updates = [store.subscriptions.update(HOME, FIRST.id, longer) for _ in range(10)]
    results = await asyncio.gather(*updates)
    assert sorted(one.version for one in results if one) == [*range(1, 11)]
    stored = await store.subscriptions.read(HOME, FIRST.id)
    assert stored is not None
    assert (stored.version, stored.pattern) == (10, "x" * 10)


async def test_a_change_may_await(store: Store) -> None:
    async def change(one: Subscription) -> Subscription:
        await store.ping()
        return longer(one)

    changed = await store.subscriptions.update(HOME, FIRST.id, change)
    assert changed == await store.subscriptions.read(HOME, FIRST.id) == longer(FIRST)


async def test_nothing_is_written_where_nothing_changes(store: Store) -> None:
    entries = await store.audit.read(HOME)
    assert await store.subscriptions.update(HOME, FIRST.id, lambda _: None) == FIRST
    assert await store.subscriptions.update(HOME, FIRST.id, lambda one: one) == FIRST
    assert await store.audit.read(HOME) == entries


async def test_there_is_nothing_to_change_where_there_is_no_record(store: Store) -> None:
    assert await store.subscriptions.update(HOME, "1" * 24, longer) is None


async def test_an_error_of_the_change_is_passed_on(store: Store) -> None:
    def change(one: Subscription) -> Subscription:
        raise LookupError(one.id)

    with pytest.raises(LookupError):
        await store.subscriptions.update(HOME, FIRST.id, change)
    assert await store.subscriptions.read(HOME, FIRST.id) == FIRST


async def test_a_writer_that_always_loses_gives_up(store: Store) -> None:
    attempts = 0

    async def change(one: Subscription) -> Subscription:
        nonlocal attempts
        attempts += 1
        await store.subscriptions.update(HOME, FIRST.id, longer)
        return longer(one)

    with pytest.raises(RetriesExhausted):
        await store.subscriptions.update(HOME, FIRST.id, change)
    assert attempts == ATTEMPTS
