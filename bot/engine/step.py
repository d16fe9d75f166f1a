"""What the sender and the verifier share: reading with a person's token, and storing a version."""

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
    """Base of the classes that take an operation's steps."""

    gateways: Gateways

    @property
    def now(self) -> float:
        return self.gateways.clock()

    async def read(self, operation: Operation) -> tuple[Bearer, Timer]:
        """Read the timer with the token of the operation's account.

        Raises one of ``READ_FAILURES``, and StoreUnreachable.
        """

        async def read(caller: Caller) -> Timer:
            return await self.gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

        return await with_token(self.gateways, operation.workspace, operation.person, read)

    async def reject(self, operation: Operation, failure: Failure) -> Operation | None:
        return await self.apply(operation, events.Refused(self.now, failure))

    async def apply(self, operation: Operation, event: Event) -> Operation | None:
        """Apply the event and store the next version; None when another version is stored."""
        following = after(operation, event)
        return following if await self.store(operation, following) == "won" else None

    async def store(self, before: Operation, following: Operation) -> Changed:
        """Store the next version by compare-and-set."""
        changed = await self.gateways.store.operations.change(before, following)
        log.info(
            "operation.changed",
            trace=following.trace,
            state=following.state.value,
            failure=following.failure.kind.value if following.failure else None,
            stored=changed,
        )
        return changed
