"""Every verb, with its success and its refusal, as the person who types it reads them."""

import re

import pytest
from inline_snapshot import snapshot

from bot import __version__
from bot.core.language.topics import TOPICS
from bot.core.language.verbs import VERBS
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"

WORK = '"SAP work orders"'
UNKNOWN_ID = "0123456789abcdef01234567"

REFUSED = {
    "choose": ("/edfs choose " + "x" * 300, "a name has at most 255 characters"),
    "use": ("/edfs use " + "x" * 300, "a name has at most 255 characters"),
    "toggle": ("/edfs toggle plant-a x because", "the reason after “because” is missing"),
    "enable": (f"/edfs enable plant-a {WORK} x", "“x” was not understood, so nothing was done"),
    "disable": (
        "/edfs disable plant-a SAP work orders because",
        "the reason after “because” is missing",
    ),
    "undo": ("/edfs undo yesterday", "“yesterday” is not the id of an operation"),
    "redo": ("/edfs redo it", "“it” is not the id of an operation"),
    "approve": ("/edfs approve it", "“it” is not the id of a request"),
    "decline": (f"/edfs decline {UNKNOWN_ID} because", "the reason after “because” is missing"),
    "cancel": ("/edfs cancel mine", "“mine” is not the id of a request"),
    "pending": ("/edfs pending mine", "pending takes nothing but a page after it"),
    "return": (f"/edfs return {UNKNOWN_ID} now", "return takes nothing more after it"),
    "extend": (f"/edfs extend {UNKNOWN_ID}", "extend needs the new end"),
    "keep": ("/edfs keep", "the iTwin and the timer are missing"),
    "history": ("/edfs history " + "x" * 300, "a name has at most 255 characters"),
    "subscribe": ('/edfs subscribe plant-a "SAP*" frobs', "“frobs” is none of changes"),
    "unsubscribe": ("/edfs unsubscribe plant-a", "“plant-a” is not the id of a subscription"),
    "subscriptions": ("/edfs subscriptions all", "subscriptions takes nothing but a page after it"),
    "list": ("/edfs list " + "x" * 300, "a name has at most 255 characters"),
    "show": (f"/edfs show plant-a {WORK} x", "“x” was not understood, so nothing was done"),
    "version": ("/edfs version 2", "version takes nothing after it"),
    "signin": ("/edfs signin as bob", "signin takes nothing after it"),
    "signout": ("/edfs signout bob", "signout takes nothing after it"),
    "whoami": ("/edfs whoami really", "whoami takes nothing after it"),
    "help": ("/edfs helpp", "there is no “helpp”"),
}


def operation_on(card: str) -> str:
    found = re.search(r"Operation ([0-9a-f]{24})", card)
    assert found, card
    return found.group(1)


async def started(story: Story, command: str = TOGGLE, words: str = "is now disabled") -> str:
    """Sign Alice in, have her run a command, and return the operation's id from its card."""
    await story.signs_in("alice")
    await story.types("alice", command)
    return operation_on(read(await story.sees("alice", words)))


def test_every_verb_has_a_refusal_here() -> None:
    assert set(REFUSED) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
async def test_an_invalid_command_is_explained_to_its_person_only(story: Story, verb: str) -> None:
    command, reason = REFUSED[verb]
    await story.types("alice", command)
    answer = await story.sees("alice", reason[:1].upper() + reason[1:])
    assert answer.visible_to is not None
    assert "See how it goes with /edfs help" in read(answer)
    assert re.search(r"Trace [0-9a-f]{8}$", read(answer))
    assert story.says("bob") == []
    assert story.world.edfs.calls == []


async def test_an_unknown_verb_is_answered_with_the_nearest_ones(story: Story) -> None:
    await story.types("alice", f"/edfs togle plant-a {WORK}")
    assert "Did you mean toggle" in read(await story.sees("alice", "There is no “togle”"))


async def test_help_lists_every_verb(story: Story) -> None:
    await story.types("alice", "/edfs help")
    answer = read(await story.sees("alice", "What you can ask"))
    assert all(f"/edfs {verb.usage}" in answer for verb in VERBS.values())
    assert "technical preview" in answer


async def test_help_of_each_verb_has_an_example_that_can_be_typed(story: Story) -> None:
    for verb in VERBS:
        await story.types("alice", f"/edfs help {verb}")
        answer = read(await story.sees("alice", f"# /edfs {verb}\n"))
        assert f"/edfs {VERBS[verb].usage}" in answer
        assert "For example: /edfs " in answer


