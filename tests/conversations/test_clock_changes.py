"""Runs on a day on which clocks change: the card names the moments at which they would be."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.conftest import living
from tests.slack.slack_rules import objects
from tests.world.clock import paced_clock
from tests.world.story import Story, read

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
async def berlin(redis_url: str) -> AsyncIterator[Story]:
    """The world and a bot whose schedules are in Berlin's time."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url, EDFS_BOT_SCHEDULE_TIMEZONE="Europe/Berlin") as bot:
            yield Story(world, bot)
    finally:
        await world.close()


def noon_before_change(story: Story, month: int) -> datetime:
    """Return noon in Berlin on the day before clocks change in that month of next year."""
    year = datetime.fromtimestamp(story.world.clock.now(), UTC).year + 1
    last = datetime(year, month, 31, 12, tzinfo=BERLIN)
    return last - timedelta(days=(last.weekday() - 6) % 7 + 1)


async def disabled(story: Story, noon: datetime, cron: str) -> Message:
    """Go to that noon; alice turns off a timer with this schedule for a day. Return its card."""
    story.world.clock.forward(noon.timestamp() - story.world.clock.now())
    story.world.edfs.state.put_timer("plant-a", "Night run", cron=cron)
    await story.signs_in("alice")
    until = f"until {noon + timedelta(days=1):%Y-%m-%d %H:%M}"
    await story.types("alice", f'/edfs disable plant-a "Night run" {until} because it is serviced')
    return await story.sees("bob", "# Night run is now disabled")


def run_times(card: Message) -> list[str]:
    """Return the moments in the line about skipped runs, as Slack is given them, in UTC."""
    dates = {one["timestamp"] for one in objects(card.blocks) if one.get("type") == "date"}
    shown = [datetime.fromtimestamp(at, UTC) for at in sorted(dates)]
    (line,) = [one for one in read(card).splitlines() if one.startswith("Skips")]
    return [f"{at:%H:%M}" for at in shown if f"{at:%Y-%m-%d %H:%M} UTC" in line]


@pytest.mark.parametrize(
    ("month", "cron", "said", "times"),
    [
        # In October 02:00 to 03:00 in Berlin is from 00:00 to 02:00 in UTC.
        (10, "30 2 * * *", "Skips 1 run, ", ["00:30"]),
        (10, "*/30 2 * * *", "Skips 4 runs, first ", ["00:00", "00:30", "01:00", "01:30"]),
        (10, "0 * * * *", "Skips 25 runs (every hour), first ", ["11:00"]),
        # In March there is no such hour: what falls into it runs at its end, which is 01:00.
        (3, "30 2 * * *", "Skips 1 run, ", ["01:00"]),
        (3, "*/30 2 * * *", "Skips 1 run, ", ["01:00"]),
        (3, "0 * * * *", "Skips 23 runs (every hour), first ", ["12:00"]),
    ],
)
async def test_runs_on_a_day_on_which_clocks_change(
    berlin: Story, month: int, cron: str, said: str, times: list[str]
) -> None:
    card = await disabled(berlin, noon_before_change(berlin, month), cron)
    assert said in read(card)
    assert run_times(card) == times
