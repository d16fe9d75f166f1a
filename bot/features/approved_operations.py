"""From an approved request to the operation that does it, begun once, and what came of it."""

import secrets

from bot.core.approval_rules import granted
from bot.core.approvals import Approval, Cancelled, Concluded, Stage, after
from bot.core.errors import CannotUndo, TimerBusy, WritesOff
from bot.core.operations.operation import Operation, State, Trouble
from bot.core.outcomes import Begun
from bot.features.starting import begin
from bot.gateways.gateways import Gateways
from bot.gateways.store.card_outbox import Sheet

BEGIN_AGAIN = 5.0  # while another operation holds the timer


async def carry_out(gateways: Gateways, approval: Approval) -> Approval:
    """Begin what was approved, where that is still to be done; return the request as it is then.

    It may be called again and again: the operation has the request's own id. While another
    operation holds the timer the request stays due.
    """
    if approval.stage is not Stage.APPROVED or approval.review or approval.concluded:
        return approval
    now = gateways.clock()
    operation = await gateways.store.operations.read(approval.workspace, approval.id)
    if operation is not None:  # it was begun; its end says what came of it
        concluded = await conclude(gateways, operation) if operation.state.ended else None
        return concluded or approval
    if now > approval.changed_at + approval.wish.terms.life:
        return await _concluded(gateways, approval, None, Trouble("Expired"))
    try:
        if not await _begun(gateways, approval, now):
            await gateways.store.approvals.postpone(approval, now + BEGIN_AGAIN)
    except (WritesOff, CannotUndo) as refused:
        return await _concluded(gateways, approval, None, Trouble(type(refused).__name__))
    return approval


async def _begun(gateways: Gateways, approval: Approval, now: float) -> bool:
    """Begin it; False while the timer is not free. Raises WritesOff, CannotUndo."""
    drawings, painter = gateways.store.drawings, secrets.token_hex(8)
    sheet = sheet_of(approval)
    # Who holds the brush paints the request: the card is handed over only when nobody does.
    ours = await drawings.take_brush(sheet, painter)
    try:
        card = await _card_of(gateways, approval) if ours else ""
        outcome = await begin(gateways, granted(approval, now, card))
        if isinstance(outcome, Begun):
            await hand_over(gateways, approval)
        return isinstance(outcome, Begun)
    except TimerBusy:
        return False
    finally:
        if ours:
            await drawings.lay_brush_down(sheet, painter)


async def _card_of(gateways: Gateways, approval: Approval) -> str:
    """Return the request's message, where it stands in the channel where it was asked."""
    if approval.place != approval.wish.place.channel:
        return ""
    card = (await gateways.store.drawings.read(sheet_of(approval))).card
    return card if "." in card else ""  # a ts has a point; what is no ts is no message


async def hand_over(gateways: Gateways, approval: Approval) -> None:
    """Leave the request's message to the operation that took it: the request paints no more."""
    store = gateways.store
    operation = await store.operations.read(approval.workspace, approval.id)
    if operation is not None and operation.approved is not None:
        await store.drawings.hand_over(sheet_of(approval), operation.place.card)


def sheet_of(approval: Approval) -> Sheet:
    return Sheet(approval.workspace, "approval", approval.id, approval.version)


async def conclude(gateways: Gateways, operation: Operation) -> Approval | None:
    """Write into the request what came of its operation; None where that was no request's."""
    approval = await gateways.store.approvals.read(operation.workspace, operation.id)
    if approval is None:
        return None
    if approval.review and operation.state.came_to_nothing:
        return await _taken_back(gateways, approval)
    return await _concluded(gateways, approval, operation.state, operation.trouble)


async def _taken_back(gateways: Gateways, approval: Approval) -> Approval:
    """An emergency that came to nothing leaves nothing to review."""
    store = gateways.store.approvals
    while approval.stage is Stage.WAITING:
        following = after(approval, Cancelled(gateways.clock()))
        if (await store.change(approval, following)).how == "won":
            return following
        approval = await store.read(approval.workspace, approval.id) or following
    return approval


async def _concluded(
    gateways: Gateways, approval: Approval, outcome: State | None, trouble: Trouble | None
) -> Approval:
    """Store it, whatever else moves the request meanwhile; the first conclusion stays."""
    store = gateways.store.approvals
    while not approval.concluded and (approval.review or approval.stage is Stage.APPROVED):
        following = after(approval, Concluded(gateways.clock(), outcome, trouble))
        if (await store.change(approval, following)).how == "won":
            return following
        approval = await store.read(approval.workspace, approval.id) or following
    return approval
