"""Painting a record's card as it is now, as often as it changed, and saying what goes beside it."""

import secrets
from dataclasses import replace

import structlog

from bot.background import notifications
from bot.context import Desk
from bot.core.names import OperationId, Workspace
from bot.gateways.slack.client import NOT_THERE, SlackAway, SlackRefused
from bot.gateways.slack.messages import Card, Private, Word
from bot.gateways.store.card_outbox import Drawing, Sheet
from bot.slack.cards.card_state import Picture
from bot.slack.cards.registry import picture_of
from bot.slack.views.blocks import small

# Kept in place of a ts: the bot is not in the channel, so only its person gets the card.
PRIVATELY = "-"
BRUSH_PAUSE = 3.0  # somebody else paints just now
GIVE_UP = 24 * 3600.0  # a card that Slack has not taken for so long is not drawn any more
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("draw")


async def draw(desk: Desk, workspace: Workspace, kind: str, identity: OperationId) -> None:
    """Bring the card up to date. What Slack does not take now stays due and is drawn later."""
    drawings, painter = desk.gateways.store.drawings, secrets.token_hex(8)
    sheet = Sheet(workspace, kind, identity)
    await notifications.announce(desk, sheet)
    picture = await picture_of(desk, sheet)
    if picture is None:
        await drawings.forget(sheet)
        return
    if not await drawings.take_brush(sheet, painter):
        await drawings.postpone(sheet, desk.now + BRUSH_PAUSE)
        return
    try:
        while picture is not None and not await _drawn(desk, picture):
            picture = await picture_of(desk, sheet)
    except SlackAway as away:
        log.warning("draw.later", kind=kind, trace=identity[:8], why=str(away))
        await drawings.postpone(sheet, desk.now + away.wait)
    finally:
        await drawings.lay_brush_down(sheet, painter)


async def _drawn(desk: Desk, picture: Picture) -> bool:
    """Draw this version; False when the record has moved on and another drawing is due."""
    sheet, drawings = picture.sheet, desk.gateways.store.drawings
    drawing = await drawings.read(sheet)
    if drawing.shows(sheet):
        return await drawings.drawn(sheet)
    try:
        ts = await _painted(desk, picture, drawing)
        for word in picture.words:
            await _say(desk, picture, word, ts)
    except SlackAway:
        if desk.now < picture.since + GIVE_UP:
            raise
        log.error("draw.gave_up", kind=sheet.kind, trace=sheet.id[:8])
        await desk.gave_up(sheet, picture.channel, "away")
    return await drawings.drawn(sheet)


async def _painted(desk: Desk, picture: Picture, drawing: Drawing) -> str:
    """Paint it and return its ts; what goes beside it is said also where there is no card.

    Empty where Slack will never take it. Another record's card is left alone.
    """
    if drawing.handed:
        return drawing.card
    try:
        return await _paint(desk, picture, drawing)
    except SlackRefused as refused:
        sheet = picture.sheet
        log.error("draw.refused", kind=sheet.kind, trace=sheet.id[:8], code=refused.code)
        await desk.gave_up(sheet, picture.channel, refused.code)
        if refused.code in NOT_THERE:
            await notifications.refused(desk, sheet, picture.channel)
        return ""


async def _paint(desk: Desk, picture: Picture, drawing: Drawing) -> str:
    """Post the card, or edit the one that is there; return its ts, or PRIVATELY."""
    drawings, ts = desk.gateways.store.drawings, drawing.card or picture.card_to_take
    if ts and ts != PRIVATELY:
        try:
            await desk.poster.edit(picture.channel, ts, picture.card)
        except SlackRefused as refused:
            if refused.code not in _LOST_CARD | NOT_THERE:
                raise
        else:
            if not drawing.card:
                await drawings.carded(picture.sheet, ts)
            return ts
    if ts != PRIVATELY:
        try:
            ts = await desk.poster.post(picture.channel, picture.card, picture.thread)
        except SlackRefused as refused:
            if refused.code not in NOT_THERE or picture.asked is None:
                raise
            ts = PRIVATELY
        await drawings.carded(picture.sheet, ts)
    if ts == PRIVATELY and picture.ended and picture.asked is not None:
        asked = picture.asked
        said = _privately(picture.card)
        await desk.whisper(said, asked.person, picture.channel, asked.reply, asked.at)
    return ts


def _privately(picture: Card) -> Private:
    return Private(picture.text, [*picture.blocks, small(INVITE)])


async def _say(desk: Desk, picture: Picture, word: Word, ts: str) -> None:
    """Say what goes beside the card, once."""
    drawings = desk.gateways.store.drawings
    if not await drawings.told(picture.sheet, word.what):
        return
    try:
        await _said(desk, picture, word, ts)
    except SlackAway:
        await drawings.untold(picture.sheet, word.what)
        raise
    except SlackRefused as refused:
        # One who cannot be told any more does not keep the others from being told.
        log.warning("word.refused", trace=picture.sheet.id[:8], what=word.what, code=refused.code)


async def _said(desk: Desk, picture: Picture, word: Word, ts: str) -> None:
    if word.to is None:
        if ts and ts != PRIVATELY:
            await desk.poster.post(picture.channel, Card(word.said.text, word.said.blocks), ts)
        return
    if word.direct:
        await desk.poster.direct(word.to, word.said)
        return
    asked = picture.asked
    ours = asked is not None and asked.person == word.to
    reply, at = (asked.reply, asked.at) if asked is not None and ours else ("", 0.0)
    await desk.whisper(replace(word.said, replace=False), word.to, picture.channel, reply, at)
