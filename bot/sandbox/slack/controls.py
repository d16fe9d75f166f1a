"""The controls in blocks, and the `actions` and `state.values` that Slack reports of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.people import UnknownNameError, person_named

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Control:
    """An interactive element, or one option of a select, overflow, radio or checkbox.

    `answer` is the value that a screen reports, such as `{"selected_date": "2027-01-31"}`; without
    it, `option` is the chosen one.
    """

    block_id: str
    element: Block
    option: Block | None = None
    answer: Mapping[str, Any] | None = None

    @property
    def action_id(self) -> str:
        """The app's action_id, or one that is made up, as Slack does."""
        return str(self.element.get("action_id", f"auto-{self.block_id}"))

    @property
    def label(self) -> str:
        if self.option is not None:
            return str(self.option["text"]["text"])
        shown = self.element.get("text") or self.element.get("placeholder") or {}
        return str(shown.get("text", self.action_id))

    @property
    def url(self) -> str | None:
        found = (self.option or self.element).get("url")
        return str(found) if found else None

    def is_called(self, name: str) -> bool:
        """Whether `name` is the label (in any case), the accessibility label or the action_id."""
        labels = {self.label.casefold(), str(self.element.get("accessibility_label")).casefold()}
        return name.casefold() in labels or (self.option is None and name == self.action_id)

    def shown_to(self, person_id: str) -> bool:
        allowed = self.element.get("visible_to_user_ids")
        return not allowed or person_id in allowed

    def as_action(self, at: float) -> dict[str, Any]:
        """The entry of `actions` in a block_actions payload."""
        kind = str(self.element["type"])
        action: dict[str, Any] = {
            "action_id": self.action_id,
            "block_id": self.block_id,
            "type": kind,
            "action_ts": f"{at:.6f}",
        }
        if kind == "button":
            named = ("text", "value", "style", "url")
            return action | {key: self.element[key] for key in named if key in self.element}
        if self.answer is not None:
            return action | dict(self.answer)
        key = "selected_options" if kind in _SEVERAL else "selected_option"
        chosen: object = [self.option] if kind in _SEVERAL else self.option
        return action | {key: chosen}


_SEVERAL = frozenset({"checkboxes", "multi_static_select"})
_PRESSED = frozenset({"button", "overflow"})


def controls(blocks: Iterable[Block]) -> Iterator[Control]:
    """Every control outside of inputs, in reading order."""
    for block in blocks:
        for element in _interactive(block):
            block_id = str(block.get("block_id", ""))
            if element.get("type") != "overflow":
                yield Control(block_id, element)
            for option in options_of(element):
                yield Control(block_id, element, option)


def external_selects(blocks: Iterable[Block]) -> Iterator[Control]:
    """The selects whose options the app supplies, also those in inputs."""
    for block in blocks:
        for element in elements_of(block):
            if element.get("type") == "external_select":
                yield Control(str(block.get("block_id", "")), element)


def inputs(blocks: Iterable[Block]) -> Iterator[tuple[Block, Block]]:
    """Input blocks with their elements."""
    for block in blocks:
        if block.get("type") == "input":
            yield block, block["element"]


def state_of(blocks: Iterable[Block], given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`state.values`: the value of each input, from `given` or its initial value."""
    values: dict[str, dict[str, Any]] = {}
    for block in blocks:
        for element in elements_of(block):
            if element.get("type") in {*_PRESSED, "image"}:
                continue
            block_id = str(block.get("block_id", ""))
            action_id = str(element.get("action_id", f"auto-{block_id}"))
            answer = _answer(block, element, given or {})
            values.setdefault(block_id, {})[action_id] = answer
    return values


def missing(blocks: Iterable[Block], values: Mapping[str, Any]) -> list[str]:
    """Labels of required inputs that are empty, with which Slack does not submit."""
    labels = []
    for block, element in inputs(blocks):
        filled = [
            value
            for key, value in values[str(block["block_id"])].get(_id(block, element), {}).items()
            if key != "type"
        ]
        if not block.get("optional") and not any(filled):
            labels.append(_label(block))
    return labels


def unknown_inputs(blocks: Iterable[Block], given: Mapping[str, str]) -> list[str]:
    """The names in `given` that no input has."""
    known = {name for block in blocks for e in elements_of(block) for name in _names(block, e)}
    return [name for name in given if name.casefold() not in known]


def input_labels(blocks: Iterable[Block]) -> list[str]:
    return [_label(block) for block, _ in inputs(blocks)]


def elements_of(block: Block) -> list[Block]:
    """The interactive elements of a block, in reading order."""
    found = [*_interactive(block)]
    return [*found, block["element"]] if block.get("type") == "input" else found


def _interactive(block: Block) -> Iterator[Block]:
    if block.get("type") == "actions":
        yield from block["elements"]
    accessory = block.get("accessory")
    if accessory is not None and accessory.get("type") != "image":
        yield accessory


def options_of(element: Block) -> list[Block]:
    grouped = [option for g in element.get("option_groups", ()) for option in g["options"]]
    return [*element.get("options", ()), *grouped]


def _label(block: Block) -> str:
    return str(block.get("label", {}).get("text", ""))


def _id(block: Block, element: Block) -> str:
    return str(element.get("action_id", f"auto-{block.get('block_id', '')}"))


def _names(block: Block, element: Block) -> set[str]:
    names = (_label(block), str(block.get("block_id", "")), _id(block, element))
    return {name.casefold() for name in names if name}


def _answer(block: Block, element: Block, given: Mapping[str, str]) -> dict[str, Any]:
    names = _names(block, element)
    typed = next((value for name, value in given.items() if name.casefold() in names), None)
    kind = str(element["type"])
    if kind in _SEVERAL:
        chosen = element.get("initial_options", [])
        if typed is not None:
            chosen = [_option(element, part.strip()) for part in typed.split(",") if part.strip()]
        return {"type": kind, "selected_options": chosen}
    if kind in {"static_select", "radio_buttons", "external_select"}:
        default = element.get("initial_option")
        option = default if typed is None else _option(element, typed)
        return {"type": kind, "selected_option": option}
    key, initial = _FIELDS.get(kind, ("value", "initial_value"))
    value: Any = element.get(initial) if typed is None else typed
    if kind == "users_select" and typed is not None:
        value = person_named(typed).id
    if kind == "datetimepicker" and typed is not None:
        value = int(typed)
    return {"type": kind, key: value or None}


_FIELDS = {
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
}


def _option(element: Block, name: str) -> Block:
    """The option of a label or value; an external select accepts any."""
    if element["type"] == "external_select":
        return {"text": {"type": "plain_text", "text": name}, "value": name}
    for option in options_of(element):
        if name.casefold() in {option["text"]["text"].casefold(), str(option["value"]).casefold()}:
            return option
    offered = ", ".join(option["text"]["text"] for option in options_of(element))
    raise UnknownNameError(f"there is no option {name!r}; there are: {offered}")
