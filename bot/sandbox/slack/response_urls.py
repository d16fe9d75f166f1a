"""response_urls: five uses within thirty minutes, then 404.

They bypass the channel's posting permissions, answer ephemerally unless told otherwise, may
replace or delete the original of a click, and never turn an ephemeral one public
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
    """`original` is the ts of the clicked message; None for a command."""

    channel: str
    person: Person
    made_at: float
    original: str | None = None
    uses: int = 0


class ResponseUrls:
    def __init__(self, clock: Clock, workspace: Workspace) -> None:
        self._clock = clock
        self._workspace = workspace
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, channel: Channel, person: Person, original: str | None = None) -> str:
        """The path of a new response_url."""
        kind = "commands" if original is None else "actions"
        path = f"/{kind}/{TEAM_ID}/{len(self._issued) + 1}/{secrets.token_urlsafe(18)}"
        self._issued[path] = ResponseUrl(channel.id, person, self._clock.now(), original)
        return path

    def use(self, path: str, payload: Mapping[str, Any]) -> Message | None:
        """The message as it is after this use (None: deleted); KeyError for a used-up address."""
        issued = self._issued[path]
        if issued.uses >= MOST_USES or self._clock.now() - issued.made_at > LIFETIME_SECONDS:
            raise KeyError(path)
        self._issued[path] = replace(issued, uses=issued.uses + 1)
        return self.apply(issued, payload)

    def apply(self, issued: ResponseUrl, payload: Mapping[str, Any]) -> Message | None:
        """Also used for the content of an ack, which means the same."""
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
        """The content of a command's ack; raises WebApiError where Slack would show an error."""
        if payload.get("response_type") not in {None, "ephemeral", "in_channel"}:
            raise WebApiError("invalid_command_response")
        return self.apply(ResponseUrl(channel.id, person, self._clock.now()), payload)
