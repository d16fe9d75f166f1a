"""An edit of a card that Slack carries out late: the newest state is painted once more."""

from tests.world.story import TOGGLE, Story
from tests.world.waiting import until

SLOW = 22.0  # the client gives up after 15


async def test_an_edit_that_arrives_late_is_painted_over(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "is now disabled")
    story.world.slack.fail("chat.update", "slow", seconds=SLOW)
    await story.clicks("alice", "Enable")
    await until(lambda: story.flips() == 2)
    await story.sees("bob", "is now enabled")
    await story.sees("bob", "Turning on")  # the older edit has arrived
    story.world.clock.forward(60)
    await story.sees("bob", "is now enabled")
    await story.gone("bob", "Turning on")
    assert story.flips() == 2
