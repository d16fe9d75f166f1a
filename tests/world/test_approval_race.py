"""100 clicks by ten people on one request, at the same moment and over two replicas.

One of them decides, the timer is flipped once, and everybody else is told who decided.
"""

import asyncio
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.sandbox.people import CREW, Person
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.approval_story import DONE, HOME, IN_APPROVALS, OFF, record, told
from tests.world.clock import paced_clock
from tests.world.story import Story, read
from tests.world.waiting import until

CLICKS, PEOPLE = 100, CREW[:10]
RATE = "50000/minute, 500000/hour"


async def gathered(story: Story, needed: int) -> None:
    """Ten people who may decide, each signed in; and Alice, who asks."""
    story.world.edfs.state.let_in(*(person.name for person in PEOPLE))
    story.world.joins("#approvals", *(person.name for person in PEOPLE))
    await story.signs_in("alice")
    await asyncio.gather(*(story.signs_in(person.name, "#approvals") for person in PEOPLE))
    await story.types("alice", OFF)
    await story.sees(PEOPLE[0].name, f"Agreed so far: 0 of {needed}")


async def clicked(story: Story, ts: str, doors: list[str]) -> None:
    """Each person clicks ten times, each time at one of the two doors."""

    async def click(number: int) -> None:
        story.world.slack.delivery.events_url = doors[number % len(doors)]
        person = PEOPLE[number % len(PEOPLE)]
        ack = await story.world.clicks(person.name, "edfs.approve", message=ts)
        assert ack.ok

    await asyncio.gather(*map(click, range(CLICKS)))


def answers(story: Story, person: Person) -> list[str]:
    said = [one for one in story.world.reads(person.name, "#approvals") if one.visible_to]
    return [read(one) for one in said]


@pytest.fixture(params=[1, 3])
def needed(request: pytest.FixtureRequest, policy: Path) -> int:
    """How many have to agree."""
    policy.write_text(IN_APPROVALS.replace("= 1", f"= {request.param}"))
    return int(request.param)


async def test_a_hundred_clicks_are_one_decision(redis_url: str, policy: Path, needed: int) -> None:
    world = World(clock=paced_clock())
    world.slack.delivery.patience = None  # how soon so many are answered is the machine's matter
    await world.open()
    settings = {"EDFS_BOT_POLICY": str(policy), "EDFS_BOT_RATE": RATE}
    try:
        async with living(world, redis_url, **settings) as bot:
            story, doors = Story(world, bot), [world.slack.delivery.events_url or ""]
            async with living(world, redis_url, **settings):
                doors.append(world.slack.delivery.events_url or "")
                assert len({urlsplit(door).port for door in doors}) == 2
                await gathered(story, needed)
                card = await story.sees("bob", "To be approved", "#approvals")
                await clicked(story, card.ts, doors)
                await told(story, "alice", DONE)
                await judged(story, needed)
                approval = await record(story, card)
                assert len(approval.votes) == needed
                assert len({vote.by for vote in approval.votes}) == needed
    finally:
        await world.close()


async def judged(story: Story, needed: int) -> None:
    """One decision in the audit trail, one flip, and a word for everybody."""

    def all_have_heard() -> bool:
        story.world.clock.forward(0.1)  # what waits for Slack's limits on answers comes later
        return all(_heard(story, one) for one in PEOPLE)

    await until(all_have_heard, lambda: [one.name for one in PEOPLE if not _heard(story, one)])
    assert story.flips() == 1
    assert len([c for c in story.world.edfs.calls if c["method"] == "PATCH"]) == 1
    entries = await story.bot.store.audit.read(HOME, count=10_000)
    counted = Counter(entry.event for entry in entries)
    assert counted["approval.requested"] == 1
    assert counted["approval.waiting"] == needed - 1
    assert counted["approval.approved"] == 2  # decided, and how it ended
    assert counted["operation.sending"] == 1


def _heard(story: Story, person: Person) -> bool:
    """Told who decided, or that it was they themselves."""
    said = "\n".join(answers(story, person))
    return "It was approved before by @" in said or "Approved by: @" in said
