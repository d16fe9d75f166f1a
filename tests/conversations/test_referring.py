"""Referring to things without a whole id: undo and redo alone, timers of auto-enables, short ids.

Times and ids differ from run to run and stand as ``<time>`` and ``<id>``.
"""

import re
from dataclasses import replace

from inline_snapshot import snapshot

from bot.core.names import OperationId, TimerId
from bot.core.operations.operation import Operation, State
from bot.sandbox.slack import Message
from tests.conversations.test_verbs import operation_on
from tests.world.approval_story import HOME
from tests.world.story import Story, read
from tests.world.waiting import until

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")
CLOCK = re.compile(r"\d+ [A-Z][a-z]{2} \d\d:\d\d")
ID = re.compile(r"\b(?:[0-9a-f]{24}|[0-9a-f]{8}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\b")
ORDERS, MATERIALS = "SAP work orders", "SAP materials"


def whole(message: Message) -> str:
    """Everything in the answer, without what differs from run to run."""
    return ID.sub("<id>", TIME.sub("<time>", read(message)))


async def disables(story: Story, timer: str, more: str = "") -> OperationId:
    """Have Alice disable a timer; return the operation's id from its card."""
    await story.types("alice", f'/edfs disable plant-a "{timer}" {more}')
    return OperationId(operation_on(read(await story.sees("bob", f"# {timer} is now disabled"))))


async def stored(story: Story, operation: str) -> Operation:
    found = await story.bot.store.operations.read(HOME, OperationId(operation))
    assert found is not None
    return found


async def alike(story: Story, operation: str) -> str:
    """Store another operation whose id begins with the same eight digits; return its id."""
    first = await stored(story, operation)
    other = OperationId(f"{first.id[:8]}{'0' * 16}")
    timer = replace(first.timer, id=TimerId("0a1b2c3d-0000-4000-8000-000000000009"), name="Other")
    later = first.asked_at + 3_600
    elsewhere = replace(first, id=other, timer=timer, state=State.LOCKED, resume_at=later)
    assert (await story.bot.store.operations.start(elsewhere)).result == "started"
    return other


async def scheduled(story: Story, count: int) -> None:
    """Wait until so many auto-enables are open."""

    async def is_so() -> bool:
        return len(await story.bot.store.auto_enables.open(HOME)) == count

    await until(is_so, reason=f"there are not {count} auto-enables")


async def test_undo_alone_takes_the_newest_change_and_keeps_its_reason(story: Story) -> None:
    await story.signs_in("alice")
    await disables(story, ORDERS)
    undone = await disables(story, MATERIALS)
    await story.types("alice", "/edfs undo because the wrong timer")
    card = read(await story.sees("bob", f"# {MATERIALS} is now enabled"))
    assert f"This undoes operation {undone}" in card
    assert "Because: the wrong timer" in card
    assert (story.flips(ORDERS), story.flips(MATERIALS)) == (1, 2)
    await story.types("alice", "/edfs history plant-a")
    said = whole(await story.sees("alice", "History of plant-a"))
    assert "by @alice as alice@acme.example, because “the wrong timer”, an undo. <id>" in said


async def test_a_second_undo_names_the_change_before_and_asks(story: Story) -> None:
    await story.signs_in("alice")
    await disables(story, ORDERS, "because SAP is down")
    await disables(story, MATERIALS)
    await story.types("alice", "/edfs undo")
    await story.sees("bob", f"# {MATERIALS} is now enabled")
    await story.types("alice", "/edfs undo last because SAP is up")
    question = await story.sees("alice", "Undo an earlier change?")
    assert question.visible_to is not None
    assert whole(question) == snapshot("""\
# Undo an earlier change? enable SAP work orders
Your last change here cannot be undone. This is the one before it.
@alice disabled SAP work orders in plant-a, <time>, because “SAP is down”.
Undo will enable SAP work orders.
Nothing was changed yet. /edfs undo <id> because SAP is up
[Undo]\
""")
    assert story.flips(ORDERS) == 1
    await story.clicks("alice", "Undo", question.ts)
    assert "Because: SAP is up" in read(await story.sees("bob", f"# {ORDERS} is now enabled"))
    await story.types("alice", "/edfs undo")
    assert whole(await story.sees("alice", "Nothing to undo")) == snapshot("""\
# Nothing to undo
All your changes in this channel were undone already. Nothing was changed.
See past changes with /edfs history, or take an undo back with /edfs redo.
Trace <id>\
""")
    assert (story.flips(ORDERS), story.flips(MATERIALS)) == (2, 2)


