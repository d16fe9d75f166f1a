"""An answer leaves in one go: neither side waits for the other's acknowledgement in between."""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.loopback import loopback_client
from bot.web import serving

DELAYED = 0.040  # what Linux may wait before it acknowledges the head of an answer


async def test_no_answer_waits_for_a_delayed_acknowledgement() -> None:
    async def answer(_: Request) -> Response:
        return PlainTextResponse("body")

    app = Starlette(routes=[Route("/", answer)])
    took = []
    async with serving(app, "127.0.0.1", 0) as port, loopback_client() as client:
        for _ in range(60):  # the first ones of a connection are acknowledged at once
            began = time.monotonic()
            await client.get(f"http://bot.localhost:{port}/")
            took.append(time.monotonic() - began)
    # The quickest of the late ones: a busy machine makes some slow, the delay made all so.
    assert min(took[30:]) < DELAYED / 2
