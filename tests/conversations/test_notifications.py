"""Notifications: a subscribed channel gets each change once, in one message."""

from tests.world.notification_story import ROOM, below, public, settled, subscribes, told
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until


async def test_a_change_is_one_card_with_its_history_in_its_thread(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, '"SAP*"')
    await subscribes(story, "", channel="#plant-ops")
    await story.types("alice", f"{TOGGLE} because SAP is down")
    card = await told(story, "SAP work orders is now disabled")
    assert "SAP is down" in read(card)
    assert below(story, card) == []

    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    await story.clicks("alice", "Undo")
    edited = await told(story, "SAP work orders is now enabled")
    assert edited.ts == card.ts
    await until(lambda: below(story, card))
    (reply,) = below(story, card)
    assert "enabled by" in reply
    assert "disabled" in read(edited).split("Before")[1]
    thread = story.world.thread(ROOM, card.ts)
    assert not any(m.broadcast for m in thread)

    # The channel of the command has its card, and gets no notification beside it.
    assert len(public(story)) == 1
    assert len(public(story, "#plant-ops")) == 1
    # No notification of a timer that does not match, or after the subscription was removed.
    await story.types("alice", '/edfs off plant-a "Maximo assets"')
    await story.sees("alice", "Maximo assets is now disabled", "#plant-ops")
    await story.types("bob", "/edfs subscriptions", ROOM)
    await story.sees("bob", "Subscriptions of this channel: 1", ROOM)
    await story.clicks("bob", "Remove")
    await story.sees("bob", "Removed", ROOM)
    await story.types("alice", '/edfs off plant-a "SAP materials"')
    await story.sees("alice", "SAP materials is now disabled", "#plant-ops")
    await settled(story)
    assert len(public(story)) == 1


async def test_not_mine_leaves_out_the_subscribers_own_changes(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    await subscribes(story, '"SAP*" changes not-mine')
    await story.types("alice", TOGGLE)
    await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    await settled(story)
    assert public(story) == []
    await story.types("bob", '/edfs off plant-a "SAP materials"')
    await told(story, "SAP materials is now disabled")


async def test_a_burst_of_changes_is_one_digest_that_is_updated(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, "")
    names = [f"Timer {number:02}" for number in range(6)]
    for name in names:
        story.world.edfs.state.put_timer("plant-a", name)
    for name in names:
        await story.types("alice", f'/edfs off plant-a "{name}"')
    for name in names:
        await story.sees("alice", f"{name} is now disabled", "#plant-ops")
    await settled(story)
    said = [read(m) for m in public(story)]
    assert len(said) <= 3, said
    assert all(any(name in one for one in said) for name in names)
    digest = await told(story, "changes")
    name = next(name for name in names if name in read(digest))
    await story.types("alice", f'/edfs on plant-a "{name}"')
    await story.sees("alice", f"{name} is now enabled", "#plant-ops")
    await settled(story)
    before = len(public(story))
    # A new operation is a new change; its undo updates the message that shows it.
    card = await story.sees("alice", f"{name} is now enabled", "#plant-ops")
    await story.clicks("alice", "Undo", card.ts)
    await story.sees("alice", f"{name} is now disabled", "#plant-ops")
    await settled(story)
    assert len(public(story)) == before


async def test_archiving_a_channel_ends_its_subscriptions(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, '"SAP*"')
    story.world.archives(ROOM)
    await story.types("alice", TOGGLE)
    store, workspace = story.bot.store, story.bot.context.installation.workspace

    async def ended() -> bool:
        return not await store.subscriptions.open(workspace)

    await until(ended)
    (lost,) = await store.dead_letters.read(workspace)
    assert lost.reason == "is_archived"
    assert lost.record.startswith("notification:")
    ends = [
        entry for entry in await store.audit.read(workspace) if entry.event == "subscription.ended"
    ]
    assert [entry.person for entry in ends] == [story.bot.context.installation.bot_user]


async def test_a_bot_that_was_removed_pauses_says_so_and_goes_on_when_invited_again(
    story: Story,
) -> None:
    await story.signs_in("alice")
    await subscribes(story, '"SAP*"')
    await subscribes(story, '"Month*"')
    await story.sees("alice", "This channel will be told of “Month*”", ROOM)
    story.world.leaves(ROOM, "edfs")
    await story.types("alice", TOGGLE)
    said = read(await story.sees("alice", "Notifications are paused", "@alice"))
    assert "“SAP*” in plant-a" in said
    assert "“Month*” in plant-a" in said
    store, workspace = story.bot.store, story.bot.context.installation.workspace
    assert len(await store.subscriptions.open(workspace)) == 2

    await story.clicks("alice", "Undo")
    await story.sees("alice", "SAP work orders is now enabled", "#plant-ops")
    story.world.joins(ROOM, "edfs")

    async def goes_on() -> bool:
        story.world.clock.forward(60)
        return not any(one.away_since for one in await store.subscriptions.open(workspace))

    await until(goes_on)
    before = len(public(story))
    await story.types("alice", '/edfs disable plant-a "SAP work orders"')
    await until(lambda: len(public(story)) > before)
    assert len([one for one in story.direct("alice") if "are paused" in one]) == 1
