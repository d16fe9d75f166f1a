"""``python3 run.py bench``: how long a select waits for its options. ``--check`` judges it too.

Each figure is the time of one block_suggestion over signed HTTP, as Slack would see it: signature,
Bolt, Redis, decrypting, matching. The bot is a process of its own (``edfs-bot run``), so is its
Valkey; this process holds the stand-ins and asks, one request after another.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bot.gateways.sealing import KeyRing
from bot.gateways.store.embedded import start
from bot.sandbox.world import World

ROOT = Path(__file__).resolve().parent.parent
REQUESTS, TIMERS, ITWINS, COLD_ROUNDS = 500, 10_000, 1_000, 5
BENTLEY_SECONDS = 0.3  # for each of its answers, where the cache is cold
WARM_LIMIT, COLD_LIMIT = 0.060, 1.5
LONGEST = 60.0
SEED = 20261129
PACKAGES = ("SAP_WORK_ORDERS", "MAXIMO_ASSETS", "SHAREPOINT_DOCUMENTS", "SQL_METERS")
PLACES = ("Pump house", "Substation", "Cooling tower", "Bridge deck", "Control room", "Gate")


@dataclass(frozen=True, slots=True)
class Figure:
    """``seconds`` of each request; ``limit`` is for the ``worst`` of them, or for p99."""

    name: str
    seconds: Sequence[float]
    limit: float
    worst: bool = False

    def at(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def holds(self) -> bool:
        return (max(self.seconds) if self.worst else self.at(0.99)) <= self.limit

    def __str__(self) -> str:
        figures = (self.at(0.5), self.at(0.9), self.at(0.99), max(self.seconds))
        shown = "".join(f"{1_000 * figure:9.1f}" for figure in figures)
        rule = f"{'max' if self.worst else 'p99'} <= {1_000 * self.limit:.0f}"
        verdict = "ok" if self.holds else "TOO SLOW"
        return f"{self.name:<44}{len(self.seconds):6}{shown}   {rule:<13}{verdict}"


@dataclass(frozen=True, slots=True)
class Bench:
    world: World
    redis: Redis
    big: str

    async def asks(self, action: str, typed: str) -> tuple[float, list[str]]:
        """Return the seconds it took, and what was offered."""
        ack = await self.world.suggests("alice", action, typed, {"edfs.itwin": self.big})
        if not ack.ok:
            raise SystemExit(f"bench: the bot answered {ack.status} {ack.body}")
        groups = ack.body.get("option_groups") or [ack.body]
        return ack.seconds, [one["value"] for group in groups for one in group["options"]]

    async def forget(self) -> None:
        async for key in self.redis.scan_iter("edfs:*:options:*"):
            await self.redis.delete(key)

    async def cold(self) -> tuple[Figure, Figure]:
        """The first opening of both selects, with nothing kept and a slow Bentley."""
        for operation in ("itwins", "favorites", "recents", "timers"):
            self.world.edfs.fail(operation, "slow_answer", seconds=BENTLEY_SECONDS, times=None)
        itwins, timers = [], []
        for _ in range(COLD_ROUNDS):
            await self.forget()
            for action, seconds in (("edfs.itwin", itwins), ("edfs.timer", timers)):
                took, offered = await self.asks(action, "")
                if len(offered) < 100:
                    raise SystemExit(f"bench: {action} offered only {offered}")
                seconds.append(took)
        self.world.edfs.clear_faults()
        return (
            Figure(f"cold: {ITWINS:,} iTwins, 300 ms an answer", itwins, COLD_LIMIT, worst=True),
            Figure(f"cold: {TIMERS:,} timers, 300 ms an answer", timers, COLD_LIMIT, worst=True),
        )

    async def warm(self, name: str, action: str, names: Sequence[str]) -> Figure:
        await self.asks(action, "")
        seconds = []
        for typed in texts(names):
            took, _ = await self.asks(action, typed)
            seconds.append(took)
        return Figure(name, seconds, WARM_LIMIT)


def texts(names: Sequence[str]) -> Iterator[str]:
    """What people type: nothing yet, beginnings, parts, two words, and what is not there."""
    dice = random.Random(SEED)
    for place in range(REQUESTS):
        name = dice.choice(names)
        begin = dice.randrange(len(name) - 3)
        words = name.split()
        yield (
            "",
            name[: dice.randint(1, 6)],
            name[begin : begin + 3],
            name,
            f"{words[-1]} {words[0]}",
            f"{name} not there",
        )[place % 6]


def furnish(world: World) -> tuple[str, list[str], list[str]]:
    """Fill EDFS; return the big iTwin's id, names of timers, and names of iTwins."""
    edfs = world.edfs
    big = edfs.put_itwin("Big plant", timers=TIMERS, people=["alice"])
    for number, timer in enumerate([t for t in edfs.timers.values() if t.itwin_id == big.id]):
        edfs.timers[timer.id] = replace(
            timer,
            name=f"{PLACES[number % 6]} {number:05d} nightly import",
            package=PACKAGES[number % 4],
            enabled=number % 10 > 0,
        )
    active = sum(itwin.status == "Active" for itwin in edfs.itwins.values())
    for number in range(ITWINS - active):
        edfs.put_itwin(f"{PLACES[number % 6]} site {number:04d}", number=f"ST-{number:04d}")
    timers = [timer.name for timer in edfs.timers.values() if timer.itwin_id == big.id]
    return big.id, timers, [itwin.name for itwin in edfs.itwins.values()]


