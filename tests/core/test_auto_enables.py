"""The return as a value: which arrows its picture has, and when it is due."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.auto_enables import (
    CHECK_SIGN_IN_BEFORE,
    ESCALATE_AFTER,
    AutoEnable,
    Closed,
    Escalated,
    Event,
    NeedsPerson,
    NoLongerScheduled,
    Phase,
    Postponed,
    SignInChecked,
    Started,
    after,
    due,
)
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Failure, FailureKind
from bot.core.timers import ITwin, Timer

NAME = OperationId("0" * 24)
NEXT = OperationId("1" * 24)
DAY = 86_400.0
NO = Failure(FailureKind.SIGN_IN_NEEDED)
SET = AutoEnable(
    id=NAME,
    workspace=Workspace("T1"),
    person=PersonId("U1"),
    subject="subject",
    itwin=ITwin(ITwinId("i"), "plant-a"),
    timer=Timer(TimerId("t"), "orders", "SAP", "0 2 * * *", enabled=False),
    channel=ChannelId("C1"),
    at=10 * DAY,
    scheduled_at=DAY,
    changed_at=DAY,
)
BRINGING = after(SET, Started(10 * DAY, NEXT))
ASKING = after(SET, NeedsPerson(10 * DAY, NO))
CLOSED = after(SET, Closed(10 * DAY, "kept_disabled"))

EVENTS: list[Event] = [
    SignInChecked(9 * DAY, sign_in_valid=False),
    Started(10 * DAY, NEXT),
    Postponed(10 * DAY, NO),
    NeedsPerson(10 * DAY, NO),
    Escalated(11 * DAY),
    Closed(11 * DAY, "already_enabled"),
]


@pytest.mark.parametrize(
    ("auto_enable", "event", "phase"),
    [
        (SET, Started(1, NEXT), Phase.ENABLING),
        (SET, Postponed(1, NO), Phase.SCHEDULED),
        (SET, NeedsPerson(1, NO), Phase.NEEDS_PERSON),
        (SET, Closed(1, "gone"), Phase.CLOSED),
        (BRINGING, Postponed(1, NO), Phase.SCHEDULED),
        (BRINGING, NeedsPerson(1, NO), Phase.NEEDS_PERSON),
        (BRINGING, Closed(1, "enabled"), Phase.CLOSED),
        (ASKING, Escalated(1), Phase.NEEDS_PERSON),
        (ASKING, Closed(1, "already_enabled"), Phase.CLOSED),
        (BRINGING, Started(1, NEXT), None),
        (ASKING, Started(1, NEXT), None),
        (ASKING, Postponed(1, NO), None),
    ],
)
def test_the_arrows(auto_enable: AutoEnable, event: Event, phase: Phase | None) -> None:
    if phase is None:
        with pytest.raises(NoLongerScheduled):
            after(auto_enable, event)
    else:
        following = after(auto_enable, event)
        assert following.phase is phase
        assert following.version == auto_enable.version + 1


@given(st.sampled_from(EVENTS))
def test_what_is_over_stays_over(event: Event) -> None:
    with pytest.raises(NoLongerScheduled):
        after(CLOSED, event)
    assert due(CLOSED) is None


@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_what_is_open_is_due_or_has_told_everybody(events: list[Event]) -> None:
    back = SET
    for event in events:
        try:
            back = after(back, event)
        except NoLongerScheduled:
            continue
    waits_for_a_person = back.phase is Phase.NEEDS_PERSON and back.escalated
    assert (due(back) is None) is (back.phase is Phase.CLOSED or waits_for_a_person)


def test_it_is_probed_a_day_before_only_where_it_lasts_longer() -> None:
    assert due(SET) == SET.at - CHECK_SIGN_IN_BEFORE
    assert due(after(SET, SignInChecked(9 * DAY, sign_in_valid=True))) == SET.at
    assert due(replace(SET, scheduled_at=9.5 * DAY)) == SET.at
    assert due(ASKING) == 10 * DAY + ESCALATE_AFTER
