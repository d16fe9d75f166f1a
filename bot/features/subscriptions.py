"""Subscriptions: the notifications that a channel receives."""

from dataclasses import replace

from bot.core.errors import CannotSubscribe, Choice, NotAvailable, PartOfName
from bot.core.folding import alike
from bot.core.invocation import Invocation
from bot.core.language.commands import Subscribe, Unsubscribe
from bot.core.listings import SubscriptionsListed
from bot.core.names import ChannelId, OperationId, Workspace, short_id
from bot.core.outcomes import Outcome, Subscribed, Unsubscribed
from bot.core.subscriptions import (
    MOST,
    USUAL,
    Kind,
    Subscription,
    ended,
    identity,
    is_pattern,
    literal,
    matches,
    subscribed,
)
from bot.core.timers import ITwin, Timer
from bot.features.references import only_one
from bot.features.resolver import NameResolver
from bot.gateways.gateways import Gateways

KINDS: tuple[Kind, ...] = ("changes", "approvals", "returns", "elsewhere", "digest")


async def subscribe(
    gateways: Gateways,
    invocation: Invocation,
    command: Subscribe,
    channel: ChannelId,
    resolver: NameResolver | None = None,
) -> Outcome:
    """Subscribe the channel, or change its subscription to the same timers.

    The person must be able to read the timers. Raises CannotSubscribe, NoSuchName, AmbiguousName,
    PartOfName, SignInNeeded, ApiError.
    """
    resolver = resolver or NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    bearer, timers = await resolver.timers(itwin)
    pattern = await _pattern(resolver, itwin, command.timer, timers)
    if resolver.partly:
        whole = replace(command, itwin=itwin.id, timer=pattern)
        raise PartOfName(resolver.partly, Choice(pattern or itwin.name, itwin.distinct, str(whole)))
    wanted = Subscription(
        id=identity(invocation.workspace, channel, itwin.id, pattern),
        workspace=invocation.workspace,
        channel=channel,
        person=invocation.who,
        itwin=itwin,
        pattern=pattern,
        kinds=frozenset(kind for kind in KINDS if kind in command.events) or frozenset(USUAL),
        not_mine="not-mine" in command.events,
        made_at=invocation.now,
        subject=bearer.account.subject,
    )
    stored = await _save(gateways, wanted)
    found = tuple(timer for timer in timers if matches(pattern, timer))
    return Subscribed(stored, tuple(timer.without_values() for timer in found))


async def _pattern(
    resolver: NameResolver, itwin: ITwin, wanted: str, timers: tuple[Timer, ...]
) -> str:
    """Return the pattern to store: as typed, or the whole name of the one timer that it names.

    A name that exists goes before a pattern: "SAP *" is the timer of that name, if there is one.
    An edit in EDFS changes a timer's id but not its name, so a timer named by its id is stored by
    its name.
    """
    if any(alike(wanted, name) for timer in timers for name in (timer.name, timer.package)):
        return literal(wanted)
    if not wanted or is_pattern(wanted):
        return wanted
    _, timer = await resolver.timer(itwin, wanted)
    return literal(timer.label)


async def _save(gateways: Gateways, wanted: Subscription) -> Subscription:
    """Store the subscription, new or in place of one with the same id. Raises CannotSubscribe."""
    records = gateways.store.subscriptions

    async def change(before: Subscription) -> Subscription:
        if before.ended_by:
            await _check_limit(gateways, wanted)
        return subscribed(before, wanted)

    stored = await records.update(wanted.workspace, wanted.id, change)
    if stored is None:
        await _check_limit(gateways, wanted)
        await records.put(wanted)  # where another request was faster, its record is updated
        stored = await records.update(wanted.workspace, wanted.id, change)
    return stored or wanted


async def _check_limit(gateways: Gateways, wanted: Subscription) -> None:
    if len(await of_channel(gateways, wanted.workspace, wanted.channel)) >= MOST:
        raise CannotSubscribe("many")


async def of_channel(
    gateways: Gateways, workspace: Workspace, channel: ChannelId
) -> tuple[Subscription, ...]:
    every = await gateways.store.subscriptions.open(workspace)
    return tuple(one for one in every if one.channel == channel)


async def find(gateways: Gateways, invocation: Invocation, command: Unsubscribe) -> Unsubscribe:
    """Return the command with the whole id of one of this channel's subscriptions.

    Raises NoSuchId, AmbiguousId.
    """
    wanted = command.subscription
    here = await of_channel(gateways, invocation.workspace, invocation.channel)
    found = [one for one in here if one.id.startswith(wanted)]

    def choice(one: Subscription) -> Choice:
        about = f"{one.itwin.distinct}: {one.pattern or 'every timer'}"
        return Choice(about, short_id(one.id), str(replace(command, subscription=one.id)))

    return Unsubscribe(only_one("subscription", wanted, found, choice).id)


async def unsubscribe(gateways: Gateways, invocation: Invocation, command: Unsubscribe) -> Outcome:
    """End a subscription of this channel; every member may. Raises NotAvailable."""

    def change(before: Subscription) -> Subscription | None:
        if before.ended_by == invocation.who and before.channel == invocation.channel:
            return None  # a repeated request of the same person
        return ended(_opened(before, invocation), invocation.who, invocation.now)

    workspace, identity = invocation.workspace, command.subscription
    gone = await gateways.store.subscriptions.update(workspace, identity, change)
    if gone is None:
        raise NotAvailable("subscription")
    await gateways.store.poll_snapshots.forget(workspace, gone.id)
    return Unsubscribed(gone)


async def open_subscription(
    gateways: Gateways, invocation: Invocation, identity: OperationId
) -> Subscription:
    """Return a subscription of the invocation's channel. Raises NotAvailable."""
    found = await gateways.store.subscriptions.read(invocation.workspace, identity)
    return _opened(found, invocation)


def _opened(found: Subscription | None, invocation: Invocation) -> Subscription:
    if found is None or found.ended_by or found.channel != invocation.channel:
        raise NotAvailable("subscription")
    return found


async def resume(gateways: Gateways, invocation: Invocation, identity: OperationId) -> Subscribe:
    """Return the command that resumes a subscription for the person. Raises NotAvailable."""
    found = await open_subscription(gateways, invocation, identity)
    events = [kind for kind in KINDS if kind in found.kinds]
    only = ["not-mine"] if found.not_mine else []
    return Subscribe(found.itwin.id, found.pattern, (*events, *only))


async def list_subscriptions(gateways: Gateways, invocation: Invocation, page: int = 1) -> Outcome:
    return SubscriptionsListed(
        await of_channel(gateways, invocation.workspace, invocation.channel), page
    )
