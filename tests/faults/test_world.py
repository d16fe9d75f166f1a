"""What happens around a request: to the store, to Slack, by somebody outside."""

import pytest

from tests.faults.matrix import WORLD
from tests.faults.rows import Record, play, runs_of

FAULTS = WORLD


@pytest.mark.timeout(900)
async def test_a_world_that_moves(deep: bool, record_property: Record) -> None:
    await play(runs_of(FAULTS, deep=deep), record_property)
