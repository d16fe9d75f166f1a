"""Cards of subscriptions whose polling has stopped."""

from bot.context import Context
from bot.core.card_refs import CardRef
from bot.slack.cards.card_state import CardState, thread_reply
from bot.slack.views import subscriptions as views


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a subscription that was ever stopped; None for the others."""
    subscription = await context.gateways.store.subscriptions.read(ref.workspace, ref.id)
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
