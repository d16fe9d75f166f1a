"""Faults: the answer on the wire, and whether the request took effect."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.loopback import loopback_client
from bot.sandbox.world import World
from tests.sandbox.test_stand_ins import Platform, error_of, open_world
from tests.world.waiting import until


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


STATUSES: list[tuple[str, dict[str, Any], str]] = [
    ("401", {"code": "UnknownClient"}, "Unauthorized"),
    ("401", {"code": "HeaderNotFound"}, "HeaderNotFound"),
    ("403", {}, "InsufficientPermissions"),
    ("404", {}, "TimerNotFound"),
    ("404", {"code": "TimerListNotFound"}, "TimerListNotFound"),
    ("404", {"code": "ResourceNotFound"}, "ResourceNotFound"),
    ("422", {}, "InvalidTimerRequest"),
    ("429", {}, "TooManyRequests"),
    ("429", {"code": "RateLimitExceeded"}, "RateLimitExceeded"),
    ("500", {"code": "Strange"}, "Strange"),
]


@pytest.mark.parametrize(("status", "options", "code"), STATUSES)
async def test_documented_failures_have_no_effect(
    world: World, alice: Platform, status: str, options: dict[str, Any], code: str
) -> None:
    world.edfs.fail("toggle", status, **options)
    assert error_of(await alice.toggle()) == (int(status), code)
    assert world.edfs.flips("SAP work orders") == 0
    assert (await alice.toggle()).status_code == 200


async def test_faults_set_retry_after_and_body(world: World, alice: Platform) -> None:
    moment = "Mon, 23 Nov 2026 20:00:00 GMT"
    for wanted, seen in ((7, "7"), (moment, moment), ("absent", None), (None, "30")):
        world.edfs.fail("toggle", 429, retry_after=wanted)
        assert (await alice.toggle()).headers.get("retry-after") == seen
    for body, start in (("html", "<html>"), ("empty", ""), ("nulls", '{"error": {"code": null')):
        world.edfs.fail("toggle", 503, body=body)
        answer = await alice.toggle()
        assert answer.status_code == 503
        assert answer.text.startswith(start)


@pytest.mark.parametrize("kind", ["lost_answer", "reset_mid", "cut_body"])
async def test_lost_answers_come_after_the_effect(world: World, alice: Platform, kind: str) -> None:
    world.edfs.fail("toggle", kind)
    with pytest.raises(httpx.TransportError):
        await alice.toggle()
    assert world.edfs.flips("SAP work orders") == 1
    assert world.edfs.calls[-1]["status"] == 0


async def test_reset_before_has_no_effect(world: World, alice: Platform) -> None:
    world.edfs.fail("toggle", "reset_before", times=2)
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await alice.toggle()
    assert world.edfs.flips("SAP work orders") == 0
    assert (await alice.toggle()).status_code == 200


async def test_connections_are_refused_until_faults_are_cleared(
    world: World, alice: Platform
) -> None:
    assert (await alice.timers()).status_code == 200  # leaves a kept-alive connection behind
    world.edfs.fail(None, "refused")
    for _ in range(2):
        with pytest.raises(httpx.ConnectError):
            await alice.toggle()
    world.edfs.clear_faults()
    world.edfs.fail(None, "refused")
    with pytest.raises(httpx.ConnectError):
        await alice.toggle()
    world.edfs.clear_faults()
    assert (await alice.toggle()).status_code == 200


async def test_malformed_answers_come_after_the_effect(world: World, alice: Platform) -> None:
    world.edfs.fail("toggle", "other_id")
    assert (await alice.toggle()).json()["id"] != alice.timer
    world.edfs.fail("toggle", "missing_enabled")
    assert "enabled" not in (await alice.toggle()).json()
    world.edfs.fail("toggle", "garbage")
    assert (await alice.toggle()).text.startswith("<<<")
    world.edfs.fail("toggle", "huge")
    assert len((await alice.toggle()).content) > 5 * 1024 * 1024
    world.edfs.fail("toggle", "deep")
    assert (await alice.toggle()).text.startswith('{"a":{"a":')
    world.edfs.fail("toggle", "500", after=True)
    assert (await alice.toggle()).status_code == 500
    assert world.edfs.flips("SAP work orders") == 6


@pytest.mark.parametrize(("kind", "flips"), [("slow", 0), ("slow_answer", 1)])
async def test_slow_goes_by_the_clock_of_the_world(
    world: World, alice: Platform, kind: str, flips: int
) -> None:
    world.edfs.fail("toggle", kind, seconds=600)
    toggling = asyncio.create_task(alice.toggle())
    await until(lambda: world.edfs.calls and not world.edfs.faults)
    assert (await alice.timers()).status_code == 200
    assert (world.edfs.flips("SAP work orders"), toggling.done()) == (flips, False)
    world.clock.forward(600)
    assert (await toggling).status_code == 200
    assert world.edfs.flips("SAP work orders") == 1


async def test_requests_are_held_until_they_are_released(world: World, alice: Platform) -> None:
    with world.edfs.hold("toggle") as held, world.edfs.hold("timers", answers=True) as answers:
        toggling = [asyncio.create_task(alice.toggle()) for _ in range(2)]
        listing = asyncio.create_task(alice.timers())
        await until(lambda: (held.waiting, answers.waiting) == (2, 1))
        assert (await alice.get("/users/me")).status_code == 200
        assert world.edfs.flips("SAP work orders") == 0
        held.release()
        assert [(await one).status_code for one in toggling] == [200, 200]
        assert not listing.done()
    assert (await listing).status_code == 200
    assert (await alice.toggle()).status_code == 200, "what is released holds no other one"


async def test_what_is_held_has_taken_effect_when_only_its_answer_waits(
    world: World, alice: Platform
) -> None:
    world.edfs.hold("toggle", answers=True)
    world.edfs.fail("toggle", 503)
    failing = asyncio.create_task(alice.toggle())
    toggling = asyncio.create_task(alice.toggle())
    await until(lambda: world.edfs.flips("SAP work orders"))
    assert not toggling.done()
    world.edfs.clear_faults()
    assert {(await failing).status_code, (await toggling).status_code} == {200, 503}


def test_only_operations_that_exist_are_held(world: World) -> None:
    with pytest.raises(ValueError, match="no operation 'teleport'"):
        world.edfs.hold("teleport")


def test_faults_that_do_not_exist(world: World) -> None:
    for operation, kind in (
        ("toggle", "flood"),
        ("teleport", "slow"),
        ("toggle", "200"),
        ("toggle", "error"),
    ):
        with pytest.raises(ValueError, match=r"flood|teleport|200|by status"):
            world.edfs.fail(operation, kind)
