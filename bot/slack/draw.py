"""Painting an operation's card from its record, as often as it changed, and telling its person."""

from dataclasses import replace

import structlog

from bot.core.commands import Switch
from bot.core.operations import Operation
from bot.core.outcomes import Failed
from bot.core.troubles import error_of
from bot.gateways.store.operations import Drawing
from bot.slack.desk import Desk
from bot.slack.messages import Card, Private
from bot.slack.post import NOT_THERE, SlackAway, SlackRefused
from bot.slack.views.blocks import small
from bot.slack.views.cards import card
from bot.slack.views.render import failed

# Kept in place of a ts: the bot is not in the channel, so only its person gets the card.
PRIVATELY = "-"
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("draw")


async def draw(desk: Desk, operation: Operation) -> None:
    """Bring the card up to date. What Slack does not take now stays due and is drawn later."""
    operations = desk.gateways.store.operations
    drawing = await operations.drawing(operation.workspace, operation.id)
    if drawing.drawn >= operation.version:
        await operations.drawn(operation)
        return
    try:
        await _paint(desk, operation, drawing)
        await _tell(desk, operation)
    except SlackAway as away:
        log.warning("draw.later", trace=operation.trace, why=str(away))
        await operations.postpone(operation, desk.now + away.wait)
        return
    except SlackRefused as refused:
        log.error("draw.refused", trace=operation.trace, code=refused.code)
    await operations.drawn(operation)


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
            return
    if ts != PRIVATELY:
        try:
            ts = await desk.poster.post(operation.place.channel, picture)
        except SlackRefused as refused:
            if refused.code not in NOT_THERE:
                raise
            ts = PRIVATELY
        await desk.gateways.store.operations.carded(operation, ts)
    if ts == PRIVATELY and operation.state.ended:
        await _whisper(desk, operation, _privately(picture))


def _privately(picture: Card) -> Private:
    return Private(picture.text, [*picture.blocks, small(INVITE)])


async def _tell(desk: Desk, operation: Operation) -> None:
    """Say what went wrong to the person who asked, and to nobody else; once."""
    operations = desk.gateways.store.operations
    if operation.trouble is None or not await operations.told(operation):
        return
    retry = Switch(
        "enable" if operation.wanted else "disable",
        operation.itwin.id,
        operation.timer.id,
        operation.because,
    )
    error = error_of(operation.trouble, desk.now)
    said = failed(Failed(error, operation.trace, str(retry)), desk.now)
    try:
        await _whisper(desk, operation, said)
    except SlackAway:
        await operations.untold(operation)
        raise


async def _whisper(desk: Desk, operation: Operation, message: Private) -> None:
    place = operation.place
    await desk.whisper(
        replace(message, replace=False),
        operation.person,
        place.channel,
        place.reply,
        operation.asked_at,
    )
