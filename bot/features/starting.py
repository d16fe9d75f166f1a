"""Starts operations and requests approval: the reads and writes behind ``core.change_requests``."""

from dataclasses import replace

from bot.core.approvals import Approval, Canceled, Stage
from bot.core.approvals import after as approval_after
from bot.core.card_refs import CardRef
from bot.core.change_requests import (
    NextStep,
    approval_for,
    check_waiting_limit,
    command_of,
    next_step,
    ruling_for,
    skipped_runs,
)
from bot.core.errors import CannotUndo, ChangesStopped, NotAvailable, TimerBusy, TimerGone
from bot.core.invocation import Invocation
from bot.core.listings import TimerShown
from bot.core.names import DeliveryId
from bot.core.operations.events import LockAcquired
from bot.core.operations.operation import Operation
from bot.core.operations.transitions import after
from bot.core.outcomes import (
    ApprovalRequested,
    ConfirmationNeeded,
    Duplicate,
    OperationStarted,
    Outcome,
)
from bot.core.schedules import next_run
from bot.core.timers import ITwin, LastSeen, Timer
from bot.gateways.gateways import Gateways
from bot.gateways.store.sign_in_links import PendingCommand


class AnsweredMeanwhile(Exception):
    """This process was paused while it answered, and another one has answered the delivery."""


async def observe(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timer: Timer
) -> TimerShown:
    """Return a timer that was just read with what the bot knows of it, and record its state."""
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


async def authorize_and_start(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> Outcome:
    """Start the operation, or store what the policy requires before it.

    Raises what ``next_step``, ``check_waiting_limit`` and ``start`` raise, and NotAvailable for
    an emergency that was taken back before.
    """
    ruling = ruling_for(gateways.policy_file.current, operation, invocation.groups)
    confirmed, zone = invocation.confirmed, invocation.person.zone
    match next_step(operation, ruling, confirmed=confirmed, zone=zone):
        case NextStep.CONFIRM:
            return await _ask_confirmation(gateways, invocation, operation)
        case NextStep.START:
            return await start(gateways, replace(operation, emergency=False), invocation.delivery)
        case NextStep.START_EMERGENCY:
            review = approval_for(operation, ruling, review=True)
            return await _start_emergency(gateways, operation, review, invocation.delivery)
        case NextStep.REQUEST_APPROVAL:
            request = approval_for(operation, ruling, review=False)
            return await _request_approval(gateways, operation, request)


async def start(
    gateways: Gateways, draft: Operation, delivery: DeliveryId | None = None
) -> Outcome:
    """Lock the timer and store the operation, which the engine then carries out.

    ``delivery`` is the one that is being answered; nothing is started once it was answered.

    Raises TimerBusy, CannotUndo, ChangesStopped, AnsweredMeanwhile.
    """
    operation = after(draft, LockAcquired(draft.asked_at))
    started = await gateways.store.operations.start(operation, delivery)
    match started.result:
        case "started" | "exists":
            return await _with_its_card(gateways, operation)
        case "answered":
            raise AnsweredMeanwhile
        case "duplicate":
            same = await gateways.store.operations.read(operation.workspace, started.operation)
            if same is None:
                raise TimerGone(operation.timer.distinct)
            came_of_it = same.seen.enabled if same.state.ended and same.seen else None
            reads = draft.timer.enabled
            return Duplicate(same, None if came_of_it in {None, reads} else reads)
        case "busy":
            raise TimerBusy(started.operation)
        case "undone":
            raise CannotUndo("undone")
        case "stopped":
            raise ChangesStopped


async def started_before(gateways: Gateways, invocation: Invocation) -> Outcome | None:
    """Return what this very invocation has started, by a process that died while it answered."""
    operation = await gateways.store.operations.read(invocation.workspace, invocation.id)
    return await _with_its_card(gateways, operation) if operation is not None else None


async def _with_its_card(gateways: Gateways, operation: Operation) -> Outcome:
    """Return the started operation, once it has taken over the card it was asked for on."""
    if operation.origin.replaces is not None:
        before = CardRef(operation.workspace, "operation", operation.origin.replaces)
        await gateways.store.card_outbox.transfer(before, operation.origin.card)
    return OperationStarted(operation)


async def _ask_confirmation(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> Outcome:
    command = str(command_of(operation, invocation.person.zone))
    pending = PendingCommand(invocation.who, invocation.channel, command)
    await gateways.store.sign_in_links.save_command(invocation.workspace, invocation.id, pending)
    runs = skipped_runs(operation, gateways.schedule_zone)
    return ConfirmationNeeded(operation, invocation.id, runs)


async def _request_approval(gateways: Gateways, operation: Operation, request: Approval) -> Outcome:
    """Store the request; return the one that already waits for the same change, if there is one."""
    check_waiting_limit(operation, await gateways.store.approvals.open(operation.workspace))
    written = await gateways.store.approvals.put(request)
    if written.result == "held" and written.holder is not None:
        other = await gateways.store.approvals.read(operation.workspace, written.holder)
        if other is not None:
            return ApprovalRequested(other, duplicate=True)
    stored = await gateways.store.approvals.read(operation.workspace, operation.id)
    return ApprovalRequested(stored or request)


async def _start_emergency(
    gateways: Gateways, operation: Operation, review: Approval, delivery: DeliveryId | None
) -> Outcome:
    """Store the request for a review, then start: an emergency without a review never starts.

    The request is canceled when the operation does not start. Then it cannot start later either:
    a job that is run again finds the canceled request and raises NotAvailable.
    """
    await gateways.store.approvals.put(review)
    stored = await gateways.store.approvals.read(operation.workspace, operation.id)
    if stored is not None and stored.stage is Stage.CANCELED:
        raise NotAvailable("request")
    try:
        outcome = await start(gateways, operation, delivery)
    except (TimerBusy, ChangesStopped, CannotUndo, AnsweredMeanwhile):
        await _cancel(gateways, review)
        raise
    if not isinstance(outcome, OperationStarted):
        await _cancel(gateways, review)
    return outcome


async def _cancel(gateways: Gateways, review: Approval) -> None:
    """Cancel the review of an emergency that was not started."""

    def change(approval: Approval) -> Approval | None:
        waiting = approval.stage is Stage.WAITING
        return approval_after(approval, Canceled(review.operation.asked_at)) if waiting else None

    await gateways.store.approvals.update(review.workspace, review.id, change)
