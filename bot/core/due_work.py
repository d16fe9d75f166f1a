"""Follow-up work as a value: features and background jobs return it, ``jobs`` enqueues it."""

from dataclasses import dataclass

from bot.core.approvals import Stage
from bot.core.card_refs import CardRef
from bot.core.names import OperationId, PersonId
from bot.core.operation_sets import member_id
from bot.core.outcomes import (
    ApprovalRequested,
    OperationStarted,
    Outcome,
    RequestDecided,
    SeveralStarted,
)


@dataclass(frozen=True, slots=True)
class DueWork:
    """Operations to advance, cards to draw, and people whose App Home is to be refreshed.

    All of one workspace. A person who has not opened their Home lately needs no refresh; whoever
    carries it out looks that up.
    """

    operations: tuple[OperationId, ...] = ()
    cards: tuple[CardRef, ...] = ()
    homes: tuple[PersonId, ...] = ()

    def __add__(self, other: "DueWork") -> "DueWork":
        return DueWork(
            self.operations + other.operations,
            self.cards + other.cards,
            self.homes + other.homes,
        )


def due_after(outcome: Outcome) -> DueWork:
    """Return the work that an outcome leaves to be done."""
    match outcome:
        case OperationStarted(operation):
            review = (CardRef(operation.workspace, "approval", operation.id),)
            return DueWork((operation.id,), review if operation.emergency else ())
        case SeveralStarted(operation_set):
            members = tuple(
                member_id(operation_set.id, one.timer.id) for one in operation_set.members
            )
            return DueWork(
                members, (CardRef(operation_set.workspace, "operation-set", operation_set.id),)
            )
        case ApprovalRequested(approval) | RequestDecided(approval):
            ref = CardRef(approval.workspace, "approval", approval.id)
            started = approval.stage is Stage.APPROVED and not approval.review
            return DueWork((approval.id,) if started else (), (ref,))
        case _:
            return DueWork()
