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

from bot.context import Desk
from bot.core.errors import BotError, Gone, SignInNeeded, StoreUnreachable
from bot.core.invocation import Asked
from bot.core.language.commands import ListTimers
from bot.core.listings import OffListed, PendingListed
from bot.core.names import ITwinId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Acting, Place
from bot.core.subscriptions import Subscription
from bot.core.surfaces import HomeShown
from bot.core.timers import ITwin
from bot.features import accounts, approvals, auto_enables
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.client import SlackAway, SlackRefused
from bot.gateways.store import reaching
from bot.slack.answers.dispatch import groups_of
from bot.slack.views.home import home_view

MOST_ITWINS = 12  # each is a request of the person's share
FAVOURITES = 10
Part = TypeVar("Part")

log = structlog.get_logger("home")


async def home(desk: Desk, asked: Asked, page: int = 1) -> HomeShown:
    """Look at all of it, and remember that they did: what ends meanwhile makes it anew."""
    await desk.gateways.store.people.at_home(asked.workspace, asked.who, asked.channel, page)
    return replace(await _shown(desk, asked), page=page, support=desk.support)


async def made_anew(desk: Desk, workspace: Workspace, person: PersonId) -> None:
    """Make it anew for somebody who looked at it a moment ago; nobody else waits for it.

    It never raises: what was answered is not to be answered again because of it.
    """
    try:
        async with reaching():
            people = desk.gateways.store.people
            looking = await people.who_is_home(workspace, person)
            if looking is None:
                return
            channel, page = looking
            member = await desk.directory.member(person, workspace)
            asked = Asked(OperationId(""), member, Place(channel), desk.now)
            made = replace(await _shown(desk, asked), page=page, support=desk.support)
            if await people.who_is_home(workspace, person) == looking:  # they may have gone on
                await desk.poster.publish(person, home_view(made, desk.now))
    except (BotError, SlackRefused, SlackAway) as failed:
        log.info("home.left", why=type(failed).__name__)


async def _shown(desk: Desk, asked: Asked) -> HomeShown:
    page = HomeShown(asked.channel, asked.now)
    account = await desk.gateways.ims.account(asked.workspace, asked.who)
    if account is None:
        return page
    favourites = await _or_why(_favourites(desk, asked))
    known = favourites if isinstance(favourites, tuple) else ()
    off, pending, subscriptions = await asyncio.gather(
        _or_why(_off(desk, asked, known)),
        _or_why(_pending(desk, asked)),
        _or_why(_subscriptions(desk, asked)),
    )
    if any(isinstance(part, SignInNeeded) for part in (favourites, off, pending)):
        return replace(page, ended=True)
    acting: Acting = accounts.acting(account)
    return replace(
        page,
        acting=acting,
        off=off,
        pending=pending,
        favourites=favourites,
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
    except SlackAway:
        return Gone("modal")


async def _favourites(desk: Desk, asked: Asked) -> tuple[ITwin, ...]:
    """Return what they have starred, then what they used last, in Bentley's own lists."""

    async def read(caller: Caller) -> tuple[ITwin, ...]:
        edfs = desk.gateways.edfs
        starred, used = await asyncio.gather(edfs.favorites(caller), edfs.recents(caller))
        return tuple({one.id: one for one in (*starred, *used)}.values())

    _, found = await with_token(desk.gateways, asked.workspace, asked.who, read)
    return found[:FAVOURITES]


async def _off(desk: Desk, asked: Asked, favourites: tuple[ITwin, ...]) -> OffListed:
    first = frozenset[ITwinId](one.id for one in favourites)
    everywhere = ListTimers(disabled=True, everywhere=True)
    return await auto_enables.listed(
        desk.gateways, asked, everywhere, first=first, most=MOST_ITWINS
    )


async def _pending(desk: Desk, asked: Asked) -> PendingListed:
    return await approvals.pending(desk.gateways, asked, partial(groups_of, desk))


async def _subscriptions(desk: Desk, asked: Asked) -> tuple[Subscription, ...]:
    """Return those of the channels that this person is in: of others not even a name is told."""
    every = await desk.gateways.store.subscriptions.open(asked.workspace)
    channels = {one.channel for one in every}
    theirs = {one for one in channels if asked.who in await desk.directory.members(one)}
    return tuple(one for one in every if one.channel in theirs)


async def at_its_channel(desk: Desk, asked: Asked, subscription: OperationId) -> Asked:
    """Return the same asking, as if from the subscription's channel, for who is in it.

    Raises Gone, SlackAway.
    """
    found = await desk.gateways.store.subscriptions.read(asked.workspace, subscription)
    if found is None or asked.who not in await desk.directory.members(found.channel):
        raise Gone("subscription")
    return replace(asked, place=Place(found.channel))
