"""Draws cards: posts or updates a record's message, and sends the replies that go with it.

A record stays in the card outbox until its newest version was drawn, so a card that Slack does
not take now is drawn later. Nothing else in the bot calls ``chat.update``.
"""

import secrets
from dataclasses import dataclass, replace

import structlog

from bot.background import approvals, notifications, operation_sets
from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.names import OperationId, Workspace
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.slack.codes import Meaning
from bot.gateways.slack.messages import (
    Card,
    CardReply,
    DirectMessage,
    Ephemeral,
    PrivateReply,
    ThreadReply,
)
from bot.gateways.store.card_outbox import CardStatus, Lock
from bot.gateways.store.dead_letters import DeadLetter
from bot.slack.cards.card_state import CardState
from bot.slack.cards.registry import card_state_of
from bot.slack.views.blocks import context_block
from bot.slack.views.cards import posted_twice

# Stored as the ts of a card that only its requester gets, because the bot is not in the channel.
EPHEMERAL = "-"
LOCK_RETRY = 3.0  # while another process draws the same card
SLOW_SECONDS = 5.0  # what takes longer may have been overtaken
GIVE_UP_AFTER = 24 * 3600.0
INVITE = (
    "I am not in this channel, so only you see this. To let everybody see it: /invite @edfs-bot"
)

log = structlog.get_logger("cards")


async def draw(context: Context, workspace: Workspace, kind: str, identity: OperationId) -> None:
    """Bring a record's card up to date, or reschedule that while Slack does not take it."""
    outbox, owner = context.gateways.store.card_outbox, secrets.token_hex(8)
    ref = CardRef(workspace, kind, identity)
    if kind == "operation" and (of_set := await operation_sets.follow(context, ref)):
        if await operation_sets.is_drawn_at_once(context, of_set):
            await draw(context, workspace, of_set.kind, of_set.id)
        return
    await notifications.on_card_changed(context, ref)
    card_state = await card_state_of(context, ref)
    if card_state is None:
        await outbox.forget(ref)
        return
    lock = await outbox.begin_drawing(ref, owner, context.now)
    if lock is Lock.TAKEN:
        await outbox.reschedule(ref, context.now + LOCK_RETRY)
        return
    drawing = _Drawing(context, again=lock is Lock.REPAINT)
    try:
        card_state = await card_state_of(context, ref)  # no older than the lock
        while card_state is not None and not await drawing.draw(card_state):
            card_state = await card_state_of(context, ref)
    except SlackUnavailable as unavailable:
        log.warning("card.deferred", kind=kind, trace=identity[:8], why=str(unavailable))
        await outbox.reschedule(ref, context.now + unavailable.wait)
    finally:
        await outbox.end_drawing(ref, owner, context.now, unconfirmed=drawing.unconfirmed)


