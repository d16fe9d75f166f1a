"""Checks again, under the timer's lock and just before the PATCH, that an operation is allowed.

The engine has read the timer just before: its definition is unchanged, and it is not yet in the
wanted state. All else is read afresh here; while Slack does not answer, the operation waits.
"""

from dataclasses import dataclass

from bot.core.approval_rules import forbidden_now
from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import Phase
from bot.core.change_requests import ruling_for
from bot.core.errors import PersonRefused
from bot.core.names import OperationId, PersonId
from bot.core.operations.operation import Approved, Failure, FailureKind, Operation
from bot.core.people import refusal
from bot.core.policy.rules import Ruling, may_approve
from bot.features.open_requests import approver_groups
from bot.gateways.gateways import Gateways, policy_groups


@dataclass(frozen=True, slots=True)
class Reauthorization:
    """The engine calls it for each operation, between the lock and the permit."""

    gateways: Gateways

    async def __call__(self, operation: Operation) -> Failure | None:
        """Return why the operation is not allowed any more, or None.

        Raises PersonRefused("unchecked"), StoreUnreachable and SealBroken.
        """
        why = await self._revoked_because(operation)
        return Failure(FailureKind.AUTHORIZATION_REVOKED, why=why) if why else None

    async def _revoked_because(self, operation: Operation) -> str:
        """Return the reason of an AuthorizationRevoked, or an empty text."""
        if operation.approved is not None:
            return await self._since_approval(operation, operation.approved)
        if operation.auto_enables is not None:  # approving the disabling has approved its end too
            if not await self._is_still_scheduled(operation, operation.auto_enables):
                return "auto_enable"
            return "policy" if (await self._ruling(operation)).refused else ""
        ruling = await self._ruling(operation)
        more = ruling.approvals and not (operation.emergency and ruling.emergency)
        return "policy" if ruling.refused or more else ""

    async def _is_still_scheduled(self, operation: Operation, auto_enables: OperationId) -> bool:
        """Whether the timer's end was neither changed nor removed meanwhile."""
        store = self.gateways.store.auto_enables
        auto_enable = await store.read(operation.workspace, auto_enables)
        if auto_enable is None or auto_enable.phase is Phase.CLOSED:
            return False
        itwin, timer = operation.itwin.id, operation.timer.id
        return await store.holder(operation.workspace, itwin, timer) == auto_enables

    async def _since_approval(self, operation: Operation, approved: Approved) -> str:
        approval = await self._approval(operation, approved)
        if approval is None:
            return "request"
        if operation.seen is not None and operation.seen.enabled is operation.wanted:
            return "state"  # in the wanted state when it was approved, and changed by others since
        if not await self._may_use(approval.requester):
            return "requester"
        account = await self.gateways.ims.account(approval.workspace, approval.requester)
        if account is None or account.subject != approval.operation.acting.subject:
            return "account"
        ruling = await self._ruling(operation)
        if forbidden_now(approval, ruling) or ruling.approvals > len(approved.by):
            return "policy"
        for person in approved.by:
            if not await self._may_still_approve(person, approval, ruling):
                return "approver"
        return ""

    async def _approval(self, operation: Operation, approved: Approved) -> Approval | None:
        """Return the approved request, if it is the very one that the operation names."""
        read = self.gateways.store.approvals.read
        approval = await read(operation.workspace, operation.id)
        if approval is None or approval.stage is not Stage.APPROVED:
            return None
        same = approval.digest == approved.digest
        return approval if same and tuple(v.by for v in approval.votes) == approved.by else None

    async def _may_use(self, person: PersonId) -> bool:
        """Whether Slack says, now, that they are a full and active member."""
        directory = self.gateways.directory
        try:
            known = await directory.person(person, fresh=True)
        except PersonRefused as refused:
            if refused.reason == "unchecked":
                raise
            return False
        return refusal(known, directory.workspace, known.workspace) is None

    async def _ruling(self, operation: Operation) -> Ruling:
        groups = await policy_groups(self.gateways, operation.requester)
        return ruling_for(self.gateways.policy_file.current, operation, groups)

    async def _may_still_approve(
        self, person: PersonId, approval: Approval, ruling: Ruling
    ) -> bool:
        if not await self._may_use(person):
            return False
        if not ruling.approvals:  # the policy asks for no approval now, so it lists no approvers
            return True
        groups = await policy_groups(self.gateways, person, approver_groups(approval))
        return may_approve(ruling, person=person, groups=groups, requester=approval.requester)
