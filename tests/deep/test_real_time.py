"""What only a real clock can show. It fails on a machine that is busy, so it is for ``--deep``."""

import asyncio
import contextlib
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.loopback import loopback_client
from bot.web import serving
from tests.world.processes import BotProcess, Scene, scene
from tests.world.story import TOGGLE
from tests.world.waiting import until
from tests.world.wires import Trap

DELAYED = 0.040  # what Linux may wait before it acknowledges the head of an answer
IDLE = 2.0
GRACE = 10.0  # what Docker gives by default
SIGNALS = [signal.SIGTERM, signal.SIGINT]

pytestmark = pytest.mark.deep


@pytest.fixture
async def place() -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
        async with scene(Path(folder), Trap(), fresh=True) as made:
            yield made


async def ended(process: BotProcess) -> float:
    """Wait for a clean end; return how long it took."""
    began = time.monotonic()
    assert await process.ended() == 0, process.log.read_text()
    return time.monotonic() - began


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_an_idle_bot_ends_at_once(place: Scene, number: signal.Signals) -> None:
    async with place.bot() as process:
        await place.signs_in()
        process.send(number)
        assert await ended(process) < IDLE


async def test_a_bot_that_still_opens_ends_at_once(place: Scene) -> None:
    held = place.world.slack.hold("auth.test")
    process = BotProcess(place.environment, place.log, fresh=True)
    try:
        await until(lambda: held.waiting)
        process.send(signal.SIGTERM)
        assert await ended(process) < IDLE
    finally:
        process.kill()


async def test_nothing_under_way_outlasts_the_grace_of_docker(place: Scene) -> None:
    """Bentley never answers, and somebody never ends a request."""
    place.environment["EDFS_BOT_EDFS_TIMEOUT"] = "60"
    held = place.world.edfs.hold("toggle", answers=True)
    async with place.bot() as process:
        await place.signs_in()
        assert (await place.world.types("alice", "#plant-ops", TOGGLE)).ok
        await until(lambda: held.waiting)
        _, there = await asyncio.open_connection("127.0.0.1", place.port)
        with contextlib.closing(there):
            there.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nhalf")
            await there.drain()
            process.send(signal.SIGTERM)
            assert await ended(process) < GRACE


async def test_no_answer_waits_for_a_delayed_acknowledgement() -> None:
    """An answer leaves in one go: neither side waits for the other's acknowledgement between."""

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
