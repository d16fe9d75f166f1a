"""Telling channels: what happened goes to those that want to be told, and nowhere twice.

``heard``, ``asked`` and ``returning`` turn what happened into news for each channel that has
subscribed; the news gathers there for a moment (``gathering``) and becomes notices. Each may be
called as often as one likes: an event has a key, and is told once.
"""

from collections.abc import Iterable, Sequence

from bot.background import batching, polling
from bot.context import Context
from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable
from bot.core.due_work import DueWork
from bot.core.names import ChannelId, OperationId, Workspace
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
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import CardRef
from bot.slack.cards.card_state import CardState
from bot.slack.views import notifications


async def queue_events(
    context: Context,
    workspace: Workspace,
    kinds: Sequence[Kind],
    news: Sequence[PendingEvent],
    besides: Iterable[ChannelId],
) -> None:
    """Have every channel told that wants news of one of these kinds.

    ``besides`` are the channels where it was done, which have seen it. Raises StoreUnreachable.
    """
    seen_there = frozenset(besides)
    store = context.gateways.store
    wanted: dict[ChannelId, list[PendingEvent]] = {}
    for one in await store.subscriptions.open(workspace):
        if one.channel in seen_there:
            continue
        wanted.setdefault(one.channel, []).extend(
            item
            for item in news
            if any(one.wants(kind, item.itwin.id, item.timer, item.event.by) for kind in kinds)
        )
    for channel, items in wanted.items():
        await store.channel_outbox.add(workspace, channel, items, context.now)


async def on_operation_ended(context: Context, operation: Operation) -> DueWork:
    """An operation has ended: those channels are told that want to be."""
    events = events_of(operation)
    if events:
        news = _pending_events(operation.root, operation.itwin, operation.timer, events)
        besides = {operation.origin.channel}
        if operation.approved or operation.emergency:
            request = await context.gateways.store.approvals.read(operation.workspace, operation.id)
            besides |= {request.channel, request.posted_in} if request else set()
        await queue_events(context, operation.workspace, kinds_of(operation), news, besides)
    return DueWork()


async def on_card_changed(context: Context, ref: CardRef) -> None:
    """A request or a return is drawn anew: other channels hear of what has become of it."""
    store = context.gateways.store
    match ref.kind:
        case "approval":
            approval = await store.approvals.read(ref.workspace, ref.id)
            if approval is not None:
                await on_approval_changed(context, approval)
        case "auto-enable":
            auto_enable = await store.auto_enables.read(ref.workspace, ref.id)
            if auto_enable is not None:
                await on_auto_enable_changed(context, auto_enable)
        case _:
            pass


async def on_approval_changed(context: Context, approval: Approval) -> None:
    """A request was made or decided: those channels are told that it does not stand in."""
    wish = approval.operation
    news = _pending_events(wish.root, wish.itwin, wish.timer, [event_of_request(approval)])
    await queue_events(
        context, approval.workspace, ("approvals",), news, {approval.channel, approval.posted_in}
    )


async def on_auto_enable_changed(context: Context, auto_enable: AutoEnable) -> None:
    """A return asks for a person: those channels are told where its card does not stand."""
    event = event_of_auto_enable(auto_enable)
    if event is not None:
        news = _pending_events(auto_enable.id, auto_enable.itwin, auto_enable.timer, [event])
        await queue_events(
            context, auto_enable.workspace, ("returns",), news, {auto_enable.channel}
        )


def _pending_events(
    root: str, itwin: ITwin, timer: Timer, events: Iterable[NotificationEvent]
) -> list[PendingEvent]:
    return [PendingEvent(root, itwin, timer, event) for event in events]


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """See to what is due of a subscription: a look for changes elsewhere, the weekly list."""
    return await polling.run_due(context, workspace, identity)


async def flush(context: Context, workspace: Workspace, channel: ChannelId) -> DueWork:
    """See to what waits to be told to a channel."""
    return await batching.flush(context, workspace, channel)


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return a notice: its card, and in its thread what happened after the first of each story."""
    notification = await context.gateways.store.notifications.read(ref.workspace, ref.id)
    if notification is None:
        return None
    words = [
        Word(f"event-{place}-{number}", notifications.event_reply(story, number))
        for place, story in enumerate(notification.threads)
        for number in range(1, len(story.events))
    ]
    return CardState(
        ref=CardRef(notification.workspace, "notification", notification.id, notification.version),
        channel=notification.channel,
        card=notifications.card(notification),
        since=notification.changed_at,
        ended=True,
        messages=tuple(words),
    )


async def on_rejected(context: Context, ref: CardRef, channel: ChannelId) -> None:
    """Slack says that the channel cannot be told (any more): look whether that is so."""
    if ref.kind in {"notification", "subscription"}:
        await context.gateways.store.channel_outbox.schedule(ref.workspace, channel, context.now)
