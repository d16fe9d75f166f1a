"""SIGTERM: nothing new is taken, what runs comes to its end or is left to the next start."""

import asyncio
import contextlib
import functools
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.cli.run import unless
from bot.sandbox.slack import Ack
from tests.world import waiting
from tests.world.ports import is_open
from tests.world.processes import BotProcess, Scene, scene
from tests.world.story import TOGGLE
from tests.world.waiting import until
from tests.world.wires import Trap

LONG = "12"  # seconds for Bentley: longer than the bot waits for anything when it is to end
SIGNALS = [signal.SIGTERM, signal.SIGINT]


@contextlib.asynccontextmanager
async def stage(*, fresh: bool = False) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as folder:
        async with scene(Path(folder), Trap(), fresh=fresh) as made:
            yield made


@pytest.fixture
async def place() -> AsyncIterator[Scene]:
    async with stage() as made:
        yield made


async def ended(process: BotProcess) -> None:
    """Wait for a clean end."""
    assert await process.ended() == 0, process.log.read_text()


def patches(place: Scene) -> int:
    return sum(call["method"] == "PATCH" for call in place.world.edfs.calls)


async def toggles(place: Scene) -> None:
    """Ask for a flip, and come back when the PATCH is on its way."""
    assert (await place.world.types("alice", "#plant-ops", TOGGLE)).ok
    await until(lambda: patches(place))


async def all_is_well(place: Scene, helped: int) -> None:
    """The next start finds what is left: one flip, a true card, and each "help" answered once."""
    async with place.bot():
        await place.sees("bob", "SAP work orders is now disabled")
        await until(place.at_rest, place.due)
    said = [message for message in place.world.reads("bob") if "SAP work orders" in message.text]
    assert len(said) == 1, said
    assert place.world.edfs.flips("SAP work orders", "plant-a") == 1
    assert patches(place) == 1
    answers = [m for m in place.world.reads("bob") if "What you can ask" in m.text]
    assert len(answers) == helped


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_an_idle_bot_ends(number: signal.Signals) -> None:
    """Started as people start it. How soon it ends, the deep run measures."""
    async with stage(fresh=True) as place, place.bot() as process:
        await place.signs_in()
        process.send(number)
        await ended(process)
        assert "jobs.abandoned_at_stop" not in place.log.read_text()


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("left", range(4))
async def test_what_is_open_when_the_signal_comes_is_not_broken_off(turns: int, left: int) -> None:
    """The signal may come in the very turn of the loop in which opening is done."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    later = stopped.set
    for _ in range(turns):
        later = functools.partial(loop.call_soon, later)
    later()
    async with unless(stopped):
        await waiting.turns(left)
    await waiting.turns(turns + 6)
    assert stopped.is_set()


async def test_who_never_ends_a_request_does_not_hold_it(place: Scene) -> None:
    async with place.bot() as process:
        _, there = await asyncio.open_connection("127.0.0.1", place.port)
        with contextlib.closing(there):
            there.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nhalf")
            await there.drain()
            process.send(signal.SIGTERM)
            await ended(process)


async def test_what_runs_comes_to_its_end_and_nothing_new_is_taken(place: Scene) -> None:
    """Whoever asks while it ends is refused, or was heard: no 200 is forgotten."""
    place.environment["EDFS_BOT_EDFS_TIMEOUT"] = LONG
    held = place.world.edfs.hold("toggle", answers=True)
    acks: list[Ack] = []

    async def is_refused() -> bool:
        acks.append(await place.world.types("bob", "#plant-ops", "/edfs help"))
        return not acks[-1].ok

    async with place.bot() as process:
        await place.signs_in()
        await toggles(place)
        assert not await is_refused()
        process.send(signal.SIGTERM)
        await until(is_refused)
        assert process.exit_code is None, "it did not wait for what runs"
        held.release()
        await ended(process)
    assert acks[-1].body == "dispatch_failed"
    # It was finished, not handed on: the flip was made, heard of, and said.
    await place.sees("bob", "SAP work orders is now disabled")
    await all_is_well(place, helped=sum(ack.ok for ack in acks))


async def test_what_is_left_over_is_found_by_the_next_start() -> None:
    """All at once: what died with its process is waited for, for ``REDELIVERY``."""

    async def tried(leave: Callable[[Scene], Awaitable[None]]) -> None:
        async with stage() as place:
            await leave(place)
            await all_is_well(place, helped=0)

    async with asyncio.TaskGroup() as together:
        for leave in (takes_too_long, slack_is_away, second_signal):
            together.create_task(tried(leave))


async def takes_too_long(place: Scene) -> None:
    """Bentley's answer is not waited for: it has not come when the process has ended."""
    place.environment["EDFS_BOT_EDFS_TIMEOUT"] = LONG
    held = place.world.edfs.hold("toggle", answers=True)
    async with place.bot() as process:
        await place.signs_in()
        await toggles(place)
        process.send(signal.SIGTERM)
        await ended(process)
    held.release()
    assert place.due(), "nobody will find it"


async def slack_is_away(place: Scene) -> None:
    """The card cannot be drawn now."""
    held = place.world.edfs.hold("toggle", answers=True)
    async with place.bot() as process:
        await place.signs_in()
        await toggles(place)
        place.world.slack.fail(None, 503, times=None)
        process.send(signal.SIGTERM)
        held.release()
        await ended(process)
    assert place.due(), "nobody will find it"
    place.world.slack.clear_faults()


async def second_signal(place: Scene) -> None:
    """Whoever does not want to wait need not: a process that is killed is as safe."""
    place.environment["EDFS_BOT_EDFS_TIMEOUT"] = LONG
    held = place.world.edfs.hold("toggle", answers=True)
    async with place.bot() as process:
        await place.signs_in()
        await toggles(place)
        process.send(signal.SIGTERM)
        await until(lambda: not is_open(place.port))
        assert process.exit_code is None, "it did not wait for what runs"
        process.send(signal.SIGTERM)
        assert await process.ended() == -signal.SIGTERM
    held.release()
    assert place.due(), "nobody will find it"


async def test_slack_hangs_while_it_starts(place: Scene) -> None:
    held = place.world.slack.hold("auth.test")
    process = BotProcess(place.environment, place.log, fresh=True)
    try:
        await until(lambda: held.waiting)
        process.send(signal.SIGTERM)
        await ended(process)
        assert "Slack does not answer" not in place.log.read_text(), "it waited for Slack"
    finally:
        process.kill()


async def test_slack_refuses_while_it_starts(place: Scene) -> None:
    """It waits for another try, and not with the signal."""
    place.world.slack.fail("auth.test", 503, times=None)
    process = BotProcess(place.environment, place.log, fresh=True)
    try:
        await until(lambda: "Slack does not answer" in place.log.read_text())
        process.send(signal.SIGTERM)
        await ended(process)
        assert len(place.world.slack.calls) == 1, "it waited for another try"
    finally:
        process.kill()
