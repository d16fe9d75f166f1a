"""What is pressed or filled in: a button is a command, or an id that stands for one."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.context import Context
from bot.core.errors import NotAvailable, SignInNeeded
from bot.core.invocation import Invocation
from bot.core.language.clauses import REASON_LIMIT
from bot.core.language.commands import (
    ChangeAutoEnable,
    Decide,
    OpenChooser,
    Show,
    Subscribe,
    Switch,
    SwitchVerb,
    Undo,
    Unsubscribe,
)
from bot.core.language.forms import phrase_from_input
from bot.core.language.parser import parse
from bot.core.names import OperationId, is_own_id, single_line
from bot.core.operations.operation import Operation
from bot.core.outcomes import Outcome
from bot.core.subscriptions import EVENTS
from bot.features import accounts, approvals, forms, subscriptions, timers
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import Modal
from bot.gateways.store.deliveries import Delivery
from bot.gateways.store.sign_in_links import PendingCommand
from bot.slack.answers.app_home import home, in_channel_of
from bot.slack.answers.dispatch import chooser, offer_sign_in, run, with_groups
from bot.slack.answers.replies import is_last_click
from bot.slack.views.modals import decline_modal, extend_modal, waiting_modal
from bot.slack.views.timers import loading_modal

log = structlog.get_logger("answer")


async def open_modal(context: Context, delivery: Delivery) -> str:
    """Open the window a press asks for at once: its trigger lives three seconds.

    Return the id of the view where it is still to be filled.
    """
    if delivery.kind != "action":
        return ""
    match delivery.action:
        case "edfs.details":
            return await _open(context, delivery, loading_modal())
        case "edfs.decline":
            await _open(context, delivery, decline_modal(delivery.value, delivery.channel))
        case "edfs.extend":
            await _open(context, delivery, extend_modal(delivery.value, delivery.channel))
        case action if delivery.surface == "home" and not action.startswith("edfs.home"):
            return await _open(context, delivery, waiting_modal(delivery.channel))
        case _:
            pass
    return ""


async def _open(context: Context, delivery: Delivery, modal: Modal) -> str:
    try:
        above = delivery.surface == "modal"
        return await context.slack.open_view(delivery.trigger, modal, above=above)
    except SlackRejected as refused:
        log.info("window", trace=delivery.id[:8], code=refused.code)
    except SlackUnavailable as away:
        log.info("window", trace=delivery.id[:8], why=str(away))
    return ""


async def on_action(context: Context, delivery: Delivery, invocation: Invocation) -> Outcome | None:
    """Every right is asked for again. None: the window says what there is to say."""
    action = delivery.action.removeprefix("edfs.").partition(":")[0]
    match action:
        case "run":
            return await run(context, _with_new_card(invocation), parse(delivery.value))
        case "newlink":
            return await _new_link(context, delivery, invocation)
        case "choose":
            return await run(context, invocation, parse(delivery.value))
        case "home":
            page = int(delivery.value) if delivery.value.isdecimal() else 1
            return await home(context, invocation, page)
        case "continue" | "sure":
            kept = await accounts.pending_command(context.gateways, invocation, delivery.value)
            # It was named when it was kept: pressing twice is one wish.
            named = replace(_resumed(invocation, delivery.value, kept), confirmed=action == "sure")
            return await run(context, named, parse(kept.text))
        case "enable" | "disable" | "undo" | "details" if is_own_id(delivery.value):
            return await _on_card(context, invocation, action, OperationId(delivery.value))
        case "decline" | "extend" if is_own_id(delivery.value):
            return None
        case "itwin" | "timer" | "wanted" | "until" if delivery.surface == "modal":
            await is_last_click(context, delivery)
            knowing = await with_groups(context, invocation)
            return await forms.update_chooser(
                context.gateways, knowing, delivery.inputs, delivery.metadata
            )
        case "again" if is_own_id(delivery.value):
            request = OperationId(delivery.value)
            anew, wish = await approvals.request_again(context.gateways, invocation, request)
            return await run(context, anew, wish)
        case "approve" | "cancel" if is_own_id(delivery.value):
            request = OperationId(delivery.value)
            return await run(context, invocation, Decide(action, request))
        case "return" | "keep" if is_own_id(delivery.value):
            return await run(
                context,
                _with_new_card(invocation),
                ChangeAutoEnable(action, OperationId(delivery.value)),
            )
        case "unsubscribe" if is_own_id(delivery.value):
            ended = OperationId(delivery.value)
            there = (
                await in_channel_of(context, invocation, ended) if delivery.surface else invocation
            )
            return await run(context, there, Unsubscribe(ended))
        case "resume" if is_own_id(delivery.value):
            meant = await subscriptions.resume(
                context.gateways, invocation, OperationId(delivery.value)
            )
            return await run(context, _with_new_card(invocation), meant)
        case _:
            raise NotAvailable("operation")


async def on_submission(context: Context, delivery: Delivery, invocation: Invocation) -> Outcome:
    """A window was filled in and sent; ``value`` is what it was about. It means what can be typed.

    Raises InvalidCommand and NotAvailable, and what the command raises.
    """
    typed = delivery.inputs
    match delivery.action:
        case "edfs.choose":
            return await run(context, invocation, parse(str(_switch(typed))))
        case "edfs.subscribe":
            events = tuple(
                event for event in EVENTS if event in typed.get("edfs.events", "").split()
            )
            named = Subscribe(typed.get("edfs.itwin", ""), typed.get("edfs.pattern", ""), events)
            return await run(context, invocation, parse(str(named)))
        case "edfs.decline" if is_own_id(delivery.value):
            reason = typed.get("edfs.because", "").strip()
            declined = Decide("decline", OperationId(delivery.value), single_line(reason, 300))
            return await run(context, invocation, declined)
        case "edfs.extend" if is_own_id(delivery.value):
            phrase = phrase_from_input(typed.get("edfs.until", ""))
            return await run(
                context,
                _with_new_card(invocation),
                ChangeAutoEnable("extend", OperationId(delivery.value), phrase),
            )
        case _:
            raise NotAvailable("modal")


def _switch(typed: Mapping[str, str]) -> Switch:
    """Return the command that the chooser stands for."""
    verb: SwitchVerb = "enable" if typed.get("edfs.wanted") == "enable" else "disable"
    until = typed.get("edfs.until", "") if verb == "disable" else ""
    return Switch(
        verb,
        typed.get("edfs.itwin", ""),
        typed.get("edfs.timer", ""),
        single_line(typed.get("edfs.because", ""), REASON_LIMIT),
        phrase_from_input(until) if until.strip() else "",
        emergency=bool(typed.get("edfs.emergency")),
    )


async def on_shortcut(context: Context, delivery: Delivery, invocation: Invocation) -> Outcome:
    """A shortcut opens the chooser, about the card it was taken on or because of the message."""
    command = OpenChooser()
    if delivery.value:
        operation = await context.gateways.store.operations.read(
            invocation.workspace, OperationId(delivery.value)
        )
        if operation is not None:
            command = OpenChooser(operation.itwin.id, operation.timer.id)
    try:
        reason = single_line(delivery.text, REASON_LIMIT)
        return await chooser(context, invocation, command, reason)
    except SignInNeeded as needed:
        return await offer_sign_in(context, invocation, str(command), needed)


def _resumed(invocation: Invocation, name: str, pending: PendingCommand) -> Invocation:
    return replace(
        invocation, id=OperationId(name), resumed=True, channel_itwin=pending.channel_itwin
    )


def _with_new_card(invocation: Invocation) -> Invocation:
    """What comes of it has a card of its own."""
    return replace(invocation, origin=replace(invocation.origin, card=""))


async def _on_card(
    context: Context, invocation: Invocation, verb: timers.CardAction, operation: OperationId
) -> Outcome:
    at_it = replace(invocation, origin=replace(invocation.origin, replaces=operation))
    try:
        return await timers.act_on_card(
            context.gateways, await with_groups(context, at_it), operation, verb
        )
    except SignInNeeded as needed:
        return await offer_sign_in(
            context, invocation, await _as_command(context, invocation, verb, operation), needed
        )


async def _as_command(
    context: Context, invocation: Invocation, verb: timers.CardAction, pressed: OperationId
) -> str:
    """Return what one would type instead of pressing; it waits for the sign-in."""
    if verb == "undo":
        return str(Undo(pressed))
    operation: Operation | None = await context.gateways.store.operations.read(
        invocation.workspace, pressed
    )
    if operation is None:
        return ""
    if verb == "details":
        return str(Show(operation.itwin.id, operation.timer.id))
    return str(Switch(verb, operation.itwin.id, operation.timer.id))


async def _new_link(context: Context, delivery: Delivery, invocation: Invocation) -> Outcome:
    waiting = ""
    if is_own_id(delivery.value):
        kept = await accounts.pending_command(context.gateways, invocation, delivery.value)
        waiting, invocation = kept.text, _resumed(invocation, delivery.value, kept)
    return await accounts.offer_sign_in(context.gateways, context.sign_in_urls, invocation, waiting)
