"""Saying things in Slack: the only module that calls its Web API.

Each call passes the gate (``gate.py``), which keeps all replicas within Slack's limits. No call
is repeated by the client (a repeated post is a second message). What can be tried again is tried
again by the job that wanted it.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import PersonRefused
from bot.core.names import ChannelId, PersonId, Workspace, single_line
from bot.core.people import Person
from bot.gateways.loopback import is_loopback
from bot.gateways.slack.messages import AppHome, Card, Ephemeral, InChannel, Modal
from bot.gateways.slack.rate_limits import REPLY, SlackRateLimiter

RESPONSE_URL_SECONDS = 29 * 60.0  # a response_url lives 30 minutes
NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"})
_FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError, OSError)

log = structlog.get_logger("slack")


class SlackUnavailable(Exception):
    """Slack did not take it now; ``wait`` seconds may help."""

    def __init__(self, what: str, wait: float = 5.0) -> None:
        super().__init__(what)
        self.wait = wait


class SlackRateLimited(SlackUnavailable):
    """Slack said 429 and named the time: it did nothing of what was asked."""


class SlackRejected(Exception):
    """Slack will not take it; ``code`` is its error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Installation:
    """The workspace the bot is installed in (source: ``auth.test``)."""

    workspace: Workspace
    name: str
    bot_user: PersonId
    bot_id: str


