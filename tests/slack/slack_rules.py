"""Rules for every message to Slack: its limits, and that foreign text is never parsed."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from bot.gateways.slack.messages import AppHome, Card, Ephemeral, InChannel, Modal
from bot.sandbox.slack.blocks import (
    complaints_about_blocks,
    complaints_about_view,
    view_too_large,
)

Said = InChannel | Card | Ephemeral | Modal | AppHome
# Markup of the bot's own in text that Slack parses: people, channels, groups and times.
OWN = re.compile(r"<@[UW]\w+>|<#[CDG]\w+>|<!subteam\^S\w+>|<!date\^\d+\^[^|>]+\|[^>]+>", re.ASCII)
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Reported, not published; whether characters beyond ASCII count as escapes is not known.
MOST_OF_BLOCKS = 13_000
LONGEST_TEXT = 4_000  # chat.update takes less than chat.postMessage


def objects(payload: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a payload, at any depth."""
    waiting = [payload]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)


def unseen(text: str) -> list[str]:
    if text.isascii() and text.isprintable():
        return []
    return [f"U+{ord(c):04X}" for c in text if c != "\n" and unicodedata.category(c) in UNSEEN]


def check_rules(message: Said) -> None:
    """Raise AssertionError where Slack would reject it, or foreign text could take effect."""
    if isinstance(message, Modal | AppHome):
        assert complaints_about_view(message.view) == []
        assert not view_too_large(message.view)
        blocks = message.view["blocks"]
    else:
        assert message.text.strip()
        assert len(message.text.encode("utf-16-le")) // 2 <= LONGEST_TEXT
        assert "<" not in OWN.sub("", message.text), message.text
        assert complaints_about_blocks(message.blocks) == []
        assert size(message) <= MOST_OF_BLOCKS
        blocks = message.blocks
    for block in blocks:
        pressed = [one for one in block.get("elements", ()) if one.get("type") == "button"]
        primary = [one for one in pressed if one.get("style") == "primary"]
        assert len(primary) <= 1, [one["text"]["text"] for one in primary]
    for thing in objects(blocks):
        assert thing.get("type") not in {"mrkdwn", "markdown", "broadcast", "link"}, thing
        assert thing.get("emoji") in {None, False}
        for key, text in thing.items():
            if isinstance(text, str):
                assert unseen(text) == [], (key, text)


def visible_text(message: Said) -> str:
    """Return the text in the blocks of a message, without styles."""
    blocks = message.view["blocks"] if isinstance(message, Modal | AppHome) else message.blocks
    texts = [thing["text"] for thing in objects(blocks) if isinstance(thing.get("text"), str)]
    return "\n".join(reversed(texts))


def size(message: Said) -> int:
    """Return the characters of its blocks as JSON, with those beyond ASCII as escapes."""
    return len(json.dumps(message.view if isinstance(message, Modal | AppHome) else message.blocks))
