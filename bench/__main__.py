"""``python3 run.py bench``: measures the options of selects. ``--check`` fails above the limits.

Each figure is the time of one block_suggestion over signed HTTP, as Slack measures it: signature,
Bolt, Redis, decryption and matching. The bot (``edfs-bot run``) and its Valkey are separate
processes; this process runs the stand-ins and sends one request after another.
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
BENTLEY_SECONDS = 0.3  # latency of each answer of EDFS, where the cache is cold
WARM_LIMIT, COLD_LIMIT = 0.060, 1.5
TIME_LIMIT = 60.0
SEED = 20261129
PACKAGES = ("SAP_WORK_ORDERS", "MAXIMO_ASSETS", "SHAREPOINT_DOCUMENTS", "SQL_METERS")
PLACES = ("Pump house", "Substation", "Cooling tower", "Bridge deck", "Control room", "Gate")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure series; ``limit`` in seconds applies to the maximum (``worst``) or to p99."""

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

    async def suggest(self, action: str, typed: str) -> tuple[float, list[str]]:
        """Return the seconds of one block_suggestion, and the values of its options."""
        ack = await self.world.suggests("alice", action, typed, {"edfs.itwin": self.big})
        if not ack.ok:
            raise SystemExit(f"bench: the bot answered {ack.status} {ack.body}")
        groups = ack.body.get("option_groups") or [ack.body]
        return ack.seconds, [one["value"] for group in groups for one in group["options"]]

    async def clear_cache(self) -> None:
        async for key in self.redis.scan_iter("edfs:*:options:*"):
            await self.redis.delete(key)

    async def cold(self) -> tuple[Figure, Figure]:
        """Measure both selects with an empty cache and a slow EDFS."""
        for operation in ("itwins", "favorites", "recents", "timers"):
            self.world.edfs.fail(operation, "slow_answer", seconds=BENTLEY_SECONDS, times=None)
        itwins, timers = [], []
        for _ in range(COLD_ROUNDS):
            await self.clear_cache()
            for action, seconds in (("edfs.itwin", itwins), ("edfs.timer", timers)):
                elapsed, offered = await self.suggest(action, "")
                if len(offered) < 100:
                    raise SystemExit(f"bench: {action} offered only {offered}")
                seconds.append(elapsed)
        self.world.edfs.clear_faults()
        return (
            Figure(f"cold: {ITWINS:,} iTwins, 300 ms an answer", itwins, COLD_LIMIT, worst=True),
            Figure(f"cold: {TIMERS:,} timers, 300 ms an answer", timers, COLD_LIMIT, worst=True),
        )

    async def warm(self, name: str, action: str, names: Sequence[str]) -> Figure:
        await self.suggest(action, "")
        seconds = []
        for typed in texts(names):
            elapsed, _ = await self.suggest(action, typed)
            seconds.append(elapsed)
        return Figure(name, seconds, WARM_LIMIT)


def texts(names: Sequence[str]) -> Iterator[str]:
    """Typed texts: empty, prefixes, parts, whole names, swapped words, and no matches."""
    rng = random.Random(SEED)
    for place in range(REQUESTS):
        name = rng.choice(names)
        begin = rng.randrange(len(name) - 3)
        words = name.split()
        yield (
            "",
            name[: rng.randint(1, 6)],
            name[begin : begin + 3],
            name,
            f"{words[-1]} {words[0]}",
            f"{name} not there",
        )[place % 6]


def fill_edfs(world: World) -> tuple[str, list[str], list[str]]:
    """Fill EDFS; return the id of the big iTwin, its timers' names, and the iTwins' names."""
    edfs = world.edfs
    big = edfs.state.put_itwin("Big plant", timers=TIMERS, people=["alice"])
    for number, timer in enumerate([t for t in edfs.state.timers.values() if t.itwin_id == big.id]):
        edfs.state.timers[timer.id] = replace(
            timer,
            name=f"{PLACES[number % 6]} {number:05d} nightly import",
            package=PACKAGES[number % 4],
            enabled=number % 10 > 0,
        )
    active = sum(itwin.status == "Active" for itwin in edfs.state.itwins.values())
    for number in range(ITWINS - active):
        edfs.state.put_itwin(f"{PLACES[number % 6]} site {number:04d}", number=f"ST-{number:04d}")
    timers = [timer.name for timer in edfs.state.timers.values() if timer.itwin_id == big.id]
    return big.id, timers, [itwin.name for itwin in edfs.state.itwins.values()]


def window() -> dict[str, Any]:
    """A modal with both selects of the chooser."""
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
    """Run a bot with its store, connected to the world; yield the store's URL."""
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
    process = start_bot(environment, folder / "log")
    try:
        await wait_until_listening(process, port, folder / "log")
        world.connect(url)
        yield server.url
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 15)
        await server.stop()


def start_bot(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stderr=file
        )


async def wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    while True:  # TIME_LIMIT ends it
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
    while not any("Sign in" in m.text for m in world.reads("alice")):  # noqa: ASYNC110 - LONGEST
        await asyncio.sleep(0.02)
    page = await world.signs_in("alice")
    if "You are signed in" not in page:
        raise SystemExit(f"bench: {page}")


async def measure() -> list[Figure]:
    world = World()
    await world.open()
    try:
        with tempfile.TemporaryDirectory(prefix="edfs-bench-") as folder:
            big, timers, itwins = fill_edfs(world)
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


async def measure_in_time() -> list[Figure]:
    async with asyncio.timeout(TIME_LIMIT):
        return await measure()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is broken")
    parser.add_argument("--json", action="store_true", help="the figures as one line of JSON too")
    asked = parser.parse_args(arguments)
    try:
        figures = asyncio.run(measure_in_time())
    except TimeoutError:
        print(f"bench: not done within {TIME_LIMIT:.0f} s")
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
