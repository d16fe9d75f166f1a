"""Due work of approval requests: where they are posted, reminders, expiry, and their operation."""

import structlog

from bot.context import Context
from bot.core.approvals import Approval, Expired, Moved, Reminded, Stage, after, reminder_at
from bot.core.due_work import DueWork
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.operations.operation import Operation
from bot.core.outcomes import ApprovalRequested, OperationStarted, Outcome
from bot.features.approved_operations import approval_card, carry_out, conclude
from bot.gateways.slack.channels import is_in_channel
from bot.gateways.slack.client import SlackRejected

# The end of its operation is handled at once; this is for the case that it was missed.
CHECK_OPERATION_AFTER = 60.0

log = structlog.get_logger("approvals")


async def post_request(context: Context, outcome: Outcome | None) -> Outcome | None:
    """Choose the channel in which a new request is posted; return the outcome with it.

    Raises SlackUnavailable.
    """
    match outcome:
        case ApprovalRequested(approval, again):
            return ApprovalRequested(await _move(context, approval), again)
        case OperationStarted(operation) if operation.emergency:
            store = context.gateways.store.approvals
            review = await store.read(operation.workspace, operation.id)
            if review is not None:
                await _move(context, review)
            return outcome
        case _:
            return outcome


async def _move(context: Context, approval: Approval) -> Approval:
    """Move a waiting request to a channel in which the bot can post."""
    channel = await _channel_for(context, approval)
    moved_to = None if channel == approval.channel else channel

    def change(approval: Approval) -> Approval | None:
        moves = approval.stage is Stage.WAITING and approval.moved_to != moved_to
        return after(approval, Moved(moved_to)) if moves else None

    store = context.gateways.store.approvals
    return await store.update(approval.workspace, approval.id, change) or approval


async def _channel_for(context: Context, approval: Approval) -> ChannelId:
    """Return the policy's channel, else that of the command, else the requester's own."""
    for channel in (approval.channel, approval.operation.origin.channel):
        if await is_in_channel(context.slack, channel):
            return channel
    return await context.slack.direct_channel(approval.requester)


async def on_rejected(
    context: Context, workspace: Workspace, identity: OperationId, channel: ChannelId
) -> None:
    """Move a request whose card Slack does not take in this channel to the next possible one.

    That is the channel of the command, and then the requester's direct messages; from there each
    approver gets it directly. Raises SlackUnavailable.
    """
    store = context.gateways.store.approvals
    approval = await store.read(workspace, identity)
    if approval is None or approval.posted_in != channel or approval.stage is not Stage.WAITING:
        return
    try:
        direct = await context.slack.direct_channel(approval.requester)
    except SlackRejected as rejected:
        log.error("approval.not_posted", trace=identity[:8], code=rejected.code)
        return
    if channel == direct:
        return
    origin = approval.operation.origin.channel
    tried_origin = channel == origin or not await is_in_channel(context.slack, origin)
    moved_to = direct if tried_origin else origin

    def change(now: Approval) -> Approval | None:
        return after(now, Moved(moved_to)) if now.posted_in == channel else None

    await store.update(workspace, identity, change)


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Remind of a request or let it expire, or see to the operation that it was approved for."""
    store = context.gateways.store.approvals
    approval = await store.read(workspace, identity)
    if approval is not None and approval.stage is Stage.WAITING:
        return await _remind_or_expire(context, approval)
    if approval is not None and approval.stage is Stage.APPROVED and not approval.concluded:
        return await _check_operation(context, approval)
    await store.sync_due(workspace, identity)
    return DueWork()


async def _remind_or_expire(context: Context, approval: Approval) -> DueWork:
    store, now = context.gateways.store.approvals, context.now

    def change(approval: Approval) -> Approval | None:
        if approval.stage is not Stage.WAITING:
            return None
        if not approval.review and now >= approval.expires_at:
            return after(approval, Expired(now))
        return after(approval, Reminded(now)) if now >= reminder_at(approval) else None

    stored = await store.update(approval.workspace, approval.id, change)
    if stored is None or stored.version == approval.version:
        await store.sync_due(approval.workspace, approval.id)
        return DueWork()
    return DueWork(cards=(approval_card(stored),))


async def _check_operation(context: Context, approval: Approval) -> DueWork:
    """Start the operation of an approved request if the approver's process ended before that."""
    store = context.gateways.store
    operation = await store.operations.read(approval.workspace, approval.id)
    if approval.review:
        await store.approvals.sync_due(approval.workspace, approval.id)
        return DueWork()
    if operation is None:
        await carry_out(context.gateways, approval)
        return DueWork((approval.id,), (approval_card(approval),))
    if operation.state.ended:
        await conclude(context.gateways, operation)
        return DueWork(cards=(approval_card(approval),))
    await store.approvals.reschedule(approval, context.now + CHECK_OPERATION_AFTER)
    return DueWork()


async def on_operation_ended(context: Context, operation: Operation) -> DueWork:
    """Conclude the request of an operation that was approved, or has to be reviewed."""
    if operation.approved is None and not operation.emergency:
        return DueWork()
    approval = await conclude(context.gateways, operation)
    return DueWork(cards=(approval_card(approval),)) if approval is not None else DueWork()
