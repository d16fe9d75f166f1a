"""When a request for approval is reminded of and when it ends, to the moment."""

from dataclasses import replace

import pytest

from bot.core.approvals import REMIND_AFTER, Expired, Reminded, after, due, reminder_at
from tests.slack.samples import NOW, ORDINARY, request

WAITING = request(ORDINARY)  # asked for at NOW


@pytest.mark.parametrize(("given", "minutes"), [(0, 15), (1, 45), (2, 105), (3, 225)])
def test_each_reminder_comes_after_twice_the_time(given: int, minutes: int) -> None:
    assert reminder_at(replace(WAITING, reminders=given)) == NOW + minutes * 60.0


def test_a_reminder_that_is_due_at_this_moment_is_given_with_the_one_before() -> None:
    second = NOW + 3 * REMIND_AFTER
    assert after(WAITING, Reminded(second - 0.001)).reminders == 1
    assert after(WAITING, Reminded(second)).reminders == 2


def test_a_request_is_due_at_its_end_where_that_is_before_its_next_reminder() -> None:
    first = NOW + REMIND_AFTER
    assert due(replace(WAITING, expires_at=first - 0.001)) == first - 0.001
    assert due(replace(WAITING, expires_at=first + 0.001)) == first


def test_a_request_that_has_expired_is_due_no_more() -> None:
    assert due(after(WAITING, Expired(WAITING.expires_at))) is None
