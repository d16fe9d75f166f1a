"""Rendering of every block and element; text is never parsed as HTML."""

import pytest
from playwright.async_api import expect

from bot.sandbox.people import BOT_USER_ID
from bot.sandbox.slack.blocks import complaints_about_blocks, complaints_about_view
from tests.browser.conftest import Gallery
from tests.browser.gallery import HOSTILE, MESSAGE, UNKNOWN, VIEW
from tests.browser.stage import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rendered(gallery: Gallery, zone: str = "Europe/Berlin") -> Screen:
    """A screen in that time zone, with the message of all blocks."""
    workspace = gallery.world.slack.state.workspace
    workspace.post("C0PLANTOPS", BOT_USER_ID, "everything", blocks=[*MESSAGE, UNKNOWN])
    screen = await gallery.stage.open_as("alice", zone=zone)
    await screen.sees("as written")
    return screen


async def block(screen: Screen, block_id: str) -> str:
    return await screen.page.locator(f'[data-key="{block_id}"]').inner_text()


async def test_slack_accepts_the_gallery() -> None:
    assert complaints_about_blocks(MESSAGE) == []
    assert complaints_about_view(VIEW) == []


async def test_hostile_names_stay_text(gallery: Gallery) -> None:
    screen = await rendered(gallery)
    assert await block(screen, "head") == HOSTILE
    assert HOSTILE in await block(screen, "plain")
    assert HOSTILE in await block(screen, "marked")
    assert HOSTILE in await block(screen, "rich")
    assert await block(screen, "markdown") == "# **as written** <b>"
    card = screen.page.locator(".card")
    await expect(card.locator("script, img, iframe, [style]")).to_have_count(0)
    assert await screen.page.locator('a[href^="javascript" i]').count() == 0
    await expect(card.get_by_text("evil")).to_be_visible()


async def test_mrkdwn_is_rendered(gallery: Gallery) -> None:
    screen = await rendered(gallery)
    marked = screen.page.locator('[data-key="marked"]')
    for tag, text in {"strong": "bold", "em": "italic", "s": "struck", "code": "a < b"}.items():
        await expect(marked.locator(tag).first).to_have_text(text)
    text = await block(screen, "marked")
    assert "a*b*c 2 < 3 && 4 @Bob Brook #plant-ops named" in text
    assert "@approvers @here" in text
    await expect(marked.locator("blockquote")).to_have_text("said")
    await expect(marked.locator("pre")).to_have_text("code *here*")
    link = marked.get_by_role("link", name="named")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize(
    ("zone", "long", "number"),
    [
        ("Europe/Berlin", "Thursday, December 31st, 2026 23:30", "2026-12-31 23:30:00"),
        ("Asia/Tokyo", "Friday, January 1st, 2027 07:30", "2027-01-01 07:30:00"),
    ],
)
async def test_dates_are_in_the_time_zone_of_the_browser(
    gallery: Gallery, zone: str, long: str, number: str
) -> None:
    screen = await rendered(gallery, zone)
    assert long in await block(screen, "marked")
    assert number in await block(screen, "rich")


async def test_rich_text_tables_images_and_unknown_blocks(gallery: Gallery) -> None:
    screen = await rendered(gallery)
    rich = await block(screen, "rich")
    for part in ("@Alice Arden", "#plant-ops", "@approvers", "@here", "a link", "quoted"):
        assert part in rich
    await expect(screen.page.locator('[data-key="rich"] ol')).to_have_attribute("start", "3")
    await expect(screen.page.get_by_role("columnheader", name="Runs")).to_be_visible()
    for picture in ("A chart of runs", "a dot", "A plant"):
        await expect(screen.page.get_by_role("img", name=picture, exact=True)).to_be_visible()
    assert "“hologram”" in await block(screen, "odd")
    row = screen.page.locator('[data-key="row"]')
    await expect(row.get_by_role("button", name="Off, now")).to_be_visible()
    await expect(row.get_by_text("Bob only")).to_have_count(0)
