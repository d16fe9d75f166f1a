"""What the routes of the API share: access, reading of bodies, and error responses."""

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
    """The body is not what the route needs; the text says what it should be."""


def json_route(world: World, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that reads a JSON object, runs `action` and answers with its JSON object."""

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, **await action(world, await read_body(request))})

    return handle


def ack_json(ack: Ack) -> Body:
    return {"status": ack.status, "seconds": round(ack.seconds, 3), "body": ack.body}


def required_text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"`{name}` is missing; the body is a JSON object, see GET /")
    return value


def optional_ts(body: Body, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequestError(f"`{name}` is the ts of a message, as text; see /sandbox/api/state")
    return value


async def read_body(request: web.Request) -> Body:
    """The JSON object of a request; rejects forms, which any web page could post here."""
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
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Rejects DNS rebinding and cross-origin requests by Host and Origin."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        return error_response(403, f"the sandbox answers on loopback names only, not on {host!r}")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return error_response(403, "requests from pages of another origin are refused")
    return await handler(request)


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers errors as JSON that names the cause and what to do."""
    try:
        return await handler(request)
    except UnknownNameError as error:
        return error_response(404, str(error))
    except BrowserError as error:
        return error_response(409, str(error))
    except (BadRequestError, ValueError, TypeError) as error:
        return error_response(400, str(error))
    except web.HTTPRequestEntityTooLarge:
        return error_response(413, "the body is larger than 64 KiB")
    except web.HTTPException as error:
        return error_response(
            error.status, f"{error.reason}: {request.method} {request.path}; see GET /"
        )


def error_response(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
