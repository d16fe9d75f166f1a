"""`Story`, the vocabulary of the conversation tests, with and without the bot."""

import asyncio

import pytest

from bot.sandbox.people import BOT_USER_ID
from tests.world.story import Story
from tests.world.waiting import turns

PLANT_OPS = "C0PLANTOPS"
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Reason"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


async def test_several_people_sign_in(story: Story) -> None:
    await story.signed_in("alice", "bob")
    for person in ("alice", "bob"):
        await story.sees(person, "Signed in")


async def test_a_second_slack_account_of_one_person(story: Story) -> None:
    """Carol's browser signs in to Alice's account at IMS: two Slack users, one iTwin subject."""
    await story.types("carol", "/edfs signin")
    await story.sees("carol", "Sign in to iTwin")
    await story.world.signs_in("carol", account="alice")
    await story.types("carol", "/edfs list plant-a")
    await story.sees("carol", "SAP work orders")
    assert {call["person"] for call in story.world.edfs.calls} == {"alice"}


async def test_threads_and_direct_messages(story: Story) -> None:
    workspace = story.world.slack.state.workspace
    root = workspace.post(PLANT_OPS, BOT_USER_ID, "card")
    await story.says_in_thread("bob", root, "approved")
    reply = story.world.thread("#plant-ops", root.ts)[0]
    await story.says_in_thread("alice", reply, "thanks")
    assert story.thread(root) == story.thread(reply)
    assert [text for text in story.thread(root) if text in {"approved", "thanks"}] == [
        "approved",
        "thanks",
    ]
    direct = workspace.direct(story.world.person("alice"))
    workspace.post(direct.id, BOT_USER_ID, "psst")
    assert story.direct("alice") == ["psst"]
    assert story.direct("bob") == []


async def test_gone_waits_until_a_text_disappears(story: Story) -> None:
    workspace = story.world.slack.state.workspace
    card = workspace.post(PLANT_OPS, BOT_USER_ID, "turning off…")
    waiting = asyncio.create_task(story.gone("bob", "turning off"))
    await turns()
    assert not waiting.done()
    workspace.edit(card.ts, "off", None)
    await waiting


async def test_submits_waits_for_a_modal(story: Story) -> None:
    modals = story.world.slack.state.modals
    alice = story.world.person("alice")
    submitting = asyncio.create_task(story.submits("alice", {"Why": "repair"}))
    await turns()
    assert not submitting.done()
    modals.open(alice, MODAL)
    await submitting
    modals.clear(alice)
    with pytest.raises(LookupError, match="no modal open"):
        await story.world.submits("alice", {"Why": "repair"})
