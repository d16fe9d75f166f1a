"""Whether what allowed an operation still does: asked under the timer's lock, before the permit.

The engine has read the timer just before: its definition is what it was, and it is not yet as
wished. Nothing is taken on trust here: when Slack does not say who is who, the operation waits.
"""

from dataclasses import dataclass

from bot.core.approval_rules import forbidden_now
from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import Phase
from bot.core.errors import PersonRefused
from bot.core.names import OperationId, PersonId
from bot.core.operations.operation import Approved, Failure, FailureKind, Operation
from bot.core.people import refusal
from bot.core.policy.rules import Ruling, judge, may_approve
from bot.features.approvals import approver_groups
from bot.features.starting import change_request
from bot.gateways.gateways import Gateways
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.slack.directory import Directory


@dataclass(frozen=True, slots=True)
class Reauthorization:
    gateways: Gateways
    directory: Directory

    async def __call__(self, operation: Operation) -> Failure | None:
        """Return what has changed since it was allowed, or None.

        Nothing lies between for what is done at once: that was judged a moment ago. Raises
        PersonRefused("unchecked") and SealBroken.
        """
        try:
            why = await self._revoked_because(operation)
        except SlackUnavailable as away:
            raise PersonRefused("unchecked") from away
        return Failure(FailureKind.AUTHORIZATION_REVOKED, why=why) if why else None

    async def _revoked_because(self, operation: Operation) -> str:
        """Return ``what`` of errors.Withdrawn, or an empty text."""
        if operation.approved is not None:
            return await self._since_approval(operation, operation.approved)
        if operation.auto_enables is not None:  # the approval of the "until" covered it
            if not await self._check_auto_enable(operation, operation.auto_enables):
                return "auto_enable"
            return "policy" if (await self._ruling(operation)).refused else ""
        ruling = await self._ruling(operation)
        more = ruling.approvals and not (operation.emergency and ruling.emergency)
        return "policy" if ruling.refused or more else ""

    async def _check_auto_enable(self, operation: Operation, off: OperationId) -> bool:
        """Whether nobody has set another end meanwhile, or none."""
        returns = self.gateways.store.auto_enables
        place = (operation.itwin.id, operation.timer.id)
        auto_enable = await returns.read(operation.workspace, off)
        if auto_enable is None or auto_enable.phase is Phase.CLOSED:
            return False
        return await returns.holder(operation.workspace, *place) == off

    async def _since_approval(self, operation: Operation, approved: Approved) -> str:
        approval = await self._request(operation, approved)
        if approval is None:
            return "request"
        if operation.seen is not None and operation.seen.enabled is operation.wanted:
            return "state"  # it was as wished when they agreed, and somebody has changed it since
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

    async def _request(self, operation: Operation, approved: Approved) -> Approval | None:
        """Return the request that was approved, if it is that very one."""
        read = self.gateways.store.approvals.read
        approval = await read(operation.workspace, operation.id)
        if approval is None or approval.stage is not Stage.APPROVED:
            return None
        same = approval.digest == approved.digest
        return approval if same and tuple(v.by for v in approval.votes) == approved.by else None

    async def _may_use(self, person: PersonId) -> bool:
        """Whether Slack says, now, that they are a full and active member."""
        try:
            known = await self.directory.person(person, fresh=True)
        except PersonRefused as refused:
            if refused.reason == "unchecked":
                raise
            return False
        return refusal(known, self.directory.home, known.workspace) is None

    async def _ruling(self, operation: Operation) -> Ruling:
        policy = self.gateways.policy_file.current
        groups = await self.directory.groups_of(
            operation.requester, policy.groups(), policy.denying()
        )
        return judge(policy, change_request(operation, groups))

    async def _may_still_approve(
        self, person: PersonId, approval: Approval, ruling: Ruling
    ) -> bool:
        if not await self._may_use(person):
            return False
        if not ruling.approvals:  # nobody is asked any more, so nobody is listed
            return True
        named = self.gateways.policy_file.current.groups() | approver_groups(approval)
        groups = await self.directory.groups_of(
            person, named, self.gateways.policy_file.current.denying()
        )
        return may_approve(ruling, person=person, groups=groups, requester=approval.requester)
