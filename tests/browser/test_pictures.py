"""Screenshots for README: EDFS_BOT_PICTURES=docs/pictures writes them.

Without it nothing is written, but their content is still checked.
"""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.browser.stage import NARROW, Screen, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).resolve().parents[2]
OFF = '/edfs off plant-a "SAP work orders" for 2 days because SAP is down'


async def test_readme_shows_every_picture_with_a_description() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[([^\]]*)\]\(docs/pictures/([\w-]+\.png)\)", text)
    assert {name for _, name in shown} == {
        path.name for path in (ROOT / "docs" / "pictures").iterdir()
    }
    assert all(len(alternative) > 30 for alternative, _ in shown)


async def signed_in(stage: Stage, *people: str) -> list[Screen]:
    screens = [await stage.open_as(person, size=(1280, 900)) for person in people]
    for screen in screens:
        await screen.types("/edfs signin")
        await screen.signs_in()
        await screen.sees("You are signed in as")
    return screens


async def card_of(screen: Screen, words: str) -> Locator:
    message = await screen.sees(words)
    await message.scroll_into_view_if_needed()
    return message


async def test_cards_windows_and_home(stage: Stage) -> None:
    alice, bob = await signed_in(stage, "alice", "bob")
    await alice.types("/edfs subscribe plant-a changes returns not-mine")
    await alice.sees("This channel will be told")
    await alice.types(OFF)
    await alice.picture("card", await card_of(alice, "SAP work orders is now disabled"))
    await alice.types("/edfs off plant-b Nightly documents because the audit runs")
    await bob.picture("approval", await card_of(bob, "To be approved: turn off Nightly"))

    await alice.types('/edfs choose plant-a "Maximo assets"')
    window = await alice.opened("Switch a timer")
    await window.get_by_label("Off until").last.fill("for 2 runs")
    await expect(window).to_contain_text("Skips 2 runs, first")
    await alice.page.set_viewport_size({"width": 1280, "height": 1100})
    await alice.picture("chooser", window)
    await alice.page.keyboard.press("Escape")
    await alice.page.set_viewport_size({"width": 1280, "height": 900})

    await bob.goes("App Home")
    await expect(bob.home).to_contain_text("Waiting for you: 1")
    await bob.page.set_viewport_size({"width": 1280, "height": 1250})
    await bob.picture("home", bob.page.locator("#main"))


@pytest.mark.parametrize("look", ["light", pytest.param("dark", marks=pytest.mark.deep), "narrow"])
async def test_the_page(stage: Stage, look: str) -> None:
    size = NARROW if look == "narrow" else (1280, 800)
    theme = "dark" if look == "dark" else "light"
    screen = await stage.open_as("alice", size=size, theme=theme)
    await screen.types("/edfs signin")
    await screen.signs_in()
    await screen.sees("You are signed in as")
    await screen.types(OFF)
    await card_of(screen, "SAP work orders is now disabled")
    await screen.picture(f"page-{look}")
