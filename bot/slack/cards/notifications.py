"""Cards of notifications: what channels with a subscription are told of changes."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.slack.cards.card_state import CardState, thread_reply
from bot.slack.views import notifications as views


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a notification, with a reply for each event after a thread's first."""
    notification = await context.gateways.store.notifications.read(ref.workspace, ref.id)
    if notification is None:
        return None
    replies = [
        thread_reply(f"event-{index}-{number}", views.event_reply(thread, number))
        for index, thread in enumerate(notification.threads)
        for number in range(1, len(thread.events))
    ]
    return CardState(
        ref=CardRef(notification.workspace, "notification", notification.id, notification.version),
        channel=notification.channel,
        card=views.card(notification),
        since=notification.changed_at,
        ended=True,
        replies=tuple(replies),
    )
