"""A bot that is restarted while Slack is away does what must not wait, and paints later."""

from collections.abc import AsyncIterator

import pytest

from bot.gateways.slack.client import SlackUnavailable
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.readiness import readiness
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until

HOUR = 3600.0


@pytest.fixture
async def world() -> AsyncIterator[World]:
    here = World(clock=paced_clock())
    await here.open()
    yield here
    await here.close()


async def test_the_first_start_of_all_needs_slack(world: World, redis_url: str) -> None:
    world.slack.fail("auth.test", 503, times=None)
    with pytest.raises(SlackUnavailable):
        async with living(world, redis_url):
            pass


async def test_a_timer_is_enabled_on_time_although_slack_is_away(
    world: World, redis_url: str
) -> None:
    async with living(world, redis_url) as bot:
        story = Story(world, bot)
        await story.signs_in("alice")
        await story.types("alice", '/edfs disable plant-a "SAP work orders" for 2 hours')
        await story.sees("bob", "is now disabled")
    assert story.flips() == 1
    world.clock.forward(2 * HOUR + 1)
    world.slack.fail(None, 503, times=None)
    async with living(world, redis_url) as bot:
        await until(lambda: story.flips() == 2)
        assert await readiness(bot) == "ready"
        world.slack.clear_faults()
        await Story(world, bot).sees("bob", "is now enabled")


async def test_a_patch_whose_answer_was_lost_is_verified_although_slack_is_away(
    world: World, redis_url: str
) -> None:
    async with living(world, redis_url) as bot:
        story = Story(world, bot)
        await story.signs_in("alice")
        world.edfs.fail("toggle", "lost_answer")
        held = world.edfs.hold("toggle", answers=True)
        await story.types("alice", TOGGLE)
        await until(lambda: held.waiting)
    assert story.flips() == 1
    held.release()
    world.slack.fail(None, 503, times=None)
    reads = len(world.edfs.calls)
    async with living(world, redis_url) as bot:
        await until(lambda: len(world.edfs.calls) > reads)
        world.slack.clear_faults()
        await Story(world, bot).sees("bob", "SAP work orders is now disabled")
        assert story.flips() == 1


async def test_a_token_that_slack_rejects_meanwhile_fails_the_readiness(
    world: World, redis_url: str
) -> None:
    async with living(world, redis_url) as bot:
        assert await readiness(bot) == "ready"
    world.slack.fail("auth.test", "error", times=None, code="token_revoked")
    async with living(world, redis_url) as bot:

        async def says_so() -> bool:
            return "rejects the bot token (token_revoked)" in await readiness(bot)

        await until(says_so)
        world.slack.clear_faults()

        async def is_ready() -> bool:
            return await readiness(bot) == "ready"

        await until(is_ready)
