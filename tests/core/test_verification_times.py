"""When a lost answer is looked for again after a verification read that failed."""

from dataclasses import replace

import pytest

from bot.core.operations import events
from bot.core.operations.operation import Failure, FailureKind, Operation, State
from bot.core.operations.transitions import RETRY_LEAST, RETRY_MOST, after, retry_read_back_at
from tests.slack import samples

LOST_AT = 1_000.0


def lost() -> Operation:
    """An operation whose PATCH was not answered at ``LOST_AT``."""
    sending = replace(samples.operation(samples.ORDINARY), state=State.SENDING, attempts=1)
    return after(sending, events.ResponseLost(LOST_AT, Failure(FailureKind.UNCLEAR, why="timeout")))


QUIET_AT = LOST_AT + lost().timeouts.settle


@pytest.mark.parametrize("now", [QUIET_AT - RETRY_LEAST + 1, QUIET_AT - 5, QUIET_AT - 0.001])
def test_a_read_that_fails_is_not_put_off_past_the_quiet_time(now: float) -> None:
    assert retry_read_back_at(lost(), now) == QUIET_AT


@pytest.mark.parametrize(
    ("now", "pause"),
    [
        (LOST_AT + 1, RETRY_LEAST),
        (LOST_AT + 80, 20.0),
        (QUIET_AT, (QUIET_AT - LOST_AT) / 4),
        (LOST_AT + 86_400, RETRY_MOST),
    ],
)
def test_reads_that_fail_are_repeated_ever_more_rarely(now: float, pause: float) -> None:
    assert retry_read_back_at(lost(), now) == now + pause
