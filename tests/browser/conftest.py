"""Fixtures: one Chromium and one world with its bot for all tests, and a new context for each."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.start import Playground, playground
from bot.sandbox.world import World
from tests.browser.stage import ARGUMENTS, Stage
from tests.sandbox.test_stand_ins import Bot, open_bot, open_world
from tests.world.waiting import until

NAMES = ("chromium", "chromium-browser", "google-chrome")
POLICY = """
[[rule]]
name = "plant-b goes off with two pairs of eyes"
itwin = "plant-b"
change = "disable"
approvals = 1
"""
NO_CHROMIUM = "no Chromium here: apt install chromium, or name one by EDFS_BOT_CHROMIUM"


CHROMIUM = os.environ.get("EDFS_BOT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip these tests, with one line for all of them, where there is no Chromium."""
    collected = [item for item in items if item.path.parent == Path(__file__).parent]
    if CHROMIUM or not collected:
        return
    first, *others = collected
    first.add_marker(pytest.mark.skip(reason=f"{len(collected)} tests of the page: {NO_CHROMIUM}"))
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playground]:
    """The world and bot of `run.py sandbox`, in this process."""
    state: Path = tmp_path_factory.mktemp("sandbox")
    policy = state / "policy.toml"
    policy.write_text(POLICY)
    async with playground(0, state, {"EDFS_BOT_POLICY": str(policy)}) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser, sandbox: Playground) -> AsyncIterator[Stage]:
    """The world after a reset, before any screen is open."""
    sandbox.world.reset()
    for renew in sandbox.world.on_reset:
        await renew()
    async with Stage.open(browser, sandbox.world, sandbox.url) as opened:
        yield opened


@dataclass
class Gallery:
    """A world in which a recording server takes the place of the bot."""

    stage: Stage
    bot: Bot

    @property
    def world(self) -> World:
        return self.stage.world

    async def payload(self, kind: str) -> dict[str, Any]:
        """Wait for a payload of that type; return the newest."""

        def found() -> dict[str, Any] | None:
            sent = [one.payload for one in self.bot.got if "payload" in one.fields]
            return next((one for one in reversed(sent) if one["type"] == kind), None)

        payload = await until(found, reason=f"no {kind} came")
        assert isinstance(payload, dict)
        return payload


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(browser: Browser) -> AsyncIterator[Gallery]:
    async with open_world() as world, open_bot(world) as bot:
        site = Site(sandbox_app(world, {"/edfs": "", "/edfs toggle": "toggle <itwin> <timer>"}))
        await site.open()
        try:
            async with Stage.open(browser, world, f"http://127.0.0.1:{site.port}") as stage:
                yield Gallery(stage, bot)
        finally:
            await site.close()
