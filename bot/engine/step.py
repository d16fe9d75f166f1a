"""What both hands of the engine need: reading with a person's token, and storing what follows."""

from dataclasses import dataclass

import structlog

from bot.core.errors import ApiError, IdentityProviderError, SealBroken, SignInNeeded
from bot.core.operations import events
from bot.core.operations.events import Event
from bot.core.operations.operation import Failure, Operation
from bot.core.operations.transitions import after
from bot.core.timers import Timer
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer
from bot.gateways.store.operations import Changed

READ_FAILURES = (ApiError, SealBroken, SignInNeeded, IdentityProviderError)

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True)
class Step:
    gateways: Gateways

    @property
    def now(self) -> float:
        return self.gateways.clock()

    async def read(self, operation: Operation) -> tuple[Bearer, Timer]:
        async def read(caller: Caller) -> Timer:
            return await self.gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

        return await with_token(self.gateways, operation.workspace, operation.person, read)

    async def reject(self, operation: Operation, failure: Failure) -> Operation | None:
        return await self.apply(operation, events.Refused(self.now, failure))

    async def apply(self, operation: Operation, event: Event) -> Operation | None:
        """Store the next version; None when somebody else moved the operation meanwhile."""
        following = after(operation, event)
        return following if await self.stored(operation, following) == "won" else None

    async def stored(self, before: Operation, following: Operation) -> Changed:
        changed = await self.gateways.store.operations.change(before, following)
        log.info(
            "operation",
            trace=following.trace,
            state=following.state.value,
            failure=following.failure.kind.value if following.failure else None,
            stored=changed,
        )
        return changed
