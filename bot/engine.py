"""One operation, one step at a time. Every step may be the last one this process takes.

The permit (LOCKED → SENDING) is a compare-and-set, and only the caller whose write won sends the
PATCH. Whoever finds an operation in SENDING later never sends: it goes to VERIFYING, which reads.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from bot.core import operations as machine
from bot.core.errors import (
    ApiError,
    IdentityProviderTrouble,
    NotSent,
    Refused,
    SealBroken,
    SignInNeeded,
    TokenRefused,
    Unclear,
)
from bot.core.names import OperationId, PersonId, Workspace
from bot.core.operations import Operation, State, Trouble
from bot.core.timers import Timer
from bot.core.troubles import trouble_of
from bot.gateways.edfs import Edfs
from bot.gateways.ims import Bearer, Ims
from bot.gateways.store import Store

SENDS_AT_MOST = 2  # a second one only after a 401, which proves that nothing was executed
LOOK_AGAIN = 15.0
SEND_SLACK = 5.0

log = structlog.get_logger("engine")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Gateways:
    """Everything outside that looking and acting reach; ``clock`` gives unix seconds.

    ``schedule_zone`` is the time zone in which Bentley is taken to run its cron expressions.
    """

    store: Store
    edfs: Edfs
    ims: Ims
    clock: Callable[[], float]
    schedule_zone: str = "UTC"


async def with_token(
    gateways: Gateways,
    workspace: Workspace,
    person: PersonId,
    call: Callable[[str], Awaitable[Answer]],
) -> tuple[Bearer, Answer]:
    """Call the API with the person's own token, renewed once if the API refuses it."""
    bearer = await gateways.ims.bearer(workspace, person)
    try:
        return bearer, await call(bearer.secret)
    except TokenRefused:
        bearer = await gateways.ims.renewed(workspace, person, bearer)
        return bearer, await call(bearer.secret)


