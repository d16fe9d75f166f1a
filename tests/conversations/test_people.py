"""Who may ask: refused privately before anything else, and everybody with their own token."""

import re
from datetime import UTC, datetime

import pytest

from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until


def flipped_by(story: Story) -> list[str | None]:
    return [call["person"] for call in story.world.edfs.calls if call["method"] == "PATCH"]


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("gina", "guests of this workspace cannot switch timers"),
        ("dave", "this Slack account is deactivated"),
        ("botty", "bots cannot switch timers"),
        ("dana", "only members of the workspace that installed EDFS Bot can use it"),
    ],
)
@pytest.mark.parametrize("command", [TOGGLE, "/edfs signin"])
async def test_people_who_may_not_ask_are_refused(
    story: Story, person: str, words: str, command: str
) -> None:
    await story.types(person, command, "#shared")
    said = await story.sees(person, words)
    assert said.visible_to is not None
    assert "Nothing was done" in read(said)
    assert re.search(r"Trace [0-9a-f]{8}$", read(said))
    assert story.world.edfs.calls == []
    assert story.says("alice") == []


async def test_an_outsider_pressing_in_a_shared_channel_is_refused(story: Story) -> None:
    await story.signs_in("alice", "#shared")
    await story.types("alice", TOGGLE, "#shared")
    await story.sees("dana", "is now disabled", "#shared")
    before = len(story.world.edfs.calls)
    for button in ("Enable", "Undo", "Details"):
        await story.clicks("dana", button)
    refusals = "only members of the workspace that installed"
    await until(lambda: sum(refusals in said for said in story.says("dana")) == 3)
    assert not any(refusals in said for said in story.says("alice"))
    assert len(story.world.edfs.calls) == before
    assert story.flips() == 1


async def test_a_guest_pressing_a_card_is_refused(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("gina", "is now disabled")
    await story.clicks("gina", "Enable")
    await story.sees("gina", "guests of this workspace cannot switch timers")
    assert story.flips() == 1


async def test_somebody_without_the_right_is_told_which_one(story: Story) -> None:
    await story.signs_in("carol")
    await story.types("carol", TOGGLE)
    said = await story.sees("carol", "You do not have the right")
    assert said.visible_to is not None
    assert "edfs_listmng" in read(said)
    assert "Ask an administrator of the iTwin" in read(said)
    assert story.says("bob") == []
    assert flipped_by(story) == []


async def test_a_card_lends_nobody_a_right(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("carol")
    await story.types("alice", TOGGLE)
    await story.sees("carol", "is now disabled")
    for button in ("Enable", "Undo"):
        await story.clicks("carol", button)
    await until(lambda: sum("edfs_listmng" in m for m in story.says("carol")) == 2)
    assert flipped_by(story) == ["alice"]
    assert "is now disabled" in read(story.card())


async def test_pressing_somebody_elses_card_uses_ones_own_token(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    await story.clicks("bob", "Enable")
    await story.sees("alice", "is now enabled")
    assert flipped_by(story) == ["alice", "bob"]
    assert "Turned on by: @bob as bob@acme.example" in read(story.card())


@pytest.mark.parametrize("button", ["Enable", "Undo"])
async def test_pressing_before_signing_in_waits_and_goes_on(story: Story, button: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    await story.clicks("bob", button)
    offer = await story.sees("bob", "Sign in to iTwin")
    assert offer.visible_to is not None
    assert f"/edfs {button.lower()} " in read(offer)
    assert "You are signed in" in await story.world.signs_in("bob")
    await story.sees("bob", "Your command waits: ")
    assert story.flips() == 1
    await story.clicks("bob", "Continue")
    await story.sees("alice", "is now enabled")
    assert flipped_by(story) == ["alice", "bob"]


async def test_undo_of_somebody_elses_operation_is_ones_own_act(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    await story.types("alice", TOGGLE)
    card = read(await story.sees("bob", "is now disabled"))
    found = re.search(r"Operation ([0-9a-f]{24})", card)
    assert found
    await story.types("bob", f"/edfs undo {found.group(1)}")
    await story.sees("alice", "Turned on by: @bob as bob@acme.example")
    assert flipped_by(story) == ["alice", "bob"]


async def test_a_slow_sign_in_is_told_while_it_is_waited_for(story: Story) -> None:
    await story.signs_in("alice")
    story.world.clock.forward(story.world.ims.state.token_seconds)
    with story.world.ims.hold("token"):
        await story.types("alice", TOGGLE)
        await story.sees("alice", "Bentley takes long to renew your sign-in")
        assert story.flips() == 0
    await story.sees("alice", "is now disabled")
    await story.types("alice", "/edfs show plant-a 'SAP work orders'")
    await story.sees("alice", "SAP work orders is disabled")
    assert len([one for one in story.says("alice") if "takes long" in one]) == 1


async def test_a_token_that_died_early_is_renewed_without_a_word(story: Story) -> None:
    await story.signs_in("alice")
    story.world.ims.expire_access("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1
    assert story.world.ims.refreshes == 1


async def test_a_sign_in_that_was_ended_elsewhere_is_asked_for_again(story: Story) -> None:
    await story.signs_in("alice")
    story.world.ims.sign_out_everywhere("alice")
    await story.types("alice", TOGGLE)
    offer = await story.sees("alice", "Your sign-in at Bentley has ended")
    assert offer.visible_to is not None
    assert flipped_by(story) == []
    await story.world.signs_in("alice")
    await story.sees("alice", "Your command waits: ")
    await story.clicks("alice", "Continue")
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1


async def test_one_itwin_account_is_one_persons(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("bob", "/edfs signin")
    await story.sees("bob", "Sign in to iTwin")
    page = await story.world.signs_in("bob", account="alice")
    assert "This iTwin account is linked to another person of this Slack workspace" in page
    await story.types("bob", "/edfs whoami")
    await story.sees("bob", "Not signed in")


async def test_a_time_zone_that_is_not_known_falls_back_to_its_offset(story: Story) -> None:
    story.world.change("alice", time_zone="Mars/Olympus", utc_offset=19_800)
    await story.signs_in("alice")
    await story.types("alice", "/edfs whoami")
    said = read(await story.sees("alice", "The bot acts for you"))
    assert "Times that you type are read in UTC+05:30." in said
    assert "The bot does not know the time zone that Slack has for you." in said
    in_two_days = datetime.fromtimestamp(story.world.clock.now() + 2 * 86_400, UTC).date()
    end = f"until {in_two_days} 08:00"
    await story.types("alice", f'/edfs disable plant-a "SAP work orders" {end}')
    card = read(await story.sees("bob", "Off until"))
    assert f"Off until: {in_two_days} 02:30 UTC" in card
