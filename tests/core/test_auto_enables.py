"""The return as a value: which arrows its picture has, and when it is due."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.auto_enables import (
    ESCALATE_AFTER,
    PROBE_BEFORE,
    Asked,
    Brought,
    Closed,
    Delayed,
    Escalated,
    Event,
    Over,
    Phase,
    Probed,
    Return,
    after,
    due,
)
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Trouble
from bot.core.timers import ITwin, Timer

NAME = OperationId("0" * 24)
NEXT = OperationId("1" * 24)
DAY = 86_400.0
NO = Trouble("SignInNeeded")
SET = Return(
    id=NAME,
    workspace=Workspace("T1"),
    person=PersonId("U1"),
    subject="subject",
    itwin=ITwin(ITwinId("i"), "plant-a"),
    timer=Timer(TimerId("t"), "orders", "SAP", "0 2 * * *", enabled=False),
    channel=ChannelId("C1"),
    at=10 * DAY,
    set_at=DAY,
    changed_at=DAY,
)
BRINGING = after(SET, Brought(10 * DAY, NEXT))
ASKING = after(SET, Asked(10 * DAY, NO))
CLOSED = after(SET, Closed(10 * DAY, "kept"))

EVENTS: list[Event] = [
    Probed(9 * DAY, consents=False),
    Brought(10 * DAY, NEXT),
    Delayed(10 * DAY, NO),
    Asked(10 * DAY, NO),
    Escalated(11 * DAY),
    Closed(11 * DAY, "already"),
]


@pytest.mark.parametrize(
    ("back", "event", "phase"),
    [
        (SET, Brought(1, NEXT), Phase.BRINGING),
        (SET, Delayed(1, NO), Phase.SET),
        (SET, Asked(1, NO), Phase.ASKING),
        (SET, Closed(1, "gone"), Phase.CLOSED),
        (BRINGING, Delayed(1, NO), Phase.SET),
        (BRINGING, Asked(1, NO), Phase.ASKING),
        (BRINGING, Closed(1, "returned"), Phase.CLOSED),
        (ASKING, Escalated(1), Phase.ASKING),
        (ASKING, Closed(1, "already"), Phase.CLOSED),
        (BRINGING, Brought(1, NEXT), None),
        (ASKING, Brought(1, NEXT), None),
        (ASKING, Delayed(1, NO), None),
    ],
)
def test_the_arrows(back: Return, event: Event, phase: Phase | None) -> None:
    if phase is None:
        with pytest.raises(Over):
            after(back, event)
    else:
        following = after(back, event)
        assert following.phase is phase
        assert following.version == back.version + 1


@given(st.sampled_from(EVENTS))
def test_what_is_over_stays_over(event: Event) -> None:
    with pytest.raises(Over):
        after(CLOSED, event)
    assert due(CLOSED) is None


@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_what_is_open_is_due_or_has_told_everybody(events: list[Event]) -> None:
    back = SET
    for event in events:
        try:
            back = after(back, event)
        except Over:
            continue
    waits_for_a_person = back.phase is Phase.ASKING and back.escalated
    assert (due(back) is None) is (back.phase is Phase.CLOSED or waits_for_a_person)


def test_it_is_probed_a_day_before_only_where_it_lasts_longer() -> None:
    assert due(SET) == SET.at - PROBE_BEFORE
    assert due(after(SET, Probed(9 * DAY, consents=True))) == SET.at
    assert due(replace(SET, set_at=9.5 * DAY)) == SET.at
    assert due(ASKING) == 10 * DAY + ESCALATE_AFTER
