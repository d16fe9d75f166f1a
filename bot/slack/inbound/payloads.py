"""The shapes of Slack's payloads, as far as they are read. What is not named here is left alone.

Sources: docs.slack.dev, "Interaction payloads", "Slash commands", and each event's page.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_ID = r"^[A-Z0-9]{5,20}$"
_MOST_TYPED = 3_000


class Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Command(Foreign):
    team_id: str = Field(pattern=_ID)
    user_id: str = Field(pattern=_ID)
    channel_id: str = Field(pattern=_ID)
    trigger_id: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=16_000)
    response_url: str = Field(default="", max_length=1_000)


class User(Foreign):
    id: str = Field(pattern=_ID)
    team_id: str | None = Field(default=None, pattern=_ID)


class Team(Foreign):
    id: str = Field(pattern=_ID)


class Container(Foreign):
    message_ts: str = Field(default="", max_length=40)
    channel_id: str = Field(default="", max_length=20)
    thread_ts: str = Field(default="", max_length=40)
    is_ephemeral: bool = False


class Option(Foreign):
    value: str = Field(default="", max_length=2_000)


class Action(Foreign):
    """``chosen`` is a button's value, or that of the option that was picked."""

    action_id: str = Field(max_length=255)
    value: str | None = Field(default=None, max_length=2_000)
    selected_option: Option | None = None
    action_ts: float = Field(default=0.0, allow_inf_nan=False)

    @property
    def chosen(self) -> str:
        return self.selected_option.value if self.selected_option else self.value or ""


class View(Foreign):
    id: str = Field(default="", max_length=40)
    hash: str = Field(default="", max_length=80)
    type: str = Field(default="modal", max_length=20)
    callback_id: str = Field(default="", max_length=255)
    private_metadata: str = Field(default="", max_length=3_000)
    state: dict[str, Any] = Field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, str]:
        """Return what a view of ours keeps of itself, such as the channel it was opened from."""
        try:
            kept = json.loads(self.private_metadata or "{}")
        except (ValueError, RecursionError):
            return {}
        pairs = kept.items() if isinstance(kept, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}

    def inputs(self) -> Iterator[tuple[str, str, Any]]:
        """Yield block id, action id and what stands there, in the order of the inputs."""
        values = self.state.get("values")
        for block, elements in values.items() if isinstance(values, dict) else ():
            for action, given in elements.items() if isinstance(elements, dict) else ():
                yield block, action, given

    def filled(self) -> dict[str, str]:
        """Return what stands in each input, by action id; several picked options by blanks."""
        return {action: _standing(given) for _, action, given in self.inputs()}


def _standing(given: Any) -> str:
    if not isinstance(given, dict):
        return ""
    several = given.get("selected_options")
    picked = several if isinstance(several, list) else [given.get("selected_option")]
    chosen = [one["value"] for one in picked if isinstance(one, dict) and "value" in one]
    typed = given.get("value") or given.get("selected_conversation")
    words = chosen or [typed]
    return " ".join(word for word in words if isinstance(word, str))[:_MOST_TYPED]


class BlockAction(Foreign):
    user: User
    team: Team | None = None
    container: Container = Container()
    view: View | None = None
    actions: list[Action] = Field(min_length=1, max_length=5)
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = Field(default="", max_length=1_000)


class Submission(Foreign):
    user: User
    team: Team | None = None
    view: View


class Suggestion(Foreign):
    """Letters typed into a select whose options are asked for; ``view`` as far as it is filled."""

    user: User
    team: Team | None = None
    action_id: str = Field(max_length=255)
    value: str = Field(default="", max_length=3_000)
    view: View = View()


class Channel(Foreign):
    id: str = Field(default="", max_length=20)


class Message(Foreign):
    """A message that a shortcut was taken on: its words, its writer, and its buttons if any."""

    ts: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=100_000)
    user: str = Field(default="", max_length=20)
    bot_id: str = Field(default="", max_length=20)
    thread_ts: str = Field(default="", max_length=40)
    blocks: list[dict[str, Any]] = Field(default_factory=list)


class Shortcut(Foreign):
    user: User
    team: Team | None = None
    callback_id: str = Field(max_length=255)
    trigger_id: str = Field(min_length=1, max_length=200)
    channel: Channel = Channel()
    message: Message | None = None
    response_url: str = Field(default="", max_length=1_000)


class MessageEvent(Foreign):
    type: str = Field(max_length=60)
    subtype: str = Field(default="", max_length=60)
    bot_id: str = Field(default="", max_length=20)
    user: str = Field(pattern=_ID)
    channel: str = Field(pattern=_ID)
    channel_type: str = Field(default="", max_length=20)
    text: str = Field(default="", max_length=100_000)
    ts: str = Field(default="", max_length=40)
    thread_ts: str = Field(default="", max_length=40)
    tab: str = Field(default="", max_length=20)
    team: str = Field(default="", max_length=20)
    user_team: str = Field(default="", max_length=20)


class Event(Foreign):
    team_id: str = Field(pattern=_ID)
    event_id: str = Field(min_length=1, max_length=60)
    event: MessageEvent
