"""Requests for approval in Slack: their cards, their deadlines, and who is told what."""

from collections.abc import Iterator

from bot.context import Desk
from bot.core.approvals import Approval, Lapsed, Moved, Reminded, Stage, after, reminder_at
from bot.core.due_work import Due
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.failures import error_of
from bot.core.operations.operation import Operation, State
from bot.core.outcomes import ApprovalAsked, Begun, Outcome
from bot.features.approved_operations import carry_out, conclude, hand_over, sheet_of
from bot.features.starting import skipped
from bot.gateways.slack.client import NOT_THERE, SlackRefused
from bot.gateways.slack.messages import Card, Private, Word
from bot.gateways.store.card_outbox import Sheet
from bot.slack.cards.card_state import Picture
from bot.slack.views import approval_replies
from bot.slack.views.approvals import card

UNDER_WAY = 60.0  # its operation's end says more, and sooner


async def placed(desk: Desk, outcome: Outcome | None) -> Outcome | None:
    """Have a new request stand where people see it; return the outcome as it is then.

    Raises SlackAway.
    """
    match outcome:
        case ApprovalAsked(approval, again):
            return ApprovalAsked(await _placed(desk, approval), again)
        case Begun(operation) if operation.emergency:
            store = desk.gateways.store.approvals
            review = await store.read(operation.workspace, operation.id)
            if review is not None:
                await _placed(desk, review)
            return outcome
        case _:
            return outcome


async def _placed(desk: Desk, approval: Approval) -> Approval:
    """Move it to where the bot is: where it belongs, where it was asked, or to who asked."""
    store, place = desk.gateways.store.approvals, await _place_for(desk, approval)
    stands = None if place == approval.channel else place
    while approval.stage is Stage.WAITING and approval.stands != stands:
        moved = after(approval, Moved(stands))
        if (await store.change(approval, moved)).how == "won":
            return moved
        approval = await store.read(approval.workspace, approval.id) or moved
    return approval


async def _place_for(desk: Desk, approval: Approval) -> ChannelId:
    for channel in (approval.channel, approval.wish.place.channel):
        if await _is_in(desk, channel):
            return channel
    return await desk.poster.direct_channel(approval.requester)


async def _is_in(desk: Desk, channel: ChannelId) -> bool:
    try:
        found = await desk.poster.place(channel)
    except SlackRefused as refused:
        return refused.code not in NOT_THERE  # what may not be asked is tried
    direct = found.get("is_im") or found.get("is_mpim")
    return bool(direct or (found.get("is_member") and not found.get("is_archived")))


async def picture(desk: Desk, sheet: Sheet) -> Picture | None:
    approval = await desk.gateways.store.approvals.read(sheet.workspace, sheet.id)
    if approval is None:
        return None
    if approval.stage is Stage.APPROVED:  # it may have been cut off before it let go of the card
        await hand_over(desk.gateways, approval)
    runs, zone = skipped(desk.gateways, approval.wish), desk.gateways.schedule_zone
    painted = card(approval, runs, zone)
    return Picture(
        sheet=sheet_of(approval),
        channel=approval.place,
        card=painted,
        since=approval.changed_at or approval.wish.asked_at,
        ended=approval.stage is not Stage.WAITING,
        words=tuple(_words(approval, painted, desk.now)),
    )


def _words(approval: Approval, painted: Card, now: float) -> Iterator[Word]:
    """Yield what is said beside the card, each once, whichever versions were never drawn."""
    waiting = approval.stage is Stage.WAITING
    if approval.place.startswith("D"):  # nobody else sees it there
        for person in _people(approval) if waiting else ():
            said = Private(painted.text, painted.blocks)
            yield Word(f"asked-{person}", said, person, direct=True)
    if waiting and approval.reminders:
        yield from _reminders(approval)
    requester = approval.requester
    still = approval.votes if waiting else approval.votes[:-1]
    for count, vote in enumerate(still, 1):
        yield Word(
            f"vote-{count}", approval_replies.voted(approval, vote, count), requester, direct=True
        )
    if not waiting and approval.stage is not Stage.CANCELLED:
        yield Word("ended", approval_replies.ended(approval), requester, direct=True)
    if approval.stage is Stage.APPROVED and approval.concluded and not approval.review:
        well = approval.outcome in {State.ALREADY, State.APPLIED}
        trouble = None if well else approval.trouble
        error = error_of(trouble, now) if trouble else None
        yield Word(
            "outcome", approval_replies.concluded(approval, error, now), requester, direct=True
        )


def _reminders(approval: Approval) -> Iterator[Word]:
    what, said = f"reminder-{approval.reminders}", approval_replies.reminder(approval)
    yield Word(what, said)
    if approval.place.startswith("D"):
        for person in _people(approval):
            yield Word(f"{what}-{person}", said, person, direct=True)


def _people(approval: Approval) -> list[PersonId]:
    listed = approval.approvers or frozenset()
    people = [PersonId(one) for one in sorted(listed) if one.startswith(("U", "W"))]
    return [one for one in people if one != approval.requester]


async def follow(desk: Desk, home: Workspace, identity: OperationId) -> Due:
    """See to what is due of a request: a reminder, its expiry, or what it was approved for."""
    store = desk.gateways.store.approvals
    approval = await store.read(home, identity)
    if approval is not None and approval.stage is Stage.WAITING:
        return await _reminded(desk, approval)
    if approval is not None and approval.stage is Stage.APPROVED and not approval.concluded:
        return await _under_way(desk, approval)
    await store.settle(home, identity)
    return Due()


async def _reminded(desk: Desk, approval: Approval) -> Due:
    store, now = desk.gateways.store.approvals, desk.now
    if not approval.review and now >= approval.expires_at:
        following = after(approval, Lapsed(now))
    elif now >= reminder_at(approval):
        following = after(approval, Reminded(now))
    else:
        await store.settle(approval.workspace, approval.id)
        return Due()
    # Who lost to somebody else leaves it due: the next look judges it anew.
    await store.change(approval, following)
    return Due((), (sheet_of(approval),))


async def _under_way(desk: Desk, approval: Approval) -> Due:
    """Whoever decided it has begun it, or was cut off before."""
    store = desk.gateways.store
    operation = await store.operations.read(approval.workspace, approval.id)
    if approval.review:
        await store.approvals.settle(approval.workspace, approval.id)
        return Due()
    if operation is None:
        await carry_out(desk.gateways, approval)
        return Due((approval.id,), (sheet_of(approval),))
    if operation.state.ended:
        await conclude(desk.gateways, operation)
        return Due((), (sheet_of(approval),))
    await store.approvals.postpone(approval, desk.now + UNDER_WAY)
    return Due()


async def heard(desk: Desk, operation: Operation) -> Due:
    """An operation that was approved, or has to be reviewed, has ended: its request says so."""
    if operation.approved is None and not operation.emergency:
        return Due()
    approval = await conclude(desk.gateways, operation)
    return Due((), (sheet_of(approval),)) if approval is not None else Due()
