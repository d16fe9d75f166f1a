"""The watch for changes elsewhere, and the weekly list of what is still off."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.world.notification_story import ROOM, public, put_off, settled, subscribes, told
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

LOOK = 301.0


async def looked(story: Story) -> None:
    """Let the watch look once (again), and wait until all of it is told."""
    store, home = story.bot.context.gateways.store, story.bot.context.installation.workspace
    (one,) = await store.subscriptions.open(home)
    story.world.clock.forward(LOOK)
    begun = story.world.clock.now()

    async def has_looked() -> bool:
        seen = await store.poll_snapshots.load(home, one.id)
        return seen is not None and seen.at >= begun

    await until(has_looked)
    story.world.clock.forward(12.0)
    await settled(story)


async def first_look(story: Story) -> None:
    store, home = story.bot.context.gateways.store, story.bot.context.installation.workspace
    (one,) = await store.subscriptions.open(home)
    await until(lambda: store.poll_snapshots.load(home, one.id), "nobody looked")


async def test_it_finds_what_others_did_and_keeps_quiet_of_the_bots_own(story: Story) -> None:
    edfs = story.world.edfs
    await story.signs_in("alice")
    await subscribes(story, '"*SAP*" elsewhere')
    await first_look(story)
    await story.types("alice", TOGGLE)
    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    await looked(story)
    assert public(story) == [], "the bot did it"

    edfs.flip_outside("plant-a", "SAP work orders")
    edfs.replace_timer("plant-a", "SAP materials", cron="0 4 * * *")
    edfs.remove_timer("plant-a", "Month end")
    edfs.flip_outside("plant-a", "Maximo assets")
    await looked(story)
    said = "\n".join(read(m) for m in public(story))
    assert "SAP work orders was enabled elsewhere" in said
    assert "not through the bot" in said
    assert "SAP materials was replaced by an edit" in said
    assert "Timer gone: Month end" in said
    assert "Maximo" not in said
    assert len(public(story)) == 3
    await looked(story)
    assert len(public(story)) == 3, "it is told once"

    # A card says so too, whether or not anybody watches.
    story.world.edfs.flip_outside("plant-a", "Maximo assets")
    await story.types("alice", '/edfs show plant-a "Maximo assets"')
    await story.sees("alice", "Maximo assets is enabled", "#plant-ops")
    story.world.edfs.flip_outside("plant-a", "Maximo assets")
    await story.types("alice", '/edfs toggle plant-a "Maximo assets"')
    card = read(await story.sees("alice", "Maximo assets is now enabled", "#plant-ops"))
    assert "It had been changed outside Slack since" in card


async def test_it_stops_with_the_consent_says_so_and_goes_on_with_another(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    await subscribes(story, "elsewhere")
    await first_look(story)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out", "#plant-ops")
    story.world.clock.forward(LOOK)
    paused = await told(story, "Looking elsewhere is paused")
    assert "sign-in has ended" in read(paused)
    calls = len(story.world.edfs.calls)
    story.world.edfs.flip_outside("plant-a", "Maximo assets")
    story.world.clock.forward(LOOK)
    await settled(story)
    assert len(story.world.edfs.calls) == calls
    await story.clicks("bob", "Resume")
    resumed = await told(story, "Looking goes on")
    assert resumed.ts == paused.ts
    await told(story, "Maximo assets was disabled elsewhere")


async def test_on_monday_it_lists_what_is_still_off(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, '"SAP*" digest')
    await first_look(story)
    await story.types("alice", f"{TOGGLE} because SAP is down")
    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    story.world.edfs.flip_outside("plant-a", "Maximo assets")
    to_monday(story)
    said = read(await told(story, "Still disabled in plant-a: 1"))
    assert "SAP work orders since" in said
    assert "because “SAP is down”" in said
    assert "with no return set" in said
    # Where nothing is off nothing is said.
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


async def test_a_limit_only_puts_it_off(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, "elsewhere")
    await first_look(story)
    story.world.edfs.fail("timers", 429, retry_after=60)
    story.world.edfs.flip_outside("plant-a", "Maximo assets")
    story.world.clock.forward(LOOK)
    now = story.world.clock.now()
    await put_off(story, now + 60.0, now + LOOK)
    story.world.clock.forward(70.0)
    await told(story, "Maximo assets was disabled elsewhere")
    assert ROOM not in story.says("alice", "#plant-ops")
