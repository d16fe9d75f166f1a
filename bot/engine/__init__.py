"""One operation, one step at a time. Every step may be the last one this process takes.

The permit (LOCKED → SENDING) is a compare-and-set, and only the caller whose write won sends the
PATCH. Whoever finds an operation in SENDING later never sends: it goes to VERIFYING, which reads.
"""

from bot.core.names import OperationId, Workspace
from bot.core.operations import events
from bot.core.operations.operation import Operation, State
from bot.engine.sending import Recheck, Sending
from bot.engine.verification import Looking
from bot.gateways.gateways import Gateways

__all__ = ["Engine", "Recheck"]


class Engine:
    def __init__(self, gateways: Gateways, recheck: Recheck) -> None:
        self._gateways = gateways
        self._sending = Sending(gateways, recheck)
        self._looking = Looking(gateways)

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
            await self._gateways.store.operations.postpone(operation, operation.resume_at)
            return None
        match operation.state:
            case State.READY:
                return await self._sending.apply(operation, events.Taken(now))
            case State.LOCKED:
                return await self._sending.send(operation)
            case State.SENDING:
                return await self._looking.recover(operation)
            case State.VERIFYING:
                return await self._looking.verify(operation)
            case _ if operation.late_at:
                return await self._looking.look_late(operation)
            case _:
                return None
