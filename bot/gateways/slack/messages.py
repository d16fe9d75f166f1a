"""What can be said, as values. Nothing here knows how it gets to Slack."""

from dataclasses import dataclass
from typing import Any

from bot.core.names import PersonId

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """Only its person sees it. ``replace``: it takes the place of the message they pressed on.

    ``thread`` is the ts of the message below which they see it, or empty.
    """

    text: str
    blocks: list[Block]
    replace_original: bool = False
    thread: str = ""


@dataclass(frozen=True, slots=True)
class InChannel:
    """Everybody in the channel where it was asked sees it; it is not edited later."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the channel, posted once and edited from then on."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Word:
    """Something said once beside a card: to one person, or (``to`` None) in the card's thread.

    ``what`` is the name under which it is remembered; ``direct``: in a direct message.
    """

    what: str
    said: Ephemeral
    to: PersonId | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Modal:
    """A view, opened with the trigger of what asked for it, or put in the place of an open one."""

    view: Block


@dataclass(frozen=True, slots=True)
class AppHome:
    """A view that one person sees in the bot's Home."""

    view: Block


Message = Ephemeral | InChannel | Modal | AppHome
