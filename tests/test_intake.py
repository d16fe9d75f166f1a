"""Between receiving and acting: a crash at any point loses no wish and acts on none twice."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis

from bot.core.names import ChannelId, PersonId
from bot.gateways.store.deliveries import Delivery
from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import TEAM_ID, person_named
from bot.sandbox.world import World
from bot.slack.incoming import identity
from tests.conftest import KEYS
from tests.story import TOGGLE, Story, read
from tests.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
DUE = f"edfs:{{{TEAM_ID}}}:due"
# What names a delivery on its way to the store: 1 keep, 2 the nudge, from 3 on the job.
NAMED = re.compile(rb"delivery:([0-9a-f]{24})")


@dataclass
class Wire:
    """A stretch of wire to the store, on which the bot is killed at the chosen message."""

    server: str
    path: str
    process: subprocess.Popen[bytes] | None = None
    fatal: int = 0
    after: bool = False
    passed: int = 0
    _earlier: set[bytes] = field(default_factory=set)
    _lost: set[int] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with await asyncio.start_unix_server(self._connected, self.path):
            yield

    def arm(self, fatal: int, *, after: bool) -> None:
        self.passed, self.fatal, self.after = 0, fatal, after

    def _counts(self, said: bytes) -> bool:
        """Whether it names a delivery that came after arming; what earlier ones leave does not."""
        named = set(NAMED.findall(said))
        if not self.fatal:
            self._earlier |= named
        return bool(self.fatal and named - self._earlier)

    def kill(self) -> None:
        assert self.process is not None
        self.fatal = 0
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_unix_connection(self.server)
        back = asyncio.create_task(self._back(far, out, id(near)))
        with contextlib.suppress(ConnectionError):
            while said := await near.read(65_536):
                if self._counts(said):
                    self.passed += 1
                    if self.passed == self.fatal:
                        if not self.after:
                            self.kill()
                            break
                        self._lost.add(id(near))
                there.write(said)
                await there.drain()
        there.close()
        await back
        out.close()

    async def _back(self, far: asyncio.StreamReader, out: asyncio.StreamWriter, me: int) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await far.read(65_536):
                if me in self._lost:  # the store has done it, and the bot never hears so
                    self._lost.discard(me)
                    self.kill()
                    break
                out.write(said)
                await out.drain()


@contextlib.asynccontextmanager
async def process(wire: Wire, world: World, port: int, folder: Path) -> AsyncIterator[None]:
    """The bot as a process of its own, from its command line."""
    bot_url = f"http://bot.localhost:{port}"
    environment = {
        **world.settings(bot_url),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "REDIS_URL": f"unix://{wire.path}",
        "EDFS_BOT_KEYS": KEYS,
        "EDFS_BOT_BIND": f"127.0.0.1:{port}",
        "EDFS_BOT_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        "EDFS_BOT_SETTLE": "0.5",
        "EDFS_BOT_EDFS_TIMEOUT": "2",
    }
    with (folder / "log").open("ab") as log:
        wire.process = subprocess.Popen(  # noqa: ASYNC220 - the bot, ended below
            [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stderr=log
        )
    world.connect(bot_url)
    try:
        await healthy(bot_url, folder / "log")
        yield
    finally:
        if wire.process.poll() is None:
            wire.process.terminate()
            await asyncio.to_thread(wire.process.wait, 20)


async def healthy(bot_url: str, log: Path) -> None:
    async with loopback_client() as client, asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{bot_url}/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError(log.read_text())  # noqa: ASYNC240


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def due(url: str) -> list[bytes]:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        return list(client.zrange(DUE, 0, -1))


async def sees(world: World, person: str, words: str) -> None:
    def found() -> bool:
        return any(words in read(message) for message in world.reads(person))

    await world.until(found, seconds=25, reason=f"{person} never saw {words!r}")


@pytest.mark.timeout(120)
async def test_a_killed_bot_acts_once_or_not_at_all(tmp_path: Path) -> None:
    """All the points at once: who died holding a job is waited for some seconds."""
    points = [(1, False), (1, True), (2, False), (2, True), (4, False)]
    with contextlib.ExitStack() as stack:
        ways = []
        for place, (fatal, after) in enumerate(points):
            folder = tmp_path / str(place)
            folder.mkdir()
            short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edfs-own-")))
            valkey = stack.enter_context(Valkey(short))
            ways.append(crash(valkey, folder, short / "wire", fatal, after=after))
        await asyncio.gather(*ways)


async def crash(own: Valkey, tmp_path: Path, path: Path, fatal: int, *, after: bool) -> None:
    """Kill the bot at the message of that number after the command, and start it again."""
    world = World()
    await world.open()
    wire = Wire(own.url.removeprefix("unix://"), str(path))
    port = free_port()
    try:
        async with wire.open():
            async with process(wire, world, port, tmp_path):
                await world.types("alice", "#plant-ops", "/edfs signin")
                await sees(world, "alice", "Sign in to iTwin")
                await world.signs_in("alice")
                await sees(world, "alice", "Signed in")
                await world.until(lambda: not due(own.url))

                wire.arm(fatal, after=after)
                ack = await world.types("alice", "#plant-ops", TOGGLE)
                await world.until(
                    lambda: wire.fatal == 0, seconds=10, reason="it never came to that"
                )
            waits = bool(due(own.url))
            assert ack.ok or ack.body == "dispatch_failed", ack
            assert waits or not ack.ok, "Slack was told 'accepted', and nothing was kept"
            # The first message is the keeping itself: it is what decides.
            assert waits is (fatal > 1 or after)
            assert world.edfs.flips("SAP work orders", "plant-a") == 0

            async with process(wire, world, port, tmp_path):
                if waits:
                    await sees(world, "bob", "SAP work orders is now disabled")
                else:
                    await sees(world, "alice", 'failed with the error "dispatch_failed"')
                await world.types("bob", "#plant-ops", "/edfs help")
                await sees(world, "bob", "What you can ask")
                await world.until(lambda: not due(own.url), seconds=10, reason="still due")
    finally:
        await world.close()
    assert world.edfs.flips("SAP work orders", "plant-a") == int(waits)
    assert world.edfs.timer("plant-a", "SAP work orders").enabled is not waits


async def test_what_comes_three_times_acts_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.world.types("alice", "#plant-ops", TOGGLE, deliveries=3)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 1
    assert len([call for call in story.world.edfs.calls if call["method"] == "PATCH"]) == 1
    assert story.card()


async def test_a_button_that_comes_three_times_acts_once(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("alice", "is now disabled")
    await story.world.clicks("alice", "Undo", deliveries=3)
    await story.sees("bob", "SAP work orders is now enabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 2


def delivery(story: Story, text: str) -> Delivery:
    home = story.bot.desk.home.workspace
    return Delivery(
        id=identity("test", text),
        kind="command",
        workspace=home,
        home=home,
        person=PersonId(person_named("alice").id),
        channel=ChannelId(story.world.slack.state.workspace.channel_named("#plant-ops").id),
        at=story.world.clock.now(),
        text=text,
    )


async def test_what_was_kept_and_never_begun_is_found(story: Story, redis_url: str) -> None:
    await story.signs_in("alice")
    kept = delivery(story, TOGGLE.removeprefix("/edfs "))
    assert await story.bot.store.deliveries.keep(kept, "me", story.world.clock.now() - 60)
    await story.sees("bob", "SAP work orders is now disabled")
    await story.world.until(lambda: not due(redis_url))
    assert story.flips() == 1


async def test_a_retry_is_not_its_own_duplicate(story: Story) -> None:
    kept, later = delivery(story, "help"), story.world.clock.now() + 3_600
    deliveries = story.bot.store.deliveries
    assert await deliveries.keep(kept, "me", later)
    assert await deliveries.keep(kept, "me", later)
    assert not await deliveries.keep(kept, "somebody else", later)
    assert await deliveries.read(kept.home, kept.id) == kept
    await deliveries.finish(kept.home, kept.id)
    assert not await deliveries.keep(kept, "somebody else", later)
    assert await deliveries.read(kept.home, kept.id) is None


async def refused_in_time(story: Story) -> None:
    """The person is told within Slack's three seconds, and told the truth."""
    ack = await story.types("alice", TOGGLE)
    assert ack.ok
    assert ack.seconds < 3
    await story.sees("alice", "so nothing was changed")


