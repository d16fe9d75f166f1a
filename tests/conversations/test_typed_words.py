"""What is typed is what is done: nothing is dropped, guessed or misread."""

import pytest

from bot.sandbox.people import BOT_USER_ID
from tests.world.story import Story, read
from tests.world.window import Window

SAP = '"SAP work orders"'


@pytest.fixture
async def alice(story: Story) -> Story:
    """Alice is signed in."""
    await story.signs_in("alice")
    return story


# Parts of names


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("off plant-a materials", "Disable SAP materials (plant-a)\n"),
        ("toggle plant-a materials", "Disable SAP materials (plant-a)\n"),
        (
            "off lant-a materials for 2 days because of the audit",
            "Disable SAP materials (plant-a) until ",
        ),
    ],
)
async def test_a_part_of_a_name_asks_before_it_changes_anything(
    alice: Story, typed: str, asked: str
) -> None:
    await alice.types("alice", f"/edfs {typed}")
    question = read(await alice.sees("alice", "Did you mean SAP materials?"))
    assert asked in question
    assert "Nothing was changed yet" in question
    assert alice.patches() == 0
    await alice.clicks("alice", "SAP materials · plant-a")
    card = read(await alice.sees("bob", "SAP materials is now disabled"))
    assert ("Because: of the audit" in card) is ("audit" in typed)
    assert ("Off until" in card) is ("2 days" in typed)
    assert alice.flips("SAP materials") == 1


async def test_a_part_of_a_name_is_enough_to_look(alice: Story) -> None:
    await alice.types("alice", "/edfs show plant-a materials")
    await alice.sees("alice", "SAP materials is enabled")


@pytest.mark.parametrize("typed", ["use lant-a", "subscribe lant-a", "subscribe plant-a materials"])
async def test_what_a_channel_is_told_needs_whole_names_too(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    await alice.sees("alice", "Did you mean")
    assert not any("This channel" in said for said in alice.says("bob"))


# Reasons and ends


@pytest.mark.parametrize(
    "clauses",
    [
        'because "SAP is down" for 3 days',
        "for 3 days because SAP is down",
        'for 3 days because "SAP is down"',
    ],
)
async def test_an_end_is_read_before_and_after_the_reason(alice: Story, clauses: str) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP} {clauses}")
    card = read(await alice.sees("bob", "is now disabled"))
    assert "Because: SAP is down\n" in card
    assert "Off until" in card


async def test_an_end_within_an_unquoted_reason_is_asked_back(alice: Story) -> None:
    typed = f"off plant-a {SAP} because SAP is down for 3 days"
    await alice.types("alice", f"/edfs {typed}")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert "because “SAP is down for 3 days”" in asked
    assert "because “SAP is down”" in asked
    assert alice.patches() == 0
    await alice.clicks("alice", "2. SAP work orders")
    card = read(await alice.sees("bob", "SAP work orders is now disabled"))
    assert "Because: SAP is down for 3 days\n" in card
    assert "Off until" not in card


async def test_words_behind_a_quoted_name_are_quoted_back_before_any_sign_in(story: Story) -> None:
    await story.types("alice", f"/edfs off plant-a {SAP} bis montag 08:00")
    said = read(await story.sees("alice", "“bis montag 08:00” was not understood"))
    assert "nothing was done" in said
    assert "[Open the form…]" in said
    assert story.world.edfs.calls == []


async def test_words_behind_an_unquoted_name_are_quoted_back(alice: Story) -> None:
    await alice.types("alice", "/edfs off plant-a SAP work orders bis montag 08:00")
    said = await alice.sees("alice", "“bis montag 08:00” behind the name SAP work orders")
    assert "Open the form…" in read(said)
    assert alice.patches() == 0
    await alice.clicks("alice", "Open the form…")
    await alice.submits("alice")
    await alice.sees("bob", "SAP work orders is now disabled")


async def test_a_button_keeps_the_end_and_the_reason(alice: Story) -> None:
    await alice.types("alice", "/edfs off plant-a SAP werk orders for 3 days because of the audit")
    said = read(await alice.sees("alice", "There is no timer “SAP werk orders”"))
    assert "Disable SAP work orders (SAP_WORK_ORDERS) until" in said
    assert "because “of the audit”" in said
    await alice.clicks("alice", "SAP work orders · SAP_WORK_ORDERS")
    card = read(await alice.sees("bob", "SAP work orders is now disabled"))
    assert "Because: of the audit" in card
    assert "Off until" in card


async def test_a_long_command_fits_behind_its_button(alice: Story) -> None:
    reason = "x" * 300
    await alice.types("alice", f"/edfs off twin Twin orders for 3 days because {reason}")
    await alice.sees("alice", "2 iTwins match “twin”")
    await alice.clicks("alice", "twin · TW-001")
    assert reason in read(await alice.sees("bob", "Twin orders is now disabled"))


