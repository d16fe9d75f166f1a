"""A person's App Home: what several features know, read with the person's own token.

A section that cannot be read shows why; the others are shown all the same.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

import structlog

from bot.context import Context
from bot.core.errors import BotError, NotAvailable, SignInNeeded, StoreUnreachable
from bot.core.invocation import Invocation
from bot.core.language.commands import ListTimers
from bot.core.listings import DisabledListed
from bot.core.names import ITwinId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Origin
from bot.core.subscriptions import Subscription
from bot.core.surfaces import HomeShown
from bot.core.timers import ITwin
from bot.features import auto_enables, open_requests
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.slack.views.home import home_view

MOST_ITWINS = 12  # each takes one request of the person's hourly budget
FAVORITES = 10
Section = TypeVar("Section")

log = structlog.get_logger("home")


async def home(context: Context, invocation: Invocation, page: int = 1) -> HomeShown:
    """Return the App Home, and record that the person has it open, so that it is refreshed."""
    await context.gateways.store.people.open_home(
        invocation.workspace, invocation.who, invocation.channel, page
    )
    return replace(await _home_shown(context, invocation), page=page, support=context.support_url)


async def refresh_home(context: Context, workspace: Workspace, person: PersonId) -> None:
    """Publish the App Home again for a person who has opened it lately.

    Raises nothing: a stale App Home is no reason to repeat the work that it follows.
    """
    try:
        people = context.gateways.store.people
        opened = await people.home_of(workspace, person)
        if opened is None:
            return
        channel, page = opened
        member = await context.gateways.directory.member(person, workspace)
        invocation = Invocation(OperationId(""), member, Origin(channel), context.now)
        shown = replace(
            await _home_shown(context, invocation), page=page, support=context.support_url
        )
        if await people.home_of(workspace, person) == opened:  # else they turned the page
            await context.slack.publish_home(person, home_view(shown, context.now))
    except (BotError, SlackRejected, SlackUnavailable) as error:
        log.info("home.not_published", why=type(error).__name__)


async def _home_shown(context: Context, invocation: Invocation) -> HomeShown:
    signed_out = HomeShown(invocation.channel, invocation.now)
    account = await context.gateways.ims.account(invocation.workspace, invocation.who)
    if account is None:
        return signed_out
    favorites = await _or_error(_favorites(context, invocation))
    first = favorites if isinstance(favorites, tuple) else ()
    disabled, pending, subscriptions = await asyncio.gather(
        _or_error(_disabled(context, invocation, first)),
        _or_error(open_requests.pending(context.gateways, invocation)),
        _or_error(_subscriptions(context, invocation)),
    )
    if any(isinstance(section, SignInNeeded) for section in (favorites, disabled, pending)):
        return replace(signed_out, ended=True)
    return replace(
        signed_out,
        acting=account.acting,
        disabled=disabled,
        pending=pending,
        favorites=favorites,
        subscriptions=subscriptions,
    )


async def _or_error(section: Awaitable[Section]) -> Section | BotError:
    """Return a section, or the error that it shows instead. Raises StoreUnreachable."""
    try:
        return await section
    except StoreUnreachable:
        raise
    except BotError as error:
        return error
    except SlackUnavailable:
        return NotAvailable("modal")


async def _favorites(context: Context, invocation: Invocation) -> tuple[ITwin, ...]:
    """Return Bentley's lists of the person's favorites and, after them, recently used iTwins."""

    async def read(caller: Caller) -> tuple[ITwin, ...]:
        edfs = context.gateways.edfs
        starred, used = await asyncio.gather(edfs.favorites(caller), edfs.recents(caller))
        return tuple({one.id: one for one in (*starred, *used)}.values())

    _, found = await with_token(context.gateways, invocation.workspace, invocation.who, read)
    return found[:FAVORITES]


async def _disabled(
    context: Context, invocation: Invocation, favorites: tuple[ITwin, ...]
) -> DisabledListed:
    first = frozenset[ITwinId](one.id for one in favorites)
    everywhere = ListTimers(disabled=True, everywhere=True)
    return await auto_enables.list_disabled(
        context.gateways, invocation, everywhere, first=first, most=MOST_ITWINS
    )


async def _subscriptions(context: Context, invocation: Invocation) -> tuple[Subscription, ...]:
    """Return those of the person's channels; of others not even the name may be shown."""
    members = context.gateways.directory.members
    every = await context.gateways.store.subscriptions.open(invocation.workspace)
    channels = {one.channel for one in every}
    theirs = {one for one in channels if invocation.who in await members(one)}
    return tuple(one for one in every if one.channel in theirs)


async def in_channel_of(
    context: Context, invocation: Invocation, subscription: OperationId
) -> Invocation:
    """Return the invocation as if made in the subscription's channel, for a member of that.

    Raises NotAvailable, SlackUnavailable.
    """
    members = context.gateways.directory.members
    found = await context.gateways.store.subscriptions.read(invocation.workspace, subscription)
    if found is None or invocation.who not in await members(found.channel):
        raise NotAvailable("subscription")
    return replace(invocation, origin=Origin(found.channel))
