"""The embedded server: it starts, stores, is shared by a second bot, and ends with its bot."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.core.errors import StoreUnreachable
from bot.gateways.store.embedded import EmbeddedServer, start
from tests.world.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from bot.gateways.store.embedded import start

async def main() -> None:
    server = await start(Path(sys.argv[1]))
    client = Redis.from_url(server.url)
    await client.set("name", "by the killed one")
    await client.aclose()
    print(server.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def put(server: EmbeddedServer, value: str) -> None:
    client = Redis.from_url(server.url)
    await client.set("name", value)
    await client.aclose()


async def get(server: EmbeddedServer) -> str | None:
    client = Redis.from_url(server.url)
    try:
        value: bytes | None = await client.get("name")
    finally:
        await client.aclose()
    return None if value is None else value.decode()


async def test_its_data_survives_a_stop(tmp_path: Path) -> None:
    server = await start(tmp_path)
    assert server.process is not None
    await put(server, "over the night")
    await server.stop()
    assert server.process.returncode == 0

    again = await start(tmp_path)
    try:
        assert again.url == server.url
        assert await get(again) == "over the night"
    finally:
        await again.stop()


async def test_a_second_start_uses_the_running_server_and_does_not_stop_it(tmp_path: Path) -> None:
    server = await start(tmp_path)
    try:
        second = await start(tmp_path)
        assert second.process is None
        await put(second, "by the second")
        await second.stop()
        assert await get(server) == "by the second"
    finally:
        await server.stop()


async def test_two_directories_have_two_servers(tmp_path: Path) -> None:
    one, two = await asyncio.gather(start(tmp_path / "one"), start(tmp_path / "two"))
    try:
        await put(one, "in one")
        assert one.url != two.url
        assert await get(two) is None
    finally:
        await asyncio.gather(one.stop(), two.stop())


async def test_only_its_user_can_reach_it(tmp_path: Path) -> None:
    server = await start(tmp_path)
    try:
        socket = Path(server.url.removeprefix("unix://"))
        assert socket.stat().st_mode & 0o777 == 0o700  # noqa: ASYNC240
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert server.directory.stat().st_mode & 0o077 == 0
    finally:
        await server.stop()


async def test_a_socket_left_by_a_killed_server_is_replaced(tmp_path: Path) -> None:
    server = await start(tmp_path)
    assert server.process is not None
    server.process.kill()
    await server.process.wait()
    again = await start(tmp_path)
    await again.stop()
    assert again.process is not None


async def test_the_error_says_why_it_did_not_start(tmp_path: Path) -> None:
    broken = tmp_path / "store" / "valkey-9" / "appendonlydir"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a folder")
    with pytest.raises(StoreUnreachable, match=r"did not start: .*appendonlydir"):
        await start(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does this on Linux only")
async def test_the_server_of_a_killed_bot_ends_and_its_data_stays(tmp_path: Path) -> None:
    parent = subprocess.Popen(  # noqa: S603, ASYNC220 - our own script, killed below
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    try:
        server = int(await asyncio.to_thread(parent.stdout.readline))
        assert is_running(server)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    await until(lambda: not is_running(server), "the server outlived the bot")

    again = await start(tmp_path)
    try:
        assert again.process is not None
        assert await get(again) == "by the killed one"
    finally:
        await again.stop()


def is_running(process: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
