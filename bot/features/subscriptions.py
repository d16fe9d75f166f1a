"""Subscriptions: the notifications that a channel receives."""

from bot.core.errors import CannotSubscribe, NotAvailable
from bot.core.invocation import Invocation
from bot.core.language.commands import Subscribe, Unsubscribe
from bot.core.listings import SubscriptionsListed
from bot.core.names import ChannelId, OperationId, Workspace, normalized
from bot.core.outcomes import Outcome, Subscribed, Unsubscribed
from bot.core.subscriptions import (
    MOST,
    USUAL,
    Kind,
    Subscription,
    ended,
    identity,
    matches,
    subscribed,
)
from bot.core.timers import ITwin, Timer
from bot.features.resolver import NameResolver
from bot.gateways.gateways import Gateways

KINDS: tuple[Kind, ...] = ("changes", "approvals", "returns", "elsewhere", "digest")


async def subscribe(
    gateways: Gateways, invocation: Invocation, command: Subscribe, channel: ChannelId
) -> Outcome:
    """Subscribe the channel, or change its subscription to the same timers.

    The person must be able to read the timers. Raises CannotSubscribe, NoSuchName, AmbiguousName,
    SignInNeeded, ApiError.
    """
    resolver = NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    bearer, timers = await resolver.timers(itwin)
    pattern = await _pattern(resolver, itwin, command.timer, timers)
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

    An edit in EDFS changes a timer's id but not its name, so a timer named by its id is stored by
    its name.
    """
    whole = any(
        normalized(wanted) in map(normalized, (timer.name, timer.package)) for timer in timers
    )
    if not wanted or whole or any(sign in wanted for sign in "*?"):
        return wanted
    _, timer = await resolver.timer(itwin, wanted)
    return timer.label


async def _save(gateways: Gateways, wanted: Subscription) -> Subscription:
    """Store the subscription, instead of the one before. Raises CannotSubscribe."""
    store = gateways.store.subscriptions
    while True:
        before = await store.read(wanted.workspace, wanted.id)
        if before is None or before.ended_by:
            await _check_limit(gateways, wanted)
        after = subscribed(before, wanted)
        if before is not None and after == before:
            return before
        written = await (store.put(after) if before is None else store.change(before, after))
        if written.result == "won":
            return after


async def _check_limit(gateways: Gateways, wanted: Subscription) -> None:
    if len(await of_channel(gateways, wanted.workspace, wanted.channel)) >= MOST:
        raise CannotSubscribe("many")


async def of_channel(
    gateways: Gateways, workspace: Workspace, channel: ChannelId
) -> tuple[Subscription, ...]:
    every = await gateways.store.subscriptions.open(workspace)
    return tuple(one for one in every if one.channel == channel)


async def unsubscribe(gateways: Gateways, invocation: Invocation, command: Unsubscribe) -> Outcome:
    """End a subscription of this channel; every member may. Raises NotAvailable."""
    store = gateways.store.subscriptions
    while True:
        found = await store.read(invocation.workspace, command.subscription)
        if found and found.ended_by == invocation.who and found.channel == invocation.channel:
            return Unsubscribed(found)  # the same person has ended it before
        before = await open_subscription(gateways, invocation, command.subscription)
        after = ended(before, invocation.who, invocation.now)
        if (await store.change(before, after)).result == "won":
            await gateways.store.poll_snapshots.forget(invocation.workspace, before.id)
            return Unsubscribed(after)


async def open_subscription(
    gateways: Gateways, invocation: Invocation, identity: OperationId
) -> Subscription:
    """Return a subscription of the invocation's channel. Raises NotAvailable."""
    found = await gateways.store.subscriptions.read(invocation.workspace, identity)
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
