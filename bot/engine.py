"""One operation, one step at a time. Every step may be the last one this process takes.

The permit (LOCKED → SENDING) is a compare-and-set, and only the caller whose write won sends the
PATCH. Whoever finds an operation in SENDING later never sends: it goes to VERIFYING, which reads.
"""

import asyncio
from dataclasses import dataclass

import structlog

from bot.core import events
from bot.core.errors import (
    ApiError,
    BotError,
    IdentityProviderTrouble,
    NotSent,
    RateLimited,
    Refused,
    SealBroken,
    SignInNeeded,
    StoreUnreachable,
    TokenRefused,
    Unclear,
)
from bot.core.events import Event
from bot.core.names import OperationId, Workspace
from bot.core.operations import Operation, State, Trouble
from bot.core.timers import Timer
from bot.core.transitions import Impossible, after, due, look_again
from bot.core.troubles import trouble_of
from bot.gateways.edfs import Caller, elapsed
from bot.gateways.ims import Bearer
from bot.gateways.reach import Gateways, with_token
from bot.gateways.store.operations import Changed

TRIES = 3  # of what provably did not leave
PAUSE_LEAST, PAUSE_MOST = 0.5, 8.0
# What came of a PATCH is worth waiting for a store that is away: half a minute in all.
RECORD_PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0)
LATE_LOOKS_END = 3600.0

