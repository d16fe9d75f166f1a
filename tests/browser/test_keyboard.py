"""The page works without a mouse, and the focus is never lost."""

import pytest
from playwright.async_api import expect

from bot.sandbox.people import BOT_USER_ID
from tests.browser.conftest import Gallery
from tests.browser.gallery import MESSAGE, VIEW
from tests.browser.stage import NARROW, Stage
from tests.world.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_command_its_card_and_its_modal_by_keyboard(stage: Stage) -> None:
    screen = await stage.open_as("alice")
    keys = screen.page.keyboard
    await keys.press("Tab")
    skip = screen.page.get_by_role("link", name="Skip to messages")
    await expect(skip).to_be_focused()
    await keys.press("Enter")
    await expect(screen.log).to_be_focused()
    for _ in range(6):
        await keys.press("Tab")
        if await screen.composer.evaluate("node => node === document.activeElement"):
            break
    await keys.type("/edfs he")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(screen.composer).to_have_value("/edfs help ")
    await keys.press("Enter")
    await screen.sees("What you can ask")

    await screen.types("/edfs signin")
    await screen.signs_in()
    await screen.types('/edfs disable plant-a "SAP work orders"')
    await screen.sees("SAP work orders is now disabled")
    for _ in range(12):
        await keys.press("Shift+Tab")
        if await screen.page.evaluate("document.activeElement.textContent") == "Details":
            break
    await keys.press("Enter")
    window = await screen.opened("Timer details")
    for _ in range(6):
        await keys.press("Tab")
        inside = "node => node.contains(document.activeElement) || !document.hasFocus()"
        body = "document.activeElement === document.body"
        assert await window.evaluate(inside) or await screen.page.evaluate(body)
    await keys.press("Escape")
    await screen.closed()
    assert await screen.page.evaluate("document.activeElement.textContent") == "Details"


async def test_the_home_keeps_the_focus_over_a_refresh(stage: Stage) -> None:
    await stage.world.types("alice", "#plant-ops", "/edfs signin")
    await until(lambda: stage.world.reads("alice", "#plant-ops"))
    await stage.world.signs_in("alice")
    screen = await stage.open_as("alice", "home")
    keys = screen.page.keyboard
    timers = screen.home.get_by_role("button", name="Timers of plant-a (PA-001)")
    await timers.focus()
    await keys.press("Enter")
    window = await screen.opened("EDFS Bot")
    await expect(window).to_contain_text("SharePoint documents")
    await keys.press("Escape")
    await screen.closed()
    await expect(timers).to_be_focused()
    refresh = screen.home.get_by_role("button", name="Refresh this page")
    await refresh.focus()
    before = await screen.home.get_attribute("data-hash")
    await keys.press("Enter")
    await expect(screen.home).not_to_have_attribute("data-hash", before or "")
    await expect(refresh).to_be_focused()


async def test_sending_scrolls_to_the_answer(gallery: Gallery) -> None:
    workspace = gallery.world.slack.state.workspace
    for number in range(30):
        workspace.post("C0PLANTOPS", BOT_USER_ID, f"number {number}")
    screen = await gallery.stage.open_as("alice")
    await expect(screen.message("number 29")).to_be_in_viewport()
    await screen.log.evaluate("node => { node.scrollTop = 0 }")
    await screen.types("hello")
    await expect(screen.message("hello")).to_be_in_viewport()


async def test_menus_and_selects_by_keyboard(gallery: Gallery) -> None:
    workspace = gallery.world.slack.state.workspace
    workspace.post("C0PLANTOPS", BOT_USER_ID, "everything", blocks=MESSAGE)
    screen = await gallery.stage.open_as("alice")
    keys = screen.page.keyboard
    more = screen.page.locator('[data-key="marked"]').get_by_role("button", name="More")
    await more.focus()
    await keys.press("ArrowDown")
    await expect(screen.page.get_by_role("menuitem", name="Copy")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(screen.page.get_by_role("menuitem", name="Docs")).to_be_focused()
    await keys.press("Escape")
    await expect(more).to_be_focused()
    await expect(screen.page.get_by_role("menu")).to_have_count(0)

    gallery.world.slack.state.modals.open(gallery.world.person("alice"), VIEW)
    await screen.opened("Everything")
    await expect(screen.window.get_by_label("Why")).to_be_focused()
    timer = screen.window.get_by_role("combobox", name="Timer")
    await timer.focus()
    await keys.press("ArrowDown")
    await expect(timer).to_have_attribute("aria-expanded", "true")
    await expect(screen.window.get_by_role("option").first).to_be_visible()
    await keys.press("ArrowDown")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(timer).to_have_value("SAP work orders")
    await keys.press("ArrowDown")
    await expect(timer).to_have_attribute("aria-expanded", "true")
    await keys.press("Escape")
    await expect(timer).to_have_attribute("aria-expanded", "false")
    await expect(screen.page.get_by_role("dialog", name="Everything")).to_be_visible()
    await keys.press("Escape")
    await screen.closed()


async def test_arrow_keys_move_between_messages(gallery: Gallery) -> None:
    workspace = gallery.world.slack.state.workspace
    for number in range(3):
        workspace.post("C0PLANTOPS", BOT_USER_ID, f"number {number}")
    screen = await gallery.stage.open_as("alice")
    await screen.message("number 2").focus()
    await screen.page.keyboard.press("ArrowUp")
    await expect(screen.message("number 1")).to_be_focused()
    workspace.edit(workspace.messages[min(workspace.messages)].ts, "number 0, new", None)
    await screen.sees("number 0, new")
    await expect(screen.message("number 1")).to_be_focused()


async def test_escape_closes_drawers_and_returns_the_focus(gallery: Gallery) -> None:
    screen = await gallery.stage.open_as("alice", size=NARROW)
    keys = screen.page.keyboard
    for name in ("Channels", "World"):
        opener = screen.page.get_by_role("button", name=name, exact=True)
        await opener.focus()
        await keys.press("Enter")
        drawer = screen.page.locator(f"#{name.casefold().replace('world', 'panel')}")
        await expect(drawer).to_be_visible()
        await keys.press("Escape")
        await expect(drawer).to_be_hidden()
        await expect(opener).to_be_focused()
