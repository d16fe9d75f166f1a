"""Jobs: the only module that knows docket, which spreads immediate work over all replicas.

    answer(home, delivery)     answers one kept delivery
    advance(home, operation)   takes an operation's next steps
    paint(home, kind, record)  draws a card as its record says
    follow(home, kind, record) sees to what is due of a request, a return, a subscription, and to
                               what follows from an operation's end ("ended")
    tick()                     once a second, one for all replicas: hands out what is due

Deadlines live in our own records; docket is asked for nothing but "now", so a job it loses costs
a second and no wish. Its arguments are short ids. It would read them with cloudpickle, which lets
whoever can write its keys run code here; so its modules are given a JSON codec, and the version
is pinned exactly. All replicas must have the same ``REDELIVERY``.
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
from bot.core.due_work import DueWork
from bot.core.errors import SealBroken
from bot.core.names import DeliveryId, OperationId, Workspace
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.store import job_url
from bot.gateways.store.card_outbox import card_ref
from bot.gateways.store.deliveries import Delivery
from bot.gateways.store.job_codec import ClosedCodec
from bot.gateways.store.job_streams import sweep_parked, sweep_stream
from bot.slack.answers import answer as answering
from bot.slack.cards.draw import draw

NAME = "edfs-jobs"
REDELIVERY = timedelta(seconds=15)
LEASE_SECONDS = 15.0  # what the tick has handed out is not handed out again for so long
MOST_ATTEMPTS = 3
STOP_SECONDS = 5.0  # with what the web servers take less than the ten that Docker gives
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
    """Runs in the bot's own process. ``withdrawn`` are deliveries that must not be answered."""

    def __init__(self, url: str) -> None:
        close_codec()
        self._url = url
        self._docket: Docket
        self._stack = contextlib.AsyncExitStack()
        self._worker: asyncio.Task[None] | None = None
        self._desk: Context | None = None
        self._withdrawn: set[DeliveryId] = set()
        self._stopping = False

    async def start(self, context: Context, withdrawn: set[DeliveryId]) -> None:
        self._desk, self._withdrawn = context, withdrawn
        url = await job_url(self._url, context.gateways.store.redis)
        self._docket = Docket(name=NAME, url=url, execution_ttl=timedelta(0))
        await self._stack.enter_async_context(self._docket)
        self._docket.tasks.clear()
        for function in self._functions():
            self._docket.register(function)
        self._worker = asyncio.create_task(self._work(), name="jobs")

    async def stop(self) -> None:
        """Let running jobs end if they do so soon; what was not begun or not ended stays due."""
        self._stopping = True  # docket's worker swallows a cancel and returns
        if self._worker is not None:
            self._worker.cancel()  # nothing new is begun; it waits for what runs, however long
            _, running = await asyncio.wait({self._worker}, timeout=STOP_SECONDS)
            if running:
                log.warning("jobs.handed_on")
                self._worker.cancel()  # breaks off what runs: it is found after REDELIVERY
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        await self._stack.aclose()

    async def nudge(self, delivery: Delivery) -> None:
        await self._docket.add(self._answer, key=f"delivery:{delivery.id}")(
            delivery.installed_in, delivery.id
        )

    async def _work(self) -> None:
        """Run the worker; if it should ever end by an error, start another."""
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
            except Exception as error:  # noqa: BLE001 - whatever it was, work must go on
                log.error("jobs.worker_ended", error=type(error).__name__)
                await asyncio.sleep(1)

    @contextlib.asynccontextmanager
    async def _swept(self) -> AsyncIterator[None]:
        """Remove what no worker could read: it would end each worker, or stand in the queue's way.

        The stream is swept before each worker (one that met such an entry ends, and another
        begins), the queue also meanwhile, because it stops without ending anything.
        """
        await self._sweep(stream=True)
        meanwhile = asyncio.create_task(self._sweep_queue(), name="sweep")
        try:
            yield
        finally:
            meanwhile.cancel()
            await asyncio.wait({meanwhile})

    async def _sweep_queue(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with contextlib.suppress(RedisError, OSError):  # the worker has its own way with it
                await self._sweep()

    async def _sweep(self, *, stream: bool = False) -> None:
        engine, removed = self._docket, 0
        async with engine.redis() as redis:
            if stream:
                group = engine.worker_group_name
                removed += await sweep_stream(redis, engine.stream_key, group, self._readable)
            removed += await sweep_parked(redis, engine.queue_key, engine.prefix, self._readable)
        if removed:
            log.error("jobs.unreadable", removed=removed)

    async def _readable(self, message: Mapping[bytes, bytes]) -> bool:
        """Whether docket can make a task of it; it is asked itself."""
        read = docket.execution.Execution.from_message
        try:
            found = await read(self._docket, dict(message), fallback_task=_unknown, sync=False)
            found.when.timestamp()
        except Exception:  # noqa: BLE001 - whatever it is, it would end the worker
            return False
        return True

    def _functions(self) -> list[Callable[..., Awaitable[None]]]:
        return [self._answer, self._advance, self._draw, self._run_due, self._tick]

    async def _answer(self, home: str, delivery: str) -> None:
        context, workspace, identity = self._at_work(), Workspace(home), DeliveryId(delivery)
        deliveries = context.gateways.store.deliveries
        try:
            kept = await deliveries.read(workspace, identity)
        except SealBroken:
            # Nobody can tell what it was or whose: a key may be missing from the ring.
            log.error("jobs.sealed_delivery", trace=identity[:8])
            kept = None
        if kept is None or identity in self._withdrawn:
            await deliveries.finish(workspace, identity)
            return
        following = DueWork()
        if await self._is_poisoned(workspace, f"delivery:{identity}"):
            with contextlib.suppress(Exception):  # perhaps it is the telling that breaks off
                await answering.give_up(context, kept)
        else:
            try:
                following = await answering.answer(context, kept)
            except SlackUnavailable as away:
                if context.now + away.wait < kept.at + context.gateways.timeouts.life:
                    await self._defer(kept, away.wait)
                    return
        await deliveries.finish(workspace, identity)
        await deliveries.clear_attempts(workspace, f"delivery:{identity}")
        await self._enqueue(workspace, following)

    async def _defer(self, kept: Delivery, wait: float) -> None:
        """Slack does not take the answer now. That is no failure of ours, so no try is counted."""
        deliveries = self._at_work().gateways.store.deliveries
        await deliveries.reschedule(kept.installed_in, kept.id, self._at_work().now + wait)
        await deliveries.clear_attempts(kept.installed_in, f"delivery:{kept.id}")

    async def _advance(self, home: str, operation: str) -> None:
        """Paint where nothing stands yet, act, paint: the card is there before the effect."""
        context, workspace, identity = self._at_work(), Workspace(home), OperationId(operation)
        store = context.gateways.store
        known = await store.operations.read(workspace, identity)
        if known is None:
            return
        if await self._is_poisoned(workspace, f"operation:{identity}"):
            await store.operations.reschedule(known, context.now + POISONED_PAUSE)
        if (await store.card_outbox.read(card_ref(known))).rendered < 0:
            await draw(context, workspace, "operation", identity)
        taken = await context.engine.advance(workspace, identity)
        # What follows from its end comes first: the next wish for this timer waits for it.
        if taken is not None and taken.state.ended:
            await self._run_due_work(workspace, "ended", identity)
        await draw(context, workspace, "operation", identity)
        await store.deliveries.clear_attempts(workspace, f"operation:{identity}")

    async def _draw(self, home: str, kind: str, record: str) -> None:
        await draw(self._at_work(), Workspace(home), kind, OperationId(record))

    async def _run_due(self, home: str, kind: str, record: str) -> None:
        workspace, member = Workspace(home), f"{kind}:{record}"
        deliveries = self._at_work().gateways.store.deliveries
        if await self._is_poisoned(workspace, member):
            await deliveries.reschedule_member(
                workspace, member, self._at_work().now + POISONED_PAUSE
            )
        await self._run_due_work(workspace, kind, OperationId(record))
        await deliveries.clear_attempts(workspace, member)

    async def _run_due_work(self, workspace: Workspace, kind: str, record: OperationId) -> None:
        await self._enqueue(workspace, await run_due(self._at_work(), workspace, kind, record))

    async def _enqueue(self, workspace: Workspace, following: DueWork) -> None:
        for ref in following.cards:
            await self._enqueue_card(workspace, ref.kind, ref.id)
        for operation in following.operations:
            await self._enqueue_operation(workspace, operation)

    async def _enqueue_card(self, workspace: Workspace, kind: str, record: str) -> None:
        await self._docket.add(self._draw, key=f"card:{kind}:{record}")(workspace, kind, record)

    async def _tick(
        self, perpetual: Perpetual = Perpetual(every=timedelta(seconds=1), automatic=True)
    ) -> None:
        context = self._at_work()
        context.gateways.policy_file.refresh()  # a broken file is told of, asked for or not
        due = await context.gateways.store.deliveries.lease_due(context.now, LEASE_SECONDS)
        for home, kind, identity in due:
            match kind:
                case "delivery":
                    add = self._docket.add(self._answer, key=f"delivery:{identity}")
                    await add(home, identity)
                case "card":
                    await self._enqueue_card(home, *_kind_and_id(identity))
                case "operation":
                    await self._enqueue_operation(home, OperationId(identity))
                case _:
                    follow_up = self._docket.add(self._run_due, key=f"{kind}:{identity}")
                    await follow_up(home, kind, identity)

    async def _enqueue_operation(self, workspace: Workspace, operation: OperationId) -> None:
        await self._docket.add(self._advance, key=f"operation:{operation}")(workspace, operation)

    async def _is_poisoned(self, workspace: Workspace, member: str) -> bool:
        """The poison guard: whether this work broke off so often that it must not go on as is."""
        tries = await self._at_work().gateways.store.deliveries.count_attempt(workspace, member)
        if tries > MOST_ATTEMPTS:
            log.error("jobs.broken", member=member, tries=tries)
        return tries > MOST_ATTEMPTS

    def _at_work(self) -> Context:
        if self._desk is None:
            raise RuntimeError("jobs were not started")
        return self._desk


def _kind_and_id(member: str) -> tuple[str, str]:
    kind, _, identity = member.partition(":")
    return kind, identity
