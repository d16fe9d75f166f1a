"""A client for Slack's Web API, and the only importer of slack_sdk.

Each call passes the rate limiter first (``rate_limits.py``), which keeps all replicas together
within Slack's limits. The client never retries: a second ``chat.postMessage`` would be a second
message. Whoever wanted the call made tries again later.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import PersonRefused
from bot.core.installation import Installation
from bot.core.names import ChannelId, PersonId, Workspace, single_line
from bot.core.people import Person
from bot.core.zones import zone_or_offset
from bot.gateways.loopback import is_loopback
from bot.gateways.slack.codes import LIMITED, NOT_NOW, Meaning, meaning_of
from bot.gateways.slack.messages import AppHome, Card, Ephemeral, InChannel, Modal, ThreadReply
from bot.gateways.slack.rate_limits import RESPONSE_URL, SlackRateLimiter

TIMEOUT_SECONDS = 15
RESPONSE_URL_SECONDS = 29 * 60.0  # a response_url lives 30 minutes
_FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError, OSError)

log = structlog.get_logger("slack")


class SlackUnavailable(Exception):
    """Slack, or our rate limiter, does not take the call now. Retry after ``wait`` seconds.

    ``may_arrive``: the call was sent and not answered, so it may yet have an effect.
    """

    def __init__(self, what: str, wait: float = 5.0, *, may_arrive: bool = False) -> None:
        super().__init__(what)
        self.wait = wait
        self.may_arrive = may_arrive


class SlackRateLimited(SlackUnavailable):
    """Slack answered 429 with a Retry-After; the call had no effect."""


class SlackRejected(Exception):
    """Slack answered ``ok: false``, and a retry would not help; ``code`` is its error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.meaning = meaning_of(code)


