"""The one hand that changes something: from the lock to the PATCH, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.core.errors import (
    IdentityProviderError,
    NotSent,
    PersonRefused,
    RateLimited,
    Refused,
    SignInNeeded,
    StoreUnreachable,
    TokenRefused,
    Unclear,
)
from bot.core.operations import events
from bot.core.operations.events import Event
from bot.core.operations.failures import StorableError, failure_from
from bot.core.operations.operation import Failure, FailureKind, Operation
from bot.core.operations.transitions import after
from bot.core.timers import Timer, differences
from bot.core.transitions import InvalidTransition
from bot.engine.step import READ_FAILURES, Step
from bot.gateways.edfs import Caller, elapsed
from bot.gateways.ims import Bearer

TRIES = 3  # of what provably did not leave
PAUSE_LEAST, PAUSE_MOST = 0.5, 8.0
# What came of a PATCH is worth waiting for a store that is away: half a minute in all.
RECORD_PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0)

# Whether what allowed an operation still does; None: yes. Raises what a read raises.
Reauthorize = Callable[[Operation], Awaitable[Failure | None]]

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Sender(Step):
    """``recheck`` is asked under the timer's lock, before the permit."""

    reauthorize: Reauthorize

    async def send(self, operation: Operation) -> Operation | None:
        if self.now > operation.ends_at:
            return await self.reject(operation, operation.failure or Failure(FailureKind.EXPIRED))
        if await self.gateways.store.kill_switch.is_on(operation.workspace):
            return await self.reject(operation, Failure(FailureKind.CHANGES_STOPPED))
        try:
            bearer, timer = await self.read(operation)
        except READ_FAILURES as error:
            return await self._delay(operation, error)
        if bearer.account.subject != operation.acting.subject:
            return await self.reject(operation, Failure(FailureKind.ACCOUNT_CHANGED))
        if timer.definition() != operation.definition:
            changes = differences(operation.timer, operation.inputs, timer)
            return await self.apply(operation, events.FoundRedefined(self.now, changes))
        if timer.enabled is operation.wanted:
            return await self.apply(operation, events.FoundInState(self.now))
        try:
            withdrawn = await self.reauthorize(operation)
        except (*READ_FAILURES, PersonRefused) as error:
            return await self._delay(operation, error)
        if withdrawn is not None:
            return await self.reject(operation, withdrawn)
        begin_by = elapsed() + operation.timeouts.send
        permitted = after(operation, events.Permitted(self.now))
        match await self.stored(operation, permitted):
            case "won":
                return await self._flip(permitted, bearer, begin_by)
            case "stopped":
                return await self.reject(operation, Failure(FailureKind.CHANGES_STOPPED))
            case "lost":
                return None

    async def _delay(self, operation: Operation, error: StorableError) -> Operation | None:
        """Nothing was sent: go on a little later where that can help, else end it."""
        failure = failure_from(error, self.now)
        resume_at = self._worth_waiting(operation, error)
        if resume_at is None:
            return await self.reject(operation, failure)
        return await self.apply(operation, events.Delayed(self.now, failure, resume_at))

    def _worth_waiting(self, operation: Operation, error: StorableError) -> float | None:
        """When to go on after what provably was not executed; None when it is not worth it."""
        match error:
            case RateLimited():
                resume_at = self.now + error.retry_after
            case PersonRefused(reason="unchecked"):  # Slack did not say who may do what
                resume_at = self.now + self.gateways.jitter(PAUSE_LEAST, PAUSE_MOST)
            case NotSent() | Unclear() if operation.unsent + 1 < TRIES:
                most = min(PAUSE_MOST, PAUSE_LEAST * 4 ** (operation.unsent + 1))
                resume_at = self.now + self.gateways.jitter(PAUSE_LEAST, most)
            case TokenRefused() if not operation.renewals:
                resume_at = self.now
            case _:
                return None
        return resume_at if resume_at < operation.ends_at else None

    async def _flip(
        self, operation: Operation, bearer: Bearer, begin_by: float
    ) -> Operation | None:
        """Send the PATCH, once. Only the holder of the permit comes here."""
        caller = Caller(operation.workspace, operation.person, bearer.secret)
        place = operation.itwin.id, operation.timer.id
        try:
            timer = await self.gateways.edfs.toggle(caller, *place, begin_by)
        except TokenRefused as error:
            return await self._after_401(operation, bearer, error)
        except (Refused, NotSent) as error:
            return await self._not_executed(operation, error)
        except StoreUnreachable:  # the budget could not be asked, so nothing was sent
            return await self._not_executed(operation, NotSent(operation="toggle"))
        except Unclear as error:
            lost = events.ResponseLost(self.now, failure_from(error, self.now))
            return await self._record(operation, lost)
        enabled = await self._agreed(operation, timer)
        answered = events.Answered(self.now, operation.attempts, enabled)
        return await self._record(operation, answered)

    async def _agreed(self, operation: Operation, timer: Timer) -> bool:
        """Return the state after the flip. Where the answer is not what was wished, look again:

        nothing published says that the answer is the state after the flip and not before it.
        """
        if timer.enabled is operation.wanted:
            return timer.enabled
        try:
            _, again = await self.read(operation)
        except (*READ_FAILURES, StoreUnreachable):
            return timer.enabled
        return again.enabled

    async def _after_401(
        self, operation: Operation, bearer: Bearer, error: TokenRefused
    ) -> Operation | None:
        if not operation.renewals:
            try:
                await self.gateways.ims.renewed(operation.workspace, operation.person, bearer)
            except (SignInNeeded, IdentityProviderError) as failure:
                return await self._not_executed(operation, failure)
        return await self._not_executed(operation, error)

    async def _not_executed(self, operation: Operation, error: StorableError) -> Operation | None:
        failure = failure_from(error, self.now)
        resume_at = self._worth_waiting(operation, error)
        if resume_at is None:
            return await self._record(operation, events.Refused(self.now, failure))
        event = events.NotExecuted(self.now, failure, resume_at)
        return await self._record(operation, event)

    async def _record(self, operation: Operation, event: Event) -> Operation | None:
        """Store what came of the PATCH; a store that is away is waited for."""
        for pause in RECORD_PAUSES:
            try:
                stored = await self.apply(operation, event)
                return stored or await self._record_late(operation, event)
            except StoreUnreachable:
                await asyncio.sleep(pause)
        log.error(
            "operation.unrecorded",
            trace=operation.trace,
            operation=operation.id,
            attempt=operation.attempts,
            event=type(event).__name__,
            enabled=event.enabled if isinstance(event, events.Answered) else None,
        )
        return None

    async def _record_late(self, operation: Operation, event: Event) -> Operation | None:
        """Somebody took the operation on meanwhile. An answer is worth telling all the same.

        Or it was stored, and only the store's answer was lost. Proof that nothing was executed is
        left: from VERIFYING nothing may be sent any more.
        """
        read = self.gateways.store.operations.read
        if await read(operation.workspace, operation.id) == after(operation, event):
            return after(operation, event)
        if not isinstance(event, events.Answered):
            return None
        while now := await read(operation.workspace, operation.id):
            late: Event = event
            if now.state.ended:
                log.error("operation.late_answer", trace=now.trace, enabled=event.enabled)
                late = events.LateResponse(event.at, event.enabled)
            try:
                stored = await self.apply(now, late)
            except InvalidTransition:  # a later attempt is under way, after proof against this one
                log.error("operation.contradiction", trace=now.trace, state=now.state.value)
                return None
            if stored:
                return stored
        return None
