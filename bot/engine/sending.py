"""Sends an operation's PATCH: from the lock to the response, and records what became of it."""

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

ATTEMPTS = 3  # for a PATCH that provably was not executed
PAUSE_LEAST, PAUSE_MOST = 0.5, 8.0
# While the store is unreachable, recording what became of a PATCH is retried for half a minute.
RECORD_PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0)

# Checks that an operation is still authorized; returns why not, or None. Raises what a read raises.
Reauthorize = Callable[[Operation], Awaitable[Failure | None]]

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Sender(Step):
    """Takes the steps in LOCKED. ``reauthorize`` is called under the timer's lock."""

    reauthorize: Reauthorize

    async def send(self, operation: Operation) -> Operation | None:
        """Check everything that must hold, get the permit, and send the PATCH."""
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
            revoked = await self.reauthorize(operation)
        except (*READ_FAILURES, PersonRefused) as error:
            return await self._delay(operation, error)
        if revoked is not None:
            return await self.reject(operation, revoked)
        begin_by = elapsed() + operation.timeouts.send
        permitted = after(operation, events.Permitted(self.now))
        match await self.store(operation, permitted):
            case "won":
                return await self._flip(permitted, bearer, begin_by)
            case "stopped":
                return await self.reject(operation, Failure(FailureKind.CHANGES_STOPPED))
            case "failed_over":
                return await self.apply(operation, events.FailedOver(self.now))
            case "lost":
                return None

    async def _delay(self, operation: Operation, error: StorableError) -> Operation | None:
        """Nothing was sent: retry later where that can help, else reject the operation."""
        failure = failure_from(error, self.now)
        resume_at = self._retry_at(operation, error)
        if resume_at is None:
            return await self.reject(operation, failure)
        return await self.apply(operation, events.Delayed(self.now, failure, resume_at))

    def _retry_at(self, operation: Operation, error: StorableError) -> float | None:
        """Return when to retry what provably was not executed; None where a retry cannot help."""
        match error:
            case RateLimited():
                resume_at = self.now + error.retry_after
            case PersonRefused(reason="unchecked"):  # Slack did not say who may do what
                resume_at = self.now + self.gateways.jitter(PAUSE_LEAST, PAUSE_MOST)
            case NotSent() | Unclear() if operation.unsent + 1 < ATTEMPTS:
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
        """Send the PATCH, once. Only the holder of the permit may call this."""
        caller = Caller(operation.workspace, operation.person, bearer.secret)
        place = operation.itwin.id, operation.timer.id
        try:
            timer = await self.gateways.edfs.toggle(caller, *place, begin_by)
        except TokenRefused as error:
            return await self._after_401(operation, bearer, error)
        except (Refused, NotSent) as error:
            return await self._not_executed(operation, error)
        except StoreUnreachable:  # the budget could not be read, so nothing was sent
            return await self._not_executed(operation, NotSent(operation="toggle"))
        except Unclear as error:
            lost = events.ResponseLost(self.now, failure_from(error, self.now))
            return await self._record(operation, lost)
        enabled = await self._confirmed(operation, timer)
        answered = events.Answered(self.now, operation.attempts, enabled)
        return await self._record(operation, answered)

    async def _confirmed(self, operation: Operation, timer: Timer) -> bool:
        """Return the state after the flip; read again where the response is not the wanted state.

        No document of the API says that the response has the state after the flip.
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
        resume_at = self._retry_at(operation, error)
        if resume_at is None:
            return await self._record(operation, events.Refused(self.now, failure))
        event = events.NotExecuted(self.now, failure, resume_at)
        return await self._record(operation, event)

    async def _record(self, operation: Operation, event: Event) -> Operation | None:
        """Store what became of the PATCH; retry while the store is unreachable."""
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
        """Record a response although another process has changed the operation meanwhile.

        Or the event was stored, and only the reply was lost. Proof that nothing was executed
        is dropped: from VERIFYING nothing may be sent any more.
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
            except InvalidTransition:  # a later attempt is in flight, after proof against this one
                log.error("operation.contradiction", trace=now.trace, state=now.state.value)
                return None
            if stored:
                return stored
        return None
