"""Cards of auto-enables that need a person, and the messages of their escalation."""

from bot.context import Context
from bot.core.auto_enables import Phase
from bot.core.card_refs import CardRef
from bot.gateways.slack.messages import CardReply, DirectMessage
from bot.slack.cards.card_state import CardState, Requester, thread_reply
from bot.slack.views import auto_enables as views


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of an auto-enable that needed a person, or whose timer is gone.

    The others have none: the card of the operation that scheduled them shows them.
    """
    auto_enable = await context.gateways.store.auto_enables.read(ref.workspace, ref.id)
    if auto_enable is None or not (
        auto_enable.needs_person_since or auto_enable.closed_as == "gone"
    ):
        return None
    replies: tuple[CardReply, ...] = ()
    if auto_enable.escalated and auto_enable.phase is Phase.NEEDS_PERSON:
        to_requester = views.to_requester(auto_enable)
        replies = (
            thread_reply("escalated", views.escalated(auto_enable)),
            DirectMessage("escalated-setter", auto_enable.requester, to_requester),
        )
    return CardState(
        ref=CardRef(auto_enable.workspace, "auto-enable", auto_enable.id, auto_enable.version),
        channel=auto_enable.channel,
        card=views.card(auto_enable),
        since=max(auto_enable.changed_at, auto_enable.needs_person_since),
        ended=auto_enable.phase in {Phase.CLOSED, Phase.NEEDS_PERSON},
        requester=Requester(auto_enable.person, "", 0.0),
        replies=replies,
    )
