"""What every route of the sandbox's API shares: who may ask, how a body is read, how it says no."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.browser.browser import BrowserError
from bot.sandbox.loopback import is_loopback
from bot.sandbox.people import UnknownNameError
from bot.sandbox.slack import Ack
from bot.sandbox.world import World

LARGEST_BODY = 64 * 1024

Body = dict[str, Any]
Action = Callable[[World, Body], Awaitable[Body]]


class BadRequestError(Exception):
    """The body is not what the route needs; the text says what is."""


def posted(world: World, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A route that takes a JSON object and answers with another."""

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, **await action(world, await read_body(request))})

    return handle


def told(ack: Ack) -> Body:
    return {"status": ack.status, "seconds": round(ack.seconds, 3), "body": ack.body}


def word(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"`{name}` is missing; the body is a JSON object, see GET /")
    return value


def stamp(body: Body, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequestError(f"`{name}` is the ts of a message, as text; see /sandbox/api/state")
    return value


async def read_body(request: web.Request) -> Body:
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
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere could reach loopback by a name of its own, or post across origins."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        return refused(403, f"the sandbox answers on loopback names only, not on {host!r}")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return refused(403, "requests from pages of another origin are refused")
    return await handler(request)


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors are JSON that names the cause and what to do."""
    try:
        return await handler(request)
    except UnknownNameError as error:
        return refused(404, str(error))
    except BrowserError as error:
        return refused(409, str(error))
    except (BadRequestError, ValueError, TypeError) as error:
        return refused(400, str(error))
    except web.HTTPRequestEntityTooLarge:
        return refused(413, "the body is larger than 64 KiB")
    except web.HTTPException as error:
        return refused(error.status, f"{error.reason}: {request.method} {request.path}; see GET /")


def refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
