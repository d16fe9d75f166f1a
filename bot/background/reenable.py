"""Carries out a due auto-enable: reads the timer again and starts an operation that enables it."""

import hashlib
from dataclasses import dataclass, replace

import structlog

from bot.context import Context
from bot.core.auto_enables import (
    AutoEnable,
    Event,
    NeedsPerson,
    Phase,
    Postponed,
    Started,
    after,
)
from bot.core.card_refs import CardRef
from bot.core.change_requests import change_request, draft_operation
from bot.core.due_work import DueWork
from bot.core.errors import (
    ApiError,
    ChangesStopped,
    Forbidden,
    IdentityProviderError,
    NotFound,
    PersonRefused,
    RateLimited,
    SealBroken,
    SignInNeeded,
    TimerBusy,
    TokenRefused,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Switch
from bot.core.listings import TimerShown
from bot.core.names import OperationId
from bot.core.operations.failures import StorableError, failure_from
from bot.core.operations.operation import Failure, FailureKind, Operation, Origin, State
from bot.core.outcomes import OperationStarted
from bot.core.people import Person
from bot.core.policy.rules import judge
from bot.core.timers import Timer
from bot.features.auto_enables import close
from bot.features.starting import observe, start
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.ims import Bearer

BUSY_PAUSE = 5.0
PAUSE = 60.0
SHOWN_AFTER = 300.0  # a delay that long is shown on the card
GIVE_UP_AFTER = 1800.0  # of retrying a temporary failure; then a person is asked
TRIES = 3

log = structlog.get_logger("auto_enables")


@dataclass(eq=False)
class _CannotEnable(Exception):
    """Why the timer is not enabled now; ``temporary``: retried after ``wait`` seconds."""

    failure: Failure
    temporary: bool = False
    wait: float = PAUSE


def operation_of(auto_enable: AutoEnable) -> OperationId:
    """Return the id of its operation: the same one however often an attempt is started."""
    if auto_enable.phase is Phase.ENABLING and auto_enable.operation is not None:
        return auto_enable.operation
    name = f"auto-enable\0{auto_enable.id}\0{auto_enable.attempts}"
    return OperationId(hashlib.sha256(name.encode()).hexdigest()[:24])


def cards_of(auto_enable: AutoEnable) -> DueWork:
    """Return its own card, and that of the operation that scheduled it, as due work."""
    kinds = ("operation", "auto-enable")
    return DueWork(
        cards=tuple(CardRef(auto_enable.workspace, kind, auto_enable.id) for kind in kinds)
    )


async def apply(context: Context, auto_enable: AutoEnable, event: Event) -> AutoEnable | None:
    """Apply the event to this very version and store it; None if another version is stored."""
    following = after(auto_enable, event)

    def change(stored: AutoEnable) -> AutoEnable | None:
        return following if stored.version == auto_enable.version else None

    store = context.gateways.store.auto_enables
    stored = await store.update(auto_enable.workspace, auto_enable.id, change)
    return following if stored == following else None


async def reenable(context: Context, auto_enable: AutoEnable) -> DueWork:
    """Start the operation, or defer it, or ask a person.

    Raises StoreUnreachable and SlackUnavailable; then it is still due.
    """
    try:
        return await _attempt(context, auto_enable)
    except _CannotEnable as cannot:
        return await _defer(context, auto_enable, cannot)


async def _attempt(context: Context, auto_enable: AutoEnable) -> DueWork:
    gateways = context.gateways
    if await gateways.store.kill_switch.is_on(auto_enable.workspace):
        raise _CannotEnable(Failure(FailureKind.CHANGES_STOPPED), temporary=True)
    person = await _member(context, auto_enable)
    bearer, timer = await _read(context, auto_enable)
    if timer is None:
        return await _timer_missing(context, auto_enable)
    timer = replace(timer, beside=auto_enable.timer.beside)  # only a list tells its namesakes
    if timer.enabled:
        await close(gateways, auto_enable, "already_enabled")
        return cards_of(auto_enable)
    if bearer.account.subject != auto_enable.subject:
        raise _CannotEnable(Failure(FailureKind.ACCOUNT_CHANGED))
    return await _start(context, auto_enable, person, bearer, timer)


async def _member(context: Context, auto_enable: AutoEnable) -> Person:
    directory = context.gateways.directory
    try:
        return await directory.member(auto_enable.person, auto_enable.workspace)
    except PersonRefused as refused:
        failure = Failure(FailureKind.PERSON_REFUSED, why=refused.reason)
        raise _CannotEnable(failure, temporary=refused.reason == "unchecked") from refused


async def _read(context: Context, auto_enable: AutoEnable) -> tuple[Bearer, Timer | None]:
    """Read the timer with the token of whoever scheduled it; None if EDFS does not find it."""
    gateways = context.gateways

    async def read(caller: Caller) -> Timer | None:
        try:
            return await gateways.edfs.timer(caller, auto_enable.itwin.id, auto_enable.timer.id)
        except NotFound:
            return None

    try:
        return await with_token(gateways, auto_enable.workspace, auto_enable.person, read)
    except (ApiError, SignInNeeded, IdentityProviderError, SealBroken) as error:
        raise _cannot_enable(context, error) from error


def _cannot_enable(context: Context, error: StorableError) -> _CannotEnable:
    failure = failure_from(error, context.now)
    match error:
        case RateLimited(retry_after=wait):
            return _CannotEnable(failure, temporary=True, wait=wait)
        case SignInNeeded() | SealBroken() | Forbidden() | TokenRefused():
            return _CannotEnable(failure)
        case _:
            return _CannotEnable(failure, temporary=True)


async def _timer_missing(context: Context, auto_enable: AutoEnable) -> DueWork:
    """Look for the timer under another id: an edit in EDFS deletes a timer and creates another."""
    gateways = context.gateways

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, auto_enable.itwin.id)

    try:
        _, timers = await with_token(gateways, auto_enable.workspace, auto_enable.person, read)
    except NotFound as error:
        # EDFS answers 404 also for an iTwin that the account may not see any more.
        cannot = _CannotEnable(failure_from(error, context.now))
        return await _defer(context, auto_enable, cannot)
    except (ApiError, SignInNeeded, IdentityProviderError, SealBroken) as error:
        return await _defer(context, auto_enable, _cannot_enable(context, error))
    was = (auto_enable.timer.name, auto_enable.timer.package)
    alike = [
        one for one in timers if (one.name, one.package) == was and one.id != auto_enable.timer.id
    ]
    if len(alike) != 1:
        await close(gateways, auto_enable, "gone")
        return cards_of(auto_enable)
    if alike[0].enabled:
        await close(gateways, auto_enable, "already_enabled")
        return cards_of(auto_enable)
    return await _offer_replacement(context, auto_enable, alike[0])