class SlackClient:
    """``api_url`` tells which hosts a response_url may have: Slack's, or loopback's with it.

    Without a gate calls are not counted; that is for a look at Slack without a store.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        rate_limiter: SlackRateLimiter | None = None,
    ) -> None:
        self._client = client
        self._session = session
        self._gate = rate_limiter
        self._local = is_loopback(urlsplit(client.base_url).hostname or "")

    async def installation(self) -> Installation:
        said = await self._call("auth.test", self._client.auth_test)
        return Installation(
            Workspace(said["team_id"]),
            single_line(said.get("team") or said["team_id"], 80),
            PersonId(said["user_id"]),
            said.get("bot_id") or "",
        )

    async def user_info(self, workspace: Workspace, person: PersonId) -> Person:
        """Return what Slack says of a person. Raises PersonRefused when it cannot be known."""
        try:
            answer = await self._call("users.info", self._client.users_info, user=person)
            said = answer["user"]
        except SlackRejected as refused:
            unknown = refused.code in {"user_not_found", "user_not_visible"}
            raise PersonRefused("unknown" if unknown else "unchecked") from refused
        except SlackUnavailable as away:
            raise PersonRefused("unchecked") from away
        profile = said.get("profile") or {}
        names = (profile.get("display_name"), said.get("real_name"), said.get("name"), person)
        return Person(
            id=person,
            workspace=Workspace(said.get("team_id") or workspace),
            name=single_line(next(name for name in names if name), 80),
            zone=said.get("tz") or "UTC",
            deleted=bool(said.get("deleted")),
            is_bot=any(said.get(flag) for flag in ("is_bot", "is_workflow_bot")),
            is_guest=any(said.get(flag) for flag in ("is_restricted", "is_ultra_restricted")),
            is_stranger=bool(said.get("is_stranger")),
        )

    async def group_members(self, group: str) -> frozenset[PersonId]:
        """Return who is in a user group (S…) or a channel. Raises SlackRefused, SlackAway."""
        if group.startswith("S"):
            people = self._client.usergroups_users_list
            said = await self._call("usergroups.users.list", people, usergroup=group)
            return frozenset(map(PersonId, said.get("users", ())))
        found: set[PersonId] = set()
        cursor = ""
        while True:
            listing = self._client.conversations_members
            said = await self._call(
                "conversations.members", listing, channel=group, limit=1_000, cursor=cursor
            )
            found |= set(map(PersonId, said.get("members", ())))
            cursor = (said.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(found)

    async def channel_info(self, channel: ChannelId) -> dict[str, Any]:
        """Return Slack's conversation object. Raises SlackRefused, SlackAway."""
        info = self._client.conversations_info
        said = await self._call("conversations.info", info, channel=channel)
        return dict(said["channel"])

    async def respond(self, url: str, message: Ephemeral | InChannel) -> bool:
        """Answer through a response_url; False when it is used up or not one of Slack's."""
        if not self._may_reply(url) or not await self._reply_passed(url):
            return False
        private = isinstance(message, Ephemeral)
        body = {
            "response_type": "ephemeral" if private else "in_channel",
            "replace_original": message.replace_original
            if isinstance(message, Ephemeral)
            else False,
            "text": message.text,
            "blocks": message.blocks,
        }
        try:
            async with self._session.post(url, json=body, allow_redirects=False) as answer:
                return answer.status == 200
        except _FAILURES as failure:
            raise SlackUnavailable(type(failure).__name__) from failure

    async def _reply_passed(self, url: str) -> bool:
        """Whether this address may be used now; what waits there too long is whispered instead."""
        place = hashlib.sha256(url.encode()).hexdigest()[:24]  # whoever has the address may speak
        return self._gate is None or not await self._gate.wait_for_turn(REPLY, place)

    def _may_reply(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self._local and is_loopback(host):
            return True
        return parts.scheme == "https" and host == "hooks.slack.com"

    async def post_ephemeral(
        self, channel: ChannelId, person: PersonId, message: Ephemeral
    ) -> None:
        """Say it to one person: in the channel where both are, else in a direct message."""
        if not channel:  # it was asked where there is no channel
            await self.send_direct(person, message)
            return
        said = _quiet(message)
        if message.thread:
            said["thread_ts"] = message.thread
        ephemeral = self._client.chat_postEphemeral
        try:
            await self._call("chat.postEphemeral", ephemeral, channel=channel, user=person, **said)
        except SlackRejected as refused:
            if refused.code not in NOT_THERE:
                raise
            await self.send_direct(person, message)

    async def post(self, channel: ChannelId, card: Card | InChannel, thread: str = "") -> str:
        """Post a card; return its ts. Raises SlackRefused (NOT_THERE among its codes)."""
        below = {"thread_ts": thread} if thread else {}
        return str((await self._post(channel, {**_quiet(card), **below}))["ts"])

    async def _post(self, channel: str, said: dict[str, Any]) -> dict[str, Any]:
        post = self._client.chat_postMessage
        return await self._call("chat.postMessage", post, channel=channel, **said)

    async def send_direct(self, person: PersonId, message: Ephemeral) -> None:
        """Say it in a direct message."""
        await self._post(await self.direct_channel(person), _quiet(message))

    async def direct_channel(self, person: PersonId) -> ChannelId:
        """Return where this person and the bot talk alone."""
        opening = self._client.conversations_open
        direct = await self._call("conversations.open", opening, users=person)
        return ChannelId(direct["channel"]["id"])

    async def update(self, channel: ChannelId, ts: str, card: Card) -> None:
        said = {"text": card.text, "blocks": card.blocks}
        await self._call("chat.update", self._client.chat_update, channel=channel, ts=ts, **said)

    async def open_view(self, trigger: str, modal: Modal, *, above: bool = False) -> str:
        """Open a view; return its id. A trigger lives three seconds.

        ``above``: it was pressed for in a view, and comes above that one.
        """
        client = self._client
        opening, method = client.views_open, "views.open"
        if above:
            opening, method = client.views_push, "views.push"
        opened = await self._call(method, opening, trigger_id=trigger, view=modal.view)
        return str(opened["view"]["id"])

    async def update_view(self, view: str, modal: Modal, hash_: str = "") -> None:
        """Put it in the place of an open view, unless that is another than ``hash_`` says.

        Raises SlackRefused ("hash_conflict", "not_found": it was closed).
        """
        as_it_was = {"hash": hash_} if hash_ else {}
        update = self._client.views_update
        await self._call("views.update", update, view_id=view, view=modal.view, **as_it_was)

    async def publish_home(self, person: PersonId, page: AppHome) -> None:
        publishing = self._client.views_publish
        await self._call("views.publish", publishing, user_id=person, view=page.view)

    async def _call(self, method: str, ask: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        """Raises SlackAway or SlackRefused. A new message waits for its channel's turn too."""
        await self._pass(method, arguments.get("channel", ""))
        try:
            answer = await ask(**arguments)
        except SlackApiError as error:
            worded = _worded(error)
            if self._gate is not None and isinstance(worded, SlackRateLimited):
                await self._gate.pause(method, worded.wait)
            raise worded from error
        except _FAILURES as failure:
            raise SlackUnavailable(type(failure).__name__) from failure
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    async def _pass(self, method: str, channel: str) -> None:
        wait = await self._gate.wait_for_turn(method, channel) if self._gate is not None else 0.0
        if wait:
            raise SlackUnavailable("gate", wait)


def _quiet(message: InChannel | Card | Ephemeral) -> dict[str, Any]:
    said = {"text": message.text, "blocks": message.blocks}
    return {**said, "unfurl_links": False, "unfurl_media": False}


def _worded(error: SlackApiError) -> SlackUnavailable | SlackRejected:
    """Tell "not now" from "no". A 5xx answer of Slack's has no JSON in it."""
    answer = error.response
    data = getattr(answer, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    status = getattr(answer, "status_code", 0)
    if status == 429 or code == "ratelimited":
        said = str((getattr(answer, "headers", None) or {}).get("Retry-After", ""))
        return SlackRateLimited("ratelimited", float(said) if said.isdigit() else 30.0)
    if (
        status >= 500
        or not code
        or code in {"internal_error", "fatal_error", "service_unavailable"}
    ):
        return SlackUnavailable(f"status {status}")
    log.warning("slack.refused", code=code, why=_why(data))
    return SlackRejected(code)


def _why(data: Any) -> str:
    details = data.get("response_metadata") if isinstance(data, dict) else None
    return single_line(json.dumps(details), 300) if details else ""
