"""Cards of subscriptions whose polling has stopped."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.subscriptions import Subscription
from bot.gateways.slack.messages import DirectMessage
from bot.slack.cards.card_state import CardState, thread_reply
from bot.slack.views import subscriptions as views


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a subscription that was ever stopped; None for the others.

    While the bot is not in the channel, its owner is told instead.
    """
    subscription = await context.gateways.store.subscriptions.read(ref.workspace, ref.id)
    if subscription is not None and subscription.away_since and not subscription.ended_by:
        return await _away(context, subscription)
    if subscription is None or not subscription.stopped_at:
        return None
    card = views.card(subscription)
    # Slack notifies nobody of an edit, so a second stop is posted in the card's thread as well.
    again = thread_reply(f"stopped-{subscription.stopped_at}", card)
    status = await context.gateways.store.card_outbox.read(ref)
    return CardState(
        ref=CardRef(subscription.workspace, "subscription", subscription.id, subscription.version),
        channel=subscription.channel,
        card=card,
        since=subscription.changed_at,
        ended=True,
        replies=(again,) if subscription.paused and status.rendered >= 0 else (),
    )


async def _away(context: Context, subscription: Subscription) -> CardState:
    """Tell the owner, once for all their subscriptions of the channel."""
    card = views.card(subscription)
    store = context.gateways.store.subscriptions
    theirs = [
        one
        for one in await store.open(subscription.workspace)
        if one.away_since
        and (one.channel, one.person) == (subscription.channel, subscription.person)
    ]
    first = min(theirs, key=lambda one: one.id, default=subscription)
    told = (
        DirectMessage(
            f"away-{subscription.away_since}",
            subscription.person,
            views.paused_in(subscription.channel, theirs),
        ),
    )
    return CardState(
        ref=CardRef(subscription.workspace, "subscription", subscription.id, subscription.version),
        channel=subscription.channel,
        card=card,
        since=subscription.changed_at,
        ended=True,
        replies=told if first.id == subscription.id else (),
        silent=True,
    )
