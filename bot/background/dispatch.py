"""Carries out due work, by its kind."""

from bot.background import (
    approvals,
    auto_enables,
    batching,
    notifications,
    operation_sets,
    polling,
    superseding,
)
from bot.context import Context
from bot.core.due_work import DueWork
from bot.core.names import ChannelId, OperationId, Workspace


async def run_due(
    context: Context, workspace: Workspace, kind: str, identity: OperationId
) -> DueWork:
    """Do what is due for a record; doing it twice has the effect of once.

    Raises StoreUnreachable and SlackUnavailable; then it is still due.
    """
    match kind:
        case "ended":
            return await _operation_ended(context, workspace, identity)
        case "superseding":
            return await superseding.run_due(context, workspace, identity)
        case "approval":
            return await approvals.run_due(context, workspace, identity)
        case "operation-set":
            return await operation_sets.run_due(context, workspace, identity)
        case "auto-enable":
            return await auto_enables.run_due(context, workspace, identity)
        case "subscription":
            return await polling.run_due(context, workspace, identity)
        case "batch":
            return await batching.flush(context, workspace, ChannelId(identity))
        case _:
            return DueWork()


async def _operation_ended(
    context: Context, workspace: Workspace, identity: OperationId
) -> DueWork:
    """Do what follows from the end of an operation, or from what was found out later."""
    operations = context.gateways.store.operations
    operation = await operations.read(workspace, identity)
    if operation is None:
        await operations.clear_ended(workspace, identity)
        return DueWork()
    due = DueWork()
    if operation.state.ended:
        due += await approvals.on_operation_ended(context, operation)
        due += await auto_enables.on_operation_ended(context, operation)
        await notifications.on_operation_ended(context, operation)
        await superseding.schedule(context, operation)
        due += DueWork(homes=(operation.requester,))
    await operations.ended_handled(operation)
    return due
