"""The state machine of returns: every arrow of its picture, and nothing besides."""

import itertools
from dataclasses import replace

import pytest

from bot.core.auto_enables import (
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
from bot.core.operations.operation import Failure
from bot.core.timers import ITwin, Timer

SET_AT, DUE_AT, NOW = 1_000.0, 2_000.0, 2_001.0
OPERATION = OperationId("1" * 24)
TROUBLE = Failure("SignInNeeded")
BEFORE = AutoEnable(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=PersonId("U0ALICE"),
    subject="sub-alice",
    itwin=ITwin(ITwinId("i1"), "plant-a"),
    timer=Timer(TimerId("t1"), "SAP work orders", "SAP", "0 2 * * *", enabled=False),
    channel=ChannelId("C0PLANT"),
    at=DUE_AT,
    scheduled_at=SET_AT,
    changed_at=SET_AT,
    version=3,
)
EVENTS: dict[str, Event] = {
    "probed": SignInChecked(NOW, sign_in_valid=False),
    "brought": Started(NOW, OPERATION),
    "delayed": Postponed(NOW, TROUBLE),
    "asked": NeedsPerson(NOW, TROUBLE),
    "escalated": Escalated(NOW),
    "closed": Closed(NOW, "kept"),
}
TABLE = {
    (Phase.SCHEDULED, "probed"): Phase.SCHEDULED,
    (Phase.SCHEDULED, "brought"): Phase.ENABLING,
    (Phase.SCHEDULED, "delayed"): Phase.SCHEDULED,
    (Phase.SCHEDULED, "asked"): Phase.NEEDS_PERSON,
    (Phase.SCHEDULED, "closed"): Phase.CLOSED,
    (Phase.ENABLING, "delayed"): Phase.SCHEDULED,
    (Phase.ENABLING, "asked"): Phase.NEEDS_PERSON,
    (Phase.ENABLING, "closed"): Phase.CLOSED,
    (Phase.NEEDS_PERSON, "escalated"): Phase.NEEDS_PERSON,
    (Phase.NEEDS_PERSON, "closed"): Phase.CLOSED,
}


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, EVENTS)))
def test_every_arrow_that_the_picture_lacks_is_refused(phase: Phase, event: str) -> None:
    before = replace(BEFORE, phase=phase)
    wanted = TABLE.get((phase, event))
    if wanted is None:
        with pytest.raises(NoLongerScheduled):
            after(before, EVENTS[event])
        return
    following = after(before, EVENTS[event])
    assert following.phase is wanted
    assert following.version == 4


def test_a_return_whose_job_died_is_looked_at_again_within_a_minute() -> None:
    under_way = after(BEFORE, Started(NOW, OPERATION))
    again = due(under_way)
    assert again is not None
    assert NOW < again <= NOW + 60.0