def window() -> dict[str, Any]:
    """Both selects, as the chooser has them."""
    blocks = [
        {
            "type": "input",
            "label": {"type": "plain_text", "text": action},
            "element": {"type": "external_select", "action_id": action, "min_query_length": 0},
        }
        for action in ("edfs.itwin", "edfs.timer")
    ]
    title = {"type": "plain_text", "text": "Choose"}
    return {"type": "modal", "title": title, "submit": title, "blocks": blocks}


@contextlib.asynccontextmanager
async def bot_of(world: World, folder: Path) -> AsyncIterator[str]:
    """A bot and its store, connected to the world; give the store's address."""
    server = await start(folder)
    port, admin = free_port(), free_port()
    url = f"http://bot.localhost:{port}"
    environment = {
        **world.settings(url),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "REDIS_URL": server.url,
        "EDFS_BOT_KEYS": KeyRing.new_key(),
        "EDFS_BOT_BIND": f"127.0.0.1:{port}",
        "EDFS_BOT_ADMIN_BIND": f"127.0.0.1:{admin}",
    }
    process = started(environment, folder / "log")
    try:
        await listens(process, port, folder / "log")
        world.connect(url)
        yield server.url
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 15)
        await server.stop()


def started(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stderr=file
        )


async def listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    while True:  # LONGEST ends it
        if process.poll() is not None:
            raise SystemExit(f"bench: the bot ended\n{await asyncio.to_thread(log.read_text)}")
        with contextlib.suppress(OSError):
            _, there = await asyncio.open_connection("127.0.0.1", port)
            there.close()
            return
        await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


async def signs_in(world: World) -> None:
    await world.types("alice", "#plant-ops", "/edfs signin")
    await world.until(lambda: any("Sign in" in m.text for m in world.reads("alice")), seconds=10)
    page = await world.signs_in("alice")
    if "You are signed in" not in page:
        raise SystemExit(f"bench: {page}")


async def measured() -> list[Figure]:
    world = World()
    await world.open()
    try:
        with tempfile.TemporaryDirectory(prefix="edfs-bench-") as folder:
            big, timers, itwins = furnish(world)
            async with bot_of(world, Path(folder)) as url:
                await signs_in(world)
                world.slack.state.modals.open(world.person("alice"), window())
                async with Redis.from_url(url) as redis:
                    bench = Bench(world, redis, big)
                    warm_timers = f"warm: one block_suggestion, {TIMERS:,} timers"
                    warm_itwins = f"warm: one block_suggestion, {ITWINS:,} iTwins"
                    return [
                        *await bench.cold(),
                        await bench.warm(warm_timers, "edfs.timer", timers),
                        await bench.warm(warm_itwins, "edfs.itwin", itwins),
                    ]
    finally:
        await world.close()


async def bounded() -> list[Figure]:
    async with asyncio.timeout(LONGEST):
        return await measured()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is broken")
    parser.add_argument("--json", action="store_true", help="the figures as one line of JSON too")
    asked = parser.parse_args(arguments)
    try:
        figures = asyncio.run(bounded())
    except TimeoutError:
        print(f"bench: not done within {LONGEST:.0f} s")
        return 1
    columns = "".join(f"{column:>9}" for column in ("p50", "p90", "p99", "max"))
    print(f"{'milliseconds':<44}{'count':>6}{columns}   limit")
    for figure in figures:
        print(figure)
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(
        f"load of the machine's {os.cpu_count()} cores: {busy} (above their number, others run too)"
    )
    if asked.json:
        print(json.dumps({one.name: [one.at(0.5), one.at(0.99)] for one in figures}))
    return 1 if asked.check and not all(figure.holds for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
