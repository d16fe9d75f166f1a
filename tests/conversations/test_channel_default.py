"""A channel's own iTwin: set once, left out from then on, and never guessed wrongly."""

import pytest

from tests.world.story import Story, read


@pytest.fixture
async def here(story: Story) -> Story:
    """Alice is signed in and has set the channel's iTwin."""
    await story.signs_in("alice")
    await story.types("alice", "/edfs use plant-a")
    await story.sees("bob", "@alice set this channel's iTwin: plant-a")
    return story


async def test_everybody_in_the_channel_is_told_what_it_means_now(here: Story) -> None:
    await here.types("bob", "/edfs use")
    assert "This channel's iTwin: plant-a (PA-001)" in read(
        await here.sees("bob", "This channel's")
    )


@pytest.mark.parametrize("typed", ['/edfs off "SAP work orders"', "/edfs off SAP work orders"])
async def test_the_itwin_may_be_left_out(here: Story, typed: str) -> None:
    await here.types("alice", f"{typed} because of tests")
    card = read(await here.sees("bob", "SAP work orders is now disabled"))
    assert "iTwin: plant-a" in card
    assert "Because: of tests" in card
    assert here.flips() == 1


async def test_an_itwin_that_is_named_counts(here: Story) -> None:
    await here.types("alice", '/edfs off plant-b "SAP work orders"')
    assert "iTwin: plant-b" in read(await here.sees("bob", "is now disabled"))
    assert here.flips(itwin="plant-a") == 0


async def test_what_can_be_read_both_ways_is_asked_back(here: Story) -> None:
    """It is a timer of the channel's iTwin, or one called "pumps" of the iTwin "Bridge 099"."""
    here.world.edfs.state.put_timer("plant-a", "Bridge 099 pumps")
    here.world.edfs.state.put_timer("Bridge 099", "pumps")
    here.world.edfs.state.let_in("alice", itwin="Bridge 099")
    await here.types("alice", "/edfs off Bridge 099 pumps")
    said = read(await here.sees("alice", "What did you mean?"))
    assert "1. Disable pumps (Bridge 099)" in said
    assert "2. Disable Bridge 099 pumps (plant-a)" in said
    assert here.patches() == 0
    await here.clicks("alice", "2. Bridge 099 pumps")
    await here.sees("bob", "Bridge 099 pumps is now disabled")


async def test_a_part_of_a_name_of_an_itwin_does_not_count_beside_a_whole_name(
    here: Story,
) -> None:
    here.world.edfs.state.put_timer("plant-a", "099 pumps")
    await here.types("alice", "/edfs off 099 pumps")
    await here.sees("bob", "099 pumps is now disabled")


async def test_the_whole_name_of_an_itwin_is_that_itwin_unless_both_exist(here: Story) -> None:
    await here.types("alice", "/edfs off plant-b SAP work orders")
    assert "iTwin: plant-b" in read(await here.sees("bob", "is now disabled"))
    here.world.edfs.state.put_timer("plant-a", "plant-b SAP work orders")
    await here.types("alice", "/edfs on plant-b SAP work orders")
    await here.sees("alice", "What did you mean?")


async def test_lists_and_history_are_the_channels_and_all_means_all(here: Story) -> None:
    await here.types("alice", "/edfs list")
    await here.sees("alice", "Timers of plant-a")
    await here.types("alice", "/edfs list all")
    await here.sees("alice", "Your iTwins: 124")
    await here.types("alice", "/edfs list disabled")
    assert "SharePoint documents" in read(await here.sees("alice", "Disabled timers: 1"))
    await here.types("alice", "/edfs history")
    await here.sees("alice", "plant-a")


async def test_it_is_taken_back(here: Story) -> None:
    await here.types("alice", "/edfs use nothing")
    await here.sees("bob", "this channel has no iTwin of its own any more")
    await here.types("alice", '/edfs off "SAP work orders"')
    said = read(await here.sees("alice", "Which iTwin?"))
    assert 'Type both, iTwin first: /edfs disable <itwin> "SAP work orders"' in said
    assert here.flips() == 0


