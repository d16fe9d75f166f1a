"""Validation of Block Kit: values at each limit, and beyond it."""

from typing import Any

import pytest

from bot.sandbox.slack.blocks import (
    complaints_about_blocks,
    complaints_about_view,
    too_many_characters,
    view_too_large,
)

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(label: str = "Go", **more: Any) -> Block:
    return {"type": "button", "text": plain(label), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def option(number: int, **more: Any) -> Block:
    return {"text": plain(f"o{number}"), "value": str(number), **more}


def select(count: int = 1, **more: Any) -> Block:
    options = [option(number) for number in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options, **more}


def rich(*elements: Block) -> Block:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


def confirm(**changes: Any) -> Block:
    usual = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return {**usual, **changes}


ACCEPTED: list[Block] = [
    section("x" * 3000),
    {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    section(accessory=button()),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    actions(*(button(action_id=f"a{number}") for number in range(25))),
    actions(button("x" * 75, value="v" * 2000, style="primary", url="https://x.example/")),
    actions(button(accessibility_label="x" * 75, confirm=confirm())),
    actions(button(visible_to_user_ids=["U0ALICE001"])),
    actions(select(100, initial_option=option(7), placeholder=plain("p" * 150))),
    actions({"type": "overflow", "action_id": "o", "options": [option(n) for n in range(5)]}),
    actions({"type": "users_select", "action_id": "u", "initial_user": "U0BOB00001"}),
    actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-11-23"}),
    {"type": "context", "elements": [mrkdwn("x")] * 10},
    {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"},
    rich({"type": "text", "text": "a", "style": {"bold": True, "code": True}}),
    rich({"type": "text", "text": " "}, {"type": "user", "user_id": "U0BOB00001"}),
    rich({"type": "date", "timestamp": 1795459171, "format": "{date}", "fallback": "then"}),
    rich({"type": "link", "url": "https://x.example/"}, {"type": "emoji", "name": "tada"}),
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}
                ],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a"}]},
        ],
    },
    {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "a"}, rich({"type": "text", "text": "b"})]],
    },
    {"type": "markdown", "text": "**x**"},
]

