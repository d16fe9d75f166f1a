"""What the changes of its members mean for a set: its card follows, and the set comes to an end."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.due_work import DueWork
from bot.core.names import OperationId, Workspace
from bot.core.operation_sets import OperationSet, decided, due, member_id, touched, without_member

AT_ONCE = 5  # members of a set whose card is drawn with each change; that of others each second
ATTEMPTS = 10


async def follow(context: Context, ref: CardRef) -> CardRef | None:
    """Make the card of a member's set due; return the set's, None for any other operation.

    The member stays due until this is done, as an operation with a card of its own does until that
    is drawn. Raises StoreUnreachable.
    """
    store, member_of = context.gateways.store, None
    for _ in range(ATTEMPTS):
        operation = await store.operations.read(ref.workspace, ref.id)
        member_of = operation.member_of if operation is not None else None
        if operation is None or member_of is None:
            return None
        own = await store.auto_enables.read(ref.workspace, ref.id)
        version = own.version if own else 0
        shown = CardRef(ref.workspace, ref.kind, ref.id, operation.version, version)
        if not (await store.card_outbox.read(shown)).is_current(shown):
            await store.operation_sets.update(
                ref.workspace, member_of, lambda one: touched(one, context.now)
            )
        if await store.card_outbox.mark_rendered(shown):
            break
    return set_card(ref.workspace, member_of) if member_of else None


async def is_drawn_at_once(context: Context, ref: CardRef) -> bool:
    """Whether the set's card is drawn now: a first card, or that of a small set."""
    store = context.gateways.store
    if (await store.card_outbox.read(ref)).rendered < 0:
        return True
    found = await store.operation_sets.read(ref.workspace, ref.id)
    return found is not None and len(found.members) <= AT_ONCE


def set_card(workspace: Workspace, identity: OperationId) -> CardRef:
    return CardRef(workspace, "operation-set", identity)


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Leave out the members of a set that nobody started in time."""
    store = context.gateways.store
    found = await store.operation_sets.read(workspace, identity)
    at = due(found) if found is not None else None
    if found is None or at is None or context.now < at:
        await store.operation_sets.sync_due(workspace, identity)
        return DueWork()
    missing = [
        member.timer.id
        for member in found.members
        if not await store.operations.exists(workspace, member_id(identity, member.timer.id))
    ]

    def change(one: OperationSet) -> OperationSet:
        for timer in missing:
            one = without_member(one, timer, "expired", context.now)
        return decided(one, context.now)

    await store.operation_sets.update(workspace, identity, change)
    return DueWork(cards=(set_card(workspace, identity),))
