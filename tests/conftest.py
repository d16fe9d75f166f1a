"""One fixture for conversations: the world, with a bot that lives in it, over a real Valkey."""

import asyncio
import contextlib
import functools
import gc
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
import structlog

from bot.app import Bot, open_bot
from bot.gateways import store
from bot.gateways.sealing import KeyRing
from bot.sandbox.world import World
from bot.settings import read_settings
from bot.web import serving
from tests.faults.table import pytest_terminal_summary
from tests.world import recording
from tests.world.clock import PacedLoop, paced_clock
from tests.world.ports import kept_port
from tests.world.story import Story
from tests.world.valkey import Valkey

__all__ = ["living", "pytest_terminal_summary"]

KEYS = KeyRing.new_key()
KNOWN_KEY = re.compile(r"^    (edfs[:-]\S+)", re.MULTILINE)


# Thousands of tests are collected first and live to the end: the garbage collector need not look
# through them again and again.
gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="the slower, deeper runs")
    parser.addoption("--record", metavar="FILE", help="keep what Slack is sent, as JSON lines")
    parser.addoption("--write-docs", action="store_true", help="write the documents made from code")


def pytest_configure(config: pytest.Config) -> None:
    recording.begin(config)
    # How fast examples are made and tried is the machine's matter.
    hypothesis.settings.register_profile(
        "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("house")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Have tests run in a loop whose timeouts do not depend on how busy the machine is."""
    del config
    if item.path.parent.name == "deep":
        return {"real": asyncio.SelectorEventLoop}
    return {"paced": PacedLoop}


def pytest_unconfigure(config: pytest.Config) -> None:
    recording.end(config)


# What takes longest comes first, shared out among the workers, so that none of it is left at last.
LONGEST = (
    *(
        "tests/world/test_kills.py",
        "tests/world/test_replicas.py",
        "tests/slack/test_signature.py",
        "tests/faults/",
    ),
    *("tests/world/test_shutdown.py", "tests/engine/", "tests/world/test_auto_enables_load.py"),
    "tests/world/test_recording.py",
)
BROWSER = "tests/browser/"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for ``--deep``, and begin with what takes longest.

    Each worker begins with a stretch of the list; the rest of it stays in its random order.
    """
    if not config.getoption("--deep"):
        for item in items:
            if item.get_closest_marker("deep"):
                item.add_marker(pytest.mark.skip(reason="only with --deep"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    pages = [item for item in items if item.nodeid.startswith(BROWSER)]
    long = [item for item in items if item.nodeid.startswith(LONGEST)]
    long.sort(key=lambda item: [item.nodeid.startswith(one) for one in LONGEST], reverse=True)
    rest = [item for item in items if not item.nodeid.startswith((BROWSER, *LONGEST))]
    stretch = -(-len(items) // workers)
    # One worker has all of the browser's, so that one browser is started.
    others = workers - 1
    shares = (
        [pages, *(long[other::others] for other in range(others))] if others else [pages + long]
    )
    ordered: list[pytest.Item] = []
    for mine in shares:
        room = max(0, stretch - len(mine))
        ordered += [*mine, *rest[:room]]
        rest = rest[room:]
    items[:] = [*ordered, *rest]


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Keeps a payload under a name in the file of ``--record``; without one, nothing."""
    recorder = recording.recorder_of(request.config)
    return recorder.keep if recorder else lambda *_: None


@pytest.fixture(scope="session")
def deep(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--deep"))


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Whatever a test did to the log, the next one finds it as it is by default."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="edfs-test-") as directory,
        Valkey(Path(directory)) as v,
    ):
        yield v


@pytest.fixture
def redis_url(valkey: Valkey) -> Iterator[str]:
    """An empty store; after the test every key in it must be one that the store's list names."""
    with contextlib.closing(redis.Redis.from_url(valkey.url)) as client:
        client.flushall()
        yield valkey.url
        left = [key.decode() for key in client.scan_iter("*")]
    strange = [key for key in left if not any(known.fullmatch(key) for known in known_keys())]
    assert not strange, f"keys that the store's docstring does not name: {strange}"


@functools.cache
def known_keys() -> list[re.Pattern[str]]:
    """Read the patterns of the store's docstring: ``<…>`` stands for any word."""
    patterns = []
    for name in KNOWN_KEY.findall(store.__doc__ or ""):
        escaped = re.escape(name).replace(r"\*", ".*")
        patterns.append(re.compile(re.sub(r"<[^>]+>", "[^:]+", escaped)))
    return patterns


@contextlib.asynccontextmanager
async def living(
    world: World, redis_url: str, *, socket_mode: bool = False, **settings: str
) -> AsyncIterator[Bot]:
    """Open a bot in the world, as its settings say, and connect the two."""
    async with contextlib.AsyncExitStack() as stack:
        port = stack.enter_context(kept_port())  # it stands in the settings, so it comes first
        bot_url = f"http://bot.localhost:{port}"
        given = {
            **world.settings(bot_url, socket_mode=socket_mode),
            "REDIS_URL": redis_url,
            "EDFS_BOT_KEYS": KEYS,
            "EDFS_BOT_SETTLE": "0.5",
            "EDFS_BOT_EDFS_TIMEOUT": "2",
            **settings,
        }
        bot = await stack.enter_async_context(open_bot(read_settings(given), world.clock.now))
        await stack.enter_async_context(serving(bot.public, "127.0.0.1", port))
        world.connect(bot_url)
        yield bot


@pytest.fixture
async def story(redis_url: str) -> AsyncIterator[Story]:
    """The world and the bot, over signed HTTP."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url) as bot:
            yield Story(world, bot)
    finally:
        await world.close()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The policy file of ``ruled``; write to it to change the policy while the bot runs."""
    path = tmp_path / "policy.toml"
    path.write_text("[defaults]\n")
    return path


@pytest.fixture
async def ruled(redis_url: str, policy: Path) -> AsyncIterator[Story]:
    """The world and a bot with a policy."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url, EDFS_BOT_POLICY=str(policy)) as bot:
            yield Story(world, bot)
    finally:
        await world.close()


@pytest.fixture
def own() -> Iterator[Valkey]:
    """A store that this one test may stop."""
    with tempfile.TemporaryDirectory(prefix="edfs-own-") as directory, Valkey(Path(directory)) as v:
        yield v


@pytest.fixture
async def own_story(own: Valkey) -> AsyncIterator[Story]:
    """The world and the bot over that store."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, own.url) as bot:
            yield Story(world, bot)
    finally:
        await world.close()
