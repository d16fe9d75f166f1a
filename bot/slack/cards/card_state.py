"""What the card of a record looks like, and which messages go with it, as a value."""

from dataclasses import dataclass

from bot.core.card_refs import CardRef
from bot.core.names import ChannelId, PersonId
from bot.gateways.slack.messages import Card, CardReply, Ephemeral, ThreadReply


@dataclass(frozen=True, slots=True)
class Requester:
    """Who gets the card where the bot is not in the channel, and the way to answer them.

    ``response_url`` was issued at ``at`` (unix seconds); it may be empty.
    """

    person: PersonId
    response_url: str
    at: float


@dataclass(frozen=True, slots=True)
class CardState:
    """A card at the version that ``ref`` names.

    ``since`` is when the record changed (unix seconds); ``ended``: it will not change by itself
    any more. ``silent``: only the replies are sent. ``card_to_take`` is the ts of a card that this
    record takes over from another, or empty; ``thread`` the ts of the thread in which a new card is
    posted, or empty. ``replies`` are sent once each, after the card is there.
    """

    ref: CardRef
    channel: ChannelId
    card: Card
    since: float
    ended: bool
    card_to_take: str = ""
    thread: str = ""
    requester: Requester | None = None
    replies: tuple[CardReply, ...] = ()
    silent: bool = False


def thread_reply(key: str, message: Ephemeral | Card) -> ThreadReply:
    """Return a message as a reply in the thread of a card."""
    return ThreadReply(key, message.text, message.blocks)
