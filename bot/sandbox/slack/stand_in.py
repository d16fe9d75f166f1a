"""The Slack stand-in: the routes of the Web API, response_urls and Socket Mode."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault
from bot.sandbox.people import TEAM_ID
from bot.sandbox.slack.actions import Actions
from bot.sandbox.slack.arguments import read_arguments, token_of
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.methods import METHODS, NAMES, OPEN_CONNECTION
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import SlackState
from bot.sandbox.stand_in import CALL, StandIn

BOT_TOKEN = "xoxb-sandbox-bot-token"
APP_TOKEN = "xapp-1-A0EDFSBOT1-sandbox-app-token"
SIGNING_SECRET = "5a6e64626f785f7369676e696e675f73"
_SCOPES = "commands,chat:write,channels:read,groups:read,im:write,users:read,usergroups:read"
# Arguments that are not recorded in `calls`.
_SECRET = frozenset({"token"})


class SlackStandIn(StandIn):
    """One workspace with the app installed; its tokens stay over a reset.

    `actions` and `gestures` are how people act; `delivery` and `sockets` are how payloads reach the
    bot. A Web API call is recorded as `{method, args, ok, error, at, status}`; `error` is `fault`
    where a fault answered instead of the method. Nothing else is recorded.
    """

    state: SlackState
    host = "slack.localhost"
    refuses_with_200 = True
    operations = frozenset((*NAMES, "response_url", "socket"))

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.bot_token = BOT_TOKEN
        self.app_token = APP_TOKEN
        self.signing_secret = SIGNING_SECRET
        self.state = SlackState(clock)
        self.sockets = Sockets()
        self.delivery = Delivery(
            clock, self.sockets, self.signing_secret, self.state.notify_listeners
        )
        self.actions = Actions(self.state, self.delivery)
        self.gestures = Gestures(self.state, self.delivery, self.actions)
        self._event_tasks: set[asyncio.Task[None]] = set()
        self.reset()

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """Every well-formed message and view the bot sent: `{kind, at, payload}`."""
        return self.state.payloads

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    async def open(self, port: int = 0) -> None:
        await super().open(port)
        self.actions.hooks_url = f"http://hooks.slack.localhost:{self.port}"

    async def close(self) -> None:
        for task in self._event_tasks:
            task.cancel()
        await self.sockets.close()
        await self.delivery.close()
        await super().close()

    async def disconnect_sockets(
        self, reason: str = "refresh_requested", *, linger: float = 0.0
    ) -> None:
        """Socket Mode's `disconnect` on every connection; then the server closes them."""
        await self.sockets.disconnect(reason, linger=linger)

    def drop_sockets(self) -> None:
        """Cuts every Socket Mode connection without a closing handshake."""
        self.sockets.drop()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/api/{method}", self._web_api),
            web.post("/api/{method}", self._web_api),
            web.post("/commands/{team}/{number}/{secret}", self._response_url, name="response_url"),
            web.post("/actions/{team}/{number}/{secret}", self._response_url),
            web.get("/link/", self.sockets.connect, name="socket"),
        )

    def operation_of(self, request: web.Request) -> str | None:
        if request.path.startswith("/actions/"):
            return "response_url"
        return request.match_info.get("method") or super().operation_of(request)

    def failure(self, operation: str | None, status: int, fault: Fault) -> web.Response:
        """JSON below 500, a web page from there on, as Slack itself."""
        del operation
        if status == 429:
            limited = _answer({"ok": False, "error": fault.code or "ratelimited"}, status)
            limited.headers["Retry-After"] = "1"
            return limited
        if status >= 500:
            page = "<html><body><h1>Server Error</h1></body></html>"
            return web.Response(status=status, text=page, content_type="text/html")
        return _answer({"ok": False, "error": fault.code or "fatal_error"}, status)

    def call_of(self, request: web.Request) -> dict[str, Any] | None:
        name = request.match_info.get("method")
        if name is None:
            return None
        return {"method": name, "args": {}, "ok": False, "error": "fault"}

    async def _web_api(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        call = request[CALL]
        try:
            arguments = await read_arguments(request)
            call["args"] = {k: v for k, v in arguments.items() if k not in _SECRET}
            seconds = self._retry_after(name, arguments)
            if seconds:
                call["error"] = "ratelimited"
                limited = _answer({"ok": False, "error": "ratelimited"}, 429)
                limited.headers["Retry-After"] = str(seconds)
                return limited
            body = self._run(name, token_of(request, arguments), arguments)
        except WebApiError as error:
            call["error"] = error.error
            return _answer(error.body())
        call |= {"ok": True, "error": None}
        if name == "chat.postMessage" and self.state.own_messages:
            self._send_own_message_event(body["ts"])
        return _answer({"ok": True, **body})

    def _send_own_message_event(self, ts: str) -> None:
        """Sends the event of a message that the bot posted, without delaying the answer."""
        task = asyncio.get_running_loop().create_task(self.actions.send_own_message_event(ts))
        self._event_tasks.add(task)
        task.add_done_callback(self._event_tasks.discard)

    def _run(self, name: str, token: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in NAMES:
            raise WebApiError("unknown_method", req_method=name)
        if token is None and name != "api.test":
            raise WebApiError("not_authed")
        if name == OPEN_CONNECTION:
            self._check(token, self.app_token, self.bot_token)
            return {"url": self.sockets.address(self.port)}
        if name != "api.test":
            self._check(token, self.bot_token, self.app_token)
        return METHODS[name].run(self.state, arguments)

    def _check(self, token: str | None, right: str, other: str) -> None:
        if token == other:
            raise WebApiError("not_allowed_token_type")
        if token != right:
            raise WebApiError("invalid_auth")

    def _retry_after(self, name: str, arguments: dict[str, Any]) -> int:
        if not self.state.rate_limited or name not in METHODS:
            return 0
        channel = arguments.get("channel")
        return self.state.limits.wait(name, METHODS[name].per_minute, channel)

    async def _response_url(self, request: web.Request) -> web.Response:
        """A request to a response_url, which needs no token."""
        try:
            content = await read_arguments(request)
            # The legacy form: everything in one field called payload.
            if isinstance(content.get("payload"), str):
                content = json.loads(content["payload"])
            self.state.response_urls.use(request.path, content)
        except KeyError:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        except WebApiError as error:
            return web.json_response(error.body(), status=400)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        self.state.remember("response_url", content)
        return web.Response(text="ok")


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    headers = {"X-Slack-Req-Id": TEAM_ID.lower(), "X-OAuth-Scopes": _SCOPES}
    return web.json_response(body, status=status, headers=headers)
