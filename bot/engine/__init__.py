"""One operation, one step at a time. Every step may be the last one this process takes.

The permit (LOCKED → SENDING) is a compare-and-set, and only the caller whose write won sends the
PATCH. Whoever finds an operation in SENDING later never sends: it goes to VERIFYING, which reads.
"""

from bot.core.names import OperationId, Workspace
from bot.core.operations import events
from bot.core.operations.operation import Operation, State
from bot.engine.sending import Reauthorize, Sender
from bot.engine.verification import Verifier
from bot.gateways.gateways import Gateways

__all__ = ["Engine", "Reauthorize"]


class Engine:
    def __init__(self, gateways: Gateways, recheck: Reauthorize) -> None:
        self._gateways = gateways
        self._sending = Sender(gateways, recheck)
        self._looking = Verifier(gateways)

    async def advance(self, workspace: Workspace, identity: OperationId) -> Operation | None:
        """Take the steps that can be taken now; return the operation as it then is.

        Raises StoreUnreachable; whatever was being done then is found again when it is back.
        """
        read = self._gateways.store.operations.read
        while operation := await read(workspace, identity):
            if await self._step(operation) is None:
                return await read(workspace, identity)
        return None

    async def _step(self, operation: Operation) -> Operation | None:
        """Take one step; None when there is nothing (more) to do now."""
        now = self._gateways.clock()
        if operation.resume_at > now:
            await self._gateways.store.operations.reschedule(operation, operation.resume_at)
            return None
        match operation.state:
            case State.READY:
                return await self._sending.apply(operation, events.LockAcquired(now))
            case State.LOCKED:
                return await self._sending.send(operation)
            case State.SENDING:
                return await self._looking.recover(operation)
            case State.VERIFYING:
                return await self._looking.verify(operation)
            case _ if operation.late_at:
                return await self._looking.read_back_late(operation)
            case _:
                return None
