"""Screens of people on the sandbox page: the vocabulary of the browser tests.

    screen = await stage.open_as("alice")
    await screen.types('/edfs toggle plant-a "SAP work orders"')
    await screen.signs_in()
    await screen.presses("Continue")
    await screen.sees("SAP work orders is now disabled")

At the end of a stage its contexts are checked: no request went to a foreign host, the
Content-Security-Policy blocked nothing, and the console holds no error.
"""

import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from bot.sandbox.people import person_named
from bot.sandbox.world import World
from tests.world.waiting import HUNG

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
ZONE = "Europe/Berlin"
WIDE, NARROW = (1280, 800), (390, 844)
OWN_HOSTS = ("127.0.0.1", "bot.localhost", "ims.localhost")

expect.set_options(timeout=HUNG * 1_000)

Theme = Literal["light", "dark"]


@dataclass
class Stage:
    """One world, and the browser contexts that are open on it."""

    browser: Browser
    world: World
    url: str
    problems: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, browser: Browser, world: World, url: str) -> AsyncIterator["Stage"]:
        stage = cls(browser, world, url)
        try:
            yield stage
        finally:
            for context in stage._contexts:
                await context.close()
        assert stage.problems == [], stage.problems

    async def context(
        self, size: tuple[int, int] = WIDE, theme: Theme = "light", zone: str = ZONE
    ) -> BrowserContext:
        """A new browser context, with its own cookies and storage."""
        width, height = size
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            timezone_id=zone,
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(HUNG * 1_000)
        context.on("request", self._check_request)
        context.on("console", self._check_console)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        self._contexts.append(context)
        return context

    async def open_as(
        self,
        person: str,
        place: str = "#plant-ops",
        *,
        size: tuple[int, int] = WIDE,
        theme: Theme = "light",
        zone: str = ZONE,
    ) -> "Screen":
        """A person's screen in a new context. `place`: #channel, @person or "home"."""
        context = await self.context(size, theme, zone)
        screen = Screen(self, await context.new_page(), person)
        where = (
            place if place == "home" else self.world.slack.state.workspace.channel_named(place).id
        )
        await screen.page.goto(f"{self.url}/#as={person}&in={where}")
        await screen.ready()
        return screen

    def _check_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.hostname not in OWN_HOSTS:
            self.problems.append(f"request to {request.url}")

    def _check_console(self, message: ConsoleMessage) -> None:
        """Ignores the error statuses of the bot's pages, which reject links on purpose."""
        refused = "Failed to load resource" in message.text and "//bot." in str(message.location)
        if message.type in {"error", "warning"} and not refused:
            self.problems.append(f"{message.type}: {message.text} ({message.location})")