async def test_help_of_each_topic_is_in_the_menu_of_help(story: Story) -> None:
    for topic in TOPICS.values():
        await story.types("alice", f"/edfs help {topic.name}")
        answer = read(await story.sees("alice", f"# {topic.title}\n"))
        assert all(rule in answer for rule in topic.rules)
        assert all(f"For example: {example}" in answer for example in topic.examples)
    await story.types("alice", "/edfs help")
    await story.sees("alice", "What you can ask")
    await story.clicks("alice", "Approvals")
    await until(lambda: sum("# Approvals\n" in one for one in story.says("alice")) == 2)


async def test_help_of_what_is_no_verb_offers_the_nearest_ones(story: Story) -> None:
    await story.types("alice", "/edfs help Unil <!here>")
    answer = read(await story.sees("alice", "No such verb"))
    assert answer == snapshot("""\
# No such verb: unil <!here>
EDFS Bot knows no verb and no topic “unil <!here>”. Nothing was changed.
Press the one you mean, or see all verbs.
[Help: until] [All verbs]\
""")
    await story.clicks("alice", "Help: until")
    await story.sees("alice", "# Until when a timer is disabled")
    await story.types("alice", "/edfs help zzz")
    answer = read(await story.sees("alice", "No such verb: zzz"))
    assert answer == snapshot("""\
# No such verb: zzz
EDFS Bot knows no verb and no topic “zzz”. Nothing was changed.
See all verbs.
[All verbs]\
""")
    await story.clicks("alice", "All verbs")
    await story.sees("alice", "What you can ask")


async def test_toggle_disables_and_another_persons_toggle_enables(story: Story) -> None:
    await started(story)
    await story.signs_in("bob")
    await story.types("bob", TOGGLE)
    await story.sees("alice", "is now enabled")
    assert story.flips() == 2


async def test_disable_enable_disable_is_three_flips(story: Story) -> None:
    await started(story, f"/edfs disable plant-a {WORK}")
    await story.types("alice", f"/edfs enable plant-a {WORK}")
    await story.sees("bob", "is now enabled")
    await story.types("alice", f"/edfs off plant-a {WORK} because once more")
    await story.sees("bob", "Because: once more")
    await until(lambda: story.flips() == 3)
    assert story.world.edfs.state.timer("plant-a", "SAP work orders").enabled is False
    assert story.patches() == 3


async def test_the_card_shows_the_reason(story: Story) -> None:
    await started(story, "/edfs disable plant-a SAP work orders because SAP is <down> & out")
    assert "Because: SAP is <down> & out" in read(story.card())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"/edfs enable plant-a {WORK}", "SAP work orders is already enabled"),
        ('/edfs disable plant-a "SharePoint documents"', "documents is already disabled"),
    ],
)
async def test_a_timer_in_the_wanted_state_is_reported_and_nothing_is_done(
    story: Story, command: str, words: str
) -> None:
    await story.signs_in("alice")
    await story.types("alice", command)
    assert (await story.sees("alice", words)).visible_to is not None
    assert story.says("bob") == []
    assert story.patches() == 0


async def test_a_repeat_says_what_came_of_it_then_and_what_is_true_now(story: Story) -> None:
    await story.signs_in("alice")
    disable = '/edfs disable plant-a "SAP work orders"'
    await story.types("alice", disable)
    await story.sees("alice", "is now disabled")
    story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await story.types("alice", disable)
    answer = read(await story.sees("alice", "moments ago"))
    assert re.search(rf"What came of it, {DATE}: SAP work orders is now disabled\.", answer), answer
    assert "It reads enabled now: somebody has changed it since." in answer
    assert story.patches() == 1


