"""A bot as a process of its own, that comes and goes, and the scene around it."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from bot.__main__ import main
from bot.jobs import LEASE_SECONDS, NAME, REDELIVERY
from bot.sandbox.people import TEAM_ID
from bot.sandbox.world import World
from tests.conftest import KEYS
from tests.world.clock import PacedLoop
from tests.world.ports import is_open, kept_port
from tests.world.valkey import Valkey
from tests.world.waiting import until, wait_until
from tests.world.wires import NAMED, Trap, Wire

ROOT = Path(__file__).resolve().parents[2]
DUE = f"edfs:{{{TEAM_ID}}}:due"
STREAM = f"{NAME}:stream"
# What is due later than this is not waited for: a late read back, 330 s after a loss. It is a
# little longer than the lease of what the tick has taken.
SOON = LEASE_SECONDS + 5.0

# Forks of a process that has its imports already: a start then costs a tenth.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.world.processes"])


def _born(environment: Mapping[str, str], log: str, *, paced: bool) -> None:
    """Run ``edfs-bot run`` in a fork; on a paced loop a busy machine decides nothing there."""

    class Paced(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return PacedLoop()

    if paced:
        asyncio.set_event_loop_policy(Paced())
    os.environ.clear()
    os.environ.update(environment)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.argv = ["edfs-bot", "run"]
    main()


class BotProcess:
    """The bot from its command line.

    ``fresh`` starts a new interpreter instead of a fork; ``paced`` has a fork go by the paced loop.
    """

    def __init__(
        self, environment: Mapping[str, str], log: Path, *, fresh: bool, paced: bool = True
    ) -> None:
        self.log = log
        given, how = (environment, str(log)), {"paced": paced}
        self._fork = None if fresh else _FORKS.Process(target=_born, args=given, kwargs=how)
        if self._fork is not None:
            self._fork.start()
            self.pid = self._fork.pid or 0
            return
        with log.open("ab") as file:
            self._fresh = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stderr=file
            )
        self.pid = self._fresh.pid

    @property
    def exit_code(self) -> int | None:
        return self._fresh.poll() if self._fork is None else self._fork.exitcode

    def send(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        wait_until(lambda: self.exit_code is not None, "it survived SIGKILL")

    async def listens(self, port: int) -> None:
        def listens() -> bool:
            assert self.exit_code is None, self.log.read_text()
            return is_open(port)

        await until(listens, self.log.read_text)

    async def ended(self) -> int:
        """Wait for its end; return the exit code."""
        await until(lambda: self.exit_code is not None, "it does not end")
        return int(self.exit_code or 0)


@dataclass
class Scene:
    """A world, a store and the wires between them and a bot process that comes and goes."""

    world: World
    valkey: Valkey
    redis: redis.Redis
    trap: Trap
    folder: Path
    environment: dict[str, str]
    port: int
    others: tuple[int, int]  # the ports of the second process
    fresh: bool = False

    @contextlib.asynccontextmanager
    async def bot(self, *, paced: bool = True) -> AsyncIterator[BotProcess]:
        """Start the bot; what is left of it at the end is killed."""
        process = BotProcess(self.environment, self.log, fresh=self.fresh, paced=paced)
        self.trap.process = process
        try:
            await process.listens(self.port)
            yield process
        finally:
            process.kill()

    @contextlib.asynccontextmanager
    async def second(self, *, paced: bool = True) -> AsyncIterator[BotProcess]:
        """Start another replica beside it, which Slack's requests do not reach."""
        port, admin = self.others
        elsewhere = {
            "EDFS_BOT_BIND": f"127.0.0.1:{port}",
            "EDFS_BOT_ADMIN_BIND": f"127.0.0.1:{admin}",
        }
        process = BotProcess(self.environment | elsewhere, self.log, fresh=self.fresh, paced=paced)
        try:
            await process.listens(port)
            yield process
        finally:
            process.kill()

    async def signs_in(self) -> None:
        await self.asks("alice", "/edfs signin", "Sign in to iTwin")
        await self.world.signs_in("alice")
        await self.sees("alice", "Signed in")
        await until(self.at_rest, reason="the sign-in is still due")

    async def asks(self, person: str, text: str, answer: str) -> None:
        """Ask until it is taken, and wait for the answer.

        A bot that gets too little of the machine to keep a wish in time refuses it, and says so.
        """

        async def taken() -> bool:
            ack = await self.world.types(person, "#plant-ops", text)
            return ack.ok and "nothing was changed" not in str(ack.body)

        await until(taken, f"{text} is refused again and again")
        await self.sees(person, answer)

    async def sees(self, person: str, words: str) -> None:
        try:
            await until(lambda: self.reads(person, words))
        except AssertionError:
            seen = [message.text for message in self.world.reads(person)]
            log = self.log.read_text()[-3_000:]
            raise AssertionError(f"{person} never saw {words!r}: {seen}\n{log}") from None

    def reads(self, person: str, words: str) -> bool:
        return any(words in message.text for message in self.world.reads(person))

    def due(self, within: float = SOON) -> list[bytes]:
        """What is due by then."""
        then = self.world.clock.now() + within
        found: list[Any] = list(self.redis.zrangebyscore(DUE, "-inf", then))
        return found

    def at_rest(self) -> bool:
        """Whether nothing is due and no job is under way."""
        return not self.due() and not self._jobs()

    def is_done_with(self, names: Sequence[str]) -> bool:
        """Whether nothing of these names is due, and no job for them is under way."""
        left = b" ".join([*self.due(), *self._jobs()])
        return not any(name.encode() in left for name in names)

    def _jobs(self) -> list[bytes]:
        return [key for key in self.redis.scan_iter("edfs-jobs:*", 1_000) if NAMED.search(key)]

    def is_free(self) -> bool:
        """Whether what dead processes had begun is handed out again to whoever comes."""
        begun: list[Any] = self.redis.xpending_range(STREAM, "docket-workers", "-", "+", 1_000)
        longest = REDELIVERY.total_seconds() * 1_000
        return all(one["time_since_delivered"] > longest for one in begun)

    @property
    def log(self) -> Path:
        return self.folder / "log"


