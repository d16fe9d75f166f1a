"""One message and one modal with every block and element, and with hostile names."""

from typing import Any

Block = dict[str, Any]

HOSTILE = "<script>alert(1)</script> <!channel> *no* &amp; <@U0ALICE001>"
AT = 1_798_756_200  # 2026-12-31 22:30 UTC, which is 23:30 in Berlin and 2027 in Tokyo


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str, about: str = "") -> Block:
    return {"text": plain(text), "value": value, **({"description": plain(about)} if about else {})}


def button(label: str, action: str, **more: Any) -> Block:
    return {"type": "button", "text": plain(label), "action_id": action, "value": action, **more}


CONFIRM = {
    "title": plain("Turn it off?"),
    "text": mrkdwn("*Two* runs will be skipped."),
    "confirm": plain("Turn off"),
    "deny": plain("Leave it"),
    "style": "danger",
}
DAYS = [option("Monday", "mon", "in one day"), option("Friday", "fri", "in five days")]


def rich_section(*elements: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich_run(text: str, **style: bool) -> Block:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


RICH: Block = {
    "type": "rich_text",
    "block_id": "rich",
    "elements": [
        rich_section(
            rich_run("bold", bold=True),
            rich_run(" "),
            rich_run("struck", strike=True),
            rich_run(" "),
            rich_run(HOSTILE, code=True),
            {"type": "user", "user_id": "U0ALICE001"},
            {"type": "channel", "channel_id": "C0PLANTOPS"},
            {"type": "usergroup", "usergroup_id": "S0APPROVER"},
            {"type": "broadcast", "range": "here"},
            {"type": "emoji", "name": "warning"},
            {"type": "link", "url": "https://example.com/a", "text": "a link"},
            {
                "type": "date",
                "timestamp": AT,
                "format": "{date_num} {time_secs}",
                "fallback": "then",
            },
        ),
        {
            "type": "rich_text_list",
            "style": "ordered",
            "offset": 2,
            "elements": [rich_section(rich_run("three")), rich_section(rich_run("four"))],
        },
        {"type": "rich_text_quote", "elements": [rich_run("quoted")]},
        {"type": "rich_text_preformatted", "elements": [rich_run("kept\n  as is")]},
    ],
}
MRKDWN = (
    "*bold* _italic_ ~struck~ `a < b` a*b*c 2 &lt; 3 &amp;&amp; 4 <@U0BOB00001> <#C0PLANTOPS> "
    "<https://example.com/b|named> <javascript:alert(1)|evil> <!subteam^S0APPROVER> <!here> "
    f"<!date^{AT}^{{date_long}} {{time}}|2026-12-31 22:30 UTC>\n> said\n```code *here*```"
)
MESSAGE: list[Block] = [
    {"type": "header", "block_id": "head", "text": plain(HOSTILE)},
    {
        "type": "section",
        "block_id": "marked",
        "text": mrkdwn(MRKDWN),
        "fields": [mrkdwn("*Field*"), plain(HOSTILE)],
        "accessory": {
            "type": "overflow",
            "action_id": "over",
            "options": [
                option("Copy", "copy"),
                {**option("Docs", "docs"), "url": "https://example.com/"},
            ],
        },
    },
    {
        "type": "section",
        "block_id": "plain",
        "text": plain(HOSTILE),
        "accessory": {
            "type": "image",
            "alt_text": "A chart of runs",
            "image_url": "https://example.com/x.png",
        },
    },
    {"type": "divider", "block_id": "line"},
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            button("Go", "go", style="primary"),
            button("Off", "off", style="danger", confirm=CONFIRM, accessibility_label="Off, now"),
            button("Bob only", "bobs", visible_to_user_ids=["U0BOB00001"]),
            button("Site", "site", url="https://example.com/"),
            {
                "type": "static_select",
                "action_id": "day",
                "placeholder": plain("A day"),
                "options": DAYS,
            },
            {"type": "datepicker", "action_id": "date", "initial_date": "2026-12-01"},
        ],
    },
    {
        "type": "context",
        "block_id": "small",
        "elements": [
            mrkdwn("_small_"),
            {"type": "image", "alt_text": "a dot", "image_url": "https://example.com/dot.png"},
        ],
    },
    {
        "type": "image",
        "block_id": "image",
        "alt_text": "A plant",
        "title": plain("The plant"),
        "image_url": "https://example.com/p.png",
    },
    RICH,
    {
        "type": "table",
        "block_id": "table",
        "rows": [
            [{"type": "raw_text", "text": "Timer"}, {"type": "raw_text", "text": "Runs"}],
            [
                {"type": "rich_text", "elements": [rich_section(rich_run("SAP"))]},
                {"type": "raw_text", "text": "2"},
            ],
        ],
    },
    {"type": "markdown", "block_id": "markdown", "text": "# **as written** <b>"},
]
UNKNOWN: Block = {"type": "hologram", "block_id": "odd"}


def input_block(block_id: str, label: str, element: Block, **more: Any) -> Block:
    named = {"action_id": block_id, **element}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": named,
        "optional": True,
        **more,
    }


GROUPS = [
    {"label": plain("Off"), "options": [option("SAP materials", "t1", "disabled")]},
    {"label": plain("On"), "options": [option("SAP work orders", "t2"), option("Meters", "t3")]},
]
VIEW: Block = {
    "type": "modal",
    "callback_id": "gallery",
    "private_metadata": "kept",
    "title": plain("Everything"),
    "submit": plain("Send"),
    "close": plain("Not now"),
    "blocks": [
        input_block(
            "why", "Why", {"type": "plain_text_input"}, optional=False, hint=plain("In short")
        ),
        input_block("long", "Long", {"type": "plain_text_input", "multiline": True}),
        input_block("timer", "Timer", {"type": "static_select", "option_groups": GROUPS}),
        input_block(
            "itwin",
            "iTwin",
            {"type": "external_select", "min_query_length": 1},
            dispatch_action=True,
        ),
        input_block("days", "Days", {"type": "multi_static_select", "options": DAYS}),
        input_block("who", "Who", {"type": "users_select"}),
        input_block("people", "People", {"type": "multi_users_select"}),
        input_block("where", "Where", {"type": "conversations_select"}),
        input_block("room", "Room", {"type": "channels_select"}),
        input_block(
            "state",
            "State",
            {"type": "radio_buttons", "options": [option("On", "on"), option("Off", "off")]},
        ),
        input_block(
            "tell", "Tell", {"type": "checkboxes", "options": DAYS, "initial_options": DAYS[:1]}
        ),
        input_block("date", "Date", {"type": "datepicker"}),
        input_block("time", "Time", {"type": "timepicker"}),
        input_block("moment", "Moment", {"type": "datetimepicker"}),
        input_block("number", "Number", {"type": "number_input", "is_decimal_allowed": False}),
        input_block("url", "Address", {"type": "url_text_input"}),
        input_block("mail", "E-mail", {"type": "email_text_input"}),
        input_block(
            "live",
            "Live",
            {
                "type": "plain_text_input",
                "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
            },
            dispatch_action=True,
        ),
        {"type": "section", "block_id": "summary", "text": plain("Nothing is chosen yet.")},
    ],
}
