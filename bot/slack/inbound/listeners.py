"""Bolt: Slack's requests come in, are kept, and are acknowledged. Everything else is a job.

A listener never raises and awaits nothing but the store, so Slack's 200 means "durably accepted".
The options of a select alone are answered at once, within a time of their own (``options.py``).
One listener for each kind: Bolt asks them one after another.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.context import Context
from bot.core.errors import StoreUnreachable
from bot.core.language.commands import COMMAND
from bot.core.names import ChannelId, DeliveryId
from bot.core.outcomes import Failed
from bot.gateways.slack.client import (
    Installation,
    SlackClient,
    SlackRejected,
    SlackUnavailable,
)
from bot.gateways.slack.messages import Ephemeral
from bot.gateways.store import Store
from bot.gateways.store.deliveries import Delivery
from bot.slack.answers.thread_replies import looks_like_decision
from bot.slack.inbound.deliveries import delivery_of
from bot.slack.inbound.form_errors import form_errors
from bot.slack.inbound.retractions import Retractions
from bot.slack.inbound.select_options import options_for
from bot.slack.views.modals import answer_modal
from bot.slack.views.render import failed

# Slack waits three seconds; the person is to be told within them.
SAVE_SECONDS = 1.5
LAST_MOMENT = SAVE_SECONDS - 0.1
# Until its keeper has heard of it, a delivery waits for a withdrawal; a killed keeper costs this.
CERTAIN_AFTER = 10.0
REPORT_SECONDS = 1.0  # with what keeping took, a trigger is still good
DUE_AFTER = 1.0  # a lost nudge costs this much, never a wish

Nudge = Callable[[Delivery], Awaitable[None]]
Ack = Callable[..., Awaitable[Any]]

log = structlog.get_logger("listeners")


@dataclass(slots=True)
class Intake:
    """Keeps deliveries. ``withdrawn`` are those whose keeping was not certain in time: their
    person was told that nothing was done, so nothing may be done. Each leaves the set when that
    is written in the store.
    """

    store: Store
    clock: Callable[[], float]
    nudge: Nudge
    withdrawn: set[DeliveryId]
    _withdrawals: Retractions = field(init=False)
    _accepting: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._withdrawals = Retractions(self.store.deliveries, self.withdrawn)

    async def take(self, delivery: Delivery) -> None:
        """Keep it and have it answered. Raises StoreUnreachable: then it will not be answered."""
        owner = secrets.token_hex(8)
        due = self.clock() + CERTAIN_AFTER
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                new = await self.store.deliveries.save(delivery, owner, due, LAST_MOMENT)
        except (StoreUnreachable, TimeoutError) as error:
            await self._withdrawals.add(delivery.installed_in, delivery.id, owner)
            raise StoreUnreachable("the delivery could not be kept") from error
        if new:
            await self._nudged(delivery)
            task = asyncio.create_task(self._accepted(delivery), name="accept")
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def aclose(self) -> None:
        await asyncio.gather(*self._accepting)
        await self._withdrawals.aclose()

    async def _accepted(self, delivery: Delivery) -> None:
        """The keeper knows: should the nudge be lost, the tick finds it soon."""
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                due = self.clock() + DUE_AFTER
                await self.store.deliveries.accept(delivery.installed_in, delivery.id, due)
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("accept.lost", trace=delivery.id[:8], error=type(error).__name__)

    async def _nudged(self, delivery: Delivery) -> None:
        try:
            async with asyncio.timeout(SAVE_SECONDS / 3):
                await self.nudge(delivery)
        except Exception as error:  # noqa: BLE001 - it is kept and due: the tick finds it
            log.warning("nudge.lost", trace=delivery.id[:8], error=type(error).__name__)


def bolt_app(slack: SlackClient, installation: Installation, token: str) -> AsyncApp:
    """Make Bolt's app; who signed a request is asked by ``verify`` before Bolt sees it."""
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
        """Bolt trips over what is oddly shaped, and would print the error's text."""
        log.warning("payload.unreadable", error=type(error).__name__)
        return BoltResponse(status=400)

    app = AsyncApp(
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
    async def command(body: dict[str, Any], ack: Ack) -> None:
        refused = await _take(body, context, intake)
        if refused is None:
            await ack()
        else:
            await ack(text=refused.text, blocks=refused.blocks, response_type="ephemeral")

    async def action(body: dict[str, Any], ack: Ack) -> None:
        await ack()
        refused = await _take(body, context, intake)
        if refused is not None:
            await _report(context, body, refused)

    async def submission(body: dict[str, Any], ack: Ack) -> None:
        wrong = await form_errors(context, body)
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        refused = await _take(body, context, intake)
        if refused is None:
            await ack()
        else:
            await ack(response_action="update", view=answer_modal(refused, ChannelId("")).view)

    async def message(body: dict[str, Any], ack: Ack) -> None:
        """Slack sends every message of the bot's channels: most are dropped here, unread."""
        said = body.get("event") or {}
        if said.get("channel_type") == "im":
            await action(body, ack)
            return
        await ack()
        if looks_like_decision(said):
            await _take(body, context, intake)

    async def options(body: dict[str, Any], ack: Ack) -> None:
        await ack(**await options_for(context, body))

    app.command(COMMAND)(command)
    app.view(re.compile(r"^edfs\."))(submission)
    app.event("message")(message)
    app.event("app_mention")(action)
    app.event("app_home_opened")(action)
    app.shortcut(re.compile(r"^edfs\."))(action)
    app.action(re.compile(r"^edfs\."))(action)
    app.options(re.compile(r"^edfs\."))(options)


async def _take(body: dict[str, Any], context: Context, intake: Intake) -> Ephemeral | None:
    """Keep what came in; return what to say at once if it could not be kept."""
    delivery = delivery_of(body, context.installation, context.now)
    if delivery is None:
        log.warning("payload.odd")
        return None
    if delivery.action == "edfs.open":
        return None  # Slack reports the press of a link; there is nothing to do
    log.info("delivered", trace=delivery.id[:8], kind=delivery.kind)
    try:
        await intake.take(delivery)
    except StoreUnreachable as error:
        log.error("delivery.refused", trace=delivery.id[:8])
        return failed(Failed(error, delivery.id[:8]), context.now)
    return None


async def _report(context: Context, body: dict[str, Any], said: Ephemeral) -> None:
    """Say it where they look: below what was pressed, in a window, or where it was written."""
    try:
        async with asyncio.timeout(REPORT_SECONDS):
            await _reported(context, body, said)
    except (SlackUnavailable, SlackRejected, TimeoutError) as error:
        log.warning("reply.lost", error=type(error).__name__)


async def _reported(context: Context, body: dict[str, Any], said: Ephemeral) -> None:
    delivery = delivery_of(body, context.installation, context.now)
    match delivery:
        case None:
            return
        case Delivery(response_url=url) if url:
            await context.slack.respond(url, said)
        case Delivery(trigger=trigger, surface=surface) if trigger:
            window = answer_modal(said, delivery.channel)
            await context.slack.open_view(trigger, window, above=surface == "modal")
        case Delivery(kind="mentioned"):
            there = replace(said, thread=delivery.thread)
            await context.slack.post_ephemeral(delivery.channel, delivery.person, there)
        case _:
            return
