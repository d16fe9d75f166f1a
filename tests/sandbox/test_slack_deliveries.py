"""Commands, clicks and response_urls: payloads to the bot, and its answers."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.people import UnknownNameError
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import BUTTONS, Bot, open_bot, open_world
from tests.world.waiting import until

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


async def test_a_command_is_signed_and_complete(world: World, bot: Bot) -> None:
    ack = await world.types("alice", "#plant-ops", '/edfs toggle plant-a "SAP work orders"')
    assert (ack.status, ack.ok) == (200, True)
    (delivered,) = bot.got
    fields = delivered.fields
    assert fields["command"] == "/edfs"
    assert fields["text"] == 'toggle plant-a "SAP work orders"'
    assert (fields["user_id"], fields["channel_name"]) == (ALICE, "plant-ops")
    assert fields["response_url"].startswith(f"http://hooks.slack.localhost:{world.slack.port}/")
    assert fields["is_enterprise_install"] == "false"
    stamp = delivered.headers["X-Slack-Request-Timestamp"]
    base = f"v0:{stamp}:".encode() + delivered.body
    digest = hmac.new(world.slack.signing_secret.encode(), base, hashlib.sha256).hexdigest()
    assert delivered.headers["X-Slack-Signature"] == f"v0={digest}"


async def test_duplicates_repeat_the_same_request(world: World, bot: Bot) -> None:
    await world.types("alice", "#plant-ops", "/edfs help", deliveries=3)
    assert len({delivered.body for delivered in bot.got}) == 1
    assert len({delivered.headers["X-Slack-Signature"] for delivered in bot.got}) == 1
    assert len(bot.got) == 3


async def test_the_content_of_an_ack_is_shown(world: World, bot: Bot) -> None:
    bot.answer = {"text": "wait", "blocks": BUTTONS}
    await world.types("alice", "#plant-ops", "/edfs help")
    assert [message.text for message in world.reads("alice")] == ["wait"]
    bot.answer = {"text": "all", "response_type": "in_channel"}
    await world.types("alice", "#plant-ops", "/edfs help")
    assert [message.text for message in world.reads("bob")] == ["all"]
    bot.answer = {"text": "x", "blocks": [{"type": "nonsense"}]}
    await world.types("alice", "#plant-ops", "/edfs help")
    assert "invalid_command_response" in world.reads("alice")[-1].text


async def test_slackbot_reports_failures(world: World, bot: Bot) -> None:
    bot.status = 500
    ack = await world.types("alice", "#plant-ops", "/edfs help")
    assert ack.status == 500
    bot.answers.clear()
    typing = asyncio.create_task(world.types("alice", "#plant-ops", "/edfs help"))
    await until(lambda: len(bot.got) == 2)
    world.clock.forward(3)
    ack = await typing
    assert (ack.status, ack.body) == (0, "operation_timeout")
    assert ack.seconds >= 3
    bot.answers.set()
    world.slack.delivery.events_url = "http://127.0.0.1:1/slack/events"
    assert (await world.types("alice", "#plant-ops", "/edfs help")).body == "dispatch_failed"
    texts = [message.text for message in world.reads("alice")]
    assert texts == [
        '/edfs failed with the error "dispatch_failed"',
        '/edfs failed with the error "operation_timeout"',
        '/edfs failed with the error "dispatch_failed"',
    ]
    assert {message.user for message in world.reads("alice")} == {"USLACKBOT"}


async def test_a_click_is_sent_with_its_message(world: World, bot: Bot) -> None:
    first = await bot.call("chat.postMessage", channel="C0SHARED01", text="a", blocks=BUTTONS)
    await bot.call("chat.postMessage", channel="C0SHARED01", text="b", blocks=BUTTONS)
    await world.clicks("dana", "Undo")
    await world.clicks("dana", "undo", message=first["ts"])
    newest, oldest = (delivered.payload for delivered in bot.got)
    assert newest["message"]["text"] == "b"
    assert oldest["container"]["message_ts"] == first["ts"]
    assert newest["user"]["team_id"] == "T0OUTSIDE1"
    assert newest["team"]["id"] == "T0EDFSBOT1"
    (action,) = newest["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("undo", "row", "op-1")
    with pytest.raises(UnknownNameError, match=r"visible are: Undo"):
        await world.clicks("dana", "Explode")
    with pytest.raises(UnknownNameError, match=r"visible are: none"):
        await world.clicks("gina", "Undo")


async def test_a_click_on_an_ephemeral_message(world: World, bot: Bot) -> None:
    await bot.call("chat.postEphemeral", channel=PLANT_OPS, user=ALICE, text="x", blocks=BUTTONS)
    await world.clicks("alice", "Undo")
    payload = bot.got[0].payload
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    respond = bot.client.post
    await respond(payload["response_url"], json={"replace_original": True, "text": "done"})
    assert [message.text for message in world.reads("alice")] == ["done"]
    await respond(payload["response_url"], json={"delete_original": True})
    assert world.reads("alice") == []


async def test_response_urls_expire(world: World, bot: Bot) -> None:
    await world.types("alice", "#general", "/edfs help")
    url = bot.got[0].fields["response_url"]
    statuses = [(await bot.client.post(url, json={"text": "hi"})).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]
    assert len(world.reads("alice", "#general")) == 5
    assert world.reads("bob", "#general") == []
    await world.types("alice", "#general", "/edfs help")
    url = bot.got[1].fields["response_url"]
    assert (await bot.client.post(url, json={"blocks": [{}]})).status_code == 400
    public = {"text": "hi", "response_type": "in_channel"}
    assert (await bot.client.post(url, json=public)).status_code == 200
    assert len(world.reads("bob", "#general")) == 1
    world.clock.forward(30 * 60 + 1)
    assert (await bot.client.post(url, json={"text": "hi"})).status_code == 404


async def test_faults_of_the_web_api(world: World, bot: Bot) -> None:
    post = {"channel": PLANT_OPS, "text": "once"}
    world.slack.fail("chat.postMessage", "lost_answer")
    with pytest.raises(httpx.TransportError):
        await bot.call("chat.postMessage", **post)
    assert len(world.reads("bob")) == 1
    world.slack.fail("chat.postMessage", 429, retry_after=7)
    assert await bot.refusal("chat.postMessage", **post) == "ratelimited"
    assert [call["error"] for call in world.slack.calls] == [None, "fault"]
    assert len(world.slack.payloads) == 1
    world.slack.fail("chat.postMessage", "error", code="is_archived")
    assert await bot.refusal("chat.postMessage", **post) == "is_archived"
