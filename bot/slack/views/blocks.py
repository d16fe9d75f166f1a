"""Block Kit, as far as it is used, and the only place where a stranger's text becomes a block.

Names come from other systems. They stand only in ``plain_text`` objects and in ``rich_text`` text
elements, which Slack does not parse; the top-level ``text``, which it does parse, is escaped.
Limits: docs.slack.dev/reference/block-kit (header 150, button text 75, value 2,000, text 3,000).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.actions import Action, action_id
from bot.core.names import PersonId, single_line
from bot.gateways.slack.messages import Block

NAME = 120


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text; what it says is cleaned when it is drawn."""

    text: str
    bold: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment (unix seconds), shown in each reader's own time zone; ``exact`` to the second."""

    at: float
    exact: bool = False

    @property
    def format(self) -> str:
        return "{date_short_pretty} at " + ("{time_secs}" if self.exact else "{time}")

    @property
    def utc(self) -> str:
        pattern = "%Y-%m-%d %H:%M:%S UTC" if self.exact else "%Y-%m-%d %H:%M UTC"
        return datetime.fromtimestamp(self.at, UTC).strftime(pattern)


@dataclass(frozen=True, slots=True)
class UserMention:
    person: PersonId


@dataclass(frozen=True, slots=True)
class ChannelMention:
    """A channel; each reader sees its name."""

    channel: str


@dataclass(frozen=True, slots=True)
class GroupMention:
    """A user group (S…)."""

    group: str


Part = Text | Timestamp | UserMention | ChannelMention | GroupMention
Line = tuple[Part, ...]


def line(*parts: Part | str) -> Line:
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def bold(says: str) -> Text:
    return Text(says, bold=True)


def code(says: str) -> Text:
    return Text(says, code=True)


def labelled(label: str, *parts: Part | str) -> Line:
    return line(bold(f"{label}: "), *parts)


def _element(part: Part) -> Block:
    match part:
        case Text(says, is_bold, is_code):
            element: Block = {"type": "text", "text": _kept(says)}
            style = {
                name: True for name, wanted in (("bold", is_bold), ("code", is_code)) if wanted
            }
            return element | ({"style": style} if style else {})
        case Timestamp(at):
            return {
                "type": "date",
                "timestamp": int(at),
                "format": part.format,
                "fallback": part.utc,
            }
        case UserMention(person):
            return {"type": "user", "user_id": person}
        case ChannelMention(channel):
            return {"type": "channel", "channel_id": channel}
        case GroupMention(group):
            return {"type": "usergroup", "usergroup_id": group}


def _kept(says: str) -> str:
    """Clean a run of text without losing the blanks at its ends."""
    inner = single_line(says, 2_000)
    before = " " if says[:1].isspace() else ""
    after = " " if inner and says[-1:].isspace() else ""
    return f"{before}{inner}{after}" or " "


def paragraph(lines: Iterable[Line]) -> Block:
    """One block of lines; an empty one is not sent."""
    elements: list[Block] = []
    for place, parts in enumerate(lines):
        if place:
            elements.append({"type": "text", "text": "\n"})
        elements += [_element(part) for part in parts]
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


# Slack refuses a message whose blocks are longer than about 13,000 characters as JSON (the number
# is not published). The rest of it is for the heading, notes and buttons.
SPACE = 10_500


def json_size(piece: Block | Sequence[Block]) -> int:
    """Return how many characters of that space it takes: a letter beyond ASCII is six of them."""
    return len(json.dumps(piece))


def max_json_size(says: str, limit: int) -> int:
    """Return how many characters of JSON a text takes at most, cut to ``limit``; it is not drawn.

    Drawing only leaves characters out: no other one takes more than six for each unit of UTF-16.
    """
    return min(len(json.dumps(says)) + 6, (2 if says.isascii() else 6) * limit)


def fit(pieces: Sequence[Block | Sequence[Block]], space: int = SPACE) -> int:
    """Return how many of the pieces, from the first on, fit into one message."""
    for count, piece in enumerate(pieces):
        space -= json_size(piece)
        if space < 0:
            return count
    return len(pieces)


def header(says: str) -> Block:
    return {"type": "header", "text": plain_text(says, 150)}


def context_block(says: str) -> Block:
    """A line in small print; it is plain text, so a stranger's words may be in it."""
    return {"type": "context", "elements": [plain_text(says, 2_000)]}


def plain_text(says: str, limit: int) -> Block:
    """A text object that Slack does not parse; ``limit`` counts UTF-16 units.

    A stranger's name may hold nothing that one can see, and Slack refuses a text that is blank.
    """
    return {"type": "plain_text", "text": single_line(says, limit) or "(no name)", "emoji": False}


@dataclass(frozen=True, slots=True)
class Button:
    """A button; ``value`` is an id or a command, which is checked again when it is clicked.

    ``suffix`` makes the buttons of one action unique in their block. ``label`` is what a screen
    reader says where the text alone would not tell two buttons apart. ``confirm`` is the text of a
    confirmation dialog; there is none where it is empty.
    """

    text: str
    action: Action
    value: str = ""
    suffix: str = ""
    url: str = ""
    style: str = ""
    label: str = ""
    confirm: str = ""


def buttons(*wanted: Button) -> Block:
    return {"type": "actions", "elements": [_button(button) for button in wanted]}


def _button(button: Button) -> Block:
    element: Block = {
        "type": "button",
        "text": plain_text(button.text, 75),
        "action_id": action_id(button.action, button.suffix),
    }
    if button.value:
        element["value"] = button.value
    if button.url:
        element["url"] = button.url
    if button.style:
        element["style"] = button.style
    if button.label:
        element["accessibility_label"] = single_line(button.label, 75)
    if button.confirm:
        element["confirm"] = {
            "title": plain_text("Are you sure?", 100),
            "text": plain_text(button.confirm, 300),
            "confirm": plain_text(button.text, 30),
            "deny": plain_text("Not now", 30),
        }
    return element


OPTION = 75  # characters of what a menu offers
OPTION_VALUE = 150


@dataclass(frozen=True, slots=True)
class Option:
    """``value`` is a command, which is checked again when it is picked."""

    text: str
    value: str


def menu(says: str, action: Action, options: Iterable[Option], *, suffix: str = "") -> list[Block]:
    """Return a menu of at most 100 options; nothing where there is none.

    What would not fit is left to typing. Source: Block Kit, ``option``.
    """
    offered = [option_of(one) for one in options if len(one.value) <= OPTION_VALUE][:100]
    if not offered:
        return []
    element = {
        "type": "static_select",
        "action_id": action_id(action, suffix),
        "placeholder": plain_text(says, 150),
        "options": offered,
    }
    return [{"type": "actions", "elements": [element]}]


def option_of(option: Option) -> Block:
    return {"text": plain_text(option.text, OPTION), "value": option.value}


def fallback_text(*parts: Part | str) -> str:
    """Return the message's ``text``: what notifications and screen readers get, escaped."""
    return " ".join("".join(_spoken(part) for part in line(*parts)).split())


def _spoken(part: Part) -> str:
    match part:
        case Text(says):
            return escape(_kept(says))
        case Timestamp(at):
            return f"<!date^{int(at)}^{part.format}|{part.utc}>"
        case UserMention(person):
            return f"<@{person}>"
        case ChannelMention(channel):
            return f"<#{channel}>"
        case GroupMention(group):
            return f"<!subteam^{group}>"


def escape(says: str) -> str:
    """Escape the three characters that begin anything live (Slack: formatting message text)."""
    return says.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