@dataclass(slots=True)
class _Drawing:
    """One process's work on a card, under its lock.

    ``again``: draw it even if it should show the newest version, because an older edit may have
    arrived after that. ``unconfirmed``: an edit of ours may still arrive.
    """

    context: Context
    again: bool
    unconfirmed: bool = False

    async def draw(self, card_state: CardState) -> bool:
        """Draw this version; return False if the record has a newer one by now."""
        context, ref = self.context, card_state.ref
        outbox = context.gateways.store.card_outbox
        status = await outbox.read(ref)
        if status.is_current(ref) and not self.again:
            return await outbox.mark_rendered(ref)
        try:
            ts = await self._post_or_update_safely(card_state, status)
            self.again = False
            for reply in card_state.replies:
                await _send_once(context, card_state, reply, ts)
        except SlackUnavailable:
            if context.now < card_state.since + GIVE_UP_AFTER:
                raise
            log.error("card.abandoned", kind=ref.kind, trace=ref.id[:8])
            await _record_dead_letter(context, card_state, "away")
        return await outbox.mark_rendered(ref)

    async def _post_or_update_safely(self, card_state: CardState, status: CardStatus) -> str:
        """Post or update the card and return its ts, or an empty one if Slack rejects it for good.

        A card that another record has taken over is left alone. One that Slack rejects, whatever
        the code, is looked for another way to whoever waits for it, and told to the admin.
        """
        if status.transferred or card_state.silent:
            return status.ts
        try:
            return await self._post_or_update(card_state, status)
        except SlackRejected as rejected:
            context, ref = self.context, card_state.ref
            log.error("card.rejected", kind=ref.kind, trace=ref.id[:8], code=rejected.code)
            await _record_dead_letter(context, card_state, rejected.code)
            if rejected.meaning is Meaning.ELSEWHERE:
                await notifications.on_rejected(context, ref, card_state.channel)
            if ref.kind == "approval":
                await approvals.on_rejected(context, ref.workspace, ref.id, card_state.channel)
            return ""

    async def _post_or_update(self, card_state: CardState, status: CardStatus) -> str:
        """Update the card that is there, else post one; return its ts, or EPHEMERAL."""
        context = self.context
        outbox = context.gateways.store.card_outbox
        # A store that was away when this process posted the card does not know of it.
        ts = status.ts or outbox.last_message(card_state.ref) or card_state.card_to_take
        if ts and ts != EPHEMERAL:
            try:
                await self._update(card_state, ts)
            except SlackRejected as rejected:  # whatever the reason, it must not stay as it is
                log.info("card.posted_anew", kind=card_state.ref.kind, code=rejected.code)
            else:
                return ts if status.ts else await self._claim(card_state, ts, "")
        if ts != EPHEMERAL:
            try:
                ts = await self._post(card_state)
            except SlackRejected as rejected:
                if card_state.requester is None:
                    raise
                if rejected.meaning is not Meaning.ELSEWHERE:  # an admin can do something about it
                    await _record_dead_letter(context, card_state, rejected.code)
                ts = EPHEMERAL
            card = await self._claim(card_state, ts, status.ts)
            if card != ts:
                return card
        if ts == EPHEMERAL and card_state.ended and card_state.requester is not None:
            person = card_state.requester.person
            private = PrivateReply("card", person, _private(card_state.card))
            await _answer(context, card_state, private)
        return ts

    async def _post(self, card_state: CardState) -> str:
        """Post the card; its text alone where Slack does not take its blocks."""
        slack, channel, thread = self.context.slack, card_state.channel, card_state.thread
        try:
            return await slack.post(channel, card_state.card, thread)
        except SlackRejected as rejected:
            if rejected.meaning is not Meaning.MESSAGE:
                raise
            log.error("card.blocks_rejected", kind=card_state.ref.kind, code=rejected.code)
            return await slack.post(channel, replace(card_state.card, blocks=[]), thread)

    async def _claim(self, card_state: CardState, ts: str, known: str) -> str:
        """Make the message the record's card; return the one that is, which may be another's."""
        outbox = self.context.gateways.store.card_outbox
        card = await outbox.claim_message(card_state.ref, ts, known)
        if ts not in {card, EPHEMERAL}:
            await self._withdraw(card_state, ts)
        return card

    async def _withdraw(self, card_state: CardState, ts: str) -> None:
        """Delete a card of ours, because another process has posted one too.

        A workspace that forbids deleting gets a line in its place.
        """
        slack, channel, trace = self.context.slack, card_state.channel, card_state.ref.id[:8]
        try:
            try:
                await slack.delete(channel, ts)
            except SlackRejected:
                await slack.update(channel, ts, posted_twice())
        except (SlackRejected, SlackUnavailable) as error:
            log.warning("card.posted_twice", trace=trace, why=str(error))
        else:
            log.info("card.withdrawn", trace=trace)

    async def _update(self, card_state: CardState, ts: str) -> None:
        slack, channel = self.context.slack, card_state.channel
        try:
            took = await slack.update(channel, ts, card_state.card)
        except SlackUnavailable as unavailable:
            self.unconfirmed |= unavailable.may_arrive
            raise
        except SlackRejected as rejected:
            if rejected.meaning is not Meaning.MESSAGE:
                raise
            log.error("card.blocks_rejected", kind=card_state.ref.kind, code=rejected.code)
            took = await slack.update(channel, ts, replace(card_state.card, blocks=[]))
        self.unconfirmed |= took > SLOW_SECONDS


def _private(card: Card) -> Ephemeral:
    return Ephemeral(card.text, [*card.blocks, context_block(INVITE)])


async def _record_dead_letter(context: Context, card_state: CardState, reason: str) -> None:
    """Record for the admin that Slack rejected the card, or did not take it for a day."""
    ref = card_state.ref
    letter = DeadLetter(context.now, card_state.channel, ref.member, reason)
    await context.gateways.store.dead_letters.add(ref.workspace, letter)


async def _send_once(context: Context, card_state: CardState, reply: CardReply, ts: str) -> None:
    """Send a reply unless it was sent before; one that Slack rejects is not tried again.

    It is marked as sent afterwards: whoever dies in between has it said twice, and never not at
    all.
    """
    outbox = context.gateways.store.card_outbox
    if await outbox.was_sent(card_state.ref, reply.key):
        return
    try:
        await _send(context, card_state, reply, ts)
    except SlackRejected as rejected:  # it must not keep the other replies from being sent
        trace = card_state.ref.id[:8]
        log.warning("card.reply_rejected", trace=trace, reply=reply.key, code=rejected.code)
    await outbox.mark_sent(card_state.ref, reply.key)


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
