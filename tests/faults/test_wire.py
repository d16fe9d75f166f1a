"""What can happen to a request and its answer on the way."""

import pytest

from tests.faults.matrix import AFTER_EFFECT, WIRE, Fault
from tests.faults.rows import Record, play, runs_of

FAULTS = (*WIRE, *AFTER_EFFECT, Fault.SILENCE)


@pytest.mark.timeout(900)
async def test_a_wire_that_breaks(deep: bool, record_property: Record) -> None:
    await play(runs_of(FAULTS, deep=deep), record_property)
