"""A task that swallows a cancel, as redis-py's sending may, is ended all the same."""

import asyncio

import pytest

from bot.gateways.tasks import end_task
from tests.world.waiting import turns


@pytest.mark.parametrize("swallowed", [0, 1, 3])
async def test_a_task_that_swallows_cancels_is_ended(swallowed: int) -> None:
    left = swallowed

    async def stubborn() -> None:
        nonlocal left
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not left:
                    raise
                left -= 1

    task = asyncio.create_task(stubborn())
    await turns()
    await end_task(task)
    assert task.cancelled()


async def test_a_task_that_has_ended_is_left_alone() -> None:
    task = asyncio.create_task(turns())
    await task
    await end_task(task)
    assert not task.cancelled()
