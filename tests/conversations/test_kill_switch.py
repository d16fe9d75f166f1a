"""The kill switch: nothing is flipped, everything else works, and the cards say so."""

from bot.cli import admin
from bot.settings import Settings, read_settings
from tests.conftest import KEYS
from tests.world.story import TOGGLE, Story, read


def settings(story: Story, redis_url: str) -> Settings:
    given = story.world.settings("http://bot.localhost:1")
    return read_settings({**given, "REDIS_URL": redis_url, "EDFS_BOT_KEYS": KEYS})


async def test_nothing_is_flipped_and_everything_else_works(story: Story, redis_url: str) -> None:
    admins = settings(story, redis_url)
    await story.signs_in("alice")
    said = await admin.turn_changes(admins, story.world.clock.now(), on=False)
    assert "changes are off since" in said[0]
    assert said[-1] == admin.SENT

    await story.types("alice", TOGGLE)
    told = read(await story.sees("alice", "An admin has switched all changes off"))
    assert "Ask an admin" in told
    await story.types("alice", "/edfs show plant-a 'SAP work orders'")
    await story.sees("alice", "SAP work orders is enabled")
    await story.types("alice", "/edfs list plant-a")
    await story.sees("alice", "Timers of")
    assert story.flips() == 0

    assert (
        "changes are on" in (await admin.turn_changes(admins, story.world.clock.now(), on=True))[0]
    )
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1


async def test_what_was_begun_before_is_not_sent_after(story: Story, redis_url: str) -> None:
    """Whoever holds the lock still has to ask for the permit, and that is refused."""
    await story.signs_in("alice")
    with story.world.edfs.hold("timer"):
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        now = story.world.clock.now()
        await admin.turn_changes(settings(story, redis_url), now, on=False)
    await story.sees("bob", "Nothing was changed: an admin has switched all changes off.")
    assert not any(call["method"] == "PATCH" for call in story.world.edfs.calls)
    await story.sees("alice", "Looking still works.")


async def test_switching_it_is_written_in_the_trail(story: Story, redis_url: str) -> None:
    admins = settings(story, redis_url)
    await admin.turn_changes(admins, story.world.clock.now(), on=False)
    assert "changes are off since" in (await admin.writes(admins))[0]
    await admin.turn_changes(admins, story.world.clock.now(), on=True)
    lines = await admin.audit_lines(admins, 10)
    assert [line.split()[5] for line in lines] == ["writes.off", "writes.on"]
    well, [found] = await admin.check_audit(admins)
    assert well
    assert found.startswith("T0EDFSBOT1: 2 entries from ")
    assert found.endswith(" UTC, the chain holds")
