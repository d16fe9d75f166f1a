"""Deciding without an id: which request is meant, and what is asked before a decision counts."""

import re
from pathlib import Path

from inline_snapshot import snapshot

from bot.core.approvals import Approval, Stage
from bot.sandbox.people import BOT_USER_ID
from bot.sandbox.slack import Message
from tests.conversations.test_referring import whole
from tests.world.approval_story import HERE, HOME, IN_APPROVALS, ask, record, request_in
from tests.world.story import Story, read
from tests.world.waiting import until

MATERIALS = '/edfs disable plant-a "SAP materials" because stock is counted'
BOT = f"<@{BOT_USER_ID}>"
DECISIONS = re.compile(r"^\[.*\]$", re.MULTILINE)


async def asks(story: Story, person: str = "alice", command: str = MATERIALS) -> Message:
    """Have a person ask for a second change; return the request's card."""
    await story.types(person, command)
    return await story.sees("carol", "To be approved: turn off SAP materials")


async def waits(story: Story) -> list[Approval]:
    return await story.bot.store.approvals.open(HOME)


async def ends(story: Story, card: Message, stage: Stage) -> Approval:
    """Wait until the request is in that stage."""

    async def found() -> Approval | None:
        one = await record(story, card)
        return one if one.stage is stage else None

    approval = await until(found, reason=f"the request is not {stage}")
    assert approval is not None
    return approval


async def test_approve_alone_names_the_only_request_and_asks(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, HERE)
    await story.types("bob", "/edfs approve")
    question = await story.sees("bob", "Approve this request?")
    assert question.visible_to is not None
    assert whole(question) == snapshot("""\
# Approve this request? disable SAP work orders
iTwin: plant-a
Change: enabled → disabled
Requester: @alice, <time>
Because: SAP is down
Expires: <time>
Nothing was decided yet.
[Approve]\
""")
    assert (await record(story, card)).votes == ()
    await story.clicks("bob", "Approve", question.ts)
    await ends(story, card, Stage.APPROVED)
    await until(lambda: story.flips() == 1)


async def test_decline_alone_asks_with_its_reason(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, HERE)
    await story.types("bob", "/edfs decline because the audit runs")
    question = await story.sees("bob", "Decline this request?")
    assert whole(question) == snapshot("""\
# Decline this request? disable SAP work orders
iTwin: plant-a
Change: enabled → disabled
Requester: @alice, <time>
Because: SAP is down
Expires: <time>
Your reason: the audit runs
Nothing was decided yet.
[Decline]\
""")
    await story.clicks("bob", "Decline", question.ts)
    declined = await ends(story, card, Stage.DECLINED)
    assert declined.decision_reason == "the audit runs"


async def test_of_several_requests_each_is_offered(ruled: Story, policy: Path) -> None:
    story = ruled
    first = await ask(story, policy, HERE)
    second = await asks(story)
    await story.types("bob", "/edfs decline because of the audit")
    listed = await story.sees("bob", "Decline which request?")
    assert whole(listed) == snapshot("""\
# Decline which request? 2 wait here
disable SAP work orders <id>
iTwin: plant-a
Change: enabled → disabled
Requester: @alice, <time>
Because: SAP is down
Expires: <time>
[Decline]
disable SAP materials <id>
iTwin: plant-a
Change: enabled → disabled
Requester: @alice, <time>
Because: stock is counted
Expires: <time>
[Decline]
Your reason: of the audit
Nothing was decided yet.\
""")
    assert len(await waits(story)) == 2
    button = f"edfs.run:{request_in(second)[:8]}"
    await story.clicks("bob", button, listed.ts)
    declined = await ends(story, second, Stage.DECLINED)
    assert declined.decision_reason == "of the audit"
    assert (await record(story, first)).stage is Stage.WAITING


