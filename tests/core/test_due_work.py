"""Due work: the sum of two, and what each outcome leaves to be done."""

from dataclasses import replace

import pytest

from bot.core.approvals import Approval, Stage
from bot.core.card_refs import CardRef
from bot.core.due_work import DueWork, due_after
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import ActingAccount, Operation, Origin
from bot.core.outcomes import (
    ApprovalRequested,
    Duplicate,
    OperationStarted,
    Outcome,
    RequestDecided,
)
from bot.core.timers import ITwin, Timer

ALICE = PersonId("U0ALICE")
OPERATION = Operation(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=ALICE,
    acting=ActingAccount("sub-alice", "Alice", "alice@acme.example"),
    verb="disable",
    itwin=ITwin(ITwinId("i1"), "plant-a"),
    timer=Timer(TimerId("t1"), "SAP", "SAP_ORDERS", "0 2 * * *", enabled=True),
    definition="d",
    wanted=False,
    origin=Origin(ChannelId("C0HERE")),
    asked_at=1_000.0,
)
REQUEST = Approval(
    operation=OPERATION,
    review=False,
    needed=1,
    approvers=None,
    self_approval=False,
    runs_as="requester",
    expires_at=30_000.0,
    channel=ChannelId("C0APPROVALS"),
)
APPROVED = replace(REQUEST, stage=Stage.APPROVED)
REVIEWED = replace(APPROVED, review=True)
CARD = CardRef(OPERATION.workspace, "approval", OPERATION.id)
OUTCOMES: list[tuple[Outcome, DueWork]] = [
    (OperationStarted(OPERATION), DueWork((OPERATION.id,))),
    (
        OperationStarted(replace(OPERATION, emergency=True)),
        DueWork((OPERATION.id,), (CARD,)),
    ),
    (ApprovalRequested(REQUEST), DueWork(cards=(CARD,))),
    (RequestDecided(APPROVED, "approve"), DueWork((OPERATION.id,), (CARD,))),
    (RequestDecided(REVIEWED, "approve"), DueWork(cards=(CARD,))),
    (Duplicate(OPERATION), DueWork()),
]


@pytest.mark.parametrize(("outcome", "due"), OUTCOMES)
def test_what_an_outcome_leaves_to_be_done(outcome: Outcome, due: DueWork) -> None:
    assert due_after(outcome) == due


def test_the_sum_keeps_the_order_of_both() -> None:
    other, bob = OperationId("1" * 24), PersonId("U0BOB")
    one = DueWork((OPERATION.id,), (CARD,), (ALICE,))
    assert one + DueWork() == one
    assert one + DueWork((other,), (), (bob,)) == DueWork(
        (OPERATION.id, other), (CARD,), (ALICE, bob)
    )
