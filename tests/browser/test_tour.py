"""README's tour: each row of its table is run in the sandbox, and shows what the row promises.

It covers the first command, the sign-in, "off until", a second person's approval, the auto-enable
after a move of the clock, and undo.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.sandbox.slack.modals import View
from tests.browser.stage import NARROW, WIDE, Screen, Stage
from tests.world.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).resolve().parents[2]
TOUR = "### A tour of two minutes"
ROW = re.compile(r"^\| \d+ \| (?P<who>\w+) \| (?P<does>.+?) \| (?P<reads>.+?) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    who: str
    does: tuple[str, ...]
    reads: str


def steps() -> list[Step]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = text.partition(TOUR)[2].partition("\n## ")[0]
    return [
        Step(row["who"].lower(), tuple(row["does"].split("; ")), row["reads"].strip("*"))
        for row in ROW.finditer(tour)
    ]


async def _types(screen: Screen, text: str) -> None:
    await screen.types(text)


async def _presses(screen: Screen, label: str) -> None:
    await screen.presses(label)


async def _signs_in(screen: Screen) -> None:
    await screen.signs_in()


def _changed(view: View | None, before: View | None) -> View | None:
    return view if view != before else None


async def _chooses(screen: Screen, option: str, label: str) -> None:
    """Choose, and wait until the modal was updated."""
    world = screen.stage.world
    modals, person = world.slack.state.modals, world.person(screen.person)
    before = modals.top(person)
    await screen.chooses(label, option, typed=option)
    after = await until(lambda: modals.top(person) != before and modals.top(person))
    await expect(screen.window).to_have_attribute("data-hash", after.hash)


async def _writes(screen: Screen, text: str, label: str) -> None:
    await screen.window.get_by_label(re.compile(rf"^{label}")).last.fill(text)


async def _goes(screen: Screen, place: str) -> None:
    await screen.goes(place)


async def _forward(screen: Screen, words: str) -> None:
    await screen.forward(words)


DOES: dict[str, Callable[..., Awaitable[None]]] = {
    r"types `(.+)`": _types,
    r"presses \*\*(\+.+)\*\* in *\*\*World\*\*": _forward,
    r"presses \*\*(.+?)\*\*": _presses,
    r"signs in": _signs_in,
    r"chooses \*\*(.+?)\*\* as \*(.+?)\*": _chooses,
    r"writes `(.+?)` as \*(.+?)\*": _writes,
    r"goes to \*\*(.+?)\*\*": _goes,
}


async def does(screen: Screen, words: str) -> None:
    for pattern, act in DOES.items():
        if found := re.fullmatch(pattern, words):
            await act(screen, *found.groups())
            return
    raise AssertionError(f"nobody here knows how somebody {words!r}")


@pytest.mark.parametrize(
    "size", [WIDE, pytest.param(NARROW, marks=pytest.mark.deep)], ids=["wide", "narrow"]
)
async def test_readme_tour_holds(stage: Stage, size: tuple[int, int]) -> None:
    screens = {name: await stage.open_as(name, size=size) for name in ("alice", "bob")}
    tour = steps()
    assert len(tour) >= 10
    for number, step in enumerate(tour, start=1):
        screen = screens[step.who]
        for words in step.does:
            await does(screen, words)
        shown = screen.page.get_by_text(step.reads).last
        await expect(shown).to_be_visible()
        await screen.picture(f"tour-{number:02d}-{size[0]}")
    flips = stage.world.edfs.flips
    assert flips("SAP work orders", "plant-a") == 2  # off, and on by its return
    assert flips("Nightly documents", "plant-b") == 1
    assert flips("SAP materials", "plant-a") == 2  # there and back
