"""Slack's limits: kept by all replicas together, and its Retry-After obeyed by all of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.core.names import ChannelId
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.slack.messages import Card, Ephemeral
from bot.gateways.slack.rate_limits import SECOND, SlackRateLimiter
from bot.sandbox.people import person_named
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.story import TOGGLE, Story, read
from tests.world.valkey import Valkey
from tests.world.waiting import until

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


async def test_twelve_cards_at_one_moment_all_come_true(two: tuple[Story, Story]) -> None:
    """The people are answered, the timers flipped; the cards follow as fast as Slack allows."""
    story = two[0]
    world = story.world
    for name in NAMES:
        world.edfs.put_timer("plant-a", name)
    await story.signs_in("alice")
    world.slack.limits = True
    await asyncio.gather(*(story.types("alice", f'/edfs off plant-a "{name}"') for name in NAMES))

    def true_cards() -> bool:
        cards = [read(m) for m in world.reads("bob", "#plant-ops") if m.visible_to is None]
        return all(any(f"{name} is now disabled" in card for card in cards) for name in NAMES)

    await until(true_cards, reason="\n".join(story.says("bob")))
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
    for poster in (here, there):
        with pytest.raises(SlackUnavailable, match="gate") as away:
            await poster.update(channel, ts, CARD)
        assert 35 < away.value.wait <= 40.1
    assert len(calls(world, "chat.update")) == asked
    world.clock.forward(41)
    await there.update(channel, ts, CARD)
    assert len(calls(world, "chat.update")) == asked + 1


async def test_a_card_waits_as_long_as_slack_says_and_comes_true(story: Story) -> None:
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
    world.slack.limits = True
    posters = [story.bot.context.slack for story in two]
    posts = (poster.post(channel_of(world), CARD) for poster in posters)
    assert len(set(await asyncio.gather(*posts))) == 2
    one, other = [call["at"] for call in calls(world, "chat.postMessage") if call["ok"]]
    assert other - one >= 1.0
    assert limited(world) == []


async def test_nobody_waits_long_for_a_turn(two: tuple[Story, Story]) -> None:
    poster, channel = two[0].bot.context.slack, channel_of(two[0].world)
    now = two[0].world.clock.now
    begun = now()
    found = await asyncio.gather(
        *(poster.post(channel, CARD) for _ in range(6)), return_exceptions=True
    )
    assert now() - begun < 4
    later = [answer for answer in found if isinstance(answer, SlackUnavailable)]
    assert 2 <= len(later) <= 5
    assert all(0 < away.wait <= SECOND + 0.1 for away in later)


async def test_a_minute_holds_no_more_than_its_tier(story: Story) -> None:
    """The fifty-first edit within a minute is not tried; a window, whose trigger dies, neither."""
    world, poster, channel = story.world, story.bot.context.slack, channel_of(story.world)
    world.slack.limits = True
    ts = await poster.post(channel, CARD)
    for _ in range(50):
        await poster.update(channel, ts, CARD)
    begun = world.clock.now()
    with pytest.raises(SlackUnavailable, match="gate") as away:
        await poster.update(channel, ts, CARD)
    assert 50 < away.value.wait <= 62
    assert world.clock.now() - begun < 1
    world.clock.forward(away.value.wait)
    await poster.update(channel, ts, CARD)
    assert limited(world) == []


async def test_one_answer_a_second_through_one_response_url(story: Story) -> None:
    slack = story.world.slack
    place = slack.state.workspace.channel_named("#plant-ops")
    url = slack.acts.hooks_url + slack.state.hooks.issue(place, person_named("bob"))
    begun = story.world.clock.now()
    assert await story.bot.context.slack.respond(url, Ephemeral("one", []))
    assert await story.bot.context.slack.respond(url, Ephemeral("two", []))
    assert story.world.clock.now() - begun >= 1
    await story.sees("bob", "two")


@pytest.fixture
def stopped(own: Valkey, own_story: Story) -> Iterator[Story]:
    own.stop()
    yield own_story
    own.start()


async def test_without_a_store_a_person_is_still_told(stopped: Story) -> None:
    poster, channel = stopped.bot.context.slack, channel_of(stopped.world)
    begun = stopped.world.clock.now()
    await poster.post(channel, CARD)
    await poster.post(channel, CARD)
    assert stopped.world.clock.now() - begun < 3
    stopped.world.slack.fail("chat.postMessage", 429, retry_after=1)
    with pytest.raises(SlackUnavailable):
        await poster.post(channel, CARD)


async def test_a_window_that_cannot_open_now_is_said_at_once(story: Story) -> None:
    now = story.world.clock.now
    gate = SlackRateLimiter(story.bot.store.limits, now)
    await gate.pause("views.open", 1)
    begun = now()
    assert await gate.wait_for_turn("views.open") > 0.5
    assert now() - begun < 0.5
