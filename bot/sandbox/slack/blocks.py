"""Validates Block Kit as Slack does: by surface, size, structure and unknown keys.

The published limits are in slack-platform.md section 2 "Sizes". Rejected here, but not known to be
rejected by Slack: more than 13,000 characters of blocks in a message (reported, not published), and
undocumented elements.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.slack.elements import (
    IMAGE_ELEMENT,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    MRKDWN,
    PLAIN,
    URL,
    text,
)
from bot.sandbox.slack.rich_text import PARTS
from bot.sandbox.slack.shapes import (
    Check,
    array,
    at_least_one,
    boolean,
    both,
    complaint,
    either,
    integer,
    one_of,
    record,
    string,
    tagged,
    unique,
)

_MOST_CHARACTERS_OF_BLOCKS = 13_000
_LARGEST_VIEW = 250_000
_BLOCK_ID = string(255)


def _block(
    kind: str,
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    *extra: Check,
) -> dict[str, Check]:
    allowed = {"block_id": _BLOCK_ID, **(optional or {})}
    return {kind: record({"type": one_of(kind), **required}, allowed, *extra)}


_CONTEXT_ELEMENT = tagged({**IMAGE_ELEMENT, PLAIN: text(3000, PLAIN), MRKDWN: text(3000, MRKDWN)})
_RICH_TEXT = _block("rich_text", {"elements": PARTS})
_CELL = tagged(
    {
        "raw_text": record({"type": one_of("raw_text"), "text": string(10_000)}),
        "rich_text": record({"type": one_of("rich_text"), "elements": PARTS}),
    }
)
_EVERYWHERE: dict[str, Check] = {
    **_block(
        "section",
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), most=10),
            "accessory": tagged(IN_SECTION),
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    **_block("header", {"text": text(150, PLAIN)}, {"level": integer(1, 4)}),
    **_block("divider", {}),
    **_block(
        "actions",
        {"elements": both(array(tagged(IN_ACTIONS), most=25), unique("action_id"))},
    ),
    **_block("context", {"elements": array(_CONTEXT_ELEMENT, most=10)}),
    **_block(
        "image",
        {"alt_text": string(2000)},
        {
            "image_url": URL,
            "slack_file": record({}, {"id": string(20), "url": URL}),
            "title": text(2000, PLAIN),
        },
        either("image_url", "slack_file"),
    ),
    **_RICH_TEXT,
    **_block(
        "video",
        {
            "alt_text": string(2000),
            "title": text(200, PLAIN),
            "thumbnail_url": URL,
            "video_url": URL,
        },
        {
            "author_name": string(50),
            "description": text(200, PLAIN),
            "provider_name": string(100),
            "provider_icon_url": URL,
            "title_url": URL,
        },
    ),
}
_INPUT = _block(
    "input",
    {"label": text(2000, PLAIN), "element": tagged(IN_INPUT)},
    {"hint": text(2000, PLAIN), "optional": boolean, "dispatch_action": boolean},
)
_MESSAGE_ONLY: dict[str, Check] = {
    **_block(
        "table",
        {"rows": array(array(_CELL, most=20), most=100)},
        {
            "column_settings": array(
                record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}),
                least=0,
                most=20,
            )
        },
    ),
    **_block("markdown", {"text": string(12_000)}),
}

_IN_MESSAGE = both(
    array(tagged({**_EVERYWHERE, **_MESSAGE_ONLY}), least=0, most=50), unique("block_id")
)
_IN_VIEW = both(array(tagged({**_EVERYWHERE, **_INPUT}), least=0, most=100), unique("block_id"))


def _submit_with_inputs(value: Any, pointer: str) -> Iterator[str]:
    blocks = value.get("blocks")
    kinds = [block.get("type") for block in blocks or () if isinstance(block, dict)]
    if "input" in kinds and "submit" not in value:
        yield complaint("`submit` is needed with input blocks", f"{pointer}/submit")


_VIEW_KEYS: dict[str, Check] = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_VIEW = tagged(
    {
        "modal": record(
            {"type": one_of("modal"), "title": text(24, PLAIN), "blocks": _IN_VIEW},
            {
                **_VIEW_KEYS,
                "submit": text(24, PLAIN),
                "close": text(24, PLAIN),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
            _submit_with_inputs,
        ),
        "home": record({"type": one_of("home"), "blocks": _IN_VIEW}, _VIEW_KEYS),
    }
)


def complaints_about_blocks(blocks: Any) -> list[str]:
    """Slack's `response_metadata.messages` for the blocks of a message; empty where valid."""
    found = list(_IN_MESSAGE(blocks, "/blocks"))
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kinds.count("table") > 1:
        found.append(complaint("only_one_table_allowed", "/blocks"))
    return found


def too_many_characters(blocks: Any) -> bool:
    """Whether Slack answers `msg_blocks_too_long`."""
    return len(json.dumps(blocks, ensure_ascii=False)) > _MOST_CHARACTERS_OF_BLOCKS


def complaints_about_view(view: Any) -> list[str]:
    return list(_VIEW(view, "/view"))


def view_too_large(view: Any) -> bool:
    return (
        len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")) > _LARGEST_VIEW
    )
