"""What Bentley may answer in the place of doing it."""

import pytest

from tests.faults.matrix import LIMITS, UNAUTHORIZED, Fault
from tests.faults.rows import Record, play, runs_of

FAULTS = (Fault.SERVER_ERROR, *UNAUTHORIZED, *LIMITS)


@pytest.mark.timeout(900)
async def test_an_answer_that_refuses(deep: bool, record_property: Record) -> None:
    await play(runs_of(FAULTS, deep=deep), record_property)