async def test_redo_takes_an_undo_back_once_it_is_confirmed(story: Story) -> None:
    await story.signs_in("alice")
    changed = await disables(story, ORDERS)
    await story.types("alice", "/edfs undo")
    await story.sees("bob", f"# {ORDERS} is now enabled")
    await story.types("alice", "/edfs redo because it was right")
    question = await story.sees("alice", "Take the undo back?")
    assert question.visible_to is not None
    assert whole(question) == snapshot("""\
# Take the undo back? disable SAP work orders
@alice enabled SAP work orders in plant-a as an undo, <time>.
Redo will disable SAP work orders, with no end date.
Nothing was changed yet. /edfs redo <id> because it was right
[Redo]\
""")
    assert story.flips() == 2
    await story.clicks("alice", "Redo", question.ts)
    await until(lambda: story.flips() == 3)
    card = await story.sees("bob", "This takes back undo")
    assert "Because: it was right" in read(card)
    for again in (f"redo {changed[:8]}", "redo"):
        await story.types("alice", f"/edfs {again}")
    await story.sees("alice", "That undo was taken back already.")
    assert whole(await story.sees("alice", "Nothing to redo")) == snapshot("""\
# Nothing to redo
All your undos in this channel were taken back already. Nothing was changed.
See past changes with /edfs history.
Trace <id>\
""")
    await story.types("alice", "/edfs undo")
    await until(lambda: story.flips() == 4)


async def test_a_redo_by_the_beginning_of_the_id_of_what_was_undone_asks_too(story: Story) -> None:
    await story.signs_in("alice")
    changed = await disables(story, ORDERS)
    await story.types("alice", f"/edfs redo {changed[:6]}")
    await story.sees("alice", "That change was not undone, so there is nothing to redo.")
    await story.types("alice", f"/edfs undo {changed[:6].upper()}")
    await story.sees("bob", f"# {ORDERS} is now enabled")
    await story.types("alice", f"/edfs redo {changed[:6]}")
    await story.sees("alice", "Take the undo back?")
    await story.clicks("alice", "Redo")
    await until(lambda: story.flips() == 3)


async def test_undo_takes_only_what_this_person_changed_in_this_channel(story: Story) -> None:
    await story.signed_in("alice", "bob")
    await disables(story, ORDERS)
    await story.types("bob", "/edfs undo")
    assert whole(await story.sees("bob", "Nothing to undo")) == snapshot("""\
# Nothing to undo
You changed no timer in this channel, so there is nothing to undo.
See past changes, and the ids to undo them by, with /edfs history.
Trace <id>\
""")
    await story.types("alice", "/edfs undo", "#approvals")
    await story.sees("alice", "You changed no timer in this channel", "#approvals")
    await story.types("bob", "/edfs redo")
    assert whole(await story.sees("bob", "Nothing to redo")) == snapshot("""\
# Nothing to redo
You undid nothing in this channel, so there is nothing to redo.
See past changes, and the ids to redo them by, with /edfs history.
Trace <id>\
""")
    assert story.flips() == 1


async def test_what_the_timer_does_not_show_any_more_is_not_undone(story: Story) -> None:
    await story.signs_in("alice")
    await disables(story, ORDERS)
    story.world.edfs.state.flip_outside("plant-a", ORDERS)
    await story.types("alice", "/edfs undo")
    await story.sees("alice", "an undo would overwrite somebody's work")
    assert story.flips() == 1


async def test_an_undo_that_waits_for_a_sign_in_stays_that_of_the_same_change(
    story: Story,
) -> None:
    await story.signs_in("alice")
    changed = await disables(story, ORDERS)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out")
    await story.types("alice", "/edfs undo")
    await story.sees("alice", f"/edfs undo {changed}")


async def test_ids_that_begin_alike_are_asked_and_unknown_ones_said(story: Story) -> None:
    await story.signs_in("alice")
    changed = await disables(story, ORDERS)
    await alike(story, changed)
    await story.types("alice", f"/edfs undo {changed[:8]} because of that")
    question = await story.sees("alice", "Which one?")
    assert CLOCK.sub("<time>", whole(question)) == snapshot("""\
# Which one?
2 changes have an id that begins with “<id>”. Nothing was changed.
Press the one you mean, or type more of its id.
[Disable Other · <time>] [Disable SAP work orders · <time>]
Trace <id>\
""")
    (button,) = re.findall(rf"\[(Disable {ORDERS} · [^\]]+)\]", read(question))
    await story.clicks("alice", button, question.ts)
    assert "Because: of that" in read(await story.sees("bob", f"# {ORDERS} is now enabled"))
    await story.types("alice", "/edfs undo ffffff")
    assert whole(await story.sees("alice", "No such operation")) == snapshot("""\
# No such operation
No change has an id that begins with “ffffff”. Nothing was changed.
See past changes with /edfs history.
Trace <id>\
""")


