"""What waits for a channel becomes messages: few tell of one story each, a burst is told together.

One at a time sees to a channel. Which notice tells a story is written before the notice, and what
waits is forgotten after it, so whoever was cut off in between is followed by one who does it again
and finds what is done already: a notice is named after what it tells.
"""

import secrets

import structlog

from bot.context import Context
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
from bot.core.subscriptions import Subscription, ended
from bot.gateways.slack.channels import postable_channel
from bot.gateways.store.card_outbox import CardRef

BUSY_PAUSE = 2.0

log = structlog.get_logger("notices")


async def flush(context: Context, workspace: Workspace, channel: ChannelId) -> DueWork:
    """See to what waits. Raises StoreUnreachable and SlackAway; then it is still due."""
    drawings, owner = context.gateways.store.card_outbox, secrets.token_hex(8)
    brush = CardRef(workspace, "batch", OperationId(channel))
    if not await drawings.lock_card(brush, owner):
        return DueWork()  # it is due again when the other one has ended, or was cut off
    try:
        return await _flush(context, workspace, channel)
    finally:
        await drawings.unlock_card(brush, owner)


async def _flush(context: Context, workspace: Workspace, channel: ChannelId) -> DueWork:
    store, now = context.gateways.store, context.now
    waiting = await store.channel_outbox.pending(workspace, channel)
    if not waiting:
        await _check_channel(context, workspace, channel)
    elif await _is_shared(context, channel):
        await _check_channel(context, workspace, channel)
        await store.channel_outbox.done(workspace, channel, [one.event.key for one in waiting], now)
        return DueWork()
    going_on, fresh = await _split_by_notification(context, workspace, channel, waiting)
    cards = [await _extend(context, notification, news) for notification, news in going_on]
    made = await store.channel_outbox.recent_count(workspace, channel, now)
    messages = batched(change_threads(fresh), made)
    for place, told in enumerate(messages):
        notification = notification_of(workspace, channel, told, now, place)
        await store.channel_outbox.assign(
            workspace, channel, [story.root for story in told], notification.id
        )
        await store.notifications.put(notification)
        cards += [_card_of(notification)] if not place else []  # the others have their time
    await store.channel_outbox.count_sent(workspace, channel, len(messages), now)
    again = now + batch_delay(made + len(messages))
    await store.channel_outbox.done(workspace, channel, [one.event.key for one in waiting], again)
    return DueWork(cards=tuple(cards))


async def _split_by_notification(
    context: Context, workspace: Workspace, channel: ChannelId, waiting: list[PendingEvent]
) -> tuple[list[tuple[Notification, list[PendingEvent]]], list[PendingEvent]]:
    """Tell what goes on with a story that a notice tells from what begins one."""
    store = context.gateways.store
    roots = sorted({one.root for one in waiting})
    tellers = await store.channel_outbox.notifications_for(workspace, channel, roots)
    notices = {
        name: await store.notifications.read(workspace, name) for name in set(tellers.values())
    }
    going_on: dict[OperationId, list[PendingEvent]] = {}
    fresh = []
    for one in waiting:
        teller = tellers.get(one.root)
        if teller is None or notices[teller] is None:
            fresh.append(one)
        else:
            going_on.setdefault(teller, []).append(one)
    found = [(notices[name], news) for name, news in going_on.items()]
    return [(notification, news) for notification, news in found if notification is not None], fresh


async def _extend(
    context: Context, notification: Notification, news: list[PendingEvent]
) -> CardRef:
    """Have the notice tell this too."""
    stored = await context.gateways.store.notifications.update(
        notification.workspace,
        notification.id,
        lambda current: with_events(current, news, context.now),
    )
    return _card_of(stored or notification)


def _card_of(notification: Notification) -> CardRef:
    return CardRef(notification.workspace, "notification", notification.id)


async def _is_shared(context: Context, channel: ChannelId) -> bool:
    """Whether others than this organisation read it by now. Raises SlackAway."""
    try:
        await postable_channel(context, channel)
    except CannotSubscribe as why:
        return why.reason == "shared"
    return False


async def _check_channel(context: Context, workspace: Workspace, channel: ChannelId) -> None:
    """Slack has refused a message there: where it is no place any more, nothing more is told it."""
    try:
        await postable_channel(context, channel)
    except CannotSubscribe as why:
        log.warning("channel.lost", channel=channel, why=why.reason)
        await _end(context, workspace, channel)


async def _end(context: Context, workspace: Workspace, channel: ChannelId) -> None:
    """End what the channel has subscribed to; each leaves an audit entry, in the bot's name."""

    def change(one: Subscription) -> Subscription | None:
        by = context.installation.bot_user
        return None if one.ended_by else ended(one, by, context.now)

    store = context.gateways.store
    for one in await store.subscriptions.open(workspace):
        if one.channel == channel:
            await store.subscriptions.update(workspace, one.id, change)
            await store.poll_snapshots.forget(workspace, one.id)
