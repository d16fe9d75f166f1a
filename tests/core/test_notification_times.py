"""Which reading after an operation's end is news, and how long news waits for more of it."""

from typing import Literal

import pytest

from bot.core.names import Workspace
from bot.core.notifications import (
    BATCH_SECONDS,
    BURST_SECONDS,
    MOST_IN_DIGEST,
    MOST_SINGLE,
    SPACING_SECONDS,
    ChangeThread,
    PendingEvent,
    batch_delay,
    batched,
    events_of,
    notification_of,
    with_events,
)
from bot.core.operations.operation import LateFinding, Observation, State
from tests.slack.samples import NOW, ORDINARY, ROOM, change_thread, event, operation

HOME = Workspace("T0HOME")
ENDED = operation(ORDINARY, state=State.APPLIED, seen=Observation(enabled=False, at=NOW))


@pytest.mark.parametrize("how", ["look", "answer"])
@pytest.mark.parametrize(
    ("read", "news"), [(False, ["disabled"]), (True, ["disabled", "reads_enabled"])]
)
def test_a_late_reading_is_news_only_where_it_disagrees(
    how: Literal["look", "answer"], read: bool, news: list[str]
) -> None:
    looked = operation(
        ORDINARY, state=ENDED.state, seen=ENDED.seen, late_finding=LateFinding(NOW + 330, read, how)
    )
    assert [one.kind for one in events_of(looked)] == news


def stories(count: int) -> tuple[ChangeThread, ...]:
    return tuple(change_thread(ORDINARY, ("disabled",), place) for place in range(count))


@pytest.mark.parametrize(
    ("waiting", "made", "sizes"),
    [
        (MOST_SINGLE, 0, [1] * MOST_SINGLE),
        (MOST_SINGLE + 1, 0, [MOST_SINGLE + 1]),
        (1, MOST_SINGLE - 1, [1]),
        (2, MOST_SINGLE - 1, [2]),
        (MOST_IN_DIGEST, 0, [MOST_IN_DIGEST]),
        (MOST_IN_DIGEST + 1, 0, [MOST_IN_DIGEST, 1]),
    ],
)
def test_stories_are_told_together_from_the_first_that_is_too_many(
    waiting: int, made: int, sizes: list[int]
) -> None:
    assert [len(message) for message in batched(stories(waiting), made)] == sizes


def test_news_waits_longer_from_the_message_that_makes_a_burst() -> None:
    assert batch_delay(MOST_SINGLE - 1) == BATCH_SECONDS
    assert batch_delay(MOST_SINGLE) == BURST_SECONDS


def test_a_notification_that_grows_waits_for_more_before_it_is_edited() -> None:
    (first,) = stories(1)
    notice = notification_of(HOME, ROOM, (first,), NOW, place=0)
    more = PendingEvent(first.root, first.itwin, first.timer, event(ORDINARY, "enabled", 1))
    assert notice.draw_at == NOW
    assert with_events(notice, [more], NOW + 5).draw_at == NOW + 5 + BATCH_SECONDS


def test_messages_of_one_moment_are_spaced_as_slack_takes_them() -> None:
    (first,) = stories(1)
    at = [notification_of(HOME, ROOM, (first,), NOW, place).draw_at for place in range(3)]
    assert at == [NOW, NOW + SPACING_SECONDS, NOW + 2 * SPACING_SECONDS]
