"""The job engine, docket: its connection and its worker, and what replaces them when they hang.

The arguments of jobs are short ids. Docket would unpickle them, which lets whoever can write its
keys run code here; so its modules get a JSON codec instead, and its version is pinned exactly. All
replicas must have the same ``REDELIVERY``.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import docket.docket
import docket.execution
import docket.strikelist
import docket.worker
import structlog
from docket import Docket, Worker
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.core.errors import StoreUnreachable
from bot.gateways.store import job_url
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.job_codec import ClosedCodec
from bot.gateways.store.job_streams import sweep_parked, sweep_stream
from bot.gateways.tasks import end_task

NAME = "edfs-jobs"
REDELIVERY = timedelta(seconds=15)
RETIRE_SECONDS = 60.0  # for the jobs of a worker that was replaced
STOP_SECONDS = 5.0  # together with the web servers' time less than the ten that Docker gives
CLOSE_SECONDS = 2.0  # for connections that may hang
SWEEP_SECONDS = 3.0

Function = Callable[..., Awaitable[None]]

log = structlog.get_logger("jobs")


def close_codec() -> None:
    """Give docket the JSON codec, wherever it has a codec."""
    for module in (docket.execution, docket.worker, docket.strikelist):
        module.cloudpickle = ClosedCodec  # type: ignore[attr-defined]


async def _unknown(*_: Any, **__: Any) -> None:
    """Stands in for a function that this version does not have; without one the worker ends."""
    log.error("jobs.unknown_function")


class JobEngine:
    """A docket worker in the bot's own process, and the connection by which jobs are added."""

    def __init__(self, url: str, functions: Sequence[Function]) -> None:
        close_codec()
        self._url = url
        self._functions = functions
        self._redis: Redis
        self._docket: Docket | None = None
        self._stack = contextlib.AsyncExitStack()
        self._worker: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def start(self, redis: Redis) -> None:
        """Connect to the store of this client, and start the worker. Raises StoreUnreachable."""
        self._redis = redis
        await self._open()

    async def stop(self) -> None:
        """Wait a moment for running jobs; those that do not end by then are still due."""
        self._stopping.set()  # whatever retires has as long as it had, and no longer
        await asyncio.gather(self._close(STOP_SECONDS), *self._retiring)

    async def renew(self) -> None:
        """Replace the connections and the worker: those there are hang. Raises StoreUnreachable.

        A Cluster's node, or the master that Sentinels name, may be another one now. What the old
        worker runs comes to its end: it may be about to record what became of a PATCH.
        """
        closing = self._close(RETIRE_SECONDS, unless=self._stopping)
        retiring = asyncio.create_task(closing, name="retiring")
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        await asyncio.sleep(0)  # the old ones have left their places
        await self._open()

    async def add(self, function: Function, key: str, *arguments: str) -> None:
        """Have some replica run the function soon; nothing where the same key waits or runs.

        Raises StoreUnreachable.
        """
        if self._docket is None:
            raise StoreUnreachable("the job engine has no connection")
        async with translate_errors():
            await self._docket.add(function, key=key)(*arguments)

    async def ping(self) -> None:
        """Raises StoreUnreachable when the engine's own connection takes no writes.

        The server may hang, or have become a replica.
        """
        if self._docket is None:
            raise StoreUnreachable("the job engine has no connection")
        async with translate_errors(), self._docket.redis() as redis:
            # A write that changes nothing: the stream does not expire.
            await cast("Redis", redis).persist(self._docket.stream_key)

    async def _open(self) -> None:
        url = await job_url(self._url, self._redis)
        jobs = Docket(name=NAME, url=url, execution_ttl=timedelta(0))
        async with translate_errors():
            await self._stack.enter_async_context(jobs)
        jobs.tasks.clear()
        for function in self._functions:
            jobs.register(function)
        self._docket = jobs
        self._worker = asyncio.create_task(self._work(jobs), name="jobs")

    async def _close(self, seconds: float, *, unless: asyncio.Event | None = None) -> None:
        """End the worker, its running jobs after so many seconds, and close the connections.

        ``unless``: the running jobs end at once when that happens. Connections that do not let
        themselves be closed are left.
        """
        worker, stack = self._worker, self._stack
        self._docket, self._worker, self._stack = None, None, contextlib.AsyncExitStack()
        if worker is not None:
            await _end(worker, seconds, unless or asyncio.Event())
        closing = asyncio.ensure_future(stack.aclose())
        _, open_still = await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
        if open_still:
            closing.cancel()
            await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
        if closing.done() and not closing.cancelled() and (error := closing.exception()):
            log.warning("jobs.not_closed", error=type(error).__name__)

    async def _work(self, jobs: Docket) -> None:
        """Run the worker; if it ends by an error, start another."""
        while self._docket is jobs:
            try:
                async with (
                    self._swept(jobs),
                    Worker(
                        jobs,
                        concurrency=32,
                        redelivery_timeout=REDELIVERY,
                        minimum_check_interval=timedelta(milliseconds=20),
                        scheduling_resolution=timedelta(milliseconds=500),
                        reconnection_delay=timedelta(seconds=1),
                        fallback_task=_unknown,
                    ) as worker,
                ):
                    await worker.run_forever()
                    return  # it was cancelled, or its connection was closed
            except Exception as error:  # noqa: BLE001 - no error of docket's may end all jobs
                log.error("jobs.worker_ended", error=type(error).__name__)
                await asyncio.sleep(1)

    @contextlib.asynccontextmanager
    async def _swept(self, jobs: Docket) -> AsyncIterator[None]:
        """Remove entries that no worker can read.

        One in the stream ends each worker that reads it, so the stream is swept before a worker
        starts. One in the queue of parked jobs blocks those behind it and ends no worker, so the
        queue is also swept while the worker runs.
        """
        await self._sweep(jobs, stream=True)
        sweeper = asyncio.create_task(self._sweep_queue(jobs), name="sweep")
        try:
            yield
        finally:
            await end_task(sweeper)

    async def _sweep_queue(self, jobs: Docket) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with contextlib.suppress(RedisError, OSError):  # the worker reconnects by itself
                await self._sweep(jobs)

    async def _sweep(self, jobs: Docket, *, stream: bool = False) -> None:
        async def is_readable(message: Mapping[bytes, bytes]) -> bool:
            return await _is_readable(jobs, message)

        removed = 0
        async with jobs.redis() as redis:
            if stream:
                group = jobs.worker_group_name
                removed += await sweep_stream(redis, jobs.stream_key, group, is_readable)
            removed += await sweep_parked(redis, jobs.queue_key, jobs.prefix, is_readable)
        if removed:
            log.error("jobs.unreadable", removed=removed)


async def _end(worker: asyncio.Task[None], seconds: float, unless: asyncio.Event) -> None:
    # The first cancel lets the worker start no more jobs, and wait for the running ones.
    worker.cancel()
    happens = asyncio.ensure_future(unless.wait())
    await asyncio.wait({worker, happens}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    happens.cancel()
    if worker.done():
        return
    log.warning("jobs.abandoned_at_stop")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await end_task(worker)  # ends the jobs; another worker gets them after REDELIVERY


async def _is_readable(jobs: Docket, message: Mapping[bytes, bytes]) -> bool:
    """Whether docket can make a job of a message, found out by letting it try."""
    parse = docket.execution.Execution.from_message
    try:
        job = await parse(jobs, dict(message), fallback_task=_unknown, sync=False)
        job.when.timestamp()
    except Exception:  # noqa: BLE001 - any error here would end the worker
        return False
    return True
