"""The chooser: a modal that stands for a command, and every way to open it."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until
from tests.world.window import Window


@pytest.fixture
async def window(story: Story) -> Window:
    """Alice's chooser: she is signed in and has typed the command without a verb."""
    await story.signs_in("alice")
    await story.types("alice", "/edfs")
    found = Window(story, "alice")
    await found.shows("Switch a timer")
    return found


async def chosen(window: Window, timer: str = "SAP work orders") -> None:
    await window.picks("iTwin", "plant-a")
    await window.picks("Timer", timer)
    await window.shows("It is")


async def test_the_chooser_stands_for_a_whole_command(story: Story, window: Window) -> None:
    await chosen(window)
    shown = await window.shows("Then: disabled, until somebody turns it on")
    assert "Now: enabled, package SAP_WORK_ORDERS" in shown
    assert "weekdays at 02:00" in shown
    await window.types("Reason", "SAP is down")
    await window.submits()
    card = read(await story.sees("bob", "SAP work orders is now disabled"))
    assert "Because: SAP is down" in card
    assert story.flips() == 1
    await window.closed()


async def test_the_runs_to_be_skipped_are_shown_while_typing(story: Story, window: Window) -> None:
    await chosen(window)
    reads = len(story.world.edfs.calls)
    await window.types("Off until", "for 2 runs")
    shown = await window.shows("Then: disabled, and enabled again")
    assert re.search(r"^Skips 2 runs, first \S+ \S+ UTC, then \S+ \S+ UTC$", shown, re.MULTILINE)
    await window.types("Off until", "whenever")
    await window.shows("not clear")
    assert len(story.world.edfs.calls) == reads  # letters read nothing at Bentley's
    await window.types("Off until", "3 days")
    await window.shows("enabled again")
    await window.submits()
    card = read(await story.sees("bob", "SAP work orders is now disabled"))
    assert "Return now" in card


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("whenever", "“whenever” cannot be read as a time"),
        ("2020-01-01 08:00", "Wednesday 1 January 2020 08:00 (Europe/Berlin) has passed"),
        ("friday", "No time of day was given: "),
        ("for 999 runs", "Between 1 and 50 runs can be counted"),
    ],
)
async def test_an_invalid_end_is_reported_beside_its_input_and_nothing_is_submitted(
    story: Story, window: Window, typed: str, error: str
) -> None:
    await chosen(window)
    await window.types("Off until", typed)
    await window.submits()
    await window.shows(f"! {error}")
    assert story.flips() == 0
    await window.types("Off until", "for 1 day")
    await window.submits()
    await story.sees("bob", "SAP work orders is now disabled")


async def test_timers_show_their_state_and_disabled_ones_come_first(window: Window) -> None:
    assert (await window.offered("Timer"))[0] == "Choose an iTwin first"
    await window.picks("iTwin", "plant-a")
    names = await window.offered("Timer")
    assert names[0] == "SharePoint documents (off)"
    assert "SAP work orders (on)" in names


async def test_favorites_come_first_and_typing_finds_the_others(window: Window) -> None:
    names = await window.offered("iTwin")
    assert names[0].startswith("plant-a")
    assert any(name.startswith("Bridge 088") for name in await window.offered("iTwin", "088"))
    assert await window.offered("iTwin", "zzz") == ["No iTwin fits “zzz”"]


async def test_an_option_that_only_informs_cannot_be_chosen(story: Story, window: Window) -> None:
    await window.picks("iTwin", "No iTwin", "zzz")
    await window.picks("Timer", "Choose an iTwin first")
    await window.submits()
    assert window.says().count("! Choose one of the list.") == 2
    assert story.flips() == 0


async def test_nothing_is_submitted_before_the_chooser_shows_the_state(
    story: Story, window: Window
) -> None:
    """Until then it is not known whether the timer is to be enabled or disabled."""
    await window.picks("iTwin", "plant-a")
    with story.world.edfs.hold("timer"):
        await window.picks_at_once("Timer", "SAP work orders")
        await window.submits()
        await window.shows("! Its state is not shown yet: wait a moment, or pick it again.")
    await window.shows("It is enabled now")
    assert story.flips() == 0
    await window.submits()
    await story.sees("bob", "SAP work orders is now disabled")


async def test_typing_faster_than_the_chooser_updates_ends_with_the_last_text(
    story: Story, window: Window
) -> None:
    await chosen(window)
    with story.world.slack.hold("views.update"):
        await window.types_on("Off until", "for 2 ru", "for 2 run", "for 2 runs")
    await window.shows("Then: disabled, and enabled again")
    await window.types("Off until", "")
    await window.shows("Then: disabled, until somebody turns it on")


async def test_another_itwin_clears_the_timer(window: Window) -> None:
    await chosen(window)
    await window.picks("iTwin", "plant-b", "plant-b")
    shown = await window.shows("Timer: <Off first")
    assert "It is enabled now" not in shown
    assert "Nightly documents (on)" in await window.offered("Timer")


async def test_enabling_is_preselected_for_a_disabled_timer(story: Story, window: Window) -> None:
    await chosen(window, "SharePoint documents")
    shown = await window.shows("It is disabled now")
    assert "Then: enabled" in shown
    assert "Off until" not in shown
    await window.submits()
    await story.sees("bob", "SharePoint documents is now enabled")


async def test_choosing_the_present_state_says_that_nothing_would_be_done(window: Window) -> None:
    await chosen(window, "SharePoint documents")
    await window.picks("It is disabled now", "Turn it off")
    await window.shows("Then: disabled already: nothing would be done")


