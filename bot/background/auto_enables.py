"""Returns in Slack: what falls due, whom it asks, and what an operation's end means for it."""

import structlog

from bot.background.reenable import apply, cards_of, on_enabling_ended, reenable
from bot.context import Context
from bot.core.auto_enables import AutoEnable, Escalated, Phase, SignInChecked, scheduled_by
from bot.core.auto_enables import due as due_at
from bot.core.due_work import DueWork
from bot.core.errors import IdentityProviderError, SealBroken, SignInNeeded
from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.features.auto_enables import close
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import CardRef
from bot.slack.cards.card_state import CardState, Requester
from bot.slack.views import auto_enables as views

CHECK_OPERATION_AFTER = 60.0  # at what is under way
RETRY_SIGN_IN_CHECK = 900.0

log = structlog.get_logger("returns")


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Only where a person was asked, or it came to nothing, has a return a card of its own."""
    auto_enable = await context.gateways.store.auto_enables.read(ref.workspace, ref.id)
    if auto_enable is None or not (
        auto_enable.needs_person_since or auto_enable.closed_as == "gone"
    ):
        return None
    words: tuple[Word, ...] = ()
    if auto_enable.escalated and auto_enable.phase is Phase.NEEDS_PERSON:
        words = (
            Word("escalated", views.escalated(auto_enable)),
            Word(
                "escalated-setter",
                views.to_requester(auto_enable),
                auto_enable.requester,
                direct=True,
            ),
        )
    return CardState(
        ref=CardRef(auto_enable.workspace, "auto-enable", auto_enable.id, auto_enable.version),
        channel=auto_enable.channel,
        card=views.card(auto_enable),
        since=max(auto_enable.changed_at, auto_enable.needs_person_since),
        ended=auto_enable.phase in {Phase.CLOSED, Phase.NEEDS_PERSON},
        requester=Requester(auto_enable.person, "", 0.0),
        messages=words,
    )


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """See to what is due of a return: the probe of a consent, the return itself, the escalation."""
    returns = context.gateways.store.auto_enables
    auto_enable = await returns.read(workspace, identity)
    at = due_at(auto_enable) if auto_enable is not None else None
    if auto_enable is None or at is None or context.now < at:
        await returns.sync_due(workspace, identity)
        return DueWork()
    if (
        await returns.holder(workspace, auto_enable.itwin.id, auto_enable.timer.id)
        != auto_enable.id
    ):
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
    """Is the setter's consent good for another token? A fresh one is asked for, and not used."""
    ims, returns = context.gateways.ims, context.gateways.store.auto_enables
    try:
        bearer = await ims.bearer(auto_enable.workspace, auto_enable.person)
        bearer = await ims.renewed(auto_enable.workspace, auto_enable.person, bearer)
    except (SignInNeeded, SealBroken):
        consents = False
    except IdentityProviderError:
        await returns.reschedule(
            auto_enable, min(context.now + RETRY_SIGN_IN_CHECK, auto_enable.at)
        )
        return DueWork()
    else:
        consents = bearer.account.subject == auto_enable.subject
    if not consents:
        await _notify_requester(context, auto_enable)
    await apply(context, auto_enable, SignInChecked(context.now, consents))
    return cards_of(auto_enable)


async def _notify_requester(context: Context, auto_enable: AutoEnable) -> None:
    """Ask the setter, once, to sign in again in time."""
    drawings = context.gateways.store.card_outbox
    ref = CardRef(auto_enable.workspace, "auto-enable", auto_enable.id)
    if not await drawings.claim(ref, "probe"):
        return
    try:
        await context.slack.send_direct(auto_enable.person, views.sign_in_ended(auto_enable))
    except SlackUnavailable:
        await drawings.release(ref, "probe")
        raise
    except SlackRejected as refused:
        log.warning("auto_enable.notice_rejected", trace=auto_enable.id[:8], code=refused.code)


async def _check_operation(context: Context, auto_enable: AutoEnable) -> DueWork:
    """The operation's end says more, and sooner; here it is looked whether it was begun at all."""
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
    """An operation has ended: it may set a return, or end one."""
    if not _reached_wanted_state(operation):
        if operation.auto_enables is None:
            return DueWork()
        auto_enable = await context.gateways.store.auto_enables.read(
            operation.workspace, operation.auto_enables
        )
        return (
            await on_enabling_ended(context, auto_enable, operation)
            if auto_enable is not None
            else DueWork()
        )
    due = await _close_previous(context, operation)
    auto_enable = scheduled_by(operation)
    if operation.wanted or auto_enable is None or await _enabled_since(context, operation):
        return due
    await context.gateways.store.auto_enables.put(auto_enable)
    return due


def _reached_wanted_state(operation: Operation) -> bool:
    late = operation.late_finding
    if late is not None and late.enabled is not None:
        return late.enabled is operation.wanted
    return operation.state in {State.APPLIED, State.ALREADY}


async def _close_previous(context: Context, operation: Operation) -> DueWork:
    """End the return that the timer had before this operation."""
    returns = context.gateways.store.auto_enables
    place = (operation.itwin.id, operation.timer.id)
    holder = await returns.holder(operation.workspace, *place)
    auto_enable = await returns.read(operation.workspace, holder) if holder else None
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
    """Whether this news comes so late that the timer was seen on meanwhile."""
    timers = context.gateways.store.timers
    last = await timers.last_observation(
        operation.workspace, operation.itwin.id, operation.timer.id
    )
    return last is not None and last.enabled and last.at > operation.changed_at