async def _offer_replacement(context: Context, auto_enable: AutoEnable, instead: Timer) -> DueWork:
    """Ask a person whether the timer in its place is meant; it is not enabled without that."""
    store, now = context.gateways.store.auto_enables, context.now
    name = hashlib.sha256(f"moved\0{auto_enable.id}\0{instead.id}".encode()).hexdigest()[:24]
    holder = await store.holder(auto_enable.workspace, auto_enable.itwin.id, instead.id)
    if holder is None:  # otherwise that timer has an auto-enable already
        following = AutoEnable(
            id=OperationId(name),
            workspace=auto_enable.workspace,
            person=auto_enable.person,
            subject=auto_enable.subject,
            itwin=auto_enable.itwin,
            timer=instead.without_values(),
            channel=auto_enable.channel,
            at=auto_enable.at,
            scheduled_at=auto_enable.scheduled_at,
            reason=auto_enable.reason,
            end_approved=auto_enable.end_approved,
            on_behalf_of=auto_enable.on_behalf_of,
            phase=Phase.NEEDS_PERSON,
            changed_at=now,
            needs_person_since=now,
            sign_in_checked=True,
            replaces=auto_enable.timer.id,
            failure=Failure(FailureKind.TIMER_GONE),
        )
        await store.put(following)
    await close(context.gateways, auto_enable, "moved")
    return cards_of(auto_enable) + DueWork(
        cards=(CardRef(auto_enable.workspace, "auto-enable", OperationId(name)),)
    )


async def _start(
    context: Context, auto_enable: AutoEnable, person: Person, bearer: Bearer, timer: Timer
) -> DueWork:
    gateways, identity = context.gateways, operation_of(auto_enable)
    origin = await _origin(context, auto_enable)
    invocation = Invocation(identity, person, origin, context.now)
    shown = await observe(gateways, invocation, auto_enable.itwin, timer)
    operation = _draft(context, auto_enable, invocation, bearer, shown)
    await _check_policy(context, operation)
    if auto_enable.phase is Phase.SCHEDULED:
        started = await apply(context, auto_enable, Started(context.now, identity))
        if started is None:
            return DueWork()
        auto_enable = started
    try:
        outcome = await start(gateways, operation)
    except TimerBusy:
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + BUSY_PAUSE)
        return DueWork()
    except ChangesStopped:
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + PAUSE)
        return DueWork()
    if not isinstance(outcome, OperationStarted):  # the same person is enabling it right now
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + BUSY_PAUSE)
        return DueWork()
    log.info("auto_enable.started", trace=auto_enable.id[:8], operation=identity[:8])
    return DueWork((identity,)) + cards_of(auto_enable)


