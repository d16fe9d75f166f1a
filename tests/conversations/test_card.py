"""The card of an operation: its text, and what its buttons do."""

import contextlib
import re
from typing import Any

import pytest
import redis

from bot.sandbox.describe import describe_view
from bot.sandbox.edfs.itwins import CANARY
from bot.sandbox.people import TEAM_ID, person_named
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

DUE = f"edfs:{{{TEAM_ID}}}:due"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"


def patches(story: Story) -> list[dict[str, Any]]:
    return [call for call in story.world.edfs.calls if call["method"] == "PATCH"]


def window(story: Story, person: str) -> str:
    """Return the text of the person's open modal."""
    view = story.world.slack.state.modals.top(person_named(person))
    return "" if view is None else "\n".join(describe_view(view.body))


async def switched(story: Story, channel: str = "#plant-ops") -> None:
    await story.signs_in("alice", channel)
    await story.types("alice", TOGGLE, channel)
    await story.sees("alice", "is now disabled", channel)


async def test_the_card_of_an_enabled_timer_names_the_next_run(story: Story) -> None:
    await switched(story)
    await story.clicks("alice", "Enable")
    card = read(await story.sees("bob", "is now enabled"))
    assert "State: enabled" in card
    assert re.search(rf"Next run: {DATE}", card)
    assert "[Disable] [Undo] [Details]" in card


@pytest.mark.parametrize(
    ("timer", "schedule", "following"),
    [
        ("Month end", "UTC assumed 0 0 LW * *", "UTC"),
        ("Meter readings", "0 0/10 * * * *", "UTC"),
        ("Weekend orders", "0 0 * * 6,0", "UTC"),
    ],
)
async def test_odd_schedules_keep_the_cron_beside_the_words(
    story: Story, timer: str, schedule: str, following: str
) -> None:
    await story.signs_in("alice")
    await story.types("alice", f'/edfs show plant-a "{timer}"')
    shown = read(await story.sees("alice", f"{timer} is enabled"))
    assert schedule in shown
    assert re.search(rf"Next run: .*{following}", shown)


async def test_a_click_acts_like_the_typed_command_and_edits_the_card(story: Story) -> None:
    await switched(story)
    before = story.card().ts
    for button, words in (("Enable", "is now enabled"), ("Disable", "is now disabled")):
        await story.clicks("alice", button)
        await story.sees("bob", words)
    assert story.card().ts == before
    assert story.flips() == 3
    assert len(patches(story)) == 3


async def test_clicking_for_the_present_state_changes_nothing(story: Story) -> None:
    await switched(story)
    story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await story.clicks("alice", "Enable")
    said = await story.sees("alice", "SAP work orders is already enabled")
    assert said.visible_to is not None
    assert "Changed outside Slack since" in read(said)
    assert story.flips() == 1


async def test_details_open_a_modal_with_the_parameters_for_one_person(story: Story) -> None:
    await switched(story)
    await story.clicks("alice", "Details")
    await until(lambda: CANARY in window(story, "alice"), reason="the details")
    shown = window(story, "alice")
    assert f"Password: {CANARY}" in shown
    assert "Read as: alice@acme.example" in shown
    assert story.world.edfs.state.timer("plant-a", "SAP work orders").id in shown
    assert window(story, "bob") == ""


async def test_details_need_ones_own_sign_in(story: Story) -> None:
    await switched(story)
    await story.clicks("bob", "Details")
    await story.sees("bob", "Sign in to iTwin")
    await until(lambda: "Sign in to iTwin" in window(story, "bob"))
    assert CANARY not in window(story, "bob")


async def test_parameter_values_are_in_no_message(story: Story) -> None:
    await switched(story)
    for verb in ("show plant-a Weekend orders", 'show plant-a "SAP work orders"', "list plant-a"):
        await story.types("alice", f"/edfs {verb}")
    await story.sees("alice", "Timers of plant-a")
    await story.sees("alice", "Weekend orders is enabled")
    await story.sees("alice", "SAP work orders is disabled")
    await story.clicks("alice", "Details")
    await until(lambda: CANARY in window(story, "alice"))
    kinds = {one["kind"] for one in story.world.slack.payloads if CANARY in str(one["payload"])}
    assert kinds == {"view"}


async def test_the_card_mentions_a_change_outside_slack(story: Story) -> None:
    await switched(story)
    story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await story.types("alice", '/edfs disable plant-a "SAP work orders"')
    await story.sees("bob", "It had been changed outside Slack since")
    await until(lambda: story.flips() == 2)
    assert story.world.edfs.state.timer("plant-a", "SAP work orders").enabled is False


@pytest.mark.parametrize("channel", ["#general", "#secret"])
async def test_the_requester_gets_the_card_where_the_bot_is_not_a_member(
    story: Story, channel: str
) -> None:
    await story.signs_in("alice", channel)
    await story.types("alice", TOGGLE, channel)
    card = await story.sees("alice", "is now disabled", channel)
    assert card.visible_to is not None
    assert "/invite @" in read(card)
    assert "iTwin: plant-a (PA-001)" in read(card)
    assert story.says("bob") == []
    assert story.flips() == 1
    assert len(patches(story)) == 1


