"""Answers a delivery: parses it, runs the command, renders the outcome and sends it.

Typed commands, buttons, modals, shortcuts, mentions and finished sign-ins all come through here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from bot.background.approvals import post_request
from bot.context import Context
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    HomeOpened,
    InHome,
    Mention,
    ModalSubmission,
    Shortcut,
    SignInCompleted,
    SlashCommand,
    ThreadMessage,
    card_of,
    command_in,
    response_url_of,
    thread_of,
)
from bot.core.due_work import DueWork, due_after
from bot.core.errors import (
    BotError,
    Expired,
    Forgotten,
    MessageEdited,
    NotInChannel,
    RetriesExhausted,
    StoreUnreachable,
)
from bot.core.invocation import Invocation
from bot.core.language.forms import picked_channel
from bot.core.language.parser import parse
from bot.core.names import ChannelId, DeliveryId, OperationId
from bot.core.operations.operation import Origin
from bot.core.outcomes import Failed, OperationStarted, Outcome, SeveralStarted
from bot.core.surfaces import HomeShown
from bot.features import accounts
from bot.features.choices import keep_choices
from bot.features.starting import AnsweredMeanwhile
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.tasks import end_task
from bot.slack.answers.app_home import home
from bot.slack.answers.dispatch import run
from bot.slack.answers.interactions import on_action, on_shortcut, on_submission, open_modal
from bot.slack.answers.replies import reply
from bot.slack.answers.thread_replies import decision_hint, request_in_thread
from bot.slack.views.render import continued, render, sign_in_is_slow

SLOW_SECONDS = 3.0

log = structlog.get_logger("answer")


async def answer(context: Context, delivery: Delivery) -> DueWork:
    """Answer one delivery and return the work that is now due.

    It may be called again for the same delivery: an operation is named after its delivery, so
    the second call finds the operation of the first. Raises StoreUnreachable; then it has to be
    called again, because an operation may have been started. Raises SlackUnavailable.
    """
    if isinstance(delivery, ThreadMessage) and await request_in_thread(context, delivery) is None:
        return DueWork()  # a message in some other thread is not addressed to the bot
    view = await open_modal(context, delivery)
    invocation: Invocation | None = None
    try:
        invocation = await _invocation(context, delivery)
        async with _tells_if_sign_in_is_slow(context, delivery, view):
            outcome = await _outcome(context, delivery, invocation)
        outcome = await post_request(context, outcome)
    except StoreUnreachable:
        raise
    except AnsweredMeanwhile:
        log.warning("delivery.answered_meanwhile", trace=delivery.id[:8])
        return DueWork()
    except BotError as error:
        outcome = _failed(delivery, error)
    log.info("delivery.answered", trace=delivery.id[:8], outcome=type(outcome).__name__)
    if outcome is None:
        return DueWork()
    if invocation is not None:
        outcome = await keep_choices(context.gateways, invocation, outcome)
    for message in render(outcome, context.now, context.gateways.schedule_zone):
        await reply(context, delivery, message, view)
    off_card = isinstance(delivery, ButtonAction) and not card_of(delivery)
    if isinstance(outcome, OperationStarted | SeveralStarted) and off_card:
        await reply(context, delivery, continued(outcome), view)
    homes = (delivery.person,) if _changes_home(delivery, outcome) else ()
    return due_after(outcome) + DueWork(homes=homes)


@contextlib.asynccontextmanager
async def _tells_if_sign_in_is_slow(
    context: Context, delivery: Delivery, view: str
) -> AsyncIterator[None]:
    """Tell the person what is waited for, once the provider has taken three seconds."""
    telling = asyncio.create_task(_tell_of_slow_sign_in(context, delivery, view), name="slow")
    try:
        yield
    finally:
        await end_task(telling)


async def _tell_of_slow_sign_in(context: Context, delivery: Delivery, view: str) -> None:
    await asyncio.sleep(SLOW_SECONDS)
    if isinstance(delivery, HomeOpened | SignInCompleted | ThreadMessage):
        return
    if context.gateways.ims.is_refreshing(delivery.installed_in, delivery.person):
        with contextlib.suppress(SlackUnavailable, SlackRejected):  # the answer itself comes
            await reply(context, delivery, sign_in_is_slow(), view)


def _changes_home(delivery: Delivery, outcome: Outcome) -> bool:
    """Whether the App Home has to be refreshed: a click in it, or a sign-in, changed it."""
    match delivery:
        case ButtonAction(source=InHome()):
            return not isinstance(outcome, HomeShown)
        case SignInCompleted():
            return True
        case _:
            return False


async def give_up(context: Context, delivery: Delivery) -> None:
    """Tell the person that answering failed too often and will not be tried again."""
    await _tell(context, delivery, RetriesExhausted())


async def tell_forgotten(context: Context, delivery: Delivery) -> None:
    """Tell the person that the store has forgotten what it had accepted."""
    if not isinstance(delivery, ThreadMessage | HomeOpened):  # nobody waits for an answer to these
        await _tell(context, delivery, Forgotten())


async def _tell(context: Context, delivery: Delivery, error: BotError) -> None:
    failed = _failed(delivery, error)
    for message in render(failed, context.now, context.gateways.schedule_zone):
        await reply(context, delivery, message, "")


def _failed(delivery: Delivery, error: BotError) -> Failed:
    log.info("delivery.failed", trace=delivery.id[:8], error=type(error).__name__)
    retry = command_in(delivery)
    return Failed(error, delivery.id[:8], retry if len(retry) <= 2_000 else "")


async def _invocation(context: Context, delivery: Delivery) -> Invocation:
    """Look up who acts, and where. Raises PersonRefused, Expired and NotInChannel."""
    person = await context.gateways.directory.member(delivery.person, delivery.workspace)
    if context.now > delivery.at + context.gateways.timeouts.life:
        raise Expired
    channel = delivery.channel
    if isinstance(delivery, ModalSubmission):
        channel = await _channel_of(context, delivery)
    url, card, thread = response_url_of(delivery), card_of(delivery), thread_of(delivery)
    origin = Origin(channel, url, card, thread=thread)
    return Invocation(
        OperationId(delivery.id), person, origin, context.now, delivery=DeliveryId(delivery.id)
    )


async def _channel_of(context: Context, delivery: ModalSubmission) -> ChannelId:
    """Return the channel that a modal names, or that of the person's direct messages.

    Raises NotInChannel, SlackUnavailable.
    """
    if not delivery.channel:
        return await context.slack.direct_channel(delivery.person)
    picked = picked_channel(delivery.form)
    if picked and delivery.person not in await context.gateways.directory.members(picked):
        raise NotInChannel
    return delivery.channel


async def _outcome(context: Context, delivery: Delivery, invocation: Invocation) -> Outcome | None:
    match delivery:
        case SlashCommand(text=text):
            return await run(context, invocation, parse(text))
        case ButtonAction():
            return await on_action(context, delivery, invocation)
        case ModalSubmission():
            return await on_submission(context, delivery, invocation)
        case Shortcut():
            return await on_shortcut(context, delivery, invocation)
        case Mention(edited=True):
            raise MessageEdited
        case Mention(text=text):
            return await run(context, invocation, parse(text or "help"))
        case ThreadMessage():
            return await decision_hint(context, delivery)
        case HomeOpened():
            return await home(context, invocation)
        case SignInCompleted(pending_command=pending):
            return await accounts.signed_in(context.gateways, invocation, pending)
