"""Lists in Slack: turned page by page, pointed into, and true about what is arranged."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.names import ITwinId
from bot.core.timers import ITwin
from bot.sandbox.slack import Message
from tests.slack.samples import ORDINARY, operation, own_id, request, subscription, timer
from tests.world.approval_story import HERE, ask
from tests.world.story import Story, read

SCRIPTS = ["L" * 250, "😀" * 120, "漢字" * 120, "שלום " * 50, "<&>" * 80]
PAGE = re.compile(r"Page (\d+) of (\d+)")


def labels(story: Story, person: str, message: Message) -> list[str]:
    acts = story.world.slack.actions
    return [one.label for one in acts.controls_of(message, story.world.person(person))]


async def walked(story: Story, person: str, title: str) -> list[Message]:
    """Press Next until there is none; return each page as it was."""
    pages = [await story.sees(person, title)]
    while "Next" in labels(story, person, pages[-1]):
        number = len(pages) + 1
        story.world.clock.forward(3)  # nobody presses faster than their share of Bentley's limit
        await story.clicks(person, "Next", pages[-1].ts)
        pages.append(await story.sees(person, f"Page {number} of "))
        assert pages[-1].ts == pages[0].ts, "a page takes the place of the one before"
    return pages


@pytest.mark.no_cover  # the tracer would take longer than the lists
async def test_many_timers_are_walked_through_by_pressing(story: Story) -> None:
    many = 300
    edfs = story.world.edfs
    edfs.state.put_itwin("crowded", people=("alice",))
    for number in range(many):
        script = SCRIPTS[number // 20 % len(SCRIPTS)] if number < 100 else "timer " * 40
        name = f"{number:04d} {script}"[:255]
        edfs.state.put_timer("crowded", name, enabled=number % 10 > 0)
    await story.signs_in("alice")
    await story.types("alice", "/edfs list crowded")
    pages = await walked(story, "alice", f"{many}, {many // 10} disabled")
    said = "\n".join(read(page) for page in pages)
    seen = re.findall(r"abled (\d{4}) ", said)
    assert sorted(seen) == [f"{number:04d}" for number in range(many)]
    assert seen[: many // 10] == [f"{number:04d}" for number in range(0, many, 10)]
    last = PAGE.search(read(pages[-1]))
    assert last is not None
    assert last[1] == last[2] == str(len(pages))
    assert "Next" not in labels(story, "alice", pages[-1])
    await story.clicks("alice", "Previous")
    await story.sees("alice", f"Page {len(pages) - 1} of {len(pages)}")
    await story.types("alice", "/edfs list crowded page 999")
    await story.sees("alice", f"Page {len(pages)} of {len(pages)}")


@pytest.mark.no_cover
async def test_a_thousand_itwins_are_walked_through_by_pressing(story: Story) -> None:
    more = 1_000  # beside the 124 of the first world: more than the platform lists unasked
    for number in range(more):
        script = SCRIPTS[number % len(SCRIPTS)] if number < 100 else "plant " * 45
        name = f"{number:04d} {script}"[:255]
        story.world.edfs.state.put_itwin(name, number=f"N-{number:04d}", people=("alice",))
    await story.signs_in("alice")
    await story.types("alice", "/edfs list")
    pages = await walked(story, "alice", "Your iTwins: 1124")
    seen = re.findall(r"(?:^|\n)\W*(\d{4}) ", "\n".join(map(read, pages)))
    assert sorted(seen) == [f"{number:04d}" for number in range(more)]


async def test_requests_and_subscriptions_are_walked_through_too(story: Story) -> None:
    place = ITwin(ITwinId(story.world.edfs.state.itwin("plant-a").id), "plant-a")
    store, now = story.bot.store, story.world.clock.now()
    await story.signs_in("alice")
    for number in range(60):
        name = f"{number:04d} {SCRIPTS[number % len(SCRIPTS)]}"[:255]
        wish = operation(
            ORDINARY,
            id=own_id(number + 1),
            timer=replace(timer(ORDINARY, number), name=name),
            itwin=place,
            asked_at=now + number,
        )
        await store.approvals.put(request(ORDINARY, operation=wish, expires_at=now + 86_400))
    for number in range(25):
        pattern = f"{number:04d} {SCRIPTS[number % len(SCRIPTS)]}"[:255]
        one = subscription(ORDINARY, id=own_id(number + 1), itwin=place, pattern=pattern)
        await store.subscriptions.put(replace(one, kinds=frozenset({"changes"}), made_at=now))
    for command, title, before, count in (
        ("pending", "Requests that wait: 60", "turn off ", 60),
        ("subscriptions", "Subscriptions of this channel: 25", "“", 25),
    ):
        await story.types("alice", f"/edfs {command}")
        pages = await walked(story, "alice", title)
        seen = re.findall(rf"{before}(\d{{4}}) ", "\n".join(map(read, pages)))
        assert sorted(seen) == [f"{number:04d}" for number in range(count)]


async def test_a_list_is_pointed_into_down_to_the_switch(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list page 7")
    await story.sees("alice", "Page 7 of 7")
    await story.clicks("alice", "plant-a")
    await story.sees("alice", "Timers of plant-a: 7, 1 disabled")
    await story.clicks("alice", "SAP work orders (enabled)")
    shown = await story.sees("alice", "SAP work orders is enabled")
    assert shown.visible_to is not None
    await story.clicks("alice", "History")
    await story.sees("alice", "History of SAP work orders in plant-a")
    await story.types("alice", "/edfs show plant-a SAP work orders")
    await story.sees("alice", "SAP work orders is enabled")
    await story.clicks("alice", "All timers")
    await story.sees("alice", "Timers of plant-a")
    await story.clicks("alice", "SAP work orders (enabled)")
    await story.sees("alice", "SAP work orders is enabled")
    await story.clicks("alice", "Disable")
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1


async def test_a_menu_with_a_value_that_is_no_text_does_nothing(story: Story) -> None:
    """The shape of a pick is checked like everything else that comes in."""
    await story.signs_in("alice")
    await story.types("alice", "/edfs list plant-a")
    message = await story.sees("alice", "Timers of plant-a")
    menu = next(
        element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "static_select"
    )
    assert menu["action_id"] == "edfs.run:pick"
    menu["options"][0]["value"] = "x" * 151
    await story.clicks("alice", menu["options"][0]["text"]["text"])
    menu["options"][0]["value"] = "nonsense"
    await story.clicks("alice", menu["options"][0]["text"]["text"])
    await story.sees("alice", "There is no “nonsense”")
    assert story.flips() == 0


async def test_a_return_stands_in_the_lists_and_goes_with_the_sign_in(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs off plant-a "SAP work orders" for 3 days')
    await story.sees("bob", "SAP work orders is now disabled")
    await story.types("alice", "/edfs list plant-a")
    assert "off until" in read(await story.sees("alice", "Timers of plant-a: 7, 2 disabled"))
    await story.types("alice", "/edfs show plant-a SAP work orders")
    shown = read(await story.sees("alice", "SAP work orders is disabled"))
    assert "Off until: " in shown
    assert "set by @alice" in shown
    await story.types("alice", '/edfs off plant-a "SAP work orders"')
    assert "Off until: " in read(await story.sees("alice", "SAP work orders is already disabled"))
    await story.types("alice", "/edfs signout")
    said = read(await story.sees("alice", "Signed out"))
    assert "Warning: 1 timer was to come back on with it, " in said
    assert "/edfs signin" in said


async def test_a_sign_out_on_which_nothing_depends_warns_of_nothing(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs signout")
    assert "Warning" not in read(await story.sees("alice", "Signed out"))


async def test_a_request_stands_in_the_lists(ruled: Story, policy: Path) -> None:
    await ask(ruled, policy, HERE)
    await ruled.types("alice", "/edfs list plant-a")
    said = read(await ruled.sees("alice", "Timers of plant-a"))
    assert "waits for approval to be disabled, asked by @alice" in said
    await ruled.types("alice", "/edfs show plant-a SAP work orders")
    assert "Waits for approval: disabled, asked by @alice" in read(
        await ruled.sees("alice", "SAP work orders is enabled")
    )