async def test_a_private_card_has_working_buttons(story: Story) -> None:
    await switched(story, "#general")
    await story.clicks("alice", "Enable")
    await story.sees("alice", "is now enabled", "#general")
    assert story.says("bob") == []
    assert story.flips() == 2


async def test_in_direct_messages_the_card_is_posted_too(story: Story) -> None:
    await switched(story, "@alice")
    assert "is now disabled" in read(story.card("@alice"))
    assert story.says("bob") == []
    assert story.flips() == 1


async def test_the_card_is_posted_before_the_patch_is_sent(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle"):
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off: SAP work orders …")
        assert "Under way" in read(story.card())
        assert story.world.edfs.state.timer("plant-a", "SAP work orders").enabled is True
    await story.sees("bob", "is now disabled")
    posts = [c for c in story.world.slack.calls if c["method"] == "chat.postMessage"]
    assert len(posts) == 1
    (patch,) = patches(story)
    assert posts[0]["at"] < patch["at"]
    assert "is now disabled" in read(story.card())


async def test_another_persons_change_finds_the_timer_locked(story: Story) -> None:
    await story.signs_in("alice")
    await story.signs_in("bob")
    with story.world.edfs.hold("toggle"):
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        await story.types("bob", TOGGLE)
        said = await story.sees("bob", "Another operation holds this timer")
        assert said.visible_to is not None
    await story.sees("bob", "is now disabled")
    assert len(patches(story)) == 1


async def test_a_timer_edited_meanwhile_is_left_alone(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("timer"):
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        story.world.edfs.state.put_timer("plant-a", "SAP work orders", cron="0 5 * * *")
    await story.sees("bob", "Its definition was edited after it was looked at")
    said = await story.sees("alice", "Look at it, then ask again.\n[Try again]\nTrace")
    assert said.visible_to is not None
    assert patches(story) == []


async def test_a_hostile_name_is_only_text(story: Story) -> None:
    name = "<!channel> *bold* <https://evil.example|press> @alice \u202etxt"
    story.world.edfs.state.put_timer("plant-b", name)
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-b evil.example")
    await story.sees("alice", "Did you mean")
    await story.clicks("alice", "edfs.continue:0")
    card = await story.sees("bob", "is now disabled")
    assert "<!channel> *bold* <https://evil.example|press> @alice txt" in read(card)
    assert "&lt;!channel&gt;" in card.text
    assert "<!" not in card.text.replace("<!date", "")
    assert "\u202e" not in str(card.blocks) + card.text


async def test_a_late_finding_is_not_drawn_over_the_next_operation(
    story: Story, redis_url: str
) -> None:
    """A card that another operation has taken over shows only that one."""
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", "lost_answer")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    await story.clicks("alice", "Enable")
    await story.sees("bob", "is now enabled")
    story.world.edfs.fail("toggle", "lost_answer")
    await story.clicks("alice", "Disable")
    await story.sees("bob", "is now disabled")
    await story.clicks("alice", "Enable")
    await story.sees("bob", "is now enabled")
    story.world.clock.forward(400)
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        await until(lambda: not client.zcard(DUE))
    assert "is now enabled" in read(story.card())
    assert len(patches(story)) == 4


async def test_a_late_finding_changes_the_title(story: Story) -> None:
    """The outcome stays, but the card does not say "is now" of a state that is over."""
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", "lost_answer")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    story.world.clock.forward(400)
    late = await story.sees("bob", "SAP work orders reads enabled in the end")
    assert "Looked at again" in read(late)
    assert "State: enabled" in read(late)
    assert "Turned off by: @alice" in read(late)
    assert "is now" not in late.text


async def test_an_older_card_says_that_it_is_no_longer_current_and_loses_its_buttons(
    story: Story,
) -> None:
    await story.signed_in("alice", "bob")
    await story.types("alice", TOGGLE)
    first = await story.sees("bob", "SAP work orders is now disabled")
    await story.types("bob", TOGGLE, "#general")
    second = await story.sees("bob", "SAP work orders is now enabled", "#general")
    assert first.ts != second.ts
    old = await story.sees("bob", "No longer current")
    assert old.ts == first.ts
    assert "# SAP work orders was disabled" in read(old)
    assert "[Details]" in read(old)
    assert not any(button in read(old) for button in ("[Enable]", "[Disable]", "[Undo]"))
    assert "[Undo]" in read(await story.sees("bob", "is now enabled", "#general"))


async def test_a_card_whose_buttons_were_pressed_is_the_new_one_and_stays_current(
    story: Story,
) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.clicks("alice", "Undo")
    await story.sees("bob", "SAP work orders is now enabled")
    story.world.clock.forward(60)
    await story.types("bob", "/edfs help")
    await story.sees("bob", "What you can ask")
    assert "No longer current" not in read(story.card())
