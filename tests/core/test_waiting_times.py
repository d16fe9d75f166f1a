"""A limit's waiting time as it is told later: what is left of it, and nothing once it is over."""

import pytest

from bot.core.errors import RateLimited
from bot.core.operations.failures import error_from, failure_from
from bot.slack.views.blocks import fallback_text
from bot.slack.views.errors import error_text
from bot.slack.views.options import unavailable

SAID_AT, WAIT = 1_000.0, 60.0
KEPT = failure_from(RateLimited(operation="toggle", retry_after=WAIT), SAID_AT)


@pytest.mark.parametrize(
    ("now", "left"),
    [(SAID_AT, 60.0), (SAID_AT + 59, 1.0), (SAID_AT + WAIT, 0.0), (SAID_AT + 3_600, 0.0)],
)
def test_what_is_left_of_a_wait_is_never_negative(now: float, left: float) -> None:
    error = error_from(KEPT, now)
    assert isinstance(error, RateLimited)
    assert error.retry_after == left


def test_who_reads_of_a_wait_that_is_over_is_not_sent_back_in_time() -> None:
    now = SAID_AT + 3_600
    said = fallback_text(*error_text(error_from(KEPT, now), now).step)
    assert f"You can try again <!date^{int(now)}^" in said


@pytest.mark.parametrize(
    ("left", "said"), [(60.4, "60 s"), (1.2, "1 s"), (0.2, "1 s"), (0.0, "1 s"), (-3_540.0, "1 s")]
)
def test_a_select_never_tells_a_wait_of_no_or_negative_seconds(left: float, said: str) -> None:
    options = unavailable(RateLimited(operation="timers", retry_after=left), timers=True)
    assert f"type again in {said}" in str(options)
