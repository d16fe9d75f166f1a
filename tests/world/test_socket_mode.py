"""The main job over Socket Mode: no address of ours is called by Slack, and nothing is lost."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.loopback import loopback_client
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.readiness import readiness
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until


@pytest.fixture
async def socket_story(redis_url: str) -> AsyncIterator[Story]:
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url, socket_mode=True) as bot:
            await connected(world)
            yield Story(world, bot)
    finally:
        await world.close()


async def connected(world: World, opened: int = 1) -> None:
    sockets = world.slack.sockets
    await until(
        lambda: sockets.opened >= opened and sockets.connected,
        reason=f"{sockets.opened} opened, {sockets.connected} connected",
    )


async def test_the_main_job_goes_on_over_a_new_connection(socket_story: Story) -> None:
    story = socket_story
    assert (await story.types("alice", TOGGLE)).ok
    await story.sees("alice", "Sign in to iTwin")

    opened = story.world.slack.sockets.opened
    await story.world.slack.disconnect_sockets()
    await connected(story.world, opened + 1)

    assert "You are signed in" in await story.world.signs_in("alice")
    await story.sees("alice", "Your command waits: ")
    assert (await story.clicks("alice", "Continue")).ok
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1
    assert "Turned off by: @alice as alice@acme.example" in read(story.card())
    kinds = {envelope["type"] for envelope in story.world.slack.sockets.envelopes}
    assert kinds == {"slash_commands", "interactive"}


async def test_a_connection_that_breaks_without_a_word_is_opened_again(socket_story: Story) -> None:
    opened = socket_story.world.slack.sockets.opened
    socket_story.world.slack.drop_sockets()
    await connected(socket_story.world, opened + 1)
    assert (await socket_story.types("alice", "/edfs help")).ok
    await socket_story.sees("alice", "What you can ask")


async def test_a_delivery_that_comes_twice_acts_once(socket_story: Story) -> None:
    story = socket_story
    await story.signs_in("alice")
    await story.world.types("alice", "#plant-ops", TOGGLE, deliveries=3)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.types("alice", "/edfs help")
    await story.sees("alice", "What you can ask")
    assert story.flips() == 1
    assert story.card()


async def test_nothing_of_slacks_comes_in_over_http(socket_story: Story) -> None:
    delivery = socket_story.world.slack.delivery
    assert delivery.events_url is not None
    body = b"command=%2Fedfs&text=help"
    async with loopback_client() as client:
        answer = await client.post(delivery.events_url, content=body, headers=delivery.signed(body))
    assert answer.status_code in {404, 405}
    assert socket_story.says("alice") == []


async def test_a_revoked_app_token_fails_readiness_and_is_said_once(
    socket_story: Story, capfd: pytest.CaptureFixture[str]
) -> None:
    story, slack = socket_story, socket_story.world.slack
    assert await readiness(story.bot) == "ready"
    slack.fail("apps.connections.open", "error", code="token_revoked", times=None)
    slack.drop_sockets()

    async def is_not_ready() -> bool:
        return await readiness(story.bot) != "ready"

    async def is_ready() -> bool:
        return await readiness(story.bot) == "ready"

    await until(is_not_ready)
    slack.clear_faults()
    await until(is_ready)
    await story.types("alice", "/edfs help")
    await story.sees("alice", "What you can ask")
    said = "".join(capfd.readouterr())
    assert said.count("socket.lost") == 1
