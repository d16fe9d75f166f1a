"""The audit trail: the check notices when an entry was changed, moved, inserted or removed."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis import Redis

from bot.core.names import PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.audit import AuditEntry
from tests.conftest import KEYS

HOME = Workspace("T0HOME")
STREAM, HEAD = "edfs:{T0HOME}:audit", "edfs:{T0HOME}:audit-head"
ENTRIES = 12
Row = tuple[bytes, dict[bytes, bytes]]


def entry(number: int) -> AuditEntry:
    return AuditEntry(1_000.0 + number, "test", PersonId("U0ALICE"), {"number": str(number)})


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    opened = open_store(redis_url, KeyRing.parse(KEYS))
    yield opened
    await opened.aclose()


async def test_two_replicas_writing_at_once_make_one_chain(redis_url: str, store: Store) -> None:
    other = open_store(redis_url, KeyRing.parse(KEYS))
    writers = [one.audit.append(HOME, entry(n)) for n in range(40) for one in (store, other)]
    await asyncio.gather(*writers)
    checked = await store.audit.check(HOME)
    assert (checked.entries, checked.broken) == (80, "")
    assert [one.number for one in await other.audit.read(HOME)] == list(range(1, 81))
    await other.aclose()


def removed(rows: list[Row]) -> list[Row]:
    return rows[:4] + rows[5:]


def swapped(rows: list[Row]) -> list[Row]:
    return [*rows[:4], rows[5], rows[4], *rows[6:]]


def repeated(rows: list[Row]) -> list[Row]:
    return [*rows[:5], rows[4], *rows[5:]]


def cut_off(rows: list[Row]) -> list[Row]:
    return rows[:-1]


def altered(rows: list[Row]) -> list[Row]:
    identity, fields = rows[4]
    sealed = fields[b"e"][:-1] + bytes([fields[b"e"][-1] ^ 1])
    return [*rows[:4], (identity, {b"e": sealed}), *rows[5:]]


def emptied(_: list[Row]) -> list[Row]:
    return []


@pytest.mark.parametrize("tamper", [removed, swapped, repeated, cut_off, altered, emptied])
async def test_the_check_notices_tampering(
    redis_url: str, store: Store, tamper: Callable[[list[Row]], list[Row]]
) -> None:
    for number in range(ENTRIES):
        await store.audit.append(HOME, entry(number))
    assert (await store.audit.check(HOME)).broken == ""
    with Redis.from_url(redis_url) as client:
        rows: list[Row] = client.xrange(STREAM)
        client.delete(STREAM)
        for place, (_, fields) in enumerate(tamper(rows), start=1):
            client.xadd(STREAM, fields, id=f"{place}-0")
    assert (await store.audit.check(HOME)).broken


async def test_the_chain_holds_after_old_entries_were_trimmed(store: Store) -> None:
    for number in range(ENTRIES):
        await store.audit.append(HOME, entry(number))
    # Valkey trims whole nodes of a stream, so one this short is trimmed by hand.
    first = (await store.redis.xrange(STREAM, count=5)) or []
    for identity, _ in first:
        await store.redis.xdel(STREAM, identity or b"")
    checked = await store.audit.check(HOME)
    assert (checked.entries, checked.broken) == (ENTRIES - 5, "")


async def test_the_chain_of_an_empty_trail_holds(store: Store) -> None:
    checked = await store.audit.check(HOME)
    assert (checked.entries, checked.broken) == (0, "")


async def test_many_entries_are_read_from_either_end(store: Store) -> None:
    for number in range(1_100):
        await store.audit.append(HOME, entry(number))
    numbers = [one.number async for one in store.audit.oldest(HOME) if one]
    assert numbers == [*range(1, 1_101)]
    numbers = [one.number async for one in store.audit.newest(HOME, 1_050) if one]
    assert numbers == [*range(1_100, 50, -1)]
    assert [one async for one in store.audit.newest(Workspace("T0NONE"), 5)] == []


async def test_the_report_has_the_times_of_the_first_and_last_entry(store: Store) -> None:
    for number in range(ENTRIES):
        await store.audit.append(HOME, entry(number))
    checked = await store.audit.check(HOME)
    assert (checked.first, checked.last) == (1_000.0, 1_000.0 + ENTRIES - 1)
