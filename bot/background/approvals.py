"""Requests for approval in Slack: their cards, their deadlines, and who is told what."""

from collections.abc import Iterator

from bot.context import Context
from bot.core.approvals import Approval, Expired, Moved, Reminded, Stage, after, reminder_at
from bot.core.due_work import DueWork
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.failures import error_from
from bot.core.operations.operation import Operation, State
from bot.core.outcomes import ApprovalRequested, OperationStarted, Outcome
from bot.features.approved_operations import approval_card, carry_out, conclude, transfer_card
from bot.features.starting import skipped_runs
from bot.gateways.slack.client import NOT_THERE, SlackRejected
from bot.gateways.slack.messages import Card, Ephemeral, Word
from bot.gateways.store.card_outbox import CardRef
from bot.slack.cards.card_state import CardState
from bot.slack.views import approval_replies
from bot.slack.views.approvals import card

CHECK_OPERATION_AFTER = 60.0  # its operation's end says more, and sooner


async def post_request(context: Context, outcome: Outcome | None) -> Outcome | None:
    """Have a new request stand where people see it; return the outcome as it is then.

    Raises SlackAway.
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
    """Move it to where the bot is: where it belongs, where it was asked, or to who asked."""
    channel = await _channel_for(context, approval)
    moved_to = None if channel == approval.channel else channel

    def change(approval: Approval) -> Approval | None:
        moves = approval.stage is Stage.WAITING and approval.moved_to != moved_to
        return after(approval, Moved(moved_to)) if moves else None

    store = context.gateways.store.approvals
    return await store.update(approval.workspace, approval.id, change) or approval


async def _channel_for(context: Context, approval: Approval) -> ChannelId:
    for channel in (approval.channel, approval.operation.origin.channel):
        if await _is_in(context, channel):
            return channel
    return await context.slack.direct_channel(approval.requester)


async def _is_in(context: Context, channel: ChannelId) -> bool:
    try:
        found = await context.slack.channel_info(channel)
    except SlackRejected as refused:
        return refused.code not in NOT_THERE  # what may not be asked is tried
    direct = found.get("is_im") or found.get("is_mpim")
    return bool(direct or (found.get("is_member") and not found.get("is_archived")))


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    approval = await context.gateways.store.approvals.read(ref.workspace, ref.id)
    if approval is None:
        return None
    if approval.stage is Stage.APPROVED:  # it may have been cut off before it let go of the card
        await transfer_card(context.gateways, approval)
    runs, zone = skipped_runs(context.gateways, approval.operation), context.gateways.schedule_zone
    painted = card(approval, runs, zone)
    return CardState(
        ref=approval_card(approval),
        channel=approval.posted_in,
        card=painted,
        since=approval.changed_at or approval.operation.asked_at,
        ended=approval.stage is not Stage.WAITING,
        messages=tuple(_messages(approval, painted, context.now)),
    )


def _messages(approval: Approval, painted: Card, now: float) -> Iterator[Word]:
    """Yield what is said beside the card, each once, whichever versions were never drawn."""
    waiting = approval.stage is Stage.WAITING
    if approval.posted_in.startswith("D"):  # nobody else sees it there
        for person in _people(approval) if waiting else ():
            said = Ephemeral(painted.text, painted.blocks)
            yield Word(f"asked-{person}", said, person, direct=True)
    if waiting and approval.reminders:
        yield from _reminders(approval)
    requester = approval.requester
    still = approval.votes if waiting else approval.votes[:-1]
    for count, vote in enumerate(still, 1):
        yield Word(
            f"vote-{count}", approval_replies.voted(approval, vote, count), requester, direct=True
        )
    if not waiting and approval.stage is not Stage.CANCELED:
        yield Word("ended", approval_replies.ended(approval), requester, direct=True)
    if approval.stage is Stage.APPROVED and approval.concluded and not approval.review:
        well = approval.outcome in {State.ALREADY, State.APPLIED}
        failure = None if well else approval.failure
        error = error_from(failure, now) if failure else None
        yield Word(
            "outcome", approval_replies.concluded(approval, error, now), requester, direct=True
        )


def _reminders(approval: Approval) -> Iterator[Word]:
    what, said = f"reminder-{approval.reminders}", approval_replies.reminder(approval)
    yield Word(what, said)
    if approval.posted_in.startswith("D"):
        for person in _people(approval):
            yield Word(f"{what}-{person}", said, person, direct=True)


def _people(approval: Approval) -> list[PersonId]:
    listed = approval.approvers or frozenset()
    people = [PersonId(one) for one in sorted(listed) if one.startswith(("U", "W"))]
    return [one for one in people if one != approval.requester]


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """See to what is due of a request: a reminder, its expiry, or what it was approved for."""
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
    return DueWork((), (approval_card(stored),))


async def _check_operation(context: Context, approval: Approval) -> DueWork:
    """Whoever decided it has begun it, or was cut off before."""
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
        return DueWork((), (approval_card(approval),))
    await store.approvals.reschedule(approval, context.now + CHECK_OPERATION_AFTER)
    return DueWork()


async def on_operation_ended(context: Context, operation: Operation) -> DueWork:
    """An operation that was approved, or has to be reviewed, has ended: its request says so."""
    if operation.approved is None and not operation.emergency:
        return DueWork()
    approval = await conclude(context.gateways, operation)
    return DueWork((), (approval_card(approval),)) if approval is not None else DueWork()
