"""Paging: all pages show each thing once, whatever the names, within Slack's limits."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.approvals import Approval
from bot.core.auto_enables import Phase
from bot.core.language.commands import Command, ListTimers, Pending, Subscriptions
from bot.core.language.parser import parse
from bot.core.listings import (
    DisabledListed,
    DisabledTimer,
    ITwinsListed,
    OpenItems,
    PendingListed,
    SubscriptionsListed,
    TimersListed,
)
from bot.core.names import ITwinId, OperationId, PersonId, TimerId
from bot.core.outcomes import Outcome
from bot.core.timers import ITwin, LastSeen, Timer
from bot.gateways.slack.messages import Ephemeral
from bot.sandbox.slack.blocks import complaints_about_blocks, too_many_characters
from bot.slack.views import auto_enables, timers
from bot.slack.views.blocks import json_size, option_of, paragraph
from bot.slack.views.paging import page_of
from bot.slack.views.render import render
from tests.core.test_approvals import WAITING
from tests.core.test_auto_enables import SCHEDULED
from tests.core.test_subscriptions import SUBSCRIPTION as A_SUBSCRIPTION

NOW = 1_795_000_000.0
ALICE = PersonId("U0ALICE001")
AUTO_ENABLE = replace(SCHEDULED, person=ALICE)
SUBSCRIPTION = replace(A_SUBSCRIPTION, person=ALICE)
SCRIPTS = ["A" * 300, "x " * 200, "😀" * 200, "漢字" * 200, "שלום" * 100, "<&>" * 100, '"\\' * 150]
GUID = "0a1b2c3d-0000-4000-8000-{:012d}"


@given(st.lists(st.integers(1, 3_000), max_size=200), st.integers(1, 30))
def test_all_pages_together_show_each_thing_once_and_in_order(sizes: list[int], most: int) -> None:
    things = list(enumerate(sizes))

    def page(number: int) -> Any:
        return page_of(things, number, lambda one: one[1], most, space=5_000)

    count = page(1).count
    pages = [page(number) for number in range(1, count + 1)]
    assert [one for page in pages for one in page.things] == things
    assert all(len(page.things) <= most for page in pages)
    assert all(sum(size for _, size in page.things) <= 5_000 for page in pages)
    assert [page.number for page in pages] == [*range(1, count + 1)]
    assert page(count + 7) == page(count)
    assert page(0) == page(-3) == page(1)


def test_a_thing_too_large_for_a_page_gets_a_page_alone() -> None:
    pages = [page_of([9, 99, 9], number, lambda one: one, space=50).things for number in (1, 2, 3)]
    assert pages == [(9,), (99,), (9,)]


def name(number: int) -> str:
    return f"{number:04d} {SCRIPTS[number % len(SCRIPTS)]}"[:255]


def itwin(number: int) -> ITwin:
    return ITwin(ITwinId(GUID.format(number)), name(number), name(number))


def timer(number: int) -> Timer:
    identity = TimerId(GUID.format(number))
    return Timer(identity, name(number), name(number), "0 2 * * *", number % 3 > 0)


def off(number: int) -> DisabledTimer:
    auto_enable = replace(AUTO_ENABLE, reason=name(number)) if number % 2 else None
    return DisabledTimer(itwin(number % 7), timer(number), None, name(number) * 2, auto_enable)


def request(number: int) -> Approval:
    identity = OperationId(f"{number:024x}")
    operation = replace(
        WAITING.operation,
        id=identity,
        timer=timer(number),
        itwin=itwin(number),
        reason=name(number),
    )
    many = frozenset(f"U0PERSON{index:03d}" for index in range(200))
    return replace(WAITING, operation=operation, approvers=many if number % 2 else None)


def subscription(number: int) -> Any:
    identity = OperationId(f"{number:024x}")
    return replace(SUBSCRIPTION, id=identity, pattern=name(number), itwin=itwin(number))


TIMERS = tuple(map(timer, range(1_000)))
OPEN_ITEMS = {one.id: OpenItems(AUTO_ENABLE, (WAITING,)) for one in TIMERS[::5]}
REQUESTS = tuple(map(request, range(60)))
HALF = frozenset(one.id for one in REQUESTS[:30])
ITWINS = tuple(map(itwin, range(1_000)))
OFFS = tuple(map(off, range(1_000)))
SUBSCRIPTIONS = tuple(map(subscription, range(25)))
LISTS: dict[str, tuple[int, Callable[[int], Outcome], type[Command]]] = {
    "timers": (1_000, lambda page: TimersListed(itwin(0), TIMERS, OPEN_ITEMS, page), ListTimers),
    "itwins": (
        1_000,
        lambda page: ITwinsListed(ITWINS, page),
        ListTimers,
    ),
    "off": (
        1_000,
        lambda page: DisabledListed(OFFS, (itwin(1),) * 30, 9, page=page),
        ListTimers,
    ),
    "pending": (60, lambda page: PendingListed(REQUESTS, HALF, page=page), Pending),
    "subscriptions": (
        25,
        lambda page: SubscriptionsListed(SUBSCRIPTIONS, page),
        Subscriptions,
    ),
}


def rendered(outcome: Outcome) -> Ephemeral:
    (message,) = render(outcome, NOW, "UTC")
    assert isinstance(message, Ephemeral)
    assert message.text.strip()
    assert complaints_about_blocks(message.blocks) == []
    assert not too_many_characters(message.blocks)
    return message


def controls(message: Ephemeral, action: str) -> list[dict[str, Any]]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [one for row in rows for one in row if one["action_id"] == f"edfs.{action}"]


BEFORE = {"subscriptions": "“", "pending": "turn off ", "timers": "abled "}


def numbers_of(message: Ephemeral, which: str = "timers") -> list[int]:
    """Return the numbers at the beginning of the names in a page."""
    texts = [block for block in message.blocks if block["type"] == "rich_text"]
    lines = "".join(
        str(part.get("text", " ")) for block in texts for part in block["elements"][0]["elements"]
    )
    before = BEFORE.get(which, "^|\n")
    return [int(found) for found in re.findall(rf"(?:{before})(\d{{4}}) ", lines)]


@pytest.mark.no_cover  # the coverage tracer would take longer than the lists
@pytest.mark.parametrize("which", LISTS)
def test_pressing_next_shows_each_thing_once_within_slacks_limits(which: str) -> None:
    total, listing, kind = LISTS[which]
    page, seen, presses = 1, [], 0
    while True:
        message = rendered(listing(page))
        seen += numbers_of(message, which)
        previous = controls(message, "run:previous")
        assert bool(previous) is (page > 1)
        following = controls(message, "run:next")
        if not following:
            break
        command = parse(following[0]["value"])
        assert isinstance(command, kind)
        assert (
            not isinstance(command, ListTimers)
            or which != "timers"
            or command.itwin == GUID.format(0)
        )
        page = command.page
        presses += 1
    assert sorted(set(seen)) == [*range(total)]
    assert len(seen) == total
    assert presses == page - 1 >= (total - 1) // 20
    assert rendered(listing(10**12)) == message


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=99))
@settings(max_examples=300)
def test_estimated_sizes_are_upper_bounds(label: str, other: str, cron: str) -> None:
    plant = ITwin(ITwinId("i"), label, other, beside=other)
    one = Timer(TimerId("t"), label, other, cron, enabled=False, beside=other)
    rendered_blocks: list[list[dict[str, Any]]] = [
        [
            paragraph([timers._timer_line(one)]),
            option_of(timers.timer_option(plant, one)),
        ],
        [paragraph([timers._itwin_line(plant)]), option_of(timers._itwin_option(plant))],
    ]
    estimates = [timers.timer_json_size(plant, one), timers._itwin_json_size(plant)]
    for blocks, estimate in zip(rendered_blocks, estimates, strict=True):
        assert json_size(blocks) <= estimate
    seen = LastSeen(enabled=False, at=NOW, by=ALICE)
    for auto_enable in (None, AUTO_ENABLE, replace(AUTO_ENABLE, phase=Phase.NEEDS_PERSON)):
        gone = DisabledTimer(plant, one, seen, other, auto_enable)
        entry = [paragraph(auto_enables.entry(gone)), option_of(auto_enables._option(gone))]
        assert json_size(entry) <= auto_enables._entry_json_size(gone)


def test_the_menu_of_a_page_has_each_of_its_timers() -> None:
    message = rendered(TimersListed(itwin(0), TIMERS, OPEN_ITEMS, 2))
    (menu,) = controls(message, "run:pick")
    assert [int(one["text"]["text"][:4]) for one in menu["options"]] == numbers_of(message)
    for one in menu["options"]:
        assert len(one["text"]["text"].encode("utf-16-le")) // 2 <= 75
        assert len(one["value"]) <= 150
        parse(one["value"])


def test_a_timer_with_an_id_too_long_for_a_menu_is_left_out_of_it() -> None:
    odd = replace(timer(1), id=TimerId("x" * 140))
    message = rendered(TimersListed(itwin(0), (odd, timer(2))))
    (menu,) = controls(message, "run:pick")
    assert len(menu["options"]) == 1
    assert controls(rendered(TimersListed(itwin(0), (odd,))), "run:pick") == []


def test_disabled_timers_are_listed_first() -> None:
    message = rendered(TimersListed(itwin(0), TIMERS))
    texts = str(message.blocks[1])
    assert "disabled" in texts
    assert "enabled  " not in texts
