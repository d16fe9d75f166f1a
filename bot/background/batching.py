"""Batches what a channel is to be notified of: a burst of changes becomes one message.

One process at a time flushes a channel. It writes which notification shows a change before it
writes the notification, and clears the queue last. If it ends in between, the next one does the
same again and finds what exists already, because a notification's id is derived from its changes.
"""

import secrets
from collections.abc import Callable

import structlog

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.due_work import DueWork
from bot.core.errors import CannotSubscribe
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.notifications import (
    Notification,
    PendingEvent,
    batch_delay,
    batched,
    change_threads,
    notification_of,
    with_events,
)
from bot.core.subscriptions import Subscription, away, ended
from bot.gateways.slack.channels import postable_channel

log = structlog.get_logger("notifications")


async def flush(context: Context, workspace: Workspace, channel: ChannelId) -> DueWork:
    """Turn a channel's queued events into notifications.

    Raises StoreUnreachable and SlackUnavailable; then they are still due.
    """
    outbox, owner = context.gateways.store.card_outbox, secrets.token_hex(8)
    lock = CardRef(workspace, "batch", OperationId(channel))
    if not await outbox.lock_card(lock, owner):
        return DueWork()  # the channel stays due until the process that has the lock is done
    try:
        return await _flush(context, workspace, channel)
    finally:
        await outbox.unlock_card(lock, owner)


async def _flush(context: Context, workspace: Workspace, channel: ChannelId) -> DueWork:
    store, now = context.gateways.store, context.now
    pending = await store.channel_outbox.pending(workspace, channel)
    keys = [one.event.key for one in pending]
    if not pending:
        await _check_channel(context, workspace, channel)
    elif await _is_shared(context, channel):
        await _check_channel(context, workspace, channel)
        await store.channel_outbox.done(workspace, channel, keys, now)
        return DueWork()
    known, fresh = await _split_by_notification(context, workspace, channel, pending)
    cards = [await _extend(context, notification, events) for notification, events in known]
    recent = await store.channel_outbox.recent_count(workspace, channel, now)
    batches = batched(change_threads(fresh), recent)
    for index, threads in enumerate(batches):
        notification = notification_of(workspace, channel, threads, now, index)
        roots = [thread.root for thread in threads]
        await store.channel_outbox.assign(workspace, channel, roots, notification.id)
        await store.notifications.put(notification)
        if index == 0:  # the others are drawn when they are due, a second after another
            cards.append(_card_of(notification))
    await store.channel_outbox.count_sent(workspace, channel, len(batches), now)
    again = now + batch_delay(recent + len(batches))
    await store.channel_outbox.done(workspace, channel, keys, again)
    return DueWork(cards=tuple(cards))


async def _split_by_notification(
    context: Context, workspace: Workspace, channel: ChannelId, pending: list[PendingEvent]
) -> tuple[list[tuple[Notification, list[PendingEvent]]], list[PendingEvent]]:
    """Separate events of changes that a notification shows already from those of new ones."""
    store = context.gateways.store
    roots = sorted({one.root for one in pending})
    assigned = await store.channel_outbox.notifications_for(workspace, channel, roots)
    notifications = {
        name: await store.notifications.read(workspace, name) for name in set(assigned.values())
    }
    known: dict[OperationId, list[PendingEvent]] = {}
    fresh = []
    for one in pending:
        name = assigned.get(one.root)
        if name is None or notifications[name] is None:
            fresh.append(one)
        else:
            known.setdefault(name, []).append(one)
    pairs = [(notifications[name], events) for name, events in known.items()]
    return [(found, events) for found, events in pairs if found is not None], fresh


async def _extend(
    context: Context, notification: Notification, events: list[PendingEvent]
) -> CardRef:
    """Add events to a notification; return its card."""
    stored = await context.gateways.store.notifications.update(
        notification.workspace,
        notification.id,
        lambda current: with_events(current, events, context.now),
    )
    return _card_of(stored or notification)


def _card_of(notification: Notification) -> CardRef:
    return CardRef(notification.workspace, "notification", notification.id)


async def _is_shared(context: Context, channel: ChannelId) -> bool:
    """Whether the channel is shared with another organization by now. Raises SlackUnavailable."""
    try:
        await postable_channel(context.slack, channel)
    except CannotSubscribe as refused:
        return refused.reason == "shared"
    return False


async def _check_channel(context: Context, workspace: Workspace, channel: ChannelId) -> None:
    """Pause the channel's subscriptions while the bot is not in it; end them if it may have none.

    Raises SlackUnavailable.
    """
    try:
        await postable_channel(context.slack, channel)
    except CannotSubscribe as refused:
        log.warning("channel.unavailable", channel=channel, why=refused.reason)
        if refused.reason == "not_there":
            await _change_subscriptions(context, workspace, channel, _pause)
        else:
            await end_subscriptions(context, workspace, channel)


def _pause(one: Subscription, now: float) -> Subscription | None:
    return None if one.ended_by or one.away_since else away(one, now)


async def end_subscriptions(context: Context, workspace: Workspace, channel: ChannelId) -> None:
    """End all subscriptions of a channel; the audit log names the bot for it."""
    by = context.installation.bot_user

    def end(one: Subscription, now: float) -> Subscription | None:
        return None if one.ended_by else ended(one, by, now)

    for one in await _change_subscriptions(context, workspace, channel, end):
        await context.gateways.store.poll_snapshots.forget(workspace, one.id)


async def _change_subscriptions(
    context: Context,
    workspace: Workspace,
    channel: ChannelId,
    change: Callable[[Subscription, float], Subscription | None],
) -> list[Subscription]:
    """Change all open subscriptions of a channel; return them as they were."""
    store, now = context.gateways.store, context.now
    found = [one for one in await store.subscriptions.open(workspace) if one.channel == channel]
    for one in found:
        await store.subscriptions.update(workspace, one.id, lambda current: change(current, now))
    return found
