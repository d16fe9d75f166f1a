"""The sandbox's HTTP API: actions of people, the clock, faults and the state, all as JSON.

Only this machine may use it: other Host names, other origins and forms are rejected, so that no web
page elsewhere can drive it.
"""

from collections.abc import Mapping

from aiohttp import web

from bot.sandbox.faults import KINDS
from bot.sandbox.server.fault_switches import clear_faults, list_faults, stand_in_named
from bot.sandbox.server.page_api import add_page_routes
from bot.sandbox.server.page_files import PageFiles, wants_page
from bot.sandbox.server.requests import (
    LARGEST_BODY,
    Action,
    BadRequestError,
    Body,
    ack_json,
    json_errors,
    json_route,
    loopback_only,
    optional_ts,
    required_text,
)
from bot.sandbox.world import World

_PREFIX = "/sandbox/api"
_ABOUT = f"""EDFS Bot sandbox: a small world with Slack, EDFS and Bentley IMS.
In a browser, this address is a page to play in. What follows is for programs.

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
POST {_PREFIX}/shortcut {{"as": "alice", "callback_id": "edfs.choose", "message": ts, optional}}
POST {_PREFIX}/home     {{"as": "alice"}}
GET  {_PREFIX}/view?as=alice, {_PREFIX}/panel, {_PREFIX}/live
"""


def sandbox_app(world: World, commands: Mapping[str, str] | None = None) -> web.Application:
    """The application of the API and of the page.

    `commands`: the usage of each slash command and verb, for completions in the page's composer.
    """
    app = web.Application(middlewares=[loopback_only, json_errors], client_max_size=LARGEST_BODY)
    files = PageFiles()

    async def about(request: web.Request) -> web.Response:
        return files.answer("index.html") if wants_page(request) else await help_text(request)

    async def help_text(_: web.Request) -> web.Response:
        return web.Response(text=_ABOUT)

    async def state(_: web.Request) -> web.Response:
        return web.json_response(world.state())

    async def faults(_: web.Request) -> web.Response:
        return web.json_response({"kinds": KINDS, "active": list_faults(world)})

    async def no_faults(_: web.Request) -> web.Response:
        clear_faults(world)
        return web.json_response({"ok": True, "active": []})

    app.router.add_get("/", about)
    app.router.add_get(f"{_PREFIX}/help", help_text)
    app.router.add_get(f"{_PREFIX}/state", state)
    app.router.add_get(f"{_PREFIX}/faults", faults)
    app.router.add_delete(f"{_PREFIX}/faults", no_faults)
    for name, action in _ACTIONS.items():
        app.router.add_post(f"{_PREFIX}/{name}", json_route(world, action))
    add_page_routes(app, world, commands or {})
    app.router.add_get("/page/{name}", files.serve)
    return app


async def _type(world: World, body: Body) -> Body:
    thread = optional_ts(body, "thread")
    ack = await world.types(
        required_text(body, "as"),
        required_text(body, "in"),
        required_text(body, "text"),
        thread=thread,
    )
    return {"ack": ack_json(ack)}


async def _click(world: World, body: Body) -> Body:
    message = optional_ts(body, "message")
    ack = await world.clicks(
        required_text(body, "as"), required_text(body, "action"), message=message
    )
    return {"ack": ack_json(ack)}


async def _submit(world: World, body: Body) -> Body:
    values = body.get("values", {})
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise BadRequestError("`values` is an object: the label of each input and a text for it")
    return {"ack": ack_json(await world.submits(required_text(body, "as"), values))}


async def _close(world: World, body: Body) -> Body:
    ack = await world.closes(required_text(body, "as"))
    return {"ack": None if ack is None else ack_json(ack)}


async def _sign_in(world: World, body: Body) -> Body:
    account = required_text(body, "account") if "account" in body else None
    page = await world.signs_in(required_text(body, "as"), account=account)
    browser = world.browser(required_text(body, "as"))
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
    stand_in = stand_in_named(world, required_text(body, "service"))
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
