"""Modals, App Homes and events of the Slack stand-in."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.people import BOT_USER_ID, UnknownNameError
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import BUTTONS, Bot, open_bot, open_world

ALICE, BOB, DANA = "U0ALICE001", "U0BOB00001", "U0DANA0001"
PLANT_OPS = "C0PLANTOPS"
MODAL = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Reason"},
    "submit": {"type": "plain_text", "text": "Save"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "until",
            "optional": True,
            "label": {"type": "plain_text", "text": "Until"},
            "element": {
                "type": "static_select",
                "action_id": "choice",
                "options": [
                    {"text": {"type": "plain_text", "text": "Monday"}, "value": "mon"},
                    {"text": {"type": "plain_text", "text": "Friday"}, "value": "fri"},
                ],
            },
        },
    ],
}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot


async def trigger(world: World, bot: Bot) -> str:
    await world.types("alice", "#plant-ops", "/edfs")
    return bot.got[-1].fields["trigger_id"]


async def test_trigger_ids_are_validated(world: World, bot: Bot) -> None:
    used = await trigger(world, bot)
    assert (await bot.call("views.open", trigger_id=used, view=MODAL))["ok"]
    assert await bot.refusal("views.open", trigger_id=used, view=MODAL) == "trigger_exchanged"
    late = await trigger(world, bot)
    world.clock.forward(3.1)
    assert await bot.refusal("views.open", trigger_id=late, view=MODAL) == "trigger_expired"
    assert await bot.refusal("views.open", trigger_id="1.2.3", view=MODAL) == "invalid_trigger"
    wrong = MODAL | {"title": {"type": "plain_text", "text": "t" * 25}}
    fresh = await trigger(world, bot)
    assert await bot.refusal("views.open", trigger_id=fresh, view=wrong) == "invalid_arguments"


async def test_response_actions_of_a_submission(world: World, bot: Bot) -> None:
    opened = await trigger(world, bot)
    view = (await bot.call("views.open", trigger_id=opened, view=MODAL))["view"]
    with pytest.raises(UnknownNameError, match="Why"):
        await world.submits("alice", {})
    bot.answer = {"response_action": "errors", "errors": {"why": "too short"}}
    await world.submits("alice", {"Why": "x"})
    assert world.state()["modals"][0]["errors"] == {"why": "too short"}
    bot.answer = {"response_action": "push", "view": MODAL | {"callback_id": "second"}}
    await world.submits("alice", {"why": "repair", "Until": "Friday"})
    values = bot.got[-1].payload["view"]["state"]["values"]
    assert values["why"]["text"] == {"type": "plain_text_input", "value": "repair"}
    assert values["until"]["choice"]["selected_option"]["value"] == "fri"
    assert bot.got[-1].payload["view"]["id"] == view["id"]
    bot.answer = None
    assert len(world.state()["modals"]) == 2
    await world.closes("alice")
    assert bot.got[-1].payload["type"] == "view_closed"
    await world.submits("alice", {"Why": "repair"})
    assert world.state()["modals"] == []


async def test_invalid_answers_to_a_submission_show_an_error(world: World, bot: Bot) -> None:
    opened = await trigger(world, bot)
    view = MODAL | {"private_metadata": "op-1"}
    assert (await bot.call("views.open", trigger_id=opened, view=view))["ok"]
    for answer in (
        {"response_action": "errors", "errors": {"no such block": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "vanish"},
        "saved",
    ):
        bot.answer = answer
        await world.submits("alice", {"Why": "repair"})
        (open_still,) = world.state()["modals"]
        assert "trouble" in open_still["errors"][""]
    assert bot.got[-1].payload["view"]["private_metadata"] == "op-1"
    assert bot.got[-1].payload["view"]["callback_id"] == "reason"
    bot.answer = {"response_action": "clear"}
    await world.submits("alice", {"Why": "repair"})
    assert world.state()["modals"] == []


async def test_selects_report_the_selected_option(world: World, bot: Bot) -> None:
    kinds = ("static_select", "radio_buttons")
    options = [{"text": {"type": "plain_text", "text": "Yes"}, "value": "y"}]
    blocks = [
        {
            "type": "input",
            "block_id": kind,
            "optional": True,
            "label": {"type": "plain_text", "text": f"A {kind}"},
            "element": {"type": kind, "action_id": "a", "options": options},
        }
        for kind in kinds
    ]
    opened = await trigger(world, bot)
    view = MODAL | {"blocks": [MODAL["blocks"][0], *blocks]}
    assert (await bot.call("views.open", trigger_id=opened, view=view))["ok"]
    bot.answer = {"response_action": "errors", "errors": {"why": "no"}}
    for given, chosen in (({}, None), ({f"A {kind}": "Yes" for kind in kinds}, options[0])):
        await world.submits("alice", {"Why": "w", **given})
        values = bot.got[-1].payload["view"]["state"]["values"]
        for kind in kinds:
            assert values[kind]["a"] == {"type": kind, "selected_option": chosen}
        assert values["why"]["text"] == {"type": "plain_text_input", "value": "w"}


async def test_an_outdated_hash_is_a_conflict(world: World, bot: Bot) -> None:
    opened = await trigger(world, bot)
    view = (await bot.call("views.open", trigger_id=opened, view=MODAL))["view"]
    new = await bot.call("views.update", view_id=view["id"], view=MODAL, hash=view["hash"])
    assert new["view"]["hash"] != view["hash"]
    stale = {"view_id": view["id"], "view": MODAL, "hash": view["hash"]}
    assert await bot.refusal("views.update", **stale) == "hash_conflict"
    assert await bot.refusal("views.update", view_id="V1", view=MODAL) == "not_found"
    for _ in range(2):
        pushed = await trigger(world, bot)
        assert (await bot.call("views.push", trigger_id=pushed, view=MODAL))["ok"]
    pushed = await trigger(world, bot)
    assert await bot.refusal("views.push", trigger_id=pushed, view=MODAL) == "push_limit_reached"
    home = {"type": "home", "blocks": BUTTONS}
    assert (await bot.call("views.publish", user_id=BOB, view=home))["ok"]
    await world.clicks("bob", "Undo")
    assert bot.got[-1].payload["container"]["type"] == "view"


async def test_a_view_can_be_too_large(world: World, bot: Bot) -> None:
    opened = await trigger(world, bot)
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}
    view = MODAL | {"blocks": [block] * 90}
    assert await bot.refusal("views.open", trigger_id=opened, view=view) == "view_too_large"


async def test_a_mention_is_an_event(world: World, bot: Bot) -> None:
    await world.types("alice", "#plant-ops", f"<@{BOT_USER_ID}> help")
    events = [json.loads(delivered.body) for delivered in bot.got]
    event, _ = sorted(events, key=lambda event: event["event"]["type"])
    assert event["event"]["type"] == "app_mention"
    assert event["authorizations"][0]["user_id"] == BOT_USER_ID
    world.slack.state.subscribed = {"app_mention"}
    await world.types("alice", "#plant-ops", "lunch?")
    assert len(bot.got) == 2


async def test_the_home_tab_and_external_selects(world: World, bot: Bot) -> None:
    await world.opens_home("bob")
    assert json.loads(bot.got[-1].body)["event"]["type"] == "app_home_opened"
    chooser = {"type": "external_select", "action_id": "timer", "min_query_length": 0}
    blocks = [{"type": "actions", "elements": [chooser]}]
    assert (await bot.call("chat.postMessage", channel=PLANT_OPS, text="x", blocks=blocks))["ok"]
    bot.answer = {"options": []}
    assert (await world.suggests("alice", "timer", "sap")).body == {"options": []}
    payload = bot.got[-1].payload
    assert (payload["type"], payload["value"]) == ("block_suggestion", "sap")
    await check_options(world, bot)


def option(label: str, value: str = "v") -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": label}, "value": value}


async def check_options(world: World, bot: Bot) -> None:
    """Options of an external select have Slack's limits."""
    group = {"label": option("SAP")["text"], "options": [option("orders")]}
    for accepted in ({"options": [option("orders")] * 100}, {"option_groups": [group]}):
        bot.answer = accepted
        assert (await world.suggests("alice", "timer")).ok
    for rejected, why in (
        ({"options": [option("orders")] * 101}, "no more than 100 items"),
        ({"option_groups": [group] * 101}, "no more than 100 items"),
        ({"option_groups": [group | {"options": []}]}, "no fewer than 1 items"),
        ({"options": [option("x" * 76)]}, "less than 76 characters"),
        ({"options": [option("x", "v" * 151)]}, "less than 151 characters"),
        ({"options": [option("")]}, "more than 0 characters"),
        ({"options": [option("x", "")]}, "more than 0 characters"),
        ({"options": [], "option_groups": []}, "exactly one"),
        ("nothing", "must be an object"),
        (None, "must be an object"),
    ):
        bot.answer = rejected
        answered = await world.suggests("alice", "timer")
        assert not answered.ok
        assert why in answered.error
