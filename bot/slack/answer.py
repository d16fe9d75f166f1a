"""The one way through: parse, look, judge, act, render. Every door leads here."""

from dataclasses import replace

import structlog

from bot.core.asked import Asked
from bot.core.commands import (
    Command,
    Help,
    ListTimers,
    Show,
    SignIn,
    SignOut,
    Switch,
    Undo,
    WhoAmI,
    parse,
)
from bot.core.errors import (
    BotError,
    Expired,
    GaveUp,
    Gone,
    PersonRefused,
    SignInNeeded,
    StoreUnreachable,
)
from bot.core.names import OperationId, is_own_id
from bot.core.operations import Place
from bot.core.outcomes import Begun, Failed, HelpShown, Outcome
from bot.core.policy import Person, judge
from bot.features import accounts, timers
from bot.gateways.store.deliveries import Delivery
from bot.slack.desk import Desk
from bot.slack.messages import Message, Modal, Private
from bot.slack.post import SlackAway, SlackRefused
from bot.slack.views.lists import loading
from bot.slack.views.render import continued, render

log = structlog.get_logger("answer")


async def answer(desk: Desk, delivery: Delivery) -> OperationId | None:
    """Answer one delivery; return the operation that now goes its way, if there is one.

    It may be called again for the same delivery: an operation is named after what asked for it,
    so a second answering finds the first one's. Raises StoreUnreachable: then it must be called
    again, for nobody knows whether an operation was begun.
    """
    view = await _window(desk, delivery)
    try:
        asked = await _asked(desk, delivery)
        outcome = await _outcome(desk, delivery, asked)
    except StoreUnreachable:
        raise
    except BotError as error:
        outcome = _failed(delivery, error)
    log.info("answered", trace=delivery.id[:8], outcome=type(outcome).__name__)
    for message in render(outcome, desk.now, desk.gateways.schedule_zone):
        await _say(desk, delivery, message, view)
    if isinstance(outcome, Begun) and delivery.private:
        await _say(desk, delivery, continued(outcome), view)
    return outcome.operation.id if isinstance(outcome, Begun) else None


async def give_up(desk: Desk, delivery: Delivery) -> None:
    """Say that answering broke off too often; nothing more is tried."""
    for message in render(_failed(delivery, GaveUp()), desk.now, desk.gateways.schedule_zone):
        await _say(desk, delivery, message, "")


def _failed(delivery: Delivery, error: BotError) -> Failed:
    log.info("failed", trace=delivery.id[:8], error=type(error).__name__)
    retry = delivery.text if delivery.kind == "command" else ""
    if delivery.kind == "action" and delivery.action.startswith("edfs.run"):
        retry = delivery.value
    return Failed(error, delivery.id[:8], retry if len(retry) <= 2_000 else "")


async def _asked(desk: Desk, delivery: Delivery) -> Asked:
    """Find out who asks. Raises PersonRefused before anything else is looked at."""
    person = await _person(desk, delivery)
    refused = judge(person, desk.home.workspace, delivery.workspace)
    if refused is not None:
        raise refused
    if desk.now > delivery.at + desk.gateways.terms.life:
        raise Expired
    on_a_card = delivery.kind == "action" and not delivery.private
    place = Place(delivery.channel, delivery.reply, delivery.message if on_a_card else "")
    return Asked(OperationId(delivery.id), person, place, desk.now)


async def _person(desk: Desk, delivery: Delivery) -> Person:
    if delivery.workspace != desk.home.workspace:
        raise PersonRefused("outsider")
    people = desk.gateways.store.people
    known = await people.read(delivery.home, delivery.person)
    if known is None:
        known = await desk.poster.person(delivery.home, delivery.person)
        await people.keep(delivery.home, known)
    return known


async def _outcome(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    match delivery.kind:
        case "command":
            return await _run(desk, asked, parse(delivery.text))
        case "action":
            return await _pressed(desk, delivery, asked)
        case "returned":
            return await accounts.returned(desk.gateways, asked, delivery.value)


async def _pressed(desk: Desk, delivery: Delivery, asked: Asked) -> Outcome:
    """A button is a command, or an id that stands for one; every right is asked for again."""
    action = delivery.action.removeprefix("edfs.").partition(":")[0]
    match action:
        case "run":
            anew = replace(asked, place=replace(asked.place, card=""))
            return await _run(desk, anew, parse(delivery.value))
        case "newlink":
            return await _new_link(desk, delivery, asked)
        case "continue":
            kept = await accounts.waiting(desk.gateways, asked, delivery.value)
            # It was named when it was kept: pressing twice is one wish.
            named = replace(asked, id=OperationId(delivery.value))
            return await _run(desk, named, parse(kept.text))
        case "enable" | "disable" | "undo" | "details" if is_own_id(delivery.value):
            operation = OperationId(delivery.value)
            pressed = replace(asked, place=replace(asked.place, of=operation))
            try:
                return await timers.press(desk.gateways, pressed, operation, action)
            except SignInNeeded as needed:
                waiting = await _typed(desk, asked, action, operation)
                return await _offer(desk, asked, waiting, needed)
        case _:
            raise Gone("operation")


async def _typed(desk: Desk, asked: Asked, verb: timers.Press, pressed: OperationId) -> str:
    """Return what one would type instead of pressing; it waits for the sign-in."""
    if verb == "undo":
        return str(Undo(pressed))
    operation = await desk.gateways.store.operations.read(asked.workspace, pressed)
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


async def _run(desk: Desk, asked: Asked, command: Command) -> Outcome:
    """Act on a command; who is not signed in gets a link, and the command waits."""
    try:
        return await _act(desk, asked, command)
    except SignInNeeded as needed:
        return await _offer(desk, asked, str(command), needed)


async def _offer(desk: Desk, asked: Asked, waiting: str, needed: SignInNeeded) -> Outcome:
    return await accounts.offer(desk.gateways, desk.door, asked, waiting, ended=needed.ended)


async def _act(desk: Desk, asked: Asked, command: Command) -> Outcome:
    gateways = desk.gateways
    match command:
        case Switch():
            return await timers.switch(gateways, asked, command)
        case Undo():
            return await timers.undo(gateways, asked, command)
        case Show():
            return await timers.show(gateways, asked, command)
        case ListTimers():
            return await timers.listed(gateways, asked, command)
        case SignIn():
            return await accounts.sign_in(gateways, desk.door, asked)
        case SignOut():
            return await accounts.sign_out(gateways, asked)
        case WhoAmI():
            return await accounts.who(gateways, asked)
        case Help(verb):
            return HelpShown(verb)


async def _window(desk: Desk, delivery: Delivery) -> str:
    """Open the window a press asks for at once: its trigger lives three seconds."""
    if delivery.action != "edfs.details":
        return ""
    try:
        return await desk.poster.open(delivery.trigger, loading())
    except SlackRefused as refused:
        log.info("window", trace=delivery.id[:8], code=refused.code)
    except SlackAway as away:
        log.info("window", trace=delivery.id[:8], why=str(away))
    return ""


async def _say(desk: Desk, delivery: Delivery, message: Message, view: str) -> None:
    match message:
        case Modal():
            if view:
                await desk.poster.fill(view, message)
            else:
                late = _failed(delivery, Gone("modal"))
                for said in render(late, desk.now, desk.gateways.schedule_zone):
                    await _say(desk, delivery, said, "")
        case Private():
            if view:  # a window has no buttons of its own: they are said beside it
                await desk.poster.fill(view, loading(message))
            said = replace(message, replace=delivery.private)
            await desk.whisper(said, delivery.person, delivery.channel, delivery.reply, delivery.at)
