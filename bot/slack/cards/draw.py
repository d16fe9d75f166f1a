"""Draws cards: posts or updates a record's message, and sends the replies that go with it.

A record stays in the card outbox until its newest version was drawn, so a card that Slack does
not take now is drawn later. Nothing else in the bot calls ``chat.update``.
"""

import secrets
from dataclasses import replace

import structlog

from bot.background import notifications
from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.names import OperationId, Workspace
from bot.gateways.slack.client import NOT_THERE, SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import (
    Card,
    CardReply,
    DirectMessage,
    Ephemeral,
    PrivateReply,
    ThreadReply,
)
from bot.gateways.store.card_outbox import CardStatus
from bot.gateways.store.dead_letters import DeadLetter
from bot.slack.cards.card_state import CardState
from bot.slack.cards.registry import card_state_of
from bot.slack.views.blocks import context_block

# Stored as the ts of a card that only its requester gets, because the bot is not in the channel.
EPHEMERAL = "-"
LOCK_RETRY = 3.0  # while another process draws the same card
GIVE_UP_AFTER = 24 * 3600.0
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("cards")


async def draw(context: Context, workspace: Workspace, kind: str, identity: OperationId) -> None:
    """Bring a record's card up to date, or reschedule that while Slack does not take it."""
    outbox, owner = context.gateways.store.card_outbox, secrets.token_hex(8)
    ref = CardRef(workspace, kind, identity)
    await notifications.on_card_changed(context, ref)
    card_state = await card_state_of(context, ref)
    if card_state is None:
        await outbox.forget(ref)
        return
    if not await outbox.lock_card(ref, owner):
        await outbox.reschedule(ref, context.now + LOCK_RETRY)
        return
    try:
        while card_state is not None and not await _draw_version(context, card_state):
            card_state = await card_state_of(context, ref)
    except SlackUnavailable as unavailable:
        log.warning("card.deferred", kind=kind, trace=identity[:8], why=str(unavailable))
        await outbox.reschedule(ref, context.now + unavailable.wait)
    finally:
        await outbox.unlock_card(ref, owner)


async def _draw_version(context: Context, card_state: CardState) -> bool:
    """Draw this version; return False if the record has a newer one by now."""
    ref, outbox = card_state.ref, context.gateways.store.card_outbox
    status = await outbox.read(ref)
    if status.is_current(ref):
        return await outbox.mark_rendered(ref)
    try:
        ts = await _post_or_update_safely(context, card_state, status)
        for reply in card_state.replies:
            await _send_once(context, card_state, reply, ts)
    except SlackUnavailable:
        if context.now < card_state.since + GIVE_UP_AFTER:
            raise
        log.error("card.abandoned", kind=ref.kind, trace=ref.id[:8])
        await _record_dead_letter(context, card_state, "away")
    return await outbox.mark_rendered(ref)


async def _post_or_update_safely(
    context: Context, card_state: CardState, status: CardStatus
) -> str:
    """Post or update the card and return its ts, or an empty one if Slack rejects it for good.

    A card that another record has taken over is left alone.
    """
    if status.transferred:
        return status.ts
    try:
        return await _post_or_update(context, card_state, status)
    except SlackRejected as rejected:
        ref = card_state.ref
        log.error("card.rejected", kind=ref.kind, trace=ref.id[:8], code=rejected.code)
        await _record_dead_letter(context, card_state, rejected.code)
        if rejected.code in NOT_THERE:
            await notifications.on_rejected(context, ref, card_state.channel)
        return ""


async def _post_or_update(context: Context, card_state: CardState, status: CardStatus) -> str:
    """Update the card that is there, else post one; return its ts, or EPHEMERAL."""
    outbox, ts = context.gateways.store.card_outbox, status.ts or card_state.card_to_take
    if ts and ts != EPHEMERAL:
        try:
            await context.slack.update(card_state.channel, ts, card_state.card)
        except SlackRejected as rejected:
            if rejected.code not in _LOST_CARD | NOT_THERE:
                raise
        else:
            if not status.ts:
                await outbox.set_message(card_state.ref, ts)
            return ts
    if ts != EPHEMERAL:
        try:
            ts = await context.slack.post(card_state.channel, card_state.card, card_state.thread)
        except SlackRejected as rejected:
            if rejected.code not in NOT_THERE or card_state.requester is None:
                raise
            ts = EPHEMERAL
        await outbox.set_message(card_state.ref, ts)
    if ts == EPHEMERAL and card_state.ended and card_state.requester is not None:
        person = card_state.requester.person
        await _answer(context, card_state, PrivateReply("card", person, _private(card_state.card)))
    return ts


def _private(card: Card) -> Ephemeral:
    return Ephemeral(card.text, [*card.blocks, context_block(INVITE)])


async def _record_dead_letter(context: Context, card_state: CardState, reason: str) -> None:
    """Record for the admin that Slack rejected the card, or did not take it for a day."""
    ref = card_state.ref
    letter = DeadLetter(context.now, card_state.channel, ref.member, reason)
    await context.gateways.store.dead_letters.add(ref.workspace, letter)


async def _send_once(context: Context, card_state: CardState, reply: CardReply, ts: str) -> None:
    """Send a reply unless it was sent before; one that Slack rejects is not tried again."""
    outbox = context.gateways.store.card_outbox
    if not await outbox.claim(card_state.ref, reply.key):
        return
    try:
        await _send(context, card_state, reply, ts)
    except SlackUnavailable:
        await outbox.release(card_state.ref, reply.key)
        raise
    except SlackRejected as rejected:  # it must not keep the other replies from being sent
        trace = card_state.ref.id[:8]
        log.warning("card.reply_rejected", trace=trace, reply=reply.key, code=rejected.code)


async def _send(context: Context, card_state: CardState, reply: CardReply, ts: str) -> None:
    match reply:
        case ThreadReply():
            if ts and ts != EPHEMERAL:
                await context.slack.post(card_state.channel, reply, ts)
        case DirectMessage(_, person, message):
            await context.slack.send_direct(person, message)
        case PrivateReply():
            await _answer(context, card_state, reply)


async def _answer(context: Context, card_state: CardState, reply: PrivateReply) -> None:
    """Send a private reply: as the answer to the requester's command while that is possible."""
    requester, url, age = card_state.requester, "", 0.0
    if requester is not None and requester.person == reply.person:
        url, age = requester.response_url, context.now - requester.at
    message = replace(reply.message, replace_original=False)
    await context.slack.answer_privately(message, reply.person, card_state.channel, url, age)
