"""The card of a set: one line for each member, as the members' own records are now."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.operation_sets import Member, MemberShown, OperationSet, member_id
from bot.slack.cards.card_state import CardState, Requester
from bot.slack.views import several


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    found = await context.gateways.store.operation_sets.read(ref.workspace, ref.id)
    if found is None:
        return None
    members = [await _shown(context, found, member) for member in found.members]
    origin = found.origin
    return CardState(
        ref=CardRef(found.workspace, ref.kind, found.id, found.version),
        channel=origin.channel,
        card=several.card(found, members),
        since=found.changed_at or found.asked_at,
        ended=all(member.ended for member in members),
        card_to_take=origin.card,
        thread=origin.thread,
        requester=Requester(found.person, origin.response_url, found.asked_at),
    )


async def _shown(context: Context, found: OperationSet, member: Member) -> MemberShown:
    store, workspace = context.gateways.store, found.workspace
    identity = member_id(found.id, member.timer.id)
    operation = await store.operations.read(workspace, identity)
    if operation is None:
        return MemberShown(member)
    auto_enable = await store.auto_enables.read(workspace, identity) if operation.until else None
    superseded = operation.state.ended and await store.operations.is_superseded(workspace, identity)
    return MemberShown(member, operation, auto_enable, superseded)
