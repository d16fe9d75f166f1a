"""All replicas together keep within Slack's rate limits and obey its Retry-After."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.core.names import ChannelId, Workspace
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.slack.codes import NOT_NOW, Meaning, documented_codes
from bot.gateways.slack.messages import Card, Ephemeral
from bot.gateways.slack.rate_limits import SECOND, SlackRateLimiter
from bot.sandbox.people import TEAM_ID, person_named
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.story import TOGGLE, Story, read
from tests.world.valkey import Valkey
from tests.world.waiting import until

HOME = Workspace(TEAM_ID)
CARD = Card("a card", [])
NAMES = [f"Timer {number:02}" for number in range(12)]


def calls(world: World, method: str) -> list[dict[str, Any]]:
    return [call for call in world.slack.calls if call["method"] == method]


def limited(world: World) -> list[str]:
    return [call["method"] for call in world.slack.calls if call["error"] == "ratelimited"]


def channel_of(world: World) -> ChannelId:
    return ChannelId(world.slack.state.workspace.channel_named("#plant-ops").id)


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[Story, Story]]:
    """Two bots that share one store, in one world."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url) as one, living(world, redis_url) as other:
            yield Story(world, one), Story(world, other)
    finally:
        await world.close()


async def test_twelve_cards_at_once_are_all_drawn(two: tuple[Story, Story]) -> None:
    """Answers and flips do not wait for the cards, which follow as fast as Slack allows."""
    story = two[0]
    world = story.world
    for name in NAMES:
        world.edfs.state.put_timer("plant-a", name)
    await story.signs_in("alice")
    world.slack.state.rate_limited = True
    await asyncio.gather(*(story.types("alice", f'/edfs off plant-a "{name}"') for name in NAMES))

    def all_drawn() -> bool:
        cards = [read(m) for m in world.reads("bob", "#plant-ops") if m.visible_to is None]
        return all(any(f"{name} is now disabled" in card for card in cards) for name in NAMES)

    await until(all_drawn, reason="\n".join(story.says("bob")))
    assert len(limited(world)) <= 1
    assert [story.flips(name) for name in NAMES] == [1] * len(NAMES)
    cards = [m for m in world.reads("bob", "#plant-ops") if m.visible_to is None]
    assert len(cards) == len(NAMES), [read(card) for card in cards]


async def test_retry_after_holds_for_every_replica(two: tuple[Story, Story]) -> None:
    world, channel = two[0].world, channel_of(two[0].world)
    here, there = (story.bot.context.slack for story in two)
    ts = await here.post(channel, CARD)
    world.slack.fail("chat.update", 429, retry_after=40)
    with pytest.raises(SlackUnavailable) as away:
        await here.update(channel, ts, CARD)
    assert away.value.wait == 40
    asked = len(calls(world, "chat.update"))
    for client in (here, there):
        with pytest.raises(SlackUnavailable, match="rate limiter") as away:
            await client.update(channel, ts, CARD)
        assert 35 < away.value.wait <= 40.1
    assert len(calls(world, "chat.update")) == asked
    world.clock.forward(41)
    await there.update(channel, ts, CARD)
    assert len(calls(world, "chat.update")) == asked + 1


async def test_a_card_is_drawn_after_slacks_retry_after(story: Story) -> None:
    await story.signs_in("alice")
    story.world.slack.fail("chat.update", 429, retry_after=3)
    await story.types("alice", TOGGLE)
    await story.sees("bob", "SAP work orders is now disabled")
    refused, drawn, *_ = calls(story.world, "chat.update")
    assert not refused["ok"]
    assert drawn["ok"]
    assert drawn["at"] - refused["at"] >= 3
    assert story.flips() == 1


async def test_a_channel_gets_one_message_a_second(two: tuple[Story, Story]) -> None:
    world = two[0].world
    world.slack.state.rate_limited = True
    clients = [story.bot.context.slack for story in two]
    posts = (client.post(channel_of(world), CARD) for client in clients)
    assert len(set(await asyncio.gather(*posts))) == 2
    one, other = [call["at"] for call in calls(world, "chat.postMessage") if call["ok"]]
    assert other - one >= 1.0
    assert limited(world) == []


async def test_a_call_that_would_wait_long_fails_at_once(two: tuple[Story, Story]) -> None:
    client, channel = two[0].bot.context.slack, channel_of(two[0].world)
    now = two[0].world.clock.now
    started = now()
    found = await asyncio.gather(
        *(client.post(channel, CARD) for _ in range(6)), return_exceptions=True
    )
    assert now() - started < 4
    later = [answer for answer in found if isinstance(answer, SlackUnavailable)]
    assert 2 <= len(later) <= 5
    assert all(0 < away.wait <= SECOND + 0.1 for away in later)


