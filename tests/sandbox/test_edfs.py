"""The EDFS stand-in over HTTP: operations, authorization and errors."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.edfs.itwins import CANARY
from bot.sandbox.edfs.stand_in import ACCEPT_ACCESS_CONTROL
from bot.sandbox.loopback import loopback_client
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Platform, error_of, open_world

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(seconds=None) as client:
        yield client


@pytest.fixture
def alice(world: World, client: httpx.AsyncClient) -> Platform:
    return Platform(world, client)


async def test_toggle_flips_and_answers_the_new_state(world: World, alice: Platform) -> None:
    answers = [(await alice.toggle()).json() for _ in range(2)]
    assert [answer["enabled"] for answer in answers] == [False, True]
    assert {answer["id"] for answer in answers} == {alice.timer}
    assert world.edfs.flips("SAP work orders") == 2
    assert world.edfs.flips("SAP work orders", "plant-b") == 0
    assert [(call["person"], call["status"]) for call in world.edfs.calls] == [("alice", 200)] * 2


async def test_the_list_holds_every_kind_of_timer(alice: Platform) -> None:
    timers = {timer["name"]: timer for timer in (await alice.timers()).json()["timers"]}
    assert timers["Maximo assets"]["parameters"] is None
    assert timers["SharePoint documents"]["enabled"] is False
    assert CANARY in json.dumps(timers["SAP work orders"]["parameters"])


async def test_invalid_authorization_is_rejected(world: World, alice: Platform) -> None:
    del alice.headers["Authorization"]
    assert error_of(await alice.toggle()) == (401, "HeaderNotFound")
    alice.headers["Authorization"] = "Basic eDp5"
    assert error_of(await alice.toggle()) == (401, "InvalidAuthorizationScheme")
    alice.headers["Authorization"] = "Bearer made.up.token"
    assert error_of(await alice.toggle()) == (401, "Unauthorized")
    assert world.edfs.flips("SAP work orders") == 0


async def test_expired_and_revoked_tokens_are_rejected(
    world: World, client: httpx.AsyncClient
) -> None:
    alice, bob = Platform(world, client), Platform(world, client, "bob")
    world.ims.sign_out_everywhere("bob")
    assert error_of(await bob.toggle()) == (401, "Unauthorized")
    world.clock.forward(3601)
    assert error_of(await alice.toggle()) == (401, "Unauthorized")


async def test_people_without_the_right_are_rejected(
    world: World, client: httpx.AsyncClient
) -> None:
    carol, dana = Platform(world, client, "carol"), Platform(world, client, "dana")
    assert error_of(await carol.toggle()) == (403, "InsufficientPermissions")
    assert error_of(await carol.timers()) == (403, "InsufficientPermissions")
    world.edfs.state.reads_hidden = True
    assert error_of(await carol.timers()) == (404, "TimerListNotFound")
    assert error_of(await dana.toggle()) == (404, "TimerNotFound")
    assert (await dana.get("/itwins/?subClass=Asset")).json()["iTwins"] == []


async def test_unknown_and_malformed_ids_are_rejected(alice: Platform) -> None:
    assert error_of(await alice.toggle(NOWHERE)) == (404, "TimerNotFound")
    assert error_of(await alice.get(f"/itwins/{NOWHERE}")) == (404, "iTwinNotFound")
    alice.itwin_id = "not-a-guid"
    answer = await alice.toggle("nor-this")
    assert error_of(answer) == (422, "InvalidTimerRequest")
    targets = [detail["target"] for detail in answer.json()["error"]["details"]]
    assert targets == ["iTwinId", "timerId"]
    assert error_of(await alice.timers()) == (422, "InvalidTimerListRequest")


@pytest.mark.parametrize("accept", ["*/*", "application/json", ACCEPT_ACCESS_CONTROL])
async def test_a_wrong_accept_matches_no_operation(alice: Platform, accept: str) -> None:
    answer = await alice.get("/users/me", Accept=accept)
    assert error_of(answer) == (404, "ResourceNotFound")
    assert answer.json()["error"]["details"][0]["code"] == "OperationNotFound"


async def test_permissions_and_profile(alice: Platform) -> None:
    path = f"/accesscontrol/itwins/{alice.itwin_id}/permissions"
    held = (await alice.get(path, Accept=ACCEPT_ACCESS_CONTROL)).json()
    assert "edfs_listmng" in held["permissions"]
    assert error_of(await alice.get(path)) == (404, "ResourceNotFound")
    user = (await alice.get("/users/me")).json()["user"]
    assert user["email"] == "alice@acme.example"


async def test_itwins_are_paged_by_absolute_links(world: World, alice: Platform) -> None:
    seen: list[str] = []
    url: str | None = "/itwins/?subClass=Project,Asset&$top=50"
    while url is not None:
        page = (await alice.get(url)).json()
        seen += [itwin["displayName"] for itwin in page["iTwins"]]
        following = page["_links"].get("next", {}).get("href")
        assert following is None or following.startswith(world.edfs.url)
        url = following and following.removeprefix(world.edfs.url)
    assert len(seen) == 124
    assert seen.count("twin") == 2
    assert "Old mill" not in seen


async def test_favorites_and_recents_belong_to_a_person(
    world: World, client: httpx.AsyncClient, alice: Platform
) -> None:
    async def names(platform: Platform, path: str) -> list[str]:
        page = (await platform.get(f"/itwins/{path}?subClass=Project,Asset")).json()
        return [itwin["displayName"] for itwin in page["iTwins"]]

    bob, dana = Platform(world, client, "bob"), Platform(world, client, "dana")
    assert await names(alice, "favorites") == ["plant-a", "Bridge 007"]
    assert await names(alice, "recents") == ["twin"]
    assert (await names(bob, "favorites"), await names(bob, "recents")) == ([], ["plant-b"])
    world.edfs.state.stars("bob", "twin", "Old mill")
    world.edfs.state.uses("bob", *(f"Bridge {number:03d}" for number in range(1, 27)), "Bridge 003")
    assert await names(bob, "favorites") == ["twin"], "inactive ones are hidden"
    recents = await names(bob, "recents")
    assert (len(recents), recents[:2]) == (25, ["Bridge 003", "Bridge 026"])
    world.edfs.state.stars("dana", "twin")
    assert await names(dana, "favorites") == []
    world.edfs.fail("recents", 503)
    assert (await alice.get("/itwins/recents")).status_code == 503


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("$search=plant&subClass=Asset", ["plant-a", "plant-b"]),
        ("$search=plant", []),  # without subClass, only projects
        ("number=PA-002&subClass=Asset", ["plant-b"]),
        ("displayName=Bridge 017", ["Bridge 017"]),
        ("status=Inactive", ["Old mill"]),
    ],
)
async def test_itwins_are_filtered(alice: Platform, query: str, names: list[str]) -> None:
    page = (await alice.get(f"/itwins/?{query}")).json()
    assert [itwin["displayName"] for itwin in page["iTwins"]] == names


@pytest.mark.parametrize(
    "query",
    [
        "$top=0",
        "$top=1001",
        "$skip=-1",
        "subClass=Castle",
        "status=Gone",
        "status=Active&includeInactive=true",
        "$search=a&number=b",
        "$filter=x",
    ],
)
async def test_invalid_queries_are_rejected(alice: Platform, query: str) -> None:
    assert error_of(await alice.get(f"/itwins/?{query}")) == (422, "InvalidiTwinsRequest")


async def test_timers_are_created_and_deleted(world: World, alice: Platform) -> None:
    url = f"{world.edfs.url}/edfs/itwins/{alice.itwin_id}/timers"
    body = {"name": "New", "packageUniqueName": "SAP", "cronStr": "0 0 * * *"}
    made = await alice.client.post(url, json=body, headers=alice.headers)
    assert made.status_code == 201
    again = await alice.client.post(url, json=body, headers=alice.headers)
    assert error_of(again) == (409, "SystemExists")
    wrong = await alice.client.post(url, json={"name": ""}, headers=alice.headers)
    targets = [detail["target"] for detail in wrong.json()["error"]["details"]]
    assert targets == ["Name", "PackageUniqueName", "CronStr"]
    gone = await alice.client.delete(f"{url}/{made.json()['id']}", headers=alice.headers)
    assert gone.status_code == 204


async def test_a_flip_outside_the_bot_is_shown_but_not_counted(
    world: World, alice: Platform
) -> None:
    world.edfs.state.flip_outside("plant-a", "SAP work orders")
    shown = (await alice.timers()).json()["timers"][0]
    assert shown["enabled"] is False
    assert world.edfs.flips("SAP work orders") == 0
