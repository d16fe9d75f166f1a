"""Starts the operation of an approved request, once, and records its outcome in the request."""

import secrets

from bot.core.approval_rules import approved_operation
from bot.core.approvals import Approval, Canceled, Concluded, Stage, after
from bot.core.card_refs import CardRef
from bot.core.errors import CannotUndo, ChangesStopped, TimerBusy
from bot.core.operations.failures import failure_from
from bot.core.operations.operation import Failure, FailureKind, Operation, State
from bot.core.outcomes import OperationStarted
from bot.features.starting import start
from bot.gateways.gateways import Gateways

RETRY_START_AFTER = 5.0  # seconds, while another operation has locked the timer


async def carry_out(gateways: Gateways, approval: Approval) -> Approval:
    """Start the operation of an approved request unless it was started; return the new request.

    It may be called again: the operation has the request's id. While another operation has locked
    the timer the request is rescheduled.
    """
    if approval.stage is not Stage.APPROVED or approval.review or approval.concluded:
        return approval
    now = gateways.clock()
    operation = await gateways.store.operations.read(approval.workspace, approval.id)
    if operation is not None:  # it was started
        concluded = await conclude(gateways, operation) if operation.state.ended else None
        return concluded or approval
    if now > approval.changed_at + approval.operation.timeouts.life:
        return await _conclude(gateways, approval, None, Failure(FailureKind.EXPIRED))
    try:
        if not await _start(gateways, approval, now):
            await gateways.store.approvals.reschedule(approval, now + RETRY_START_AFTER)
    except (ChangesStopped, CannotUndo) as refused:
        return await _conclude(gateways, approval, None, failure_from(refused, now))
    return approval


async def _start(gateways: Gateways, approval: Approval, now: float) -> bool:
    """Start it. Returns False while the timer is locked. Raises ChangesStopped, CannotUndo."""
    cards, owner = gateways.store.card_outbox, secrets.token_hex(8)
    ref = approval_card(approval)
    # The card is transferred to the operation only while nobody else is updating it.
    ours = await cards.lock_card(ref, owner)
    try:
        card = await _card_of(gateways, approval) if ours else ""
        outcome = await start(gateways, approved_operation(approval, now, card))
        if isinstance(outcome, OperationStarted):
            await transfer_card(gateways, approval)
        return isinstance(outcome, OperationStarted)
    except TimerBusy:
        return False
    finally:
        if ours:
            await cards.unlock_card(ref, owner)


async def _card_of(gateways: Gateways, approval: Approval) -> str:
    """Return the ts of the request's card, if it is in the channel of the command; else empty."""
    if approval.posted_in != approval.operation.origin.channel:
        return ""
    card = (await gateways.store.card_outbox.read(approval_card(approval))).ts
    return card if "." in card else ""  # a ts has a point; anything else is not a message


async def transfer_card(gateways: Gateways, approval: Approval) -> None:
    """Record that the operation has taken the request's card, which the request updates no more."""
    store = gateways.store
    operation = await store.operations.read(approval.workspace, approval.id)
    if operation is not None and operation.approved is not None:
        await store.card_outbox.transfer(approval_card(approval), operation.origin.card)


def approval_card(approval: Approval) -> CardRef:
    return CardRef(approval.workspace, "approval", approval.id, approval.version)


async def conclude(gateways: Gateways, operation: Operation) -> Approval | None:
    """Record an operation's outcome in its request. Returns None when it has no request."""
    approval = await gateways.store.approvals.read(operation.workspace, operation.id)
    if approval is None:
        return None
    if approval.review and operation.state.changed_nothing:
        return await _cancel_review(gateways, approval)
    return await _conclude(gateways, approval, operation.state, operation.failure)


async def _cancel_review(gateways: Gateways, approval: Approval) -> Approval:
    """Cancel the review of an emergency that changed nothing."""

    def change(approval: Approval) -> Approval | None:
        waiting = approval.stage is Stage.WAITING
        return after(approval, Canceled(gateways.clock())) if waiting else None

    store = gateways.store.approvals
    return await store.update(approval.workspace, approval.id, change) or approval


async def _conclude(
    gateways: Gateways, approval: Approval, outcome: State | None, failure: Failure | None
) -> Approval:
    """Store the outcome, even if the request is changed meanwhile; the first outcome is final."""

    def change(approval: Approval) -> Approval | None:
        if approval.concluded or not (approval.review or approval.stage is Stage.APPROVED):
            return None
        return after(approval, Concluded(gateways.clock(), outcome, failure))

    store = gateways.store.approvals
    return await store.update(approval.workspace, approval.id, change) or approval
