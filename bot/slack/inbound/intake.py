"""Intake: stores each delivery before it is acknowledged, and retracts what it could not confirm.

Slack wants its 200 within three seconds. A delivery whose save is not confirmed in time is
answered with "nothing was changed", so nothing may be done: it is *retracted*. Retractions are
known in this process at once, and written to the store as soon as it answers, so that no other
replica acts on them either (``gateways/store/deliveries.py`` says what that guards against).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.core.deliveries import Delivery
from bot.core.errors import StoreUnreachable
from bot.core.names import DeliveryId, Workspace
from bot.gateways.store import Store
from bot.gateways.store.deliveries import Deliveries, Retraction
from bot.gateways.tasks import end_task

# Of Slack's three seconds, within which the person reads whether it was accepted.
SAVE_SECONDS = 1.5
LAST_MOMENT = SAVE_SECONDS - 0.1
# A saved delivery becomes due this late until its process confirms it, so that a retraction can
# come first. A process that is killed in between costs this much.
CERTAIN_AFTER = 10.0
DUE_AFTER = 1.0  # once it is confirmed: a lost nudge costs this much, never a request

# Where only the store's reply was lost, the next connection works, and Slack still waits for us.
RETRACT_HOLD_SECONDS = 0.8
RETRACT_PAUSE_SECONDS = 0.5
RETRACT_ATTEMPT_SECONDS = 1.5
RETRACT_CLOSE_SECONDS = 1.0

_Waiting = tuple[Workspace, DeliveryId, str, "asyncio.Future[Retraction]"]
Nudge = Callable[[Delivery], Awaitable[None]]

log = structlog.get_logger("intake")


@dataclass(slots=True)
class Intake:
    """Saves deliveries and has them answered.

    ``nudge`` asks for the answer at once; without it the tick finds the delivery when it is due.
    ``check_jobs`` raises StoreUnreachable while nothing that is due would be done.
    ``retracted`` are deliveries that must not be answered; each leaves the set when the store
    knows of it.
    """

    store: Store
    clock: Callable[[], float]
    nudge: Nudge
    check_jobs: Callable[[], None]
    retracted: set[DeliveryId]
    _retractions: "Retractions" = field(init=False)
    _accepting: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._retractions = Retractions(self.store.deliveries, self.retracted)

    async def take(self, delivery: Delivery) -> None:
        """Save it and have it answered; do nothing where it was saved before.

        Raises StoreUnreachable: then it was not saved, or is retracted, and will not be answered.
        """
        self.check_jobs()
        owner = secrets.token_hex(8)
        due = self.clock() + CERTAIN_AFTER
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                new = await self.store.deliveries.save(delivery, owner, due, LAST_MOMENT)
        except (StoreUnreachable, TimeoutError) as error:
            found = await self._retractions.add(delivery.installed_in, delivery.id, owner)
            if found not in {"answered", "kept"}:
                raise StoreUnreachable("the delivery could not be saved") from error
            new = found == "kept"  # whoever saved it may be gone
        if new:
            await self._nudge(delivery)
            task = asyncio.create_task(self._accept(delivery), name="accept")
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def aclose(self) -> None:
        await asyncio.gather(*self._accepting)
        await self._retractions.aclose()

    async def _accept(self, delivery: Delivery) -> None:
        """Confirm that the save is known here: it will not be retracted, so it is due soon."""
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                due = self.clock() + DUE_AFTER
                await self.store.deliveries.accept(delivery.installed_in, delivery.id, due)
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("delivery.accept_failed", trace=delivery.id[:8], error=type(error).__name__)

    async def _nudge(self, delivery: Delivery) -> None:
        try:
            async with asyncio.timeout(SAVE_SECONDS / 3):
                await self.nudge(delivery)
        except Exception as error:  # noqa: BLE001 - it is saved and due: the tick finds it
            log.warning("delivery.nudge_failed", trace=delivery.id[:8], error=type(error).__name__)


class Retractions:
    """Writes retractions to the store, in one task, one after another.

    ``unwritten`` are those that the store does not know of yet; the jobs look there too.
    """

    def __init__(self, deliveries: Deliveries, unwritten: set[DeliveryId]) -> None:
        self._deliveries = deliveries
        self._unwritten = unwritten
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def add(
        self, workspace: Workspace, delivery: DeliveryId, owner: str
    ) -> Retraction | None:
        """Retract it, and return what was found; None after ``RETRACT_HOLD_SECONDS``."""
        self._unwritten.add(delivery)
        found: asyncio.Future[Retraction] = asyncio.get_running_loop().create_future()
        self._waiting.append((workspace, delivery, owner, found))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="retractions")
        await asyncio.wait({found}, timeout=RETRACT_HOLD_SECONDS)
        if found.done():
            return found.result()
        found.cancel()  # its sender is told that nothing is done
        return None

    async def aclose(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=RETRACT_CLOSE_SECONDS)
            await end_task(self._task)
        if self._waiting:
            log.error("delivery.retractions_lost", traces=[one[:8] for _, one, *_ in self._waiting])

    async def _write(self) -> None:
        while self._waiting:
            workspace, delivery, owner, told = self._waiting[0]
            try:
                async with asyncio.timeout(RETRACT_ATTEMPT_SECONDS):
                    found = await self._deliveries.retract(workspace, delivery, owner)
            except (StoreUnreachable, TimeoutError):
                await asyncio.sleep(RETRACT_PAUSE_SECONDS)
                continue
            self._waiting.pop(0)
            self._unwritten.discard(delivery)
            if not told.done():
                told.set_result(found)
            elif found != "retracted":
                log.error("delivery.retracted_too_late", trace=delivery[:8], found=found)
