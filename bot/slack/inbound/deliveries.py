"""From Slack's payloads to a ``Delivery``. Payloads are validated here, once, and stop here."""

import hashlib
from typing import Any

from pydantic import ValidationError

from bot.core.actions import action_from
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    HomeOpened,
    InHome,
    InMessage,
    InModal,
    Mention,
    ModalSubmission,
    Shortcut,
    SlashCommand,
    Source,
    ThreadMessage,
)
from bot.core.installation import Installation
from bot.core.language.forms import picked_channel
from bot.core.language.mentions import command_text
from bot.core.names import ChannelId, DeliveryId, OperationId, PersonId, Workspace, is_own_id
from bot.slack.inbound import payloads
from bot.slack.inbound.forms import channel_id, chooser_of, form_of

# Subtypes of messages that people write; every other message event tells of something else.
WRITTEN = frozenset({"", "file_share", "me_message", "thread_broadcast"})
LONGEST = 4_000  # characters of a message's text; what is longer is no command


def delivery_of(body: dict[str, Any], installation: Installation, now: float) -> Delivery | None:
    """Return the delivery; None for a payload that is not of the documented shape, or not for us.

    Never raises.
    """
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


def _command(body: dict[str, Any], installed_in: Workspace, now: float) -> SlashCommand:
    payload = payloads.SlashCommand.model_validate(body)
    return SlashCommand(
        id=identity("command", payload.team_id, payload.user_id, payload.trigger_id),
        workspace=Workspace(payload.team_id),
        installed_in=installed_in,
        person=PersonId(payload.user_id),
        channel=ChannelId(payload.channel_id),
        at=now,
        text=payload.text,
        response_url=payload.response_url,
        trigger_id=payload.trigger_id,
    )


def _own_workspace(
    user: payloads.User, team: payloads.Team | None, installed_in: Workspace
) -> Workspace:
    """Return the person's own workspace: in a shared channel ``team`` may not be theirs."""
    return Workspace(user.team_id or (team.id if team else installed_in))


def _action(body: dict[str, Any], installed_in: Workspace, now: float) -> ButtonAction:
    payload = payloads.BlockActions.model_validate(body)
    workspace = _own_workspace(payload.user, payload.team, installed_in)
    element, view = payload.actions[0], payload.view
    return ButtonAction(
        id=identity("action", workspace, payload.user.id, payload.trigger_id),
        workspace=workspace,
        installed_in=installed_in,
        person=PersonId(payload.user.id),
        channel=channel_id(
            view.metadata.get("channel", "") if view else payload.container.channel_id
        ),
        at=now,
        action=action_from(element.action_id),
        value=element.chosen,
        trigger_id=payload.trigger_id,
        source=_source(payload, element),
    )


def _source(payload: payloads.BlockActions, element: payloads.ActionElement) -> Source:
    container, view = payload.container, payload.view
    if view is None:
        return InMessage(
            ts=container.message_ts,
            ephemeral=container.is_ephemeral,
            thread=container.thread_ts,
            response_url=payload.response_url,
            copied=container.type == "message_attachment",
        )
    if view.type == "home":
        return InHome()
    return InModal(view.id, view.hash, element.action_ts, chooser_of(view))


def _submission(body: dict[str, Any], installed_in: Workspace, now: float) -> ModalSubmission:
    payload = payloads.ViewSubmission.model_validate(body)
    workspace = _own_workspace(payload.user, payload.team, installed_in)
    view = payload.view
    form = form_of(view)
    return ModalSubmission(
        # A view is submitted once; the hash tells its versions apart.
        id=identity("submission", workspace, payload.user.id, view.id, view.hash),
        workspace=workspace,
        installed_in=installed_in,
        person=PersonId(payload.user.id),
        channel=picked_channel(form) or channel_id(view.metadata.get("channel", "")),
        at=now,
        form=form,
    )


