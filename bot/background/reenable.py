"""When a return has fallen due: the timer is read again, and an operation turns it on."""

import hashlib
from dataclasses import dataclass, replace

import structlog

from bot.context import Context
from bot.core.auto_enables import AutoEnable, Event, Phase, Postponed, Started, after
from bot.core.auto_enables import NeedsPerson as AskedFor
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
from bot.features.starting import acting_of, change_request, draft_operation, observe, start
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.ims import Bearer
from bot.gateways.store.card_outbox import CardRef

BUSY_PAUSE = 5.0
PAUSE = 60.0
SHOWN_AFTER = 300.0  # a wait that long stands on the card
GIVE_UP_AFTER = 1800.0  # for what can pass by itself; then a person is asked
TRIES = 3

log = structlog.get_logger("returns")


@dataclass(eq=False)
class _CannotEnable(Exception):
    """It is not brought back now; ``passing``: it may be, after ``wait`` seconds."""

    failure: Failure
    temporary: bool = False
    wait: float = PAUSE


def operation_of(auto_enable: AutoEnable) -> OperationId:
    """Name the next operation of a return: however often it is begun, it is one."""
    if auto_enable.phase is Phase.ENABLING and auto_enable.operation is not None:
        return auto_enable.operation
    name = f"auto-enable\0{auto_enable.id}\0{auto_enable.attempts}"
    return OperationId(hashlib.sha256(name.encode()).hexdigest()[:24])


def cards_of(auto_enable: AutoEnable) -> DueWork:
    """The card of who set it, and its own."""
    kinds = ("operation", "auto-enable")
    return DueWork(
        cards=tuple(CardRef(auto_enable.workspace, kind, auto_enable.id) for kind in kinds)
    )


async def apply(context: Context, auto_enable: AutoEnable, event: Event) -> AutoEnable | None:
    """Apply the event to this very version and store it; None when another version is stored."""
    following = after(auto_enable, event)

    def change(stored: AutoEnable) -> AutoEnable | None:
        return following if stored.version == auto_enable.version else None

    store = context.gateways.store.auto_enables
    stored = await store.update(auto_enable.workspace, auto_enable.id, change)
    return following if stored == following else None


async def reenable(context: Context, auto_enable: AutoEnable) -> DueWork:
    """Turn it on, or say why not: later by itself, or a person is asked."""
    try:
        return await _attempt(context, auto_enable)
    except _CannotEnable as why:
        return await _defer(context, auto_enable, why)


async def _attempt(context: Context, auto_enable: AutoEnable) -> DueWork:
    gateways = context.gateways
    if await gateways.store.kill_switch.is_on(auto_enable.workspace):
        raise _CannotEnable(Failure(FailureKind.CHANGES_STOPPED), temporary=True)
    person = await _requester(context, auto_enable)
    bearer, timer = await _read(context, auto_enable)
    if timer is None:
        return await _timer_missing(context, auto_enable)
    if timer.enabled:
        await close(gateways, auto_enable, "already_enabled")
        return cards_of(auto_enable)
    if bearer.account.subject != auto_enable.subject:
        raise _CannotEnable(Failure(FailureKind.ACCOUNT_CHANGED))
    return await _start(context, auto_enable, person, bearer, timer)


async def _requester(context: Context, auto_enable: AutoEnable) -> Person:
    try:
        return await context.directory.member(auto_enable.person, auto_enable.workspace)
    except PersonRefused as refused:
        unchecked = refused.reason == "unchecked"
        raise _CannotEnable(
            Failure(FailureKind.PERSON_REFUSED, why=refused.reason), temporary=unchecked
        ) from refused