@dataclass
class Screen:
    """What one person sees and does."""

    stage: Stage
    page: Page
    person: str

    async def ready(self) -> None:
        await expect(self.page.locator(f'body[data-ready="{self.person}"]')).to_be_visible()

    async def becomes(self, person: str) -> None:
        """Switch to another person in the same browser."""
        self.person = person
        await self.page.get_by_label("You are").select_option(person)
        await self.ready()

    async def goes(self, name: str) -> None:
        """Open a channel (without #), "EDFS Bot" (direct messages) or "App Home"."""
        opener = self.page.get_by_role("button", name="Channels", exact=True)
        if await opener.is_visible():
            await opener.click()
        places = self.page.get_by_role("navigation", include_hidden=True)
        entry = places.get_by_role("button", name=re.compile(name), include_hidden=True)
        await entry.click()
        await expect(entry).to_have_attribute("aria-current", "page")

    # Writing.

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer textarea")

    async def types(self, text: str) -> None:
        """Write it and press Enter."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.composer).to_have_value("")

    async def replies(self, to: str, text: str) -> None:
        """Reply in the thread of the newest message with the text `to`."""
        message = self.message(to)
        await message.hover()
        await message.get_by_role("button", name="Reply in thread").click()
        field = self.page.get_by_role("complementary", name="Thread").get_by_role("textbox")
        await field.fill(text)
        await field.press("Enter")

    # Messages.

    @property
    def home(self) -> Locator:
        """The published App Home, after `goes("App Home")`."""
        return self.page.locator("#home")

    @property
    def log(self) -> Locator:
        return self.page.locator("#messages")

    def message(self, text: str) -> Locator:
        """The newest message of this channel with that text."""
        return self.log.get_by_role("article").filter(has_text=text).last

    async def sees(self, text: str) -> Locator:
        message = self.message(text)
        await expect(message).to_be_visible()
        return message

    async def messages(self) -> list[str]:
        """The text of each message of the channel, oldest first."""
        return await self.log.get_by_role("article").all_inner_texts()

    async def presses(self, label: str, within: Locator | None = None) -> None:
        """Press the newest button of that label: in the open modal, or else on the page."""
        scope = within
        if scope is None:
            window = self.window
            scope = window if await window.count() else self.page.locator("#main")
        await self.button(label, scope).last.click()

    def button(self, label: str, scope: Locator) -> Locator:
        """Buttons by their visible text; their accessible name may be longer."""
        shown = re.compile(rf"^\s*{re.escape(label)}\s*$")
        return scope.locator("button, a.button").filter(has_text=shown)

    # Windows.

    @property
    def window(self) -> Locator:
        return self.page.locator("dialog[open]").last

    async def opened(self, title: str) -> Locator:
        """Wait for the modal with that title."""
        window = self.page.get_by_role("dialog", name=title)
        await expect(window).to_be_visible()
        return window

    async def fills(self, label: str, text: str) -> None:
        await self.window.get_by_label(label, exact=True).first.fill(text)

    async def chooses(self, label: str, option: str, *, typed: str = "") -> None:
        """Choose an option of a select, after typing `typed`."""
        field = self.window.get_by_role("combobox", name=label)
        await field.click()
        if typed:
            await field.fill(typed)
        scope = self.window if await self.window.count() else self.page.locator("#main")
        await scope.get_by_role("option", name=option).first.click()

    async def submits(self) -> None:
        await self.window.locator("[type=submit]").click()

    async def closed(self) -> None:
        await expect(self.page.locator("dialog[open]")).to_have_count(0)

    # The rest of the world.

    async def forward(self, text: str = "+1 h") -> None:
        """Press one of the clock's buttons in the panel."""
        await self.panel()
        await self.page.get_by_role("button", name=text, exact=True).click()

    async def picture(self, name: str, of: Locator | None = None) -> None:
        """Save a screenshot where EDFS_BOT_PICTURES names a folder."""
        folder = os.environ.get("EDFS_BOT_PICTURES")
        if folder:
            await (of or self.page).screenshot(path=Path(folder) / f"{name}.png")

    async def panel(self) -> Locator:
        panel = self.page.get_by_role("complementary", name="World")
        if not await panel.is_visible():
            await self.page.get_by_role("button", name="World", exact=True).click()
        return panel

    async def signs_in(self, account: str | None = None) -> None:
        """Sign in from the newest *Sign in*: the bot's page, login, consent, and back."""
        link = self.page.get_by_role("link", name=re.compile("^Sign in")).last
        async with self.page.context.expect_page() as opening:
            await link.click()
        tab = await opening.value
        await tab.get_by_role("button", name="Yes, go on to Bentley").click()
        await consents(tab, account or self.person)
        await expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
        await tab.close()


async def consents(tab: Page, account: str) -> None:
    """Log in and consent on the pages of IMS."""
    await tab.get_by_label("Account").select_option(account)
    await tab.get_by_role("button", name="Sign in").click()
    await expect(tab.get_by_text(person_named(account).email)).to_be_visible()
    await tab.get_by_role("button", name="Approve").click()
