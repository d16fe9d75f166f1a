"""Several timers at once: asked first, then one operation each, under one card that counts them."""

import re

import pytest
from inline_snapshot import snapshot

from bot.sandbox.slack import Message
from tests.world.story import Story, read

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
⚪ SAP work orders: disabled\
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