async def test_ones_own_request_and_those_of_other_channels_are_not_meant(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    await ask(story, policy, HERE)
    await story.types("alice", "/edfs approve")
    assert whole(await story.sees("alice", "No request to approve")) == snapshot("""\
# No request to approve
The requests that wait in this channel are not yours to approve. Nothing was changed.
See the waiting requests of all channels with /edfs pending.
Trace <id>\
""")
    await story.types("bob", "/edfs approve", "#approvals")
    assert whole(await story.sees("bob", "No request to approve", "#approvals")) == snapshot("""\
# No request to approve
No request waits in this channel. Nothing was changed.
See the waiting requests of all channels with /edfs pending.
Trace <id>\
""")
    await story.types("bob", "/edfs cancel")
    assert whole(await story.sees("bob", "No request to cancel")) == snapshot("""\
# No request to cancel
No request of yours waits in this channel. Nothing was changed.
See the waiting requests of all channels with /edfs pending.
Trace <id>\
""")
    assert len(await waits(story)) == 1


async def test_cancel_alone_takes_the_only_request_of_ones_own(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, HERE)
    other = await asks(story, "bob")
    await story.types("alice", "/edfs cancel because not needed")
    canceled = await ends(story, card, Stage.CANCELED)
    assert canceled.decision_reason == "not needed"
    assert (await record(story, other)).stage is Stage.WAITING


async def test_cancel_of_several_asks_which(ruled: Story, policy: Path) -> None:
    story = ruled
    first = await ask(story, policy, HERE)
    await asks(story)
    await story.types("alice", "/edfs cancel")
    listed = await story.sees("alice", "Cancel which request? 2 wait here")
    assert len(await waits(story)) == 2
    await story.clicks("alice", f"edfs.run:{request_in(first)[:8]}", listed.ts)
    await ends(story, first, Stage.CANCELED)
    assert len(await waits(story)) == 1


async def test_in_the_thread_of_a_request_that_one_is_meant(ruled: Story, policy: Path) -> None:
    story = ruled
    first = await ask(story, policy, HERE)
    second = await asks(story)
    await story.says_in_thread("bob", second, f"{BOT} approve")
    question = await story.sees("bob", "Approve this request? disable SAP materials")
    await story.clicks("bob", "Approve", question.ts)
    await ends(story, second, Stage.APPROVED)
    await story.says_in_thread("alice", first, f"{BOT} approve")
    await story.sees("alice", "You asked for this yourself")
    await story.says_in_thread("alice", first, f"{BOT} cancel")
    await ends(story, first, Stage.CANCELED)


async def test_a_request_is_decided_by_the_beginning_of_its_id(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    await story.types("bob", f"/edfs approve {request_in(card)[:6].upper()}", "#plant-ops")
    await ends(story, card, Stage.APPROVED)
    await story.types("bob", f"/edfs decline {request_in(card)[:6]}")
    await story.sees("bob", "It was approved before by @bob")
    await story.types("bob", "/edfs approve ffffff")
    assert whole(await story.sees("bob", "No such request")) == snapshot("""\
# No such request
No request has an id that begins with “ffffff”. Nothing was changed.
See the waiting requests with /edfs pending.
Trace <id>\
""")


async def test_pending_shows_ids_and_the_buttons_of_its_reader(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, HERE)
    for person in ("alice", "bob"):
        await story.types(person, "/edfs pending")
    theirs = await story.sees("bob", "Requests that wait: 1")
    assert f"Request {request_in(card)[:8]}" in read(theirs).splitlines()
    assert DECISIONS.findall(read(theirs)) == ["[Approve] [Decline]"]
    own = await story.sees("alice", "Requests that wait: 1")
    assert whole(own) == snapshot("""\
# Requests that wait: 1
To be approved: turn off SAP work orders (plant-a)
Asked by: @alice, <time>
Because: SAP is down
Who decides: anybody whose own account can do it, but not who asked
[Cancel]
Request <id>\
""")
    await story.clicks("alice", "Cancel", own.ts)
    await ends(story, card, Stage.CANCELED)
