"""The sandbox's own HTTP API: people act, the clock moves, faults are armed, all by JSON.

It is for the machine it runs on: other Host names, other Origins and forms are refused, so that a
web page elsewhere cannot drive it.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.browser import BrowserError
from bot.sandbox.faults import KINDS
from bot.sandbox.loopback import is_loopback
from bot.sandbox.people import UnknownNameError
from bot.sandbox.slack import Ack
from bot.sandbox.switches import clear_faults, list_faults, stand_in_named
from bot.sandbox.world import World

_LARGEST_BODY = 64 * 1024
_PREFIX = "/sandbox/api"
_ABOUT = f"""EDFS Bot sandbox: a small world with Slack, EDFS and Bentley IMS.

GET  {_PREFIX}/state
POST {_PREFIX}/type     {{"as": "alice", "in": "#plant-ops", "text": "/edfs help",
                             "thread": ts of a message to reply to, optional}}
POST {_PREFIX}/click    {{"as": "alice", "action": "Continue", "message": ts, optional}}
POST {_PREFIX}/submit   {{"as": "alice", "values": {{"Reason": "maintenance"}}}}
POST {_PREFIX}/close    {{"as": "alice"}}
POST {_PREFIX}/sign-in  {{"as": "alice"}}
GET, POST, DELETE {_PREFIX}/faults  {{"service": "edfs", "operation": "toggle", "fault": "429"}}
POST {_PREFIX}/clock    {{"forward": 3600}}
POST {_PREFIX}/reset    {{}}
"""

Body = dict[str, Any]
Action = Callable[[World, Body], Awaitable[Body]]


class BadRequestError(Exception):
    """The body is not what the route needs; the text says what is."""


def sandbox_app(world: World) -> web.Application:
    """The API over one world."""
    app = web.Application(middlewares=[_guarded, _explained], client_max_size=_LARGEST_BODY)

    async def about(_: web.Request) -> web.Response:
        return web.Response(text=_ABOUT)

    async def state(_: web.Request) -> web.Response:
        return web.json_response(world.state())

    async def faults(_: web.Request) -> web.Response:
        return web.json_response({"kinds": KINDS, "active": list_faults(world)})

    async def no_faults(_: web.Request) -> web.Response:
        clear_faults(world)
        return web.json_response({"ok": True, "active": []})

    app.router.add_get("/", about)
    app.router.add_get(f"{_PREFIX}/state", state)
    app.router.add_get(f"{_PREFIX}/faults", faults)
    app.router.add_delete(f"{_PREFIX}/faults", no_faults)
    for name, action in _ACTIONS.items():
        app.router.add_post(f"{_PREFIX}/{name}", _posted(world, action))
    return app


def _posted(world: World, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, **await action(world, await _body(request))})

    return handle


async def _type(world: World, body: Body) -> Body:
    thread = _ts(body, "thread")
    ack = await world.types(
        _word(body, "as"), _word(body, "in"), _word(body, "text"), thread=thread
    )
    return {"ack": _told(ack)}


async def _click(world: World, body: Body) -> Body:
    message = _ts(body, "message")
    ack = await world.clicks(_word(body, "as"), _word(body, "action"), message=message)
    return {"ack": _told(ack)}


async def _submit(world: World, body: Body) -> Body:
    values = body.get("values", {})
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise BadRequestError("`values` is an object: the label of each input and a text for it")
    return {"ack": _told(await world.submits(_word(body, "as"), values))}


async def _close(world: World, body: Body) -> Body:
    ack = await world.closes(_word(body, "as"))
    return {"ack": None if ack is None else _told(ack)}


async def _sign_in(world: World, body: Body) -> Body:
    account = _word(body, "account") if "account" in body else None
    page = await world.signs_in(_word(body, "as"), account=account)
    browser = world.browser(_word(body, "as"))
    return {"status": browser.status, "host": browser.host, "page": page}


async def _faults(world: World, body: Body) -> Body:
    if body.get("clear") is True:
        clear_faults(world)
        return {"active": []}
    options = {
        name: value
        for name, value in body.items()
        if name not in {"service", "operation", "fault", "times"}
    }
    stand_in = stand_in_named(world, _word(body, "service"))
    operation = body.get("operation")
    kind = str(body.get("fault", ""))
    stand_in.fail(operation, kind, times=body.get("times", 1), **options)
    return {"active": list_faults(world)}


async def _clock(world: World, body: Body) -> Body:
    seconds = body.get("forward")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadRequestError("`forward` is a number of seconds")
    world.clock.forward(seconds)
    return {"now": world.clock.now()}


async def _reset(world: World, _: Body) -> Body:
    world.reset()
    for renew in world.on_reset:
        await renew()
    return {}


_ACTIONS: dict[str, Action] = {
    "type": _type,
    "click": _click,
    "submit": _submit,
    "close": _close,
    "sign-in": _sign_in,
    "faults": _faults,
    "clock": _clock,
    "reset": _reset,
}


def _told(ack: Ack) -> Body:
    return {"status": ack.status, "seconds": round(ack.seconds, 3), "body": ack.body}


def _word(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"`{name}` is missing; the body is a JSON object, see GET /")
    return value


def _ts(body: Body, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequestError(f"`{name}` is the ts of a message, as text; see /sandbox/api/state")
    return value


async def _body(request: web.Request) -> Body:
    """JSON only: a form, which any web page could post here, is not read."""
    if request.content_type != "application/json":
        raise BadRequestError("send JSON, with Content-Type: application/json")
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError):
        raise BadRequestError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body is a JSON object, see GET /")
    return body


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere could reach loopback by a name of its own, or post across origins."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        return _refused(403, f"the sandbox answers on loopback names only, not on {host!r}")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return _refused(403, "requests from pages of another origin are refused")
    return await handler(request)


@web.middleware
async def _explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors are JSON that names the cause and what to do."""
    try:
        return await handler(request)
    except UnknownNameError as error:
        return _refused(404, str(error))
    except BrowserError as error:
        return _refused(409, str(error))
    except (BadRequestError, ValueError, TypeError) as error:
        return _refused(400, str(error))
    except web.HTTPRequestEntityTooLarge:
        return _refused(413, "the body is larger than 64 KiB")
    except web.HTTPException as error:
        return _refused(error.status, f"{error.reason}: {request.method} {request.path}; see GET /")


def _refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
