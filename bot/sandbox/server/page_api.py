"""The routes of the page: what a person sees, by the ids of what is pressed, and news of it.

`GET live` is a stream of server-sent events: one `change` whenever something has changed.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.people import Person, UnknownNameError
from bot.sandbox.server.changes import Watch
from bot.sandbox.server.fault_switches import list_faults, stand_in_named
from bot.sandbox.server.page_files import HEADERS
from bot.sandbox.server.requests import BadRequestError, Body, posted, refused, stamp, told, word
from bot.sandbox.server.screen import panel_of, screen_of
from bot.sandbox.slack.gestures import ControlRef
from bot.sandbox.world import World

_PREFIX = "/sandbox/api"
_LOOK_SECONDS = 0.1
_STREAM_SECONDS = 300.0
_QUIET_SECONDS = 15.0
_MOST_STREAMS = 32


def add_page_routes(app: web.Application, world: World, commands: Mapping[str, str]) -> None:
    async def view(request: web.Request) -> web.Response:
        return _json(screen_of(world, _person(world, request)))

    async def panel(_: web.Request) -> web.Response:
        return _json(panel_of(world))

    async def known(_: web.Request) -> web.Response:
        return _json({"commands": dict(commands)})

    app.router.add_get(f"{_PREFIX}/view", view)
    app.router.add_get(f"{_PREFIX}/panel", panel)
    app.router.add_get(f"{_PREFIX}/commands", known)
    app.router.add_get(f"{_PREFIX}/live", _live(world))
    for name, action in _ACTIONS.items():
        app.router.add_post(f"{_PREFIX}/{name}", posted(world, action))


def _live(world: World) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """So many streams and so long at most; the browser comes back by itself."""
    streams = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal streams
        if streams >= _MOST_STREAMS:
            return refused(503, f"{_MOST_STREAMS} pages are open already; close one")
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
        await _tell(world, response)
    return response


async def _tell(world: World, response: web.StreamResponse) -> None:
    await response.write(b"retry: 1000\n\n")
    watch, started = Watch(world), time.monotonic()
    last = started
    while (now := time.monotonic()) - started < _STREAM_SECONDS:
        if watch.changed():
            await response.write(b"event: change\ndata: 1\n\n")
            last = now
        elif now - last > _QUIET_SECONDS:
            await response.write(b": nothing new\n\n")
            last = now
        await asyncio.sleep(_LOOK_SECONDS)


async def _press(world: World, body: Body) -> Body:
    person = world.person(word(body, "as"))
    ack = await world.slack.gestures.presses(person, _spot(body), body.get("answer"))
    return {"ack": told(ack)}


async def _suggest(world: World, body: Body) -> Body:
    typed = body.get("typed", "")
    if not isinstance(typed, str):
        raise BadRequestError("`typed` is a text")
    person = world.person(word(body, "as"))
    try:
        return {"ack": told(await world.slack.gestures.suggests(person, _spot(body), typed))}
    except UnknownNameError:  # the bot has just put another list in its place
        return {"ack": None}


async def _send_view(world: World, body: Body) -> Body:
    person, view = world.person(word(body, "as")), word(body, "view")
    return {"ack": told(await world.slack.gestures.submits(person, view, body.get("values", {})))}


async def _close_view(world: World, body: Body) -> Body:
    person, view = world.person(word(body, "as")), word(body, "view")
    ack = await world.slack.gestures.closes(person, view)
    return {"ack": None if ack is None else told(ack)}


async def _home(world: World, body: Body) -> Body:
    return {"ack": told(await world.opens_home(word(body, "as")))}


async def _shortcut(world: World, body: Body) -> Body:
    person, callback_id = word(body, "as"), word(body, "callback_id")
    message = stamp(body, "message")
    if message is None:
        return {"ack": told(await world.shortcuts(person, callback_id))}
    return {"ack": told(await world.message_shortcut(person, callback_id, message))}


async def _mend(world: World, body: Body) -> Body:
    operation = body.get("operation")
    stand_in_named(world, word(body, "service")).mend(operation, word(body, "kind"))
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


def _spot(body: Body) -> ControlRef:
    view = body.get("view")
    return ControlRef(
        word(body, "block_id"),
        word(body, "action_id"),
        stamp(body, "message"),
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
