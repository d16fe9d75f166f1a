"""Due work of auto-enables, and what the end of an operation means for them."""

from bot.background.reenable import apply, cards_of, on_enabling_ended, reenable
from bot.context import Context
from bot.core.auto_enables import AutoEnable, Escalated, Phase, SignInChecked, scheduled_by
from bot.core.auto_enables import due as due_at
from bot.core.due_work import DueWork
from bot.core.errors import IdentityProviderError, SealBroken, SignInNeeded
from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.features.auto_enables import close

# The end of its operation is handled at once; this is for the case that it was missed.
CHECK_OPERATION_AFTER = 60.0
RETRY_SIGN_IN_CHECK = 900.0


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Check the sign-in a day ahead, enable the timer, or escalate to a person."""
    store = context.gateways.store.auto_enables
    auto_enable = await store.read(workspace, identity)
    at = due_at(auto_enable) if auto_enable is not None else None
    if auto_enable is None or at is None or context.now < at:
        await store.sync_due(workspace, identity)
        return DueWork()
    holder = await store.holder(workspace, auto_enable.itwin.id, auto_enable.timer.id)
    if holder != auto_enable.id:
        await close(context.gateways, auto_enable, "replaced")
        return cards_of(auto_enable)
    match auto_enable.phase:
        case Phase.SCHEDULED if context.now < auto_enable.at:
            return await _check_sign_in(context, auto_enable)
        case Phase.SCHEDULED:
            return await reenable(context, auto_enable)
        case Phase.ENABLING:
            return await _check_operation(context, auto_enable)
        case Phase.NEEDS_PERSON | Phase.CLOSED:
            await apply(context, auto_enable, Escalated(context.now))
            return cards_of(auto_enable)


async def _check_sign_in(context: Context, auto_enable: AutoEnable) -> DueWork:
    """Find out whether the sign-in still gives a fresh token, which is then not used.

    If it does not, the card asks that person to sign in again while there is time.
    """
    ims, store = context.gateways.ims, context.gateways.store.auto_enables
    try:
        bearer = await ims.bearer(auto_enable.workspace, auto_enable.person)
        bearer = await ims.renewed(auto_enable.workspace, auto_enable.person, bearer)
    except (SignInNeeded, SealBroken):
        valid = False
    except IdentityProviderError:
        again = min(context.now + RETRY_SIGN_IN_CHECK, auto_enable.at)
        await store.reschedule(auto_enable, again)
        return DueWork()
    else:
        valid = bearer.account.subject == auto_enable.subject
    await apply(context, auto_enable, SignInChecked(context.now, valid))
    return cards_of(auto_enable)


async def _check_operation(context: Context, auto_enable: AutoEnable) -> DueWork:
    """Start the enabling operation if that did not happen, or handle its end if it was missed."""
    store = context.gateways.store
    operation = await store.operations.read(
        auto_enable.workspace, auto_enable.operation or auto_enable.id
    )
    if operation is None:
        return await reenable(context, auto_enable)
    if not operation.state.ended:
        await store.auto_enables.reschedule(auto_enable, context.now + CHECK_OPERATION_AFTER)
        return DueWork((operation.id,))
    return await on_operation_ended(context, operation)


async def on_operation_ended(context: Context, operation: Operation) -> DueWork:
    """Schedule the auto-enable that an operation asked for; close the timer's previous one."""
    store = context.gateways.store.auto_enables
    if not _reached_wanted_state(operation):
        if operation.auto_enables is None:
            return DueWork()
        auto_enable = await store.read(operation.workspace, operation.auto_enables)
        if auto_enable is None:
            return DueWork()
        return await on_enabling_ended(context, auto_enable, operation)
    due = await _close_previous(context, operation)
    scheduled = scheduled_by(operation)
    if operation.wanted or scheduled is None or await _enabled_since(context, operation):
        return due
    await store.put(scheduled)
    return due


def _reached_wanted_state(operation: Operation) -> bool:
    late = operation.late_finding
    if late is not None and late.enabled is not None:
        return late.enabled is operation.wanted
    return operation.state in {State.APPLIED, State.ALREADY}


async def _close_previous(context: Context, operation: Operation) -> DueWork:
    """Close the auto-enable that the timer had before this operation."""
    store = context.gateways.store.auto_enables
    holder = await store.holder(operation.workspace, operation.itwin.id, operation.timer.id)
    auto_enable = await store.read(operation.workspace, holder) if holder else None
    if (
        auto_enable is None
        or auto_enable.id == operation.id
        or auto_enable.scheduled_at > operation.changed_at
    ):
        return DueWork()
    by = operation.requester
    if operation.wanted:
        own = operation.auto_enables == auto_enable.id
        if own and operation.state is State.APPLIED:
            await close(context.gateways, auto_enable, "enabled")
        else:
            await close(context.gateways, auto_enable, "already_enabled", None if own else by)
    elif operation.until is not None:
        for_good = operation.until.at is None
        await close(context.gateways, auto_enable, "kept_disabled" if for_good else "replaced", by)
    elif operation.state is State.APPLIED:
        await close(context.gateways, auto_enable, "replaced", by)
    return cards_of(auto_enable)


async def _enabled_since(context: Context, operation: Operation) -> bool:
    """Whether the timer was seen enabled after the operation, whose end is handled late."""
    timers = context.gateways.store.timers
    last = await timers.last_observation(
        operation.workspace, operation.itwin.id, operation.timer.id
    )
    return last is not None and last.enabled and last.at > operation.changed_at
