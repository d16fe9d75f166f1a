"""The shapes of Slack's payloads, as far as they are read; what is not named here is ignored.

Sources: docs.slack.dev, "Interaction payloads", "Slash commands", and each event's page.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_ID = r"^[A-Z0-9]{5,20}$"
_MAX_INPUT = 3_000


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class SlashCommand(Payload):
    team_id: str = Field(pattern=_ID)
    user_id: str = Field(pattern=_ID)
    channel_id: str = Field(pattern=_ID)
    trigger_id: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=16_000)
    response_url: str = Field(default="", max_length=1_000)


class User(Payload):
    id: str = Field(pattern=_ID)
    team_id: str | None = Field(default=None, pattern=_ID)


class Team(Payload):
    id: str = Field(pattern=_ID)


class Container(Payload):
    """The message that a control is in; all of it is empty for a control in a view.

    ``type`` is ``message_attachment`` where the control is in a message that somebody shared.
    Source: docs.slack.dev, "block_actions payload".
    """

    type: str = Field(default="message", max_length=40)
    message_ts: str = Field(default="", max_length=40)
    channel_id: str = Field(default="", max_length=20)
    thread_ts: str = Field(default="", max_length=40)
    is_ephemeral: bool = False


class Option(Payload):
    value: str = Field(default="", max_length=2_000)


class ActionElement(Payload):
    """One entry of ``actions``: the control that was used."""

    action_id: str = Field(max_length=255)
    value: str | None = Field(default=None, max_length=2_000)
    selected_option: Option | None = None
    action_ts: float = Field(default=0.0, allow_inf_nan=False)

    @property
    def chosen(self) -> str:
        """Return the button's value, or that of the option that was picked."""
        return self.selected_option.value if self.selected_option else self.value or ""


class View(Payload):
    """A modal or App Home of the bot, with what its inputs hold."""

    id: str = Field(default="", max_length=40)
    hash: str = Field(default="", max_length=80)
    type: str = Field(default="modal", max_length=20)
    callback_id: str = Field(default="", max_length=255)
    private_metadata: str = Field(default="", max_length=3_000)
    state: dict[str, Any] = Field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, str]:
        """Return what the bot stored in the view, such as the channel it was opened from."""
        try:
            stored = json.loads(self.private_metadata or "{}")
        except (ValueError, RecursionError):
            return {}
        pairs = stored.items() if isinstance(stored, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}

    @property
    def values(self) -> dict[str, str]:
        """Return what each input holds, by action id; several options are joined by blanks."""
        return {action: _text_of(value) for _, action, value in self._inputs()}

    @property
    def blocks(self) -> dict[str, str]:
        """Return the block id of each input, by action id."""
        return {action: block for block, action, _ in self._inputs()}

    def _inputs(self) -> Iterator[tuple[str, str, Any]]:
        """Yield block id, action id and value, in the order of the inputs."""
        values = self.state.get("values")
        for block, elements in values.items() if isinstance(values, dict) else ():
            for action, value in elements.items() if isinstance(elements, dict) else ():
                yield block, action, value


def _text_of(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    several = value.get("selected_options")
    picked = several if isinstance(several, list) else [value.get("selected_option")]
    chosen = [one["value"] for one in picked if isinstance(one, dict) and "value" in one]
    typed = value.get("value") or value.get("selected_conversation")
    texts = chosen or [typed]
    return " ".join(text for text in texts if isinstance(text, str))[:_MAX_INPUT]


class BlockActions(Payload):
    user: User
    team: Team | None = None
    container: Container = Container()
    view: View | None = None
    actions: list[ActionElement] = Field(min_length=1, max_length=5)
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = Field(default="", max_length=1_000)


class ViewSubmission(Payload):
    user: User
    team: Team | None = None
    view: View


class BlockSuggestion(Payload):
    """A request for the options of an external select; ``value`` is what was typed into it."""

    user: User
    team: Team | None = None
    action_id: str = Field(max_length=255)
    value: str = Field(default="", max_length=3_000)
    view: View = View()


class Channel(Payload):
    id: str = Field(default="", max_length=20)


class Message(Payload):
    """The message that a shortcut was used on."""

    ts: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=100_000)
    user: str = Field(default="", max_length=20)
    bot_id: str = Field(default="", max_length=20)
    thread_ts: str = Field(default="", max_length=40)
    blocks: list[dict[str, Any]] = Field(default_factory=list)


class Shortcut(Payload):
    """A global shortcut (without channel, message and response URL), or one on a message."""

    user: User
    team: Team | None = None
    callback_id: str = Field(max_length=255)
    trigger_id: str = Field(min_length=1, max_length=200)
    channel: Channel = Channel()
    message: Message | None = None
    response_url: str = Field(default="", max_length=1_000)


class Edited(Payload):
    """When a message was last edited."""

    ts: str = Field(default="", max_length=40)


class EventMessage(Payload):
    """The message that a ``message_changed`` event is about, as it reads now or as it read."""

    user: str = Field(default="", max_length=20)
    bot_id: str = Field(default="", max_length=20)
    text: str = Field(default="", max_length=100_000)
    ts: str = Field(default="", max_length=40)
    thread_ts: str = Field(default="", max_length=40)
    team: str = Field(default="", max_length=20)
    user_team: str = Field(default="", max_length=20)
    edited: Edited | None = None


class MessageChanged(Payload):
    """The inner event of an edited message; unfurled links and reactions cause it too."""

    channel: str = Field(pattern=_ID)
    channel_type: str = Field(default="", max_length=20)
    message: EventMessage
    previous_message: EventMessage = EventMessage()


class Event(Payload):
    """The inner event of the Events API: a message, a mention, or an opened App Home."""

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
    edited: Edited | None = None


class EventCallback(Payload):
    """The envelope of the Events API."""

    team_id: str = Field(pattern=_ID)
    event_id: str = Field(min_length=1, max_length=60)
    event: Event