def rules(policy: Path) -> None:
    policy.write_text('[[rule]]\nname = "x"\nitwin = "*"\napprovals = 1\nreason = "required"\n')


async def test_a_reason_of_invisible_characters_is_missing(ruled: Story, policy: Path) -> None:
    rules(policy)
    await ruled.signs_in("alice")
    await ruled.types("alice", "/edfs choose plant-a SAP work orders")
    window = Window(ruled, "alice")
    await window.shows("The policy wants a reason.")
    await window.types("Reason", "\u200b \u2060")
    await window.submits()
    await window.shows("! The policy wants a reason.")


async def test_the_chooser_shows_what_the_policy_requires(ruled: Story, policy: Path) -> None:
    rules(policy)
    await ruled.signs_in("alice")
    await ruled.types("alice", "/edfs choose plant-a SAP work orders")
    window = Window(ruled, "alice")
    shown = await window.shows("It waits until one other person agrees.")
    assert "The policy wants a reason." in shown
    assert not window.may_be_empty("Reason")
    await window.types("Reason", " ")
    await window.types("Off until", "whenever")
    await window.submits()
    shown = await window.shows("! The policy wants a reason.")
    assert "! “whenever” cannot be read as a time" in shown  # both at once
    await window.types("Off until", "3 days")
    await window.types("Reason", "audit")
    await window.submits()
    await ruled.sees("bob", "To be approved: turn off SAP work orders")


async def test_the_answer_to_a_missing_reason_quotes_the_command(
    ruled: Story, policy: Path
) -> None:
    rules(policy)
    await ruled.signs_in("alice")
    await ruled.types("alice", '/edfs off plant-a "SAP work orders" for good')
    shown = read(await ruled.sees("alice", "A reason is needed"))
    assert 'Say it: /edfs disable plant-a "SAP work orders" for good because …' in shown


async def test_signing_in_continues_to_the_chooser(story: Story) -> None:
    await story.types("alice", "/edfs")
    await story.sees("alice", "Your command waits and is offered back: /edfs choose")
    await story.world.signs_in("alice")
    await story.sees("alice", "You are signed in as")
    await story.clicks("alice", "Continue")
    await Window(story, "alice").shows("Switch a timer")


async def test_the_channels_default_itwin_is_preselected(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs use plant-b")
    await story.sees("alice", "set this channel's iTwin")
    await story.types("alice", "/edfs")
    window = Window(story, "alice")
    await window.shows("Switch a timer")
    assert "Nightly documents (on)" in await window.offered("Timer")


async def test_the_global_shortcut_asks_where_the_card_goes(story: Story) -> None:
    await story.signs_in("alice")
    await story.world.shortcuts("alice", "edfs.choose")
    window = Window(story, "alice")
    await window.shows("Where the card goes")
    await chosen(window)
    await window.submits()
    await story.sees("alice", "SAP work orders is now disabled", "@alice")


async def test_a_shortcut_on_a_message_takes_its_text_as_the_reason(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("bob", "SAP is down until noon")
    message = await story.sees("bob", "SAP is down")
    await story.world.message_shortcut("alice", "edfs.choose_about", message.ts)
    window = Window(story, "alice")
    await window.shows("Reason")
    await chosen(window)
    await window.submits()
    assert "Because: SAP is down until noon" in read(await story.sees("bob", "is now disabled"))


async def test_a_shortcut_on_a_card_is_about_its_timer(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    card = await story.sees("alice", "SAP work orders is now disabled")
    await story.world.message_shortcut("alice", "edfs.choose_about", card.ts)
    shown = await Window(story, "alice").shows("It is disabled now")
    assert "SAP_WORK_ORDERS" in shown


async def test_a_closed_chooser_is_not_opened_again(story: Story, window: Window) -> None:
    """The update comes too late: nothing is opened, and no message is sent."""
    await window.picks("iTwin", "plant-a")
    with story.world.edfs.hold("timer") as held:
        picking = asyncio.create_task(window.picks("Timer", "SAP work orders"))
        await until(lambda: held.waiting)
        await story.world.closes("alice")
    await picking
    before = story.says("alice")
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you as")
    assert len(story.says("alice")) == len(before) + 1


async def test_an_itwin_that_cannot_be_read_is_reported_in_the_chooser(window: Window) -> None:
    await window.picks("iTwin", "Bridge 007")
    assert (await window.offered("Timer"))[0].startswith("Your account may not read these timers")


async def test_a_subscription_can_be_made_in_a_modal(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs subscribe")
    window = Window(story, "alice")
    await window.shows("Tell it of")
    await window.picks("iTwin", "plant-a")
    await window.types("Timers", "SAP*")
    await window.submits()
    shown = read(await story.sees("alice", "This channel will be told of “SAP*”"))
    assert "Told of: changes made with the bot; requests for approval" in shown
    assert "SAP materials" in shown


async def test_the_new_end_of_a_disable_is_validated_in_its_modal(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs off plant-a "SAP work orders" for 1 day')
    await story.sees("alice", "is now disabled")
    await story.clicks("alice", "Extend")
    window = Window(story, "alice")
    await window.shows("Off until when?")
    await window.types("Off until when?", "whenever")
    await window.submits()
    await window.shows("! “whenever” cannot be read as a time")
    await window.types("Off until when?", "for 2 days")
    await window.submits()
    await window.closed()


async def test_no_typed_text_is_logged(
    story: Story, window: Window, capsys: pytest.CaptureFixture[str]
) -> None:
    await chosen(window)
    await window.types("Reason", "hush-hush-reason")
    await window.submits()
    await story.sees("bob", "is now disabled")
    assert "hush-hush" not in capsys.readouterr().out
