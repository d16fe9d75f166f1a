"""Long lists as pages: what stands on which page, and the buttons that turn them.

Slack takes 50 blocks and about 13,000 characters of them in a message, so long names make shorter
pages. Where a page ends depends on the whole list alone, never on the page that is asked for: all
pages together show everything once.
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
    """``number`` of ``count`` pages, from 1; ``first`` is the place of its first thing, from 1."""

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
    """Return the wanted page, or the last where there are fewer.

    ``weigh`` says how many characters of blocks a thing takes; each page holds at least one thing.
    """
    starts, left = [0], space
    for place, thing in enumerate(things):
        weight = weigh(thing)
        begun = place - starts[-1]
        if begun and (begun == most or weight > left):
            starts.append(place)
            left = space
        left -= weight
    number = max(1, min(wanted, len(starts)))
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(things)
    return Page(tuple(things[start:end]), number, len(starts), start + 1, len(things))


def turning(page: Page[Thing], command: Callable[[int], Command]) -> list[Button]:
    """Return the buttons to the pages beside this one; ``command`` names a page by its number."""
    turns = (("Previous", "previous", page.number - 1), ("Next", "next", page.number + 1))
    return [
        Button(says, Action.RUN, str(command(number)), suffix=way, label=f"{says}: page {number}")
        for says, way, number in turns
        if 1 <= number <= page.count
    ]


def place_in_words(page: Page[Thing]) -> str:
    """Say which page it is; nothing where there is only one."""
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
    """Return a page as a message: its blocks, the buttons below them, and where it stands."""
    press = [*turning(page, command), *also]
    place = place_in_words(page)
    said = [context_block(note) for note in (place, *notes) if note]
    row = [buttons(*press)] if press else []
    return Ephemeral(fallback_text(f"{title}. {place}" if place else title), [*blocks, *row, *said])
