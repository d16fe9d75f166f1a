"""Clicks, submitted modals and shortcuts: from what was used to the command it stands for."""

from dataclasses import replace
from typing import Literal

import structlog

from bot.context import Context
from bot.core.actions import Action
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    InHome,
    InMessage,
    InModal,
    ModalSubmission,
    Shortcut,
)
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
from bot.core.language.forms import (
    ChangeEndForm,
    ChooserForm,
    DeclineForm,
    SubscriptionForm,
    phrase_from_input,
)
from bot.core.language.parser import parse
from bot.core.names import OperationId, is_own_id, single_line
from bot.core.operations.operation import Operation
from bot.core.outcomes import Outcome
from bot.features import accounts, approvals, forms, subscriptions, timers
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import Modal
from bot.gateways.store.sign_in_links import PendingCommand
from bot.slack.answers.app_home import home, in_channel_of
from bot.slack.answers.dispatch import chooser, offer_sign_in, run, with_groups
from bot.slack.answers.replies import is_last_click
from bot.slack.views.modals import decline_modal, extend_modal, waiting_modal
from bot.slack.views.timers import loading_modal

DECLINE_REASON_LIMIT = 300

RecordAction = Literal[
    Action.ENABLE,
    Action.DISABLE,
    Action.UNDO,
    Action.DETAILS,
    Action.ENABLE_NOW,
    Action.KEEP_DISABLED,
    Action.CHANGE_END,
    Action.APPROVE,
    Action.DECLINE,
    Action.CANCEL,
    Action.REQUEST_AGAIN,
    Action.UNSUBSCRIBE,
    Action.RESUME,
]

log = structlog.get_logger("interactions")


async def open_modal(context: Context, delivery: Delivery) -> str:
    """Open the modal that a click asks for at once: its trigger expires after three seconds.

    Return the id of a modal that is still to be filled; empty where there is none.
    """
    if not isinstance(delivery, ButtonAction) or _is_copied(delivery):
        return ""
    match delivery.action:
        case Action.DETAILS:
            return await _open(context, delivery, loading_modal())
        case Action.DECLINE:
            await _open(context, delivery, decline_modal(delivery.value, delivery.channel))
        case Action.CHANGE_END:
            await _open(context, delivery, extend_modal(delivery.value, delivery.channel))
        case action if isinstance(delivery.source, InHome) and action is not Action.SHOW_HOME:
            return await _open(context, delivery, waiting_modal(delivery.channel))
        case _:
            pass
    return ""


async def _open(context: Context, delivery: ButtonAction, modal: Modal) -> str:
    try:
        above = isinstance(delivery.source, InModal)
        return await context.slack.open_view(delivery.trigger_id, modal, above=above)
    except SlackRejected as refused:
        log.info("view.not_opened", trace=delivery.id[:8], code=refused.code)
    except SlackUnavailable as away:
        log.info("view.not_opened", trace=delivery.id[:8], why=str(away))
    return ""


def _is_copied(delivery: ButtonAction) -> bool:
    return isinstance(delivery.source, InMessage) and delivery.source.copied


async def on_action(
    context: Context, delivery: ButtonAction, invocation: Invocation
) -> Outcome | None:
    """Act on a click; None where the modal that it opened says all there is to say.

    Every permission is checked again: a control outlives what was true when it was made.
    Raises NotAvailable, InvalidCommand, and what the command raises.
    """
    value = delivery.value
    if _is_copied(delivery):
        raise NotAvailable("copy")
    match delivery.action:
        case Action.RUN:
            return await run(context, _with_new_card(invocation), parse(value))
        case Action.OPEN_CHOOSER:
            return await run(context, invocation, parse(value))
        case Action.CONTINUE:
            return await _resume(context, invocation, value, confirmed=False)
        case Action.CONFIRM:
            return await _resume(context, invocation, value, confirmed=True)
        case Action.NEW_LINK:
            return await _new_link(context, invocation, value)
        case Action.SHOW_HOME:
            page = int(value) if value.isdecimal() else 1
            return await home(context, invocation, page)
        case Action.OPEN_URL:
            return None
        case Action.ITWIN | Action.TIMER | Action.WANTED | Action.UNTIL:
            return await _on_chooser(context, delivery, invocation)
        case None:
            raise NotAvailable("operation")
        case action:
            if not is_own_id(value):
                raise NotAvailable("operation")
            in_view = not isinstance(delivery.source, InMessage)
            return await _on_record(
                context, invocation, action, OperationId(value), in_view=in_view
            )


async def _on_chooser(context: Context, delivery: ButtonAction, invocation: Invocation) -> Outcome:
    """Update the chooser. Raises NotAvailable where the input is not in a chooser."""
    match delivery.source:
        case InModal(chooser=ChooserForm() as form) as source:
            await is_last_click(context, delivery, source)
            knowing = await with_groups(context, invocation)
            return await forms.update_chooser(context.gateways, knowing, form)
        case InModal() | InMessage() | InHome():
            raise NotAvailable("operation")


