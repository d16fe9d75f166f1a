"""Between receiving and acting: no wish is lost, and none is acted on twice.

What a crash does is in test_kills.
"""

import contextlib
import signal

import pytest
import redis

from bot.core.deliveries import Delivery, SlashCommand
from bot.core.names import ChannelId, PersonId
from bot.sandbox.people import BOT_USER_ID, TEAM_ID, person_named
from bot.slack.inbound.deliveries import identity
from tests.conversations.test_home import opened, presses
from tests.world.story import TOGGLE, Story
from tests.world.valkey import Valkey
from tests.world.window import Window

AWAY = "The bot cannot reach its store, so nothing was changed."
DUE = f"edfs:{{{TEAM_ID}}}:due"


def due(url: str) -> list[bytes]:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        return list(client.zrange(DUE, 0, -1))


async def test_what_comes_three_times_acts_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.world.types("alice", "#plant-ops", TOGGLE, deliveries=3)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 1
    assert len([call for call in story.world.edfs.calls if call["method"] == "PATCH"]) == 1
    assert story.card()


async def test_a_button_that_comes_three_times_acts_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("alice", "is now disabled")
    await story.world.clicks("alice", "Undo", deliveries=3)
    await story.sees("bob", "SAP work orders is now enabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 2


def delivery(story: Story, text: str) -> Delivery:
    home = story.bot.context.installation.workspace
    return SlashCommand(
        id=identity("test", text),
        workspace=home,
        installed_in=home,
        person=PersonId(person_named("alice").id),
        channel=ChannelId(story.world.slack.state.workspace.channel_named("#plant-ops").id),
        at=story.world.clock.now(),
        text=text,
        response_url="",
        trigger_id="",
    )


async def test_what_was_kept_and_never_begun_is_found(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    kept = delivery(story, TOGGLE.removeprefix("/edfs "))
    assert await story.bot.store.deliveries.save(kept, "me", story.world.clock.now() - 60)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 1


async def test_a_retry_is_not_its_own_duplicate(story: Story) -> None:
    kept, later = delivery(story, "help"), story.world.clock.now() + 3_600
    deliveries = story.bot.store.deliveries
    assert await deliveries.save(kept, "me", later)
    assert await deliveries.save(kept, "me", later)
    assert not await deliveries.save(kept, "somebody else", later)
    assert await deliveries.read(kept.installed_in, kept.id) == kept
    await deliveries.finish(kept.installed_in, kept.id)
    assert not await deliveries.save(kept, "somebody else", later)
    assert await deliveries.read(kept.installed_in, kept.id) is None


async def signed_in(story: Story, own: Valkey) -> None:
    """Wait until the sign-in has been seen to: else its answer is what is due later."""
    await story.signs_in("alice")
    await story.world.until(lambda: not due(own.url), seconds=10, reason="still due")


async def refused_in_time(story: Story) -> None:
    """The person is told within Slack's three seconds, and told the truth."""
    ack = await story.types("alice", TOGGLE)
    assert ack.ok
    assert ack.seconds < 3
    await story.sees("alice", "so nothing was changed")


async def nothing_came_of_it(story: Story, own: Valkey) -> None:
    def answered() -> bool:
        return any("What you can ask" in said for said in story.says("bob"))

    for _ in range(5):
        await story.types("bob", "/edfs help")
        with contextlib.suppress(AssertionError):
            await story.world.until(answered, seconds=3)
            break
    assert answered()
    await story.world.until(lambda: not due(own.url), seconds=10, reason="still due")
    assert story.flips() == 0
    assert all(call["method"] != "PATCH" for call in story.world.edfs.calls)
    assert not any("is now disabled" in said for said in story.says("alice"))


@pytest.mark.timeout(60)
async def test_a_store_that_hangs_is_told_and_nothing_comes_of_it(
    own_story: Story, own: Valkey
) -> None:
    """What it hears too late it may even keep: its person was told no, so it is not done."""
    await signed_in(own_story, own)
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        await refused_in_time(own_story)
    finally:
        own.process.send_signal(signal.SIGCONT)
    await nothing_came_of_it(own_story, own)


@pytest.mark.timeout(60)
async def test_a_store_that_is_gone_is_told_and_nothing_comes_of_it(
    own_story: Story, own: Valkey
) -> None:
    await signed_in(own_story, own)
    own.stop()
    try:
        await refused_in_time(own_story)
    finally:
        own.start()
    await nothing_came_of_it(own_story, own)


@pytest.mark.timeout(60)
async def test_whoever_points_or_writes_is_told_too_that_the_store_is_gone(
    own_story: Story, own: Valkey
) -> None:
    """Presses in a Home or a window, shortcuts and mentions bring no address to answer to."""
    story, window = own_story, Window(own_story, "alice")
    await story.signs_in("alice")
    await opened(story, "alice", "Favourites and recently used")
    await story.types("alice", "/edfs choose plant-a SAP work orders")
    await window.shows("Then: disabled")
    own.stop()
    await window.types_on("Off until", "for 2 runs")
    await window.shows(AWAY)
    await story.world.closes("alice")
    await window.shows("Then: disabled")
    await window.submits()
    assert AWAY in window.says()
    await story.world.closes("alice")
    await presses(story, "alice", "Enable SharePoint documents")
    await window.shows(AWAY)
    await story.world.closes("alice")
    await story.world.shortcuts("alice", "edfs.choose")
    await window.shows(AWAY)
    await story.types("alice", f"<@{BOT_USER_ID}> list")
    assert (await story.sees("alice", AWAY)).visible_to is not None
    await story.types("alice", "list", "@alice")
    await story.sees("alice", AWAY, "@alice")
    own.start()
