"""Takes an operation through its states, one step at a time. The process may die after any step.

The permit (LOCKED → SENDING) is a compare-and-set, and only the caller whose write won sends the
PATCH. An operation that is found in SENDING later is never sent: it goes to VERIFYING, which reads.
"""

from bot.core.names import OperationId, Workspace
from bot.core.operations import events
from bot.core.operations.operation import Operation, State
from bot.engine.sending import Reauthorize, Sender
from bot.engine.verification import Verifier
from bot.gateways.gateways import Gateways

__all__ = ["Engine", "Reauthorize"]

CLOCK_TOLERANCE = 30.0  # of the clocks of two replicas


class Engine:
    """Advances operations. ``reauthorize`` is called before each permit."""

    def __init__(self, gateways: Gateways, reauthorize: Reauthorize) -> None:
        self._gateways = gateways
        self._sender = Sender(gateways, reauthorize)
        self._verifier = Verifier(gateways)

    async def advance(self, workspace: Workspace, identity: OperationId) -> Operation | None:
        """Take the steps that can be taken now; return the operation as it is then.

        None where there is no such operation. Raises StoreUnreachable; the operation stays due, so
        it is advanced when the store is back.
        """
        read = self._gateways.store.operations.read
        while operation := await read(workspace, identity):
            if await self._step(operation) is None:
                return await read(workspace, identity)
        return None

    async def _step(self, operation: Operation) -> Operation | None:
        """Take one step; return None when no (further) step can be taken now."""
        now = self._gateways.clock()
        if operation.changed_at > now + CLOCK_TOLERANCE and not operation.state.ended:
            return await self._sender.apply(operation, events.ClockSetBack(now))
        if operation.resume_at > now:
            await self._gateways.store.operations.reschedule(operation, operation.resume_at)
            return None
        match operation.state:
            case State.READY:
                return await self._sender.apply(operation, events.LockAcquired(now))
            case State.LOCKED:
                return await self._sender.send(operation)
            case State.SENDING:
                return await self._verifier.recover(operation)
            case State.VERIFYING:
                return await self._verifier.verify(operation)
            case _ if operation.late_at:
                return await self._verifier.read_back_late(operation)
            case _:
                return None
