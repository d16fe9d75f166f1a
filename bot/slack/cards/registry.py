"""Maps each kind of record to the function that says what its card looks like."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.context import Context
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.card_refs import CardRef, card_ref
from bot.core.change_requests import command_of
from bot.core.operations.failures import error_from
from bot.core.operations.operation import FailureKind, Operation, State
from bot.core.outcomes import Failed
from bot.gateways.slack.messages import CardReply, DirectMessage, PrivateReply
from bot.slack.cards import approvals, auto_enables, notifications, operation_sets, subscriptions
from bot.slack.cards.card_state import CardState, Requester
from bot.slack.views.auto_enables import sign_in_ended
from bot.slack.views.cards import card, waiting_message
from bot.slack.views.render import failed


async def card_state_of(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a record as it is now; None where there is nothing to show."""
    card_state = _KINDS.get(ref.kind)
    return await card_state(context, ref) if card_state is not None else None


async def _operation(context: Context, ref: CardRef) -> CardState | None:
    operations, place = context.gateways.store.operations, (ref.workspace, ref.id)
    operation = await operations.read(*place)
    if operation is None:
        return None
    origin = operation.origin
    auto_enable = await _auto_enable_of(context, operation)
    own = auto_enable if auto_enable is not None and auto_enable.id == operation.id else None
    return CardState(
        ref=replace(card_ref(operation), auto_enable_version=own.version if own else 0),
        channel=origin.channel,
        card=card(
            operation,
            context.now,
            context.gateways.schedule_zone,
            auto_enable,
            superseded=operation.state.ended and await operations.is_superseded(*place),
        ),
        since=max(operation.changed_at, own.changed_at if own else 0.0),
        ended=operation.state.ended,
        card_to_take=origin.card,
        thread=origin.thread,
        requester=Requester(operation.requester, origin.response_url, operation.asked_at),
        replies=(*_failure_replies(context, operation), *_sign_in_replies(own)),
    )


async def _auto_enable_of(context: Context, operation: Operation) -> AutoEnable | None:
    """Return the auto-enable that the operation scheduled, or that it carries out."""
    if operation.until is None and operation.auto_enables is None:
        return None
    of = operation.auto_enables or operation.id
    return await context.gateways.store.auto_enables.read(operation.workspace, of)


def _failure_replies(context: Context, operation: Operation) -> tuple[CardReply, ...]:
    """Return what the requester alone is told of a failure.

    Nobody waits for the operation of an auto-enable, so its card is enough.
    """
    failure = operation.failure
    if failure is None or operation.auto_enables:
        return ()
    if operation.state is State.LOCKED:
        # Other failures are retried within seconds, too soon to bother anybody.
        if failure.kind is not FailureKind.RATE_LIMITED:
            return ()
        return (PrivateReply("waiting", operation.requester, waiting_message(operation)),)
    error, retry = error_from(failure, context.now), command_of(operation, "UTC")
    message = failed(Failed(error, operation.trace, str(retry)), context.now)
    return (PrivateReply("trouble", operation.requester, message),)


def _sign_in_replies(auto_enable: AutoEnable | None) -> tuple[CardReply, ...]:
    """Return the request to sign in again before the auto-enable is due, if that is necessary."""
    if auto_enable is None or auto_enable.sign_in_valid:
        return ()
    if auto_enable.phase is not Phase.SCHEDULED:
        return ()
    return (DirectMessage("sign-in", auto_enable.person, sign_in_ended(auto_enable)),)


_KINDS: dict[str, Callable[[Context, CardRef], Awaitable[CardState | None]]] = {
    "operation": _operation,
    "operation-set": operation_sets.card_state,
    "approval": approvals.card_state,
    "auto-enable": auto_enables.card_state,
    "notification": notifications.card_state,
    "subscription": subscriptions.card_state,
}
