"""Sets of operations: their ids, and what changes their record."""

from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operation_sets import (
    Member,
    MemberShown,
    OperationSet,
    decided,
    due,
    member_id,
    touched,
    without_member,
)
from bot.core.operations.operation import Origin
from bot.core.timers import ITwin, Timer

ONE, OTHER = (
    Timer(TimerId(name), name, "SAP_ORDERS", "0 2 * * *", enabled=True) for name in ("t1", "t2")
)
SET = OperationSet(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=PersonId("U0ALICE"),
    account="alice@acme.example",
    itwin=ITwin(ITwinId("i1"), "plant-a"),
    wanted=False,
    members=(Member(ONE), Member(OTHER)),
    origin=Origin(ChannelId("C0HERE")),
    asked_at=1_000.0,
    expires_at=1_900.0,
)


def test_a_members_id_is_made_of_the_set_and_the_timer() -> None:
    made = {
        member_id(OperationId(of * 24), timer.id) for of in ("0", "1") for timer in (ONE, OTHER)
    }
    assert len(made) == 4
    assert member_id(SET.id, ONE.id) == member_id(SET.id, ONE.id)


def test_each_change_counts_the_version_up() -> None:
    assert touched(SET, 1_001.0).version == 1
    assert touched(SET, 1_001.0).changed_at == 1_001.0


def test_the_first_reason_to_leave_a_member_out_counts() -> None:
    once = without_member(SET, ONE.id, "busy", 1_001.0)
    assert [one.left_out for one in once.members] == ["busy", None]
    assert once.version == 1
    assert without_member(once, ONE.id, "state", 1_002.0) is once


def test_a_set_is_due_until_each_member_is_decided() -> None:
    assert due(SET) == SET.expires_at
    done = decided(SET, 1_001.0)
    assert due(done) is None
    assert decided(done, 1_002.0) is done


def test_a_member_that_was_not_started_has_ended_once_it_is_left_out() -> None:
    assert not MemberShown(Member(ONE)).ended
    assert MemberShown(Member(ONE, "busy")).ended
