"""Several timers at once: asked first, then one operation each, under one card that counts them."""

import re
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from bot.sandbox.slack import Message
from tests.world.approval_story import HERE, rule
from tests.world.story import Story, read
from tests.world.waiting import until

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")
TWO = '"SAP work orders", "SAP materials"'


@pytest.fixture
async def alice(story: Story) -> Story:
    """Alice is signed in."""
    await story.signs_in("alice")
    return story


def whole(message: Message) -> str:
    """Everything in a message, without the times and traces that differ from run to run."""
    said = re.sub(r"Trace [0-9a-f]{8}", "Trace <id>", TIME.sub("<time>", read(message)))
    return re.sub(r"<time>(, then <time>|, <time>| and <time>)+", "<times>", said)


# The question


async def asked(story: Story, typed: str, words: str) -> str:
    await story.types("alice", f"/edfs {typed}")
    answer = await story.sees("alice", words)
    assert answer.visible_to is not None
    assert story.patches() == 0
    return whole(answer)


async def test_a_list_of_names_asks(alice: Story) -> None:
    typed = f"off plant-a {TWO} for 14 days because SAP is down"
    assert await asked(alice, typed, "2 timers") == snapshot("""\
# Disable 2 timers in plant-a?
• SAP materials: enabled, skips 14 runs, first <time>
• SAP work orders: enabled, skips 10 runs, first <time>
Auto-enable <time>
Because “SAP is down”
Nothing was changed yet.
[Disable 2 timers]\
""")


async def test_a_pattern_asks(alice: Story) -> None:
    assert await asked(alice, 'disable plant-a "sap*"', "2 timers") == snapshot("""\
# Disable 2 timers in plant-a?
• SAP materials: enabled
• SAP work orders: enabled
No end date
Nothing was changed yet.
[Disable 2 timers]\
""")


async def test_all_timers_ask_and_leave_out_what_is_so_already(alice: Story) -> None:
    assert await asked(alice, "off plant-a all", "6 timers") == snapshot("""\
# Disable 6 timers in plant-a?
• Maximo assets: enabled
• Meter readings: enabled
• Month end: enabled
• SAP materials: enabled
• SAP work orders: enabled
• Weekend orders: enabled
No end date
Already disabled: SharePoint documents
Nothing was changed yet.
[Disable 6 timers]\
""")


async def test_enable_asks_alike(alice: Story) -> None:
    assert await asked(alice, 'enable plant-a "*o*"', "1 timer") == snapshot("""\
# Enable 1 timer in plant-a?
• SharePoint documents: disabled
Already enabled: Maximo assets, Month end, SAP work orders, Weekend orders
Nothing was changed yet.
[Enable 1 timer]\
""")


# Doing it


async def test_a_press_changes_all_under_one_card(alice: Story) -> None:
    await asked(alice, f"off plant-a {TWO} for 14 days because SAP is down", "2 timers")
    await alice.clicks("alice", "Disable 2 timers")
    assert whole(await alice.sees("bob", "Disabled 2 timers")) == snapshot("""\
# Disabled 2 timers in plant-a
by @alice as alice@acme.example, <time>
Auto-enable <time>
Because “SAP is down”
⚪ SAP materials: disabled
⚪ SAP work orders: disabled
[Undo]\
""")
    assert alice.card()
    assert [alice.flips("SAP work orders"), alice.flips("SAP materials")] == [1, 1]


async def test_a_second_press_changes_nothing(alice: Story) -> None:
    await asked(alice, f"off plant-a {TWO}", "2 timers")
    question = await alice.sees("alice", "[Disable 2 timers]")
    await alice.clicks("alice", "Disable 2 timers")
    await alice.clicks("alice", "Disable 2 timers", message=question.ts)
    await alice.sees("bob", "Disabled 2 timers")
    await alice.types("alice", "/edfs show plant-a SAP materials")
    await alice.sees("alice", "SAP materials is disabled")
    assert alice.card()
    assert alice.patches() == 2


async def test_one_that_changed_since_the_question_is_left_out(alice: Story) -> None:
    await asked(alice, "off plant-a all", "6 timers")
    edfs = alice.world.edfs.state
    edfs.flip_outside("plant-a", "Month end")
    edfs.edit_timer("plant-a", "Maximo assets", cron="0 1 * * *")
    edfs.remove_timer("plant-a", "Meter readings")
    await alice.clicks("alice", "Disable 6 timers")
    assert whole(await alice.sees("bob", "Disabled 3 of 6 timers")) == snapshot("""\
# Disabled 3 of 6 timers in plant-a
by @alice as alice@acme.example, <time>
🔴 Maximo assets: not changed, it was edited since
🔴 Meter readings: not changed, it no longer exists
🔴 Month end: not changed, somebody changed it since
⚪ SAP materials: disabled
⚪ SAP work orders: disabled
⚪ Weekend orders: disabled
[Undo]\
""")


