"""Who takes part: replicas of the bot as real processes, a store with Sentinels, and the world."""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.names import Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.sandbox.people import CREW, TEAM_ID
from bot.sandbox.world import World
from tests.conftest import KEYS
from tests.world.ports import is_open, kept_port
from tests.world.processes import BotProcess, environment_of
from tests.world.story import signs_in
from tests.world.topologies import IMPATIENT, MASTER, Watched, watched
from tests.world.waiting import until
from tests.world.wires import Trap, Wire

HOME = Workspace(TEAM_ID)
REPLICAS = 3
PEOPLE = CREW[:10]
TIMERS = tuple(f"Timer {number:02d}" for number in range(16))
CHANNELS = ("#plant-ops", "#approvals", "#shared")
SETTINGS = {
    "EDFS_BOT_RATE": "50000/minute, 500000/hour",
    "EDFS_BOT_SETTLE": "2",
    "EDFS_BOT_EDFS_TIMEOUT": "5",
}


@dataclass
class Replica:
    """One replica of the bot, which is started again at the same port whenever it was killed."""

    environment: Mapping[str, str]
    log: Path
    port: int
    process: BotProcess | None = None
    starts: int = 0
    paused: bool = False

    async def start(self) -> None:
        """Start it, again and again where it ends by itself, as a supervisor would."""
        self.process = BotProcess(self.environment, self.log, fresh=True)
        self.starts += 1

        async def listens() -> bool:
            if self.process is not None and self.process.exit_code is not None:
                self.process = BotProcess(self.environment, self.log, fresh=True)
                self.starts += 1
                await asyncio.sleep(0.5)
            return is_open(self.port)

        await until(listens, self.log.read_text)

    def kill(self) -> None:
        if self.process is not None:
            self.resume()
            self.process.kill()
            self.process = None

    def pause(self) -> None:
        if self.process is not None:
            self.process.send(signal.SIGSTOP)
            self.paused = True

    def resume(self) -> None:
        if self.process is not None and self.paused:
            self.process.send(signal.SIGCONT)
        self.paused = False


@dataclass
class Cast:
    world: World
    store: Store
    servers: Watched
    replicas: list[Replica]


def furnish(world: World) -> None:
    """Put the timers there, and let everybody into the channels and the iTwin."""
    names = [person.name for person in PEOPLE]
    world.edfs.state.let_in(*names)
    for channel in CHANNELS:
        world.joins(channel, *names)
    for number, timer in enumerate(TIMERS):
        world.edfs.state.put_timer("plant-a", timer, enabled=number % 2 == 0)


@contextlib.asynccontextmanager
async def cast(folder: Path, choice: random.Random) -> AsyncIterator[Cast]:
    """Open all of it; ``choice`` says which replica a request of Slack's reaches."""
    async with contextlib.AsyncExitStack() as stack:
        world = World()
        world.slack.delivery.patience = None  # a paused replica answers when it goes on
        await world.open()
        stack.push_async_callback(world.close)
        servers = stack.enter_context(watched(folder / "store"))
        for sentinel in servers.sentinels:
            sentinel.call("SENTINEL", "SET", MASTER, "down-after-milliseconds", 5 * IMPATIENT)
        url = f"{servers.url}?replicas=1&confirm_milliseconds=1500"
        replicas = []
        for number in range(REPLICAS):
            home = folder / f"replica-{number}"
            home.mkdir()
            port, admin = (stack.enter_context(kept_port()) for _ in range(2))
            given = {**environment_of(world, home, port, admin), **SETTINGS, "REDIS_URL": url}
            replica = Replica(given, home / "log", port)
            stack.callback(replica.kill)
            await replica.start()
            replicas.append(replica)
        door = Wire("door", [one.port for one in replicas], Trap(), choice)
        front = await stack.enter_async_context(door.at_port())
        world.slack.delivery.events_url = f"http://bot.localhost:{front}/slack/events"
        store = open_store(servers.url, KeyRing.parse(KEYS))
        stack.push_async_callback(store.aclose)
        furnish(world)
        for person in PEOPLE:
            await signs_in(world, person.name)
        yield Cast(world, store, servers, replicas)
