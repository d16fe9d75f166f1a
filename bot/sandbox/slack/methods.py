"""The methods of the Web API by name, with their published rate limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import chat, directory, views
from bot.sandbox.slack.state import SlackState

Run = Callable[[SlackState, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method; `per_minute` is the lower bound of its tier (slack-platform.md, "Rate limits")."""

    run: Run
    per_minute: int


METHODS: dict[str, Method] = {
    "api.test": Method(directory.api_test, 600),
    "auth.test": Method(directory.auth_test, 600),
    "chat.postMessage": Method(chat.post_message, 300),
    "chat.postEphemeral": Method(chat.post_ephemeral, 100),
    "chat.update": Method(chat.update, 50),
    "chat.delete": Method(chat.delete, 50),
    "chat.getPermalink": Method(chat.get_permalink, 600),
    "conversations.open": Method(directory.conversations_open, 50),
    "conversations.info": Method(directory.conversations_info, 50),
    "conversations.members": Method(directory.conversations_members, 100),
    "conversations.join": Method(directory.conversations_join, 50),
    "users.info": Method(directory.users_info, 100),
    "users.conversations": Method(directory.users_conversations, 20),
    "usergroups.users.list": Method(directory.group_members, 20),
    "views.open": Method(views.open_view, 100),
    "views.push": Method(views.push_view, 100),
    "views.update": Method(views.update_view, 100),
    "views.publish": Method(views.publish_view, 100),
}
# Takes the app-level token; answered by `Sockets`.
OPEN_CONNECTION = "apps.connections.open"
NAMES = frozenset((*METHODS, OPEN_CONNECTION))
