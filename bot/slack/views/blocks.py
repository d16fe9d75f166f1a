"""Block Kit, as far as it is used: the only module that turns foreign text into blocks.

Names come from other systems. They are put only into ``plain_text`` objects and the text elements
of ``rich_text``, which Slack does not parse; the top-level ``text``, which it does, is escaped.
Limits: docs.slack.dev/reference/block-kit (header 150, button text 75, value 2,000, text 3,000).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.core.actions import Action, action_id
from bot.core.names import PersonId, single_line
from bot.gateways.slack.messages import Block

NAME = 120


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text; it is cleaned when it is rendered."""

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
    """A person; each reader sees their name."""

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
    """Make a line of parts; strings become plain text."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def bold(text: str) -> Text:
    return Text(text, bold=True)


def code(text: str) -> Text:
    return Text(text, code=True)


def labelled(label: str, *parts: Part | str) -> Line:
    """Make a line that begins with a label in bold."""
    return line(bold(f"{label}: "), *parts)


def _without_second_stops(parts: Iterable[Part]) -> Iterator[Part]:
    """Leave out a full stop behind the end of a sentence, such as behind a name "Plant B!"."""
    before = ""
    for part in parts:
        text = part.text if isinstance(part, Text) else ""
        if not (isinstance(part, Text) and _is_second_stop(before, text)):
            yield part
        elif len(text) > 1:
            yield replace(part, text=text[1:])
        before = text


def _is_second_stop(before: str, text: str) -> bool:
    return f"{text} ".startswith(". ") and _ends_sentence(before)


def _ends_sentence(text: str) -> bool:
    return bool(text) and _cleaned(text).rstrip("”").endswith((".", "!", "?", "…"))


def _element(part: Part) -> Block:
    match part:
        case Text(text, is_bold, is_code):
            element: Block = {"type": "text", "text": _cleaned(text)}
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


def _cleaned(text: str) -> str:
    """Clean a run of text, but keep a blank at either end."""
    inner = single_line(text, 2_000)
    before = " " if text[:1].isspace() else ""
    after = " " if inner and text[-1:].isspace() else ""
    return f"{before}{inner}{after}" or " "


def paragraph(lines: Iterable[Line]) -> Block:
    """Return one block of lines."""
    elements: list[Block] = []
    for place, parts in enumerate(lines):
        if place:
            elements.append({"type": "text", "text": "\n"})
        elements += map(_element, _without_second_stops(parts))
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


# Slack refuses a message whose blocks are longer than about 13,000 characters as JSON (the number
# is not published). What is left of them is for the heading, notes and buttons.
SPACE = 10_500


def json_size(piece: Block | Sequence[Block]) -> int:
    """Return the characters of JSON that blocks take; one beyond ASCII takes six."""
    return len(json.dumps(piece))


def max_json_size(text: str, limit: int) -> int:
    """Return an upper bound of the characters of JSON of a text cut to ``limit``.

    Rendering only removes characters, and none takes more than six for each unit of UTF-16.
    """
    return min(len(json.dumps(text)) + 6, (2 if text.isascii() else 6) * limit)


def fit(pieces: Sequence[Block | Sequence[Block]], space: int = SPACE) -> int:
    """Return how many pieces, counted from the first, fit into one message."""
    for count, piece in enumerate(pieces):
        space -= json_size(piece)
        if space < 0:
            return count
    return len(pieces)


def sentence(text: str) -> str:
    """End a text with a full stop, where it does not end a sentence already."""
    return text if _ends_sentence(text) else f"{text}."


def header(text: str) -> Block:
    """Return a header block, cut to the 150 characters that Slack allows."""
    return {"type": "header", "text": plain_text(text, 150)}


def context_block(text: str) -> Block:
    """Return a line in small print; it is plain text, so foreign names are safe in it."""
    return {"type": "context", "elements": [plain_text(text, 2_000)]}


def plain_text(text: str, limit: int) -> Block:
    """Return a text object that Slack does not parse; ``limit`` counts UTF-16 units.

    A foreign name may have no visible character, and Slack rejects blank text.
    """
    return {"type": "plain_text", "text": single_line(text, limit) or "(no name)", "emoji": False}


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
    """Return a block with these buttons in a row."""
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


OPTION = 75  # characters of an option's text
OPTION_VALUE = 150


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a menu; ``value`` is a command, which is checked again when it is chosen."""

    text: str
    value: str


def menu(says: str, action: Action, options: Iterable[Option], *, suffix: str = "") -> list[Block]:
    """Return a menu of at most 100 options; nothing where there is none.

    Options that do not fit have to be typed. Source: Block Kit, ``option``.
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
    """Return an option object."""
    return {"text": plain_text(option.text, OPTION), "value": option.value}


def fallback_text(*parts: Part | str) -> str:
    """Return a message's ``text``, for notifications and screen readers; escaped."""
    return " ".join("".join(map(_as_mrkdwn, _without_second_stops(line(*parts)))).split())


def _as_mrkdwn(part: Part) -> str:
    match part:
        case Text(text):
            return escape(_cleaned(text))
        case Timestamp(at):
            return f"<!date^{int(at)}^{part.format}|{part.utc}>"
        case UserMention(person):
            return f"<@{person}>"
        case ChannelMention(channel):
            return f"<#{channel}>"
        case GroupMention(group):
            return f"<!subteam^{group}>"


def escape(text: str) -> str:
    """Escape the three characters that Slack parses (source: Slack, formatting message text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
