"""What a record looks like in Slack, as a value."""

from dataclasses import dataclass

from bot.core.names import ChannelId, PersonId
from bot.gateways.slack.messages import Card, Word
from bot.gateways.store.card_outbox import CardRef


@dataclass(frozen=True, slots=True)
class Requester:
    """Who gets the card where the bot is not in the channel, and how they can be answered."""

    person: PersonId
    response_url: str
    at: float


@dataclass(frozen=True, slots=True)
class CardState:
    """``card_to_take`` is the ts of a message of ours that this record takes over, or empty.

    ``since`` is when the record changed; ``ended``: nothing more comes of it by itself. ``words``
    are said once each, after the card is there. ``thread``: the ts of the message below which a new
    card is posted, or empty.
    """

    ref: CardRef
    channel: ChannelId
    card: Card
    since: float
    ended: bool
    card_to_take: str = ""
    thread: str = ""
    requester: Requester | None = None
    messages: tuple[Word, ...] = ()
