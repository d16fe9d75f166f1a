"""From Slack's payloads to a Delivery: checked once, here, and a value from then on."""

import hashlib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.names import ChannelId, DeliveryId, PersonId, Workspace, is_slack_id
from bot.gateways.store.deliveries import Delivery

_ID = r"^[A-Z0-9]{5,20}$"


class _Foreign(BaseModel):
    """A payload of Slack's: what is not named here is left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Command(_Foreign):
    team_id: str = Field(pattern=_ID)
    user_id: str = Field(pattern=_ID)
    channel_id: str = Field(pattern=_ID)
    trigger_id: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=16_000)
    response_url: str = Field(default="", max_length=1_000)


class _User(_Foreign):
    id: str = Field(pattern=_ID)
    team_id: str | None = Field(default=None, pattern=_ID)


class _Team(_Foreign):
    id: str = Field(pattern=_ID)


class _Container(_Foreign):
    message_ts: str = Field(default="", max_length=40)
    channel_id: str = Field(default="", max_length=20)
    is_ephemeral: bool = False


class _Option(_Foreign):
    value: str = Field(min_length=1, max_length=150)


class _Action(_Foreign):
    """A button has a value of its own; a menu has that of the option that was picked."""

    action_id: str = Field(max_length=255)
    value: str = Field(default="", max_length=2_000)
    selected_option: _Option | None = None

    @property
    def meant(self) -> str:
        return self.selected_option.value if self.selected_option else self.value


class _Press(_Foreign):
    user: _User
    team: _Team | None = None
    container: _Container = _Container()
    actions: list[_Action] = Field(min_length=1, max_length=5)
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = Field(default="", max_length=1_000)


class _View(_Foreign):
    id: str = Field(max_length=40)
    hash: str = Field(default="", max_length=80)
    callback_id: str = Field(default="", max_length=255)
    private_metadata: str = Field(default="", max_length=200)
    state: dict[str, Any] = Field(default_factory=dict)

    def typed(self) -> Iterator[str]:
        """Yield what was typed or picked, in the order of the inputs."""
        values = self.state.get("values")
        for block in values.values() if isinstance(values, dict) else ():
            for given in block.values() if isinstance(block, dict) else ():
                if isinstance(given, dict):
                    picked = given.get("selected_option")
                    chosen = picked.get("value") if isinstance(picked, dict) else given.get("value")
                    if isinstance(chosen, str):
                        yield chosen[:3_000]


class _Submission(_Foreign):
    user: _User
    team: _Team | None = None
    view: _View


class _Said(_Foreign):
    type: str = Field(max_length=60)
    subtype: str = Field(default="", max_length=60)
    bot_id: str = Field(default="", max_length=20)
    user: str = Field(pattern=_ID)
    channel: str = Field(pattern=_ID)
    thread_ts: str = Field(default="", max_length=40)
    team: str = Field(default="", max_length=20)
    user_team: str = Field(default="", max_length=20)


class _Event(_Foreign):
    team_id: str = Field(pattern=_ID)
    event_id: str = Field(min_length=1, max_length=60)
    event: _Said


def delivery_of(body: dict[str, Any], home: Workspace, now: float) -> Delivery | None:
    """Return the delivery, or None for a payload that is not in the documented shape."""
    try:
        match body.get("type"):
            case "view_submission":
                return _submission(body, home, now)
            case "event_callback":
                return _message(body, home, now)
            case _:
                return _command(body, home, now) if "command" in body else _press(body, home, now)
    except ValidationError:
        return None


def _command(body: dict[str, Any], home: Workspace, now: float) -> Delivery:
    said = _Command.model_validate(body)
    return Delivery(
        id=identity("command", said.team_id, said.user_id, said.trigger_id),
        kind="command",
        workspace=Workspace(said.team_id),
        home=home,
        person=PersonId(said.user_id),
        channel=ChannelId(said.channel_id),
        at=now,
        text=said.text,
        reply=said.response_url,
        trigger=said.trigger_id,
    )


def _press(body: dict[str, Any], home: Workspace, now: float) -> Delivery:
    said = _Press.model_validate(body)
    # The person's own workspace, where Slack says it: in a shared channel it may not be ours.
    workspace = said.user.team_id or (said.team.id if said.team else home)
    return Delivery(
        id=identity("action", workspace, said.user.id, said.trigger_id),
        kind="action",
        workspace=Workspace(workspace),
        home=home,
        person=PersonId(said.user.id),
        channel=ChannelId(said.container.channel_id),
        at=now,
        action=said.actions[0].action_id,
        value=said.actions[0].meant,
        message=said.container.message_ts,
        private=said.container.is_ephemeral,
        reply=said.response_url,
        trigger=said.trigger_id,
    )


def _submission(body: dict[str, Any], home: Workspace, now: float) -> Delivery | None:
    """A modal of ours: what it is about, and where it was opened, stand in its metadata."""
    said = _Submission.model_validate(body)
    about, _, channel = said.view.private_metadata.partition(" ")
    if not is_slack_id(channel):
        return None
    workspace = said.user.team_id or (said.team.id if said.team else home)
    return Delivery(
        # A view is submitted once; a hash tells its versions apart.
        id=identity("submitted", workspace, said.user.id, said.view.id, said.view.hash),
        kind="submitted",
        workspace=Workspace(workspace),
        home=home,
        person=PersonId(said.user.id),
        channel=ChannelId(channel),
        at=now,
        action=said.view.callback_id,
        value=about,
        text=" ".join(value for value in said.view.typed() if value),
    )


def _message(body: dict[str, Any], home: Workspace, now: float) -> Delivery | None:
    """A message that somebody wrote in a thread; of all others nothing is kept."""
    said = _Event.model_validate(body)
    message = said.event
    if message.type != "message" or message.subtype or message.bot_id or not message.thread_ts:
        return None
    return Delivery(
        id=identity("said", said.team_id, said.event_id),
        kind="said",
        workspace=Workspace(message.user_team or message.team or said.team_id),
        home=home,
        person=PersonId(message.user),
        channel=ChannelId(message.channel),
        at=now,
        message=message.thread_ts,  # what they wrote is not needed any more, so it is not kept
    )


def identity(*parts: str) -> DeliveryId:
    """Name a delivery after what Slack says once of it, so that a second one has the same name."""
    return DeliveryId(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])
