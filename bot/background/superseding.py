"""Takes the buttons from older cards of a timer that was switched again.

It is due some seconds after the switch, behind what people wait for.
"""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.due_work import DueWork
from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State

LATER = 10.0  # seconds after the switch
MOST_OLDER = 10  # cards between this switch and the one before it
_SWITCHED = {State.APPLIED, State.CONFLICT}


async def schedule(context: Context, operation: Operation) -> None:
    """Make it due for an operation that has just ended, if it switched its timer.

    Raises StoreUnreachable.
    """
    if operation.state in _SWITCHED:
        at = context.now + LATER
        await context.gateways.store.operations.schedule_superseding(operation, at)


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Mark the cards back to the last one that switched the timer; return those to be drawn.

    Older ones were marked when that one switched it. Raises StoreUnreachable.
    """
    operations, due = context.gateways.store.operations, DueWork()
    older = await operations.older(workspace, identity)
    for _ in range(MOST_OLDER):
        operation = await operations.read(workspace, older) if older else None
        if operation is None:
            break
        if await operations.supersede(operation, identity, context.now):
            due += DueWork(cards=(CardRef(workspace, "operation", operation.id),))
        if operation.state in _SWITCHED:
            break
        older = await operations.older(workspace, operation.id)
    await operations.clear_superseding(workspace, identity)
    return due