async def _on_record(
    context: Context,
    invocation: Invocation,
    action: RecordAction,
    record: OperationId,
    *,
    in_view: bool,
) -> Outcome | None:
    """Act on a click whose value is the id of a record. Raises as ``on_action``."""
    gateways = context.gateways
    match action:
        case Action.ENABLE:
            return await _on_card(context, invocation, "enable", record)
        case Action.DISABLE:
            return await _on_card(context, invocation, "disable", record)
        case Action.UNDO:
            if await gateways.store.operation_sets.read(invocation.workspace, record):
                return await run(context, _with_new_card(invocation), Undo(record))
            return await _on_card(context, invocation, "undo", record)
        case Action.DETAILS:
            return await _on_card(context, invocation, "details", record)
        case Action.ENABLE_NOW:
            command = ChangeAutoEnable("return", record)
            return await run(context, _with_new_card(invocation), command)
        case Action.KEEP_DISABLED:
            command = ChangeAutoEnable("keep", record)
            return await run(context, _with_new_card(invocation), command)
        case Action.DECLINE | Action.CHANGE_END:
            return None  # its modal is open already
        case Action.APPROVE:
            return await run(context, invocation, Decide("approve", record))
        case Action.CANCEL:
            return await run(context, invocation, Decide("cancel", record))
        case Action.REQUEST_AGAIN:
            asking, request = await approvals.request_again(gateways, invocation, record)
            return await run(context, asking, request)
        case Action.UNSUBSCRIBE:
            there = await in_channel_of(context, invocation, record) if in_view else invocation
            return await run(context, there, Unsubscribe(record))
        case Action.RESUME:
            subscribe = await subscriptions.resume(gateways, invocation, record)
            return await run(context, _with_new_card(invocation), subscribe)


async def on_submission(
    context: Context, delivery: ModalSubmission, invocation: Invocation
) -> Outcome:
    """Act on a submitted modal; it stands for a command that can be typed.

    Raises NotAvailable, InvalidCommand, and what the command raises.
    """
    match delivery.form:
        case ChooserForm() as form:
            return await run(context, invocation, parse(str(_switch(form))))
        case SubscriptionForm(itwin=itwin, pattern=pattern, events=events):
            return await run(
                context, invocation, parse(str(Subscribe(itwin or "", pattern, events)))
            )
        case DeclineForm(request=request, reason=typed):
            reason = single_line(typed.strip(), DECLINE_REASON_LIMIT)
            return await run(context, invocation, Decide("decline", request, reason))
        case ChangeEndForm(operation=operation, until=until):
            command = ChangeAutoEnable("extend", operation, phrase_from_input(until))
            return await run(context, _with_new_card(invocation), command)
        case None:
            raise NotAvailable("modal")


def _switch(form: ChooserForm) -> Switch:
    """Return the command that the chooser stands for. Raises InvalidCommand."""
    verb: SwitchVerb = "enable" if form.wanted else "disable"
    until = "" if form.wanted else form.until.strip()
    return Switch(
        verb,
        form.itwin or "",
        form.timer or "",
        single_line(form.reason, REASON_LIMIT),
        phrase_from_input(until) if until else "",
        emergency=form.emergency,
    )


async def on_shortcut(context: Context, delivery: Shortcut, invocation: Invocation) -> Outcome:
    """Open the chooser, about the card the shortcut was used on or with the message as reason."""
    command = OpenChooser()
    if delivery.operation is not None:
        operation = await context.gateways.store.operations.read(
            invocation.workspace, delivery.operation
        )
        if operation is not None:
            command = OpenChooser(operation.itwin.id, operation.timer.id)
    try:
        reason = single_line(delivery.reason, REASON_LIMIT)
        return await chooser(context, invocation, command, reason)
    except SignInNeeded as needed:
        return await offer_sign_in(context, invocation, str(command), needed)


async def _resume(
    context: Context, invocation: Invocation, pending: str, *, confirmed: bool
) -> Outcome:
    """Run a pending command. Raises NotAvailable, and what the command raises."""
    found = await accounts.pending_command(context.gateways, invocation, pending)
    # The operation is named after the pending command, so a second click finds the first one's.
    named = _with_new_card(replace(_resumed(invocation, pending, found), confirmed=confirmed))
    return await run(context, named, parse(found.text))


def _resumed(invocation: Invocation, name: str, pending: PendingCommand) -> Invocation:
    return replace(
        invocation,
        id=OperationId(name),
        resumed=True,
        channel_itwin=pending.channel_itwin,
        seen=pending.seen,
    )


def _with_new_card(invocation: Invocation) -> Invocation:
    """Return the invocation without the card it was made on, so that it gets one of its own."""
    return replace(invocation, origin=replace(invocation.origin, card=""))


async def _on_card(
    context: Context, invocation: Invocation, verb: timers.CardAction, operation: OperationId
) -> Outcome:
    """Act on the timer of a card; the card is then the new operation's."""
    on_it = replace(invocation, origin=replace(invocation.origin, replaces=operation))
    try:
        return await timers.act_on_card(
            context.gateways, await with_groups(context, on_it), operation, verb
        )
    except SignInNeeded as needed:
        return await offer_sign_in(
            context, invocation, await _as_command(context, invocation, verb, operation), needed
        )


async def _as_command(
    context: Context, invocation: Invocation, verb: timers.CardAction, operation: OperationId
) -> str:
    """Return the command that could be typed instead of the click; it waits for the sign-in."""
    if verb == "undo":
        return str(Undo(operation))
    found: Operation | None = await context.gateways.store.operations.read(
        invocation.workspace, operation
    )
    if found is None:
        return ""
    if verb == "details":
        return str(Show(found.itwin.id, found.timer.id))
    return str(Switch(verb, found.itwin.id, found.timer.id))


async def _new_link(context: Context, invocation: Invocation, pending: str) -> Outcome:
    """Offer a fresh sign-in link, for the same pending command if there is one."""
    text = ""
    if is_own_id(pending):
        found = await accounts.pending_command(context.gateways, invocation, pending)
        text, invocation = found.text, _resumed(invocation, pending, found)
    return await accounts.offer_sign_in(context.gateways, context.sign_in_urls, invocation, text)
