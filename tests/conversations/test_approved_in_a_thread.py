"""What was asked for in a thread is answered there, also when it had to be approved elsewhere."""

from pathlib import Path

from bot.sandbox.people import BOT_USER_ID
from tests.world.approval_story import ASKED, DONE, IN_APPROVALS, rule
from tests.world.story import Story


async def test_an_approved_operation_keeps_the_thread_it_was_asked_in(
    ruled: Story, policy: Path
) -> None:
    rule(ruled, policy, IN_APPROVALS)
    await ruled.signed_in("alice", "bob")
    await ruled.types("bob", "SAP is down, what now?")
    root = await ruled.sees("bob", "SAP is down")
    command = f'<@{BOT_USER_ID}> off plant-a "SAP work orders" because SAP is down'
    await ruled.says_in_thread("alice", root, command)
    request = await ruled.sees("bob", ASKED, "#approvals")
    await ruled.clicks("bob", "Approve", request.ts)
    card = await ruled.sees("alice", DONE, "#plant-ops")
    assert card.visible_to is None
    assert card.thread_ts == root.ts
    assert ruled.flips() == 1