def _draft(
    context: Context,
    auto_enable: AutoEnable,
    invocation: Invocation,
    bearer: Bearer,
    shown: TimerShown,
) -> Operation:
    command = Switch("enable", auto_enable.itwin.id, auto_enable.timer.id, auto_enable.reason)
    operation = draft_operation(
        invocation, context.gateways.timeouts, command, bearer.account.acting, shown, wanted=True
    )
    return replace(
        operation,
        auto_enables=auto_enable.id,
        on_behalf_of=auto_enable.on_behalf_of,
        member_of=auto_enable.member_of,
    )


async def _origin(context: Context, auto_enable: AutoEnable) -> Origin:
    """Return the origin of its operation, with the card to reuse if that still exists.

    The card is that of the attempt before, or of the operation that scheduled the auto-enable.
    """
    before = (
        auto_enable.operation
        if auto_enable.phase is Phase.SCHEDULED and auto_enable.operation
        else auto_enable.id
    )
    status = await context.gateways.store.card_outbox.read(
        CardRef(auto_enable.workspace, "operation", before)
    )
    if status.transferred or "." not in status.ts:  # a ts has a point
        return Origin(auto_enable.channel)
    return Origin(auto_enable.channel, card=status.ts, replaces=before)


async def _check_policy(context: Context, operation: Operation) -> None:
    """Raise _CannotEnable if the policy denies the change, and SlackUnavailable.

    Approvals are not asked for: who approved the disabling has approved its end with it.
    """
    policy = context.gateways.policy_file.current
    groups = await context.gateways.directory.groups_of(
        operation.requester, policy.groups(), policy.denying()
    )
    ruling = judge(policy, change_request(operation, groups))
    if ruling.refused:
        rule = ruling.because[0][1] if ruling.because else ""
        raise _CannotEnable(Failure(FailureKind.POLICY_REFUSED, code=rule, why=ruling.refused))


async def _defer(context: Context, auto_enable: AutoEnable, cannot: _CannotEnable) -> DueWork:
    """Retry a temporary failure for a while; ask a person in any other case."""
    store, late = context.gateways.store.auto_enables, context.now - auto_enable.at
    failure, trace = cannot.failure, auto_enable.id[:8]
    log.info("auto_enable.deferred", trace=trace, failure=failure.kind.value, late=round(late))
    stopped = failure.kind is FailureKind.CHANGES_STOPPED
    if not cannot.temporary or (late > GIVE_UP_AFTER and not stopped):
        if auto_enable.phase is not Phase.NEEDS_PERSON:
            await apply(context, auto_enable, NeedsPerson(context.now, failure))
        return cards_of(auto_enable)
    due, current = DueWork(), auto_enable
    shown = auto_enable.failure is not None and auto_enable.failure.kind is failure.kind
    if late > SHOWN_AFTER and not shown:
        postponed = await apply(context, auto_enable, Postponed(context.now, failure))
        if postponed is None:
            return DueWork()
        due, current = cards_of(auto_enable), postponed
    await store.reschedule(current, context.now + max(cannot.wait, 1.0))
    return due


_RETRYABLE = {
    FailureKind.RATE_LIMITED,
    FailureKind.NOT_SENT,
    FailureKind.UNCLEAR,
    FailureKind.EXPIRED,
    FailureKind.PERSON_REFUSED,
    FailureKind.TOKEN_REFUSED,
}
# The failure of an auto-enable whose operation ended so.
_ENDED_AS = {
    State.CONFLICT: FailureKind.CONFLICT,
    State.NOT_APPLIED: FailureKind.NOT_APPLIED,
    State.UNKNOWN: FailureKind.UNKNOWN,
}


async def on_enabling_ended(
    context: Context, auto_enable: AutoEnable, operation: Operation
) -> DueWork:
    """Retry after an operation that did not enable the timer, where that is safe; else ask."""
    if auto_enable.phase is not Phase.ENABLING or auto_enable.operation != operation.id:
        return DueWork()
    now = context.now
    ended_as = Failure(_ENDED_AS.get(operation.state, FailureKind.STATE_CHANGED))
    failure = operation.failure or ended_as
    stopped = failure.kind is FailureKind.CHANGES_STOPPED
    temporary = {State.STALE: True, State.NOT_APPLIED: True}.get(
        operation.state, operation.state is State.REJECTED and failure.kind in _RETRYABLE
    )
    if stopped or (temporary and auto_enable.attempts < TRIES):
        postponed = await apply(context, auto_enable, Postponed(now, failure))
        if postponed is not None:
            until = max(now + PAUSE * auto_enable.attempts, failure.until)
            await context.gateways.store.auto_enables.reschedule(postponed, until)
        return cards_of(auto_enable)
    if operation.state in {State.CONFLICT, State.UNKNOWN}:
        failure = ended_as
    await apply(context, auto_enable, NeedsPerson(now, failure))
    return cards_of(auto_enable)
