"""Commands as an @mention: in channels, in threads and in direct messages."""

import pytest

from bot.sandbox.people import BOT_USER_ID
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

BOT = f"<@{BOT_USER_ID}>"


async def thread_of(story: Story) -> str:
    """Bob writes in the channel; return the ts of his message."""
    await story.types("bob", "SAP is down, what now?")
    return (await story.sees("bob", "SAP is down")).ts


async def mention(story: Story, text: str, thread: str | None = None) -> None:
    await story.world.types("alice", "#plant-ops", text, thread=thread)


async def test_a_mention_in_a_thread_is_a_command_and_its_card_is_posted_there(
    story: Story,
) -> None:
    await story.signs_in("alice")
    root = await thread_of(story)
    await mention(story, f'{BOT} off plant-a "SAP work orders" because SAP is down', root)
    card = await story.sees("bob", "SAP work orders is now disabled")
    assert card.thread_ts == root
    assert "Because: SAP is down" in read(card)
    assert story.flips() == 1


async def test_a_private_answer_is_posted_in_the_thread_too(story: Story) -> None:
    root = await thread_of(story)
    await mention(story, f"{BOT} show plant-a nightly", root)
    answer = await story.sees("alice", "Sign in to iTwin")
    assert (answer.thread_ts, answer.visible_to) == (root, story.world.person("alice").id)
    await story.world.signs_in("alice")
    await story.sees("alice", "You are signed in as")


@pytest.mark.parametrize(
    "text",
    [
        f"{BOT} list plant-a",
        f"{BOT}, list plant-a",
        f"{BOT} /edfs list plant-a",
        f"{BOT}   list   plant-a",
        f"{BOT} list <http://plant-a|plant-a>",
    ],
)
async def test_a_mention_in_the_channel_itself(story: Story, text: str) -> None:
    await story.signs_in("alice")
    await mention(story, text)
    answer = await story.sees("alice", "Timers of plant-a")
    assert answer.visible_to is not None
    assert answer.thread_ts is None


async def test_an_unknown_command_is_answered_with_its_usage(story: Story) -> None:
    await mention(story, f"{BOT} togle plant-a nightly")
    answer = read(await story.sees("alice", "There is no “togle”"))
    assert "Did you mean toggle" in answer
    await mention(story, f"{BOT} undo yesterday")
    assert "It goes like this: /edfs undo [last | <operation>]" in read(
        await story.sees("alice", "“yesterday”")
    )


async def test_a_mention_without_text_is_answered_with_help(story: Story) -> None:
    await mention(story, BOT)
    await story.sees("alice", "What you can ask")


async def test_a_mention_cannot_open_a_modal_so_a_button_offers_it(story: Story) -> None:
    await story.signs_in("alice")
    await mention(story, f"{BOT} choose plant-a")
    await story.sees("alice", "Slack opens it only right after a press")
    await story.clicks("alice", "Open it")
    modals, alice = story.world.slack.state.modals, story.world.person("alice")
    await until(lambda: modals.top(alice))


async def test_direct_messages_are_commands(story: Story) -> None:
    await story.types("alice", "/edfs signin", "@alice")
    await story.sees("alice", "Sign in to iTwin", "@alice")
    await story.world.signs_in("alice")
    await story.types("alice", "list plant-a", "@alice")
    await story.sees("alice", "Timers of plant-a", "@alice")
    await story.types("alice", TOGGLE.removeprefix("/edfs "), "@alice")
    await story.sees("alice", "SAP work orders is now disabled", "@alice")


async def test_the_bots_own_messages_are_no_commands(story: Story) -> None:
    story.world.slack.state.own_messages = True
    await story.signs_in("alice")
    await story.types("alice", TOGGLE, "@alice")
    await story.sees("alice", "is now disabled", "@alice")
    assert not any("Not understood" in answer for answer in story.direct("alice"))


async def test_a_person_of_another_workspace_is_refused(story: Story) -> None:
    await story.world.types("dana", "#shared", f"{BOT} list plant-a")
    answer = await story.sees("dana", "Not for this account")
    assert "only members of the workspace" in read(answer)


async def test_an_event_delivered_three_times_flips_once(story: Story) -> None:
    await story.signs_in("alice")
    text = f'{BOT} toggle plant-a "SAP work orders"'
    await story.world.types("alice", "#plant-ops", text, deliveries=3)
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1


async def test_an_edited_mention_is_not_acted_on_again(story: Story) -> None:
    """Slack sends the mention again, as another event: a corrected typo must not flip it back."""
    await story.signs_in("alice")
    await mention(story, f'{BOT} toggle plant-a "SAP work orders" becuase SAP is down')
    await story.sees("alice", "“becuase SAP is down” was not understood")
    await mention(story, f'{BOT} toggle plant-a "SAP work orders"')
    await story.sees("bob", "is now disabled")
    typed = await story.sees("bob", 'toggle plant-a "SAP work orders"')
    await story.world.edits(
        "alice", typed.ts, f'{BOT} toggle plant-a "SAP work orders" because SAP'
    )
    said = await story.sees("alice", "Edited messages are not read")
    assert said.visible_to is not None
    assert story.flips() == 1


@pytest.mark.parametrize("later", [10, 62, 3_700])
async def test_an_edit_after_a_colleagues_change_undoes_nothing(story: Story, later: int) -> None:
    await story.signed_in("alice", "bob")
    text = f'{BOT} off plant-a "SAP work orders"'
    await mention(story, text)
    await story.sees("bob", "is now disabled")
    await story.clicks("bob", "Enable")
    await story.sees("alice", "is now enabled")
    typed = await story.sees("bob", "off plant-a")
    story.world.clock.forward(later)
    await story.world.edits("alice", typed.ts, f"{text} because SAP is down")
    await story.sees("alice", "Edited messages are not read")
    assert story.flips() == 2
    await story.clicks("alice", "Try again")  # what it says now is asked for by a press
    await until(lambda: story.flips() == 3)
    await story.sees("bob", "is now disabled")


async def test_an_edited_direct_message_is_not_acted_on_either(story: Story) -> None:
    await story.signs_in("alice", "@alice")
    await story.types("alice", 'off plant-a "SAP work orders"', "@alice")
    await story.sees("alice", "is now disabled", "@alice")
    typed = await story.sees("alice", 'off plant-a "SAP work orders"', "@alice")
    await story.world.edits("alice", typed.ts, 'on plant-a "SAP work orders"')
    await story.sees("alice", "Edited messages are not read", "@alice")
    assert story.flips() == 1


async def test_a_reply_that_is_also_sent_to_the_channel_acts_once(story: Story) -> None:
    """Slack has a subtype for it, and sends the mention beside the message."""
    await story.signs_in("alice")
    workspace, alice = story.world.slack.state.workspace, story.world.person("alice")
    root = await thread_of(story)
    text = f'{BOT} toggle plant-a "SAP work orders"'
    channel = workspace.channel_named("#plant-ops").id
    message = workspace.post(channel, alice.id, text, thread_ts=root, broadcast=True)
    await story.world.slack.actions._send_message_events(message, 2)
    card = await story.sees("bob", "is now disabled")
    assert card.thread_ts == root
    assert story.flips() == 1
