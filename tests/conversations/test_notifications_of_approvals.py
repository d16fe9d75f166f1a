"""Notifications of approval requests, in channels other than the request's own."""

from pathlib import Path

from tests.world.approval_story import ASKED, IN_APPROVALS, OFF, rule
from tests.world.notification_story import below, public, settled, told
from tests.world.story import Story, read

ROOM = "#observers"


async def test_a_request_and_its_outcome_are_one_card(ruled: Story, policy: Path) -> None:
    story = ruled
    story.world.channel("observers", "alice", "bob")
    await story.signs_in("alice")
    await story.signs_in("bob")
    for room in (ROOM, "#approvals"):
        await story.types("alice", "/edfs subscribe plant-a approvals changes", room)
        await story.sees("alice", "This channel will be told", room)
    rule(story, policy, IN_APPROVALS)
    await story.types("alice", OFF)
    request = await story.sees("bob", ASKED, "#approvals")
    asked = await told(story, "Approval asked: SAP work orders", ROOM)
    assert "Wanted: disabled" in read(asked)
    await settled(story)
    await story.clicks("bob", "Approve", request.ts)
    done = await told(story, "SAP work orders is now disabled", ROOM)
    assert done.ts == asked.ts
    await settled(story)
    replies = "".join(below(story, done, ROOM))
    assert "approved by" in replies
    assert "disabled by" in replies
    assert len(public(story, ROOM)) == 1
    assert len(public(story, "#approvals")) == 1, "the request's own card is there"