@pytest.mark.parametrize(
    ("clause", "reason"),
    [("until 25:00", "25:00"), ("for 30 years", "a year ahead"), ("until yesterday 8am", "")],
)
async def test_an_end_that_cannot_be_is_said_before_any_sign_in(
    story: Story, clause: str, reason: str
) -> None:
    await story.types("alice", f"/edfs off plant-a SAP work orders {clause}")
    said = read(await story.sees("alice", "Not understood"))
    assert reason in said
    assert not any("Sign in to iTwin" in one for one in story.says("alice"))


# Words of a command that are words of a name


async def test_a_name_that_holds_an_end_is_found_by_it(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "Wait for 3 days")
    await alice.types("alice", "/edfs off plant-a Wait for 3 days")
    card = read(await alice.sees("bob", "Wait for 3 days is now disabled"))
    assert "Off until" not in card


async def test_a_name_with_and_without_an_end_asks(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "Wait for 3 days")
    alice.world.edfs.state.put_timer("plant-a", "Wait")
    await alice.types("alice", "/edfs off plant-a Wait for 3 days")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert "Disable Wait for 3 days (plant-a)" in asked
    assert "Disable Wait (plant-a) until" in asked
    assert alice.patches() == 0
    await alice.clicks("alice", "1. Wait")
    card = read(await alice.sees("bob", "Wait is now disabled"))
    assert "Off until" in card


async def test_a_name_that_holds_an_end_can_be_enabled(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "Hold until monday", enabled=False)
    await alice.types("alice", "/edfs on plant-a Hold until monday")
    await alice.sees("bob", "Hold until monday is now enabled")


async def test_an_end_behind_enable_is_refused_before_any_sign_in(story: Story) -> None:
    await story.types("alice", f"/edfs on plant-a {SAP} until monday 08:00")
    await story.sees("alice", "Only disable and extend take an end")


async def test_an_itwin_of_several_words_needs_no_quotes(alice: Story) -> None:
    alice.world.edfs.state.put_itwin("Old Mill East", people=["alice"])
    alice.world.edfs.state.put_timer("Old Mill East", "SAP orders")
    await alice.types("alice", "/edfs off Old Mill East SAP orders because of the audit")
    assert "iTwin: Old Mill East" in read(await alice.sees("bob", "SAP orders is now disabled"))


async def test_names_in_the_wrong_order_are_recognized(alice: Story) -> None:
    await alice.types("alice", '/edfs off "SAP materials" plant-a for 3 days')
    asked = read(await alice.sees("alice", "Did you mean plant-a · SAP materials?"))
    assert "Disable SAP materials (plant-a) until" in asked
    assert alice.patches() == 0
    await alice.clicks("alice", "SAP materials · plant-a")
    await alice.sees("bob", "SAP materials is now disabled")


# Verbs as people say them


