"""Subscriptions: what a channel is told."""

from bot.core.errors import CannotSubscribe, Gone
from bot.core.invocation import Asked
from bot.core.language.commands import Subscribe, Unsubscribe
from bot.core.listings import SubscriptionsListed
from bot.core.names import ChannelId, OperationId, Workspace, fold
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
from bot.features.resolver import Finding
from bot.gateways.gateways import Gateways

KINDS: tuple[Kind, ...] = ("changes", "approvals", "returns", "elsewhere", "digest")


async def subscribe(
    gateways: Gateways, asked: Asked, command: Subscribe, channel: ChannelId
) -> Outcome:
    """Have the channel told, where the person can read the timers. The same words change it.

    Raises CannotSubscribe, NoSuchName, AmbiguousName, SignInNeeded, ApiError.
    """
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    bearer, timers = await finding.timers(itwin)
    pattern = await _pattern(finding, itwin, command.timer, timers)
    wanted = Subscription(
        id=identity(asked.workspace, channel, itwin.id, pattern),
        workspace=asked.workspace,
        channel=channel,
        person=asked.who,
        itwin=itwin,
        pattern=pattern,
        kinds=frozenset(kind for kind in KINDS if kind in command.events) or frozenset(USUAL),
        not_mine="not-mine" in command.events,
        made_at=asked.now,
        subject=bearer.account.subject,
    )
    standing = await _stand(gateways, wanted)
    found = tuple(timer for timer in timers if matches(pattern, timer))
    return Subscribed(standing, tuple(timer.without_values() for timer in found))


async def _pattern(finding: Finding, itwin: ITwin, wanted: str, timers: tuple[Timer, ...]) -> str:
    """Return what is kept: a pattern as typed, or the whole name of the one timer it names.

    An edit gives a timer another id, and the name stays: so what was named by its id is kept by
    its name.
    """
    whole = any(fold(wanted) in map(fold, (timer.name, timer.package)) for timer in timers)
    if not wanted or whole or any(sign in wanted for sign in "*?"):
        return wanted
    _, timer = await finding.timer(itwin, wanted)
    return timer.label


async def _stand(gateways: Gateways, wanted: Subscription) -> Subscription:
    """Keep it as wished, whatever stood there before. Raises CannotSubscribe."""
    ledger = gateways.store.subscriptions
    while True:
        before = await ledger.read(wanted.workspace, wanted.id)
        if before is None or before.ended_by:
            await _room(gateways, wanted)
        after = subscribed(before, wanted)
        if before is not None and after == before:
            return before
        written = await (ledger.put(after) if before is None else ledger.change(before, after))
        if written.how == "won":
            return after


async def _room(gateways: Gateways, wanted: Subscription) -> None:
    if len(await of_channel(gateways, wanted.workspace, wanted.channel)) >= MOST:
        raise CannotSubscribe("many")


async def of_channel(
    gateways: Gateways, workspace: Workspace, channel: ChannelId
) -> tuple[Subscription, ...]:
    every = await gateways.store.subscriptions.open(workspace)
    return tuple(one for one in every if one.channel == channel)


async def unsubscribe(gateways: Gateways, asked: Asked, command: Unsubscribe) -> Outcome:
    """End one of this channel's; whoever is in the channel may. Raises Gone."""
    ledger = gateways.store.subscriptions
    while True:
        gone = await ledger.read(asked.workspace, command.subscription)
        if gone and gone.ended_by == asked.who and gone.channel == asked.channel:
            return Unsubscribed(gone)  # they have said so before, perhaps a moment ago
        before = await standing(gateways, asked, command.subscription)
        after = ended(before, asked.who, asked.now)
        if (await ledger.change(before, after)).how == "won":
            await gateways.store.watches.forget(asked.workspace, before.id)
            return Unsubscribed(after)


async def standing(gateways: Gateways, asked: Asked, identity: OperationId) -> Subscription:
    """Return one of the subscriptions of the channel where it is asked. Raises Gone."""
    found = await gateways.store.subscriptions.read(asked.workspace, identity)
    if found is None or found.ended_by or found.channel != asked.channel:
        raise Gone("subscription")
    return found


async def again(gateways: Gateways, asked: Asked, identity: OperationId) -> Subscribe:
    """Return the words that would ask for it now: whoever says them has it go on. Raises Gone."""
    found = await standing(gateways, asked, identity)
    events = [kind for kind in KINDS if kind in found.kinds]
    only = ["not-mine"] if found.not_mine else []
    return Subscribe(found.itwin.id, found.pattern, (*events, *only))


async def listed(gateways: Gateways, asked: Asked, page: int = 1) -> Outcome:
    return SubscriptionsListed(await of_channel(gateways, asked.workspace, asked.channel), page)
