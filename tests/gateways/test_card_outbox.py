"""The outbox of cards: an edit that may arrive late is painted over, and nothing ended is due."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import redis

from bot.core.card_refs import CardRef
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.card_outbox import EDIT_SECONDS, Lock
from tests.conftest import KEYS
from tests.gateways.test_versioned import FIRST, HOME, longer

NOW = 1_000_000.0
REF = CardRef(HOME, "subscription", FIRST.id, FIRST.version)
MEMBER = f"card:{REF.member}".encode()
DUE = f"edfs:{{{HOME}}}:due"
LOCK = f"edfs:{{{HOME}}}:card-lock:subscription:{FIRST.id}"


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    opened = open_store(redis_url, KeyRing.parse(KEYS))
    await opened.subscriptions.put(FIRST)
    await opened.redis.zadd(DUE, {MEMBER: NOW})
    yield opened
    await opened.aclose()


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        yield client


async def test_an_edit_that_was_confirmed_leaves_nothing_due(
    store: Store, server: redis.Redis
) -> None:
    cards = store.card_outbox
    assert await cards.begin_drawing(REF, "a", NOW) is Lock.OURS
    assert await cards.begin_drawing(REF, "b", NOW) is Lock.TAKEN
    assert await cards.mark_rendered(REF)
    await cards.end_drawing(REF, "a", NOW, unconfirmed=False)
    assert server.zscore(DUE, MEMBER) is None
    assert await cards.begin_drawing(REF, "b", NOW) is Lock.OURS


async def test_an_edit_without_an_answer_is_painted_over_when_it_can_arrive_no_more(
    store: Store, server: redis.Redis
) -> None:
    cards = store.card_outbox
    await cards.begin_drawing(REF, "a", NOW)
    await cards.reschedule(REF, NOW + 5)
    await cards.end_drawing(REF, "a", NOW, unconfirmed=True)
    assert server.zscore(DUE, MEMBER) == NOW + 5
    # Tried again at once, with success: the first edit may still be on its way.
    assert await cards.begin_drawing(REF, "b", NOW + 5) is Lock.OURS
    assert await cards.mark_rendered(REF)
    await cards.end_drawing(REF, "b", NOW + 5, unconfirmed=False)
    assert server.zscore(DUE, MEMBER) == NOW + EDIT_SECONDS
    again = await cards.begin_drawing(REF, "c", NOW + EDIT_SECONDS)
    assert again is Lock.REPAINT
    assert await cards.mark_rendered(REF)
    await cards.end_drawing(REF, "c", NOW + EDIT_SECONDS, unconfirmed=False)
    assert server.zscore(DUE, MEMBER) is None


async def test_whoever_lost_the_lock_has_the_card_drawn_again(
    store: Store, server: redis.Redis
) -> None:
    """A process that was paused edits the message when another has drawn a newer version."""
    cards = store.card_outbox
    await cards.begin_drawing(REF, "paused", NOW)
    server.delete(LOCK)  # it ran out
    assert await cards.begin_drawing(REF, "next", NOW + 38) is Lock.OURS
    assert await cards.mark_rendered(REF)
    await cards.end_drawing(REF, "next", NOW + 38, unconfirmed=False)
    # The paused one may never say that it woke up.
    assert server.zscore(DUE, MEMBER) == NOW + EDIT_SECONDS
    await cards.end_drawing(REF, "paused", NOW + 40, unconfirmed=False)
    assert server.zscore(DUE, MEMBER) == NOW + 40
    assert await cards.begin_drawing(REF, "last", NOW + 41) is Lock.REPAINT


async def test_a_process_that_died_drawing_has_the_card_drawn_again(
    store: Store, server: redis.Redis
) -> None:
    cards = store.card_outbox
    await cards.begin_drawing(REF, "dead", NOW)
    server.delete(LOCK)
    later = NOW + EDIT_SECONDS + 1
    assert await cards.begin_drawing(REF, "next", later) is Lock.REPAINT
    assert await cards.mark_rendered(REF)
    await cards.end_drawing(REF, "next", later, unconfirmed=False)
    assert server.zscore(DUE, MEMBER) is None


async def test_a_card_without_a_record_leaves_no_key(store: Store, server: redis.Redis) -> None:
    gone = replace(REF, kind="operation")
    assert await store.card_outbox.begin_drawing(gone, "a", NOW) is Lock.OURS
    await store.card_outbox.end_drawing(gone, "a", NOW, unconfirmed=True)
    assert not server.exists(f"edfs:{{{HOME}}}:operation:{FIRST.id}")


async def test_what_was_drawn_is_not_put_off(store: Store, server: redis.Redis) -> None:
    await store.card_outbox.begin_drawing(REF, "a", NOW)
    assert await store.card_outbox.mark_rendered(REF)
    await store.card_outbox.reschedule(REF, NOW + 5)
    assert server.zscore(DUE, MEMBER) is None


async def test_only_the_version_that_was_read_is_put_off(store: Store, server: redis.Redis) -> None:
    """A process that was paused must not make due what has changed, or ended, meanwhile."""
    records, member = store.subscriptions, f"subscription:{FIRST.id}"
    await records.reschedule(FIRST, NOW)
    assert server.zscore(DUE, member) == NOW
    await records.update(HOME, FIRST.id, longer)
    before = server.zscore(DUE, member)
    await records.reschedule(FIRST, NOW + 99)
    assert server.zscore(DUE, member) == before


async def test_the_first_of_two_messages_becomes_the_card(store: Store) -> None:
    cards = store.card_outbox
    assert await cards.claim_message(REF, "1.1", "") == "1.1"
    assert await cards.claim_message(REF, "2.2", "") == "1.1"
    assert (await cards.read(REF)).ts == cards.last_message(REF) == "1.1"
    assert await cards.claim_message(REF, "3.3", "1.1") == "3.3"  # it was refused an edit
    assert (await cards.read(REF)).ts == cards.last_message(REF) == "3.3"
