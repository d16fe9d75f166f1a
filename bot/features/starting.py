"""From a wish to an operation that goes its own way, or to the request that stands before it."""

from dataclasses import replace

from bot.core.approvals import Approval, Canceled, Stage
from bot.core.approvals import after as request_after
from bot.core.card_refs import CardRef
from bot.core.errors import (
    CannotUndo,
    ChangesStopped,
    EmergencyNotAllowed,
    NotAvailable,
    PolicyRefused,
    ReasonRequired,
    TimerBusy,
    TimerGone,
    TooManyRequests,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Switch, SwitchVerb, Undo
from bot.core.language.until import Until, format_until
from bot.core.listings import TimerShown
from bot.core.names import ChannelId
from bot.core.operations.events import LockAcquired
from bot.core.operations.operation import ActingAccount, Observation, Operation, Timeouts
from bot.core.operations.transitions import after
from bot.core.outcomes import (
    ApprovalRequested,
    ConfirmationNeeded,
    Duplicate,
    OperationStarted,
    Outcome,
)
from bot.core.policy.rules import ChangeRequest, Policy, Ruling, judge
from bot.core.schedules import Runs, next_run, runs_between
from bot.core.timers import ITwin, LastSeen, Timer
from bot.gateways.gateways import Gateways
from bot.gateways.ims import Bearer
from bot.gateways.store.sign_in_links import PendingCommand

MOST_WAITING_REQUESTS = 5  # of one person, waiting at the same time


def acting_of(bearer: Bearer) -> ActingAccount:
    account = bearer.account
    return ActingAccount(account.subject, account.name, account.email)


async def observe(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timer: Timer
) -> TimerShown:
    """Say of a timer just read what else is known, and remember how it was seen."""
    timers = gateways.store.timers
    last = await timers.last_observation(invocation.workspace, itwin.id, timer.id)
    outside = last.at if last is not None and last.enabled is not timer.enabled else 0.0
    if last is None or outside or last.by is None:
        seen = LastSeen(timer.enabled, invocation.now)
        await timers.record_observation(invocation.workspace, itwin.id, timer.id, seen)
    following = (
        next_run(timer.cron, invocation.now, gateways.schedule_zone) if timer.enabled else None
    )
    return TimerShown(itwin, timer, following, last, outside)


def draft_operation(
    invocation: Invocation,
    timeouts: Timeouts,
    command: Switch | Undo,
    account: ActingAccount,
    found: TimerShown,
    *,
    wanted: bool,
    until: Until | None = None,
) -> Operation:
    """Return the operation that would do it; it has not begun."""
    switching = command if isinstance(command, Switch) else None
    return Operation(
        id=invocation.id,
        workspace=invocation.workspace,
        person=invocation.who,
        acting=account,
        verb=switching.verb if switching else "undo",
        itwin=found.itwin,
        timer=found.timer.without_values(),
        definition=found.timer.definition(),
        inputs=found.timer.inputs(),
        wanted=wanted,
        origin=invocation.origin,
        asked_at=invocation.now,
        timeouts=timeouts,
        reason=switching.reason if switching else "",
        undoes=command.operation if isinstance(command, Undo) else None,
        until=until,
        emergency=bool(switching and switching.emergency),
        changed_outside_since=found.changed_outside_since,
        seen=Observation(found.timer.enabled, invocation.now),
    )


async def start(gateways: Gateways, draft: Operation) -> Outcome:
    """Have it go its way. Raises TimerBusy, CannotUndo, ChangesStopped."""
    operation = after(draft, LockAcquired(draft.asked_at))
    begun = await gateways.store.operations.start(operation)
    match begun.result:
        case "started" | "exists":
            if operation.origin.replaces is not None:
                before = CardRef(operation.workspace, "operation", operation.origin.replaces)
                await gateways.store.card_outbox.transfer(before, operation.origin.card)
            return OperationStarted(operation)
        case "duplicate":
            same = await gateways.store.operations.read(operation.workspace, begun.operation)
            if same is None:
                raise TimerGone(operation.timer.label)
            return Duplicate(same)
        case "busy":
            raise TimerBusy(begun.operation)
        case "undone":
            raise CannotUndo("undone")
        case "stopped":
            raise ChangesStopped


async def authorize_and_start(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> Outcome:
    """Do it, or what the policy wants before it.

    Raises PolicyRefused, ReasonRequired, EmergencyNotAllowed, TooManyRequests, and what ``start``
    raises.
    """
    ruling = ruling_for(gateways, invocation, operation)
    if ruling.refused:
        raise PolicyRefused(ruling.refused, ruling.because[0][1] if ruling.because else "")
    if ruling.reason_required and not operation.reason:
        raise ReasonRequired(
            _as_typed(operation, invocation.person.zone), dict(ruling.because).get("reason", "")
        )
    if ruling.approvals and operation.emergency and not ruling.emergency:
        raise EmergencyNotAllowed
    if ruling.confirm and not invocation.confirmed:
        return await _ask_confirmation(gateways, invocation, operation)
    if not ruling.approvals:
        return await start(gateways, replace(operation, emergency=False))
    if operation.emergency:
        return await _start_emergency(gateways, operation, ruling)
    return await _request_approval(gateways, operation, ruling)


def ruling_for(gateways: Gateways, invocation: Invocation, operation: Operation) -> Ruling:
    return ruling_on(gateways.policy_file.current, operation, invocation.groups)


def ruling_on(policy: Policy, operation: Operation, groups: frozenset[str]) -> Ruling:
    """Return the policy's ruling on an operation, and on the end it sets for itself.

    "Disable … until" asks for two changes, not for one: the stricter of the two rulings counts,
    both lists have to name who agrees, and who is denied either change may not agree. ``groups``
    are those of whoever asked.
    """
    now = change_request(operation, groups)
    ruling = judge(policy, now)
    if ruling.refused or operation.until is None or operation.until.at is None:
        return ruling
    end = judge(policy, replace(now, change="enable"))
    if end.refused:
        return end
    stricter = end if end.approvals > ruling.approvals else ruling
    lists = [one.approvers for one in (ruling, end) if one.approvals and one.approvers is not None]
    return replace(
        stricter,
        approvers=frozenset.intersection(*lists) if lists else None,
        denied=ruling.denied | end.denied,
        reason_required=ruling.reason_required or end.reason_required,
        confirm=ruling.confirm or end.confirm,
        emergency=ruling.emergency and (end.emergency or not end.approvals),
    )


def change_request(operation: Operation, groups: frozenset[str]) -> ChangeRequest:
    """Return it as the policy judges it; ``groups`` are those of whoever asked."""
    return ChangeRequest(
        person=operation.requester,
        groups=groups,
        itwin=operation.itwin,
        timer=operation.timer,
        change="enable" if operation.wanted else "disable",
        channel=operation.origin.channel,
    )


async def _ask_confirmation(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> Outcome:
    kept = PendingCommand(
        invocation.who, invocation.channel, str(command_of(operation, invocation.person.zone))
    )
    await gateways.store.sign_in_links.save_command(invocation.workspace, invocation.id, kept)
    return ConfirmationNeeded(operation, invocation.id, skipped_runs(gateways, operation))


def _as_typed(operation: Operation, zone: str) -> str:
    """Return its command with names for ids, for a person to read and to type."""
    command = command_of(operation, zone)
    if isinstance(command, Switch):
        command = replace(command, itwin=operation.itwin.name, timer=operation.timer.label)
    return str(command)


def command_of(operation: Operation, zone: str) -> Switch | Undo:
    """Return the wish as somebody in that time zone could type it, definite in everything."""
    if operation.undoes:
        return Undo(operation.undoes)
    phrase = ""
    if operation.until is not None:
        at = operation.until.at
        phrase = "for good" if at is None else format_until(at, zone)
    verb: SwitchVerb = "enable" if operation.wanted else "disable"
    place = (operation.itwin.id, operation.timer.id)
    return Switch(verb, *place, operation.reason, phrase, operation.emergency)


def skipped_runs(gateways: Gateways, operation: Operation) -> Runs | None:
    """Return the runs that will not happen while it is off; None where that cannot be told."""
    if operation.until is None or operation.until.at is None:
        return None
    cron, zone = operation.timer.cron, gateways.schedule_zone
    return runs_between(cron, operation.asked_at, operation.until.at, zone)


async def _request_approval(gateways: Gateways, operation: Operation, ruling: Ruling) -> Outcome:
    """Have the request stand, once; who wishes the same is shown the one that stands."""
    waiting = await gateways.store.approvals.open(operation.workspace)
    mine = [one for one in waiting if one.requester == operation.person and one.id != operation.id]
    if len(mine) >= MOST_WAITING_REQUESTS:
        raise TooManyRequests
    request = _request(operation, ruling, review=False)
    written = await gateways.store.approvals.put(request)
    if written.result == "held" and written.holder is not None:
        other = await gateways.store.approvals.read(operation.workspace, written.holder)
        if other is not None:
            return ApprovalRequested(other, duplicate=True)
    standing = await gateways.store.approvals.read(operation.workspace, operation.id)
    return ApprovalRequested(standing or request)


async def _start_emergency(gateways: Gateways, operation: Operation, ruling: Ruling) -> Outcome:
    """An emergency: it is announced, done, and has to be reviewed. No announcement, no deed."""
    review = _request(operation, ruling, review=True)
    await gateways.store.approvals.put(review)
    standing = await gateways.store.approvals.read(operation.workspace, operation.id)
    if standing is not None and standing.stage is Stage.CANCELED:
        raise NotAvailable("request")  # it was told before that it did not begin, or is told now
    try:
        outcome = await start(gateways, operation)
    except (TimerBusy, ChangesStopped, CannotUndo):
        await _cancel(gateways, review)
        raise
    if not isinstance(outcome, OperationStarted):
        await _cancel(gateways, review)
    return outcome


async def _cancel(gateways: Gateways, review: Approval) -> None:
    """Cancel the review of an emergency that was not started."""

    def change(approval: Approval) -> Approval | None:
        waiting = approval.stage is Stage.WAITING
        return request_after(approval, Canceled(review.operation.asked_at)) if waiting else None

    await gateways.store.approvals.update(review.workspace, review.id, change)


def _request(operation: Operation, ruling: Ruling, *, review: bool) -> Approval:
    expires_at = operation.asked_at + ruling.expires
    if operation.until is not None and operation.until.at is not None:
        expires_at = min(expires_at, operation.until.at)  # then it would be on again anyhow
    return Approval(
        operation=replace(operation, emergency=review),
        review=review,
        needed=1 if review else ruling.approvals,
        approvers=ruling.approvers,
        self_approval=ruling.self_approval and not review,
        runs_as=ruling.runs_as,
        expires_at=expires_at,
        channel=ChannelId(ruling.channel or operation.origin.channel),
    )
