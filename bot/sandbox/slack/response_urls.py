"""response_urls, which Slack accepts five times within thirty minutes.

They bypass the channel's posting permissions, post ephemeral messages by default, may replace or
delete the message of a click, and never make an ephemeral one public
(/interactivity/handling-user-interaction).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.people import BOT_USER_ID, TEAM_ID, Person
from bot.sandbox.slack.arguments import checked_content
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.workspace import Channel, Message, Workspace

MOST_USES = 5
LIFETIME_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """An issued response_url; `original` is the ts of the clicked message, None for a command."""

    channel: str
    person: Person
    made_at: float
    original: str | None = None
    uses: int = 0


class ResponseUrls:
    """Issues response_urls and applies what is posted to them."""

    def __init__(self, clock: Clock, workspace: Workspace) -> None:
        self._clock = clock
        self._workspace = workspace
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, channel: Channel, person: Person, original: str | None = None) -> str:
        """Issues a response_url and returns its path."""
        kind = "commands" if original is None else "actions"
        path = f"/{kind}/{TEAM_ID}/{len(self._issued) + 1}/{secrets.token_urlsafe(18)}"
        self._issued[path] = ResponseUrl(channel.id, person, self._clock.now(), original)
        return path

    def use(self, path: str, payload: Mapping[str, Any]) -> Message | None:
        """Applies a request; returns the message, or None if deleted. KeyError: expired path."""
        issued = self._issued[path]
        if issued.uses >= MOST_USES or self._clock.now() - issued.made_at > LIFETIME_SECONDS:
            raise KeyError(path)
        self._issued[path] = replace(issued, uses=issued.uses + 1)
        return self.apply(issued, payload)

    def apply(self, issued: ResponseUrl, payload: Mapping[str, Any]) -> Message | None:
        """Posts, replaces or deletes a message, as `payload` says."""
        original = self._workspace.messages.get(issued.original or "")
        if original is not None and original.user != BOT_USER_ID:
            original = None
        if payload.get("delete_original") is True:
            if original is not None:
                self._workspace.delete(original.ts)
            return None
        text, blocks = checked_content(payload)
        if original is not None and payload.get("replace_original") is True:
            return self._workspace.edit(original.ts, text, blocks or ())
        in_channel = payload.get("response_type") == "in_channel"
        return self._workspace.post(
            issued.channel,
            BOT_USER_ID,
            text,
            blocks=blocks or (),
            visible_to=None if in_channel else issued.person.id,
            thread_ts=payload.get("thread_ts"),
        )

    def post_command_ack(
        self, channel: Channel, person: Person, payload: Mapping[str, Any]
    ) -> Message | None:
        """Posts the content of a command's ack; raises WebApiError where Slack shows an error."""
        if payload.get("response_type") not in {None, "ephemeral", "in_channel"}:
            raise WebApiError("invalid_command_response")
        return self.apply(ResponseUrl(channel.id, person, self._clock.now()), payload)
