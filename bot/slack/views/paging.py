"""Paging of long lists: how they are split, and the buttons between pages.

Slack takes 50 blocks and about 13,000 characters of them in a message, so long names make shorter
pages. Where pages end depends on the list alone, not on the requested page, so that all pages
together show each thing once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.core.actions import Action
from bot.core.language.commands import Command
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.blocks import (
    SPACE,
    Button,
    buttons,
    context_block,
    fallback_text,
)

MOST = 20  # on one page

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Page(Generic[Thing]):
    """Page ``number`` of ``count``; ``first`` is the position of its first thing. All from 1."""

    things: tuple[Thing, ...]
    number: int = 1
    count: int = 1
    first: int = 1
    total: int = 0


def page_of(
    things: Sequence[Thing],
    wanted: int,
    weigh: Callable[[Thing], int],
    most: int = MOST,
    space: int = SPACE,
) -> Page[Thing]:
    """Return the wanted page, or the last if there are fewer.

    ``weigh`` returns the characters of JSON that a thing takes; a page holds at least one thing.
    """
    starts, left = [0], space
    for index, thing in enumerate(things):
        weight = weigh(thing)
        count = index - starts[-1]
        if count and (count == most or weight > left):
            starts.append(index)
            left = space
        left -= weight
    number = max(1, min(wanted, len(starts)))
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(things)
    return Page(tuple(things[start:end]), number, len(starts), start + 1, len(things))


def page_buttons(page: Page[Thing], command: Callable[[int], Command]) -> list[Button]:
    """Return the buttons to the previous and next page; ``command`` makes a page's command."""
    turns = (("Previous", "previous", page.number - 1), ("Next", "next", page.number + 1))
    return [
        Button(says, Action.RUN, str(command(number)), suffix=way, label=f"{says}: page {number}")
        for says, way, number in turns
        if 1 <= number <= page.count
    ]


def position_of(page: Page[Thing]) -> str:
    """Return a sentence on which page this is; empty if there is only one."""
    if page.count == 1:
        return ""
    last = page.first + len(page.things) - 1
    return f"Page {page.number} of {page.count}: {page.first} to {last} of {page.total}."


def listed(
    title: str,
    blocks: Sequence[Block],
    page: Page[Thing],
    command: Callable[[int], Command],
    *,
    also: Sequence[Button] = (),
    notes: Sequence[str] = (),
) -> Ephemeral:
    """Return a page as a message: its blocks, the page buttons, its position and notes."""
    actions = [*page_buttons(page, command), *also]
    position = position_of(page)
    small_print = [context_block(note) for note in (position, *notes) if note]
    row = [buttons(*actions)] if actions else []
    text = fallback_text(title, f". {position}" if position else "")
    return Ephemeral(text, [*blocks, *row, *small_print])
