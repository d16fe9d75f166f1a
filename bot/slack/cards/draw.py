"""Painting a record's card as it is now, as often as it changed, and saying what goes beside it."""

import secrets
from dataclasses import replace

import structlog

from bot.background import notifications
from bot.context import Context
from bot.core.names import OperationId, Workspace
from bot.gateways.slack.client import NOT_THERE, SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import Card, Ephemeral, Word
from bot.gateways.store.card_outbox import CardRef, CardStatus
from bot.slack.cards.card_state import CardState
from bot.slack.cards.registry import card_state_of
from bot.slack.views.blocks import context_block

# Kept in place of a ts: the bot is not in the channel, so only its person gets the card.
EPHEMERAL = "-"
LOCK_RETRY = 3.0  # somebody else paints just now
GIVE_UP_AFTER = 24 * 3600.0  # a card that Slack has not taken for so long is not drawn any more
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("draw")


async def draw(context: Context, workspace: Workspace, kind: str, identity: OperationId) -> None:
    """Bring the card up to date. What Slack does not take now stays due and is drawn later."""
    drawings, owner = context.gateways.store.card_outbox, secrets.token_hex(8)
    ref = CardRef(workspace, kind, identity)
    await notifications.on_card_changed(context, ref)
    picture = await card_state_of(context, ref)
    if picture is None:
        await drawings.forget(ref)
        return
    if not await drawings.lock_card(ref, owner):
        await drawings.reschedule(ref, context.now + LOCK_RETRY)
        return
    try:
        while picture is not None and not await _draw_version(context, picture):
            picture = await card_state_of(context, ref)
    except SlackUnavailable as away:
        log.warning("draw.later", kind=kind, trace=identity[:8], why=str(away))
        await drawings.reschedule(ref, context.now + away.wait)
    finally:
        await drawings.unlock_card(ref, owner)


async def _draw_version(context: Context, card_state: CardState) -> bool:
    """Draw this version; False when the record has moved on and another drawing is due."""
    ref, drawings = card_state.ref, context.gateways.store.card_outbox
    status = await drawings.read(ref)
    if status.is_current(ref):
        return await drawings.mark_rendered(ref)
    try:
        ts = await _post_or_update_safely(context, card_state, status)
        for word in card_state.messages:
            await _send_once(context, card_state, word, ts)
    except SlackUnavailable:
        if context.now < card_state.since + GIVE_UP_AFTER:
            raise
        log.error("draw.gave_up", kind=ref.kind, trace=ref.id[:8])
        await context.record_undelivered(ref, card_state.channel, "away")
    return await drawings.mark_rendered(ref)


async def _post_or_update_safely(
    context: Context, card_state: CardState, status: CardStatus
) -> str:
    """Paint it and return its ts; what goes beside it is said also where there is no card.

    Empty where Slack will never take it. Another record's card is left alone.
    """
    if status.transferred:
        return status.ts
    try:
        return await _post_or_update(context, card_state, status)
    except SlackRejected as refused:
        ref = card_state.ref
        log.error("draw.refused", kind=ref.kind, trace=ref.id[:8], code=refused.code)
        await context.record_undelivered(ref, card_state.channel, refused.code)
        if refused.code in NOT_THERE:
            await notifications.on_rejected(context, ref, card_state.channel)
        return ""


async def _post_or_update(context: Context, card_state: CardState, status: CardStatus) -> str:
    """Post the card, or edit the one that is there; return its ts, or PRIVATELY."""
    drawings, ts = context.gateways.store.card_outbox, status.ts or card_state.card_to_take
    if ts and ts != EPHEMERAL:
        try:
            await context.slack.update(card_state.channel, ts, card_state.card)
        except SlackRejected as refused:
            if refused.code not in _LOST_CARD | NOT_THERE:
                raise
        else:
            if not status.ts:
                await drawings.set_message(card_state.ref, ts)
            return ts
    if ts != EPHEMERAL:
        try:
            ts = await context.slack.post(card_state.channel, card_state.card, card_state.thread)
        except SlackRejected as refused:
            if refused.code not in NOT_THERE or card_state.requester is None:
                raise
            ts = EPHEMERAL
        await drawings.set_message(card_state.ref, ts)
    if ts == EPHEMERAL and card_state.ended and card_state.requester is not None:
        asked = card_state.requester
        said = _as_ephemeral(card_state.card)
        await context.answer_privately(
            said, asked.person, card_state.channel, asked.response_url, asked.at
        )
    return ts


def _as_ephemeral(card: Card) -> Ephemeral:
    return Ephemeral(card.text, [*card.blocks, context_block(INVITE)])


async def _send_once(context: Context, card_state: CardState, word: Word, ts: str) -> None:
    """Say what goes beside the card, once."""
    drawings = context.gateways.store.card_outbox
    if not await drawings.claim(card_state.ref, word.what):
        return
    try:
        await _send(context, card_state, word, ts)
    except SlackUnavailable:
        await drawings.release(card_state.ref, word.what)
        raise
    except SlackRejected as refused:
        # One who cannot be told any more does not keep the others from being told.
        log.warning("word.refused", trace=card_state.ref.id[:8], what=word.what, code=refused.code)


async def _send(context: Context, card_state: CardState, word: Word, ts: str) -> None:
    if word.to is None:
        if ts and ts != EPHEMERAL:
            await context.slack.post(card_state.channel, Card(word.said.text, word.said.blocks), ts)
        return
    if word.direct:
        await context.slack.send_direct(word.to, word.said)
        return
    asked = card_state.requester
    ours = asked is not None and asked.person == word.to
    reply, at = (asked.response_url, asked.at) if asked is not None and ours else ("", 0.0)
    await context.answer_privately(
        replace(word.said, replace_original=False), word.to, card_state.channel, reply, at
    )