async def test_the_timer_of_another_channel_is_not_named(story: Story) -> None:
    await story.signed_in("alice", "bob")
    changed = await disables(story, ORDERS)
    await alike(story, changed)
    await story.types("bob", f"/edfs undo {changed[:8]}", "#approvals")
    said = read(await story.sees("bob", "Which one?", "#approvals"))
    assert said.count("From another channel") == 2
    assert ORDERS not in said


async def test_an_auto_enable_is_found_by_its_timer(story: Story) -> None:
    await story.signs_in("alice")
    await disables(story, ORDERS, "for 5 days because SAP is down")
    await story.types("alice", f'/edfs extend plant-a "{ORDERS}" for 14 days because still down')
    await story.sees("bob", "Because: still down")
    await story.types("alice", "/edfs use plant-a")
    await story.sees("alice", "plant-a")
    await story.types("alice", f"/edfs extend {ORDERS} for 20 days")
    await until(lambda: sum("Because: still down" in said for said in story.says("bob")) == 2)
    await story.types("alice", f'/edfs keep "{ORDERS}" because the plant is closed')
    await story.sees("bob", "Because: the plant is closed")
    await scheduled(story, 0)
    assert story.flips() == 1


async def test_an_auto_enable_is_found_by_the_beginning_of_its_id(story: Story) -> None:
    await story.signs_in("alice")
    changed = await disables(story, ORDERS, "for 5 days")
    await story.types("alice", f"/edfs return {changed[:6].upper()} because SAP is up")
    assert "Because: SAP is up" in read(await story.sees("bob", f"# {ORDERS} is now enabled"))
    await story.types("alice", "/edfs keep ffffff")
    assert whole(await story.sees("alice", "No such auto-enable")) == snapshot("""\
# No such auto-enable
No auto-enable has an id that begins with “ffffff”. Nothing was changed.
See disabled timers with /edfs list disabled.
Trace <id>\
""")


async def test_a_timer_without_an_auto_enable_is_named_with_its_state(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f'/edfs keep plant-a "{ORDERS}"')
    assert whole(await story.sees("alice", "No auto-enable")) == snapshot("""\
# No auto-enable
SAP work orders is enabled, so it has no auto-enable. Nothing was changed.
Press the button to disable it until a time.
[Disable until…]
Trace <id>\
""")
    await story.types("alice", '/edfs extend plant-a "SharePoint documents" for 2 days because x')
    answer = await story.sees("alice", "is disabled with no end date")
    assert whole(answer) == snapshot("""\
# No auto-enable
SharePoint documents is disabled with no end date. Nothing was changed.
Press the button to do it now.
[Auto-enable: for 2 days]
Trace <id>\
""")
    assert story.patches() == 0
    await story.clicks("alice", "Auto-enable: for 2 days", answer.ts)
    await scheduled(story, 1)
    await story.types("alice", '/edfs keep plant-a "SharePoint documents"')
    await scheduled(story, 0)


async def test_a_subscription_is_removed_by_the_short_id_that_the_list_shows(story: Story) -> None:
    await story.signs_in("alice")
    for pattern in ("SAP*", "Share*"):
        await story.types("alice", f'/edfs subscribe plant-a "{pattern}" changes')
        await story.sees("alice", f"This channel will be told of “{pattern}”")
    await story.types("alice", "/edfs subscriptions")
    listed = read(await story.sees("alice", "Subscriptions of this channel: 2"))
    (first, _) = re.findall(r"Subscription ([0-9a-f]{8})$", listed, re.MULTILINE)
    await story.types("alice", f"/edfs unsubscribe {first}")
    await story.sees("alice", "Removed")
    await story.types("alice", f"/edfs unsubscribe {first}")
    assert whole(await story.sees("alice", "No such subscription")) == snapshot("""\
# No such subscription
No subscription of this channel has an id that begins with “<id>”. Nothing was changed.
See the subscriptions with /edfs subscriptions.
Trace <id>\
""")
