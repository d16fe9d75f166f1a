"""From Slack's payloads to a Delivery: checked once, here, and a value from then on."""

import hashlib
from typing import Any

from pydantic import ValidationError

from bot.core.language.mentions import command_text
from bot.core.names import ChannelId, DeliveryId, PersonId, Workspace, is_own_id, is_slack_id
from bot.gateways.slack.client import Installation
from bot.gateways.store.deliveries import Delivery
from bot.slack.inbound import payloads

LONGEST = 4_000  # of a message's words; what is longer is no command


def delivery_of(body: dict[str, Any], installation: Installation, now: float) -> Delivery | None:
    """Return the delivery, or None for a payload that is not in the documented shape."""
    try:
        match body.get("type"):
            case "view_submission":
                return _submission(body, installation.workspace, now)
            case "event_callback":
                return _event(body, installation, now)
            case "shortcut" | "message_action":
                return _shortcut(body, installation, now)
            case _ if "command" in body:
                return _command(body, installation.workspace, now)
            case _:
                return _action(body, installation.workspace, now)
    except ValidationError:
        return None


def _command(body: dict[str, Any], workspace: Workspace, now: float) -> Delivery:
    said = payloads.Command.model_validate(body)
    return Delivery(
        id=identity("command", said.team_id, said.user_id, said.trigger_id),
        kind="command",
        workspace=Workspace(said.team_id),
        installed_in=workspace,
        person=PersonId(said.user_id),
        channel=ChannelId(said.channel_id),
        at=now,
        text=said.text,
        response_url=said.response_url,
        trigger=said.trigger_id,
    )


def _whose(user: payloads.User, team: payloads.Team | None, workspace: Workspace) -> Workspace:
    """The person's own workspace, where Slack says it: in a shared channel it may not be ours."""
    return Workspace(user.team_id or (team.id if team else workspace))


def _action(body: dict[str, Any], installed_in: Workspace, now: float) -> Delivery:
    said = payloads.BlockAction.model_validate(body)
    workspace, view = _whose(said.user, said.team, installed_in), said.view
    kept = view.metadata if view else {}
    return Delivery(
        id=identity("action", workspace, said.user.id, said.trigger_id),
        kind="action",
        workspace=workspace,
        installed_in=installed_in,
        person=PersonId(said.user.id),
        channel=_channel(kept.get("channel", "") if view else said.container.channel_id),
        at=now,
        action=said.actions[0].action_id,
        value=said.actions[0].chosen,
        message=said.container.message_ts,
        private=said.container.is_ephemeral,
        response_url=said.response_url,
        trigger=said.trigger_id,
        thread=said.container.thread_ts,
        view=view.id if view else "",
        hash=view.hash if view else "",
        surface=view.type if view else "",
        clicked_at=said.actions[0].action_ts,
        inputs=view.filled() if view else {},
        metadata=kept,
    )


def _channel(said: str) -> ChannelId:
    """An empty one says that it was asked where there is no channel."""
    return ChannelId(said if is_slack_id(said) else "")


def _submission(body: dict[str, Any], installed_in: Workspace, now: float) -> Delivery:
    """A modal of ours: what it is about, and where it was opened, stand in its metadata."""
    said = payloads.Submission.model_validate(body)
    workspace, filled = _whose(said.user, said.team, installed_in), said.view.filled()
    kept = said.view.metadata
    return Delivery(
        # A view is submitted once; a hash tells its versions apart.
        id=identity("submitted", workspace, said.user.id, said.view.id, said.view.hash),
        kind="submitted",
        workspace=workspace,
        installed_in=installed_in,
        person=PersonId(said.user.id),
        channel=_channel(filled.get("edfs.where") or kept.get("channel", "")),
        at=now,
        action=said.view.callback_id,
        value=kept.get("about", ""),
        inputs=filled,
        metadata=kept,
    )


def _shortcut(body: dict[str, Any], installation: Installation, now: float) -> Delivery:
    said = payloads.Shortcut.model_validate(body)
    workspace, message = _whose(said.user, said.team, installation.workspace), said.message
    ours = message is not None and message.bot_id == installation.bot_id
    return Delivery(
        id=identity("shortcut", workspace, said.user.id, said.trigger_id),
        kind="shortcut",
        workspace=workspace,
        installed_in=installation.workspace,
        person=PersonId(said.user.id),
        channel=_channel(said.channel.id),
        at=now,
        action=said.callback_id,
        value=_text_of_blocks(message.blocks) if message and ours else "",
        text=message.text[:LONGEST] if message and not ours else "",
        response_url=said.response_url,
        trigger=said.trigger_id,
    )


def _text_of_blocks(blocks: list[dict[str, Any]]) -> str:
    """Return the id of the operation or request that a card of ours tells of."""
    for block in blocks:
        elements = block.get("elements")
        for element in elements if isinstance(elements, list) else ():
            value = element.get("value") if isinstance(element, dict) else None
            if isinstance(value, str) and is_own_id(value):
                return value
    return ""


def _event(body: dict[str, Any], installation: Installation, now: float) -> Delivery | None:
    said = payloads.Event.model_validate(body)
    event = said.event
    match event.type:
        case "app_home_opened":
            return _of_event(said, installation, now, "home") if event.tab == "home" else None
        case _ if event.subtype or event.bot_id:
            return None
        case "app_mention":
            return _of_event(said, installation, now, "mentioned")
        case "message" if event.channel_type == "im":
            return _of_event(said, installation, now, "mentioned")
        case "message" if event.thread_ts:
            return _of_event(said, installation, now, "said")
        case _:
            return None


def _of_event(said: payloads.Event, installation: Installation, now: float, kind: Any) -> Delivery:
    """What people write is kept only where it was written to the bot."""
    event = said.event
    asked = (
        command_text(installation.bot_user, event.text[: LONGEST + 1])
        if kind == "mentioned"
        else ""
    )
    return Delivery(
        id=identity(kind, said.team_id, said.event_id),
        kind=kind,
        workspace=Workspace(event.user_team or event.team or said.team_id),
        installed_in=installation.workspace,
        person=PersonId(event.user),
        channel=ChannelId(event.channel),
        at=now,
        text=asked,
        message=event.thread_ts,
        thread=event.thread_ts,
    )


def identity(*parts: str) -> DeliveryId:
    """Name a delivery after what Slack says once of it, so that a second one has the same name."""
    return DeliveryId(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])
