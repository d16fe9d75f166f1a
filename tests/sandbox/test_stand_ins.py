"""Shared helpers of the stand-ins' tests, and tests of the world as a whole."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import httpx
import pytest
from aiohttp import web

from bot.sandbox.edfs.stand_in import ACCEPT
from bot.sandbox.loopback import LoopbackResolver, loopback_client
from bot.sandbox.site import Site
from bot.sandbox.stand_in import StandIn
from bot.sandbox.world import World
from tests.world.clock import paced_clock

BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {
                "type": "button",
                "action_id": "undo",
                "text": {"type": "plain_text", "text": "Undo"},
                "value": "op-1",
                "style": "danger",
            }
        ],
    }
]


class Delivered:
    """One request from Slack, as the bot's server received it."""

    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        self.body = body
        self.headers = headers

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.fields["payload"])
        return payload


class Bot:
    """A server that keeps what it gets and answers as told; and the Web API's caller.

    Nothing is answered while ``answers`` is cleared.
    """

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self.got: list[Delivered] = []
        self.answer: Any = None
        self.status = 200
        self.answers = asyncio.Event()
        self.answers.set()

    async def events(self, request: web.Request) -> web.Response:
        self.got.append(Delivered(await request.read(), dict(request.headers)))
        await self.answers.wait()
        if self.answer is None:
            return web.Response(status=self.status)
        return web.json_response(self.answer, status=self.status)

    async def call(self, method: str, token: str | None = None, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token or self.world.slack.bot_token}"}
        url = self.world.slack.api_url + method
        body: dict[str, Any] = (await self.client.post(url, json=arguments, headers=headers)).json()
        return body

    async def refusal(self, method: str, **arguments: Any) -> str:
        body = await self.call(method, **arguments)
        assert body["ok"] is False
        return str(body["error"])


@asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    world = World(clock=paced_clock())
    await world.open()
    try:
        yield world
    finally:
        await world.close()


@asynccontextmanager
async def open_bot(world: World) -> AsyncIterator[Bot]:
    async with loopback_client(seconds=None) as client:
        bot = Bot(world, client)
        application = web.Application()
        application.router.add_post("/slack/events", bot.events)
        site = Site(application)
        await site.open()
        world.connect(f"http://127.0.0.1:{site.port}")
        try:
            yield bot
        finally:
            await site.close()


class Platform:
    """One person's client of EDFS and iTwins."""

    def __init__(self, world: World, client: httpx.AsyncClient, person: str = "alice") -> None:
        self.world = world
        self.client = client
        token = world.ims.access_token_for(person)
        self.headers = {"Authorization": f"Bearer {token}", "Accept": ACCEPT}
        self.itwin_id = world.edfs.state.itwin("plant-a").id
        self.timer = world.edfs.state.timer("plant-a", "SAP work orders").id

    async def get(self, path: str, **headers: str) -> httpx.Response:
        url = self.world.edfs.url + path
        return await self.client.get(url, headers=self.headers | headers)

    async def toggle(self, timer: str | None = None) -> httpx.Response:
        path = f"/edfs/itwins/{self.itwin_id}/timers/{timer or self.timer}/toggle"
        return await self.client.patch(self.world.edfs.url + path, headers=self.headers)

    async def timers(self) -> httpx.Response:
        return await self.get(f"/edfs/itwins/{self.itwin_id}/timers")


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_each_stand_in_has_another_host() -> None:
    hosts = {World().slack.host, World().edfs.host, World().ims.host}
    assert len(hosts) == 3


async def test_settings_point_a_bot_at_the_world() -> None:
    async with open_world() as world:
        settings = world.settings("http://127.0.0.1:1")
        assert settings["SLACK_API_URL"] == f"http://slack.localhost:{world.slack.port}/api/"
        assert settings["ITWIN_API_URL"] == f"http://api.localhost:{world.edfs.port}"
        assert "SLACK_APP_TOKEN" not in settings
        assert "SLACK_APP_TOKEN" in world.settings("http://127.0.0.1:1", socket_mode=True)


async def test_worlds_of_one_seed_have_the_same_ids() -> None:
    ids = [World(seed=7).edfs.state.timer("plant-a", "SAP work orders").id for _ in range(2)]
    assert ids[0] == ids[1] != World(seed=8).edfs.state.timer("plant-a", "SAP work orders").id


@pytest.mark.parametrize(
    ("name", "path", "operation"),
    [
        ("slack", "/api/api.test", "api.test"),
        ("edfs", "/users/me", "me"),
        ("ims", "/.well-known/openid-configuration", "discovery"),
    ],
)
async def test_every_stand_in_records_calls_and_faults_alike(
    name: str, path: str, operation: str
) -> None:
    async with open_world() as world, loopback_client(seconds=5.0) as client:
        stand_in: StandIn = getattr(world, name)
        before = world.clock.now()
        first = await client.get(stand_in.url + path)
        stand_in.fail(operation, 503)
        assert (await client.get(stand_in.url + path)).status_code == 503
        stand_in.fail(operation, "lost_answer")
        with pytest.raises(httpx.TransportError):
            await client.get(stand_in.url + path)
        assert [call["status"] for call in stand_in.calls] == [first.status_code, 503, 0]
        assert all(before <= call["at"] <= world.clock.now() for call in stand_in.calls)
        stand_in.fail(operation, 503)
        world.reset()
        assert (stand_in.calls, stand_in.faults) == ([], [])


async def test_aiohttp_resolves_the_stand_ins_by_name() -> None:
    async with open_world() as world:
        connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
        async with aiohttp.ClientSession(connector=connector) as session:
            answer = await session.post(f"{world.slack.url}/api/api.test")
            assert (await answer.json())["ok"] is True
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get("http://example.com/")