async def nothing_came_of_it(story: Story, own: Valkey) -> None:
    def answered() -> bool:
        return any("What you can ask" in said for said in story.says("bob"))

    for _ in range(5):
        await story.types("bob", "/edfs help")
        with contextlib.suppress(AssertionError):
            await story.world.until(answered, seconds=3)
            break
    assert answered()
    await story.world.until(lambda: not due(own.url), seconds=10, reason="still due")
    assert story.flips() == 0
    assert all(call["method"] != "PATCH" for call in story.world.edfs.calls)
    assert not any("is now disabled" in said for said in story.says("alice"))


@pytest.mark.timeout(60)
async def test_a_store_that_hangs_is_told_and_nothing_comes_of_it(
    own_story: Story, own: Valkey
) -> None:
    """What it hears too late it may even keep: its person was told no, so it is not done."""
    await own_story.signs_in("alice")
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        await refused_in_time(own_story)
    finally:
        own.process.send_signal(signal.SIGCONT)
    await nothing_came_of_it(own_story, own)


@pytest.mark.timeout(60)
async def test_a_store_that_is_gone_is_told_and_nothing_comes_of_it(
    own_story: Story, own: Valkey
) -> None:
    await own_story.signs_in("alice")
    own.stop()
    try:
        await refused_in_time(own_story)
    finally:
        own.start()
    await nothing_came_of_it(own_story, own)
