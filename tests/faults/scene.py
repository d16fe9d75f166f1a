"""One cell played: a world, a bot, one wish, and the clock moved on until nothing is due."""

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from bot.app import Bot
from bot.core.errors import StoreUnreachable
from bot.core.names import OperationId
from bot.core.operations.operation import Operation, State
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.conftest import KEYS, living
from tests.faults.matrix import Cell, Fault, Step
from tests.faults.wires import StoreWire, TlsFront, trusted
from tests.world.clock import paced_clock
from tests.world.notification_story import ROOM, subscribes
from tests.world.story import TOGGLE, Story, read
from tests.world.valkey import Valkey
from tests.world.waiting import again_and_again, until
from tests.world.window import Window

ITWIN, TIMER = "plant-a", "SAP work orders"
TIMEOUT = 2.0
STILL = 0.25  # seconds without any change in the store: then the clock moves to what is due next
MOVES = 200  # of the clock, until nothing is due any more


@dataclass(frozen=True, slots=True)
class Turn:
    """The timer's state from this time on, as the stand-in has it."""

    at: float
    enabled: bool


class Way(Enum):
    """How the wish is made. ``SOCKET``: typed, and Slack delivers it over Socket Mode."""

    TYPED = "typed"
    PRESSED = "pressed"
    SOCKET = "socket"
    WINDOW = "window"


@dataclass
class Scene:
    """``store`` is the checker's own connection, past the wire that the bot uses.

    ``operation`` and ``due`` are as the store had them when it was last looked at.
    """

    cell: Cell
    seed: int
    world: World
    bot: Bot
    store: Store
    valkey: Valkey
    wire: StoreWire
    fronts: dict[str, TlsFront]
    chance: random.Random
    way: Way = Way.TYPED
    long: bool = False
    window: Window | None = None
    still: float = STILL
    operation: Operation | None = None
    due: dict[str, float] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    # What there was before the wish.
    read_before: int = 0
    flips_before: int = 0
    calls_before: int = 0
    known: set[OperationId] = field(default_factory=set)

    async def wish(self) -> None:
        """Alice types or presses; what Slack is answered is for her to read."""
        self.read_before = len(self.world.reads("alice"))
        self.flips_before = self.world.edfs.flips(TIMER, ITWIN)
        self.calls_before = len(self.world.edfs.calls)
        if self.undo:
            await self.world.clicks("alice", "Undo")
        elif self.window is not None:
            await self.window.submits()
        else:
            await self.world.types("alice", "#plant-ops", TOGGLE)

    @property
    def undo(self) -> bool:
        return self.way is Way.PRESSED

    async def look(self) -> bool:
        """Read the store; False while it cannot be reached."""
        try:
            await self._look()
        except (StoreUnreachable, RedisError, OSError):
            return False
        return True

    async def _look(self) -> None:
        self.due = {}
        async for key in self.store.redis.scan_iter("edfs:*:due"):
            scored: Any = await self.store.redis.zrange(key, 0, -1, withscores=True)
            self.due |= {member.decode(): at for member, at in scored}
        if self.operation is None:
            new = await self._operations() - self.known
            if not new:
                return
            (identity,) = new
        else:
            identity = self.operation.id
        home = self.bot.context.installation.workspace
        self.operation = await self.store.operations.read(home, identity)

    async def _operations(self) -> set[OperationId]:
        keys = [key async for key in self.store.redis.scan_iter("edfs:*:operation:*")]
        return {OperationId(key.decode().rpartition(":")[2]) for key in keys}

    async def begun(self) -> None:
        """What there is now belongs to an earlier wish."""
        self.known = await self._operations()
        self.operation = None

    async def drain(self, done: Callable[[], bool], *, at_once: bool = False) -> None:
        """Let the bot work until ``done``; where it only waits, move the clock to what is next.

        ``done`` counts when nothing changes any more, unless it is to be asked ``at_once``.
        """
        before, since = "", self.world.clock.now()

        async def done_or_still() -> bool:
            nonlocal before, since
            there, now = await self.look(), self.world.clock.now()
            if at_once and done():
                return True
            seen = self._all_of_it()
            if seen != before or not there:
                before, since = seen, now
            return now - since > self.still

        for _ in range(MOVES):
            await until(done_or_still, self._all_of_it)
            if done():
                return
            self._forward()
            since = self.world.clock.now()
        raise AssertionError(f"not drained: {before}")

    def _all_of_it(self) -> str:
        return repr((self.operation, sorted(self.due.items()), len(self.world.reads("alice"))))

    def _forward(self) -> None:
        ahead = min(self.due.values(), default=0.0) - self.world.clock.now()
        if ahead > 0:
            self.world.clock.forward(ahead + 0.01)

    async def until(self, condition: Callable[[], bool], why: str) -> None:
        """Wait, with the store looked at before each time; the clock is left alone."""

        async def looked() -> bool:
            await self.look()
            return condition()

        await until(looked, lambda: f"{why}: {self.operation}")

    def told(self) -> list[str]:
        """What alice alone has read since the wish."""
        new = self.world.reads("alice")[self.read_before :]
        shown = [self.window.says()] if self.window is not None else []
        return [*(read(message) for message in new if message.visible_to is not None), *shown]

    def refusals(self) -> list[str]:
        marks = ("Trace ", "failed with the error", "nothing was changed")
        return [said for said in self.told() if any(mark in said for mark in marks)]

    def cards(self) -> list[Message]:
        """Every message in the channel that is about the wish's operation."""
        if self.operation is None:
            return []
        mark = f"Operation {self.operation.id}"
        seen = self.world.reads("bob")
        return [m for m in seen if m.visible_to is None and mark in read(m)]

    def settled(self) -> bool:
        """Nothing is due, and the wish has come to an end that somebody knows of."""
        if not self.rests():
            return False
        if self.operation is None:
            return bool(self.refusals())
        return self.operation.state.ended

    def rests(self) -> bool:
        """Nothing is due but the polls of a channel that is told of changes."""
        return not [one for one in self.due if not one.startswith("poll:")]

    @property
    def watched(self) -> bool:
        """Whether another channel is told of changes."""
        return self.long and self.way is Way.TYPED

    def notified(self) -> list[str]:
        """What that channel reads of the timer."""
        seen = map(read, self.world.reads("alice", ROOM))
        return [said for said in seen if TIMER in said and "This channel will be told" not in said]

    def state(self) -> State | None:
        return self.operation.state if self.operation else None

    @property
    def flips(self) -> int:
        return self.world.edfs.flips(TIMER, ITWIN) - self.flips_before

    @property
    def enabled(self) -> bool:
        return self.world.edfs.state.timer(ITWIN, TIMER).enabled

    async def watch(self) -> None:
        """Write down each turn of the timer, until cancelled."""
        await again_and_again(self.note)

    def note(self) -> None:
        if not self.turns or self.turns[-1].enabled is not self.enabled:
            self.turns.append(Turn(self.world.clock.now(), self.enabled))


