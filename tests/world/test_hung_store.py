"""A store that hangs: what is accepted is done, and what would not be done is not accepted."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.hanging_proxy import HangingProxy
from tests.world.readiness import readiness
from tests.world.story import TOGGLE, Story
from tests.world.valkey import Valkey
from tests.world.waiting import until


@asynccontextmanager
async def behind_a_proxy(own: Valkey) -> AsyncIterator[tuple[Story, HangingProxy]]:
    world, proxy = World(clock=paced_clock()), HangingProxy(own.url.removeprefix("unix://"))
    await world.open()
    try:
        with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
            async with proxy.at(Path(folder)) as url, living(world, url) as bot:
                yield Story(world, bot), proxy
    finally:
        await world.close()


async def is_refused(story: Story) -> bool:
    return "nothing was changed" in str((await story.types("bob", "/edfs help")).body)


async def is_taken(story: Story) -> bool:
    return not await is_refused(story)


@pytest.mark.parametrize("jobs_only", [False, True])
async def test_connections_that_hang_without_a_word_are_replaced(
    own: Valkey, *, jobs_only: bool
) -> None:
    async with behind_a_proxy(own) as (story, proxy):
        await story.signs_in("alice")
        proxy.hang(jobs_only=jobs_only)

        async def toggled() -> bool:
            return "nothing was changed" not in str((await story.types("alice", TOGGLE)).body)

        await until(toggled)
        await story.sees("bob", "SAP work orders is now disabled")
        assert story.flips() == 1
        assert await readiness(story.bot) == "ready"


@pytest.mark.parametrize("jobs_only", [False, True])
async def test_while_nothing_would_be_done_nothing_is_accepted(
    own: Valkey, *, jobs_only: bool
) -> None:
    async with behind_a_proxy(own) as (story, proxy):
        await story.signs_in("alice")
        assert await readiness(story.bot) == "ready"
        proxy.hang(jobs_only=jobs_only, later=True)

        async def is_not_ready() -> bool:
            return await readiness(story.bot) != "ready"

        await until(is_not_ready)
        await until(lambda: is_refused(story))
        proxy.recover()
        await until(lambda: is_taken(story))
        await story.types("alice", TOGGLE)
        await story.sees("bob", "SAP work orders is now disabled")
        assert story.flips() == 1
        assert await readiness(story.bot) == "ready"