async def test_without_one_the_name_alone_is_explained(story: Story) -> None:
    await story.types("alice", "/edfs show nightly")
    said = read(await story.sees("alice", "Which iTwin?"))
    assert "You named only “nightly”, and this channel has no iTwin of its own." in said
    assert "/edfs use <itwin>" in said


async def test_each_channel_has_its_own(here: Story) -> None:
    await here.types("alice", '/edfs show "SAP work orders"', "#approvals")
    await here.sees("alice", "Which iTwin?", "#approvals")


async def test_the_pages_of_all_stay_those_of_all(here: Story) -> None:
    await here.types("alice", "/edfs list all")
    await here.sees("alice", "Page 1 of ")
    await here.clicks("alice", "Next")
    assert "Your iTwins: 124" in read(await here.sees("alice", "Page 2 of "))
    await here.types("alice", "/edfs history all")
    await here.sees("alice", "History")


async def test_what_bentley_does_not_tell_is_no_reason_to_guess(here: Story) -> None:
    """It may be a timer of the channel's iTwin: that this cannot be read now decides nothing."""
    here.world.edfs.state.put_timer("plant-a", "t-b SAP work orders")
    here.world.edfs.fail("timers", "500", times=3)
    await here.types("alice", "/edfs off t-b SAP work orders")
    await here.sees("alice", "Trace")
    here.world.edfs.clear_faults()
    await here.types("alice", "/edfs off t-b SAP work orders")
    await here.sees("bob", "t-b SAP work orders is now disabled")
    assert here.flips(itwin="plant-b") == 0


@pytest.mark.parametrize("typed", ['/edfs off "SAP work orders"', "/edfs off SAP work orders"])
async def test_what_waits_for_a_sign_in_stays_what_it_was(here: Story, typed: str) -> None:
    await here.types("bob", typed)
    await here.sees("bob", "Your command waits")
    await here.types("alice", "/edfs use plant-b")
    await here.sees("bob", "set this channel's iTwin: plant-b")
    await here.world.signs_in("bob")
    await here.sees("bob", "You are signed in as")
    await here.clicks("bob", "Continue")
    assert "iTwin: plant-a" in read(await here.sees("alice", "SAP work orders is now disabled"))
    assert here.flips(itwin="plant-b") == 0


async def test_it_waits_under_a_new_link_too(here: Story) -> None:
    await here.types("bob", '/edfs off "SAP work orders"')
    await here.sees("bob", "Your command waits")
    await here.types("alice", "/edfs use plant-b")
    await here.sees("bob", "set this channel's iTwin: plant-b")
    await here.clicks("bob", "New link")
    await here.world.signs_in("bob")
    await here.sees("bob", "You are signed in as")
    await here.clicks("bob", "Continue")
    assert "iTwin: plant-a" in read(await here.sees("alice", "SAP work orders is now disabled"))


async def test_it_goes_on_where_the_bot_is_not_in_the_channel(story: Story) -> None:
    """Who signed in is told in a direct message then, and presses there."""
    story.world.channel("alone", "alice", "bob", private=True, bot=False)
    await story.signs_in("alice", "#alone")
    await story.types("alice", "/edfs use plant-a", "#alone")
    await story.sees("alice", "set this channel's iTwin", "#alone")
    await story.types("bob", '/edfs off "SAP work orders"', "#alone")
    await story.sees("bob", "Your command waits")
    await story.world.signs_in("bob")
    await story.sees("bob", "You are signed in as", "@bob")
    await story.clicks("bob", "Continue")
    await story.sees("bob", "SAP work orders is now disabled")


async def test_the_audit_trail_has_who_set_it_and_who_took_it_back(here: Story) -> None:
    await here.types("alice", "/edfs use nothing")
    await here.sees("bob", "Name it in every command.")
    home = here.bot.context.installation.workspace
    plant = here.world.edfs.state.itwin("plant-a").id
    entries = [
        (entry.event, entry.person, entry.facts)
        for entry in await here.bot.store.audit.read(home)
        if entry.event.startswith("default.")
    ]
    alice, channel = here.world.person("alice").id, here.world.slack.state.workspace
    room = channel.channel_named("#plant-ops").id
    assert entries == [
        ("default.set", alice, {"channel": room, "itwin": plant}),
        ("default.ended", alice, {"channel": room}),
    ]
