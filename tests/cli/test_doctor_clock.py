"""`edfs-bot doctor` compares this machine's clock with the store's."""

from pathlib import Path

import pytest

from bot.cli.doctor import examine
from bot.sandbox.world import World
from bot.settings import read_settings
from tests.conftest import KEYS
from tests.world.clock import paced_clock


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (1.5, "ok    clock     agrees with the store's"),
        (2.6, "FAIL  clock     3 s ahead of the store's: keep both by NTP"),
        (-1_200.0, "FAIL  clock     1200 s behind the store's: keep both by NTP"),
    ],
)
async def test_the_clock_is_compared_with_the_stores(
    ahead: float, said: str, redis_url: str, tmp_path: Path
) -> None:
    clock = paced_clock()
    world = World(clock=paced_clock())
    await world.open()
    try:
        given = {
            **world.settings("http://bot.localhost:3000"),
            "EDFS_BOT_STATE_DIR": str(tmp_path),
            "REDIS_URL": redis_url,
            "EDFS_BOT_KEYS": KEYS,
        }
        checks = await examine(read_settings(given), lambda: clock.now() + ahead)
    finally:
        await world.close()
    assert [str(one) for one in checks if one.part == "clock"] == [said]
