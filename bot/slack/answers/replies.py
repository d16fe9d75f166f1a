"""How an answer gets to whoever asked: where they asked, or in the window they look at."""

from dataclasses import replace

import structlog

from bot.context import Desk
from bot.gateways.slack.client import NOT_THERE, REPLY_SECONDS, SlackAway, SlackRefused
from bot.gateways.slack.messages import Aloud, HomePage, Message, Modal, Private
from bot.gateways.store.deliveries import Delivery
from bot.slack.views.confirmations import window_offered
from bot.slack.views.home import page_instead
from bot.slack.views.modals import answer_window
from bot.slack.views.timers import loading

# The window was closed, or shows something newer by now.
_PASSED = frozenset({"hash_conflict", "not_found", "view_not_found"})

log = structlog.get_logger("answer")


async def say(desk: Desk, delivery: Delivery, message: Message, view: str) -> None:
    """Say it. ``view`` is the window that a press has opened already, or empty."""
    match message:
        case Modal() if view:
            await _filled(desk, view, message)
        case Modal():
            await _shown(desk, delivery, message)
        case HomePage():
            await desk.poster.publish(delivery.person, message)
        case Aloud():
            await _aloud(desk, delivery, message)
        case Private() if delivery.kind == "home":  # they look at a page, and asked for no message
            await _instead_of_home(desk, delivery, message)
        case Private() if delivery.surface:
            await _in_a_window(desk, delivery, message, view)
        case Private():
            if view:  # a window has no buttons of its own: they are said beside it
                await _filled(desk, view, loading(message))
            said = replace(message, replace=delivery.private, thread=delivery.thread)
            await desk.whisper(said, delivery.person, delivery.channel, delivery.reply, delivery.at)


async def _shown(desk: Desk, delivery: Delivery, modal: Modal) -> None:
    """Change the window it was asked in, or open one; else offer a button that can."""
    if delivery.surface == "modal" and delivery.kind == "action":
        await _changed(desk, delivery, modal)
        return
    try:
        if delivery.trigger:
            await desk.poster.open(delivery.trigger, modal)
            return
    except (SlackRefused, SlackAway) as late:
        log.info("window", trace=delivery.id[:8], why=str(late))
    await say(desk, delivery, window_offered(_again(delivery)), "")


async def _changed(desk: Desk, delivery: Delivery, modal: Modal) -> None:
    """Change the window that was pressed in; the last press counts, whichever is done first."""
    try:
        await desk.poster.fill(delivery.view, modal, delivery.hash)
    except SlackRefused as refused:
        if refused.code not in _PASSED:
            raise
        if refused.code == "hash_conflict" and await pressed_last(desk, delivery):
            await _filled(desk, delivery.view, modal)


async def pressed_last(desk: Desk, delivery: Delivery) -> bool:
    """Whether nothing was pressed in the window since."""
    windows, at = desk.gateways.store.windows, delivery.pressed_at
    return await windows.pressed_last(delivery.home, delivery.view, delivery.id, at)


async def _filled(desk: Desk, view: str, modal: Modal) -> None:
    """Fill it, unless it was closed meanwhile: whoever closed it wants to see no more of it."""
    try:
        await desk.poster.fill(view, modal)
    except SlackRefused as refused:
        if refused.code not in _PASSED:
            raise


def _again(delivery: Delivery) -> str:
    """Return the command that asks for the window once more."""
    if delivery.kind in {"command", "mentioned"} and delivery.text:
        return delivery.text
    return delivery.value if delivery.action.startswith("edfs.run") else "choose"


async def _in_a_window(desk: Desk, delivery: Delivery, said: Private, view: str) -> None:
    """Answer a press in a Home or a window in a window, where they look; else in a message."""
    window = answer_window(said, delivery.channel)
    try:
        if view:
            await desk.poster.fill(view, window)
        elif delivery.surface == "modal":
            await desk.poster.fill(delivery.view, window)
        else:
            await desk.poster.open(delivery.trigger, window)
    except (SlackRefused, SlackAway) as late:
        log.info("window", trace=delivery.id[:8], why=str(late))
        await desk.poster.whisper(delivery.channel, delivery.person, said)


async def _instead_of_home(desk: Desk, delivery: Delivery, said: Private) -> None:
    """Say there why there is no page; Slack has no Home for everybody, such as for strangers."""
    try:
        await desk.poster.publish(delivery.person, page_instead(said, delivery.channel))
    except SlackRefused as refused:
        log.info("home.left", why=refused.code)


async def _aloud(desk: Desk, delivery: Delivery, message: Aloud) -> None:
    fresh = delivery.reply and desk.now - delivery.at < REPLY_SECONDS
    if fresh and await desk.poster.reply(delivery.reply, message):
        return
    try:
        await desk.poster.post(delivery.channel, message, delivery.thread)
    except SlackRefused as refused:
        if refused.code not in NOT_THERE:
            raise
        said = Private(message.text, message.blocks)
        await desk.poster.whisper(delivery.channel, delivery.person, said)
