"""Validation of what a screen reports: the value of one control, and `state.values` of all.

The shapes are Slack's: the entries of `actions` and of `state.values` in
/reference/interaction-payloads/block_actions-payload. An answer is one such entry without its ids,
such as `{"type": "static_select", "selected_option": {…}}`. Raises ValueError for what no screen
could send, such as an option that is not in the list.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.sandbox.people import UnknownNameError
from bot.sandbox.slack.controls import Block, Control, elements_of, options_of, state_of

Values = Mapping[str, Mapping[str, Any]]
_LONGEST = 3_000
_KEYS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


def control_at(blocks: Iterable[Block], block_id: str, action_id: str) -> Control:
    """The control with these ids; raises UnknownNameError."""
    for control in _controls(blocks):
        if (control.block_id, control.action_id) == (block_id, action_id):
            return control
    raise UnknownNameError(f"there is no control {action_id!r} in a block {block_id!r} here")


def checked_answer(control: Control, answer: Any) -> Mapping[str, Any]:
    """The answer without its type, if it is valid for this control; a button has none."""
    kind = str(control.element["type"])
    if kind == "button":
        return {}
    key = _KEYS.get(kind, "value")
    if not isinstance(answer, dict) or answer.get("type") != kind or set(answer) != {"type", key}:
        raise ValueError(f"a {kind} answers with its type and {key}")
    given = answer[key]
    if not _fits(control.element, key, given):
        raise ValueError(f"{given!r} is nothing that {control.label!r} can be set to")
    return {key: given}


def state_from_screen(blocks: Iterable[Block], given: Any) -> dict[str, Any]:
    """`state.values`: the values that the screen sent, and the initial values of the others."""
    blocks = list(blocks)
    values = state_of(blocks)
    if not isinstance(given, dict) or not all(isinstance(entry, dict) for entry in given.values()):
        raise ValueError("`values` is an object of block_ids with objects of action_ids")
    for control in _controls(blocks):
        known, filled = values.get(control.block_id, {}), given.get(control.block_id, {})
        if control.action_id in known and control.action_id in filled:
            answer = checked_answer(control, filled[control.action_id])
            known[control.action_id] = {"type": control.element["type"], **answer}
    return values


def _controls(blocks: Iterable[Block]) -> Iterator[Control]:
    for block in blocks:
        for element in elements_of(block):
            yield Control(str(block.get("block_id", "")), element)


def _fits(element: Block, key: str, given: Any) -> bool:
    match key:
        case _ if given is None:
            return bool(element["type"] != "overflow")
        case "selected_option":
            return _is_offered(element, given)
        case "selected_options":
            return isinstance(given, list) and all(_is_offered(element, one) for one in given)
        case "selected_users":
            return isinstance(given, list) and all(isinstance(one, str) for one in given)
        case "selected_date_time":
            return isinstance(given, int) and not isinstance(given, bool)
        case _:
            return isinstance(given, str) and len(given) <= _LONGEST


def _is_offered(element: Block, option: Any) -> bool:
    """Whether an option can be chosen; for an external select, any of the right shape."""
    if element["type"] != "external_select":
        return any(option == offered for offered in options_of(element))
    if not isinstance(option, dict) or not set(option) <= {"text", "value", "description"}:
        return False
    return isinstance(option.get("text"), dict) and isinstance(option.get("value"), str)
