"""The routes of the page: screens, gestures by the ids of controls, and a stream of changes.

`GET live` is a stream of server-sent events, with one `change` whenever something has changed.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.people import Person, UnknownNameError
from bot.sandbox.server.changes import ChangeDetector
from bot.sandbox.server.fault_switches import list_faults, stand_in_named
from bot.sandbox.server.page_files import HEADERS
from bot.sandbox.server.requests import (
    BadRequestError,
    Body,
    ack_json,
    error_response,
    json_route,
    optional_ts,
    required_text,
)
from bot.sandbox.server.screen import panel_of, screen_of
from bot.sandbox.slack.gestures import ControlRef
from bot.sandbox.world import World

_PREFIX = "/sandbox/api"
_POLL_SECONDS = 0.1
_STREAM_SECONDS = 300.0
_KEEPALIVE_SECONDS = 15.0
_MAX_STREAMS = 32


def add_page_routes(app: web.Application, world: World, commands: Mapping[str, str]) -> None:
    async def view(request: web.Request) -> web.Response:
        return _json(screen_of(world, _person(world, request)))

    async def panel(_: web.Request) -> web.Response:
        return _json(panel_of(world))

    async def commands_route(_: web.Request) -> web.Response:
        return _json({"commands": dict(commands)})

    app.router.add_get(f"{_PREFIX}/view", view)
    app.router.add_get(f"{_PREFIX}/panel", panel)
    app.router.add_get(f"{_PREFIX}/commands", commands_route)
    app.router.add_get(f"{_PREFIX}/live", _live(world))
    for name, action in _ACTIONS.items():
        app.router.add_post(f"{_PREFIX}/{name}", json_route(world, action))


def _live(world: World) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Limits the number and the duration of streams; browsers reconnect by themselves."""
    streams = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal streams
        if streams >= _MAX_STREAMS:
            return error_response(503, f"{_MAX_STREAMS} pages are open already; close one")
        streams += 1
        try:
            return await _stream(world, request)
        finally:
            streams -= 1

    return handle


async def _stream(world: World, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # the page was closed
        await _send_changes(world, response)
    return response


async def _send_changes(world: World, response: web.StreamResponse) -> None:
    await response.write(b"retry: 1000\n\n")
    detector, started = ChangeDetector(world), time.monotonic()
    last = started
    while (now := time.monotonic()) - started < _STREAM_SECONDS:
        if detector.changed():
            await response.write(b"event: change\ndata: 1\n\n")
            last = now
        elif now - last > _KEEPALIVE_SECONDS:
            await response.write(b": nothing new\n\n")
            last = now
        await asyncio.sleep(_POLL_SECONDS)


async def _press(world: World, body: Body) -> Body:
    person = world.person(required_text(body, "as"))
    ack = await world.slack.gestures.presses(person, _control_ref(body), body.get("answer"))
    return {"ack": ack_json(ack)}


async def _suggest(world: World, body: Body) -> Body:
    typed = body.get("typed", "")
    if not isinstance(typed, str):
        raise BadRequestError("`typed` is a text")
    person = world.person(required_text(body, "as"))
    try:
        ack = await world.slack.gestures.suggests(person, _control_ref(body), typed)
    except UnknownNameError:  # the bot has just replaced the select
        return {"ack": None}
    return {"ack": ack_json(ack)}


async def _send_view(world: World, body: Body) -> Body:
    person, view = world.person(required_text(body, "as")), required_text(body, "view")
    ack = await world.slack.gestures.submits(person, view, body.get("values", {}))
    return {"ack": ack_json(ack)}


async def _close_view(world: World, body: Body) -> Body:
    person, view = world.person(required_text(body, "as")), required_text(body, "view")
    ack = await world.slack.gestures.closes(person, view)
    return {"ack": None if ack is None else ack_json(ack)}


async def _home(world: World, body: Body) -> Body:
    return {"ack": ack_json(await world.opens_home(required_text(body, "as")))}


async def _shortcut(world: World, body: Body) -> Body:
    person, callback_id = required_text(body, "as"), required_text(body, "callback_id")
    message = optional_ts(body, "message")
    if message is None:
        return {"ack": ack_json(await world.shortcuts(person, callback_id))}
    return {"ack": ack_json(await world.message_shortcut(person, callback_id, message))}


async def _mend(world: World, body: Body) -> Body:
    operation = body.get("operation")
    stand_in_named(world, required_text(body, "service")).mend(
        operation, required_text(body, "kind")
    )
    return {"active": list_faults(world)}


_ACTIONS = {
    "press": _press,
    "suggest": _suggest,
    "send-view": _send_view,
    "close-view": _close_view,
    "home": _home,
    "shortcut": _shortcut,
    "mend": _mend,
}


def _control_ref(body: Body) -> ControlRef:
    view = body.get("view")
    return ControlRef(
        required_text(body, "block_id"),
        required_text(body, "action_id"),
        optional_ts(body, "message"),
        view if isinstance(view, str) else None,
        body.get("values"),
    )


def _person(world: World, request: web.Request) -> Person:
    name = request.query.get("as", "")
    if not name:
        raise BadRequestError("say who looks: ?as=alice")
    return world.person(name)


def _json(value: Any) -> web.Response:
    return web.json_response(value, headers=HEADERS)
