"""The routes of the sandbox page: headers, visibility, and the stream of changes."""

from collections.abc import AsyncIterator
from importlib.resources import files

import httpx
import pytest

from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import BOT_USER_ID
from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import open_world

API = "/sandbox/api"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    site = Site(sandbox_app(world, {"/edfs": ""}))
    await site.open()
    yield f"http://127.0.0.1:{site.port}"
    await site.close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(seconds=None) as client:
        yield client


async def test_a_browser_gets_the_page_and_a_program_the_help(
    url: str, client: httpx.AsyncClient
) -> None:
    page = await client.get(url, headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    for help_text in (await client.get(url), await client.get(f"{url}{API}/help")):
        assert help_text.headers["Content-Type"].startswith("text/plain")
        assert f"POST {API}/type" in help_text.text


async def test_every_file_of_the_page_is_served_and_nothing_else(
    url: str, client: httpx.AsyncClient
) -> None:
    names = [file.name for file in (files("bot.sandbox") / "page").iterdir()]
    assert len(names) > 20
    for name in names:
        answer = await client.get(f"{url}/page/{name}")
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("none.js", "..%2fapi.py", "%2e%2e/api.py"):
        assert (await client.get(f"{url}/page/{name}")).status_code == 404


def test_the_page_loads_nothing_foreign_and_parses_no_html() -> None:
    """Its files have at most 300 lines, name no other host and have no HTML sink."""
    for file in (files("bot.sandbox") / "page").iterdir():
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, file.name
        for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write"):
            assert banned not in text, file.name
        foreign = text.replace("http://www.w3.org/2000/svg", "")
        assert "://" not in foreign, file.name


async def test_a_screen_shows_only_what_the_person_may_see(
    world: World, url: str, client: httpx.AsyncClient
) -> None:
    workspace = world.slack.state.workspace
    alice = world.person("alice")
    workspace.post("C0PLANTOPS", BOT_USER_ID, "for all")
    workspace.post("C0PLANTOPS", BOT_USER_ID, "for alice", visible_to=alice.id)
    workspace.post("C0SECRET01", alice.id, "secret")
    world.slack.state.modals.open(alice, {"type": "modal", "blocks": []})

    async def screen(person: str) -> tuple[list[str], list[str], int]:
        shown = (await client.get(f"{url}{API}/view", params={"as": person})).json()
        texts = [message["text"] for message in shown["messages"]]
        return texts, [channel["name"] for channel in shown["channels"]], len(shown["modals"])

    assert await screen("alice") == (
        ["for all", "for alice", "secret"],
        ["plant-ops", "approvals", "shared", "general", "secret", "EDFS Bot"],
        1,
    )
    assert (await screen("bob"))[0] == ["for all"]
    assert await screen("dana") == ([], ["shared"], 0)
    shown = (await client.get(f"{url}{API}/view", params={"as": "dana"})).json()
    assert "C0SECRET01" not in shown["names"]
    assert (shown["has_home"], shown["shortcuts"]) == (False, [])
    assert (await client.get(f"{url}{API}/view")).status_code == 400
    assert (await client.get(f"{url}{API}/view", params={"as": "nobody"})).status_code == 404


async def test_changes_are_streamed(world: World, url: str, client: httpx.AsyncClient) -> None:
    async with client.stream("GET", f"{url}{API}/live") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.aiter_lines()

        async def change() -> None:
            while await anext(lines) != "event: change":
                pass

        await change()
        message = world.slack.state.workspace.post("C0PLANTOPS", BOT_USER_ID, "new")
        await change()
        world.slack.state.workspace.edit(message.ts, "newer", None)
        await change()
        world.clock.forward(60)
        await change()
        world.edfs.fail("toggle", "429")
        await change()


async def test_one_fault_is_disarmed_and_the_others_stay(
    world: World, url: str, client: httpx.AsyncClient
) -> None:
    world.edfs.fail(None, "refused", times=None)
    world.edfs.fail("toggle", "429", times=None)
    body = {"service": "edfs", "operation": None, "kind": "refused"}
    answer = await client.post(f"{url}{API}/mend", json=body)
    assert [fault["kind"] for fault in answer.json()["active"]] == ["429"]
    assert (await client.get(f"{world.edfs.url}/itwins/")).status_code == 404
