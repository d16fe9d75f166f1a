"""The methods chat.*, with the errors that each is documented to return."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.people import BOT_USER_ID, TEAM_ID, TEAM_NAME
from bot.sandbox.slack.arguments import checked_content, flag, require
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.workspace import Channel, Message

Arguments = Mapping[str, Any]
Body = dict[str, Any]

# chat.update documents a shorter limit for text than chat.postMessage.
_LONGEST_UPDATED_TEXT = 4_000


def post_message(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel")
    channel = _writable(state, arguments["channel"])
    text, blocks = checked_content(arguments)
    thread_ts = _thread_root(state, channel, arguments)
    message = state.workspace.post(
        channel.id,
        BOT_USER_ID,
        text,
        blocks=blocks or (),
        thread_ts=thread_ts,
        metadata=arguments.get("metadata"),
        broadcast=thread_ts is not None and flag(arguments, "reply_broadcast"),
    )
    state.remember("message", dict(arguments))
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack()}


def post_ephemeral(state: SlackState, arguments: Arguments) -> Body:
    """The user must be in the channel and active (/reference/methods/chat.postEphemeral)."""
    require(arguments, "channel", "user")
    channel = _writable(state, arguments["channel"])
    person = state.workspace.people.with_id(str(arguments["user"]))
    if person is None or person.deleted or person.id not in channel.members:
        raise WebApiError("user_not_in_channel")
    text, blocks = checked_content(arguments)
    message = state.workspace.post(
        channel.id,
        BOT_USER_ID,
        text,
        blocks=blocks or (),
        visible_to=person.id,
        thread_ts=_thread_root(state, channel, arguments),
    )
    state.remember("message", dict(arguments))
    return {"message_ts": message.ts}


def update(state: SlackState, arguments: Arguments) -> Body:
    """Edits a message; missing blocks stay, an empty list removes them."""
    require(arguments, "channel", "ts")
    message = _own_message(state, arguments, "cant_update_message")
    if state.workspace.channels[message.channel].is_archived:
        raise WebApiError("is_inactive")
    text, blocks = checked_content(arguments, longest=_LONGEST_UPDATED_TEXT)
    new = state.workspace.edit(message.ts, text if arguments.get("text") else None, blocks)
    state.remember("message", dict(arguments))
    return {"channel": new.channel, "ts": new.ts, "text": new.text, "message": new.as_slack()}


def delete(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel", "ts")
    message = _own_message(state, arguments, "cant_delete_message")
    state.workspace.delete(message.ts)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel", "message_ts")
    channel = readable(state, arguments["channel"])
    message = _find_posted(state, channel, str(arguments["message_ts"]))
    number = message.ts.replace(".", "")
    link = f"https://{TEAM_NAME}.slack.com/archives/{channel.id}/p{number}"
    return {"channel": channel.id, "permalink": link}


def readable(state: SlackState, channel_id: object) -> Channel:
    """The channel, if the bot may see it: private channels without the bot are not found."""
    channel = state.workspace.channels.get(str(channel_id))
    if channel is None or (channel.is_private and BOT_USER_ID not in channel.members):
        raise WebApiError("channel_not_found")
    return channel


def _writable(state: SlackState, channel_id: object) -> Channel:
    person = state.workspace.people.with_id(str(channel_id))
    if person is not None and not person.is_bot and person.team_id == TEAM_ID:
        return state.workspace.direct(person)
    channel = readable(state, channel_id)
    if channel.is_archived:
        raise WebApiError("is_archived")
    if BOT_USER_ID not in channel.members:
        raise WebApiError("not_in_channel")
    return channel


def _own_message(state: SlackState, arguments: Arguments, foreign: str) -> Message:
    channel = readable(state, arguments["channel"])
    message = _find_posted(state, channel, str(arguments["ts"]))
    if message.user != BOT_USER_ID:
        raise WebApiError(foreign)
    if BOT_USER_ID not in channel.members:
        raise WebApiError("not_in_channel" if foreign == "cant_update_message" else foreign)
    return message


def _find_posted(state: SlackState, channel: Channel, ts: str) -> Message:
    """The message in that channel; Slack does not store ephemeral ones, so they are not found."""
    message = state.workspace.messages.get(ts)
    if message is None or message.channel != channel.id or message.visible_to is not None:
        raise WebApiError("message_not_found")
    return message


def _thread_root(state: SlackState, channel: Channel, arguments: Arguments) -> str | None:
    ts = arguments.get("thread_ts")
    if ts is None:
        return None
    root = state.workspace.root_of(channel.id, str(ts))
    if root is None:
        raise WebApiError("thread_not_found")
    return root.ts
