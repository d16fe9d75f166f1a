"""What each job does, and what is enqueued when it is due."""

import asyncio
import contextlib

import structlog

from bot.background.dispatch import run_due
from bot.background.forgotten import restore_forgotten
from bot.context import Context
from bot.core.card_refs import card_ref
from bot.core.deliveries import Delivery
from bot.core.due_work import DueWork
from bot.core.errors import BotError, SealBroken, StoreUnreachable
from bot.core.names import DeliveryId, OperationId, Workspace
from bot.core.operations.transitions import due as next_step_at
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.tasks import end_task
from bot.jobs.clock_watch import ClockWatch
from bot.jobs.engine import Function, JobEngine
from bot.jobs.replication_watch import ReplicationWatch
from bot.jobs.ticker import Ticker
from bot.slack.answers import answer as answers
from bot.slack.answers.app_home import refresh_home
from bot.slack.cards.draw import draw

LEASE_SECONDS = 15.0  # what a tick has enqueued is not enqueued again for so long
MOST_ATTEMPTS = 3
POISONED_PAUSE = 60.0

log = structlog.get_logger("jobs")


class Jobs:
    """The bot's jobs, in this process. ``retracted`` deliveries are not answered."""

    def __init__(self, url: str) -> None:
        functions: list[Function] = [self._answer, self._advance, self._draw, self._run_due]
        self._engine = JobEngine(url, functions)
        self._ticker = Ticker(self._tick, self._engine.ping, self._engine.renew)
        self._clock_watch = ClockWatch()
        self._replication_watch = ReplicationWatch()
        self._started_context: Context | None = None
        self._retracted: set[DeliveryId] = set()
        self._answering: set[DeliveryId] = set()
        self._failed_over = False
        self._telling: asyncio.Task[None] | None = None

    async def start(self, context: Context, retracted: set[DeliveryId]) -> None:
        """Raises StoreUnreachable."""
        self._started_context, self._retracted = context, retracted
        await self._engine.start(context.gateways.store.redis)
        self._ticker.start()

    async def stop(self) -> None:
        """Wait a moment for running jobs; those that do not end by then are still due."""
        await self._ticker.stop()
        if self._telling is not None:
            await end_task(self._telling)
        await self._engine.stop()

    def check(self) -> None:
        """Raises StoreUnreachable when this process does nothing of what is due."""
        if self._ticker.stalled:
            raise StoreUnreachable("the jobs are not answered by the store")

    @property
    def replica_missing(self) -> bool:
        """Whether fewer replicas of the store are connected than have to confirm a write."""
        return self._replication_watch.missing

    async def nudge(self, delivery: Delivery) -> None:
        """Enqueue a delivery that was just stored, without waiting for the tick."""
        await self._enqueue_delivery(delivery.installed_in, delivery.id)

    async def _answer(self, workspace_id: str, delivery_id: str) -> None:
        identity = DeliveryId(delivery_id)
        self._answering.add(identity)
        try:
            await self._answer_delivery(Workspace(workspace_id), identity)
        finally:
            self._answering.discard(identity)

    async def _answer_delivery(self, workspace: Workspace, identity: DeliveryId) -> None:
        context = self._context()
        deliveries = context.gateways.store.deliveries
        try:
            delivery = await deliveries.read(workspace, identity)
        except SealBroken:  # a key may be missing from the ring; it cannot be answered without
            log.error("jobs.sealed_delivery", trace=identity[:8])
            delivery = None
        if identity in self._retracted:
            return  # its retraction will be written; it is due until then
        if delivery is None:
            if await deliveries.is_forgotten(workspace, identity):
                self._failed_over = True  # the next tick tells whoever waits for it
            else:
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
            await store.operations.clear_due(workspace, identity)
            return
        poisoned = await self._is_poisoned(workspace, f"operation:{identity}")
        if next_step_at(operation) is None:
            # An earlier attempt ended it and died; nothing may stay due that has ended.
            await store.operations.reschedule(operation, None)
        elif poisoned:
            await store.operations.reschedule(operation, context.now + POISONED_PAUSE)
        if (await store.card_outbox.read(card_ref(operation))).rendered < 0:
            await draw(context, workspace, "operation", identity)
        advanced, work = await context.engine.advance(workspace, identity), DueWork()
        if advanced is not None and advanced.state.ended:
            # Before the card: the next change of this timer may depend on it.
            work = await run_due(context, workspace, "ended", identity)
            await self._enqueue(workspace, work)
        await draw(context, workspace, "operation", identity)
        await store.deliveries.clear_attempts(workspace, f"operation:{identity}")
        await self._refresh_homes(workspace, work)

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

    async def _enqueue_delivery(self, workspace: Workspace, delivery: str) -> None:
        await self._engine.add(self._answer, f"delivery:{delivery}", workspace, delivery)

    async def _enqueue_card(self, workspace: Workspace, kind: str, record: str) -> None:
        await self._engine.add(self._draw, f"draw:{kind}:{record}", workspace, kind, record)

    async def _enqueue_operation(self, workspace: Workspace, operation: OperationId) -> None:
        await self._engine.add(self._advance, f"operation:{operation}", workspace, operation)

    async def _tick(self) -> None:
        """Enqueue what is due. Raises StoreUnreachable."""
        context = self._context()
        store = context.gateways.store
        await self._clock_watch.check(store.due_times, context.gateways.clock)
        self._failed_over |= await self._replication_watch.check(store.replication)
        if self._failed_over:
            self._failed_over = False  # a job may set it again meanwhile
            try:
                await self._restore_forgotten()
            except BaseException:
                self._failed_over = True
                raise
        context.gateways.policy_file.refresh()  # logs a broken file though nobody asks for a ruling
        due = await store.deliveries.lease_due(context.now, LEASE_SECONDS)
        for workspace, kind, identity in due:
            match kind:
                case "delivery":
                    await self._enqueue_delivery(workspace, identity)
                case "card":
                    await self._enqueue_card(workspace, *_kind_and_id(identity))
                case "operation":
                    await self._enqueue_operation(workspace, OperationId(identity))
                case _:
                    key = f"{kind}:{identity}"
                    await self._engine.add(self._run_due, key, workspace, kind, identity)

    async def _restore_forgotten(self) -> None:
        """Restore what this process wrote and the store has forgotten, or tell who waits for it.

        Raises StoreUnreachable.
        """
        context = self._context()
        store, due = context.gateways.store, await restore_forgotten(context)
        lost = []
        for delivery in await store.deliveries.forgotten(but=self._answering):
            started = OperationId(delivery.id)
            if started in due.operations:
                continue
            if not await store.operations.exists(delivery.installed_in, started):
                lost.append(delivery)
        if lost:  # Slack may take its time, and the tick must not wait for it
            self._telling = asyncio.create_task(self._tell_lost(lost), name="tell-lost")
        await self._enqueue(context.installation.workspace, due)

    async def _tell_lost(self, lost: list[Delivery]) -> None:
        for delivery in lost:
            log.error("store.forgot_delivery", trace=delivery.id[:8])
            try:
                await answers.tell_forgotten(self._context(), delivery)
            except (SlackUnavailable, SlackRejected, BotError) as error:
                why = type(error).__name__
                log.warning("store.loss_not_told", trace=delivery.id[:8], why=why)

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
