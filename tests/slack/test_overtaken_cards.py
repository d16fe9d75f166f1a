"""Two processes at one card: a late edit is painted over, and of two posts one stays."""

import asyncio

import pytest

from bot.core.errors import StoreUnreachable
from bot.core.names import OperationId
from bot.sandbox.slack import Message
from bot.slack.cards.draw import draw
from tests.world.approval_story import HOME
from tests.world.story import TOGGLE, Story, read
from tests.world.valkey import Valkey
from tests.world.waiting import until

SLOW = 22.0  # the client gives up after 15


async def test_an_edit_that_arrives_late_is_painted_over(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    story.world.slack.fail("chat.update", "slow", seconds=SLOW)
    await story.clicks("alice", "Enable")
    await until(lambda: story.flips() == 2)
    await story.sees("bob", "is now enabled")
    await story.sees("bob", "Turning on")  # the older edit has arrived
    story.world.clock.forward(60)
    await story.sees("bob", "is now enabled")
    await story.gone("bob", "Turning on")
    assert story.flips() == 2


async def posted_by_two(story: Story) -> list[Message]:
    """Have a second process post the card while the first waits for Slack's answer to its post.

    The first one's lock has expired, as it does while a process is paused.
    """
    await story.signs_in("alice")
    story.world.slack.fail("chat.postMessage", "slow_answer", seconds=3.0)
    await story.types("alice", TOGGLE)
    first = await story.sees("bob", "SAP work orders")
    redis = story.bot.store.redis
    [lock] = [key async for key in redis.scan_iter("edfs:*:card-lock:operation:*")]
    await redis.delete(lock)
    operation = OperationId(lock.decode().rpartition(":")[2])
    await draw(story.bot.context, HOME, "operation", operation)
    second = await story.sees("bob", "SAP work orders")
    assert second.ts != first.ts
    return [first, second]


async def test_of_a_card_that_two_processes_post_one_stays(story: Story) -> None:
    first, second = await posted_by_two(story)
    done = await story.sees("bob", "SAP work orders is now disabled")
    assert done.ts == second.ts
    await until(lambda: first.ts not in {one.ts for one in story.world.reads("bob")})
    assert story.card().ts == second.ts
    assert story.flips() == 1


@pytest.mark.parametrize("code", ["cant_delete_message", "compliance_exports_prevent_deletion"])
async def test_a_second_card_that_cannot_be_deleted_says_that_it_does_not_count(
    story: Story, code: str
) -> None:
    story.world.slack.fail("chat.delete", "error", code=code)
    first, second = await posted_by_two(story)
    assert (await story.sees("bob", "This card was posted twice")).ts == first.ts
    done = await story.sees("bob", "SAP work orders is now disabled")
    assert done.ts == second.ts
    assert not any("Turning off" in read(one) for one in story.world.reads("bob"))


async def test_a_card_that_the_store_never_heard_of_is_not_posted_again(
    own: Valkey, own_story: Story
) -> None:
    """The store is away when Slack has taken the card; the process knows its message."""
    story, world = own_story, own_story.world
    await story.signs_in("alice")
    world.slack.fail("chat.postMessage", 503, times=None)
    await story.types("alice", TOGGLE)
    await until(story.flips)
    redis = story.bot.store.redis
    [operation] = [key async for key in redis.scan_iter(f"edfs:{{{HOME}}}:operation:*")]
    world.slack.clear_faults()
    with world.slack.hold("chat.postMessage", answers=True) as posting:
        identity = OperationId(operation.decode().rpartition(":")[2])
        drawing = asyncio.create_task(draw(story.bot.context, HOME, "operation", identity))
        await until(lambda: posting.waiting)
        own.stop()
    with pytest.raises(StoreUnreachable):
        await drawing
    own.start()

    async def is_drawn() -> bool:
        world.clock.forward(1)
        return not await redis.exists(f"edfs:{{{HOME}}}:card-lock:operation:{identity}") and any(
            "is now disabled" in said for said in story.says("bob")
        )

    async def nothing_is_due() -> bool:
        world.clock.forward(1)
        return not await redis.zscore(f"edfs:{{{HOME}}}:due", f"card:operation:{identity}")

    await until(is_drawn)
    await until(nothing_is_due)
    assert "SAP work orders is now disabled" in read(story.card())
