"""The index of ids by their beginning, and the list of what a person changed in a channel."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.core.approvals import Declined, after
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.operations import MOST_CHANGES
from tests.conftest import KEYS
from tests.slack.samples import ALICE, BOB, NOW, ORDINARY, ROOM, operation, request, timer

ELSEWHERE = Workspace("T0ELSEWHERE")


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    opened = open_store(redis_url, KeyRing.parse(KEYS))
    yield opened
    await opened.aclose()


def locked(place: int, **changes: Any) -> Operation:
    """Return an operation in progress on a timer of its own."""
    switched = timer(ORDINARY, place).without_values()
    identity = OperationId(f"1a2b3c{place:018x}")
    asked_at = NOW + place
    return operation(
        ORDINARY, id=identity, timer=switched, state=State.LOCKED, asked_at=asked_at, **changes
    )


async def changes_of(store: Store, person: Any = ALICE, channel: str = ROOM) -> list[OperationId]:
    home = locked(0).workspace
    found = store.operations.changes(home, person, ChannelId(channel))
    return [one.id async for one in found]


async def test_operations_are_found_by_the_beginning_of_their_id(store: Store) -> None:
    first, second = locked(1), locked(2)
    for one in (second, first):
        assert (await store.operations.start(one)).result == "started"
    home = first.workspace
    assert await store.operations.starting_with(home, "1a2b3c") == [first, second]
    assert await store.operations.starting_with(home, second.id[:24]) == [second]
    assert await store.operations.starting_with(home, "1a2b3d") == []
    assert await store.operations.starting_with(ELSEWHERE, "1a2b3c") == []


async def test_the_newest_changes_of_a_person_in_a_channel_are_listed(store: Store) -> None:
    mine = [locked(place) for place in range(1, MOST_CHANGES + 3)]
    automatic = locked(90, auto_enables=OperationId("f" * 24))
    for one in (*mine[::-1], automatic, locked(91, on_behalf_of=BOB)):
        assert (await store.operations.start(one)).result == "started"
    newest = [one.id for one in mine[:1:-1]]
    assert len(newest) == MOST_CHANGES
    assert await changes_of(store) == newest
    assert await changes_of(store, BOB) == [locked(91).id]
    assert await changes_of(store, ALICE, "C0ELSEWHERE") == []


async def test_a_restored_operation_is_found_again(store: Store) -> None:
    forgotten = locked(1)
    assert await store.operations.restore(forgotten, "", NOW) == "restored"
    assert await store.operations.starting_with(forgotten.workspace, "1a2b3c") == [forgotten]
    assert await changes_of(store) == [forgotten.id]


async def test_what_an_auto_enable_did_is_restored_among_nobodys_changes(store: Store) -> None:
    automatic = locked(1, auto_enables=OperationId("f" * 24))
    assert await store.operations.restore(automatic, "", NOW) == "restored"
    assert await store.operations.starting_with(automatic.workspace, "1a2b3c") == [automatic]
    assert await changes_of(store) == []


async def test_records_are_found_while_open_and_after_their_end(store: Store) -> None:
    waiting = request(ORDINARY, operation=locked(1))
    await store.approvals.put(waiting)
    home = waiting.workspace
    await store.redis.delete(f"edfs:{{{home}}}:ids:1a2b3c")  # an open one may outlive its index
    assert await store.approvals.starting_with(home, "1a2b3c00") == [waiting]
    declined = after(waiting, Declined(BOB, NOW))
    await store.approvals.update(home, waiting.id, lambda _: declined)
    assert await store.approvals.starting_with(home, "1a2b3c00") == [declined]
    assert await store.approvals.starting_with(home, "1a2b3cff") == []
    assert await store.approvals.starting_with(ELSEWHERE, "1a2b3c00") == []


async def test_the_index_ends_with_what_it_leads_to(store: Store) -> None:
    one = locked(1)
    await store.operations.start(one)
    lifetimes = [
        await store.redis.ttl(f"edfs:{{{one.workspace}}}:{key}")
        for key in (f"operation:{one.id}", "ids:1a2b3c", f"changes:{ALICE}:{ROOM}")
    ]
    assert len(set(lifetimes)) == 1
    assert lifetimes[0] > 0
