"""How an answer gets to whoever asked: where they asked, or in the window they look at."""

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
    command_in,
    response_url_of,
    thread_of,
    trigger_of,
)
from bot.gateways.slack.client import (
    NOT_THERE,
    RESPONSE_URL_SECONDS,
    SlackRejected,
    SlackUnavailable,
)
from bot.gateways.slack.messages import AppHome, Ephemeral, InChannel, Message, Modal
from bot.slack.views.confirmations import offer_modal
from bot.slack.views.home import error_page
from bot.slack.views.modals import answer_modal
from bot.slack.views.timers import loading_modal

# The window was closed, or shows something newer by now.
_PASSED = frozenset({"hash_conflict", "not_found", "view_not_found"})

log = structlog.get_logger("answer")


async def reply(context: Context, delivery: Delivery, message: Message, view: str) -> None:
    """Say it. ``view`` is the window that a press has opened already, or empty."""
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
    ephemeral = False
    match delivery:
        case HomeOpened():  # they look at a page, and asked for no message
            await _reply_in_home(context, delivery, message)
            return
        case ButtonAction(source=InHome() | InModal()):
            await _reply_in_modal(context, delivery, message, view)
            return
        case ButtonAction(source=InMessage(ephemeral=ephemeral)):
            pass
        case _:
            pass
    if view:  # a window has no buttons of its own: they are said beside it
        await _fill_modal(context, view, loading_modal(message))
    said = replace(message, replace_original=ephemeral, thread=thread_of(delivery))
    await context.answer_privately(
        said, delivery.person, delivery.channel, response_url_of(delivery), delivery.at
    )


async def _show_modal(context: Context, delivery: Delivery, modal: Modal) -> None:
    """Change the window it was asked in, or open one; else offer a button that can."""
    match delivery:
        case ButtonAction(source=InModal() as source):
            await _change_modal(context, delivery, source, modal)
            return
        case _:
            trigger_id = trigger_of(delivery)
    try:
        if trigger_id:
            await context.slack.open_view(trigger_id, modal)
            return
    except (SlackRejected, SlackUnavailable) as late:
        log.info("view.not_opened", trace=delivery.id[:8], why=str(late))
    await reply(context, delivery, offer_modal(command_in(delivery) or "choose"), "")


async def _change_modal(
    context: Context, delivery: ButtonAction, source: InModal, modal: Modal
) -> None:
    """Change the window that was pressed in; the last press counts, whichever is done first."""
    try:
        await context.slack.update_view(source.view_id, modal, source.hash)
    except SlackRejected as refused:
        if refused.code not in _PASSED:
            raise
        if refused.code == "hash_conflict" and await is_last_click(context, delivery, source):
            await _fill_modal(context, source.view_id, modal)


async def is_last_click(context: Context, delivery: ButtonAction, source: InModal) -> bool:
    """Whether nothing was pressed in the window since."""
    clicks = context.gateways.store.modal_clicks
    return await clicks.is_last_click(
        delivery.installed_in, source.view_id, delivery.id, source.clicked_at
    )


async def _fill_modal(context: Context, view: str, modal: Modal) -> None:
    """Fill it, unless it was closed meanwhile: whoever closed it wants to see no more of it."""
    try:
        await context.slack.update_view(view, modal)
    except SlackRejected as refused:
        if refused.code not in _PASSED:
            raise


async def _reply_in_modal(
    context: Context, delivery: ButtonAction, said: Ephemeral, view: str
) -> None:
    """Answer a press in a Home or a window in a window, where they look; else in a message."""
    window = answer_modal(said, delivery.channel)
    try:
        match delivery.source:
            case _ if view:
                await context.slack.update_view(view, window)
            case InModal(view_id=pressed):
                await context.slack.update_view(pressed, window)
            case InHome() | InMessage():
                await context.slack.open_view(delivery.trigger_id, window)
    except (SlackRejected, SlackUnavailable) as late:
        log.info("view.not_opened", trace=delivery.id[:8], why=str(late))
        await context.slack.post_ephemeral(delivery.channel, delivery.person, said)


async def _reply_in_home(context: Context, delivery: Delivery, said: Ephemeral) -> None:
    """Say there why there is no page; Slack has no Home for everybody, such as for strangers."""
    try:
        await context.slack.publish_home(delivery.person, error_page(said, delivery.channel))
    except SlackRejected as refused:
        log.info("home.left", why=refused.code)


async def _reply_in_channel(context: Context, delivery: Delivery, message: InChannel) -> None:
    url = response_url_of(delivery)
    fresh = url and context.now - delivery.at < RESPONSE_URL_SECONDS
    if fresh and await context.slack.respond(url, message):
        return
    try:
        await context.slack.post(delivery.channel, message, thread_of(delivery))
    except SlackRejected as refused:
        if refused.code not in NOT_THERE:
            raise
        said = Ephemeral(message.text, message.blocks)
        await context.slack.post_ephemeral(delivery.channel, delivery.person, said)
