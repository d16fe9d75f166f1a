"""What can be said, as values. Nothing here knows how it gets to Slack."""

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Private:
    """Only its person sees it. ``replace``: it takes the place of the message they pressed on."""

    text: str
    blocks: list[Block]
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the channel, posted once and edited from then on."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Modal:
    """A view, opened with the trigger of the press that asked for it."""

    view: Block


Message = Private | Modal
