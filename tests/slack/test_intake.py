"""Intake, from request to answer: none is lost, none is carried out twice.

Crashes of the process are in test_kills.
"""

import contextlib
import signal

import redis

from bot.core.deliveries import Delivery, SlashCommand
from bot.core.names import ChannelId, DeliveryId, PersonId, Workspace
from bot.sandbox.people import BOT_USER_ID, TEAM_ID, person_named
from bot.slack.inbound.deliveries import identity
from tests.conversations.test_home import opened, presses
from tests.world.story import TOGGLE, Story
from tests.world.valkey import Valkey
from tests.world.waiting import until
from tests.world.window import Window

UNREACHABLE = "The bot cannot reach its store, so nothing was changed."
DUE = f"edfs:{{{TEAM_ID}}}:due"


def due_members(url: str) -> list[bytes]:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        return list(client.zrange(DUE, 0, -1))


async def test_a_command_delivered_three_times_flips_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.world.types("alice", "#plant-ops", TOGGLE, deliveries=3)
    await story.sees("bob", "SAP work orders is now disabled")
    await until(lambda: not due_members(redis_url))
    assert story.flips() == 1
    assert len([call for call in story.world.edfs.calls if call["method"] == "PATCH"]) == 1
    assert story.card()


async def test_a_click_delivered_three_times_flips_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("alice", "is now disabled")
    await story.world.clicks("alice", "Undo", deliveries=3)
    await story.sees("bob", "SAP work orders is now enabled")
    await until(lambda: not due_members(redis_url))
    assert story.flips() == 2


def delivery(story: Story, text: str) -> Delivery:
    workspace = story.bot.context.installation.workspace
    return SlashCommand(
        id=identity("test", text),
        workspace=workspace,
        installed_in=workspace,
        person=PersonId(person_named("alice").id),
        channel=ChannelId(story.world.slack.state.workspace.channel_named("#plant-ops").id),
        at=story.world.clock.now(),
        text=text,
        response_url="",
        trigger_id="",
    )


async def test_a_stored_delivery_whose_nudge_was_lost_is_answered(
    story: Story, redis_url: str
) -> None:
    await story.signs_in("alice")
    stored = delivery(story, TOGGLE.removeprefix("/edfs "))
    assert await story.bot.store.deliveries.save(stored, "me", story.world.clock.now() - 60)
    await story.sees("bob", "SAP work orders is now disabled")
    await until(lambda: not due_members(redis_url))
    assert story.flips() == 1


async def test_an_answer_that_was_paused_starts_nothing_after_another_was_given(
    story: Story, redis_url: str
) -> None:
    """The other replica found the timer held, and said so."""
    await story.signs_in("alice")
    with story.world.edfs.hold("timers") as reading:
        await story.types("alice", TOGGLE)
        await until(lambda: reading.waiting)
        [waiting] = [
            DeliveryId(member.decode().partition(":")[2])
            for member in due_members(redis_url)
            if member.startswith(b"delivery:")
        ]
        await story.bot.store.deliveries.finish(Workspace(TEAM_ID), waiting)
    await until(lambda: not reading.waiting)
    await story.types("alice", "/edfs show plant-a 'SAP work orders'")
    await story.sees("alice", "SAP work orders is enabled")
    assert story.flips() == 0
    assert not [one for one in story.says("alice") if "Turning off" in one]


async def test_a_save_that_is_repeated_by_its_owner_is_no_duplicate(story: Story) -> None:
    stored, later = delivery(story, "help"), story.world.clock.now() + 3_600
    deliveries = story.bot.store.deliveries
    assert await deliveries.save(stored, "me", later)
    assert await deliveries.save(stored, "me", later)
    assert not await deliveries.save(stored, "another owner", later)
    assert await deliveries.read(stored.installed_in, stored.id) == stored
    await deliveries.finish(stored.installed_in, stored.id)
    assert not await deliveries.save(stored, "another owner", later)
    assert await deliveries.read(stored.installed_in, stored.id) is None


async def signs_in(story: Story, own: Valkey) -> None:
    """Sign Alice in and wait until that is answered, so that nothing of it is due later."""
    await story.signs_in("alice")
    await until(lambda: not due_members(own.url), reason="still due")


async def refused_at_once(story: Story) -> None:
    """Alice's command is acknowledged with the failure."""
    ack = await story.types("alice", TOGGLE)
    assert ack.ok
    await story.sees("alice", "so nothing was changed")


async def nothing_was_done(story: Story, own: Valkey) -> None:
    """Wait until the bot answers again and nothing is due; Alice's command had no effect."""

    async def is_taken() -> bool:
        return UNREACHABLE not in str((await story.types("bob", "/edfs help")).body)

    await until(is_taken, "the store is back")
    await story.sees("bob", "What you can ask")
    await until(lambda: not due_members(own.url), reason="still due")
    assert story.flips() == 0
    assert all(call["method"] != "PATCH" for call in story.world.edfs.calls)
    assert not any("is now disabled" in text for text in story.says("alice"))


async def test_a_store_that_hangs_is_reported_and_nothing_is_done(
    own_story: Story, own: Valkey
) -> None:
    """The store may even execute the save later; by then the person has read that it failed."""
    await signs_in(own_story, own)
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        await refused_at_once(own_story)
    finally:
        own.process.send_signal(signal.SIGCONT)
    await nothing_was_done(own_story, own)


async def test_a_store_that_is_gone_is_reported_and_nothing_is_done(
    own_story: Story, own: Valkey
) -> None:
    await signs_in(own_story, own)
    own.stop()
    try:
        await refused_at_once(own_story)
    finally:
        own.start()
    await nothing_was_done(own_story, own)


async def test_a_store_that_is_gone_is_reported_to_clicks_shortcuts_and_mentions(
    own_story: Story, own: Valkey
) -> None:
    """Clicks in a Home or a modal, global shortcuts and mentions have no response URL."""
    story, window = own_story, Window(own_story, "alice")
    await story.signs_in("alice")
    await opened(story, "alice", "Favourites and recently used")
    await story.types("alice", "/edfs choose plant-a SAP work orders")
    await window.shows("Then: disabled")
    own.stop()
    await window.types_on("Off until", "for 2 runs")
    await window.shows(UNREACHABLE)
    await story.world.closes("alice")
    await window.shows("Then: disabled")
    await window.submits()
    assert UNREACHABLE in window.says()
    await story.world.closes("alice")
    await presses(story, "alice", "Enable SharePoint documents")
    await window.shows(UNREACHABLE)
    await story.world.closes("alice")
    await story.world.shortcuts("alice", "edfs.choose")
    await window.shows(UNREACHABLE)
    await story.types("alice", f"<@{BOT_USER_ID}> list")
    assert (await story.sees("alice", UNREACHABLE)).visible_to is not None
    await story.types("alice", "list", "@alice")
    await story.sees("alice", UNREACHABLE, "@alice")
    own.start()