class SlackClient:
    """Calls Slack's Web API with the bot's token.

    ``api_url`` also decides which response_urls are accepted: those of Slack, and those of this
    machine if the API itself is on this machine. Without a rate limiter calls are not counted;
    the doctor command uses that, because it has no store.

    Every method raises SlackUnavailable or SlackRejected unless it says otherwise.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        *,
        proxy: str | None = None,
        rate_limiter: SlackRateLimiter | None = None,
    ) -> None:
        self.web_client = AsyncWebClient(  # Bolt wants one too
            token=token,
            base_url=api_url.rstrip("/") + "/",
            session=session,
            timeout=TIMEOUT_SECONDS,
            proxy=proxy,
            retry_handlers=[],
        )
        self._session = session
        self._rate_limiter = rate_limiter
        self._local = is_loopback(urlsplit(api_url).hostname or "")

    async def installation(self) -> Installation:
        answer = await self._call("auth.test", self.web_client.auth_test)
        return Installation(
            Workspace(answer["team_id"]),
            single_line(answer.get("team") or answer["team_id"], 80),
            PersonId(answer["user_id"]),
            answer.get("bot_id") or "",
        )

    async def user_info(self, workspace: Workspace, person: PersonId) -> Person:
        """Return a user's profile. Raises PersonRefused: "unknown", or "unchecked" for now."""
        try:
            answer = await self._call("users.info", self.web_client.users_info, user=person)
            user = answer["user"]
        except SlackRejected as rejected:
            unknown = rejected.code in {"user_not_found", "user_not_visible"}
            raise PersonRefused("unknown" if unknown else "unchecked") from rejected
        except SlackUnavailable as unavailable:
            raise PersonRefused("unchecked") from unavailable
        profile = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), user.get("name"), person)
        return Person(
            id=person,
            workspace=Workspace(user.get("team_id") or workspace),
            name=single_line(next(name for name in names if name), 80),
            zone=zone_or_offset(str(user.get("tz") or "UTC"), _offset(user)),
            deleted=bool(user.get("deleted")),
            is_bot=any(user.get(flag) for flag in ("is_bot", "is_workflow_bot")),
            is_guest=any(user.get(flag) for flag in ("is_restricted", "is_ultra_restricted")),
            is_stranger=bool(user.get("is_stranger")),
        )

    async def group_members(self, group: str) -> frozenset[PersonId]:
        """Return the members of a user group (S…) or of a channel."""
        if group.startswith("S"):
            usergroup = self.web_client.usergroups_users_list
            answer = await self._call("usergroups.users.list", usergroup, usergroup=group)
            return frozenset(map(PersonId, answer.get("users", ())))
        found: set[PersonId] = set()
        cursor = ""
        while True:
            members = self.web_client.conversations_members
            answer = await self._call(
                "conversations.members", members, channel=group, limit=1_000, cursor=cursor
            )
            found |= set(map(PersonId, answer.get("members", ())))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(found)

    async def channel_info(self, channel: ChannelId) -> dict[str, Any]:
        """Return Slack's conversation object of a channel."""
        info = self.web_client.conversations_info
        answer = await self._call("conversations.info", info, channel=channel)
        return dict(answer["channel"])

    async def respond(self, url: str, message: Ephemeral | InChannel) -> bool:
        """Post to a response_url; return False if it is used up, or not one of Slack's."""
        if not self._accepts(url) or not await self._takes_turn(url):
            return False
        private = isinstance(message, Ephemeral)
        body = {
            "response_type": "ephemeral" if private else "in_channel",
            "replace_original": isinstance(message, Ephemeral) and message.replace_original,
            "text": message.text,
            "blocks": message.blocks,
        }
        try:
            async with self._session.post(url, json=body, allow_redirects=False) as answer:
                return answer.status == 200 and _is_taken(await answer.text())
        except _FAILURES as failure:
            raise SlackUnavailable(type(failure).__name__, may_arrive=True) from failure

    async def _takes_turn(self, url: str) -> bool:
        """Whether the rate limiter lets a post to this response_url through soon."""
        # The address is a credential, so only its digest is stored.
        target = hashlib.sha256(url.encode()).hexdigest()[:24]
        limiter = self._rate_limiter
        return limiter is None or not await limiter.wait_for_turn(RESPONSE_URL, target)

    def _accepts(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self._local and is_loopback(host):
            return True
        return parts.scheme == "https" and host == "hooks.slack.com"

    async def answer_privately(
        self, message: Ephemeral, person: PersonId, channel: ChannelId, url: str, age: float
    ) -> None:
        """Answer one person through a response_url, or with a new message if that is over.

        ``age`` is for how many seconds the response_url has existed; ``url`` may be empty.
        """
        if url and age < RESPONSE_URL_SECONDS and await self.respond(url, message):
            return
        await self.post_ephemeral(channel, person, message)

    async def post_ephemeral(
        self, channel: ChannelId, person: PersonId, message: Ephemeral
    ) -> None:
        """Post a message to one person in a channel, or directly where Slack refuses it there.

        An empty ``channel`` means that the person acted where there is none, as in the App Home.
        """
        if not channel:
            await self.send_direct(person, message)
            return
        payload = _payload(message)
        if message.thread:
            payload["thread_ts"] = message.thread
        post = self.web_client.chat_postEphemeral
        try:
            await self._call("chat.postEphemeral", post, channel=channel, user=person, **payload)
        except SlackRejected as rejected:
            plain = message
            if rejected.meaning is Meaning.MESSAGE:
                plain = replace(message, blocks=[])  # its text alone
            await self.send_direct(person, plain)

    async def post(
        self, channel: ChannelId, message: Card | InChannel | ThreadReply, thread: str = ""
    ) -> str:
        """Post to a channel, or in a thread of it; return the message's ts."""
        in_thread = {"thread_ts": thread} if thread else {}
        return str((await self._post(channel, {**_payload(message), **in_thread}))["ts"])

    async def _post(self, channel: ChannelId, payload: dict[str, Any]) -> dict[str, Any]:
        post = self.web_client.chat_postMessage
        return await self._call("chat.postMessage", post, channel=channel, **payload)

    async def delete(self, channel: ChannelId, ts: str) -> None:
        """Delete a message of the bot's."""
        await self._call("chat.delete", self.web_client.chat_delete, channel=channel, ts=ts)

    async def send_direct(self, person: PersonId, message: Ephemeral) -> None:
        await self._post(await self.direct_channel(person), _payload(message))

    async def direct_channel(self, person: PersonId) -> ChannelId:
        """Return the channel of the direct messages between a person and the bot."""
        opening = self.web_client.conversations_open
        answer = await self._call("conversations.open", opening, users=person)
        return ChannelId(answer["channel"]["id"])

    async def update(self, channel: ChannelId, ts: str, card: Card) -> float:
        """Replace a message of the bot's by this version of its card.

        Return how many seconds Slack took. An edit that takes long may be overtaken by a later one.
        """
        update = self.web_client.chat_update
        payload = {"text": card.text, "blocks": card.blocks}
        took = 0.0

        async def timed(**arguments: Any) -> Any:
            nonlocal took
            began = asyncio.get_running_loop().time()
            answer = await update(**arguments)
            took = asyncio.get_running_loop().time() - began
            return answer

        await self._call("chat.update", timed, channel=channel, ts=ts, **payload)
        return took

    async def open_view(self, trigger: str, modal: Modal, *, above: bool = False) -> str:
        """Open a modal and return its view id. A trigger_id lives three seconds.

        ``above``: the trigger_id comes from a modal, on top of which this one is pushed.
        """
        method, call = "views.open", self.web_client.views_open
        if above:
            method, call = "views.push", self.web_client.views_push
        answer = await self._call(method, call, trigger_id=trigger, view=modal.view)
        return str(answer["view"]["id"])

    async def update_view(self, view: str, modal: Modal, hash_: str = "") -> None:
        """Replace an open view, if it is still the version that ``hash_`` names (empty: any).

        SlackRejected is "hash_conflict" if it is not, and "not_found" if the view was closed.
        """
        version = {"hash": hash_} if hash_ else {}
        update = self.web_client.views_update
        await self._call("views.update", update, view_id=view, view=modal.view, **version)

    async def publish_home(self, person: PersonId, home: AppHome) -> None:
        publish = self.web_client.views_publish
        await self._call("views.publish", publish, user_id=person, view=home.view)

    async def _call(
        self, method: str, call: Callable[..., Any], **arguments: Any
    ) -> dict[str, Any]:
        """Take a turn with the rate limiter, call the method, and return the answer's JSON."""
        limiter = self._rate_limiter
        if limiter is not None:
            wait = await limiter.wait_for_turn(method, arguments.get("channel", ""))
            if wait:
                raise SlackUnavailable("rate limiter", wait)
        try:
            answer = await call(**arguments)
        except SlackApiError as error:
            translated = _translated(error)
            if limiter is not None and isinstance(translated, SlackRateLimited):
                await limiter.pause(method, translated.wait)
            raise translated from error
        except _FAILURES as failure:
            raise SlackUnavailable(type(failure).__name__, may_arrive=True) from failure
        return dict(answer.data) if isinstance(answer.data, dict) else {}


def _offset(user: dict[str, Any]) -> int:
    """Return a user's offset from UTC in seconds (source: ``tz_offset`` of Slack's user object)."""
    offset = user.get("tz_offset")
    return offset if isinstance(offset, int) else 0


def _payload(message: InChannel | Card | ThreadReply | Ephemeral) -> dict[str, Any]:
    """Return the arguments for posting it; links in it are not unfurled."""
    content = {"text": message.text, "blocks": message.blocks}
    return {**content, "unfurl_links": False, "unfurl_media": False}


def _is_taken(body: str) -> bool:
    """Whether a response_url's answer of 200 is a yes: a JSON ``ok: false`` is a rejection."""
    try:
        answer = json.loads(body)
    except ValueError:
        return True  # it says "ok" in plain text
    if isinstance(answer, dict) and answer.get("ok") is False:
        log.warning("response_url.rejected", code=single_line(str(answer.get("error", "")), 60))
        return False
    return True


def _translated(error: SlackApiError) -> SlackUnavailable | SlackRejected:
    """Tell a temporary failure from a rejection. A 5xx answer of Slack's has no JSON in it."""
    answer = error.response
    data = getattr(answer, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    status = getattr(answer, "status_code", 0)
    if status == 429 or code in LIMITED:
        retry_after = str((getattr(answer, "headers", None) or {}).get("Retry-After", ""))
        wait = float(retry_after) if retry_after.isdigit() else 30.0
        return SlackRateLimited("ratelimited", wait)
    if status >= 500 or not code or code in NOT_NOW:
        return SlackUnavailable(code or f"status {status}")
    log.warning("slack.rejected", code=code, details=_details(data))
    return SlackRejected(code)


def _details(data: Any) -> str:
    metadata = data.get("response_metadata") if isinstance(data, dict) else None
    return single_line(json.dumps(metadata), 300) if metadata else ""
