"""The threads in which MSAL may block: few, and not those that resolve names for the loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

_AT_ONCE: Final = 8

Args = ParamSpec("Args")
Result = TypeVar("Result")


class ThreadPool:
    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ims")

    async def run(
        self, work: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """Run it in a thread. Cancelling the caller leaves the thread to its own timeouts."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