async def test_the_failure_of_one_does_not_stop_the_others(alice: Story) -> None:
    await asked(alice, f"off plant-a {TWO}", "2 timers")
    alice.world.edfs.fail("toggle", "403")
    await alice.clicks("alice", "Disable 2 timers")
    card = whole(await alice.sees("bob", "Disabled 1 of 2 timers"))
    assert card.count("not changed, no permission") == 1
    assert alice.patches() == 2
    assert alice.card()


async def test_a_timer_that_another_change_holds_is_left_out(alice: Story) -> None:
    await alice.signs_in("bob")
    await asked(alice, f"off plant-a {TWO}", "2 timers")
    with alice.world.edfs.hold("toggle"):
        await alice.types("bob", '/edfs off plant-a "SAP materials"')
        await alice.sees("bob", "Turning off: SAP materials")
        await alice.clicks("alice", "Disable 2 timers")
        await alice.sees("bob", "SAP materials: not changed, another change is in progress")
    await alice.sees("bob", "Disabled 1 of 2 timers")
    assert alice.patches() == 2


async def test_nothing_is_changed_while_changes_are_stopped(alice: Story) -> None:
    await asked(alice, f"off plant-a {TWO}", "2 timers")
    store, home = alice.bot.context.gateways.store, alice.bot.context.installation.workspace
    await store.kill_switch.engage(home, alice.world.clock.now())
    await alice.clicks("alice", "Disable 2 timers")
    assert whole(await alice.sees("bob", "Disabled 0 of 2 timers")) == snapshot("""\
# Disabled 0 of 2 timers in plant-a
by @alice as alice@acme.example, <time>
🔴 SAP materials: not changed, an admin has stopped all changes
🔴 SAP work orders: not changed, an admin has stopped all changes\
""")
    assert alice.patches() == 0


async def test_the_card_follows_the_auto_enables(alice: Story) -> None:
    await asked(alice, f"off plant-a {TWO} for 3 days", "2 timers")
    await alice.clicks("alice", "Disable 2 timers")
    await alice.sees("bob", "Disabled 2 timers")
    alice.world.clock.forward(3 * 86_400 + 60)
    card = await alice.sees("bob", "SAP materials: auto-enabled")
    await until(lambda: read(card).count("auto-enabled") == 2, lambda: read(card))
    assert alice.card()
    assert alice.patches() == 4


# What is not asked


async def test_all_timers_need_their_itwin(alice: Story) -> None:
    await alice.types("alice", "/edfs use plant-a")
    await alice.sees("bob", "set this channel's iTwin")
    for typed in ("off all", "off *", "off all for 3 days"):
        assert "All timers of which iTwin?" in await asked(alice, typed, "Not understood")


async def test_the_default_of_the_channel_stands_for_a_list(alice: Story) -> None:
    await alice.types("alice", "/edfs use plant-a")
    await alice.sees("bob", "set this channel's iTwin")
    assert await asked(alice, f"off {TWO}", "2 timers") == snapshot("""\
# Disable 2 timers in plant-a?
• SAP materials: enabled
• SAP work orders: enabled
No end date
Nothing was changed yet.
[Disable 2 timers]\
""")
    assert await asked(alice, 'off "*orders"', "2 timers") == snapshot("""\
# Disable 2 timers in plant-a?
• SAP materials: enabled
• SAP work orders: enabled
No end date
Nothing was changed yet.
[Disable 2 timers]\
""")


async def test_a_list_without_an_itwin_asks_for_it(alice: Story) -> None:
    assert await asked(alice, f"off {TWO}", "Which iTwin?") == snapshot("""\
# Which iTwin?
You named only “SAP work orders”, “SAP materials”, and this channel has no iTwin of its own.
Type both, iTwin first: /edfs disable <itwin> "SAP work orders", "SAP materials". Or set this channel's iTwin once: /edfs use <itwin>.
Trace <id>\
""")


async def test_a_part_of_a_name_in_a_list_is_named(alice: Story) -> None:
    typed = 'off plant-a "SAP work orders", "materials" for 14 days'
    assert await asked(alice, typed, "Did you mean") == snapshot("""\
# Did you mean SAP work orders, SAP materials?
“materials” is only a part of its name. Nothing was changed yet.
• Disable SAP work orders, SAP materials (SAP_MATERIALS) for 14 days
Press the button if you did.
[SAP work orders, SAP materials · SAP_MATERIALS]
Trace <id>\
""")
    await alice.clicks("alice", "SAP work orders, SAP materials · SAP_MATERIALS")
    await alice.sees("alice", "Disable 2 timers in plant-a?")
    assert alice.patches() == 0


async def test_a_name_that_is_not_there_gets_the_nearest(alice: Story) -> None:
    typed = 'off plant-a "SAP werk orders", "SAP materials"'
    assert await asked(alice, typed, "No such timer") == snapshot("""\
# No such timer
There is no timer “SAP werk orders” in plant-a that your account can see.
• Disable SAP work orders, SAP materials (SAP_WORK_ORDERS)
• Disable Weekend orders, SAP materials (SAP_WORK_ORDERS)
• Disable SAP materials, SAP materials (SAP_MATERIALS)
Press one of these, which have the nearest names, or see them all: /edfs list.
[SAP work orders, SAP materials · SAP_WORK_ORDERS] [Weekend orders, SAP materials · SAP_WORK_ORDERS] [SAP materials, SAP materials · SAP_MATERIALS]
Trace <id>\
""")
    assert await asked(alice, 'off plant-a "Oracle*"', "Oracle") == snapshot("""\
# No such timer
There is no timer “Oracle*” in plant-a that your account can see.
See what is there: /edfs list.
Trace <id>\
""")


