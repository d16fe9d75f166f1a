"""Checks for the composition objects and interactive elements of Block Kit.

Limits: slack-platform.md section 2 "Sizes", which cites /reference/block-kit per component.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.slack.shapes import (
    Check,
    array,
    boolean,
    complaint,
    either,
    integer,
    one_of,
    record,
    string,
    tagged,
)

ACTION_ID = string(255)
URL = string(3000, pattern=r"(https?|slack|mailto):[^\s]+")
PERSON_ID = string(20, pattern=r"[UW][A-Z0-9]{4,19}")
CHANNEL_ID = string(20, pattern=r"[CDG][A-Z0-9]{4,19}")
PLAIN = "plain_text"
MRKDWN = "mrkdwn"


def text(most: int, *kinds: str) -> Check:
    """A check for a text object of one of these kinds."""
    allowed = kinds or (PLAIN, MRKDWN)
    plain = record({"type": one_of(PLAIN), "text": string(most)}, {"emoji": boolean})
    marked = record({"type": one_of(MRKDWN), "text": string(most)}, {"verbatim": boolean})
    forms = {PLAIN: plain, MRKDWN: marked}
    return tagged({kind: forms[kind] for kind in allowed})


CONFIRM = record(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
    },
    {"style": one_of("primary", "danger")},
)
OPTION = record({"text": text(75, PLAIN), "value": string(150)}, {"description": text(75, PLAIN)})
MARKED_OPTION = record({"text": text(75), "value": string(150)}, {"description": text(75)})
OVERFLOW_OPTION = record(
    {"text": text(75, PLAIN), "value": string(150)},
    {"description": text(75, PLAIN), "url": URL},
)
OPTION_GROUP = record({"label": text(75, PLAIN), "options": array(OPTION, most=100)})
_CONVERSATION_FILTER = record(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), most=4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
_ACTION = {"action_id": ACTION_ID}
_PLACEHOLDER = {"placeholder": text(150, PLAIN)}
_FOCUS = {"focus_on_load": boolean}


def element(
    kind: str,
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *extra: Check,
) -> dict[str, Check]:
    needed = {"type": one_of(kind), **(required or {})}
    return {kind: record(needed, {**_ACTION, **(optional or {})}, *extra)}


def _initial_is_an_option(value: Any, pointer: str) -> Iterator[str]:
    """An initial option must equal one of the options exactly."""
    groups = value.get("option_groups")
    offered = list(value.get("options") or ())
    for group in groups if isinstance(groups, list) else ():
        offered += group.get("options", ()) if isinstance(group, dict) else ()
    chosen = value.get("initial_options", [])
    if "initial_option" in value:
        chosen = [value["initial_option"]]
    for option in chosen if isinstance(chosen, list) else ():
        if option not in offered:
            yield complaint("initial option must match one of the options", pointer)


_MULTI = {"max_selected_items": integer(1, 100)}
_SELECT = {**_PLACEHOLDER, **_FOCUS, "confirm": CONFIRM}
_STATIC = {"options": array(OPTION, most=100), "option_groups": array(OPTION_GROUP, most=100)}

_BUTTON = element(
    "button",
    {"text": text(75, PLAIN)},
    {
        "url": URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": array(PERSON_ID, most=100),
    },
)
_SELECTS: dict[str, Check] = {
    **element(
        "static_select",
        None,
        {**_SELECT, **_STATIC, "initial_option": OPTION},
        either("options", "option_groups"),
        _initial_is_an_option,
    ),
    **element(
        "multi_static_select",
        None,
        {**_SELECT, **_STATIC, **_MULTI, "initial_options": array(OPTION, most=100)},
        either("options", "option_groups"),
        _initial_is_an_option,
    ),
    **element(
        "external_select",
        None,
        {**_SELECT, "initial_option": OPTION, "min_query_length": integer(0, 3000)},
    ),
    **element("users_select", None, {**_SELECT, "initial_user": PERSON_ID}),
    **element(
        "multi_users_select",
        None,
        {**_SELECT, **_MULTI, "initial_users": array(PERSON_ID, most=100)},
    ),
    **element(
        "conversations_select",
        None,
        {
            **_SELECT,
            "initial_conversation": CHANNEL_ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _CONVERSATION_FILTER,
        },
    ),
    **element(
        "channels_select",
        None,
        {**_SELECT, "initial_channel": CHANNEL_ID, "response_url_enabled": boolean},
    ),
}
_CHOICES: dict[str, Check] = {
    **element(
        "checkboxes",
        {"options": array(MARKED_OPTION, most=10)},
        {"initial_options": array(MARKED_OPTION, most=10), "confirm": CONFIRM, **_FOCUS},
        _initial_is_an_option,
    ),
    **element(
        "radio_buttons",
        {"options": array(MARKED_OPTION, most=10)},
        {"initial_option": MARKED_OPTION, "confirm": CONFIRM, **_FOCUS},
        _initial_is_an_option,
    ),
}
_PICKERS: dict[str, Check] = {
    **element(
        "datepicker",
        None,
        {**_SELECT, "initial_date": string(10, pattern=r"\d{4}-\d{2}-\d{2}")},
    ),
    **element(
        "timepicker",
        None,
        {
            **_SELECT,
            "initial_time": string(5, pattern=r"\d{2}:\d{2}"),
            "timezone": string(64),
        },
    ),
    **element(
        "datetimepicker",
        None,
        {**_FOCUS, "confirm": CONFIRM, "initial_date_time": integer(10**9, 10**10 - 1)},
    ),
}
_OVERFLOW = element("overflow", {"options": array(OVERFLOW_OPTION, most=5)}, {"confirm": CONFIRM})
IMAGE_ELEMENT: dict[str, Check] = {
    "image": record(
        {"type": one_of("image"), "alt_text": string(2000)},
        {"image_url": URL, "slack_file": record({}, {"id": string(20), "url": URL})},
        either("image_url", "slack_file"),
    )
}
_DISPATCH = record(
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), most=2)}
)
_TYPED = {**_PLACEHOLDER, **_FOCUS, "dispatch_action_config": _DISPATCH}
_TEXT_INPUTS: dict[str, Check] = {
    **element(
        "plain_text_input",
        None,
        {
            **_TYPED,
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    **element("email_text_input", None, {**_TYPED, "initial_value": string(3000)}),
    **element("url_text_input", None, {**_TYPED, "initial_value": URL}),
    **element(
        "number_input",
        {"is_decimal_allowed": boolean},
        {
            **_TYPED,
            "initial_value": string(40),
            "min_value": string(40),
            "max_value": string(40),
        },
    ),
}

IN_ACTIONS: dict[str, Check] = {**_BUTTON, **_SELECTS, **_CHOICES, **_PICKERS, **_OVERFLOW}
IN_SECTION: dict[str, Check] = {**IN_ACTIONS, **IMAGE_ELEMENT}
IN_INPUT: dict[str, Check] = {**_SELECTS, **_CHOICES, **_PICKERS, **_TEXT_INPUTS}
