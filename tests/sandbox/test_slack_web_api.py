"""The Web API of the Slack stand-in: transports, methods and errors."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.describe import describe
from bot.sandbox.people import BOT_USER_ID
from bot.sandbox.slack.state import APPROVERS_GROUP
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import BUTTONS, Bot, open_bot, open_world

ALICE, BOB, DANA = "U0ALICE001", "U0BOB00001", "U0DANA0001"
PLANT_OPS = "C0PLANTOPS"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot


@pytest.mark.parametrize("transport", ["get", "query", "form", "json", "token field"])
async def test_every_transport(world: World, bot: Bot, transport: str) -> None:
    url = world.slack.api_url + "users.info"
    headers = {"Authorization": f"Bearer {world.slack.bot_token}"}
    fields = {"user": ALICE}
    match transport:
        case "get":
            answer = await bot.client.get(url, params=fields, headers=headers)
        case "query":
            answer = await bot.client.post(url, params=fields, headers=headers)
        case "form":
            answer = await bot.client.post(url, data=fields, headers=headers)
        case "json":
            answer = await bot.client.post(url, json=fields, headers=headers)
        case _:
            answer = await bot.client.post(url, data=fields | {"token": world.slack.bot_token})
    user = answer.json()["user"]
    assert user["tz"] == "Europe/Berlin"
    assert user["profile"]["email"] == "alice@acme.example"
    assert "token" not in world.slack.calls[0]["args"]


async def test_blocks_are_json_in_a_form(world: World, bot: Bot) -> None:
    form = {
        "token": world.slack.bot_token,
        "channel": PLANT_OPS,
        "text": "x",
        "blocks": json.dumps(BUTTONS),
    }
    answer = await bot.client.post(world.slack.api_url + "chat.postMessage", data=form)
    assert answer.json()["message"]["blocks"] == BUTTONS


async def test_wrong_tokens_and_methods_are_rejected(world: World, bot: Bot) -> None:
    assert (await bot.call("auth.test"))["user_id"] == BOT_USER_ID
    assert (await bot.call("auth.test", token="xoxb-wrong"))["error"] == "invalid_auth"
    wrong_kind = await bot.call("auth.test", token=world.slack.app_token)
    assert wrong_kind["error"] == "not_allowed_token_type"
    bare = await bot.client.post(world.slack.api_url + "auth.test")
    assert bare.json()["error"] == "not_authed"
    assert await bot.refusal("chat.shout") == "unknown_method"
    assert await bot.refusal("chat.postMessage", text="x") == "invalid_arguments"


# Posting.


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0GENERAL1", "not_in_channel"),
        ("C0SECRET01", "channel_not_found"),
        ("C0NOWHERE1", "channel_not_found"),
    ],
)
async def test_channels_that_the_bot_cannot_post_to(bot: Bot, channel: str, error: str) -> None:
    assert await bot.refusal("chat.postMessage", channel=channel, text="x") == error
    assert await bot.refusal("chat.postEphemeral", channel=channel, user=ALICE, text="x") == error


async def test_messages_that_slack_rejects(bot: Bot) -> None:
    post = {"channel": PLANT_OPS}
    assert await bot.refusal("chat.postMessage", **post) == "no_text"
    assert await bot.refusal("chat.postMessage", **post, text="x" * 40_001) == "msg_too_long"
    assert await bot.refusal("chat.postMessage", **post, blocks="[") == "invalid_blocks_format"
    assert await bot.refusal("chat.postMessage", **post, text="x", thread_ts="1.1") == (
        "thread_not_found"
    )
    many = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
    assert await bot.refusal("chat.postMessage", **post, blocks=many) == "msg_blocks_too_long"
    wrong = await bot.call("chat.postMessage", **post, text="x", blocks=[{"type": "header"}])
    assert wrong["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0]" in wrong["response_metadata"]["messages"][0]


async def test_ephemeral_messages_are_for_one_person(world: World, bot: Bot) -> None:
    posted = await bot.call("chat.postEphemeral", channel=PLANT_OPS, user=ALICE, text="psst")
    assert [message.text for message in world.reads("alice", "#plant-ops")] == ["psst"]
    assert world.reads("bob", "#plant-ops") == []
    assert "only you see this" in describe(world.reads("alice")[0])[0]
    for stranger in (DANA, "U0DAVE0001", "U0NOBODY01"):
        error = await bot.refusal("chat.postEphemeral", channel=PLANT_OPS, user=stranger, text="x")
        assert error == "user_not_in_channel"
    ts = posted["message_ts"]
    edit = await bot.refusal("chat.update", channel=PLANT_OPS, ts=ts, text="louder")
    assert edit == "message_not_found"


async def test_editing_and_deleting(world: World, bot: Bot) -> None:
    ts = (await bot.call("chat.postMessage", channel=PLANT_OPS, text="a", blocks=BUTTONS))["ts"]
    await bot.call("chat.update", channel=PLANT_OPS, ts=ts, text="b")
    (message,) = world.reads("bob", "#plant-ops")
    assert (message.text, message.edited, len(message.blocks)) == ("b", True, 1)
    await bot.call("chat.update", channel=PLANT_OPS, ts=ts, text="c", blocks=[])
    assert world.reads("bob")[0].blocks == ()
    await world.types("alice", "#plant-ops", "just talk")
    theirs = world.reads("alice")[-1].ts
    edit = await bot.refusal("chat.update", channel=PLANT_OPS, ts=theirs, text="x")
    assert edit == "cant_update_message"
    error = await bot.refusal("chat.update", channel=PLANT_OPS, ts=ts, text="x" * 4001)
    assert error == "msg_too_long"
    link = await bot.call("chat.getPermalink", channel=PLANT_OPS, message_ts=ts)
    assert link["permalink"].endswith(f"{PLANT_OPS}/p{ts.replace('.', '')}")
    await bot.call("chat.delete", channel=PLANT_OPS, ts=ts)
    assert await bot.refusal("chat.delete", channel=PLANT_OPS, ts=ts) == "message_not_found"


async def test_direct_messages(world: World, bot: Bot) -> None:
    channel = (await bot.call("conversations.open", users=ALICE))["channel"]["id"]
    await bot.call("chat.postMessage", channel=channel, text="one")
    await bot.call("chat.postMessage", channel=ALICE, text="two")
    assert [message.text for message in world.reads("alice", "@alice")] == ["one", "two"]
    assert world.reads("bob") == []
    assert await bot.refusal("conversations.open", users="U0DAVE0001") == "user_disabled"


async def test_users_channels_and_groups(bot: Bot) -> None:
    dana = (await bot.call("users.info", user=DANA))["user"]
    assert (dana["team_id"], dana["is_stranger"]) == ("T0OUTSIDE1", False)
    assert (await bot.call("users.info", user="U0GINA0001"))["user"]["is_restricted"]
    assert (await bot.call("users.info", user="U0DAVE0001"))["user"]["deleted"]
    assert (await bot.call("users.info", user="U0BOTTY001"))["user"]["is_bot"]
    assert await bot.refusal("users.info", user="U0NOBODY01") == "user_not_found"
    shared = (await bot.call("conversations.info", channel="C0SHARED01"))["channel"]
    assert shared["is_ext_shared"]
    assert DANA in (await bot.call("conversations.members", channel="C0SHARED01"))["members"]
    assert (await bot.call("conversations.join", channel="C0GENERAL1"))["channel"]["is_member"]
    assert await bot.refusal("conversations.info", channel="C0SECRET01") == "channel_not_found"
    group = await bot.call("usergroups.users.list", usergroup=APPROVERS_GROUP)
    assert group["users"] == [BOB]
    mine = (await bot.call("users.conversations"))["channels"]
    assert {channel["name"] for channel in mine} >= {"plant-ops", "general"}


async def test_rate_limits_when_switched_on(world: World, bot: Bot) -> None:
    world.slack.state.rate_limited = True
    assert (await bot.call("chat.postMessage", channel=PLANT_OPS, text="1"))["ok"]
    assert await bot.refusal("chat.postMessage", channel=PLANT_OPS, text="2") == "ratelimited"
    assert (await bot.call("chat.postMessage", channel="C0APPROVAL", text="3"))["ok"]
    world.clock.forward(1)
    assert (await bot.call("chat.postMessage", channel=PLANT_OPS, text="4"))["ok"]
    for _ in range(20):
        await bot.call("users.conversations")
    url = world.slack.api_url + "users.conversations"
    headers = {"Authorization": f"Bearer {world.slack.bot_token}"}
    limited = await bot.client.get(url, headers=headers)
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