async def test_a_star_in_an_existing_name_is_that_name(alice: Story) -> None:
    alice.world.edfs.state.put_timer("plant-a", "SAP*")
    await alice.types("alice", '/edfs off plant-a "SAP*"')
    await alice.sees("bob", "SAP* is now disabled")
    assert alice.patches() == 1


async def test_toggle_and_emergencies_take_one_timer(alice: Story) -> None:
    assert "Toggle takes one timer" in await asked(alice, f"toggle plant-a {TWO}", "Toggle takes")
    assert await asked(alice, 'toggle plant-a "SAP*"', "Toggle takes one timer")
    emergency = f'off plant-a {TWO} because "fire" emergency'
    assert await asked(alice, emergency, "An emergency is for one timer at a time")


async def test_more_than_fifty_ask_for_a_narrower_pattern(alice: Story) -> None:
    for place in range(60):
        alice.world.edfs.state.put_timer("plant-b", f"Job {place:02d}")
    assert await asked(alice, 'off plant-b "job*"', "Too many timers") == snapshot("""\
# Too many timers
60 timers in plant-b would be changed, and at most 50 can be at once. Nothing was changed.
Type fewer names, or a narrower pattern.
Trace <id>\
""")
    said = await asked(alice, 'off plant-b "job 1*"', "10 timers")
    assert said.count("Job 1") == 10


async def test_nothing_to_change_has_no_button(alice: Story) -> None:
    assert await asked(alice, 'on plant-a "sap*"', "No timer to enable") == snapshot("""\
# No timer to enable in plant-a
Already enabled: SAP materials, SAP work orders
Nothing was changed.\
""")


async def test_what_needs_approval_is_left_out_and_named(ruled: Story, policy: Path) -> None:
    await ruled.signs_in("alice")
    rule(ruled, policy, HERE)
    assert await asked(ruled, f"off plant-a {TWO}", "No timer to disable") == snapshot("""\
# No timer to disable in plant-a
Left out, needs approval: ask for it alone: SAP materials, SAP work orders
Nothing was changed.\
""")


async def test_approvals_that_are_wanted_since_the_question(ruled: Story, policy: Path) -> None:
    await ruled.signs_in("alice")
    await asked(ruled, f"off plant-a {TWO}", "2 timers")
    rule(ruled, policy, HERE)
    await ruled.clicks("alice", "Disable 2 timers")
    assert whole(await ruled.sees("bob", "Disabled 0 of 2 timers")) == snapshot("""\
# Disabled 0 of 2 timers in plant-a
by @alice as alice@acme.example, <time>
🔴 SAP materials: not changed, needs approval: ask for it alone
🔴 SAP work orders: not changed, needs approval: ask for it alone\
""")
    assert ruled.patches() == 0


# Undo


async def disabled(story: Story, typed: str = TWO, count: int = 2) -> Message:
    await story.types("alice", f"/edfs off plant-a {typed}")
    await story.sees("alice", f"[Disable {count} timers]")
    await story.clicks("alice", f"Disable {count} timers")
    return await story.sees("bob", f"Disabled {count} timers")


@pytest.mark.parametrize("how", ["button", "typed"])
async def test_undo_restores_the_set(alice: Story, how: str) -> None:
    await disabled(alice)
    if how == "button":
        await alice.clicks("alice", "Undo")
    else:
        await alice.types("alice", "/edfs undo because wrong plant")
    card = whole(await alice.sees("bob", "Enabled 2 timers in plant-a"))
    assert "🟢 SAP materials: enabled\n🟢 SAP work orders: enabled" in card
    assert ("Because “wrong plant”" in card) is (how == "typed")
    assert alice.patches() == 4
    await alice.types("alice", "/edfs undo")
    await alice.sees("alice", "Nothing to undo")


async def test_undo_leaves_out_what_was_touched_since(alice: Story) -> None:
    await alice.signs_in("bob")
    await disabled(alice)
    for verb in ("on", "off"):
        await alice.types("bob", f'/edfs {verb} plant-a "SAP materials"')
        await alice.sees("bob", f"SAP materials is now {'enabled' if verb == 'on' else 'disabled'}")
    await alice.clicks("alice", "Undo", message=(await alice.sees("bob", "Disabled 2")).ts)
    assert whole(await alice.sees("bob", "Enabled 1 of 2")) == snapshot("""\
# Enabled 1 of 2 timers in plant-a
by @alice as alice@acme.example, <time>
Undoes an earlier change of these timers
🔴 SAP materials: not changed, somebody changed it since
🟢 SAP work orders: enabled\
""")
    assert alice.flips("SAP materials") == 3
