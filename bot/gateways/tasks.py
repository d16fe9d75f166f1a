"""Ends a background task for certain."""

import asyncio

AGAIN_SECONDS = 0.5


async def end_task(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it has ended; its own error, if any, stays in the task.

    One cancel may be lost: ``asyncio.wait_for``, with which redis-py sends, swallows one before
    Python 3.12 when what it waits for is done in the same turn (python/cpython#86296). A loop
    would then go on for ever, and whoever waits for it too.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_SECONDS)
