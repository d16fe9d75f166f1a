"""After a failover: restores the operations that this process wrote and the store has forgotten."""

import structlog

from bot.context import Context
from bot.core.card_refs import card_ref
from bot.core.due_work import DueWork
from bot.core.operations import events
from bot.core.operations.operation import Failure, FailureKind, Operation, State
from bot.core.operations.transitions import after

log = structlog.get_logger("store")


async def restore_forgotten(context: Context) -> DueWork:
    """Restore them as they were, and return what is due for them.

    One whose timer another operation holds by now has no lock to go on with: it ends, and its card
    says that nobody can tell what became of it. Raises StoreUnreachable.
    """
    store, due = context.gateways.store, DueWork()
    for operation in await store.operations.forgotten():
        message = store.card_outbox.last_message(card_ref(operation))
        result = await store.operations.restore(operation, message, context.now)
        if result == "busy":
            ended = _abandoned(operation, context.now)
            result = await store.operations.restore(ended, message, context.now)
        log.error("store.forgot_operation", trace=operation.trace, result=result)
        if result == "restored":
            due += DueWork(cards=(card_ref(operation),), operations=(operation.id,))
    return due


def _abandoned(operation: Operation, now: float) -> Operation:
    unclear = Failure(FailureKind.UNCLEAR, operation="toggle", why="failover")
    match operation.state:
        case State.READY:
            return _abandoned(after(operation, events.LockAcquired(now)), now)
        case State.LOCKED:
            return _abandoned(after(operation, events.FailedOver(now)), now)
        case State.SENDING:
            return _abandoned(after(operation, events.ResponseLost(now, unclear)), now)
        case State.VERIFYING:
            return after(operation, events.VerificationAbandoned(now))
        case _:
            return operation