def _shortcut(body: dict[str, Any], installation: Installation, now: float) -> Shortcut:
    payload = payloads.Shortcut.model_validate(body)
    workspace = _own_workspace(payload.user, payload.team, installation.workspace)
    message = payload.message
    ours = message is not None and message.bot_id == installation.bot_id
    return Shortcut(
        id=identity("shortcut", workspace, payload.user.id, payload.trigger_id),
        workspace=workspace,
        installed_in=installation.workspace,
        person=PersonId(payload.user.id),
        channel=channel_id(payload.channel.id),
        at=now,
        operation=_operation_in(message.blocks) if message and ours else None,
        reason=message.text[:LONGEST] if message and not ours else "",
        response_url=payload.response_url,
        trigger_id=payload.trigger_id,
    )


def _operation_in(blocks: list[dict[str, Any]]) -> OperationId | None:
    """Return the id of the record that a card of ours is about: its buttons carry it."""
    for block in blocks:
        elements = block.get("elements")
        for element in elements if isinstance(elements, list) else ():
            value = element.get("value") if isinstance(element, dict) else None
            if isinstance(value, str) and is_own_id(value):
                return OperationId(value)
    return None


def _event(body: dict[str, Any], installation: Installation, now: float) -> Delivery | None:
    event = body.get("event")
    if isinstance(event, dict) and event.get("subtype") == "message_changed":
        return _message_changed(body, installation, now)
    payload = payloads.EventCallback.model_validate(body)
    event = payload.event
    match event.type:
        case "app_home_opened":
            return _home_opened(payload, installation, now) if event.tab == "home" else None
        case _ if event.subtype not in WRITTEN or event.bot_id:
            return None
        case "app_mention":
            return _mention(payload, installation, now)
        case "message" if event.channel_type == "im":
            return _mention(payload, installation, now)
        case "message" if event.thread_ts:
            return _thread_message(payload, installation, now)
        case _:
            return None


def _home_opened(
    payload: payloads.EventCallback, installation: Installation, now: float
) -> HomeOpened:
    return HomeOpened(
        id=identity("event", payload.team_id, payload.event_id),
        workspace=_workspace_of_event(payload),
        installed_in=installation.workspace,
        person=PersonId(payload.event.user),
        channel=ChannelId(payload.event.channel),
        at=now,
    )


def _mention(payload: payloads.EventCallback, installation: Installation, now: float) -> Mention:
    """Read a message to the bot. Slack sends it again, as another event, when it was edited.

    Source: docs.slack.dev/reference/events/app_mention.
    """
    event = payload.event
    sent = event.ts or payload.event_id
    once = ("edited", sent, event.edited.ts) if event.edited else ("message", sent)
    return Mention(
        id=identity(*once, payload.team_id, event.channel),
        workspace=_workspace_of_event(payload),
        installed_in=installation.workspace,
        person=PersonId(event.user),
        channel=ChannelId(event.channel),
        at=now,
        text=command_text(installation.bot_user, event.text[: LONGEST + 1]),
        thread=event.thread_ts,
        edited=event.edited is not None,
    )


def _message_changed(
    body: dict[str, Any], installation: Installation, now: float
) -> Mention | None:
    """Read an edit of a direct message; None where the bot, or an unfurled link, changed it.

    In channels the mention is sent again. Source: …/reference/events/message/message_changed.
    """
    changed = payloads.MessageChanged.model_validate(body["event"])
    message = changed.message
    same = message.edited is None or message.text == changed.previous_message.text
    if changed.channel_type != "im" or same or message.bot_id:
        return None
    event = {**message.model_dump(), "type": "message", "channel": changed.channel}
    return _mention(
        payloads.EventCallback.model_validate({**body, "event": event}), installation, now
    )


def _thread_message(
    payload: payloads.EventCallback, installation: Installation, now: float
) -> ThreadMessage:
    return ThreadMessage(
        id=identity("event", payload.team_id, payload.event_id),
        workspace=_workspace_of_event(payload),
        installed_in=installation.workspace,
        person=PersonId(payload.event.user),
        channel=ChannelId(payload.event.channel),
        at=now,
        thread=payload.event.thread_ts,
    )


def _workspace_of_event(payload: payloads.EventCallback) -> Workspace:
    """Return the person's own workspace: in a shared channel ``team_id`` is the bot's."""
    return Workspace(payload.event.user_team or payload.event.team or payload.team_id)


def identity(*parts: str) -> DeliveryId:
    """Return an id made of what Slack sends only once, so that each copy of a request has it."""
    return DeliveryId(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])
