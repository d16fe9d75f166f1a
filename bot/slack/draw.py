"""Painting an operation's card from its record, as often as it changed, and telling its person."""

import secrets
from dataclasses import replace

import structlog

from bot.core.commands import Switch
from bot.core.names import OperationId, Workspace
from bot.core.operations import Operation, State
from bot.core.outcomes import Failed
from bot.core.troubles import error_of
from bot.gateways.store.drawings import Drawing
from bot.slack.desk import Desk
from bot.slack.messages import Card, Private
from bot.slack.post import NOT_THERE, SlackAway, SlackRefused
from bot.slack.views.blocks import small
from bot.slack.views.cards import card, waiting
from bot.slack.views.render import failed

# Kept in place of a ts: the bot is not in the channel, so only its person gets the card.
PRIVATELY = "-"
BRUSH_PAUSE = 3.0  # somebody else paints just now
GIVE_UP = 24 * 3600.0  # a card that Slack has not taken for so long is not drawn any more
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("draw")


async def draw(desk: Desk, workspace: Workspace, identity: OperationId) -> None:
    """Bring the card up to date. What Slack does not take now stays due and is drawn later."""
    store, painter = desk.gateways.store, secrets.token_hex(8)
    operation = await store.operations.read(workspace, identity)
    if operation is None:
        return
    if not await store.drawings.take_brush(operation, painter):
        await store.drawings.postpone(operation, desk.now + BRUSH_PAUSE)
        return
    try:
        while operation is not None and not await _drawn(desk, operation):
            operation = await store.operations.read(workspace, identity)
    except SlackAway as away:
        log.warning("draw.later", trace=identity[:8], why=str(away))
        if operation is not None:
            await store.drawings.postpone(operation, desk.now + away.wait)
    finally:
        await store.drawings.lay_brush_down(workspace, identity, painter)


async def _drawn(desk: Desk, operation: Operation) -> bool:
    """Draw this version; False when the record has moved on and another drawing is due."""
    drawings = desk.gateways.store.drawings
    drawing = await drawings.read(operation.workspace, operation.id)
    if drawing.handed or drawing.drawn >= operation.version:
        return await drawings.drawn(operation)
    try:
        await _paint(desk, operation, drawing)
        await _tell(desk, operation)
    except SlackRefused as refused:
        log.error("draw.refused", trace=operation.trace, code=refused.code)
    except SlackAway:
        if desk.now < operation.changed_at + GIVE_UP:
            raise
        log.error("draw.gave_up", trace=operation.trace)
    return await drawings.drawn(operation)


async def _paint(desk: Desk, operation: Operation, drawing: Drawing) -> None:
    picture = card(operation, desk.now, desk.gateways.schedule_zone)
    ts = drawing.card or operation.place.card
    if ts and ts != PRIVATELY:
        try:
            await desk.poster.edit(operation.place.channel, ts, picture)
        except SlackRefused as refused:
            if refused.code not in _LOST_CARD | NOT_THERE:
                raise
        else:
            if not drawing.card:
                await desk.gateways.store.drawings.carded(operation, ts)
            return
    if ts != PRIVATELY:
        try:
            ts = await desk.poster.post(operation.place.channel, picture)
        except SlackRefused as refused:
            if refused.code not in NOT_THERE:
                raise
            ts = PRIVATELY
        await desk.gateways.store.drawings.carded(operation, ts)
    if ts == PRIVATELY and operation.state.ended:
        await _whisper(desk, operation, _privately(picture))


def _privately(picture: Card) -> Private:
    return Private(picture.text, [*picture.blocks, small(INVITE)])


async def _tell(desk: Desk, operation: Operation) -> None:
    """Say what is wrong to the person who asked, and to nobody else; each thing once."""
    told = _worth_telling(desk, operation)
    if told is None:
        return
    what, said = told
    drawings = desk.gateways.store.drawings
    if not await drawings.told(operation, what):
        return
    try:
        await _whisper(desk, operation, said)
    except SlackAway:
        await drawings.untold(operation, what)
        raise


def _worth_telling(desk: Desk, operation: Operation) -> tuple[str, Private] | None:
    """What their person should hear beside the card, and under which name it is remembered."""
    trouble = operation.trouble
    if trouble is None:
        return None
    if operation.state is State.LOCKED:
        # Two more tries within seconds are not worth a word.
        return ("waiting", waiting(operation)) if trouble.kind == "RateLimited" else None
    retry = Switch(
        "enable" if operation.wanted else "disable",
        operation.itwin.id,
        operation.timer.id,
        operation.because,
    )
    error = error_of(trouble, desk.now)
    return "trouble", failed(Failed(error, operation.trace, str(retry)), desk.now)


async def _whisper(desk: Desk, operation: Operation, message: Private) -> None:
    place = operation.place
    await desk.whisper(
        replace(message, replace=False),
        operation.person,
        place.channel,
        place.reply,
        operation.asked_at,
    )
