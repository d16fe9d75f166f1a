"""Cards of approval requests, their reminders, and the messages to approvers and requester."""

from collections.abc import Iterator

from bot.context import Context
from bot.core.approvals import Approval, Stage
from bot.core.card_refs import CardRef
from bot.core.change_requests import skipped_runs
from bot.core.names import PersonId
from bot.core.operations.failures import error_from
from bot.core.operations.operation import State
from bot.features.approved_operations import approval_card, transfer_card
from bot.gateways.slack.messages import Card, CardReply, DirectMessage, Ephemeral
from bot.slack.cards.card_state import CardState, thread_reply
from bot.slack.views import approval_replies
from bot.slack.views.approvals import card as approval_view

MOST_TOLD = 50  # approvers who are told directly


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    approval = await context.gateways.store.approvals.read(ref.workspace, ref.id)
    if approval is None:
        return None
    if approval.stage is Stage.APPROVED:
        # Normally done when its operation started, unless that process ended in between.
        await transfer_card(context.gateways, approval)
    zone = context.gateways.schedule_zone
    card = approval_view(approval, skipped_runs(approval.operation, zone), zone)
    return CardState(
        ref=approval_card(approval),
        channel=approval.posted_in,
        card=card,
        since=approval.changed_at or approval.operation.asked_at,
        ended=approval.stage is not Stage.WAITING,
        replies=tuple(_replies(approval, card, context.now, await _absent(context, approval))),
    )


def _replies(
    approval: Approval, card: Card, now: float, absent: list[PersonId]
) -> Iterator[CardReply]:
    """Yield all that is due up to this version, because versions before it may not be drawn.

    ``absent`` are the approvers who do not see the card.
    """
    waiting = approval.stage is Stage.WAITING
    if waiting:
        for person in absent:
            message = Ephemeral(card.text, card.blocks)
            yield DirectMessage(f"asked-{person}", person, message)
    if waiting and approval.reminders:
        yield from _reminders(approval, absent)
    requester = approval.requester
    # The deciding vote is part of the message that says how it ended.
    votes = approval.votes if waiting else approval.votes[:-1]
    for count, vote in enumerate(votes, 1):
        message = approval_replies.voted(approval, vote, count)
        yield DirectMessage(f"vote-{count}", requester, message)
    if not waiting and approval.stage is not Stage.CANCELED:
        yield DirectMessage("ended", requester, approval_replies.ended(approval))
    if approval.stage is Stage.APPROVED and approval.concluded and not approval.review:
        well = approval.outcome in {State.ALREADY, State.APPLIED}
        failure = None if well else approval.failure
        error = error_from(failure, now) if failure else None
        message = approval_replies.concluded(approval, error, now)
        yield DirectMessage("outcome", requester, message)


def _reminders(approval: Approval, absent: list[PersonId]) -> Iterator[CardReply]:
    key, message = f"reminder-{approval.reminders}", approval_replies.reminder(approval)
    yield thread_reply(key, message)
    for person in absent:
        yield DirectMessage(f"{key}-{person}", person, message)


async def _absent(context: Context, approval: Approval) -> list[PersonId]:
    """Return the approvers that the policy lists, by name or by group, who do not see the card.

    Not the requester, and at most ``MOST_TOLD``. Raises SlackUnavailable.
    """
    if approval.stage is not Stage.WAITING or not approval.approvers:
        return []
    directory = context.gateways.directory
    people: set[PersonId] = set()
    for one in approval.approvers:
        if one.startswith(("U", "W")):
            people.add(PersonId(one))
        else:
            people |= await directory.members(one)
    if not approval.posted_in.startswith("D"):  # in the requester's direct messages nobody sees it
        people -= await directory.members(approval.posted_in)
    return sorted(people - {approval.requester})[:MOST_TOLD]
