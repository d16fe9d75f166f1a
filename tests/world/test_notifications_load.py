"""A burst of changes in many channels, within Slack's real limits: told, true, and never refused.

The changes are made outside the bot, and the watch of each channel finds them.
"""

import functools
import itertools
from collections import defaultdict

from bot.core.names import ChannelId
from bot.core.notifications import MOST_IN_DIGEST
from tests.world.notification_story import polled_since, settled
from tests.world.story import Story, read
from tests.world.waiting import until

WITHIN = 300.0


async def test_every_channel_hears_of_every_change(story: Story, deep: bool) -> None:
    changes, channels = (500, 20) if deep else (60, 5)
    world = story.world
    names = [f"Timer {number:04d}" for number in range(1, changes + 1)]
    world.edfs.state.put_itwin("big", timers=changes, people=["alice"])
    rooms = [world.channel(f"room-{number}", "alice").shown_name for number in range(channels)]
    await story.signs_in("alice")
    for room in rooms:
        await story.types("alice", "/edfs subscribe big elsewhere", room)
        await story.sees("alice", "This channel will be told", room)
    await all_looked(story, 0.0)

    world.slack.state.rate_limited = True
    world.slack.calls.clear()
    for name in names:
        world.edfs.state.flip_outside("big", name)
    world.clock.forward(301.0)
    begun = world.clock.now()
    await all_looked(story, begun)
    await settled(story)
    assert world.clock.now() - begun < WITHIN

    for room in rooms:
        cards = [m for m in world.reads("alice", room) if m.visible_to is None]
        said = "\n".join(read(card) for card in cards)
        missing = [name for name in names if f"{name} in big: disabled elsewhere" not in said]
        assert missing == []
        assert len(cards) == -(-changes // MOST_IN_DIGEST)
    within_limits(story)


async def all_looked(story: Story, since: float) -> None:
    """Wait until each watch has looked since then."""
    home = story.bot.context.installation.workspace
    for one in await story.bot.store.subscriptions.open(home):
        looked = functools.partial(polled_since, story, one.id, since)
        await until(looked, f"nobody has looked for {one.id}")


def within_limits(story: Story) -> None:
    """No call was refused; no channel got two messages within a second."""
    calls = story.world.slack.calls
    assert [call["method"] for call in calls if call["error"]] == []
    posts: dict[ChannelId, list[float]] = defaultdict(list)
    for call in calls:
        if call["method"] == "chat.postMessage":
            posts[call["args"]["channel"]].append(call["at"])
    for times in posts.values():
        assert all(later - at >= 1.0 for at, later in itertools.pairwise(times))
