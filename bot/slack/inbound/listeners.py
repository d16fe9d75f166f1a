"""Bolt's listeners: each request from Slack is stored and acknowledged; a job answers it later.

A listener never raises, and awaits nothing but the store, so that Slack's 200 means "durably
accepted". Two kinds of request are answered at once, each within a time limit of its own: the
options of a select (``select_options.py``) and what is wrong in a form (``form_errors.py``).
Bolt asks the listeners one after another, so there is one for each kind of request.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.context import Context
from bot.core.actions import PREFIX, Action
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    HomeOpened,
    InModal,
    Mention,
    ModalSubmission,
    Shortcut,
    SignInCompleted,
    SlashCommand,
    ThreadMessage,
    response_url_of,
)
from bot.core.errors import StoreUnreachable
from bot.core.installation import Installation
from bot.core.language.commands import COMMAND
from bot.core.names import ChannelId
from bot.core.outcomes import Failed
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.slack.messages import Ephemeral
from bot.slack.answers.thread_replies import looks_like_decision
from bot.slack.inbound.deliveries import delivery_of
from bot.slack.inbound.form_errors import form_errors
from bot.slack.inbound.intake import Intake
from bot.slack.inbound.select_options import options_for
from bot.slack.views.modals import answer_modal
from bot.slack.views.render import failed

REPORT_SECONDS = 1.0  # together with the failed save, a trigger is still valid
OURS = re.compile(rf"^{re.escape(PREFIX)}")

Ack = Callable[..., Awaitable[Any]]

log = structlog.get_logger("listeners")


def bolt_app(slack: SlackClient, installation: Installation, token: str) -> AsyncApp:
    """Return Bolt's app without listeners; signatures are checked before it (``signature.py``)."""
    known = AuthorizeResult(
        enterprise_id=None,
        team_id=installation.workspace,
        bot_token=token,
        bot_id=installation.bot_id,
        bot_user_id=installation.bot_user,
    )

    async def authorize(**_: Any) -> AuthorizeResult:
        return known

    quiet = logging.getLogger("edfs-bot.bolt")
    quiet.setLevel(logging.ERROR)  # it warns of the token in the environment, and logs bodies

    async def unreadable(error: Exception) -> BoltResponse:
        """Answer a payload that Bolt cannot read; Bolt itself would print the error's text."""
        log.warning("payload.unreadable", error=type(error).__name__)
        return BoltResponse(status=400)

    app = AsyncApp(
        name="edfs-bot",  # without one, Bolt looks for it in the source of the whole stack
        logger=quiet,
        client=slack.web_client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )
    app.error(unreadable)
    return app


def listen(app: AsyncApp, context: Context, intake: Intake) -> None:
    """Register a listener for each kind of request that the manifest asks Slack for."""

    async def command(body: dict[str, Any], ack: Ack) -> None:
        failure = await _take(body, context, intake)
        if failure is None:
            await ack()
        else:
            await ack(text=failure.text, blocks=failure.blocks, response_type="ephemeral")

    async def action(body: dict[str, Any], ack: Ack) -> None:
        await ack()
        failure = await _take(body, context, intake)
        if failure is not None:
            await _report(context, body, failure)

    async def submission(body: dict[str, Any], ack: Ack) -> None:
        errors = await form_errors(context, body)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        failure = await _take(body, context, intake)
        if failure is None:
            await ack()
        else:
            await ack(response_action="update", view=answer_modal(failure, ChannelId("")).view)

    async def message(body: dict[str, Any], ack: Ack) -> None:
        """Slack sends every message of the bot's channels: most are dropped here, unread."""
        event = body.get("event") or {}
        if event.get("channel_type") == "im":
            await action(body, ack)
            return
        await ack()
        if looks_like_decision(event):
            await _take(body, context, intake)

    async def options(body: dict[str, Any], ack: Ack) -> None:
        await ack(**await options_for(context, body))

    app.command(COMMAND)(command)
    app.view(OURS)(submission)
    app.event("message")(message)
    app.event("app_mention")(action)
    app.event("app_home_opened")(action)
    app.shortcut(OURS)(action)
    app.action(OURS)(action)
    app.options(OURS)(options)


async def _take(body: dict[str, Any], context: Context, intake: Intake) -> Ephemeral | None:
    """Store a request; return what to tell the person at once if it could not be stored."""
    delivery = delivery_of(body, context.installation, context.now)
    if delivery is None:
        log.warning("payload.invalid")
        return None
    if isinstance(delivery, ButtonAction) and delivery.action is Action.OPEN_URL:
        return None  # the browser has opened the link; there is nothing to do
    log.info("delivery.received", trace=delivery.id[:8], kind=delivery.kind)
    try:
        await intake.take(delivery)
    except StoreUnreachable as error:
        log.error("delivery.refused", trace=delivery.id[:8])
        return failed(Failed(error, delivery.id[:8]), context.now)
    return None


async def _report(context: Context, body: dict[str, Any], message: Ephemeral) -> None:
    """Send a failure to where the person looks: the message, a modal, or the thread."""
    try:
        async with asyncio.timeout(REPORT_SECONDS):
            delivery = delivery_of(body, context.installation, context.now)
            if delivery is not None:
                await _send(context, delivery, message)
    except (SlackUnavailable, SlackRejected, TimeoutError) as error:
        log.warning("response.failed", error=type(error).__name__)


async def _send(context: Context, delivery: Delivery, message: Ephemeral) -> None:
    url = response_url_of(delivery)
    if url:
        await context.slack.respond(url, message)
        return
    match delivery:
        case SlashCommand() | ButtonAction() | Shortcut():
            above = isinstance(delivery, ButtonAction) and isinstance(delivery.source, InModal)
            modal = answer_modal(message, delivery.channel)
            await context.slack.open_view(delivery.trigger_id, modal, above=above)
        case Mention(thread=thread):
            there = replace(message, thread=thread)
            await context.slack.post_ephemeral(delivery.channel, delivery.person, there)
        case ModalSubmission() | ThreadMessage() | HomeOpened() | SignInCompleted():
            return
