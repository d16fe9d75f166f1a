"""The one way through: parse, look, judge, act, render. Every door leads here."""

import structlog

from bot.background.approvals import placed
from bot.background.dispatch import due_after
from bot.context import Desk
from bot.core.due_work import Due
from bot.core.errors import BotError, Expired, GaveUp, NotInChannel, StoreUnreachable
from bot.core.invocation import Asked
from bot.core.language.parser import parse
from bot.core.names import ChannelId, OperationId
from bot.core.operations.operation import Place
from bot.core.outcomes import Begun, Failed, Outcome
from bot.core.surfaces import HomeShown
from bot.features import accounts
from bot.gateways.store.deliveries import Delivery
from bot.slack.answers.app_home import home, made_anew
from bot.slack.answers.dispatch import run
from bot.slack.answers.interactions import pressed, submitted, taken, window
from bot.slack.answers.replies import say
from bot.slack.answers.thread_replies import pointed_at, request_of
from bot.slack.views.render import continued, render

log = structlog.get_logger("answer")


async def answer(desk: Desk, delivery: Delivery) -> Due:
    """Answer one delivery; return what is now due: an operation to take on, a card to draw.

    It may be called again for the same delivery: an operation is named after what asked for it,
    so a second answering finds the first one's. Raises StoreUnreachable: then it must be called
    again, for nobody knows whether an operation was begun.
    """
    if delivery.kind == "said" and await request_of(desk, delivery) is None:
        return Due()  # people talk; only below a request there is something to say to it
    view = await window(desk, delivery)
    try:
        asked = await _asked(desk, delivery)
        outcome = await placed(desk, await _outcome(desk, delivery, asked))
    except StoreUnreachable:
        raise
    except BotError as error:
        outcome = _failed(delivery, error)
    log.info("answered", trace=delivery.id[:8], outcome=type(outcome).__name__)
    if outcome is None:
        return Due()
    for message in render(outcome, desk.now, desk.gateways.schedule_zone):
        await say(desk, delivery, message, view)
    if isinstance(outcome, Begun) and (delivery.private or delivery.surface):
        await say(desk, delivery, continued(outcome), view)
    pressed_at_home = delivery.surface == "home" and not isinstance(outcome, HomeShown)
    if pressed_at_home or delivery.kind == "returned":
        await made_anew(desk, delivery.home, delivery.person)
    return due_after(outcome)


async def give_up(desk: Desk, delivery: Delivery) -> None:
    """Say that answering broke off too often; nothing more is tried."""
    for message in render(_failed(delivery, GaveUp()), desk.now, desk.gateways.schedule_zone):
        await say(desk, delivery, message, "")


def _failed(delivery: Delivery, error: BotError) -> Failed:
    log.info("failed", trace=delivery.id[:8], error=type(error).__name__)
    retry = delivery.text if delivery.kind in {"command", "mentioned"} else ""
    if delivery.kind == "action" and delivery.action.startswith("edfs.run"):
        retry = delivery.value
    return Failed(error, delivery.id[:8], retry if len(retry) <= 2_000 else "")


async def _asked(desk: Desk, delivery: Delivery) -> Asked:
    """Find out who asks. Raises PersonRefused before anything else is looked at."""
    person = await desk.directory.member(delivery.person, delivery.workspace)
    if desk.now > delivery.at + desk.gateways.terms.life:
        raise Expired
    on_a_card = delivery.kind == "action" and not delivery.private and not delivery.view
    card, channel = delivery.message if on_a_card else "", delivery.channel
    if delivery.kind == "submitted":
        channel = await _place_of(desk, delivery)
    place = Place(channel, delivery.reply, card, thread=delivery.thread)
    return Asked(OperationId(delivery.id), person, place, desk.now)


async def _place_of(desk: Desk, delivery: Delivery) -> ChannelId:
    """Return the channel that a window named, or where the bot talks to its person alone.

    Raises NotInChannel, SlackAway.
    """
    if not delivery.channel:
        return await desk.poster.direct_channel(delivery.person)
    chosen = delivery.filled.get("edfs.where")
    if chosen and delivery.person not in await desk.directory.members(delivery.channel):
        raise NotInChannel
    return delivery.channel


async def _outcome(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome | None:
    match delivery.kind:
        case "command":
            return await run(desk, asked, parse(delivery.text))
        case "action":
            return await pressed(desk, delivery, asked)
        case "submitted":
            return await submitted(desk, delivery, asked)
        case "shortcut":
            return await taken(desk, delivery, asked)
        case "mentioned":
            return await run(desk, asked, parse(delivery.text or "help"))
        case "said":
            return await pointed_at(desk, delivery)
        case "home":
            return await home(desk, asked)
        case "returned":
            return await accounts.returned(desk.gateways, asked, delivery.value)