async def test_a_method_is_called_no_more_often_than_its_tier_allows(story: Story) -> None:
    """The fifty-first ``chat.update`` within a minute is not sent."""
    world, client, channel = story.world, story.bot.context.slack, channel_of(story.world)
    world.slack.state.rate_limited = True
    ts = await client.post(channel, CARD)
    for _ in range(50):
        await client.update(channel, ts, CARD)
    started = world.clock.now()
    with pytest.raises(SlackUnavailable, match="rate limiter") as away:
        await client.update(channel, ts, CARD)
    assert 50 < away.value.wait <= 62
    assert world.clock.now() - started < 1
    world.clock.forward(away.value.wait)
    await client.update(channel, ts, CARD)
    assert limited(world) == []


async def test_a_response_url_takes_one_answer_a_second(story: Story) -> None:
    slack = story.world.slack
    place = slack.state.workspace.channel_named("#plant-ops")
    url = slack.actions.hooks_url + slack.state.response_urls.issue(place, person_named("bob"))
    started = story.world.clock.now()
    assert await story.bot.context.slack.respond(url, Ephemeral("one", []))
    assert await story.bot.context.slack.respond(url, Ephemeral("two", []))
    assert story.world.clock.now() - started >= 1
    await story.sees("bob", "two")


@pytest.fixture
def stopped(own: Valkey, own_story: Story) -> Iterator[Story]:
    own.stop()
    yield own_story
    own.start()


async def test_without_a_store_calls_are_not_limited(stopped: Story) -> None:
    client, channel = stopped.bot.context.slack, channel_of(stopped.world)
    started = stopped.world.clock.now()
    await client.post(channel, CARD)
    await client.post(channel, CARD)
    assert stopped.world.clock.now() - started < 3
    stopped.world.slack.fail("chat.postMessage", 429, retry_after=1)
    with pytest.raises(SlackUnavailable):
        await client.post(channel, CARD)


async def test_opening_a_modal_does_not_wait_longer_than_its_trigger_lives(story: Story) -> None:
    now = story.world.clock.now
    limiter = SlackRateLimiter(story.bot.store.limits, now)
    await limiter.pause("views.open", 1)
    started = now()
    assert await limiter.wait_for_turn("views.open") > 0.5
    assert now() - started < 0.5


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
@pytest.mark.parametrize("code", sorted(NOT_NOW))
async def test_a_code_for_not_now_loses_no_card(story: Story, code: str, method: str) -> None:
    """Slack sends these with status 200, and without a Retry-After."""
    await story.signs_in("alice")
    story.world.slack.fail(method, "error", code=code, times=2)
    await story.types("alice", TOGGLE)

    async def is_drawn() -> bool:
        story.world.clock.forward(1)
        return any("is now disabled" in said for said in story.says("bob"))

    await until(is_drawn)
    assert story.flips() == 1
    assert not await story.bot.store.dead_letters.read(HOME)


ONE_OF_EACH = {
    Meaning.ELSEWHERE: "restricted_action_read_only_channel",
    Meaning.GONE: "block_mismatch",
    Meaning.MESSAGE: "msg_blocks_too_long",
    Meaning.CREDENTIALS: "missing_scope",
    Meaning.REFUSED: "a_code_of_next_year",
}
REFUSALS = [
    *ONE_OF_EACH.values(),
    *(
        pytest.param(code, marks=pytest.mark.deep)
        for code in sorted(documented_codes().keys() - NOT_NOW - set(ONE_OF_EACH.values()))
    ),
]


def test_each_meaning_has_codes_and_each_code_one_meaning() -> None:
    known = documented_codes()
    assert set(known.values()) == set(Meaning) - {Meaning.REFUSED}
    for meaning, code in ONE_OF_EACH.items():
        assert known.get(code, Meaning.REFUSED) is meaning


@pytest.mark.parametrize("code", REFUSALS)
async def test_whoever_asked_reads_what_came_of_it_although_slack_refuses_the_card(
    story: Story, code: str
) -> None:
    await story.signs_in("alice")
    story.world.slack.fail("chat.postMessage", "error", code=code, times=1)
    await story.types("alice", TOGGLE)
    await story.sees("alice", "SAP work orders is now disabled")
    assert story.flips() == 1


@pytest.mark.parametrize("code", REFUSALS)
async def test_no_card_says_under_way_for_ever_although_slack_refuses_its_edit(
    story: Story, code: str
) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle"):
        await story.types("alice", TOGGLE)
        await story.sees("alice", "Turning off: SAP work orders")
        story.world.slack.fail("chat.update", "error", code=code, times=1)
    await story.sees("alice", "SAP work orders is now disabled")
    assert story.flips() == 1


async def test_a_card_whose_blocks_are_refused_is_posted_as_text(story: Story) -> None:
    await story.signs_in("alice")
    story.world.slack.fail("chat.postMessage", "error", code="msg_blocks_too_long", times=1)
    with story.world.edfs.hold("toggle"):  # the next edit has blocks again
        await story.types("alice", TOGGLE)
        card = await story.sees("bob", "SAP work orders")
        assert not card.blocks
    await story.sees("bob", "SAP work orders is now disabled")


async def test_a_response_url_that_says_no_is_answered_otherwise(story: Story) -> None:
    story.world.slack.fail("response_url", "error", code="expired_url")
    await story.types("bob", "/edfs help")
    await story.sees("bob", "What you can ask")
