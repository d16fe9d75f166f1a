"""Requests for approval: who may decide them, what proves the right, and what a decision begins."""

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
from bot.core.errors import (
    ChangesStopped,
    Forbidden,
    Invalid,
    MayNotDecide,
    NotAvailable,
    NotFound,
    RequestClosed,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Decide, Switch, Undo
from bot.core.listings import PendingListed
from bot.core.names import ITwinId, OperationId
from bot.core.operations.operation import Failure, FailureKind, Origin
from bot.core.outcomes import Outcome, RequestDecided
from bot.core.policy.rules import Ruling
from bot.core.timers import Timer, differences
from bot.features.approved_operations import carry_out
from bot.features.starting import acting_of, command_of, ruling_on
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, policy_groups, with_token
from bot.gateways.ims import Bearer


async def decide(gateways: Gateways, invocation: Invocation, command: Decide) -> Outcome:
    """Have somebody's word count, once; who is too late or may not is told why.

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
    """Somebody was quicker: this very person, when their word was kept but not yet answered."""
    if approval.decided_by == invocation.who and approval.stage is _ENDS[command.verb]:
        return RequestDecided(await carry_out(gateways, approval), command.verb)
    raise RequestClosed(approval.stage.value, approval.decided_by, approval.changed_at)


@dataclass(frozen=True, slots=True)
class _Decision:
    """One person's word on one request, judged anew each time the request was moved."""

    gateways: Gateways
    asked: Invocation

    async def event_for(self, approval: Approval, command: Decide) -> Event:
        now = self.gateways.clock()
        if _expired(approval, now):
            return Expired(now)
        match command.verb:
            case "approve":
                return await self._vote(approval)
            case "decline":
                await self._declines(approval)
                return Declined(self.asked.who, now, command.reason)
            case "cancel":
                return self._cancel(approval, command, now)

    async def _declines(self, approval: Approval) -> None:
        """A no takes the same right as a yes. Raises MayNotDecide and what reading raises."""
        ruling = await self._ruling(approval)
        account = await self.gateways.ims.account(self.asked.workspace, self.asked.who)
        await self._may(approval, ruling, account.subject if account else "", also="voted")
        bearer, _ = await self._proved(approval)
        await self._may(approval, ruling, bearer.account.subject, also="voted")

    def _cancel(self, approval: Approval, command: Decide, now: float) -> Event:
        if self.asked.who != approval.requester:
            raise MayNotDecide("not_yours")
        if approval.review:  # it was done; only somebody else can have looked at it
            raise MayNotDecide("own")
        return Canceled(now, command.reason)

    async def _vote(self, approval: Approval) -> Event:
        """Ask for everything that gives somebody a right to agree; the last is their own token."""
        ruling = await self._ruling(approval)
        account = await self.gateways.ims.account(self.asked.workspace, self.asked.who)
        await self._may(approval, ruling, account.subject if account else "")
        counts = not approval.review
        if counts and forbidden_now(approval, ruling):
            return Voided(
                self.gateways.clock(), Failure(FailureKind.AUTHORIZATION_REVOKED, why="policy")
            )
        if counts and await self.gateways.store.kill_switch.is_on(self.asked.workspace):
            raise ChangesStopped
        bearer, failure = await self._proved(approval)
        await self._may(approval, ruling, bearer.account.subject)
        now = self.gateways.clock()  # reading may have taken its time
        if _expired(approval, now):
            return Expired(now)
        if counts and failure is not None:
            return Voided(now, failure)
        acting = acting_of(bearer)
        vote = Vote(self.asked.who, acting.subject, acting.label, now)
        return Voted(vote, ruling.approvals if counts else 1)

    async def _ruling(self, approval: Approval) -> Ruling:
        """Return what the policy says of the wish now."""
        groups = await policy_groups(self.gateways, approval.requester)
        policy = self.gateways.policy_file.current
        return ruling_on(policy, approval.operation, groups)

    async def _may(
        self, approval: Approval, ruling: Ruling, subject: str, *, also: str = ""
    ) -> None:
        """Raise MayNotDecide, unless the objection is ``also`` none."""
        groups = await policy_groups(self.gateways, self.asked.who, approver_groups(approval))
        reason = objection(approval, ruling, Decider(self.asked.who, groups, subject))
        if reason is not None and reason != also:
            raise MayNotDecide(reason)

    async def _proved(self, approval: Approval) -> tuple[Bearer, Failure | None]:
        """Read the timer with the approver's own token; return also what makes the request void.

        Raises what says that they cannot read it, SignInNeeded among that.
        """
        wish = approval.operation

        async def read(caller: Caller) -> Timer:
            return await self.gateways.edfs.timer(caller, wish.itwin.id, wish.timer.id)

        try:
            bearer, timer = await with_token(self.gateways, wish.workspace, self.asked.who, read)
        except NotFound as missing:
            return await self._missed(approval, missing)
        return bearer, stale_reason(approval, timer)

    async def _missed(self, approval: Approval, missing: NotFound) -> tuple[Bearer, Failure | None]:
        """Tell a timer that is gone from one they may not see: who sees the others has the right.

        EDFS can only delete and create, so one of the same name and package has taken its place.
        """
        wish = approval.operation
        bearer, timers = await _timers(self.gateways, self.asked, wish.itwin.id)
        if any(one.id == wish.timer.id for one in timers):
            raise missing
        what = (wish.timer.name, wish.timer.package)
        found = [one for one in timers if (one.name, one.package) == what]
        if len(found) != 1:
            return bearer, Failure(FailureKind.TIMER_GONE)
        changes = differences(wish.timer, wish.inputs, found[0])
        return bearer, Failure(FailureKind.TIMER_GONE, why="replaced", details=changes)


def _expired(approval: Approval, now: float) -> bool:
    return not approval.review and now >= approval.expires_at


def approver_groups(approval: Approval) -> frozenset[str]:
    """Return the user groups and channels among those who may decide it."""
    listed = approval.approvers or frozenset()
    return frozenset(one for one in listed if one.startswith(("S", "C", "G")))


async def pending(gateways: Gateways, invocation: Invocation, page: int = 1) -> PendingListed:
    """List the requests that wait, those first that this person may decide as far as lists go."""
    found = await gateways.store.approvals.open(invocation.workspace)
    standing = [one for one in found if not _expired(one, invocation.now)]
    waiting = await _readable(gateways, invocation, standing)
    policy = gateways.policy_file.current
    named = frozenset[str]().union(*map(approver_groups, waiting))
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    theirs = await policy_groups(gateways, invocation.who, named) if waiting else named
    who = Decider(invocation.who, theirs, account.subject if account else "")
    mine: set[OperationId] = set()
    for one in waiting:
        of_requester = await policy_groups(gateways, one.requester)
        if objection(one, ruling_on(policy, one.operation, of_requester), who) is None:
            mine.add(one.id)
    ordered = sorted(waiting, key=lambda one: (one.id not in mine, one.operation.asked_at))
    return PendingListed(tuple(ordered), frozenset(mine), page)


async def _readable(
    gateways: Gateways, invocation: Invocation, standing: list[Approval]
) -> list[Approval]:
    """Leave out those of iTwins that this person's own token does not read, but for their own."""
    readable: dict[ITwinId, bool] = {}
    for one in standing:
        itwin = one.operation.itwin.id
        if one.requester == invocation.who or itwin in readable:
            continue
        try:
            await _timers(gateways, invocation, itwin)
        except (Forbidden, NotFound, Invalid):
            readable[itwin] = False
        else:
            readable[itwin] = True
    mine = invocation.who
    return [one for one in standing if one.requester == mine or readable[one.operation.itwin.id]]


async def _timers(
    gateways: Gateways, invocation: Invocation, itwin: ITwinId
) -> tuple[Bearer, tuple[Timer, ...]]:
    """List an iTwin's timers with the token of whoever asks."""

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, itwin)

    return await with_token(gateways, invocation.workspace, invocation.who, read)


async def request_again(
    gateways: Gateways, invocation: Invocation, request: OperationId
) -> tuple[Invocation, Switch | Undo]:
    """Return the same wish once more, of the timer that is there now, where it was asked first.

    Raises NotAvailable.
    """
    approval = await gateways.store.approvals.read(invocation.workspace, request)
    if approval is None:
        raise NotAvailable("request")
    command = command_of(approval.operation, invocation.person.zone)
    now_id = replaced_by(approval)
    if now_id and isinstance(command, Switch):
        command = replace(command, timer=now_id)
    channel = approval.operation.origin.channel
    return replace(invocation, origin=Origin(channel, invocation.origin.response_url)), command


def replaced_by(approval: Approval) -> str:
    """Return the id of the timer that an edit has put in this one's place, or an empty text."""
    failure = approval.failure
    if failure is None or failure.why != "replaced":
        return ""
    return next((now for what, _, now in failure.details if what == "id"), "")
