"""What each kind of record looks like in Slack: card, place, and what is said beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.background import approvals, auto_enables, notifications, polling
from bot.context import Context
from bot.core.auto_enables import AutoEnable
from bot.core.operations.failures import error_from
from bot.core.operations.operation import FailureKind, Operation, State
from bot.core.outcomes import Failed
from bot.features.starting import command_of
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import CardRef, card_ref
from bot.slack.cards.card_state import CardState, Requester
from bot.slack.views.cards import card, waiting_message
from bot.slack.views.render import failed


async def card_state_of(context: Context, ref: CardRef) -> CardState | None:
    """Return the picture of the record as it is now; None when there is no such record."""
    make = _KINDS.get(ref.kind)
    return await make(context, ref) if make is not None else None


async def _operation(context: Context, ref: CardRef) -> CardState | None:
    operation = await context.gateways.store.operations.read(ref.workspace, ref.id)
    if operation is None:
        return None
    place = operation.origin
    word = _private_message(context, operation)
    auto_enable = await _auto_enable_of(context, operation)
    own = auto_enable if auto_enable is not None and auto_enable.id == operation.id else None
    return CardState(
        ref=replace(card_ref(operation), auto_enable_version=own.version if own else 0),
        channel=place.channel,
        card=card(operation, context.now, context.gateways.schedule_zone, auto_enable),
        since=max(operation.changed_at, own.changed_at if own else 0.0),
        ended=operation.state.ended,
        card_to_take=place.card,
        thread=place.thread,
        requester=Requester(operation.requester, place.response_url, operation.asked_at),
        messages=(word,) if word else (),
    )


async def _auto_enable_of(context: Context, operation: Operation) -> AutoEnable | None:
    """Return the return that it set, or that it is."""
    if operation.until is None and operation.auto_enables is None:
        return None
    of = operation.auto_enables or operation.id
    return await context.gateways.store.auto_enables.read(operation.workspace, of)


def _private_message(context: Context, operation: Operation) -> Word | None:
    """What their person should hear beside the card, and nobody else."""
    failure = operation.failure
    if failure is None or operation.auto_enables:  # nobody waits for a return: its card tells
        return None
    if operation.state is State.LOCKED:
        # Two more tries within seconds are not worth a word.
        limited = failure.kind is FailureKind.RATE_LIMITED
        return Word("waiting", waiting_message(operation), operation.requester) if limited else None
    retry = command_of(operation, "UTC")
    said = failed(
        Failed(error_from(failure, context.now), operation.trace, str(retry)), context.now
    )
    return Word("trouble", said, operation.requester)


_KINDS: dict[str, Callable[[Context, CardRef], Awaitable[CardState | None]]] = {
    "operation": _operation,
    "approval": approvals.card_state,
    "auto-enable": auto_enables.card_state,
    "notification": notifications.card_state,
    "subscription": polling.card_state,
}
