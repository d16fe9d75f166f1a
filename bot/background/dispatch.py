"""What follows: from an outcome, from the end of an operation, from a time that has come."""

from bot.background import approvals, auto_enables, notifications
from bot.context import Desk
from bot.core.approvals import Stage
from bot.core.due_work import Due
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.outcomes import ApprovalAsked, Begun, Decided, Outcome
from bot.gateways.store.card_outbox import Sheet
from bot.slack.answers.app_home import made_anew


def due_after(outcome: Outcome) -> Due:
    """Return the work that an outcome leaves."""
    match outcome:
        case Begun(operation):
            review = (Sheet(operation.workspace, "approval", operation.id),)
            return Due((operation.id,), review if operation.emergency else ())
        case ApprovalAsked(approval) | Decided(approval):
            sheet = Sheet(approval.workspace, "approval", approval.id)
            begun = approval.stage is Stage.APPROVED and not approval.review
            return Due((approval.id,) if begun else (), (sheet,))
        case _:
            return Due()


async def follow(desk: Desk, home: Workspace, kind: str, identity: OperationId) -> Due:
    """See to what is due of that kind. Whoever does so twice does it once.

    Raises StoreUnreachable and SlackAway; then it is still due.
    """
    match kind:
        case "news":
            return await _news(desk, home, identity)
        case "approval":
            return await approvals.follow(desk, home, identity)
        case "return":
            return await auto_enables.follow(desk, home, identity)
        case "subscription":
            return await notifications.follow(desk, home, identity)
        case "channel":
            return await notifications.gather(desk, home, ChannelId(identity))
        case _:
            return Due()


async def _news(desk: Desk, home: Workspace, identity: OperationId) -> Due:
    """An operation has ended, or something of it came to light later: tell those who wait."""
    operations = desk.gateways.store.operations
    operation = await operations.read(home, identity)
    if operation is None:
        await operations.forget_news(home, identity)
        return Due()
    due = Due()
    if operation.state.ended:
        for heard in (approvals.heard, auto_enables.heard, notifications.heard):
            due += await heard(desk, operation)
        await made_anew(desk, operation.workspace, operation.asker)
    await operations.heard(operation)
    return due
