"""The events of a message: a mention, a message event, or both; and app_home_opened.

Shapes: /reference/events/app_mention and /reference/events/message.channels, .groups, .im.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from bot.sandbox.people import BOT_USER_ID
from bot.sandbox.slack.workspace import Channel, Message

_SUBSCRIPTIONS = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}


def events_of(
    message: Message, channel: Channel, root: Message | None, subscribed: AbstractSet[str]
) -> list[dict[str, Any]]:
    """The inner events, a mention first. `root` is what the message replies to.

    Message events come only from channels that the bot is in. In direct messages a mention is no
    event of its own.
    """
    event: dict[str, Any] = {
        **message.as_slack(),
        "channel": channel.id,
        "event_ts": message.ts,
        **({} if root is None else {"parent_user_id": root.user}),
    }
    events = []
    mentioned = f"<@{BOT_USER_ID}>" in message.text and message.user != BOT_USER_ID
    if mentioned and not channel.is_im and "app_mention" in subscribed:
        events.append(event | {"type": "app_mention"})
    if BOT_USER_ID in channel.members and _SUBSCRIPTIONS[channel.type] in subscribed:
        events.append(event | {"type": "message", "channel_type": channel.type})
    return events


def events_of_edit(
    message: Message, before: Message, channel: Channel, subscribed: AbstractSet[str]
) -> list[dict[str, Any]]:
    """The inner events of an edited message: the mention again, and message_changed.

    Shape: /reference/events/message/message_changed.
    """
    events = [
        event
        for event in events_of(message, channel, None, subscribed)
        if event["type"] == "app_mention"
    ]
    if BOT_USER_ID in channel.members and _SUBSCRIPTIONS[channel.type] in subscribed:
        events.append(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": channel.id,
                "channel_type": channel.type,
                "ts": message.edited_ts,
                "event_ts": message.edited_ts,
                "message": message.as_slack(),
                "previous_message": before.as_slack(),
            }
        )
    return events


def home_opened(user: str, channel: str, at: float) -> Mapping[str, Any]:
    return {
        "type": "app_home_opened",
        "user": user,
        "channel": channel,
        "tab": "home",
        "event_ts": f"{at:.6f}",
    }
