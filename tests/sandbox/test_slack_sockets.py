"""Socket Mode of the Slack stand-in."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Bot, open_bot, open_world
from tests.world.waiting import until

ALICE, BOB, DANA = "U0ALICE001", "U0BOB00001", "U0DANA0001"
PLANT_OPS = "C0PLANTOPS"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot


class Socket:
    """A Socket Mode client that acknowledges everything with `answer`, unless it is `silent`."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.connection = connection
        self.got: list[dict[str, Any]] = []
        self.answer: Any = None
        self.silent = False

    async def run(self) -> None:
        async for message in self.connection:
            envelope = json.loads(message.data)
            self.got.append(envelope)
            if "envelope_id" in envelope and not self.silent:
                ack = {"envelope_id": envelope["envelope_id"]}
                await self.connection.send_json(
                    ack | ({"payload": self.answer} if self.answer else {})
                )


@pytest.fixture
async def connect(world: World, bot: Bot) -> AsyncIterator[Callable[[], Awaitable[Socket]]]:
    world.settings("http://127.0.0.1:1", socket_mode=True)
    running: list[asyncio.Task[None]] = []
    async with aiohttp.ClientSession() as session:

        async def connected() -> Socket:
            token = world.slack.app_token
            url = (await bot.call("apps.connections.open", token=token))["url"]
            socket = Socket(await session.ws_connect(url))
            running.append(asyncio.create_task(socket.run()))
            await until(lambda: socket.got)
            return socket

        yield connected
        await world.slack.sockets.close()
        await asyncio.gather(*running)


async def test_envelopes_go_to_the_connections_in_turn(
    world: World, bot: Bot, connect: Callable[[], Awaitable[Socket]]
) -> None:
    ack = await world.types("alice", "#plant-ops", "/edfs help")
    assert ack.body == "dispatch_failed"
    first, second = await connect(), await connect()
    assert first.got[0]["type"] == "hello"
    assert second.got[0]["num_connections"] == 2
    first.answer = second.answer = {"text": "over the socket"}
    for _ in range(2):
        assert (await world.types("alice", "#plant-ops", "/edfs help")).ok
    assert [len(socket.got) for socket in (first, second)] == [2, 2]
    assert first.got[1]["type"] == "slash_commands"
    assert first.got[1]["payload"]["text"] == "help"
    assert world.reads("alice")[-1].text == "over the socket"
    assert bot.got == []


async def test_an_envelope_without_an_ack_times_out(
    world: World, connect: Callable[[], Awaitable[Socket]]
) -> None:
    socket = await connect()
    socket.silent = True
    typing = asyncio.create_task(world.types("alice", "#plant-ops", "/edfs help"))
    await until(lambda: len(socket.got) == 2)
    world.clock.forward(3)
    assert (await typing).body == "operation_timeout"


async def test_disconnect_and_one_time_urls(
    world: World, bot: Bot, connect: Callable[[], Awaitable[Socket]]
) -> None:
    socket = await connect()
    await world.slack.disconnect_sockets()
    await until(lambda: socket.connection.closed)
    assert socket.got[-1]["reason"] == "refresh_requested"
    assert world.slack.sockets.connected == 0
    answer = await bot.call("apps.connections.open", token=world.slack.app_token)
    async with aiohttp.ClientSession() as session:
        await (await session.ws_connect(answer["url"])).close()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(answer["url"])
    assert (await bot.call("apps.connections.open"))["error"] == "not_allowed_token_type"


async def test_dropped_connections_can_be_replaced(
    world: World, connect: Callable[[], Awaitable[Socket]]
) -> None:
    socket = await connect()
    world.slack.drop_sockets()
    await until(lambda: socket.connection.closed)
    assert (await world.types("alice", "#plant-ops", "/edfs help")).body == "dispatch_failed"
    await connect()
    assert (await world.types("alice", "#plant-ops", "/edfs help")).ok
