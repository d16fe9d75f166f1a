"""What is pressed or filled in: a button is a command, or an id that stands for one."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.context import Desk
from bot.core.errors import Gone, SignInNeeded
from bot.core.invocation import Asked
from bot.core.language.clauses import REASON_LIMIT
from bot.core.language.commands import (
    Bring,
    Choose,
    Decide,
    Show,
    Subscribe,
    Switch,
    SwitchVerb,
    Undo,
    Unsubscribe,
)
from bot.core.language.forms import phrase_typed
from bot.core.language.parser import parse
from bot.core.language.tokens import EVENTS
from bot.core.names import OperationId, is_own_id, plain
from bot.core.operations.operation import Operation
from bot.core.outcomes import Outcome
from bot.features import accounts, approvals, forms, subscriptions, timers
from bot.gateways.slack.client import SlackAway, SlackRefused
from bot.gateways.slack.messages import Modal
from bot.gateways.store.deliveries import Delivery
from bot.gateways.store.sign_in_links import Kept
from bot.slack.answers.app_home import at_its_channel, home
from bot.slack.answers.dispatch import chooser, known, offer, run
from bot.slack.answers.replies import pressed_last
from bot.slack.views.modals import decline_modal, extend_modal, waiting_window
from bot.slack.views.timers import loading

log = structlog.get_logger("answer")


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
        case action if delivery.surface == "home" and not action.startswith("edfs.home"):
            return await _opened(desk, delivery, waiting_window(delivery.channel))
        case _:
            pass
    return ""


async def _opened(desk: Desk, delivery: Delivery, modal: Modal) -> str:
    try:
        above = delivery.surface == "modal"
        return await desk.poster.open(delivery.trigger, modal, above=above)
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
            return await run(desk, _anew(asked), parse(delivery.value))
        case "newlink":
            return await _new_link(desk, delivery, asked)
        case "choose":
            return await run(desk, asked, parse(delivery.value))
        case "home":
            page = int(delivery.value) if delivery.value.isdecimal() else 1
            return await home(desk, asked, page)
        case "continue" | "sure":
            kept = await accounts.waiting(desk.gateways, asked, delivery.value)
            # It was named when it was kept: pressing twice is one wish.
            named = replace(_kept(asked, delivery.value, kept), sure=action == "sure")
            return await run(desk, named, parse(kept.text))
        case "enable" | "disable" | "undo" | "details" if is_own_id(delivery.value):
            return await _on_a_card(desk, asked, action, OperationId(delivery.value))
        case "decline" | "extend" if is_own_id(delivery.value):
            return None
        case "itwin" | "timer" | "wanted" | "until" if delivery.surface == "modal":
            await pressed_last(desk, delivery)
            knowing = await known(desk, asked)
            return await forms.chosen(desk.gateways, knowing, delivery.filled, delivery.kept)
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
            ended = OperationId(delivery.value)
            there = await at_its_channel(desk, asked, ended) if delivery.surface else asked
            return await run(desk, there, Unsubscribe(ended))
        case "resume" if is_own_id(delivery.value):
            meant = await subscriptions.again(desk.gateways, asked, OperationId(delivery.value))
            return await run(desk, _anew(asked), meant)
        case _:
            raise Gone("operation")


async def submitted(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    """A window was filled in and sent; ``value`` is what it was about. It means what can be typed.

    Raises NotUnderstood and Gone, and what the command raises.
    """
    typed = delivery.filled
    match delivery.action:
        case "edfs.choose":
            return await run(desk, asked, parse(str(_switch(typed))))
        case "edfs.subscribe":
            events = tuple(
                event for event in EVENTS if event in typed.get("edfs.events", "").split()
            )
            named = Subscribe(typed.get("edfs.itwin", ""), typed.get("edfs.pattern", ""), events)
            return await run(desk, asked, parse(str(named)))
        case "edfs.decline" if is_own_id(delivery.value):
            because = typed.get("edfs.because", "").strip()
            declined = Decide("decline", OperationId(delivery.value), plain(because, 300))
            return await run(desk, asked, declined)
        case "edfs.extend" if is_own_id(delivery.value):
            phrase = phrase_typed(typed.get("edfs.until", ""))
            return await run(
                desk, _anew(asked), Bring("extend", OperationId(delivery.value), phrase)
            )
        case _:
            raise Gone("modal")


def _switch(typed: Mapping[str, str]) -> Switch:
    """Return the command that the chooser stands for."""
    verb: SwitchVerb = "enable" if typed.get("edfs.wanted") == "enable" else "disable"
    until = typed.get("edfs.until", "") if verb == "disable" else ""
    return Switch(
        verb,
        typed.get("edfs.itwin", ""),
        typed.get("edfs.timer", ""),
        plain(typed.get("edfs.because", ""), REASON_LIMIT),
        phrase_typed(until) if until.strip() else "",
        emergency=bool(typed.get("edfs.emergency")),
    )


async def taken(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    """A shortcut opens the chooser, about the card it was taken on or because of the message."""
    command = Choose()
    if delivery.value:
        operation = await desk.gateways.store.operations.read(
            asked.workspace, OperationId(delivery.value)
        )
        if operation is not None:
            command = Choose(operation.itwin.id, operation.timer.id)
    try:
        because = plain(delivery.text, REASON_LIMIT)
        return await chooser(desk, asked, command, because)
    except SignInNeeded as needed:
        return await offer(desk, asked, str(command), needed)


def _kept(asked: Asked, name: str, kept: Kept) -> Asked:
    return replace(asked, id=OperationId(name), kept=True, here=kept.here)


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
    waiting = ""
    if is_own_id(delivery.value):
        kept = await accounts.waiting(desk.gateways, asked, delivery.value)
        waiting, asked = kept.text, _kept(asked, delivery.value, kept)
    return await accounts.offer(desk.gateways, desk.door, asked, waiting)
