"""The payloads that Slack sends to an app.

Shapes: /interactivity/implementing-slash-commands, /reference/interaction-payloads, and the
samples named in slack-platform.md section 5.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from bot.sandbox.people import APP_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME, Person
from bot.sandbox.slack.controls import Control, state_of
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.workspace import Channel, Message

# The deprecated verification token, which real payloads still carry and no app should check.
LEGACY_TOKEN = "sandbox-legacy-token"
_TEAM = {"id": TEAM_ID, "domain": TEAM_NAME}


def command_fields(
    person: Person,
    channel: Channel,
    command: str,
    text: str,
    *,
    response_url: str,
    trigger_id: str,
) -> dict[str, str]:
    return {
        "token": LEGACY_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_NAME,
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _user(person: Person) -> dict[str, str]:
    named = {"username": person.name, "name": person.name}
    return {"id": person.id, **named, "team_id": person.team_id}


def _interaction(kind: str, person: Person) -> dict[str, Any]:
    # `team` is where the app is installed; `user.team_id` is the workspace of the person.
    return {
        "type": kind,
        "team": dict(_TEAM),
        "user": _user(person),
        "api_app_id": APP_ID,
        "token": LEGACY_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_click(
    person: Person,
    channel: Channel,
    message: Message,
    control: Control,
    *,
    response_url: str,
    trigger_id: str,
    at: float,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """block_actions of a control in a message; `state` None means the initial values.

    For an ephemeral message there is only the container, because Slack does not store its content.
    """
    ephemeral = message.visible_to is not None
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return {
        **_interaction("block_actions", person),
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": channel.payload_name},
        **({} if ephemeral else {"message": message.as_slack()}),
        "state": {"values": state_of(message.blocks) if state is None else state},
        "response_url": response_url,
        "actions": [control.as_action(at)],
    }


def view_click(
    person: Person,
    view: View,
    control: Control,
    *,
    trigger_id: str,
    at: float,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """block_actions of a control in a modal or App Home, without a response_url."""
    if state is None:
        state = state_of(view.body.get("blocks", ()))
    return {
        **_interaction("block_actions", person),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view.as_slack(state),
        "actions": [control.as_action(at)],
    }


def view_submission(
    person: Person, view: View, values: Mapping[str, Any], trigger_id: str
) -> dict[str, Any]:
    return {
        **_interaction("view_submission", person),
        "trigger_id": trigger_id,
        "view": view.as_slack(values),
        "response_urls": [],
    }


def view_closed(person: Person, view: View, *, is_cleared: bool) -> dict[str, Any]:
    return {
        **_interaction("view_closed", person),
        "view": view.as_slack(),
        "is_cleared": is_cleared,
    }


def block_suggestion(
    person: Person, control: Control, typed: str, container: Mapping[str, Any]
) -> dict[str, Any]:
    """The request for the options of an external select."""
    return {
        **_interaction("block_suggestion", person),
        "action_id": control.action_id,
        "block_id": control.block_id,
        "value": typed,
        **container,
    }


def shortcut(person: Person, callback_id: str, *, trigger_id: str, at: float) -> dict[str, Any]:
    """A global shortcut (/reference/interaction-payloads/shortcuts-payload): no channel."""
    return {
        **_interaction("shortcut", person),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": f"{at:.6f}",
    }


def message_action(
    person: Person,
    channel: Channel,
    message: Message,
    callback_id: str,
    *,
    response_url: str,
    trigger_id: str,
    at: float,
) -> dict[str, Any]:
    """A message shortcut (/reference/interaction-payloads/shortcuts-payload)."""
    return {
        **_interaction("message_action", person),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "action_ts": f"{at:.6f}",
        "channel": {"id": channel.id, "name": channel.payload_name},
        "message_ts": message.ts,
        "message": message.as_slack(),
    }


def event(inner: Mapping[str, Any], at: float, *, is_ext_shared: bool = False) -> dict[str, Any]:
    """The outer envelope of the Events API."""
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": LEGACY_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": dict(inner),
        "type": "event_callback",
        "event_id": "Ev" + secrets.token_hex(5).upper(),
        "event_time": int(at),
        "authorizations": [authorization],
        "is_ext_shared_channel": is_ext_shared,
    }
