"""The one way in which a test waits: for a condition, until it holds.

A deadline here means "it hangs". It is no measure of anything, so it is generous, and no test
tells it to be shorter.
"""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

# A run with mutants, in which many a test waits in vain, gives a shorter one.
HUNG = float(os.environ.get("EDFS_TESTS_HUNG", "120"))
PAUSE = 0.005
LONGEST_PAUSE = 0.05  # to look costs processor time that what is waited for needs

Value = TypeVar("Value")
Reason = str | Callable[[], object]


async def until(condition: Callable[[], Value | Awaitable[Value]], reason: Reason = "") -> Value:
    """Wait until ``condition`` returns something true, and return that.

    ``condition`` may be a coroutine function. ``reason`` is what the failure says.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ends = begun + HUNG
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert loop.time() < ends, _in_words(reason)
        await asyncio.sleep(_pause(loop.time() - begun))


async def again_and_again(act: Callable[[], object]) -> None:
    """Do it, as often as ``until`` looks, until cancelled. It may be a coroutine function."""
    while True:
        done = act()
        if inspect.isawaitable(done):
            await done
        await asyncio.sleep(PAUSE)


async def turns(count: int = 1) -> None:
    """Let everything that is ready have so many turns."""
    for _ in range(count):
        await asyncio.sleep(0)


def wait_until(condition: Callable[[], Value], reason: Reason = "") -> Value:
    """Do the same where no event loop runs."""
    begun = time.monotonic()
    ends = begun + HUNG
    while not (value := condition()):
        assert time.monotonic() < ends, _in_words(reason)
        time.sleep(_pause(time.monotonic() - begun))
    return value


def _pause(waited: float) -> float:
    """A tenth of what was waited for already, within bounds."""
    return min(max(PAUSE, waited / 10), LONGEST_PAUSE)


def _in_words(reason: Reason) -> str:
    said = reason() if callable(reason) else reason
    return f"not within {HUNG:.0f} s: {said}" if said else f"not within {HUNG:.0f} s"
