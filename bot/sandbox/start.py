"""Starts the world and the bot together, for ``run.py sandbox``. Only this module imports both."""

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
from bot.sandbox.console import Printer, Quit, run_line
from bot.sandbox.server.api import sandbox_app
from bot.sandbox.site import Site
from bot.sandbox.world import World
from bot.settings import Settings, read_settings
from bot.web import serving

PROMPT = "> "
POLICY = Path(__file__).with_name("policy.toml")  # makes plant-b need approval
LOOK_SECONDS, LOOKS = 0.7, 5  # how often what a line changed is looked for


@dataclass(frozen=True, slots=True)
class Playground:
    """An open world with its bot; ``url`` is that of the sandbox page and API."""

    world: World
    bot: Bot
    url: str


@contextlib.asynccontextmanager
async def playground(
    port: int, state: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Playground]:
    """Open the world on ``port`` and the next three, and a bot on the fourth (0: free ports).

    The environment overrides the world's settings, so that a real service can take the place of a
    stand-in; ``settings`` override both.
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
            world.on_reset.append(_store_cleaner(bot))
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


def _store_cleaner(bot: Bot) -> Callable[[], "asyncio.Future[None]"]:
    async def clear() -> None:
        """Empties the bot's store, whose records are about the world before the reset."""
        async for key in bot.store.redis.scan_iter("edfs:*"):
            await bot.store.redis.delete(key)
        bot.store.deliveries.forget_workspaces()

    return lambda: asyncio.ensure_future(clear())


async def play(port: int, *, headless: bool) -> None:
    """Run the sandbox until a signal, ``quit`` or the end of the input."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopped.set)
    with tempfile.TemporaryDirectory(prefix="edfs-bot-sandbox-") as state:
        async with playground(port, Path(state)) as sandbox:
            _print(f"Open {sandbox.url} in a browser: EDFS Bot and its world (Ctrl+C ends them).")
            _print(f"State: {sandbox.url}/sandbox/api/state")
            if headless:
                await stopped.wait()
            else:
                await _run_console(sandbox.world, stopped)


async def _run_console(world: World, stopped: asyncio.Event) -> None:
    _print('Try: alice #plant-ops /edfs toggle plant-a "SAP work orders"   (help says more)')
    lines = _lines(stopped)
    printer = Printer(world)
    while not stopped.is_set():
        try:
            line = await _next(lines, stopped)
            if line is None:
                return
            for shown in await run_line(world, line):
                _print(shown)
        except Quit:
            return
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_SECONDS)
            for line in printer.changes():
                _print(line)


def _lines(stopped: asyncio.Event) -> "asyncio.Queue[str | None]":
    """Read standard input in a separate thread; None marks its end."""
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
    reading = asyncio.ensure_future(lines.get())
    stopping = asyncio.ensure_future(stopped.wait())
    done, waiting = await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return reading.result() if reading in done else None


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
