"""Bot and world together: what ``run.py sandbox`` starts. The only part that knows both."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.app import Bot, open_bot
from bot.core.language.commands import COMMAND
from bot.core.language.verbs import VERBS
from bot.sandbox.console import Printer, Quit, obey
from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.world import World
from bot.settings import Settings, read_settings
from bot.web import serving

PROMPT = "> "
POLICY = Path(__file__).with_name("policy.toml")  # so that there is something to approve
SETTLED_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Playground:
    world: World
    bot: Bot
    url: str


@contextlib.asynccontextmanager
async def playground(
    port: int, state: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Playground]:
    """Open the world on ``port`` and the next four (0: free ones), and a bot that lives in it.

    What the environment sets replaces a stand-in by the real service; ``settings`` come last.
    """
    ports = tuple(port + place for place in (1, 2, 3)) if port else None
    world = World()
    await world.open(ports=ports)
    usages = {f"{COMMAND} {name}": verb.usage for name, verb in VERBS.items()}
    site = Site(sandbox_app(world, usages))
    try:
        bot_port = port + 4 if port else _free_port()
        own = _settings(world, f"http://bot.localhost:{bot_port}", state, settings or {})
        async with (
            open_bot(own, world.clock.now) as bot,
            serving(bot.public, "127.0.0.1", bot_port),
        ):
            world.connect(own.public_url)
            world.on_reset.append(_forgetting(bot))
            await site.open(port)
            yield Playground(world, bot, f"http://127.0.0.1:{site.port}")
    finally:
        await site.close()
        await world.close()


def _settings(world: World, bot_url: str, state: Path, last: Mapping[str, str]) -> Settings:
    given = {name: os.environ[name] for name in Settings.environment_names() if name in os.environ}
    home = {
        "EDFS_BOT_STATE_DIR": str(state),
        "EDFS_BOT_SETTLE": "10",
        "EDFS_BOT_POLICY": str(POLICY),
        "PUBLIC_URL": bot_url,
    }
    return read_settings({**world.settings(bot_url), **home, **given, **last})


def _free_port() -> int:
    import socket  # noqa: PLC0415 - for the tests only

    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _forgetting(bot: Bot) -> Callable[[], "asyncio.Future[None]"]:
    async def forget() -> None:
        """A reset world has a store without the people, timers and operations of the old one."""
        async for key in bot.store.redis.scan_iter("edfs:*"):
            await bot.store.redis.delete(key)
        bot.store.deliveries.forget_workspaces()

    return lambda: asyncio.ensure_future(forget())


async def play(port: int, *, headless: bool) -> None:
    """Run until it is told to stop: by a signal, by ``quit``, or by the end of its input."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopped.set)
    with tempfile.TemporaryDirectory(prefix="edfs-bot-sandbox-") as state:
        async with playground(port, Path(state)) as ground:
            _say(f"Open {ground.url} in a browser: EDFS Bot and its world (Ctrl+C ends them).")
            _say(f"State: {ground.url}/sandbox/api/state")
            if headless:
                await stopped.wait()
            else:
                await _converse(ground.world, stopped)


async def _converse(world: World, stopped: asyncio.Event) -> None:
    _say('Try: alice #plant-ops /edfs toggle plant-a "SAP work orders"   (help says more)')
    lines = _lines(stopped)
    printer = Printer(world)
    while not stopped.is_set():
        try:
            line = await _next(lines, stopped)
            if line is None:
                return
            for said in await obey(world, line):
                _say(said)
        except Quit:
            return
        await asyncio.sleep(SETTLED_SECONDS)
        for said in printer.news():
            _say(said)


def _lines(stopped: asyncio.Event) -> "asyncio.Queue[str | None]":
    """Read the terminal in a thread of its own; None is the end of the input."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.strip())
        with contextlib.suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True, name=f"terminal-{id(stopped)}").start()
    return lines


async def _next(lines: "asyncio.Queue[str | None]", stopped: asyncio.Event) -> str | None:
    sys.stdout.write(PROMPT)
    sys.stdout.flush()
    coming = asyncio.ensure_future(lines.get())
    ending = asyncio.ensure_future(stopped.wait())
    done, waiting = await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return coming.result() if coming in done else None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
