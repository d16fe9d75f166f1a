"""Names that several have: which one is meant stands beside them, in every text."""

from dataclasses import replace
from pathlib import Path

from tests.world.approval_story import IN_APPROVALS, rule
from tests.world.notification_story import ROOM, told
from tests.world.story import Story, read
from tests.world.waiting import until

TWIN = 'TW-002 "Twin orders"'
WHICH = "twin (TW-002)"


async def test_an_itwin_whose_name_another_has_stands_with_its_number(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs subscribe TW-002 changes", ROOM)
    subscribed = await story.sees("alice", "This channel will be told", ROOM)
    assert WHICH in read(subscribed)
    await story.types("alice", f"/edfs toggle {TWIN}")
    card = await story.sees("alice", "Twin orders is now enabled", "#plant-ops")
    assert f"(iTwin {WHICH})" in card.text
    assert f"iTwin: {WHICH}\n" in read(card)
    assert f"(iTwin {WHICH})" in (await told(story, "Twin orders is now enabled")).text
    for command, words in (
        (f"show {TWIN}", "Twin orders is enabled"),
        ("list TW-002", f"Timers of {WHICH}: 1"),
        (f"history {TWIN}", f"History of Twin orders in {WHICH}"),
        ("subscriptions", WHICH),
    ):
        await story.types("alice", f"/edfs {command}", ROOM)
        answer = await story.sees("alice", words, ROOM)
        assert WHICH in read(answer), command
    assert f"(iTwin {WHICH})" in (await story.sees("alice", "is enabled", ROOM)).text


async def test_a_name_that_is_unique_stands_alone(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-a 'SAP work orders'")
    card = await story.sees("alice", "SAP work orders is now disabled", "#plant-ops")
    assert "(iTwin plant-a)" in card.text
    assert "iTwin: plant-a (PA-001)\n" in read(card)


async def test_unknown_counts_as_not_unique(story: Story) -> None:
    """An iTwin that is named by its id is read by itself; the kept list tells whether others
    have its name.
    """
    await story.signs_in("alice")
    plant = story.world.edfs.state.itwin("plant-a").id
    await story.types("alice", f"/edfs list {plant}")
    await story.sees("alice", "Timers of plant-a (PA-001): 7")
    await story.types("alice", "/edfs list")
    await story.sees("alice", "iTwins")
    await story.types("alice", f"/edfs list {plant}")
    await story.sees("alice", "Timers of plant-a: 7")


async def test_timers_of_one_name_stand_with_their_package_or_id(story: Story) -> None:
    state = story.world.edfs.state
    first = state.timer("plant-a", "SAP work orders")
    state.store(replace(first, id="5" * 8 + first.id[8:], package="SAP_SECOND"))
    await story.signs_in("alice")
    await story.types("alice", f"/edfs toggle plant-a {first.id}")
    card = await story.sees("alice", "is now disabled", "#plant-ops")
    assert f"SAP work orders ({first.package}) is now disabled" in card.text
    third = "6" * 8 + first.id[8:]
    state.store(replace(first, id=third))
    await story.types("alice", f"/edfs show plant-a {third}")
    await story.sees("alice", "SAP work orders (66666666) is enabled")


async def test_an_approver_reads_which_one(ruled: Story, policy: Path) -> None:
    story = ruled
    rule(story, policy, IN_APPROVALS)
    await story.signs_in("alice")
    await story.signs_in("bob")
    await story.types("alice", "/edfs disable TW-001 'Twin orders'")
    card = await story.sees("bob", "To be approved: turn off Twin orders", "#approvals")
    assert "twin (TW-001)" in card.text
    await story.types("bob", "/edfs pending", "#plant-ops")
    pending = await story.sees("bob", "turn off Twin orders", "#plant-ops")
    assert "twin (TW-001)" in read(pending)


async def test_what_is_to_be_typed_means_the_one_that_was_named(ruled: Story, policy: Path) -> None:
    story = ruled
    rule(story, policy, '[defaults]\nreason = "required"\n')
    await story.signs_in("alice")
    await story.types("alice", "/edfs disable TW-001 'Twin orders'")
    asked = read(await story.sees("alice", "because …"))
    assert '/edfs disable TW-001 "Twin orders" because …' in asked


async def test_undo_and_the_return_by_itself_say_which_timer(story: Story) -> None:
    state = story.world.edfs.state
    first = state.timer("plant-a", "SAP work orders")
    second = replace(first, id="5" * 8 + first.id[8:], package="SAP_SECOND")
    state.store(second)
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {second.id} for 3 days because of it")
    await story.sees("bob", "SAP work orders (SAP_SECOND) is now disabled")
    await story.sees("bob", "Return now")
    story.world.clock.forward(4 * 86_400)
    await story.sees("bob", "SAP work orders (SAP_SECOND) is now enabled")
    await story.types("alice", f"/edfs disable plant-a {second.id}")
    card = await story.sees("bob", "SAP work orders (SAP_SECOND) is now disabled")
    await story.clicks("alice", "Undo", card.ts)

    def is_undone() -> bool:
        here = story.world.reads("bob", "#plant-ops")
        return any("(SAP_SECOND) is now enabled" in m.text for m in here if m.ts == card.ts)

    await until(is_undone)


async def test_the_choice_of_a_channels_itwin_sets_it(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs use twin")
    await story.sees("alice", "2 iTwins match “twin”")
    await story.clicks("alice", "twin · TW-002")
    await story.sees("bob", f"set this channel's iTwin: {WHICH}")


async def test_choices_between_timers_of_one_name_and_package_differ(story: Story) -> None:
    state = story.world.edfs.state
    first = state.timer("plant-a", "SAP work orders")
    state.store(replace(first, id="5" * 8 + first.id[8:]))
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-a 'SAP work orders'")
    asked = read(await story.sees("alice", "2 timers match"))
    assert f"[SAP work orders · {first.id[:8]}]" in asked
    assert "[SAP work orders · 55555555]" in asked


async def test_the_menu_of_all_that_is_off_names_the_itwin(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs disable TW-001 'Twin orders'")
    await story.sees("bob", "Twin orders is now disabled")
    await story.types("alice", "/edfs list TW-001 disabled")
    listed = await story.sees("alice", "Disabled timers: 1")
    assert "Twin orders · twin (TW-001)" in str(listed.blocks)
