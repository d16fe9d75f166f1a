"""Messages, views and blocks as plain text, for the console and for tests."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.people import person_with_id
from bot.sandbox.slack.controls import Control
from bot.sandbox.slack.workspace import Message

_REFERENCES = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def describe(message: Message) -> list[str]:
    """A head line, then the lines of each block; the text where there are no blocks."""
    author = person_with_id(message.user)
    name = author.real_name if author is not None else "Slackbot"
    marks = [
        *(["only you see this"] if message.visible_to is not None else []),
        *(["in a thread"] if message.thread_ts is not None else []),
        *(["edited"] if message.edited else []),
    ]
    head = f"{name} ({', '.join(marks)})" if marks else name
    body = describe_blocks(message.blocks) if message.blocks else plain(message.text).split("\n")
    return [head, *(f"  {line}" for line in body)]


def describe_view(view: Mapping[str, Any], errors: Mapping[str, str] | None = None) -> list[str]:
    """The lines of a view: title, blocks, errors and buttons."""
    title = view.get("title", {}).get("text", "App Home")
    buttons = [f"[{view[key]['text']}]" for key in ("submit", "close") if view.get(key)]
    problems = [f"! {text}" for text in (errors or {}).values()]
    body = describe_blocks(view.get("blocks", ()))
    return [f"== {title} ==", *body, *problems, *([" ".join(buttons)] if buttons else [])]


def describe_blocks(blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    return [line for block in blocks for line in _block(block).split("\n") if line]


def plain(text: str) -> str:
    """Mrkdwn with mentions, links and dates spelled out, and its three escapes undone."""
    replaced = _REFERENCES.sub(_reference, text)
    return replaced.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _reference(found: re.Match[str]) -> str:
    target, label = found.group(1), found.group(2)
    if target.startswith("@"):
        person = person_with_id(target[1:])
        return f"@{person.name}" if person is not None else f"@{target[1:]}"
    if target.startswith("!date^"):
        return label or target
    if target.startswith(("!", "#")):
        return f"{target[:1].replace('!', '@')}{label or target[1:]}"
    return f"{label} ({target})" if label else target


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"# {_text(block['text'])}"
        case "section":
            return _section(block)
        case "context":
            return " · ".join(_text(element) for element in block["elements"])
        case "divider":
            return "-" * 20
        case "actions":
            return " ".join(_control(element) for element in block["elements"])
        case "rich_text":
            return "\n".join(_rich(part) for part in block["elements"])
        case "image":
            return f"(image: {block['alt_text']})"
        case "input":
            return f"{_text(block['label'])}: {_control(block['element'])}"
        case "markdown":
            return str(block["text"])
        case "table":
            return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block["rows"])
        case other:
            return f"({other})"


def _section(block: Mapping[str, Any]) -> str:
    parts = [_text(block["text"])] if "text" in block else []
    parts += [_text(field) for field in block.get("fields", ())]
    if "accessory" in block:
        parts.append(_control(block["accessory"]))
    return "\n".join(parts)


def _text(text: Mapping[str, Any]) -> str:
    if text.get("type") == "image":
        return f"(image: {text['alt_text']})"
    return str(text["text"]) if text["type"] == "plain_text" else plain(str(text["text"]))


def _control(element: Mapping[str, Any]) -> str:
    if element["type"] == "image":
        return f"(image: {element['alt_text']})"
    if element["type"] == "button":
        return f"[{element['text']['text']}]"
    if element["type"] == "overflow":
        options = element["options"]
        return " ".join(f"[{Control('', element, option).label}]" for option in options)
    return f"<{Control('', element).label}>"


def _rich(part: Mapping[str, Any]) -> str:
    elements = part["elements"]
    match part["type"]:
        case "rich_text_list":
            return "\n".join(f"- {_rich(item)}" for item in elements)
        case "rich_text_quote":
            return f"> {''.join(map(_inline, elements))}"
        case _:
            return "".join(map(_inline, elements))


def _inline(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "user":
            return _reference_text(f"@{element['user_id']}")
        case "link":
            return str(element.get("text") or element["url"])
        case "emoji":
            return f":{element['name']}:"
        case "date":
            moment = datetime.fromtimestamp(element["timestamp"], UTC)
            return str(element.get("fallback") or f"{moment:%Y-%m-%d %H:%M} UTC")
        case "broadcast":
            return f"@{element['range']}"
        case kind:
            return str(element.get("text") or element.get(f"{kind}_id") or "")


def _reference_text(target: str) -> str:
    return plain(f"<{target}>")


def _cell(cell: Mapping[str, Any]) -> str:
    if cell["type"] == "raw_text":
        return str(cell["text"])
    return " ".join(_rich(part) for part in cell["elements"])