READ_FAILURES = (ApiError, SealBroken, SignInNeeded, IdentityProviderTrouble)

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Engine:
    gateways: Gateways

    async def advance(self, workspace: Workspace, identity: OperationId) -> Operation | None:
        """Take the steps that can be taken now; return the operation as it then is.

        Raises StoreUnreachable; whatever was being done then is found again when it is back.
        """
        while operation := await self.gateways.store.operations.read(workspace, identity):
            if await self._step(operation) is None:
                return await self.gateways.store.operations.read(workspace, identity)
        return None

    async def _step(self, operation: Operation) -> Operation | None:
        """Take one step; None when there is nothing (more) to do now."""
        if operation.resume_at > self._now():
            await self.gateways.store.operations.postpone(operation, operation.resume_at)
            return None
        match operation.state:
            case State.READY:
                return await self._apply(operation, events.Taken(self._now()))
            case State.LOCKED:
                return await self._send(operation)
            case State.SENDING:
                return await self._recover(operation)
            case State.VERIFYING:
                return await self._verify(operation)
            case _ if operation.late_at:
                return await self._look_late(operation)
            case _:
                return None

    async def _send(self, operation: Operation) -> Operation | None:
        if self._now() > operation.ends_at:
            return await self._reject(operation, operation.trouble or Trouble("Expired"))
        if await self.gateways.store.writes.are_off(operation.workspace):
            return await self._reject(operation, Trouble("WritesOff"))
        try:
            bearer, timer = await self._read(operation)
        except READ_FAILURES as error:
            return await self._delay(operation, error)
        if bearer.account.subject != operation.acting.subject:
            return await self._reject(operation, Trouble("OtherAccount"))
        if timer.definition() != operation.definition:
            return await self._apply(operation, events.FoundChanged(self._now()))
        if timer.enabled is operation.wanted:
            return await self._apply(operation, events.FoundSo(self._now()))
        begin_by = elapsed() + operation.terms.send
        permitted = after(operation, events.Permitted(self._now()))
        match await self._stored(operation, permitted):
            case "won":
                return await self._flip(permitted, bearer, begin_by)
            case "off":
                return await self._reject(operation, Trouble("WritesOff"))
            case "lost":
                return None

    async def _delay(self, operation: Operation, error: BotError) -> Operation | None:
        """Nothing was sent: go on a little later where that can help, else end it."""
        trouble = trouble_of(error, self._now())
        resume_at = self._worth_waiting(operation, error)
        if resume_at is None:
            return await self._reject(operation, trouble)
        return await self._apply(operation, events.Delayed(self._now(), trouble, resume_at))

    def _worth_waiting(self, operation: Operation, error: BotError) -> float | None:
        """When to go on after what provably was not executed; None when it is not worth it."""
        match error:
            case RateLimited():
                resume_at = self._now() + error.retry_after
            case NotSent() | Unclear() if operation.unsent + 1 < TRIES:
                most = min(PAUSE_MOST, PAUSE_LEAST * 4 ** (operation.unsent + 1))
                resume_at = self._now() + self.gateways.jitter(PAUSE_LEAST, most)
            case TokenRefused() if not operation.renewals:
                resume_at = self._now()
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
            lost = events.Lost(self._now(), trouble_of(error, self._now()))
            return await self._record(operation, lost)
        enabled = await self._agreed(operation, timer)
        answered = events.Answered(self._now(), operation.attempts, enabled)
        return await self._record(operation, answered)

    async def _agreed(self, operation: Operation, timer: Timer) -> bool:
        """Return the state after the flip. Where the answer is not what was wished, look again:

        nothing published says that the answer is the state after the flip and not before it.
        """
        if timer.enabled is operation.wanted:
            return timer.enabled
        try:
            _, again = await self._read(operation)
        except (*READ_FAILURES, StoreUnreachable):
            return timer.enabled
        return again.enabled

    async def _after_401(
        self, operation: Operation, bearer: Bearer, error: TokenRefused
    ) -> Operation | None:
        if not operation.renewals:
            try:
                await self.gateways.ims.renewed(operation.workspace, operation.person, bearer)
            except (SignInNeeded, IdentityProviderTrouble) as trouble:
                return await self._not_executed(operation, trouble)
        return await self._not_executed(operation, error)

    async def _not_executed(self, operation: Operation, error: BotError) -> Operation | None:
        trouble = trouble_of(error, self._now())
        resume_at = self._worth_waiting(operation, error)
        if resume_at is None:
            return await self._record(operation, events.Refused(self._now(), trouble))
        event = events.NotExecuted(self._now(), trouble, resume_at)
        return await self._record(operation, event)

    async def _record(self, operation: Operation, event: Event) -> Operation | None:
        """Store what came of the PATCH; a store that is away is waited for."""
        for pause in RECORD_PAUSES:
            try:
                stored = await self._apply(operation, event)
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
                late = events.LateAnswer(event.at, event.enabled)
            try:
                stored = await self._apply(now, late)
            except Impossible:  # a later attempt is under way, after proof against this one
                log.error("operation.contradiction", trace=now.trace, state=now.state.value)
                return None
            if stored:
                return stored
        return None

    async def _recover(self, operation: Operation) -> Operation | None:
        """Somebody got the permit and did not come back: the PATCH may be on its way."""
        done_by = due(operation) or 0.0
        if self._now() < done_by:
            await self.gateways.store.operations.postpone(operation, done_by)
            return None
        lost = Trouble("Unclear", operation="toggle", why="crash")
        return await self._apply(operation, events.Lost(self._now(), lost))

    async def _verify(self, operation: Operation) -> Operation | None:
        begun_at, next_look = self._now(), due(operation) or 0.0
        if begun_at < next_look:
            await self.gateways.store.operations.postpone(operation, next_look)
            return None
        try:
            _, timer = await self._read(operation)
        except READ_FAILURES as error:
            return await self._look_again(operation, error)
        looked = events.Looked(self._now(), begun_at, timer.enabled)
        return await self._apply(operation, looked)

    async def _look_again(self, operation: Operation, error: BotError) -> Operation | None:
        now = self._now()
        if now > operation.lost_at + operation.terms.give_up:
            return await self._apply(operation, events.GaveUp(now))
        wait = error.retry_after if isinstance(error, RateLimited) else 0.0
        until = max(look_again(operation, now), now + wait)
        await self.gateways.store.operations.postpone(operation, until)
        return None

    async def _look_late(self, operation: Operation) -> Operation | None:
        """Once more, long after: did the lost request come through in the end?"""
        now, store = self._now(), self.gateways.store.operations
        if now < operation.late_at:
            await store.postpone(operation, operation.late_at)
            return None
        enabled = None
        if await store.is_last_word(operation):
            try:
                _, timer = await self._read(operation)
            except READ_FAILURES:
                if now < operation.late_at + LATE_LOOKS_END:
                    await store.postpone(operation, look_again(operation, now))
                    return None
            else:
                enabled = timer.enabled
        if operation.seen and enabled not in {None, operation.seen.enabled}:
            log.error("operation.late_difference", trace=operation.trace, enabled=enabled)
        return await self._apply(operation, events.LateLook(self._now(), enabled))

    async def _read(self, operation: Operation) -> tuple[Bearer, Timer]:
        async def read(caller: Caller) -> Timer:
            return await self.gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

        return await with_token(self.gateways, operation.workspace, operation.person, read)

    async def _reject(self, operation: Operation, trouble: Trouble) -> Operation | None:
        return await self._apply(operation, events.Refused(self._now(), trouble))

    async def _apply(self, operation: Operation, event: Event) -> Operation | None:
        """Store the next version; None when somebody else moved the operation meanwhile."""
        following = after(operation, event)
        return following if await self._stored(operation, following) == "won" else None

    async def _stored(self, before: Operation, following: Operation) -> Changed:
        changed = await self.gateways.store.operations.change(before, following)
        log.info(
            "operation",
            trace=following.trace,
            state=following.state.value,
            trouble=following.trouble.kind if following.trouble else None,
            stored=changed,
        )
        return changed

    def _now(self) -> float:
        return self.gateways.clock()