@pytest.mark.parametrize(
    "typed",
    [
        f"turn off plant-a {SAP}",
        "turn off plant-a SAP work orders",
        f"turn plant-a {SAP} off",
        f"switch off plant-a {SAP} please",
        f"please pause plant-a {SAP}!",
        f"stop plant-a {SAP}",
        f"Turn Off plant-a {SAP} because of tests",
    ],
)
async def test_ways_to_say_disable(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    await alice.sees("bob", "SAP work orders is now disabled")


@pytest.mark.parametrize("verb", ["turn on", "switch on", "resume", "start", "on"])
async def test_ways_to_say_enable(alice: Story, verb: str) -> None:
    alice.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await alice.types("alice", f"/edfs {verb} plant-a SAP work orders")
    await alice.sees("bob", "SAP work orders is now enabled")


async def test_snooze_takes_a_duration_without_a_preposition(alice: Story) -> None:
    await alice.types("alice", f"/edfs snooze plant-a {SAP} 2h")
    await alice.sees("bob", "SAP work orders is now disabled")


@pytest.mark.parametrize(
    "typed",
    [
        f"is plant-a {SAP} on?",
        "is plant-a SAP work orders on?",
        "is plant-a SAP work orders still enabled ?",
        "why is plant-a SAP work orders off?",
        f"why plant-a {SAP}",
        f"status plant-a {SAP}",
    ],
)
async def test_questions_about_a_timer_show_it(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    await alice.sees("alice", "SAP work orders is enabled")
    assert alice.patches() == 0


@pytest.mark.parametrize(
    "typed", [f"who disabled plant-a {SAP}?", "who turned off plant-a SAP work orders"]
)
async def test_who_asks_for_the_history(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs off plant-a {SAP}")
    await alice.sees("bob", "is now disabled")
    await alice.types("alice", f"/edfs {typed}")
    await alice.sees("alice", "History of SAP work orders in plant-a")


@pytest.mark.parametrize(("typed", "words"), [("version", "EDFS Bot 0."), ("hello", "What you")])
async def test_small_talk(story: Story, typed: str, words: str) -> None:
    await story.types("alice", f"/edfs {typed}")
    await story.sees("alice", words)


@pytest.mark.parametrize(
    ("typed", "offered", "never"),
    [("disble", "disable", "enable"), ("trun off", "turn off", "turn on"), ("of", "off", "on")],
)
async def test_no_suggestion_does_the_opposite(
    alice: Story, typed: str, offered: str, never: str
) -> None:
    await alice.types("alice", f"/edfs {typed} plant-a {SAP}")
    said = read(await alice.sees("alice", "Did you mean"))
    assert f"[{offered} plant-a" in said
    assert f"[{never} " not in said
    assert "[return" not in said
    await alice.clicks("alice", f"{offered} plant-a {SAP}")
    await alice.sees("bob", "SAP work orders is now disabled")


# Something is missing


@pytest.mark.parametrize("typed", ["off", "off plant-a", "toggle plant-a", "show plant-a", "show"])
async def test_a_verb_with_something_missing_opens_the_chooser(alice: Story, typed: str) -> None:
    await alice.types("alice", f"/edfs {typed}")
    window = Window(alice, "alice")
    await window.shows("Switch a timer")
    assert (window.holds("iTwin") == "plant-a") is ("plant-a" in typed)


async def test_the_chooser_keeps_what_was_typed(alice: Story) -> None:
    alice.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await alice.types("alice", "/edfs off plant-a for 3 days because of the audit")
    window = Window(alice, "alice")
    await window.shows("Switch a timer")
    await window.picks("Timer", "SAP materials")
    await window.shows("It is enabled now")
    assert window.holds("Off until") == "for 3 days"
    assert window.holds("Reason") == "of the audit"
    await window.submits()
    card = read(await alice.sees("bob", "SAP materials is now disabled"))
    assert "Because: of the audit" in card
    assert "Off until" in card


async def test_in_a_thread_the_missing_part_is_asked_for_by_a_button(alice: Story) -> None:
    await alice.types("bob", "SAP is down")
    root = (await alice.sees("bob", "SAP is down")).ts
    await alice.world.types("alice", "#plant-ops", f"<@{BOT_USER_ID}> off plant-a", thread=root)
    answer = await alice.sees("alice", "Slack opens it only right after a press")
    assert answer.thread_ts == root


# Words that are a verb and the beginning of a name


async def test_a_name_that_begins_with_a_verb_is_shown_or_asked_back(alice: Story) -> None:
    await alice.types("alice", "/edfs use plant-a")
    await alice.sees("bob", "set this channel's iTwin")
    alice.world.edfs.state.put_timer("plant-a", "Start page orders")
    await alice.types("alice", "/edfs start page orders")
    await alice.sees("alice", "Start page orders is enabled")
    alice.world.edfs.state.put_timer("plant-a", "page orders", enabled=False)
    await alice.types("alice", "/edfs start page orders")
    asked = read(await alice.sees("alice", "What did you mean?"))
    assert "1. Enable page orders (plant-a)" in asked
    assert "2. Show Start page orders (plant-a)" in asked
    assert alice.patches() == 0


# Offered commands


async def test_an_offered_command_that_is_no_longer_kept_says_so(alice: Story) -> None:
    await alice.types("alice", "/edfs off plant-a materials")
    asked = await alice.sees("alice", "Did you mean SAP materials?")
    (button,) = [
        element
        for block in asked.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    home = alice.bot.context.installation.workspace
    await alice.bot.store.sign_in_links.forget_command(home, button["value"])
    await alice.clicks("alice", "SAP materials · plant-a")
    await alice.sees("alice", "That command is no longer kept; it waits for an hour.")
    assert alice.patches() == 0


async def test_two_presses_do_it_once(alice: Story) -> None:
    await alice.types("alice", "/edfs toggle plant-a materials")
    asked = await alice.sees("alice", "Did you mean SAP materials?")
    await alice.clicks("alice", "SAP materials · plant-a", asked.ts)
    await alice.sees("bob", "SAP materials is now disabled")
    assert alice.flips("SAP materials") == 1


@pytest.mark.parametrize("typed", ["extend", "keep"])
async def test_a_part_of_a_name_does_not_change_an_end(alice: Story, typed: str) -> None:
    await alice.types("alice", '/edfs off plant-a "SAP materials" for 3 days')
    await alice.sees("bob", "SAP materials is now disabled")
    clause = " for 5 days" if typed == "extend" else ""
    await alice.types("alice", f"/edfs {typed} plant-a materials{clause}")
    await alice.sees("alice", "Did you mean SAP materials?")
    (one,) = await alice.bot.store.auto_enables.open(alice.bot.context.installation.workspace)
    assert one.at < alice.world.clock.now() + 4 * 86_400


async def test_a_bad_new_end_is_said_before_any_sign_in(story: Story) -> None:
    await story.types("alice", "/edfs extend plant-a SAP until 25:00")
    assert "25:00" in read(await story.sees("alice", "Not understood"))
