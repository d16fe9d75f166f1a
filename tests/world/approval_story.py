"""Words for stories with requests: a policy is laid down, somebody asks, somebody is told."""

from pathlib import Path

from bot.core.approvals import Approval
from bot.core.names import OperationId, Workspace
from bot.sandbox.people import TEAM_ID
from bot.sandbox.slack import Message
from tests.world.story import Story, read

HOME = Workspace(TEAM_ID)
OFF = '/edfs disable plant-a "SAP work orders" because SAP is down'
ASKED = "To be approved: turn off SAP work orders"
DONE = "# SAP work orders is now disabled"
HERE = "[defaults]\napprovals = 1\n"
IN_APPROVALS = f'{HERE}channel = "C0APPROVAL"\n'


def rule(story: Story, policy: Path, text: str) -> None:
    """Have the bot take this policy now; by itself it would look each second."""
    policy.write_text(text, encoding="utf-8")
    assert story.bot.context.gateways.policy_file.reload()


async def ask(story: Story, policy: Path, text: str, command: str = OFF) -> Message:
    """Alice and Bob are signed in, and Alice has asked; return the request's card."""
    rule(story, policy, text)
    await story.signs_in("alice")
    await story.signs_in("bob")
    await story.types("alice", command)
    await story.sees("alice", "Asked for approval")
    return await story.sees("bob", ASKED)


async def told(story: Story, person: str, words: str) -> str:
    """Wait until a direct message says it."""
    return read(await story.sees(person, words, f"@{person}"))


def request_in(card: Message) -> OperationId:
    return OperationId(read(card).rpartition("Request ")[2][:24])


async def record(story: Story, card: Message) -> Approval:
    found = await story.bot.store.approvals.read(HOME, request_in(card))
    assert found is not None
    return found
