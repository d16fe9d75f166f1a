"""Subscriptions: what a channel asks to be told, and who may ask for it."""

import pytest

from tests.world.story import Story, read
from tests.world.waiting import until

SUBSCRIBE = '/edfs subscribe plant-a "SAP*"'
ROOM = "#approvals"


async def test_it_says_what_it_matches_and_is_removed_again(story: Story) -> None:
    await story.types("alice", SUBSCRIBE, ROOM)
    await story.sees("alice", "Sign in to iTwin")
    await story.signs_in("alice")
    await story.types("alice", f"{SUBSCRIBE} changes approvals returns not-mine", ROOM)
    said = read(await story.sees("alice", "This channel will be told of “SAP*”"))
    assert "Matches today: 4 timers" in said or "4 timers" in said, said
    assert all(name in said for name in ("SAP work orders", "SAP materials", "Month end"))
    assert "Weekend orders" in said, "its package is SAP_WORK_ORDERS"
    assert "Your own sign-in" not in said
    assert story.world.reads("bob", ROOM) == [], "only who asked sees the preview"

    # The same words of another person change the same subscription.
    await story.signs_in("bob")
    await story.types("bob", '/edfs subscribe PA-001 "sap*" elsewhere', ROOM)
    preview = read(await story.sees("bob", "This channel will be told"))
    assert "Your own sign-in is used to look every 5 minutes" in preview
    await story.types("carol", "/edfs subscriptions", ROOM)
    listed = read(await story.sees("carol", "Subscriptions of this channel: 1"))
    assert "changes made elsewhere" in listed
    assert "requests for approval" not in listed

    await story.clicks("carol", "Remove")
    await story.sees("carol", "Removed", ROOM)
    await story.types("bob", "/edfs subscriptions", ROOM)
    await story.sees("bob", "Subscriptions of this channel: 0")


async def test_a_timer_named_by_its_id_is_kept_by_its_name(story: Story) -> None:
    await story.signs_in("alice")
    timer = story.world.edfs.state.timer("plant-a", "SAP materials")
    await story.types("alice", f"/edfs subscribe plant-a {timer.id}", ROOM)
    said = read(await story.sees("alice", "This channel will be told of “SAP materials”"))
    assert "1 timer" in said
    await story.types("alice", "/edfs subscribe plant-a orders", ROOM)
    await story.sees("alice", "Weekend orders")
    await story.types("alice", "/edfs subscribe plant-a nothing-like-it", ROOM)
    await story.sees("alice", "nothing-like-it")


async def test_a_name_that_holds_a_star_goes_before_a_pattern(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.state.put_timer("plant-a", "SAP *", package="X")
    await story.types("alice", '/edfs subscribe plant-a "sap *"', ROOM)
    said = read(await story.sees("alice", "This channel will be told of"))
    assert "1 timer" in said
    assert "SAP *" in said
    await story.types("alice", '/edfs subscribe plant-a "sap*"', ROOM)
    await story.sees("alice", "5 timers")


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("#secret", "Invite it with /invite @edfs-bot"),
        ("#general", "Invite it with /invite @edfs-bot"),
        ("#shared", "shared with another organisation"),
        ("@alice", "This is no channel"),
    ],
)
async def test_only_a_channel_of_our_own_with_the_bot_in_it(
    story: Story, channel: str, words: str
) -> None:
    await story.signs_in("alice")
    await story.types("alice", SUBSCRIBE, channel)
    await story.sees("alice", words)


async def test_who_cannot_read_the_timers_cannot_subscribe(story: Story) -> None:
    await story.signs_in("carol")
    before = len(story.says("carol", ROOM))
    await story.types("carol", SUBSCRIBE, ROOM)
    await until(lambda: len(story.says("carol", ROOM)) > before)
    assert "will be told" not in "".join(story.says("carol", ROOM))
    await story.types("carol", "/edfs subscriptions", ROOM)
    await story.sees("carol", "Subscriptions of this channel: 0")


async def test_a_channel_has_so_many_and_ends_only_its_own(story: Story) -> None:
    await story.signs_in("alice")
    for number in range(25):
        await story.types("alice", f'/edfs subscribe plant-a "n{number}*"', ROOM)
        await story.sees("alice", f"“n{number}*”")
    await story.types("alice", SUBSCRIBE, ROOM)
    await story.sees("alice", "as many subscriptions as it may have")
    await story.types("alice", SUBSCRIBE, "#plant-ops")
    await story.sees("alice", "This channel will be told of “SAP*”", "#plant-ops")
    (here,) = [
        one
        for one in await story.bot.context.gateways.store.subscriptions.open(
            story.bot.context.installation.workspace
        )
        if one.pattern == "SAP*"
    ]
    await story.types("bob", f"/edfs unsubscribe {here.id}", ROOM)
    await story.sees("bob", "There is no such subscription in this channel")
