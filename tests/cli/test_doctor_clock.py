"""`edfs-bot doctor` compares this machine's clock with the store's."""

import re
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
        (1.5, r"ok    clock     agrees with the store's"),
        (2.6, r"FAIL  clock     2\.\d s ahead of the store's: keep both by NTP"),
        (-1_200.0, r"FAIL  clock     1[12]\d\d s behind the store's: keep both by NTP"),
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
    (check,) = (str(one) for one in checks if one.part == "clock")
    assert re.fullmatch(said, check), check