async def test_the_same_toggle_again_never_flips_back(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.types("alice", TOGGLE)
    answer = await story.sees("alice", "moments ago")
    assert answer.visible_to is not None
    await story.sees("alice", "is now disabled")
    await story.types("alice", TOGGLE)
    await until(lambda: sum("moments ago" in m for m in story.says("alice")) == 2)
    assert story.flips() == 1
    assert story.patches() == 1
    assert "is now disabled" in read(story.card())


async def test_one_request_delivered_three_times_flips_once(story: Story) -> None:
    await story.signs_in("alice")
    await story.world.types("alice", "#plant-ops", TOGGLE, deliveries=3)
    await story.sees("alice", "is now disabled")
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you")
    assert story.flips() == 1
    assert "is now disabled" in read(story.card())


async def test_undo_typed_with_the_id_on_the_card(story: Story) -> None:
    operation = await started(story)
    await story.types("alice", f"/edfs undo {operation}")
    card = read(await story.sees("bob", "is now enabled"))
    assert f"This undoes operation {operation}" in card
    assert story.flips() == 2


async def test_undo_twice_is_refused(story: Story) -> None:
    operation = await started(story)
    await story.types("alice", f"/edfs undo {operation}")
    await story.sees("alice", "is now enabled")
    await story.types("alice", f"/edfs undo {operation}")
    assert (await story.sees("alice", "Not undone")).visible_to is not None
    assert story.flips() == 2


async def test_a_second_undo_after_the_same_change_was_made_again_is_refused(story: Story) -> None:
    operation = await started(story)
    await story.types("alice", f"/edfs undo {operation}")
    await story.sees("alice", "is now enabled")
    await story.types("alice", f"/edfs disable plant-a {WORK}")
    await until(lambda: story.flips() == 3)
    await until(lambda: sum("is now disabled" in m for m in story.says("bob")) == 2)
    await story.types("alice", f"/edfs undo {operation}")
    await story.sees("alice", "It was undone already")
    assert story.flips() == 3


async def test_undo_after_a_change_outside_the_bot_is_refused(story: Story) -> None:
    operation = await started(story)
    story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    await story.types("alice", f"/edfs undo {operation}")
    answer = await story.sees("alice", "an undo would overwrite somebody's work")
    assert answer.visible_to is not None
    assert story.flips() == 1


async def test_undo_of_an_unknown_operation_is_refused(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs undo {UNKNOWN_ID}")
    await story.sees("alice", "There is no such operation any more")
    assert story.patches() == 0


async def test_undo_after_more_than_a_day_is_refused(story: Story) -> None:
    operation = await started(story)
    story.world.clock.forward(25 * 3600)
    await story.types("alice", f"/edfs undo {operation}")
    await story.sees("alice", "An operation can be undone for a day")
    assert story.flips() == 1


async def test_list_shows_itwins_and_then_the_timers_of_one(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list")
    itwins = await story.sees("alice", "Your iTwins: 124")
    assert itwins.visible_to is not None
    assert "Page 1 of 7: 1 to 20 of 124." in read(itwins)
    await story.types("alice", "/edfs list plant-a")
    timers = await story.sees("alice", "Timers of plant-a: 7, 1 disabled")
    assert "disabled SharePoint documents SHAREPOINT_DOCUMENTS" in read(timers)
    assert story.says("bob") == []


async def test_show_answers_privately_and_offers_the_change(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs show plant-a {WORK}")
    shown = await story.sees("alice", "SAP work orders is enabled")
    assert shown.visible_to is not None
    assert "Package: SAP_WORK_ORDERS" in read(shown)
    assert story.says("bob") == []
    await story.clicks("alice", "Disable")
    await story.sees("bob", "SAP work orders is now disabled")
    await story.types("alice", f"/edfs show plant-a {WORK}")
    assert "Disabled by: @alice" in read(await story.sees("alice", "SAP work orders is disabled"))


async def test_whoami_signed_out_and_in(story: Story) -> None:
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "Not signed in")
    await story.signs_in("alice")
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you as alice@acme.example")
    assert story.says("bob") == []


async def test_signin_reports_that_one_is_signed_in_already(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs signin")
    await until(
        lambda: sum("signed in as alice@acme.example" in m for m in story.says("alice")) == 2
    )


async def test_signout_revokes_the_sign_in_and_the_next_command_asks_for_it(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Bentley has ended it")
    assert story.world.ims.revocations == 1
    await story.types("alice", TOGGLE)
    await story.sees("alice", "Your command waits and is offered back")
    assert story.patches() == 0


async def test_signout_reports_that_bentley_could_not_be_reached(story: Story) -> None:
    await story.signs_in("alice")
    story.world.ims.fail("revocation", 500, times=None)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Bentley could not be told")
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "Not signed in")


async def test_signout_without_a_sign_in(story: Story) -> None:
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "You were not signed in")
    assert story.world.ims.revocations == 0


async def test_the_version_is_the_one_that_answers(story: Story) -> None:
    await story.types("alice", "/edfs version")
    await story.sees("alice", f"EDFS Bot {__version__}")
