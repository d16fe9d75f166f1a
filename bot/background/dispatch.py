"""What follows: from an outcome, from the end of an operation, from a time that has come."""

from bot.background import approvals, auto_enables, notifications
from bot.context import Context
from bot.core.approvals import Stage
from bot.core.due_work import DueWork
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.outcomes import ApprovalRequested, OperationStarted, Outcome, RequestDecided
from bot.gateways.store.card_outbox import CardRef
from bot.slack.answers.app_home import refresh_home


def due_after(outcome: Outcome) -> DueWork:
    """Return the work that an outcome leaves."""
    match outcome:
        case OperationStarted(operation):
            review = (CardRef(operation.workspace, "approval", operation.id),)
            return DueWork((operation.id,), review if operation.emergency else ())
        case ApprovalRequested(approval) | RequestDecided(approval):
            ref = CardRef(approval.workspace, "approval", approval.id)
            begun = approval.stage is Stage.APPROVED and not approval.review
            return DueWork((approval.id,) if begun else (), (ref,))
        case _:
            return DueWork()


async def run_due(
    context: Context, workspace: Workspace, kind: str, identity: OperationId
) -> DueWork:
    """See to what is due of that kind. Whoever does so twice does it once.

    Raises StoreUnreachable and SlackAway; then it is still due.
    """
    match kind:
        case "ended":
            return await _operation_ended(context, workspace, identity)
        case "approval":
            return await approvals.run_due(context, workspace, identity)
        case "auto-enable":
            return await auto_enables.run_due(context, workspace, identity)
        case "subscription":
            return await notifications.run_due(context, workspace, identity)
        case "batch":
            return await notifications.flush(context, workspace, ChannelId(identity))
        case _:
            return DueWork()


async def _operation_ended(
    context: Context, workspace: Workspace, identity: OperationId
) -> DueWork:
    """An operation has ended, or something of it came to light later: tell those who wait."""
    operations = context.gateways.store.operations
    operation = await operations.read(workspace, identity)
    if operation is None:
        await operations.clear_ended(workspace, identity)
        return DueWork()
    due = DueWork()
    if operation.state.ended:
        for heard in (
            approvals.on_operation_ended,
            auto_enables.on_operation_ended,
            notifications.on_operation_ended,
        ):
            due += await heard(context, operation)
        await refresh_home(context, operation.workspace, operation.requester)
    await operations.ended_handled(operation)
    return due