async def _read(context: Context, auto_enable: AutoEnable) -> tuple[Bearer, Timer | None]:
    """Read it with the setter's own token; None where it is not there."""
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
    """An edit in EDFS deletes a timer and makes another: it may be there under another id."""
    gateways = context.gateways

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, auto_enable.itwin.id)

    try:
        _, timers = await with_token(gateways, auto_enable.workspace, auto_enable.person, read)
    except (ApiError, SignInNeeded, IdentityProviderError, SealBroken) as error:
        # 404 may also mean that the setter may not see the iTwin any more (source: EDFS API).
        hidden = isinstance(error, NotFound)
        why = (
            _CannotEnable(failure_from(error, context.now))
            if hidden
            else _cannot_enable(context, error)
        )
        return await _defer(context, auto_enable, why)
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
    """Ask whether the timer that took its place is meant; it is not turned on unasked."""
    store, now = context.gateways.store.auto_enables, context.now
    name = hashlib.sha256(f"moved\0{auto_enable.id}\0{instead.id}".encode()).hexdigest()[:24]
    there = await store.holder(auto_enable.workspace, auto_enable.itwin.id, instead.id)
    if there is None:  # else that one has a return of its own already
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
    place = await _origin(context, auto_enable)
    asked = Invocation(identity, person, place, context.now)
    found = await observe(gateways, asked, auto_enable.itwin, timer)
    operation = _draft(context, auto_enable, asked, bearer, found)
    await _check_policy(context, operation)
    if auto_enable.phase is Phase.SCHEDULED:
        brought = await apply(context, auto_enable, Started(context.now, identity))
        if brought is None:
            return DueWork()
        auto_enable = brought
    try:
        outcome = await start(gateways, operation)
    except TimerBusy:
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + BUSY_PAUSE)
        return DueWork()
    except ChangesStopped:
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + PAUSE)
        return DueWork()
    if not isinstance(outcome, OperationStarted):  # its setter is turning it on at this very moment
        await gateways.store.auto_enables.reschedule(auto_enable, context.now + BUSY_PAUSE)
        return DueWork()
    log.info("auto_enable.started", trace=auto_enable.id[:8], operation=identity[:8])
    return DueWork((identity,)) + cards_of(auto_enable)


def _draft(
    context: Context,
    auto_enable: AutoEnable,
    invocation: Invocation,
    bearer: Bearer,
    found: TimerShown,
) -> Operation:
    command = Switch("enable", auto_enable.itwin.id, auto_enable.timer.id, auto_enable.reason)
    operation = draft_operation(
        invocation, context.gateways.timeouts, command, acting_of(bearer), found, wanted=True
    )
    return replace(operation, auto_enables=auto_enable.id, on_behalf_of=auto_enable.on_behalf_of)


async def _origin(context: Context, auto_enable: AutoEnable) -> Origin:
    """It goes on with the card of its story, where that is still there."""
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
    """Only a no stops it: approving the "until" has covered its end. Raises _Cannot, SlackAway."""
    policy = context.gateways.policy_file.current
    groups = await context.directory.groups_of(
        operation.requester, policy.groups(), policy.denying()
    )
    ruling = judge(policy, change_request(operation, groups))
    if ruling.refused:
        rule = ruling.because[0][1] if ruling.because else ""
        raise _CannotEnable(Failure(FailureKind.POLICY_REFUSED, code=rule, why=ruling.refused))


async def _defer(context: Context, auto_enable: AutoEnable, why: _CannotEnable) -> DueWork:
    """Wait where that may help, for a while; then ask a person."""
    returns, late = context.gateways.store.auto_enables, context.now - auto_enable.at
    log.info(
        "auto_enable.deferred",
        trace=auto_enable.id[:8],
        failure=why.failure.kind.value,
        late=round(late),
    )
    off = why.failure.kind is FailureKind.CHANGES_STOPPED
    if not why.temporary or (late > GIVE_UP_AFTER and not off):
        if auto_enable.phase is not Phase.NEEDS_PERSON:
            await apply(context, auto_enable, AskedFor(context.now, why.failure))
        return cards_of(auto_enable)
    due, waiting = DueWork(), auto_enable
    if late > SHOWN_AFTER and (
        auto_enable.failure is None or auto_enable.failure.kind is not why.failure.kind
    ):
        said = await apply(context, auto_enable, Postponed(context.now, why.failure))
        if said is None:
            return DueWork()
        due, waiting = cards_of(auto_enable), said
    await returns.reschedule(waiting, context.now + max(why.wait, 1.0))
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
    """Its operation did not turn it on: try again where that is safe and may help, else ask."""
    if auto_enable.phase is not Phase.ENABLING or auto_enable.operation != operation.id:
        return DueWork()
    now = context.now
    ended_as = Failure(_ENDED_AS.get(operation.state, FailureKind.STATE_CHANGED))
    failure = operation.failure or ended_as
    writes_off = failure.kind is FailureKind.CHANGES_STOPPED
    passing = {State.STALE: True, State.NOT_APPLIED: True}.get(
        operation.state, operation.state is State.REJECTED and failure.kind in _RETRYABLE
    )
    if writes_off or (passing and auto_enable.attempts < TRIES):
        delayed = await apply(context, auto_enable, Postponed(now, failure))
        if delayed is not None:
            until = max(now + PAUSE * auto_enable.attempts, failure.until)
            await context.gateways.store.auto_enables.reschedule(delayed, until)
        return cards_of(auto_enable)
    if operation.state in {State.CONFLICT, State.UNKNOWN}:
        failure = ended_as
    await apply(context, auto_enable, AskedFor(now, failure))
    return cards_of(auto_enable)
