"""One iTwin account belongs to one Slack person, as long as they are signed in with it."""

from tests.test_sign_in_pages import link_of, other_link
from tests.world.story import TOGGLE, Story, read

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


NAMELESS = dict.fromkeys(("name", "given_name", "family_name", "email", "preferred_username"))


async def test_a_name_that_the_id_token_does_not_tell_is_asked_for_once(story: Story) -> None:
    """An ordinary provider tells none without the scope "profile"."""
    story.world.ims.state.id_token_changes = dict(NAMELESS)
    page = await story.world.signs_in("alice", url=await link_of(story, "alice"))
    assert "You are signed in" in page
    await story.types("alice", TOGGLE)
    card = await story.sees("bob", "is now disabled")
    assert "Turned off by: @alice as alice@acme.example" in read(card)
    asked = [call["path"] for call in story.world.edfs.calls if call["path"] == "/users/me"]
    assert len(asked) == 1


async def test_without_any_name_nobody_reads_an_id_of_36_letters(story: Story) -> None:
    story.world.ims.state.id_token_changes = dict(NAMELESS)
    story.world.edfs.fail("me", 503, times=None)
    alice = story.world.person("alice")
    page = await story.world.signs_in("alice", url=await link_of(story, "alice"))
    assert "You are signed in" in page
    await story.types("alice", TOGGLE)
    card = await story.sees("bob", "is now disabled")
    assert f"Turned off by: @alice as account {alice.subject[:8]}," in read(card)
    assert not any(alice.subject in text for text in (page, *story.says("alice")))