REJECTED: list[tuple[Block, str]] = [
    (section("x" * 3001), "/blocks/0/text/text"),
    (section(""), "/blocks/0/text/text"),
    (section("  "), "/blocks/0/text/text"),
    ({"type": "section"}, "/blocks/0"),
    ({"type": "section", "fields": [mrkdwn("x")] * 11}, "/blocks/0/fields"),
    ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/blocks/0/fields/0/text"),
    (section(color="red"), "/blocks/0"),
    (section(block_id="b" * 256), "/blocks/0/block_id"),
    ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    ({"type": "header", "text": mrkdwn("x")}, "/blocks/0/text/type"),
    ({"type": "header"}, "/blocks/0"),
    ({"type": "marquee"}, "/blocks/0/type"),
    ({}, "/blocks/0/type"),
    (actions(), "/blocks/0/elements"),
    (actions(*(button(action_id=f"a{n}") for n in range(26))), "/blocks/0/elements"),
    (actions(button(), button()), "/blocks/0/elements/1/action_id"),
    (actions(button("x" * 76)), "/blocks/0/elements/0/text/text"),
    (actions(button(value="v" * 2001)), "/blocks/0/elements/0/value"),
    (actions(button(action_id="a" * 256)), "/blocks/0/elements/0/action_id"),
    (actions(button(url="javascript:alert(1)")), "/blocks/0/elements/0/url"),
    (actions(button(url="https://x/" + "u" * 3000)), "/blocks/0/elements/0/url"),
    (actions(button(style="huge")), "/blocks/0/elements/0/style"),
    (actions({**button(), "text": mrkdwn("x")}), "/blocks/0/elements/0/text/type"),
    (
        actions(button(confirm=confirm(title=plain("t" * 101)))),
        "/blocks/0/elements/0/confirm/title/text",
    ),
    (
        actions(button(confirm=confirm(text=plain("t" * 301)))),
        "/blocks/0/elements/0/confirm/text/text",
    ),
    (
        actions(button(confirm=confirm(deny=plain("t" * 31)))),
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    (actions(select(101)), "/blocks/0/elements/0/options"),
    (actions(select(0)), "/blocks/0/elements/0/options"),
    (actions(select(1, option_groups=[])), "/blocks/0/elements/0"),
    (actions(select(2, initial_option=option(9))), "/blocks/0/elements/0"),
    (actions(select(1, placeholder=plain("p" * 151))), "/blocks/0/elements/0/placeholder/text"),
    (
        actions(select(1, options=[option(1) | {"value": "v" * 151}])),
        "/blocks/0/elements/0/options/0/value",
    ),
    (
        actions(select(1, options=[option(1) | {"text": plain("t" * 76)}])),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    (
        actions({"type": "overflow", "action_id": "o", "options": [option(n) for n in range(6)]}),
        "/blocks/0/elements/0/options",
    ),
    (
        actions(
            {"type": "radio_buttons", "action_id": "r", "options": [option(n) for n in range(11)]}
        ),
        "/blocks/0/elements/0/options",
    ),
    (actions({"type": "plain_text_input", "action_id": "p"}), "/blocks/0/elements/0/type"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/blocks/0/elements"),
    ({"type": "context", "elements": []}, "/blocks/0/elements"),
    ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0/type"),
    ({"type": "image", "image_url": "https://x.example/a.png"}, "/blocks/0"),
    ({"type": "image", "alt_text": "a"}, "/blocks/0"),
    (
        {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}},
        "/blocks/0/type",
    ),
    (rich({"type": "text", "text": ""}), "/blocks/0/elements/0/elements/0/text"),
    (
        rich({"type": "text", "text": "a", "style": {"blink": True}}),
        "/blocks/0/elements/0/elements/0/style",
    ),
    (rich({"type": "user", "user_id": "alice"}), "/blocks/0/elements/0/elements/0/user_id"),
    (rich({"type": "video"}), "/blocks/0/elements/0/elements/0/type"),
    ({"type": "rich_text", "elements": []}, "/blocks/0/elements"),
    ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
]


@pytest.mark.parametrize("block", ACCEPTED, ids=lambda block: str(block["type"]))
def test_valid_blocks_are_accepted(block: Block) -> None:
    assert complaints_about_blocks([block]) == []


@pytest.mark.parametrize(("block", "pointer"), REJECTED)
def test_invalid_blocks_are_rejected_with_a_pointer(block: Block, pointer: str) -> None:
    complaints = complaints_about_blocks([block])
    assert any(f"[json-pointer:{pointer}]" in text for text in complaints), complaints


def test_limits_of_a_message() -> None:
    assert complaints_about_blocks([section()] * 50) == []
    assert complaints_about_blocks([section()] * 51)
    assert complaints_about_blocks([section(block_id="b"), section(block_id="b")])
    assert not complaints_about_blocks([section(block_id="b"), section(block_id="c")])
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    assert "only_one_table_allowed" in complaints_about_blocks([table, table])[0]
    assert too_many_characters([section("x" * 2900)] * 5)
    assert not too_many_characters([section("x" * 2900)] * 4)


def modal(*blocks: Block, **changes: Any) -> Block:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **changes}


def field(**element: Any) -> Block:
    typed = {"type": "plain_text_input", "action_id": "a", **element}
    return {"type": "input", "label": plain("Reason"), "element": typed}


VIEWS = [
    (modal(section()), True),
    (modal(field(), submit=plain("Save")), True),
    (modal(*[section()] * 100), True),
    (modal(*[section()] * 101), False),
    (modal(field()), False),
    (modal(section(), title=plain("t" * 24)), True),
    (modal(section(), title=plain("t" * 25)), False),
    (modal(section(), submit=plain("t" * 25)), False),
    (modal(section(), close=plain("t" * 25)), False),
    (modal(section(), private_metadata="m" * 3000), True),
    (modal(section(), private_metadata="m" * 3001), False),
    (modal(section(), callback_id="c" * 256), False),
    (modal(section(), external_id="c" * 256), False),
    (modal(section(), color="red"), False),
    (modal({"type": "markdown", "text": "x"}), False),
    (modal(field(max_length=3001), submit=plain("Save")), False),
    ({"type": "home", "blocks": [section()]}, True),
    ({"type": "home", "blocks": [section()], "title": plain("t")}, False),
    ({"type": "drawer", "blocks": []}, False),
    ("not a view", False),
]


@pytest.mark.parametrize(("view", "valid"), VIEWS)
def test_views_are_validated(view: Any, valid: bool) -> None:
    assert (complaints_about_view(view) == []) is valid


def test_a_view_of_250_kilobytes_is_too_large() -> None:
    assert view_too_large(modal(*[section("x" * 2900)] * 90))
    assert not view_too_large(modal(*[section("x" * 2000)] * 90))
