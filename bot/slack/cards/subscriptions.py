"""Cards of subscriptions whose polling has stopped."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.subscriptions import Subscription
from bot.gateways.slack.messages import CardReply, DirectMessage
from bot.slack.cards.card_state import CardState, thread_reply
from bot.slack.views import subscriptions as views


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a subscription that was ever stopped; None for the others.

    While the bot is not in the channel, its owner is told instead.
    """
    subscription = await context.gateways.store.subscriptions.read(ref.workspace, ref.id)
    if subscription is None:
        return None
    away = bool(subscription.away_since) and subscription.ended_by is None
    if not away and not subscription.stopped_at:
        return None
    card = views.card(subscription)
    replies: tuple[CardReply, ...]
    if away:
        replies = await _told_to_owner(context, subscription)
    else:
        status = await context.gateways.store.card_outbox.read(ref)
        # Slack notifies nobody of an edit, so a second stop is posted in the card's thread as well.
        again = thread_reply(f"stopped-{subscription.stopped_at}", card)
        replies = (again,) if subscription.paused and status.rendered >= 0 else ()
    return CardState(
        ref=CardRef(subscription.workspace, "subscription", subscription.id, subscription.version),
        channel=subscription.channel,
        card=card,
        since=subscription.changed_at,
        ended=True,
        replies=replies,
        silent=away,
    )


async def _told_to_owner(context: Context, subscription: Subscription) -> tuple[DirectMessage, ...]:
    """Return what the owner is told, once for all their paused subscriptions of the channel."""
    here = (subscription.channel, subscription.person)
    theirs = [
        one
        for one in await context.gateways.store.subscriptions.open(subscription.workspace)
        if one.away_since and (one.channel, one.person) == here
    ]
    if any(one.id < subscription.id for one in theirs):
        return ()
    key, message = f"away-{subscription.away_since}", views.paused_in(subscription.channel, theirs)
    return (DirectMessage(key, subscription.person, message),)
