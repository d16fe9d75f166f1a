"""A subscription that was paused goes on with somebody else's sign-in, and as it was."""

from bot.core.subscriptions import Subscription
from tests.world.notification_story import ROOM, one_poll, subscribes, told
from tests.world.story import Story, read

LOOK = 301.0


async def paused(story: Story, words: str) -> Subscription:
    """Alice subscribes and signs out; return her subscription once it is paused."""
    store, home = story.bot.store, story.bot.context.installation.workspace
    await story.signs_in("alice")
    await subscribes(story, words)
    await one_poll(story)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out", "#plant-ops")
    story.world.clock.forward(LOOK)
    await told(story, "Looking elsewhere is paused")
    (one,) = await store.subscriptions.open(home)
    assert one.paused
    return one


async def resumed(story: Story, before: Subscription) -> Subscription:
    await told(story, "Looking goes on")
    after = await story.bot.store.subscriptions.read(before.workspace, before.id)
    assert after is not None
    assert not after.paused
    assert after.person == story.world.person("bob").id
    return after


async def test_resume_keeps_not_mine_for_whoever_resumes(story: Story) -> None:
    await story.signs_in("bob")
    before = await paused(story, '"SAP*" changes elsewhere not-mine')
    await story.clicks("bob", "Resume")
    said = read(await story.sees("bob", "This channel will be told of “SAP*”", ROOM))
    assert "Not what @bob does." in said
    after = await resumed(story, before)
    assert (after.not_mine, after.kinds) == (True, before.kinds)


async def test_resume_adds_no_not_mine(story: Story) -> None:
    await story.signs_in("bob")
    before = await paused(story, '"SAP*" elsewhere')
    await story.clicks("bob", "Resume")
    assert not (await resumed(story, before)).not_mine


async def test_resume_keeps_not_mine_over_a_sign_in(story: Story) -> None:
    before = await paused(story, '"SAP*" elsewhere not-mine')
    await story.clicks("bob", "Resume")
    await story.sees("bob", "Sign in to iTwin", ROOM)
    assert "You are signed in" in await story.world.signs_in("bob")
    await story.sees("bob", "[Continue]")
    await story.clicks("bob", "Continue")
    assert (await resumed(story, before)).not_mine
