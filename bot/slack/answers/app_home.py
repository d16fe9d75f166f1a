"""A person's Home: one page, seen with their own token, and made anew when something happened.

It is the one place that needs several features at once, so they are put together here. Each part
that cannot be had says why, and the others still stand.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from bot.context import Context
from bot.core.errors import BotError, NotAvailable, SignInNeeded, StoreUnreachable
from bot.core.invocation import Invocation
from bot.core.language.commands import ListTimers
from bot.core.listings import DisabledListed, PendingListed
from bot.core.names import ITwinId, OperationId, PersonId, Workspace
from bot.core.operations.operation import ActingAccount, Origin
from bot.core.subscriptions import Subscription
from bot.core.surfaces import HomeShown
from bot.core.timers import ITwin
from bot.features import accounts, approvals, auto_enables
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.slack.answers.dispatch import groups_of
from bot.slack.views.home import home_view

MOST_ITWINS = 12  # each is a request of the person's share
FAVORITES = 10
Part = TypeVar("Part")

log = structlog.get_logger("home")


async def home(context: Context, invocation: Invocation, page: int = 1) -> HomeShown:
    """Look at all of it, and remember that they did: what ends meanwhile makes it anew."""
    await context.gateways.store.people.open_home(
        invocation.workspace, invocation.who, invocation.channel, page
    )
    return replace(await _home_shown(context, invocation), page=page, support=context.support_url)


async def refresh_home(context: Context, workspace: Workspace, person: PersonId) -> None:
    """Make it anew for somebody who looked at it a moment ago; nobody else waits for it.

    It never raises: what was answered is not to be answered again because of it.
    """
    try:
        people = context.gateways.store.people
        looking = await people.home_of(workspace, person)
        if looking is None:
            return
        channel, page = looking
        member = await context.directory.member(person, workspace)
        asked = Invocation(OperationId(""), member, Origin(channel), context.now)
        made = replace(await _home_shown(context, asked), page=page, support=context.support_url)
        if await people.home_of(workspace, person) == looking:  # they may have gone on
            await context.slack.publish_home(person, home_view(made, context.now))
    except (BotError, SlackRejected, SlackUnavailable) as failed:
        log.info("home.left", why=type(failed).__name__)


async def _home_shown(context: Context, invocation: Invocation) -> HomeShown:
    page = HomeShown(invocation.channel, invocation.now)
    account = await context.gateways.ims.account(invocation.workspace, invocation.who)
    if account is None:
        return page
    favourites = await _or_why(_favorites(context, invocation))
    known = favourites if isinstance(favourites, tuple) else ()
    off, pending, subscriptions = await asyncio.gather(
        _or_why(_disabled(context, invocation, known)),
        _or_why(_pending(context, invocation)),
        _or_why(_subscriptions(context, invocation)),
    )
    if any(isinstance(part, SignInNeeded) for part in (favourites, off, pending)):
        return replace(page, ended=True)
    acting: ActingAccount = accounts.acting(account)
    return replace(
        page,
        acting=acting,
        disabled=off,
        pending=pending,
        favorites=favourites,
        subscriptions=subscriptions,
    )


async def _or_why(part: Awaitable[Part]) -> Part | BotError:
    """Return the part, or what kept it away. Raises StoreUnreachable."""
    try:
        return await part
    except StoreUnreachable:
        raise
    except BotError as error:
        return error
    except SlackUnavailable:
        return NotAvailable("modal")


async def _favorites(context: Context, invocation: Invocation) -> tuple[ITwin, ...]:
    """Return what they have starred, then what they used last, in Bentley's own lists."""

    async def read(caller: Caller) -> tuple[ITwin, ...]:
        edfs = context.gateways.edfs
        starred, used = await asyncio.gather(edfs.favorites(caller), edfs.recents(caller))
        return tuple({one.id: one for one in (*starred, *used)}.values())

    _, found = await with_token(context.gateways, invocation.workspace, invocation.who, read)
    return found[:FAVORITES]


async def _disabled(
    context: Context, invocation: Invocation, favourites: tuple[ITwin, ...]
) -> DisabledListed:
    first = frozenset[ITwinId](one.id for one in favourites)
    everywhere = ListTimers(disabled=True, everywhere=True)
    return await auto_enables.list_disabled(
        context.gateways, invocation, everywhere, first=first, most=MOST_ITWINS
    )


async def _pending(context: Context, invocation: Invocation) -> PendingListed:
    return await approvals.pending(context.gateways, invocation, partial(groups_of, context))


async def _subscriptions(context: Context, invocation: Invocation) -> tuple[Subscription, ...]:
    """Return those of the channels that this person is in: of others not even a name is told."""
    every = await context.gateways.store.subscriptions.open(invocation.workspace)
    channels = {one.channel for one in every}
    theirs = {one for one in channels if invocation.who in await context.directory.members(one)}
    return tuple(one for one in every if one.channel in theirs)


async def in_channel_of(
    context: Context, invocation: Invocation, subscription: OperationId
) -> Invocation:
    """Return the same asking, as if from the subscription's channel, for who is in it.

    Raises NotAvailable, SlackAway.
    """
    found = await context.gateways.store.subscriptions.read(invocation.workspace, subscription)
    if found is None or invocation.who not in await context.directory.members(found.channel):
        raise NotAvailable("subscription")
    return replace(invocation, origin=Origin(found.channel))
