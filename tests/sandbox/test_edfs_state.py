"""Changes of `EdfsState`, as they show over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import CREW
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Platform, error_of, open_world

ORDERS = "SAP work orders"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as world:
        yield world


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(seconds=None) as client:
        yield client


async def test_a_timer_is_edited_in_place(world: World, client: httpx.AsyncClient) -> None:
    alice = Platform(world, client)
    new = (("Plant", "2000"),)
    world.edfs.state.edit_timer("plant-a", ORDERS, cron="0 5 * * *", parameters=new, name="Orders")
    timers = {timer["name"]: timer for timer in (await alice.timers()).json()["timers"]}
    assert ORDERS not in timers
    edited = timers["Orders"]
    assert (edited["id"], edited["cronStr"]) == (alice.timer, "0 5 * * *")
    assert edited["parameters"] == [{"name": "Plant", "value": "2000"}]
    assert edited["packageUniqueName"] == "SAP_WORK_ORDERS"
    assert world.edfs.flips("Orders") == 0


async def test_a_timer_is_replaced_and_deleted(world: World, client: httpx.AsyncClient) -> None:
    alice = Platform(world, client)
    first = world.edfs.state.replace_timer("plant-a", ORDERS, cron="0 5 * * *")
    second = world.edfs.state.replace_timer("plant-a", ORDERS)
    assert len({alice.timer, first.id, second.id}) == 3
    assert (second.name, second.package) == (ORDERS, "SAP_WORK_ORDERS")
    assert error_of(await alice.toggle()) == (404, "TimerNotFound")
    assert (await alice.toggle(second.id)).status_code == 200
    world.edfs.state.remove_timer("plant-a", ORDERS)
    assert error_of(await alice.toggle(second.id)) == (404, "TimerNotFound")
    world.reset()
    assert world.edfs.state.timer("plant-a", ORDERS).id == alice.timer


async def test_rights_are_removed_and_restored(world: World, client: httpx.AsyncClient) -> None:
    bob = Platform(world, client, "bob")
    world.edfs.state.take_right("bob", "plant-a")
    assert (await status_of(bob), len(world.edfs.state.rights["bob"])) == (403, 3)
    world.edfs.state.give_right("bob", "plant-a")
    assert await status_of(bob) == 200
    world.edfs.state.take_right("bob")
    assert world.edfs.state.rights["bob"] == frozenset()
    world.edfs.state.give_right("bob")
    assert world.edfs.state.rights["bob"] == world.edfs.state.rights["alice"]
    world.edfs.state.put_out("bob")
    assert await status_of(bob) == 404


async def status_of(person: Platform) -> int:
    return (await person.timers()).status_code


async def test_people_become_members(world: World, client: httpx.AsyncClient) -> None:
    member = Platform(world, client, "crew20")
    assert await status_of(member) == 404
    world.edfs.state.let_in(*(person.name for person in CREW))
    assert await status_of(member) == 200


async def test_an_itwin_with_many_timers(world: World, client: httpx.AsyncClient) -> None:
    alice = Platform(world, client)
    itwin = world.edfs.state.put_itwin("plant-z", timers=1000, people=["alice"])
    alice.itwin_id = itwin.id
    timers = (await alice.timers()).json()["timers"]
    assert len({timer["id"] for timer in timers}) == 1000
    assert (
        await alice.toggle(world.edfs.state.timer("plant-z", "Timer 0500").id)
    ).status_code == 200
    found = (await alice.get("/itwins/?displayName=plant-z")).json()["iTwins"]
    assert [one["id"] for one in found] == [itwin.id]
