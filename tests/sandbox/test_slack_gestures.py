"""Gestures by ids, as the page sends them: payloads, and rejection of impossible input."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.people import BOT_USER_ID, UnknownNameError
from bot.sandbox.slack.gestures import ControlRef
from bot.sandbox.world import World
from tests.browser.gallery import MESSAGE, UNKNOWN, VIEW, option
from tests.sandbox.test_stand_ins import Bot, open_bot, open_world

FRIDAY = option("Friday", "fri", "in five days")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot


def posted(world: World, **more: Any) -> ControlRef:
    """Posts a message with every block; returns the reference of its select."""
    blocks = [*MESSAGE, UNKNOWN]
    workspace = world.slack.state.workspace
    message = workspace.post("C0PLANTOPS", BOT_USER_ID, "all", blocks=blocks, **more)
    return ControlRef("row", "day", message=message.ts)


async def test_a_choice_in_a_message_carries_the_state_of_the_screen(
    world: World, bot: Bot
) -> None:
    answer = {"type": "static_select", "selected_option": FRIDAY}
    date = {"type": "datepicker", "selected_date": "2027-01-31"}
    ref = replace(posted(world), values={"row": {"day": answer, "date": date}})
    ack = await world.slack.gestures.presses(world.person("alice"), ref, answer)
    payload = bot.got[-1].payload
    assert ack.ok
    assert payload["type"] == "block_actions"
    assert payload["actions"][0]["selected_option"] == FRIDAY
    assert payload["state"]["values"] == {"row": {"day": answer, "date": date}}
    assert payload["response_url"].startswith("http://hooks.slack.localhost:")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"type": "static_select"},
        {"type": "overflow", "selected_option": FRIDAY},
        {"type": "static_select", "selected_option": option("Sunday", "sun")},
        {"type": "static_select", "selected_option": FRIDAY, "value": "more"},
    ],
)
async def test_impossible_answers_are_rejected(
    world: World, bot: Bot, answer: dict[str, Any] | None
) -> None:
    with pytest.raises(ValueError, match=r"answers with|can be set to"):
        await world.slack.gestures.presses(world.person("alice"), posted(world), answer)
    assert bot.got == []


async def test_only_visible_controls_can_be_pressed(world: World, bot: Bot) -> None:
    press = world.slack.gestures.presses
    alice, dana = world.person("alice"), world.person("dana")
    ref = posted(world)
    go = replace(ref, action_id="go")
    with pytest.raises(UnknownNameError, match="dana sees no message"):
        await press(dana, go)
    with pytest.raises(UnknownNameError, match="does not see 'Bob only'"):
        await press(alice, replace(ref, action_id="bobs"))
    with pytest.raises(UnknownNameError, match="no control 'none'"):
        await press(alice, replace(ref, action_id="none"))
    assert (await press(alice, go)).ok
    assert (await press(world.person("bob"), replace(ref, action_id="bobs"))).ok
    private = replace(posted(world, visible_to=alice.id), action_id="go")
    assert (await press(alice, private)).ok
    assert "message" not in bot.got[-1].payload


async def test_a_submission_carries_the_filled_in_values(world: World, bot: Bot) -> None:
    alice = world.person("alice")
    gestures = world.slack.gestures
    view = world.slack.state.modals.open(alice, VIEW)
    with pytest.raises(UnknownNameError, match="filled in: Why"):
        await gestures.submits(alice, view.id, {})
    with pytest.raises(ValueError, match="`values` is an object"):
        await gestures.submits(alice, view.id, {"why": "text"})
    with pytest.raises(UnknownNameError, match="or not on top"):
        await gestures.submits(world.person("bob"), view.id, {})
    bot.answer = {"response_action": "errors", "errors": {"why": "Too short."}}
    values = {"why": {"why": {"type": "plain_text_input", "value": "x"}}}
    await gestures.submits(alice, view.id, values)
    sent = bot.got[-1].payload["view"]["state"]["values"]
    assert sent["why"] == values["why"]
    assert sent["tell"]["tell"]["selected_options"][0]["value"] == "mon"
    top = world.slack.state.modals.top(alice)
    assert top is not None
    assert top.errors == {"why": "Too short."}


async def test_a_block_suggestion_carries_the_state_of_the_modal(world: World, bot: Bot) -> None:
    alice = world.person("alice")
    view = world.slack.state.modals.open(alice, VIEW)
    values = {"why": {"why": {"type": "plain_text_input", "value": "so"}}}
    ref = ControlRef("itwin", "itwin", view=view.id, values=values)
    await world.slack.gestures.suggests(alice, ref, "pl")
    payload = bot.got[-1].payload
    assert (payload["type"], payload["action_id"], payload["value"]) == (
        "block_suggestion",
        "itwin",
        "pl",
    )
    assert payload["view"]["state"]["values"]["why"] == values["why"]
    chosen = {"type": "external_select", "selected_option": option("plant-a", "it-1")}
    await world.slack.gestures.presses(alice, ref, chosen)
    assert bot.got[-1].payload["actions"][0]["selected_option"]["value"] == "it-1"


async def test_shortcuts_of_the_workspace_and_of_a_message(world: World, bot: Bot) -> None:
    await world.shortcuts("alice", "edfs.choose")
    payload = bot.got[-1].payload
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "edfs.choose")
    assert {"trigger_id", "action_ts", "user", "team"} <= payload.keys()
    assert not {"channel", "response_url"} & payload.keys()
    ref = posted(world)
    assert ref.message is not None
    await world.message_shortcut("alice", "edfs.choose_about", ref.message)
    payload = bot.got[-1].payload
    assert (payload["type"], payload["message_ts"]) == ("message_action", ref.message)
    assert payload["message"]["text"] == "all"
    assert payload["channel"] == {"id": "C0PLANTOPS", "name": "plant-ops"}
    assert payload["response_url"].startswith("http://hooks.slack.localhost:")


async def test_outsiders_and_ephemeral_messages_have_no_shortcuts(world: World, bot: Bot) -> None:
    ref = posted(world, visible_to=world.person("alice").id)
    assert ref.message is not None
    with pytest.raises(UnknownNameError, match="only one person sees"):
        await world.message_shortcut("alice", "edfs.choose_about", ref.message)
    with pytest.raises(UnknownNameError, match="no global shortcut"):
        await world.shortcuts("dana", "edfs.choose")
    with pytest.raises(UnknownNameError, match="no message shortcut"):
        await world.message_shortcut("alice", "edfs.choose", ref.message)
    assert bot.got == []