@contextlib.asynccontextmanager
async def scene(folder: Path, trap: Trap, *, fresh: bool = False) -> AsyncIterator[Scene]:
    """Set it up; ``folder`` has a short path, for the sockets."""
    world = World()
    async with contextlib.AsyncExitStack() as stack:
        port, admin, *others = (stack.enter_context(kept_port()) for _ in range(4))
        valkey = stack.enter_context(Valkey(folder))
        client = stack.enter_context(contextlib.closing(redis.Redis.from_url(valkey.url)))
        await world.open()
        stack.push_async_callback(world.close)
        path = str(folder / "wire")
        await stack.enter_async_context(
            Wire("redis", valkey.url.removeprefix("unix://"), trap).at_path(path)
        )
        wires = {
            name: await stack.enter_async_context(Wire(name, far, trap).at_port())
            for name, far in (
                ("door", port),
                ("edfs", world.edfs.port),
                ("slack", world.slack.port),
            )
        }
        environment = {
            **environment_of(world, folder, port, admin),
            "SLACK_API_URL": f"http://{world.slack.host}:{wires['slack']}/api/",
            "ITWIN_API_URL": f"http://{world.edfs.host}:{wires['edfs']}",
            "REDIS_URL": f"unix://{path}",
        }
        world.slack.delivery.events_url = f"http://bot.localhost:{wires['door']}/slack/events"
        world.slack.actions.hooks_url = f"http://hooks.slack.localhost:{wires['slack']}"
        second = (others[0], others[1])
        yield Scene(world, valkey, client, trap, folder, environment, port, second, fresh)


def environment_of(world: World, home: Path, port: int, admin: int) -> dict[str, str]:
    """The settings of a bot at this port, all but the store's address; the world learns of it.

    Its process has a clock of its own, so Slack does not give it up by the clock of the world.
    """
    bot_url = f"http://bot.localhost:{port}"
    world.connect(bot_url)
    world.slack.delivery.patience = None
    return {
        **world.settings(bot_url),
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "EDFS_BOT_KEYS": KEYS,
        "EDFS_BOT_BIND": f"127.0.0.1:{port}",
        "EDFS_BOT_ADMIN_BIND": f"127.0.0.1:{admin}",
        "EDFS_BOT_SETTLE": "0.5",
        "EDFS_BOT_EDFS_TIMEOUT": "10",
    }
