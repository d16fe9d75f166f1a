"""What is pressed or filled in: a button is a command, or an id that stands for one."""

import re
from dataclasses import replace

import structlog

from bot.core.asked import Asked
from bot.core.commands import Bring, Decide, Show, Switch, Undo, Unsubscribe
from bot.core.errors import Gone, SignInNeeded
from bot.core.grammar import parse
from bot.core.names import OperationId, is_own_id
from bot.core.operations import Operation
from bot.core.outcomes import Outcome
from bot.features import accounts, approvals, subscriptions, timers
from bot.gateways.store.deliveries import Delivery
from bot.slack.acting import known, offer, run
from bot.slack.desk import Desk
from bot.slack.messages import Modal
from bot.slack.post import SlackAway, SlackRefused
from bot.slack.views.lists import loading
from bot.slack.views.modals import decline_modal, extend_modal

log = structlog.get_logger("answer")

_SPAN = re.compile(
    r"(\d+(\.\d+)?|an?|one|two|three|four|five|six|seven)\s*"
    r"(m|h|d|w|min|mins|minutes?|hrs?|hours?|days?|weeks?|runs?)\b|good\b",
    re.IGNORECASE,
)


async def window(desk: Desk, delivery: Delivery) -> str:
    """Open the window a press asks for at once: its trigger lives three seconds.

    Return the id of the view where it is still to be filled.
    """
    if delivery.kind != "action":
        return ""
    match delivery.action:
        case "edfs.details":
            return await _opened(desk, delivery, loading())
        case "edfs.decline":
            await _opened(desk, delivery, decline_modal(delivery.value, delivery.channel))
        case "edfs.extend":
            await _opened(desk, delivery, extend_modal(delivery.value, delivery.channel))
        case _:
            pass
    return ""


async def _opened(desk: Desk, delivery: Delivery, modal: Modal) -> str:
    try:
        return await desk.poster.open(delivery.trigger, modal)
    except SlackRefused as refused:
        log.info("window", trace=delivery.id[:8], code=refused.code)
    except SlackAway as away:
        log.info("window", trace=delivery.id[:8], why=str(away))
    return ""


async def pressed(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome | None:
    """Every right is asked for again. None: the window says what there is to say."""
    action = delivery.action.removeprefix("edfs.").partition(":")[0]
    match action:
        case "run":
            anew = replace(asked, place=replace(asked.place, card=""))
            return await run(desk, anew, parse(delivery.value))
        case "newlink":
            return await _new_link(desk, delivery, asked)
        case "continue" | "sure":
            kept = await accounts.waiting(desk.gateways, asked, delivery.value)
            # It was named when it was kept: pressing twice is one wish.
            named = replace(asked, id=OperationId(delivery.value), sure=action == "sure")
            return await run(desk, named, parse(kept.text))
        case "enable" | "disable" | "undo" | "details" if is_own_id(delivery.value):
            return await _on_a_card(desk, asked, action, OperationId(delivery.value))
        case "decline" | "extend" if is_own_id(delivery.value):
            return None
        case "again" if is_own_id(delivery.value):
            request = OperationId(delivery.value)
            anew, wish = await approvals.asked_again(desk.gateways, asked, request)
            return await run(desk, anew, wish)
        case "approve" | "cancel" if is_own_id(delivery.value):
            request = OperationId(delivery.value)
            return await run(desk, asked, Decide(action, request))
        case "return" | "keep" if is_own_id(delivery.value):
            return await run(desk, _anew(asked), Bring(action, OperationId(delivery.value)))
        case "unsubscribe" if is_own_id(delivery.value):
            return await run(desk, asked, Unsubscribe(OperationId(delivery.value)))
        case "resume" if is_own_id(delivery.value):
            meant = await subscriptions.again(desk.gateways, asked, OperationId(delivery.value))
            return await run(desk, _anew(asked), meant)
        case _:
            raise Gone("operation")


async def submitted(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    """A window was filled in and sent; ``value`` is what it was about, ``text`` what was typed."""
    if not is_own_id(delivery.value):
        raise Gone("modal")
    about = OperationId(delivery.value)
    match delivery.action:
        case "edfs.decline":
            because = f" because {delivery.text}" if delivery.text.strip() else ""
            return await run(desk, asked, parse(f"decline {about}{because}"))
        case "edfs.extend":
            phrase = _with_its_word(delivery.text)
            return await run(desk, _anew(asked), parse(f"extend {about} {phrase}"))
        case _:
            raise Gone("modal")


def _with_its_word(text: str) -> str:
    """The window asks "until when?": whoever answers "monday 08:00" or "3 days" is right too."""
    words = text.split()
    if not words or words[0].casefold() in {"until", "for"}:
        return text
    return f"for {text}" if _SPAN.match(text.strip()) else f"until {text}"


def _anew(asked: Asked) -> Asked:
    """What comes of it has a card of its own."""
    return replace(asked, place=replace(asked.place, card=""))


async def _on_a_card(
    desk: Desk, asked: Asked, verb: timers.Press, operation: OperationId
) -> Outcome:
    at_it = replace(asked, place=replace(asked.place, of=operation))
    try:
        return await timers.press(desk.gateways, await known(desk, at_it), operation, verb)
    except SignInNeeded as needed:
        return await offer(desk, asked, await _typed(desk, asked, verb, operation), needed)


async def _typed(desk: Desk, asked: Asked, verb: timers.Press, pressed: OperationId) -> str:
    """Return what one would type instead of pressing; it waits for the sign-in."""
    if verb == "undo":
        return str(Undo(pressed))
    operation: Operation | None = await desk.gateways.store.operations.read(
        asked.workspace, pressed
    )
    if operation is None:
        return ""
    if verb == "details":
        return str(Show(operation.itwin.id, operation.timer.id))
    return str(Switch(verb, operation.itwin.id, operation.timer.id))


async def _new_link(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    kept = delivery.value
    waiting = ""
    if is_own_id(kept):
        waiting = (await accounts.waiting(desk.gateways, asked, kept)).text
        asked = replace(asked, id=OperationId(kept))
    return await accounts.offer(desk.gateways, desk.door, asked, waiting)
