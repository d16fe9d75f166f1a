"""Messages and views as values: text and blocks, and who sees them, but not how they are sent."""

from dataclasses import dataclass
from typing import Any

from bot.core.names import PersonId

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message that only one person sees.

    ``replace_original``: it replaces the message whose button was pressed. ``thread`` is the ts
    of the thread in which it is shown, or empty.
    """

    text: str
    blocks: list[Block]
    replace_original: bool = False
    thread: str = ""


@dataclass(frozen=True, slots=True)
class InChannel:
    """A message that everybody in the channel of the command sees; it is never edited."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Card:
    """A channel message that shows a record: posted once, edited whenever the record changes."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class ThreadReply:
    """A message in the thread of a card, posted once. ``key`` names it among the card's."""

    key: str
    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class DirectMessage:
    """A direct message that goes with a card, sent once. ``key`` names it among the card's."""

    key: str
    person: PersonId
    message: Ephemeral


@dataclass(frozen=True, slots=True)
class PrivateReply:
    """An ephemeral message that goes with a card, sent once. ``key`` names it among the card's.

    It is the answer to the person's command where that can still be answered.
    """

    key: str
    person: PersonId
    message: Ephemeral


CardReply = ThreadReply | DirectMessage | PrivateReply


@dataclass(frozen=True, slots=True)
class Modal:
    """A modal view."""

    view: Block


@dataclass(frozen=True, slots=True)
class AppHome:
    """The view that one person sees in the bot's App Home."""

    view: Block


Message = Ephemeral | InChannel | Modal | AppHome
