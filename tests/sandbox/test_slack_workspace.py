"""Message events, threads, and changes of channels and people."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import BOT_ID, BOT_USER_ID, CREW, UnknownNameError
from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Bot, open_bot, open_world
from tests.world.waiting import until

ALICE, BOB = "U0ALICE001", "U0BOB00001"
PLANT_OPS = "C0PLANTOPS"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot


def events(bot: Bot) -> list[dict[str, Any]]:
    return [json.loads(delivered.body)["event"] for delivered in bot.got]


# Message events.


async def test_messages_are_events_in_channels_of_the_bot(world: World, bot: Bot) -> None:
    world.channel("back-channel", "alice", private=True)
    for place in ("#plant-ops", "#back-channel", "@alice", "#general", "#secret"):
        await world.types("alice", place, "lunch?")
    sent = events(bot)
    assert [event["channel_type"] for event in sent] == ["channel", "group", "im"]
    first = sent[0]
    assert (first["type"], first["channel"], first["user"]) == ("message", PLANT_OPS, ALICE)
    assert (first["text"], first["team"]) == ("lunch?", "T0EDFSBOT1")
    assert first["event_ts"] == first["ts"]
    assert "thread_ts" not in first


async def test_a_mention_is_two_events(world: World, bot: Bot) -> None:
    await world.types("alice", "#plant-ops", f"<@{BOT_USER_ID}> help")
    assert sorted(event["type"] for event in events(bot)) == ["app_mention", "message"]
    assert len({json.loads(delivered.body)["event_id"] for delivered in bot.got}) == 2


async def test_only_subscribed_events_are_sent(world: World, bot: Bot) -> None:
    world.slack.state.subscribed -= {"message.channels", "app_home_opened"}
    await world.types("alice", "#plant-ops", "lunch?")
    await world.opens_home("alice")
    assert bot.got == []
    world.reset()
    await world.types("alice", "#plant-ops", "lunch?")
    assert len(bot.got) == 1


async def test_a_repeated_event_carries_its_retry_number(world: World, bot: Bot) -> None:
    await world.types("alice", "#plant-ops", "lunch?", deliveries=3)
    assert len({delivered.body for delivered in bot.got}) == 1
    numbers = sorted(d.headers.get("X-Slack-Retry-Num", "0") for d in bot.got)
    assert numbers == ["0", "1", "2"]
    reasons = {d.headers.get("X-Slack-Retry-Reason") for d in bot.got}
    assert reasons == {None, "http_timeout"}


async def test_own_messages_are_events_when_switched_on(world: World, bot: Bot) -> None:
    await bot.call("chat.postMessage", channel=PLANT_OPS, text="quiet")
    world.slack.state.own_messages = True
    await bot.call("chat.postMessage", channel=PLANT_OPS, text=f"<@{BOT_USER_ID}>")
    await until(lambda: bot.got)
    (event,) = events(bot)
    assert (event["type"], event["bot_id"], event["user"]) == ("message", BOT_ID, BOT_USER_ID)


# Threads.


async def test_a_thread_holds_its_replies(world: World, bot: Bot) -> None:
    root = (await bot.call("chat.postMessage", channel=PLANT_OPS, text="card"))["ts"]
    await world.types("bob", "#plant-ops", "approved", thread=root)
    (event,) = events(bot)
    assert (event["thread_ts"], event["parent_user_id"]) == (root, BOT_USER_ID)
    reply = {"channel": PLANT_OPS, "text": "press the button", "thread_ts": event["ts"]}
    reply_body = (await bot.call("chat.postMessage", **reply, reply_broadcast=True))["message"]
    assert (reply_body["thread_ts"], reply_body["subtype"]) == (root, "thread_broadcast")
    await bot.call("chat.postEphemeral", **reply, user=BOB)
    thread = world.thread("#plant-ops", root)
    assert [message.text for message in thread] == ["approved", "press the button"]
    assert [message.broadcast for message in thread] == [False, True]
    with pytest.raises(UnknownNameError, match="to reply to"):
        await world.types("bob", "#approvals", "approved", thread=root)


async def test_slash_commands_do_not_work_in_threads(world: World, bot: Bot) -> None:
    root = (await bot.call("chat.postMessage", channel=PLANT_OPS, text="card"))["ts"]
    ack = await world.types("bob", "#plant-ops", "/edfs help", thread=root)
    assert not ack.ok
    assert bot.got == []
    assert "not supported in threads" in world.reads("bob")[-1].text


async def test_a_reply_counts_for_the_rate_of_its_channel(world: World, bot: Bot) -> None:
    world.slack.state.rate_limited = True
    root = (await bot.call("chat.postMessage", channel=PLANT_OPS, text="card"))["ts"]
    reply = {"channel": PLANT_OPS, "text": "x", "thread_ts": root}
    assert await bot.refusal("chat.postMessage", **reply) == "ratelimited"
    world.clock.forward(1)
    assert (await bot.call("chat.postMessage", **reply))["ok"]


async def test_the_sandbox_api_replies_in_threads(world: World, bot: Bot) -> None:
    root = (await bot.call("chat.postMessage", channel=PLANT_OPS, text="card"))["ts"]
    site = Site(sandbox_app(world))
    await site.open()
    reply_body = {"as": "bob", "in": "#plant-ops", "text": "approved", "thread": root}
    async with loopback_client() as client:
        answers: list[httpx.Response] = []
        for body in (reply_body, reply_body | {"thread": "1.1"}, reply_body | {"thread": 1}):
            url = f"http://127.0.0.1:{site.port}/sandbox/api/type"
            answers.append(await client.post(url, json=body))
    await site.close()
    assert [answer.status_code for answer in answers] == [200, 404, 400]
    assert len(world.thread("#plant-ops", root)) == 1


# Channels.


async def test_channels_are_created_joined_and_left(world: World, bot: Bot) -> None:
    channels = [world.channel(f"channel-{number}", "alice", bot=False) for number in range(20)]
    assert len({channel.id for channel in channels}) == 20
    channel = channels[0].id
    assert await bot.refusal("chat.postMessage", channel=channel, text="x") == "not_in_channel"
    assert (await bot.call("conversations.members", channel=channel))["members"] == [ALICE]
    world.joins("#channel-0", "edfs", "bob")
    assert (await bot.call("chat.postMessage", channel=channel, text="x"))["ok"]
    assert len(world.reads("bob", "#channel-0")) == 1
    world.leaves("#channel-0", "bob")
    assert world.reads("bob", "#channel-0") == []
    hidden = world.channel("hidden", "alice", private=True, bot=False).id
    for method in ("conversations.info", "conversations.members"):
        assert await bot.refusal(method, channel=hidden) == "channel_not_found"
    shared = world.channel("partners", "alice", "dana", shared=True).id
    assert (await bot.call("conversations.info", channel=shared))["channel"]["is_ext_shared"]
    world.reset()
    assert await bot.refusal("conversations.info", channel=channel) == "channel_not_found"


async def test_an_archived_channel_rejects_messages(world: World, bot: Bot) -> None:
    post = {"channel": PLANT_OPS, "text": "x"}
    ts = (await bot.call("chat.postMessage", **post))["ts"]
    world.archives("#plant-ops")
    assert await bot.refusal("chat.postMessage", **post) == "is_archived"
    assert await bot.refusal("chat.postEphemeral", **post, user=ALICE) == "is_archived"
    assert await bot.refusal("chat.update", **post, ts=ts) == "is_inactive"
    assert await bot.refusal("conversations.join", channel=PLANT_OPS) == "is_archived"
    assert (await bot.call("conversations.info", channel=PLANT_OPS))["channel"]["is_archived"]
    with pytest.raises(UnknownNameError, match="is archived"):
        await world.types("alice", "#plant-ops", "hello?")


async def test_members_are_paged(world: World, bot: Bot) -> None:
    channel = world.channel("all-hands", *(person.name for person in CREW)).id
    found: list[str] = []
    pages, cursor = 0, ""
    while cursor or not pages:
        arguments = {"channel": channel, "limit": 8, "cursor": cursor}
        page = await bot.call("conversations.members", **arguments)
        found += page["members"]
        pages, cursor = pages + 1, page["response_metadata"]["next_cursor"]
    assert (len(found), len(set(found)), pages) == (21, 21, 3)
    world.slack.state.page_size = 5
    assert len((await bot.call("conversations.members", channel=channel))["members"]) == 5
    for wrong, error in (({"limit": 1001}, "invalid_limit"), ({"cursor": "x"}, "invalid_cursor")):
        assert await bot.refusal("conversations.members", channel=channel, **wrong) == error


async def test_groups(world: World, bot: Bot) -> None:
    world.group("S0APPROVE1", ["bob", "alice"])
    group = await bot.call("usergroups.users.list", usergroup="S0APPROVE1")
    assert group["users"] == [BOB, ALICE]


# People.


async def test_people_change_until_the_reset(world: World, bot: Bot) -> None:
    async def user() -> dict[str, Any]:
        found: dict[str, Any] = (await bot.call("users.info", user=BOB))["user"]
        return found

    before = await user()
    world.change("bob", deleted=True, is_restricted=True, time_zone="Asia/Tokyo")
    after = await user()
    assert (after["deleted"], after["is_restricted"]) == (True, True)
    assert (after["tz"], after["tz_offset"]) == ("Asia/Tokyo", 9 * 3600)
    assert await bot.refusal("conversations.open", users=BOB) == "user_disabled"
    gone = {"channel": PLANT_OPS, "user": BOB, "text": "x"}
    assert await bot.refusal("chat.postEphemeral", **gone) == "user_not_in_channel"
    world.change("bob", team_id="T0OUTSIDE1", deleted=False)
    await world.types("bob", "#plant-ops", "/edfs help")
    assert world.person("bob").team_id == "T0OUTSIDE1"
    with pytest.raises(ValueError, match="keeps id"):
        world.change("bob", id="U1")
    world.reset()
    assert await user() == before


async def test_the_crew_has_direct_messages(world: World, bot: Bot) -> None:
    person = CREW[0]
    channel = (await bot.call("conversations.open", users=person.id))["channel"]["id"]
    assert (await bot.call("chat.postMessage", channel=channel, text="one"))["ok"]
    assert [message.text for message in world.reads(person.name, f"@{person.name}")] == ["one"]
