"""Polling for changes made outside the bot, and the weekly digest of disabled timers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.world.notification_story import (
    ROOM,
    deferred_to,
    one_poll,
    public,
    settled,
    subscribes,
    told,
)
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

INTERVAL = 301.0


async def polled(story: Story) -> None:
    """Let the subscription be polled once more, and wait until all messages are drawn."""
    story.world.clock.forward(INTERVAL)
    await one_poll(story, story.world.clock.now())
    story.world.clock.forward(12.0)
    await settled(story)


async def test_it_reports_changes_by_others_and_not_the_bots_own(story: Story) -> None:
    edfs = story.world.edfs
    await story.signs_in("alice")
    await subscribes(story, '"*SAP*" elsewhere')
    await one_poll(story)
    await story.types("alice", TOGGLE)
    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    await polled(story)
    assert public(story) == [], "the bot did it"

    edfs.state.flip_outside("plant-a", "SAP work orders")
    edfs.state.replace_timer("plant-a", "SAP materials", cron="0 4 * * *")
    edfs.state.remove_timer("plant-a", "Month end")
    edfs.state.flip_outside("plant-a", "Maximo assets")
    await polled(story)
    said = "\n".join(read(m) for m in public(story))
    assert "SAP work orders was enabled elsewhere" in said
    assert "not through the bot" in said
    assert "SAP materials was replaced by an edit" in said
    assert "Timer gone: Month end" in said
    assert "Maximo" not in said
    assert len(public(story)) == 3
    await polled(story)
    assert len(public(story)) == 3, "it is reported once"

    # The card of the next command says so too, also without a subscription.
    story.world.edfs.state.flip_outside("plant-a", "Maximo assets")
    await story.types("alice", '/edfs show plant-a "Maximo assets"')
    await story.sees("alice", "Maximo assets is enabled", "#plant-ops")
    story.world.edfs.state.flip_outside("plant-a", "Maximo assets")
    await story.types("alice", '/edfs toggle plant-a "Maximo assets"')
    card = read(await story.sees("alice", "Maximo assets is now enabled", "#plant-ops"))
    assert "It had been changed outside Slack since" in card


async def test_it_stops_with_the_subscribers_sign_in_and_resumes_with_another(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    await subscribes(story, "elsewhere")
    await one_poll(story)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out", "#plant-ops")
    story.world.clock.forward(INTERVAL)
    paused = await told(story, "Looking elsewhere is paused")
    assert "sign-in has ended" in read(paused)
    calls = len(story.world.edfs.calls)
    story.world.edfs.state.flip_outside("plant-a", "Maximo assets")
    story.world.clock.forward(INTERVAL)
    await settled(story)
    assert len(story.world.edfs.calls) == calls
    await story.clicks("bob", "Resume")
    resumed = await told(story, "Looking goes on")
    assert resumed.ts == paused.ts
    await told(story, "Maximo assets was disabled elsewhere")


async def test_the_weekly_digest_lists_disabled_timers_on_monday(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, '"SAP*" digest')
    await one_poll(story)
    await story.types("alice", f"{TOGGLE} because SAP is down")
    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    story.world.edfs.state.flip_outside("plant-a", "Maximo assets")
    to_monday(story)
    said = read(await told(story, "Still disabled in plant-a: 1"))
    assert "SAP work orders since" in said
    assert "because “SAP is down”" in said
    assert "with no return set" in said
    # No digest is posted while nothing is disabled.
    await story.types("alice", '/edfs on plant-a "SAP work orders"')
    await story.sees("alice", "SAP work orders is now enabled", "#plant-ops")
    calls = len(story.world.edfs.calls)
    to_monday(story)
    await until(lambda: len(story.world.edfs.calls) > calls)
    await settled(story)
    assert len(public(story)) == 1


def to_monday(story: Story) -> None:
    """Move on to the next Monday, 08:00 where Alice is."""
    clock = story.world.clock
    now = datetime.fromtimestamp(clock.now(), ZoneInfo("Europe/Berlin"))
    eight = now.replace(hour=8, minute=0, second=5) + timedelta(days=(7 - now.weekday()) % 7)
    if eight <= now:
        eight += timedelta(days=7)
    clock.forward(eight.timestamp() - clock.now())


async def test_a_rate_limit_defers_the_next_poll(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, "elsewhere")
    await one_poll(story)
    story.world.edfs.fail("timers", 429, times=None, retry_after=60)
    story.world.edfs.state.flip_outside("plant-a", "Maximo assets")
    story.world.clock.forward(INTERVAL)
    now = story.world.clock.now()
    await deferred_to(story, now + 60.0, now + INTERVAL)
    story.world.edfs.clear_faults()
    story.world.clock.forward(70.0)
    await told(story, "Maximo assets was disabled elsewhere")
    assert ROOM not in story.says("alice", "#plant-ops")
