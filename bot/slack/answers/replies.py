"""Sends the answer to a delivery: to its response_url, its modal, its App Home or its channel."""

from dataclasses import replace

import structlog

from bot.context import Context
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    HomeOpened,
    InHome,
    InMessage,
    InModal,
    Mention,
    ModalSubmission,
    Shortcut,
    SignInCompleted,
    SlashCommand,
    ThreadMessage,
    command_in,
    response_url_of,
    thread_of,
    trigger_of,
)
from bot.gateways.slack.client import (
    RESPONSE_URL_SECONDS,
    SlackRejected,
    SlackUnavailable,
)
from bot.gateways.slack.codes import Meaning
from bot.gateways.slack.messages import AppHome, Ephemeral, InChannel, Message, Modal
from bot.slack.views.confirmations import offer_modal
from bot.slack.views.home import error_page
from bot.slack.views.modals import answer_modal
from bot.slack.views.timers import loading_modal

# The view was closed, or was updated by a later answer.
_VIEW_GONE = frozenset({"hash_conflict", "not_found", "view_not_found"})

log = structlog.get_logger("answer")


async def reply(context: Context, delivery: Delivery, message: Message, view: str) -> None:
    """Send one message of the answer. ``view`` is the modal opened for the delivery, or empty.

    Raises SlackUnavailable, SlackRejected.
    """
    match message:
        case Modal() if view:
            await _fill_modal(context, view, message)
        case Modal():
            await _show_modal(context, delivery, message)
        case AppHome():
            await context.slack.publish_home(delivery.person, message)
        case InChannel():
            await _reply_in_channel(context, delivery, message)
        case Ephemeral():
            await _reply_privately(context, delivery, message, view)


async def _reply_privately(
    context: Context, delivery: Delivery, message: Ephemeral, view: str
) -> None:
    match delivery:
        case HomeOpened():  # opening the App Home asks for no message
            await _reply_in_home(context, delivery, message)
        case ButtonAction():
            await _reply_to_click(context, delivery, message, view)
        case SlashCommand() | ModalSubmission() | Shortcut() | Mention() | ThreadMessage():
            await _reply_in_message(context, delivery, message)
        case SignInCompleted():
            await _reply_in_message(context, delivery, message)


async def _reply_to_click(
    context: Context, delivery: ButtonAction, message: Ephemeral, view: str
) -> None:
    match delivery.source:
        case InMessage(ephemeral=ephemeral):
            if view:  # a modal takes no buttons, so the message is sent beside it as well
                await _fill_modal(context, view, loading_modal(message))
            await _reply_in_message(context, delivery, replace(message, replace_original=ephemeral))
        case InHome() | InModal():
            await _reply_in_modal(context, delivery, message, view)


async def _reply_in_message(context: Context, delivery: Delivery, message: Ephemeral) -> None:
    private = replace(message, thread=thread_of(delivery))
    url, age = response_url_of(delivery), context.now - delivery.at
    await context.slack.answer_privately(private, delivery.person, delivery.channel, url, age)


async def _show_modal(context: Context, delivery: Delivery, modal: Modal) -> None:
    """Update the modal that was clicked in, or open one; else offer a button that opens it."""
    if isinstance(delivery, ButtonAction) and isinstance(delivery.source, InModal):
        await _update_modal(context, delivery, delivery.source, modal)
        return
    trigger_id = trigger_of(delivery)
    try:
        if trigger_id:
            await context.slack.open_view(trigger_id, modal)
            return
    except (SlackRejected, SlackUnavailable) as error:
        log.info("view.not_opened", trace=delivery.id[:8], why=str(error))
    await reply(context, delivery, offer_modal(command_in(delivery) or "choose"), "")


async def _update_modal(
    context: Context, delivery: ButtonAction, source: InModal, modal: Modal
) -> None:
    """Update the modal that was clicked in; the last click wins, whichever is answered last."""
    try:
        await context.slack.update_view(source.view_id, modal, source.hash)
    except SlackRejected as rejected:
        if rejected.code not in _VIEW_GONE:
            raise
        if rejected.code == "hash_conflict" and await is_last_click(context, delivery, source):
            await _fill_modal(context, source.view_id, modal)


async def is_last_click(context: Context, delivery: ButtonAction, source: InModal) -> bool:
    """Whether nothing was clicked in the modal since; records this click."""
    clicks, at = context.gateways.store.modal_clicks, source.clicked_at
    return await clicks.is_last_click(delivery.installed_in, source.view_id, delivery.id, at)


async def _fill_modal(context: Context, view: str, modal: Modal) -> None:
    """Update a modal, unless the person has closed it."""
    try:
        await context.slack.update_view(view, modal)
    except SlackRejected as rejected:
        if rejected.code not in _VIEW_GONE:
            raise


async def _reply_in_modal(
    context: Context, delivery: ButtonAction, message: Ephemeral, view: str
) -> None:
    """Answer a click in an App Home or a modal in a modal, or else in a message."""
    modal, source = answer_modal(message, delivery.channel), delivery.source
    try:
        if view:
            await context.slack.update_view(view, modal)
        elif isinstance(source, InModal):
            await context.slack.update_view(source.view_id, modal)
        else:
            await context.slack.open_view(delivery.trigger_id, modal)
    except (SlackRejected, SlackUnavailable) as error:
        log.info("view.not_opened", trace=delivery.id[:8], why=str(error))
        await context.slack.post_ephemeral(delivery.channel, delivery.person, message)


async def _reply_in_home(context: Context, delivery: Delivery, message: Ephemeral) -> None:
    """Publish an App Home with the message; some people have none, such as those of other teams."""
    try:
        await context.slack.publish_home(delivery.person, error_page(message, delivery.channel))
    except SlackRejected as rejected:
        log.info("home.not_published", why=rejected.code)


async def _reply_in_channel(context: Context, delivery: Delivery, message: InChannel) -> None:
    url = response_url_of(delivery)
    fresh = url and context.now - delivery.at < RESPONSE_URL_SECONDS
    if fresh and await context.slack.respond(url, message):
        return
    try:
        await context.slack.post(delivery.channel, message, thread_of(delivery))
    except SlackRejected as rejected:
        if rejected.meaning is not Meaning.ELSEWHERE:
            raise
        private = Ephemeral(message.text, message.blocks)
        await context.slack.post_ephemeral(delivery.channel, delivery.person, private)
