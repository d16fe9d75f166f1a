"""Who may decide a request for approval, what makes it void, and the operation it becomes.

All of it is evaluated when somebody decides, with the policy as it is then and the timer as the
approver's own token has just read it.
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
    """The person about to decide. ``groups`` are those of the approvers' lists that they are in;
    ``subject`` is their iTwin account, empty when they are not signed in.
    """

    person: PersonId
    groups: frozenset[str]
    subject: str = ""


def objection(approval: Approval, ruling: Ruling, decider: Decider) -> Objection | None:
    """Return why this person may not decide the request, or None.

    They have to be on both lists of approvers: the one of the request, made when it was created,
    and the one of ``ruling``, made now.
    """
    own = decider.person == approval.requester
    if own and not (approval.self_approval and ruling.self_approval):
        return "own"
    if any(vote.by == decider.person for vote in approval.votes):
        return "voted"
    accounts = {vote.subject for vote in approval.votes}
    if not own:  # the decider may be the requester with a second Slack account
        accounts.add(approval.operation.acting.subject)
    if decider.subject in accounts:
        return "same_account"
    ids = {decider.person, *decider.groups}
    listed = approval.approvers is None or bool(ids & approval.approvers)
    requester = approval.requester
    if not listed or not may_approve(
        ruling, person=decider.person, groups=decider.groups, requester=requester
    ):
        return "not_listed"
    return None


def forbidden_now(approval: Approval, ruling: Ruling) -> bool:
    """Whether the current policy forbids what the request asks for, whoever approves it."""
    others_account = bool(ruling.approvals) and ruling.runs_as != approval.runs_as
    return bool(ruling.refused) or others_account


def stale_reason(approval: Approval, timer: Timer) -> Failure | None:
    """Return why the request does not apply to the timer as it is now, or None if it does."""
    operation = approval.operation
    if timer.definition() != operation.definition:
        changes = differences(operation.timer, operation.inputs, timer)
        return Failure(FailureKind.DEFINITION_CHANGED, details=changes)
    if operation.seen is None or timer.enabled is operation.seen.enabled:
        return None
    already = timer.enabled is operation.wanted
    return Failure(FailureKind.ALREADY_IN_STATE if already else FailureKind.STATE_CHANGED)


def approved_operation(approval: Approval, now: float, card: str = "") -> Operation:
    """Return the operation to start for an approved request.

    ``card`` is the ts of the request's message, which the operation takes over. ``now`` (unix
    seconds) is when its lifetime begins, because the wait for approval does not count.
    """
    draft, last = approval.operation, approval.votes[-1]
    operation = replace(
        draft,
        asked_at=now,
        origin=Origin(draft.origin.channel, card=card, thread=draft.origin.thread),
        approved=Approved(tuple(vote.by for vote in approval.votes), last.at, approval.digest),
    )
    if approval.runs_as == "requester" or last.by == approval.requester:
        return operation
    acting = ActingAccount(last.subject, last.label, "")
    return replace(operation, person=last.by, acting=acting, on_behalf_of=approval.requester)
