"""Runs the bot's work as jobs, spread over all replicas by docket; nothing else knows docket.

    answer(workspace, delivery)         answers a stored delivery
    advance(workspace, operation)       takes an operation's next steps
    draw(workspace, kind, record)       draws a card
    run_due(workspace, kind, record)    does what is due of a request, an auto-enable, a
                                        subscription or a channel, and ("ended") what follows
                                        from the end of an operation
    tick()                              once a second, on one replica: enqueues what is due

Deadlines are in our own records, and docket is only asked to run something now. So a job that it
loses costs a second, because the next tick finds the work still due. Its arguments are short ids.
Docket would unpickle them, which lets whoever can write its keys run code here; so its modules
get a JSON codec instead, and its version is pinned exactly. All replicas must have the same
``REDELIVERY``.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import docket.docket
import docket.execution
import docket.strikelist
import docket.worker
import structlog
from docket import Docket, Perpetual, Worker
from redis.exceptions import RedisError

from bot.background.dispatch import run_due
from bot.context import Context
from bot.core.card_refs import card_ref
from bot.core.deliveries import Delivery
from bot.core.due_work import DueWork
from bot.core.errors import SealBroken
from bot.core.names import DeliveryId, OperationId, Workspace
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.store import job_url
from bot.gateways.store.job_codec import ClosedCodec
from bot.gateways.store.job_streams import sweep_parked, sweep_stream
from bot.slack.answers import answer as answers
from bot.slack.answers.app_home import refresh_home
from bot.slack.cards.draw import draw

NAME = "edfs-jobs"
REDELIVERY = timedelta(seconds=15)
LEASE_SECONDS = 15.0  # what a tick has enqueued is not enqueued again for so long
MOST_ATTEMPTS = 3
STOP_SECONDS = 5.0  # together with the web servers' time less than the ten that Docker gives
POISONED_PAUSE = 60.0
SWEEP_SECONDS = 3.0

log = structlog.get_logger("jobs")


def close_codec() -> None:
    """Give docket the JSON codec, wherever it has a codec."""
    for module in (docket.execution, docket.worker, docket.strikelist):
        module.cloudpickle = ClosedCodec  # type: ignore[attr-defined]


async def _unknown(*_: Any, **__: Any) -> None:
    """Stands in for a function that this version does not have; without one the worker ends."""
    log.error("jobs.unknown_function")


class Jobs:
    """A docket worker in the bot's own process. ``retracted`` deliveries are not answered."""

    def __init__(self, url: str) -> None:
        close_codec()
        self._url = url
        self._docket: Docket
        self._stack = contextlib.AsyncExitStack()
        self._worker: asyncio.Task[None] | None = None
        self._started_context: Context | None = None
        self._retracted: set[DeliveryId] = set()
        self._stopping = False

    async def start(self, context: Context, retracted: set[DeliveryId]) -> None:
        self._started_context, self._retracted = context, retracted
        url = await job_url(self._url, context.gateways.store.redis)
        self._docket = Docket(name=NAME, url=url, execution_ttl=timedelta(0))
        await self._stack.enter_async_context(self._docket)
        self._docket.tasks.clear()
        for function in self._functions():
            self._docket.register(function)
        self._worker = asyncio.create_task(self._work(), name="jobs")

    async def stop(self) -> None:
        """Wait a moment for running jobs; those that do not end by then are still due."""
        self._stopping = True  # docket's worker swallows a cancel and returns
        if self._worker is not None:
            # The first cancel lets the worker start no more jobs, and wait for the running ones.
            self._worker.cancel()
            _, running = await asyncio.wait({self._worker}, timeout=STOP_SECONDS)
            if running:
                log.warning("jobs.abandoned_at_stop")
                self._worker.cancel()  # ends the jobs; another worker gets them after REDELIVERY
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        await self._stack.aclose()

    async def nudge(self, delivery: Delivery) -> None:
        """Enqueue a delivery that was just stored, without waiting for the tick."""
        await self._docket.add(self._answer, key=f"delivery:{delivery.id}")(
            delivery.installed_in, delivery.id
        )

    async def _work(self) -> None:
        """Run the worker; if it ends by an error, start another."""
        while not self._stopping:
            try:
                async with (
                    self._swept(),
                    Worker(
                        self._docket,
                        concurrency=32,
                        redelivery_timeout=REDELIVERY,
                        minimum_check_interval=timedelta(milliseconds=20),
                        scheduling_resolution=timedelta(milliseconds=100),
                        reconnection_delay=timedelta(seconds=1),
                        fallback_task=_unknown,
                    ) as worker,
                ):
                    await worker.run_forever()
            except Exception as error:  # noqa: BLE001 - no error of docket's may end all jobs
                log.error("jobs.worker_ended", error=type(error).__name__)
                await asyncio.sleep(1)

    @contextlib.asynccontextmanager
    async def _swept(self) -> AsyncIterator[None]:
        """Remove entries that no worker can read.

        One in the stream ends each worker that reads it, so the stream is swept before a worker
        starts. One in the queue of parked jobs blocks those behind it and ends no worker, so the
        queue is also swept while the worker runs.
        """
        await self._sweep(stream=True)
        sweeper = asyncio.create_task(self._sweep_queue(), name="sweep")
        try:
            yield
        finally:
            sweeper.cancel()
            await asyncio.wait({sweeper})

    async def _sweep_queue(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with contextlib.suppress(RedisError, OSError):  # the worker reconnects by itself
                await self._sweep()

    async def _sweep(self, *, stream: bool = False) -> None:
        jobs, removed = self._docket, 0
        async with jobs.redis() as redis:
            if stream:
                group = jobs.worker_group_name
                removed += await sweep_stream(redis, jobs.stream_key, group, self._is_readable)
            removed += await sweep_parked(redis, jobs.queue_key, jobs.prefix, self._is_readable)
        if removed:
            log.error("jobs.unreadable", removed=removed)

    async def _is_readable(self, message: Mapping[bytes, bytes]) -> bool:
        """Whether docket can make a job of a message, found out by letting it try."""
        parse = docket.execution.Execution.from_message
        try:
            job = await parse(self._docket, dict(message), fallback_task=_unknown, sync=False)
            job.when.timestamp()
        except Exception:  # noqa: BLE001 - any error here would end the worker
            return False
        return True

    def _functions(self) -> list[Callable[..., Awaitable[None]]]:
        return [self._answer, self._advance, self._draw, self._run_due, self._tick]

    async def _answer(self, workspace_id: str, delivery_id: str) -> None:
        context, workspace = self._context(), Workspace(workspace_id)
        identity, deliveries = DeliveryId(delivery_id), self._context().gateways.store.deliveries
        try:
            delivery = await deliveries.read(workspace, identity)
        except SealBroken:  # a key may be missing from the ring; it cannot be answered without
            log.error("jobs.sealed_delivery", trace=identity[:8])
            delivery = None
        if delivery is None or identity in self._retracted:
            await deliveries.finish(workspace, identity)
            return
        due = DueWork()
        if await self._is_poisoned(workspace, f"delivery:{identity}"):
            with contextlib.suppress(Exception):  # telling the person may fail just as well
                await answers.give_up(context, delivery)
        else:
            try:
                due = await answers.answer(context, delivery)
            except SlackUnavailable as unavailable:
                if context.now + unavailable.wait < delivery.at + context.gateways.timeouts.life:
                    await self._defer(delivery, unavailable.wait)
                    return
        await deliveries.finish(workspace, identity)
        await deliveries.clear_attempts(workspace, f"delivery:{identity}")
        # Before the operation starts: a refresh that is slower would show the state before it.
        await self._refresh_homes(workspace, due)
        await self._enqueue(workspace, due)

    async def _defer(self, delivery: Delivery, wait: float) -> None:
        """Answer later, when Slack takes it; this does not count as an attempt."""
        deliveries, now = self._context().gateways.store.deliveries, self._context().now
        await deliveries.reschedule(delivery.installed_in, delivery.id, now + wait)
        await deliveries.clear_attempts(delivery.installed_in, f"delivery:{delivery.id}")

    async def _advance(self, workspace_id: str, operation_id: str) -> None:
        """Draw the operation's first card, take its next steps, and draw the card again.

        So the card is there before the timer changes.
        """
        context, workspace = self._context(), Workspace(workspace_id)
        identity, store = OperationId(operation_id), self._context().gateways.store
        operation = await store.operations.read(workspace, identity)
        if operation is None:
            return
        if await self._is_poisoned(workspace, f"operation:{identity}"):
            await store.operations.reschedule(operation, context.now + POISONED_PAUSE)
        if (await store.card_outbox.read(card_ref(operation))).rendered < 0:
            await draw(context, workspace, "operation", identity)
        advanced, due = await context.engine.advance(workspace, identity), DueWork()
        if advanced is not None and advanced.state.ended:
            # Before the card: the next change of this timer may depend on it.
            due = await run_due(context, workspace, "ended", identity)
            await self._enqueue(workspace, due)
        await draw(context, workspace, "operation", identity)
        await store.deliveries.clear_attempts(workspace, f"operation:{identity}")
        await self._refresh_homes(workspace, due)

    async def _draw(self, workspace_id: str, kind: str, record: str) -> None:
        await draw(self._context(), Workspace(workspace_id), kind, OperationId(record))

    async def _run_due(self, workspace_id: str, kind: str, record: str) -> None:
        workspace, member = Workspace(workspace_id), f"{kind}:{record}"
        context, deliveries = self._context(), self._context().gateways.store.deliveries
        if await self._is_poisoned(workspace, member):
            await deliveries.reschedule_member(workspace, member, context.now + POISONED_PAUSE)
        due = await run_due(context, workspace, kind, OperationId(record))
        await self._enqueue(workspace, due)
        await deliveries.clear_attempts(workspace, member)
        await self._refresh_homes(workspace, due)

    async def _enqueue(self, workspace: Workspace, due: DueWork) -> None:
        for ref in due.cards:
            await self._enqueue_card(workspace, ref.kind, ref.id)
        for operation in due.operations:
            await self._enqueue_operation(workspace, operation)

    async def _refresh_homes(self, workspace: Workspace, due: DueWork) -> None:
        for person in due.homes:
            await refresh_home(self._context(), workspace, person)

    async def _enqueue_card(self, workspace: Workspace, kind: str, record: str) -> None:
        await self._docket.add(self._draw, key=f"draw:{kind}:{record}")(workspace, kind, record)

    async def _enqueue_operation(self, workspace: Workspace, operation: OperationId) -> None:
        await self._docket.add(self._advance, key=f"operation:{operation}")(workspace, operation)

    async def _tick(
        self, perpetual: Perpetual = Perpetual(every=timedelta(seconds=1), automatic=True)
    ) -> None:
        context = self._context()
        context.gateways.policy_file.refresh()  # logs a broken file though nobody asks for a ruling
        due = await context.gateways.store.deliveries.lease_due(context.now, LEASE_SECONDS)
        for workspace, kind, identity in due:
            match kind:
                case "delivery":
                    answer = self._docket.add(self._answer, key=f"delivery:{identity}")
                    await answer(workspace, identity)
                case "card":
                    await self._enqueue_card(workspace, *_kind_and_id(identity))
                case "operation":
                    await self._enqueue_operation(workspace, OperationId(identity))
                case _:
                    follow_up = self._docket.add(self._run_due, key=f"{kind}:{identity}")
                    await follow_up(workspace, kind, identity)

    async def _is_poisoned(self, workspace: Workspace, member: str) -> bool:
        """Count an attempt; return whether too many of them have not come to an end."""
        attempts = await self._context().gateways.store.deliveries.count_attempt(workspace, member)
        if attempts > MOST_ATTEMPTS:
            log.error("jobs.poisoned", member=member, attempts=attempts)
        return attempts > MOST_ATTEMPTS

    def _context(self) -> Context:
        if self._started_context is None:
            raise RuntimeError("jobs were not started")
        return self._started_context


def _kind_and_id(member: str) -> tuple[str, str]:
    kind, _, identity = member.partition(":")
    return kind, identity
