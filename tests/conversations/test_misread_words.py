"""Words that could be misread: each of these once changed, dropped or hid what was typed."""

import pytest

from tests.world.story import Story, read
from tests.world.waiting import until
from tests.world.window import Window

SAP = '"SAP work orders"'
DAY = 86_400.0


@pytest.fixture
async def alice(story: Story) -> Story:
    """Alice is signed in."""
    await story.signs_in("alice")
    return story


@pytest.fixture
async def here(alice: Story) -> Story:
    """The channel's own iTwin is plant-b."""
    await alice.types("alice", "/edfs use plant-b")
    await alice.sees("bob", "set this channel's iTwin")
    return alice


async def test_a_suggested_verb_keeps_the_itwin(here: Story) -> None:
    await here.types("alice", "/edfs turn-off plant-a SAP work orders because oops")
    await here.sees("alice", "Did you mean turn off?")
    await here.clicks("alice", "turn off plant-a SAP work orders because oops")
    assert "iTwin: plant-a" in read(await here.sees("bob", "SAP work orders is now disabled"))
    assert here.flips(itwin="plant-b") == 0


@pytest.mark.parametrize(
    "typed",
    [
        'off "plant-a" SAP work orders bis montag because r',
        "off plant-a SAP work orders bis montag because r",
        'off plant-a "SAP work orders" because "r" bis montag',
    ],
)
async def test_words_that_nothing_uses_are_never_dropped(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    await alice.sees("alice", "“bis montag")
    assert alice.patches() == 0


async def test_more_words_than_the_nearest_name_has_open_the_form(alice: Story) -> None:
    await alice.types("alice", "/edfs off plant-a SAP werk orders bis montag")
    said = read(await alice.sees("alice", "There is no timer “SAP werk orders bis montag”"))
    assert "Open the form for SAP work orders" in said
    await alice.clicks("alice", "SAP work orders · SAP_WORK_ORDERS")
    await Window(alice, "alice").shows("Switch a timer")
    assert alice.patches() == 0


@pytest.mark.parametrize("end", ["2 hours", "tomorrow 8am", "3 days", "2h"])
async def test_an_end_without_its_first_word_in_a_reason_is_asked(alice: Story, end: str) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP} because of x {end}")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert f"because “of x {end}”" in asked
    assert alice.patches() == 0


async def test_an_end_amid_a_reason_is_asked(alice: Story) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP} because it fails for 3 days already")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert asked.count("because “it fails for 3 days already”") == 2
    await alice.clicks("alice", "2. SAP work orders")
    card = read(await alice.sees("bob", "is now disabled"))
    assert "Because: it fails for 3 days already\n" in card
    assert "Off until" not in card


async def test_words_of_no_itwin_are_a_timer_of_which_itwin(alice: Story) -> None:
    await alice.types("alice", "/edfs off Weekend orders")
    await alice.sees("alice", "You named only “Weekend orders”")


async def test_more_words_than_the_nearest_itwin_has_open_the_form(alice: Story) -> None:
    await alice.types("alice", '/edfs off plant-a work "SAP materials" because x')
    said = read(await alice.sees("alice", "There is no iTwin “plant-a work”"))
    assert "Open the form for plant-a" in said
    assert "Disable" not in said


async def test_a_name_that_holds_because_is_asked_back(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "Stop")
    alice.world.edfs.state.put_timer("plant-a", "Stop because full")
    await alice.types("alice", "/edfs off plant-a Stop because full")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert "1. Disable Stop (plant-a), because “full”" in asked
    assert "2. Disable Stop because full (plant-a)" in asked


async def test_the_text_of_a_changed_end_says_all_of_it(alice: Story) -> None:
    await alice.types("alice", '/edfs off plant-a "SAP materials" for 3 days')
    await alice.sees("bob", "SAP materials is now disabled")
    await alice.types("alice", "/edfs extend plant-a materials for 9 days because of ee")
    asked = read(await alice.sees("alice", "Did you mean SAP materials?"))
    assert "Change the end of SAP materials (plant-a)" in asked
    assert "because “of ee”" in asked


async def test_more_days_are_counted_from_the_present_end(alice: Story) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP} for 3 days")
    await alice.sees("bob", "is now disabled")
    home = alice.bot.context.installation.workspace
    (before,) = await alice.bot.store.auto_enables.open(home)
    await alice.types("alice", f"/edfs extend plant-a {SAP} for 2 more days")
    await alice.sees("bob", "Its end was set anew")
    (after,) = await alice.bot.store.auto_enables.open(home)
    assert DAY < after.at - before.at < 3 * DAY


async def test_an_undo_that_is_taken_back_has_its_end_again(alice: Story) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP} for 3 days")
    await alice.sees("bob", "is now disabled")
    home = alice.bot.context.installation.workspace
    (before,) = await alice.bot.store.auto_enables.open(home)
    await alice.types("alice", "/edfs undo")
    await alice.sees("bob", "SAP work orders is now enabled")
    await alice.types("alice", "/edfs redo")
    asked = read(await alice.sees("alice", "Take the undo back?"))
    assert "Redo will disable SAP work orders until" in asked
    await alice.clicks("alice", "Redo")

    async def has_it_again() -> bool:
        open_now = await alice.bot.store.auto_enables.open(home)
        return [one.at for one in open_now] == [before.at]

    await until(has_it_again, "the end is not restored")


@pytest.mark.parametrize("typed", ["off plant-a", "show plant-b", "toggle plant-b because r"])
async def test_an_itwin_alone_opens_the_chooser_beside_a_default(here: Story, typed: str) -> None:
    await here.types("alice", f"/edfs {typed}")
    window = Window(here, "alice")
    await window.shows("Switch a timer")
    assert window.holds("iTwin") == typed.split()[1]


@pytest.mark.parametrize("typed", ["off for 3 days", "off because of q"])
async def test_an_end_or_a_reason_alone_opens_the_chooser(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    window = Window(alice, "alice")
    await window.shows("Switch a timer")
    if "3 days" in typed:
        assert window.holds("Off until") == "for 3 days"
    if "because" in typed:
        assert window.holds("Reason") == "of q"


async def test_a_question_about_an_itwin_is_not_answered_with_some_timer(alice: Story) -> None:
    await alice.types("alice", "/edfs is plant-a on?")
    await Window(alice, "alice").shows("Switch a timer")


async def test_a_question_about_a_name_that_ends_with_a_state(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "Sync on")
    await alice.types("alice", "/edfs is plant-a Sync on off?")
    await alice.sees("alice", "Sync on is enabled")


async def test_events_behind_a_pattern_are_events(alice: Story) -> None:
    await alice.types("alice", "/edfs subscribe plant-a SAP* changes")
    said = read(await alice.sees("alice", "This channel will be told"))
    assert "SAP*" in said


async def test_the_end_is_in_the_advice_to_name_the_itwin(alice: Story) -> None:
    await alice.types("alice", '/edfs off "Forecast" for 3 days because x')
    assert "/edfs disable <itwin> Forecast for 3 days because x" in read(
        await alice.sees("alice", "Which iTwin?")
    )
