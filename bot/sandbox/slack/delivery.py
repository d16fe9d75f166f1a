"""Sends payloads to the bot, by signed HTTP or over a Socket Mode connection."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.sandbox.clock import Clock
from bot.sandbox.loopback import loopback_client
from bot.sandbox.slack.sockets import NO_CONNECTION, Sockets

RETRY_REASON = "http_timeout"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Ack:
    """The bot's answer within Slack's timeout, and the `seconds` that it took.

    `status` 0: nothing in time or no connection; `body` then names the failure as Slack would.
    `error`: why Slack would reject the body; the person then sees an error and no answer.
    """

    status: int
    body: Any
    seconds: float
    error: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.error


class Delivery:
    """Sends payloads; a `kind` is as in Socket Mode: slash_commands, interactive or events_api.

    `events_url` is the bot's URL for HTTP. `on_answer` gets each answer with content, and its kind.
    """

    def __init__(
        self,
        clock: Clock,
        sockets: Sockets,
        signing_secret: str,
        on_answer: Callable[[str, object], None],
    ) -> None:
        self._on_answer = on_answer
        self._clock = clock
        self._sockets = sockets
        self._signing_secret = signing_secret
        self._client: httpx.AsyncClient | None = None
        self.events_url: str | None = None
        self.socket_mode = False
        # Slack's timeout for an answer in seconds; None: no timeout.
        self.patience: float | None = 3.0

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, kind: str, payload: Mapping[str, Any], deliveries: int = 1) -> list[Ack]:
        """Sends the same payload `deliveries` times at once, over a socket where one is open.

        Only events carry a retry number (/apis/events-api, "Retries").
        """
        retries = [number if kind == "events_api" else 0 for number in range(deliveries)]
        if self.socket_mode or self._sockets.connected:
            sends = [self._over_socket(kind, payload, number) for number in retries]
        else:
            body, content_type = encoded(kind, payload)
            headers = self.signed(body, content_type)
            sends = [self._over_http(body, headers | _retry_headers(number)) for number in retries]
        acks = list(await asyncio.gather(*sends))
        what = "options" if payload.get("type") == "block_suggestion" else "ack"
        for ack in acks:
            if ack.ok and ack.body:
                self._on_answer(what, ack.body)
        return acks

    def signed(
        self, body: bytes, content_type: str = _FORM, *, timestamp: int | None = None
    ) -> dict[str, str]:
        """The headers of a genuine request (/authentication/verifying-requests-from-slack)."""
        stamp = int(self._clock.now()) if timestamp is None else timestamp
        base = b"v0:%d:%b" % (stamp, body)
        digest = hmac.new(self._signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": str(stamp),
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
        }

    async def _over_socket(self, kind: str, payload: Mapping[str, Any], again: int) -> Ack:
        started = self._clock.now()
        retry = {"retry_attempt": again, "retry_reason": RETRY_REASON} if again else {}
        waiting = self._clock.timeout(self.patience)
        answer = await self._sockets.deliver(kind, payload, waiting, retry)
        seconds = self._clock.now() - started
        if answer is None:
            return Ack(0, "operation_timeout", seconds)
        if answer is NO_CONNECTION:
            return Ack(0, "dispatch_failed", seconds)
        return Ack(200, answer, seconds)

    async def _over_http(self, body: bytes, headers: dict[str, str]) -> Ack:
        started = self._clock.now()
        if self.events_url is None:
            return Ack(0, "dispatch_failed", 0.0)
        if self._client is None:
            self._client = loopback_client(seconds=None)
        try:
            async with self._clock.timeout(self.patience):
                answer = await self._client.post(self.events_url, content=body, headers=headers)
        except TimeoutError:
            return Ack(0, "operation_timeout", self._clock.now() - started)
        except httpx.TransportError:
            return Ack(0, "dispatch_failed", self._clock.now() - started)
        return Ack(answer.status_code, _content(answer), self._clock.now() - started)


def _retry_headers(again: int) -> dict[str, str]:
    if not again:
        return {}
    return {"X-Slack-Retry-Num": str(again), "X-Slack-Retry-Reason": RETRY_REASON}


def encoded(kind: str, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body as Slack sends it over HTTP: a form, `payload=` in a form, or JSON."""
    if kind == "slash_commands":
        return urlencode(payload).encode(), _FORM
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), _FORM
    return json.dumps(payload).encode(), "application/json"


def _content(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("Content-Type", ""):
        return answer.text
    try:
        return answer.json()
    except ValueError:
        return answer.text
