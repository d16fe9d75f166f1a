"""The sandbox's HTTP API and console."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.console import Printer, Quit, run_line
from bot.sandbox.loopback import loopback_client
from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Bot, open_bot, open_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(seconds=None) as client:
        yield client


class Sandbox:
    """A client of the sandbox API over one world."""

    def __init__(self, client: httpx.AsyncClient, port: int) -> None:
        self.client = client
        self.url = f"http://127.0.0.1:{port}/sandbox/api"

    async def post(self, name: str, body: object, **headers: str) -> httpx.Response:
        return await self.client.post(f"{self.url}/{name}", json=body, headers=headers)

    async def state(self) -> dict[str, list[dict[str, object]]]:
        state: dict[str, list[dict[str, object]]] = (
            await self.client.get(f"{self.url}/state")
        ).json()
        return state


@pytest.fixture
async def sandbox(world: World, client: httpx.AsyncClient) -> AsyncIterator[Sandbox]:
    site = Site(sandbox_app(world))
    await site.open()
    yield Sandbox(client, site.port)
    await site.close()


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        bot.answer = {"text": "received"}
        yield bot


async def test_the_state_of_the_first_world(sandbox: Sandbox) -> None:
    state = await sandbox.state()
    assert set(state) == {"people", "channels", "messages", "modals", "timers", "calls"}
    assert {"alice", "bob", "carol", "dana"} <= {person["name"] for person in state["people"]}
    names = {channel["name"] for channel in state["channels"]}
    assert {"#plant-ops", "#approvals", "#shared"} <= names
    assert state["messages"] == state["modals"] == state["calls"] == []


async def test_a_command_is_typed_through_the_api(sandbox: Sandbox, bot: Bot) -> None:
    command = {"as": "alice", "in": "#plant-ops", "text": "/edfs help"}
    answer = (await sandbox.post("type", command)).json()
    assert answer["ok"] is True
    assert answer["ack"]["status"] == 200
    assert bot.got[0].fields["text"] == "help"
    (message,) = (await sandbox.state())["messages"]
    assert message["text"] == "received"
    assert message["visible_to"] == "U0ALICE001"


async def test_errors_name_the_cause(sandbox: Sandbox) -> None:
    answer = await sandbox.post("type", {"as": "zoe", "in": "#plant-ops", "text": "/edfs"})
    assert answer.status_code == 404
    assert "alice, bob" in answer.json()["error"]
    answer = await sandbox.post("click", {"as": "alice", "action": "Undo"})
    assert "visible are: none" in answer.json()["error"]
    assert (await sandbox.post("type", {"as": "alice"})).status_code == 400
    assert (await sandbox.post("type", [])).status_code == 400
    assert (await sandbox.post("nothing", {})).status_code == 404
    wrong = await sandbox.post("faults", {"service": "edfs", "operation": "toggle", "fault": "x"})
    assert wrong.status_code == 400
    assert "lost_answer" in wrong.json()["error"]


async def test_requests_from_elsewhere_are_rejected(sandbox: Sandbox) -> None:
    elsewhere = await sandbox.post("reset", {}, Origin="https://evil.example")
    assert elsewhere.status_code == 403
    assert (await sandbox.post("reset", {}, Host="rebound.example")).status_code == 403
    form = await sandbox.client.post(f"{sandbox.url}/reset", data={"a": "b"})
    assert form.status_code == 400
    big = await sandbox.post("type", {"as": "x" * 70_000})
    assert big.status_code == 413


async def test_faults_clock_and_reset(world: World, sandbox: Sandbox) -> None:
    fault = {"service": "edfs", "operation": "toggle", "fault": "429", "times": 2}
    active = (await sandbox.post("faults", fault)).json()["active"]
    assert active[0]["times"] == 2
    before = world.clock.now()
    await sandbox.post("clock", {"forward": 3600})
    assert world.clock.now() >= before + 3600
    for wrong in (-1, float("inf"), "soon", None):
        body = f'{{"forward": {json.dumps(wrong)}}}'
        headers = {"Content-Type": "application/json"}
        answer = await sandbox.client.post(f"{sandbox.url}/clock", content=body, headers=headers)
        assert answer.status_code == 400
    renewed: list[str] = []

    async def renew() -> None:
        renewed.append("store")

    world.on_reset.append(renew)
    world.edfs.state.flip_outside("plant-a", "SAP work orders")
    assert (await sandbox.post("reset", {})).status_code == 200
    assert renewed == ["store"]
    assert world.edfs.state.timer("plant-a", "SAP work orders").enabled
    assert (await sandbox.client.get(f"{sandbox.url}/faults")).json()["active"] == []


async def test_console_commands(world: World, bot: Bot) -> None:
    printer = Printer(world)
    assert await run_line(world, 'alice #plant-ops /edfs toggle plant-a "SAP work orders"') == []
    assert printer.changes() == [
        "#plant-ops → alice │ EDFS Bot (only you see this)",
        "    received",
    ]
    assert printer.changes() == []
    assert bot.got[0].fields["text"] == 'toggle plant-a "SAP work orders"'
    assert "nobody is called" in (await run_line(world, "zoe #plant-ops /edfs help"))[0]
    assert await run_line(world, "faults edfs toggle lost_answer 2") == [
        "edfs toggle lost_answer × 2"
    ]
    assert await run_line(world, "clock 2h") == ["the clock went 7200 s forward"]
    assert any("SAP work orders" in line for line in await run_line(world, "state"))
    assert len(await run_line(world, "help")) > 5
    assert await run_line(world, "reset") == ["the first world again"]
    with pytest.raises(Quit):
        await run_line(world, "quit")
