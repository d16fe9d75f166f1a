"""A machine's clock that is set back by twenty minutes, and forth again."""

from bot.sandbox.people import TEAM_ID
from tests.conftest import living
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until

BACK = 1_200.0
DAY = 86_400.0


def set_back(story: Story) -> None:
    story.world.clock.offset -= BACK


async def changed_at(story: Story) -> float:
    """When the only operation that is due was last changed."""
    redis = story.bot.store.redis
    members = await redis.zrange(f"edfs:{{{TEAM_ID}}}:due", 0, -1)
    (name,) = {one.decode() for one in members if one.startswith(b"operation:")}
    operation = await story.bot.store.operations.read(TEAM_ID, name.removeprefix("operation:"))
    assert operation is not None
    return float(operation.changed_at)


async def test_what_waits_waits_no_longer(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", 429, retry_after=300)
    await story.types("alice", TOGGLE)
    await story.sees("bob", "Waiting to turn off")
    set_back(story)

    async def is_noticed() -> bool:
        return await changed_at(story) <= story.world.clock.now()

    await until(is_noticed)
    # Five minutes go by: on the machine's clock, and on the store's, by which the gate expires.
    await story.bot.store.redis.delete("edfs:{app}:gate:bentley")
    story.world.clock.forward(301)
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1


async def test_an_auto_enable_comes_at_its_time_by_the_clock(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs disable plant-a "SAP work orders" for 3 days')
    await story.sees("bob", "Return now")
    set_back(story)
    story.world.clock.forward(3 * DAY)
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you")
    assert story.flips() == 1
    story.world.clock.forward(BACK + 1)
    await story.sees("bob", "Returned as planned")
    assert story.flips() == 2


async def test_everything_goes_on_while_it_jumps(story: Story) -> None:
    await story.signs_in("alice")
    for number, verb in enumerate(("off", "on", "off", "on"), start=1):
        await story.types("alice", f'/edfs {verb} plant-a "SAP work orders"')
        await until(lambda number=number: story.flips() == number)
        story.world.clock.offset += BACK if number % 2 else -BACK
    set_back(story)
    await story.types("alice", "/edfs help")
    await story.sees("alice", "What you can ask")


async def test_a_restart_after_it_finds_what_was_leased(story: Story) -> None:
    """Whatever a tick had taken stands in the future; the next start looks at it."""
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle", answers=True) as held:
        await story.types("alice", TOGGLE)
        await until(lambda: held.waiting)
        redis, due = story.bot.store.redis, f"edfs:{{{TEAM_ID}}}:due"
        (name,) = [one for one in await redis.zrange(due, 0, -1) if one.startswith(b"operation:")]
        ahead = story.world.clock.now() + BACK
        await redis.zadd(due, {name: ahead})
        await redis.set("edfs:last-tick", ahead)
        async with living(story.world, story.bot.store_url):

            async def is_looked_at() -> bool:
                score = await redis.zscore(due, name)
                return score is None or score < ahead

            await until(is_looked_at)
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1
