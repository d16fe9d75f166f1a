"""Requests for approval: listing them, deciding them, and making a request again."""

from dataclasses import dataclass, replace

from bot.core.approval_rules import Decider, forbidden_now, objection, stale_reason
from bot.core.approvals import (
    Approval,
    Canceled,
    Declined,
    Event,
    Expired,
    Stage,
    Voided,
    Vote,
    Voted,
    after,
)
from bot.core.change_requests import command_of, ruling_for
from bot.core.errors import (
    ChangesStopped,
    MayNotDecide,
    NotAvailable,
    NotFound,
    RequestClosed,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Decide, Redo, Switch, Undo
from bot.core.names import OperationId
from bot.core.operations.operation import Failure, FailureKind, Origin
from bot.core.outcomes import Outcome, RequestDecided
from bot.core.policy.rules import Ruling
from bot.core.timers import Timer, differences
from bot.features.approved_operations import carry_out
from bot.features.open_requests import approver_groups, has_expired, timers_with_token
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, policy_groups, with_token
from bot.gateways.ims import Bearer


async def decide(gateways: Gateways, invocation: Invocation, command: Decide) -> Outcome:
    """Record one person's decision on a request, and carry out what it approves.

    Raises NotAvailable, RequestClosed, MayNotDecide, ChangesStopped, and what reading the timer
    raises.
    """
    decision, waiting = _Decision(gateways, invocation), False

    async def change(approval: Approval) -> Approval | None:
        nonlocal waiting
        waiting = approval.stage is Stage.WAITING
        return after(approval, await decision.event_for(approval, command)) if waiting else None

    store = gateways.store.approvals
    approval = await store.update(invocation.workspace, command.request, change)
    if approval is None:
        raise NotAvailable("request")
    if not waiting:
        return await _already_decided(gateways, invocation, command, approval)
    return RequestDecided(await carry_out(gateways, approval), command.verb)


_ENDS = {"approve": Stage.APPROVED, "decline": Stage.DECLINED, "cancel": Stage.CANCELED}


async def _already_decided(
    gateways: Gateways, invocation: Invocation, command: Decide, approval: Approval
) -> Outcome:
    """Return the outcome again if this person's own decision is stored; else raise RequestClosed.

    A delivery that is processed again finds a decision stored that was not answered. Once it is
    concluded, what it says now may be no longer true, so it is told as what was.
    """
    operation = await gateways.store.operations.read(approval.workspace, approval.id)
    ended = operation is not None and operation.state.ended
    ours = approval.decided_by == invocation.who and approval.stage is _ENDS[command.verb]
    if ours and not ended:
        return RequestDecided(await carry_out(gateways, approval), command.verb)
    closed = RequestClosed(approval.stage.value, approval.decided_by, approval.changed_at)
    if operation is not None and operation.seen is not None and ended:
        place = (operation.itwin.id, operation.timer.id)
        last = await gateways.store.timers.last_observation(approval.workspace, *place)
        closed.became, closed.reads = operation.seen.enabled, last.enabled if last else None
    raise closed


@dataclass(frozen=True, slots=True)
class _Decision:
    """One person's decision on one request, evaluated again when the request has changed."""

    gateways: Gateways
    invocation: Invocation

    async def event_for(self, approval: Approval, command: Decide) -> Event:
        now = self.gateways.clock()
        if has_expired(approval, now):
            return Expired(now)
        match command.verb:
            case "approve":
                return await self._vote(approval)
            case "decline":
                await self._check_decline(approval)
                return Declined(self.invocation.who, now, command.reason)
            case "cancel":
                return self._cancel(approval, command, now)

    async def _check_decline(self, approval: Approval) -> None:
        """Require the right to approve. Raises MayNotDecide, SignInNeeded, ApiError."""
        ruling = await self._ruling(approval)
        account = await self.gateways.ims.account(self.invocation.workspace, self.invocation.who)
        await self._check(approval, ruling, account.subject if account else "", except_for="voted")
        bearer, _ = await self._read_timer(approval)
        await self._check(approval, ruling, bearer.account.subject, except_for="voted")

    def _cancel(self, approval: Approval, command: Decide, now: float) -> Event:
        if self.invocation.who != approval.requester:
            raise MayNotDecide("not_yours")
        if approval.review:  # the operation was started; somebody else has to review it
            raise MayNotDecide("own")
        return Canceled(now, command.reason)

    async def _vote(self, approval: Approval) -> Event:
        """Check every right that an approver needs; their token reads the timer last."""
        ruling = await self._ruling(approval)
        account = await self.gateways.ims.account(self.invocation.workspace, self.invocation.who)
        await self._check(approval, ruling, account.subject if account else "")
        counts = not approval.review
        if counts and forbidden_now(approval, ruling):
            revoked = Failure(FailureKind.AUTHORIZATION_REVOKED, why="policy")
            return Voided(self.gateways.clock(), revoked)
        if counts and await self.gateways.store.kill_switch.is_on(self.invocation.workspace):
            raise ChangesStopped
        bearer, failure = await self._read_timer(approval)
        await self._check(approval, ruling, bearer.account.subject)
        now = self.gateways.clock()  # reading may have taken seconds
        if has_expired(approval, now):
            return Expired(now)
        if counts and failure is not None:
            return Voided(now, failure)
        acting = bearer.account.acting
        vote = Vote(self.invocation.who, acting.subject, acting.label, now)
        return Voted(vote, ruling.approvals if counts else 1)

    async def _ruling(self, approval: Approval) -> Ruling:
        """Return the current policy's ruling on the requested change."""
        groups = await policy_groups(self.gateways, approval.requester)
        return ruling_for(self.gateways.policy_file.current, approval.operation, groups)

    async def _check(
        self, approval: Approval, ruling: Ruling, subject: str, *, except_for: str = ""
    ) -> None:
        """Raise MayNotDecide for any objection but ``except_for``."""
        named = approver_groups(approval)
        groups = await policy_groups(self.gateways, self.invocation.who, named)
        reason = objection(approval, ruling, Decider(self.invocation.who, groups, subject))
        if reason is not None and reason != except_for:
            raise MayNotDecide(reason)

    async def _read_timer(self, approval: Approval) -> tuple[Bearer, Failure | None]:
        """Read the timer with the decider's own token; return also what makes the request void.

        Raises SignInNeeded, ApiError when they cannot read it.
        """
        operation, who = approval.operation, self.invocation.who

        async def read(caller: Caller) -> Timer:
            return await self.gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

        try:
            bearer, timer = await with_token(self.gateways, operation.workspace, who, read)
        except NotFound as missing:
            return await self._timer_missing(approval, missing)
        return bearer, stale_reason(approval, timer)

    async def _timer_missing(
        self, approval: Approval, missing: NotFound
    ) -> tuple[Bearer, Failure | None]:
        """Distinguish a deleted timer from one they may not read: who can list the others may.

        An edit in EDFS deletes a timer and creates another with the same name and package.
        """
        operation = approval.operation
        bearer, timers = await timers_with_token(self.gateways, self.invocation, operation.itwin.id)
        if any(one.id == operation.timer.id for one in timers):
            raise missing
        wanted = (operation.timer.name, operation.timer.package)
        found = [one for one in timers if (one.name, one.package) == wanted]
        if len(found) != 1:
            return bearer, Failure(FailureKind.TIMER_GONE)
        changes = differences(operation.timer, operation.inputs, found[0])
        return bearer, Failure(FailureKind.TIMER_GONE, why="replaced", details=changes)


async def request_again(
    gateways: Gateways, invocation: Invocation, request: OperationId
) -> tuple[Invocation, Switch | Undo | Redo]:
    """Return the command of a request, to make it again in the channel of the first one.

    It names the timer that has replaced the first one, if an edit in EDFS did so. Raises
    NotAvailable.
    """
    approval = await gateways.store.approvals.read(invocation.workspace, request)
    if approval is None:
        raise NotAvailable("request")
    command = command_of(approval.operation, invocation.person.zone)
    new_timer = replaced_by(approval)
    if new_timer and isinstance(command, Switch):
        command = replace(command, timer=new_timer)
    channel = approval.operation.origin.channel
    return replace(invocation, origin=Origin(channel, invocation.origin.response_url)), command


def replaced_by(approval: Approval) -> str:
    """Return the id of the timer that has replaced the request's, or an empty text."""
    failure = approval.failure
    if failure is None or failure.why != "replaced":
        return ""
    return next((now for what, _, now in failure.details if what == "id"), "")
