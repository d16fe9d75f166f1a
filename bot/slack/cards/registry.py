"""What each kind of record looks like in Slack: card, place, and what is said beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.background import approvals, auto_enables, notifications, polling
from bot.context import Desk
from bot.core.auto_enables import Return
from bot.core.operations.failures import error_of
from bot.core.operations.operation import Operation, State
from bot.core.outcomes import Failed
from bot.features.starting import command_of
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import Sheet, sheet_of
from bot.slack.cards.card_state import Picture, WhoAsked
from bot.slack.views.cards import card, waiting
from bot.slack.views.render import failed


async def picture_of(desk: Desk, sheet: Sheet) -> Picture | None:
    """Return the picture of the record as it is now; None when there is no such record."""
    make = _KINDS.get(sheet.kind)
    return await make(desk, sheet) if make is not None else None


async def _operation(desk: Desk, sheet: Sheet) -> Picture | None:
    operation = await desk.gateways.store.operations.read(sheet.workspace, sheet.id)
    if operation is None:
        return None
    place = operation.place
    word = _worth_telling(desk, operation)
    back = await _return_of(desk, operation)
    own = back if back is not None and back.id == operation.id else None
    return Picture(
        sheet=replace(sheet_of(operation), beside=own.version if own else 0),
        channel=place.channel,
        card=card(operation, desk.now, desk.gateways.schedule_zone, back),
        since=max(operation.changed_at, own.changed_at if own else 0.0),
        ended=operation.state.ended,
        card_to_take=place.card,
        thread=place.thread,
        asked=WhoAsked(operation.asker, place.reply, operation.asked_at),
        words=(word,) if word else (),
    )


async def _return_of(desk: Desk, operation: Operation) -> Return | None:
    """Return the return that it set, or that it is."""
    if operation.until is None and operation.brings_back is None:
        return None
    of = operation.brings_back or operation.id
    return await desk.gateways.store.returns.read(operation.workspace, of)


def _worth_telling(desk: Desk, operation: Operation) -> Word | None:
    """What their person should hear beside the card, and nobody else."""
    trouble = operation.trouble
    if trouble is None or operation.brings_back:  # nobody waits for a return: its card tells
        return None
    if operation.state is State.LOCKED:
        # Two more tries within seconds are not worth a word.
        limited = trouble.kind == "RateLimited"
        return Word("waiting", waiting(operation), operation.asker) if limited else None
    retry = command_of(operation, "UTC")
    said = failed(Failed(error_of(trouble, desk.now), operation.trace, str(retry)), desk.now)
    return Word("trouble", said, operation.asker)


_KINDS: dict[str, Callable[[Desk, Sheet], Awaitable[Picture | None]]] = {
    "operation": _operation,
    "approval": approvals.picture,
    "return": auto_enables.picture,
    "notice": notifications.picture,
    "subscription": polling.picture,
}
