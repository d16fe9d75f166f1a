"""One iTwin account belongs to one Slack person, as long as they are signed in with it."""

from tests.test_sign_in_pages import link_of, other_link
from tests.world.story import Story

TAKEN = "This iTwin account is linked to another person of this Slack workspace"


async def test_signing_in_with_another_account_unlinks_the_old_one_at_once(story: Story) -> None:
    world, first = story.world, await link_of(story, "alice")
    await story.clicks("alice", "New link")
    second = await other_link(story, "alice", first)
    assert "You are signed in" in await world.signs_in("alice", url=first)
    # Each account in a browser that is new to IMS.
    world.edfs.state.let_in("crew01")
    assert "crew01@acme.example" in await world.signs_in("crew01", url=second)
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "crew01@acme.example")
    page = await world.signs_in("bob", url=await link_of(story, "bob"), account="alice")
    assert "You are signed in" in page, page
    # The one that Alice uses now is hers alone.
    taken = await world.signs_in("carol", url=await link_of(story, "carol"), account="crew01")
    assert TAKEN in taken
