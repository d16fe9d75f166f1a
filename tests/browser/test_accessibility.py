"""axe finds no serious violation, in each theme and width, with a modal open too."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from bot.sandbox.people import BOT_USER_ID
from tests.browser.conftest import Gallery
from tests.browser.gallery import MESSAGE, VIEW
from tests.browser.stage import NARROW, WIDE, Screen, Theme

pytestmark = pytest.mark.asyncio(loop_scope="session")
axe = Axe()


async def violations(screen: Screen) -> list[str]:
    """The serious and critical violations, each with its element."""
    found = (await axe.run(screen.page)).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(WIDE, "light", id="wide-light"),
        pytest.param(NARROW, "dark", id="narrow-dark"),
        pytest.param(WIDE, "dark", id="wide-dark", marks=pytest.mark.deep),
        pytest.param(NARROW, "light", id="narrow-light", marks=pytest.mark.deep),
    ],
)
async def test_axe_finds_no_violation(
    gallery: Gallery, size: tuple[int, int], theme: Theme
) -> None:
    world = gallery.world
    workspace = world.slack.state.workspace
    alice = world.person("alice")
    workspace.post("C0PLANTOPS", alice.id, "has *anybody* seen <@U0ALICE001>?")
    workspace.post("C0PLANTOPS", BOT_USER_ID, "only you", visible_to=alice.id)
    card = workspace.post("C0PLANTOPS", BOT_USER_ID, "everything", blocks=MESSAGE)
    workspace.post("C0PLANTOPS", BOT_USER_ID, "a reply", thread_ts=card.ts)
    screen = await gallery.stage.open_as("alice", size=size, theme=theme)
    await screen.composer.fill("/ed")
    await expect(screen.page.get_by_role("option", name="/edfs toggle")).to_be_visible()
    assert await violations(screen) == []
    await screen.composer.fill("")

    await screen.page.get_by_role("button", name="1 reply").click()
    assert await violations(screen) == []
    await screen.page.keyboard.press("Escape")
    if size == NARROW:
        await screen.panel()
        assert await violations(screen) == []

    world.slack.state.modals.open(alice, VIEW)
    await screen.opened("Everything")
    await screen.submits()
    await expect(screen.window.get_by_text("Please fill this in.")).to_be_visible()
    await screen.window.get_by_role("combobox", name="Timer").click()
    await expect(screen.window.get_by_role("option").first).to_be_visible()
    assert await violations(screen) == []


async def test_the_theme_button_overrides_the_system(gallery: Gallery) -> None:
    screen = await gallery.stage.open_as("alice", theme="dark")
    root = screen.page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await screen.page.get_by_role("button", name="Dark theme").click()
    await expect(root).to_have_attribute("data-theme", "light")
    await screen.page.reload()
    await screen.ready()
    await expect(root).to_have_attribute("data-theme", "light")


async def test_new_messages_are_announced(gallery: Gallery) -> None:
    screen = await gallery.stage.open_as("alice")
    workspace = gallery.world.slack.state.workspace
    workspace.post("C0PLANTOPS", BOT_USER_ID, "SAP &amp; more is *off*")
    news = screen.page.get_by_role("status").first
    await expect(news).to_have_text("EDFS Bot: SAP & more is off")
    workspace.post("C0APPROVAL", BOT_USER_ID, "elsewhere")
    entry = screen.page.get_by_role("navigation").get_by_role("button", name="approvals")
    await expect(entry).to_have_accessible_name("approvals 1 new")