@contextlib.asynccontextmanager
async def staged(
    cell: Cell, seed: int, *, long: bool, way: Way = Way.TYPED
) -> AsyncIterator[Scene]:
    """Open everything for one run of a cell: alice is signed in, and a bot of its own lives."""
    chance = random.Random(f"{cell.name} {seed}")
    async with contextlib.AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="edfs-fault-"))
        folder = Path(directory)
        valkey = Valkey(folder)
        await asyncio.to_thread(valkey.start)
        stack.push_async_callback(asyncio.to_thread, valkey.stop)
        world = World(seed=seed, clock=paced_clock())
        await world.open()
        stack.push_async_callback(world.close)
        wire = StoreWire(valkey.url.removeprefix("unix://"), str(folder / "wire"))
        await stack.enter_async_context(wire.open())
        fronts = await _fronts(cell, world, folder, stack)
        settings = _settings(fronts, folder, chance, long=long)
        url = f"unix://{wire.path}"
        bot = await stack.enter_async_context(
            living(world, url, socket_mode=way is Way.SOCKET, **settings)
        )
        store = open_store(valkey.url, KeyRing.parse(KEYS))
        stack.push_async_callback(store.aclose)
        scene = Scene(cell, seed, world, bot, store, valkey, wire, fronts, chance, way, long)
        watcher = asyncio.create_task(scene.watch())
        try:
            await _prepared(scene)
            yield scene
        finally:
            watcher.cancel()


def _settings(
    fronts: dict[str, TlsFront], folder: Path, chance: random.Random, *, long: bool
) -> dict[str, str]:
    settings = {
        "EDFS_BOT_EDFS_TIMEOUT": str(TIMEOUT),
        "EDFS_BOT_SETTLE": str(chance.choice((4.0, 20.0, 120.0)) if long else 4.0),
    }
    if fronts:
        authorities = folder / "trusted.pem"
        authorities.write_bytes(trusted(*(front.host for front in fronts.values())))
        settings |= {
            "SSL_CERT_FILE": str(authorities),
            "ITWIN_API_URL": fronts["edfs"].url,
            "SLACK_API_URL": fronts["slack"].url + "/api/",
        }
    return settings


async def _fronts(
    cell: Cell, world: World, folder: Path, stack: contextlib.AsyncExitStack
) -> dict[str, TlsFront]:
    if cell.fault is not Fault.TLS_FAILURE:
        return {}
    fronts = {
        "edfs": TlsFront(world.edfs.host, world.edfs.port, folder),
        "slack": TlsFront(world.slack.host, world.slack.port, folder),
    }
    for front in fronts.values():
        await stack.enter_async_context(front.open())
    return fronts


async def _prepared(scene: Scene) -> None:
    """Alice signs in; where the wish is an undo, there is something to undo.

    Another channel is told of changes.
    """
    story = Story(scene.world, scene.bot)
    await story.signs_in("alice")
    if scene.watched:
        await subscribes(story, "")
    if scene.undo:
        await story.types("alice", TOGGLE)
        await story.sees("bob", "is now disabled")
    if scene.cell.step is Step.TOKEN:
        scene.world.clock.forward(scene.world.ims.state.token_seconds)
    if scene.way is Way.WINDOW:
        await story.types("alice", "/edfs")
        scene.window = Window(story, "alice")
        await scene.window.shows("Switch a timer")
        await scene.window.picks("iTwin", ITWIN)
        await scene.window.picks("Timer", TIMER)
        await scene.window.shows("Then: disabled")
    await scene.drain(scene.rests)
    await scene.begun()
