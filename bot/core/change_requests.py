"""Decisions about a requested change to a timer: what it needs first, and what is stored for it.

A change request travels in three shapes. The *operation* is what will be carried out, drafted
here and started elsewhere. The *command* is the same request as text that its requester could
type, for a confirmation, a reminder or a retry. The *approval* is the operation while it waits
for another person. All functions are pure: the policy, the groups and the clock are passed in.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from bot.core.approvals import Approval
from bot.core.errors import (
    EmergencyNotAllowed,
    PolicyRefused,
    ReasonRequired,
    TooManyRequests,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Redo, Switch, SwitchVerb, Undo
from bot.core.language.until import Until, format_until
from bot.core.listings import TimerShown
from bot.core.names import ChannelId, OperationId
from bot.core.operations.operation import ActingAccount, Observation, Operation, Timeouts
from bot.core.policy.rules import ChangeRequest, Policy, Ruling, judge, judge_until
from bot.core.schedules import Runs, runs_between

MAX_WAITING_REQUESTS = 5  # of one person at the same time


class NextStep(Enum):
    """What has to happen with a permitted change now."""

    CONFIRM = "confirm"
    REQUEST_APPROVAL = "request_approval"
    START_EMERGENCY = "start_emergency"
    START = "start"


def draft_operation(
    invocation: Invocation,
    timeouts: Timeouts,
    command: Switch | Undo | Redo,
    account: ActingAccount,
    found: TimerShown,
    *,
    wanted: bool,
    until: Until | None = None,
) -> Operation:
    """Return the operation that carries the command out. It is neither stored nor started.

    An undo and a redo name what they reverse by its whole id.
    """
    switch = command if isinstance(command, Switch) else None
    return Operation(
        id=invocation.id,
        workspace=invocation.workspace,
        person=invocation.who,
        acting=account,
        verb=switch.verb if switch else "redo" if isinstance(command, Redo) else "undo",
        itwin=found.itwin,
        timer=found.timer.without_values(),
        definition=found.timer.definition(),
        inputs=found.timer.inputs(),
        wanted=wanted,
        origin=invocation.origin,
        asked_at=invocation.now,
        timeouts=timeouts,
        reason=command.reason,
        undoes=None if isinstance(command, Switch) else OperationId(command.operation),
        until=until,
        emergency=bool(switch and switch.emergency),
        changed_outside_since=found.changed_outside_since,
        seen=Observation(found.timer.enabled, invocation.now),
    )


def change_request(operation: Operation, groups: frozenset[str]) -> ChangeRequest:
    """Return what the policy judges; ``groups`` are the requester's (``Policy.groups``)."""
    return ChangeRequest(
        person=operation.requester,
        groups=groups,
        itwin=operation.itwin,
        timer=operation.timer,
        change="enable" if operation.wanted else "disable",
        channel=operation.origin.channel,
    )


def ruling_for(policy: Policy, operation: Operation, groups: frozenset[str]) -> Ruling:
    """Return the policy's ruling on an operation, and on the auto-enable that it schedules.

    ``groups`` are the requester's.
    """
    request = change_request(operation, groups)
    if _auto_enable_at(operation) is None:
        return judge(policy, request)
    return judge_until(policy, request)


def next_step(operation: Operation, ruling: Ruling, *, confirmed: bool, zone: str) -> NextStep:
    """Return what to do with an operation under this ruling.

    ``confirmed``: the requester has said that they mean it. ``zone`` is the requester's time
    zone. Raises PolicyRefused, ReasonRequired, EmergencyNotAllowed.
    """
    if ruling.refused:
        raise PolicyRefused(ruling.refused, ruling.because[0][1] if ruling.because else "")
    if ruling.reason_required and not operation.reason:
        rule = dict(ruling.because).get("reason", "")
        raise ReasonRequired(command_as_typed(operation, zone), rule)
    if ruling.approvals and operation.emergency and not ruling.emergency:
        raise EmergencyNotAllowed
    if ruling.confirm and not confirmed:
        return NextStep.CONFIRM
    if not ruling.approvals:
        return NextStep.START
    return NextStep.START_EMERGENCY if operation.emergency else NextStep.REQUEST_APPROVAL


def check_waiting_limit(operation: Operation, waiting: Iterable[Approval]) -> None:
    """Raise TooManyRequests when the requester's other waiting requests reach the limit."""
    theirs = [
        one for one in waiting if one.requester == operation.person and one.id != operation.id
    ]
    if len(theirs) >= MAX_WAITING_REQUESTS:
        raise TooManyRequests


def approval_for(operation: Operation, ruling: Ruling, *, review: bool) -> Approval:
    """Return the request for approval of an operation, not yet stored.

    ``review``: the operation is an emergency, is started at once and looked at afterwards; one
    other person suffices. A request expires no later than the end that the operation sets.
    """
    expires_at = operation.asked_at + ruling.expires
    end = _auto_enable_at(operation)
    if end is not None:
        expires_at = min(expires_at, end)
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


def command_of(operation: Operation, zone: str) -> Switch | Undo | Redo:
    """Return the command that asks for this operation again, with ids and an absolute end.

    The end is written in the time zone ``zone``, where the command is to be typed.
    """
    if operation.undoes:
        again = Redo if operation.verb == "redo" else Undo
        return again(operation.undoes, operation.reason)
    phrase = ""
    if operation.until is not None:
        at = operation.until.at
        phrase = "for good" if at is None else format_until(at, zone)
    verb: SwitchVerb = "enable" if operation.wanted else "disable"
    timer = (operation.itwin.id, operation.timer.id)
    return Switch(verb, *timer, operation.reason, phrase, operation.emergency)


def command_as_typed(operation: Operation, zone: str) -> str:
    """Return ``command_of`` as text with names instead of ids, for a person to read and type."""
    command = command_of(operation, zone)
    if isinstance(command, Switch):
        command = replace(command, itwin=operation.itwin.typed, timer=operation.timer.typed)
    return str(command)


def skipped_runs(operation: Operation, schedule_zone: str) -> Runs | None:
    """Return the runs that the timer misses until its auto-enable.

    ``schedule_zone`` is the time zone of its cron expression. None where no end is set or the
    schedule cannot be evaluated.
    """
    end = _auto_enable_at(operation)
    if end is None:
        return None
    return runs_between(operation.timer.cron, operation.asked_at, end, schedule_zone)


def _auto_enable_at(operation: Operation) -> float | None:
    return operation.until.at if operation.until is not None else None
