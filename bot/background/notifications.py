"""Queues events for the channels that have subscribed to them; ``batching`` makes the messages.

Each function may be called any number of times: an event has a key, and is queued once.
"""

from collections.abc import Iterable, Sequence

from bot.context import Context
from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable
from bot.core.card_refs import CardRef
from bot.core.names import ChannelId, Workspace
from bot.core.notifications import (
    NotificationEvent,
    PendingEvent,
    event_of_auto_enable,
    event_of_request,
    events_of,
    kinds_of,
)
from bot.core.operations.operation import Operation
from bot.core.subscriptions import Kind
from bot.core.timers import ITwin, Timer


async def queue_events(
    context: Context,
    workspace: Workspace,
    kinds: Sequence[Kind],
    events: Sequence[PendingEvent],
    except_in: Iterable[ChannelId],
) -> None:
    """Queue events for every channel with a subscription to one of these kinds.

    ``except_in`` are the channels whose own cards show it. Raises StoreUnreachable.
    """
    excluded = frozenset(except_in)
    store = context.gateways.store
    queued: dict[ChannelId, list[PendingEvent]] = {}
    for one in await store.subscriptions.open(workspace):
        if one.channel in excluded:
            continue
        queued.setdefault(one.channel, []).extend(
            event
            for event in events
            if any(one.wants(kind, event.itwin.id, event.timer, event.event.by) for kind in kinds)
        )
    for channel, wanted in queued.items():
        await store.channel_outbox.add(workspace, channel, wanted, context.now)


async def on_operation_ended(context: Context, operation: Operation) -> None:
    """Queue what an operation changed, except where its card or its request is."""
    found = events_of(operation)
    if not found:
        return
    events = _pending_events(operation.root, operation.itwin, operation.timer, found)
    except_in = {operation.origin.channel}
    if operation.approved or operation.emergency:
        approval = await context.gateways.store.approvals.read(operation.workspace, operation.id)
        except_in |= {approval.channel, approval.posted_in} if approval else set()
    await queue_events(context, operation.workspace, kinds_of(operation), events, except_in)


async def on_card_changed(context: Context, ref: CardRef) -> None:
    """Queue what the new version of a request or an auto-enable means for other channels."""
    store = context.gateways.store
    match ref.kind:
        case "approval":
            approval = await store.approvals.read(ref.workspace, ref.id)
            if approval is not None:
                await _on_approval_changed(context, approval)
        case "auto-enable":
            auto_enable = await store.auto_enables.read(ref.workspace, ref.id)
            if auto_enable is not None:
                await _on_auto_enable_changed(context, auto_enable)
        case _:
            pass


async def _on_approval_changed(context: Context, approval: Approval) -> None:
    operation = approval.operation
    events = _pending_events(
        operation.root, operation.itwin, operation.timer, [event_of_request(approval)]
    )
    except_in = {approval.channel, approval.posted_in}
    await queue_events(context, approval.workspace, ("approvals",), events, except_in)


async def _on_auto_enable_changed(context: Context, auto_enable: AutoEnable) -> None:
    event = event_of_auto_enable(auto_enable)
    if event is not None:
        events = _pending_events(auto_enable.id, auto_enable.itwin, auto_enable.timer, [event])
        await queue_events(
            context, auto_enable.workspace, ("returns",), events, {auto_enable.channel}
        )


def _pending_events(
    root: str, itwin: ITwin, timer: Timer, events: Iterable[NotificationEvent]
) -> list[PendingEvent]:
    return [PendingEvent(root, itwin, timer, event) for event in events]


async def on_rejected(context: Context, ref: CardRef, channel: ChannelId) -> None:
    """Schedule a check of a channel in which Slack has rejected a notification."""
    if ref.kind in {"notification", "subscription"}:
        await context.gateways.store.channel_outbox.schedule(ref.workspace, channel, context.now)