@dataclass(frozen=True, slots=True)
class Engine:
    """``patch_seconds`` bounds the flip; ``settle_seconds`` is how long a lost one may linger."""

    gateways: Gateways
    patch_seconds: float
    settle_seconds: float

    async def advance(self, workspace: Workspace, identity: OperationId) -> Operation | None:
        """Take the steps that can be taken now; return the operation as it then is."""
        while operation := await self.gateways.store.operations.read(workspace, identity):
            following = await self._step(operation)
            if following is None:
                return await self.gateways.store.operations.read(workspace, identity)
        return None

    async def _step(self, operation: Operation) -> Operation | None:
        """Take one step; None when there is nothing to do now."""
        match operation.state:
            case State.READY:
                return await self._change(operation, machine.locked(operation, self._now()))
            case State.LOCKED:
                return await self._send(operation)
            case State.SENDING:
                return await self._recover(operation)
            case State.VERIFYING:
                return await self._verify(operation)
            case _:
                return None

    async def _send(self, operation: Operation) -> Operation | None:
        if self._now() > operation.asked_at + machine.LIFE:
            return await self._reject(operation, Trouble("Expired"))
        try:
            bearer, timer = await self._read(operation)
        except (ApiError, SealBroken, SignInNeeded, IdentityProviderTrouble) as error:
            return await self._reject(operation, trouble_of(error, self._now()))
        if bearer.account.subject != operation.acting.subject:
            return await self._reject(operation, Trouble("OtherAccount"))
        if timer.definition() != operation.definition:
            changed = machine.stale(operation, self._now())
            return await self._change(operation, changed)
        if timer.enabled is operation.wanted:
            return await self._change(operation, machine.already(operation, self._now()))
        permitted = await self._change(operation, machine.sending(operation, self._now()))
        return await self._flip(permitted, bearer) if permitted else None

    async def _flip(self, operation: Operation, bearer: Bearer) -> Operation | None:
        """Send the PATCH, once. Only the holder of the permit comes here."""
        edfs = self.gateways.edfs
        try:
            timer = await edfs.toggle(bearer.secret, operation.itwin.id, operation.timer.id)
        except TokenRefused as error:
            return await self._after_401(operation, bearer, error)
        except (Refused, NotSent) as error:
            return await self._reject(operation, trouble_of(error, self._now()))
        except Unclear as error:
            return await self._lose(operation, trouble_of(error, self._now()))
        enabled = await self._agreed(operation, timer)
        after = machine.answered(operation, enabled, self._now())
        return await self._change(operation, after)

    async def _agreed(self, operation: Operation, timer: Timer) -> bool:
        """Return the state after the flip. Where the answer is not what was wished, look again:

        nothing published says that the answer is the state after the flip and not before it.
        """
        if timer.enabled is operation.wanted:
            return timer.enabled
        try:
            _, again = await self._read(operation)
        except (ApiError, SealBroken, SignInNeeded, IdentityProviderTrouble):
            return timer.enabled
        return again.enabled

    async def _after_401(
        self, operation: Operation, bearer: Bearer, error: TokenRefused
    ) -> Operation | None:
        if operation.attempts >= SENDS_AT_MOST:
            return await self._reject(operation, trouble_of(error, self._now()))
        try:
            await self.gateways.ims.renewed(operation.workspace, operation.person, bearer)
        except (SignInNeeded, IdentityProviderTrouble) as trouble:
            return await self._reject(operation, trouble_of(trouble, self._now()))
        return await self._change(operation, machine.not_executed(operation, self._now()))

    async def _recover(self, operation: Operation) -> Operation | None:
        """Somebody got the permit and did not come back: the PATCH may be on its way."""
        done_by = operation.changed_at + self.patch_seconds + SEND_SLACK
        if self._now() < done_by:
            await self.gateways.store.operations.postpone(operation, done_by)
            return None
        return await self._lose(operation, Trouble("Unclear", operation="toggle", why="crash"))

    async def _lose(self, operation: Operation, trouble: Trouble) -> Operation | None:
        quiet_at = self._now() + self.settle_seconds
        return await self._change(
            operation, machine.lost(operation, trouble, quiet_at, self._now())
        )

    async def _verify(self, operation: Operation) -> Operation | None:
        begun_at = self._now()
        if begun_at < operation.quiet_at and operation.seen is not None:
            await self.gateways.store.operations.postpone(operation, operation.quiet_at)
            return None
        try:
            _, timer = await self._read(operation)
        except (ApiError, SealBroken, SignInNeeded, IdentityProviderTrouble):
            return await self._look_later(operation)
        after = machine.looked(operation, timer.enabled, begun_at, self._now())
        return await self._change(operation, after)

    async def _look_later(self, operation: Operation) -> Operation | None:
        if self._now() > operation.asked_at + machine.GIVE_UP:
            return await self._change(operation, machine.unknown(operation, self._now()))
        due = self._now() + LOOK_AGAIN
        if operation.quiet_at > self._now():
            due = min(due, operation.quiet_at)
        await self.gateways.store.operations.postpone(operation, due)
        return None

    async def _read(self, operation: Operation) -> tuple[Bearer, Timer]:
        async def read(bearer: str) -> Timer:
            return await self.gateways.edfs.timer(bearer, operation.itwin.id, operation.timer.id)

        return await with_token(self.gateways, operation.workspace, operation.person, read)

    async def _reject(self, operation: Operation, trouble: Trouble) -> Operation | None:
        return await self._change(operation, machine.rejected(operation, trouble, self._now()))

    async def _change(self, before: Operation, after: Operation) -> Operation | None:
        """Store it; None when somebody else moved the operation meanwhile."""
        due = self._due(after)
        if not await self.gateways.store.operations.change(before, after, due):
            return None
        log.info(
            "operation",
            trace=after.trace,
            state=after.state.value,
            trouble=after.trouble.kind if after.trouble else None,
        )
        return after

    def _due(self, operation: Operation) -> float:
        """When to look at it again if this process goes no further."""
        now = self._now()
        match operation.state:
            case State.SENDING:
                return now + self.patch_seconds + SEND_SLACK
            case State.VERIFYING if operation.seen is not None:
                return operation.quiet_at
            case _:
                return now + LOOK_AGAIN

    def _now(self) -> float:
        return self.gateways.clock()
