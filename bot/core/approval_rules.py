"""Whose word counts on a request, what makes it void, and what it becomes when it is approved.

All of it is asked at the moment of the decision, of what was read then: the policy as it is now,
and the timer as the approver's own token has just shown it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from bot.core.approvals import Approval
from bot.core.names import PersonId
from bot.core.operations.operation import (
    ActingAccount,
    Approved,
    Failure,
    FailureKind,
    Operation,
    Origin,
)
from bot.core.policy.rules import Ruling, may_approve
from bot.core.timers import Timer, differences

Objection = Literal["own", "same_account", "not_listed", "voted"]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who is about to decide. ``groups`` are those of the approvers' lists that they are in;
    ``subject`` is their iTwin account, empty where nobody is signed in for them.
    """

    person: PersonId
    groups: frozenset[str]
    subject: str = ""


def objection(approval: Approval, ruling: Ruling, who: Decider) -> Objection | None:
    """Return why this person's word does not count, or None.

    Both lists have to name them: the one that stood when it was asked, and ``ruling``, the
    policy's as it is now.
    """
    own = who.person == approval.requester
    if own and not (approval.self_approval and ruling.self_approval):
        return "own"
    if any(vote.by == who.person for vote in approval.votes):
        return "voted"
    spoken = {vote.subject for vote in approval.votes}
    if not own:  # one human with two Slack accounts may be behind it
        spoken.add(approval.operation.acting.subject)
    if who.subject in spoken:
        return "same_account"
    ids = {who.person, *who.groups}
    listed = approval.approvers is None or bool(ids & approval.approvers)
    requester = approval.requester
    if not listed or not may_approve(
        ruling, person=who.person, groups=who.groups, requester=requester
    ):
        return "not_listed"
    return None


def forbidden_now(approval: Approval, ruling: Ruling) -> bool:
    """Whether the policy as it is now lets nothing come of it, whoever agrees."""
    others_account = bool(ruling.approvals) and ruling.runs_as != approval.runs_as
    return bool(ruling.refused) or others_account


def stale_reason(approval: Approval, timer: Timer) -> Failure | None:
    """Return why nothing can come of it, now that the timer reads so; None: something still can."""
    wish = approval.operation
    if timer.definition() != wish.definition:
        changes = differences(wish.timer, wish.inputs, timer)
        return Failure(FailureKind.DEFINITION_CHANGED, details=changes)
    if wish.seen is None or timer.enabled is wish.seen.enabled:
        return None
    already = timer.enabled is wish.wanted
    return Failure(FailureKind.ALREADY_IN_STATE if already else FailureKind.STATE_CHANGED)


def approved_operation(approval: Approval, now: float, card: str = "") -> Operation:
    """Return the operation that an approved request becomes; ``card`` is the message it goes on in.

    What it waited for is over: its life begins now.
    """
    wish, last = approval.operation, approval.votes[-1]
    operation = replace(
        wish,
        asked_at=now,
        origin=Origin(wish.origin.channel, card=card, thread=wish.origin.thread),
        approved=Approved(tuple(vote.by for vote in approval.votes), last.at, approval.digest),
    )
    if approval.runs_as == "requester" or last.by == approval.requester:
        return operation
    acting = ActingAccount(last.subject, last.label, "")
    return replace(operation, person=last.by, acting=acting, on_behalf_of=approval.requester)
