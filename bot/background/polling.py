"""Polls the timers of a subscription for changes that were made outside the bot.

Only subscriptions that ask for it are polled, every few minutes, with the subscriber's sign-in and
within their share of requests. When that sign-in ends, polling stops, and the channel gets a card
on which somebody else can resume it.
"""

from dataclasses import dataclass

import structlog

from bot.background import batching, weekly_digest
from bot.context import Context
from bot.core.card_refs import CardRef
from bot.core.change_detection import (
    Difference,
    PollSnapshot,
    added_and_removed,
    next_monday,
    snapshot_of,
    state_changes,
)
from bot.core.due_work import DueWork
from bot.core.errors import (
    ApiError,
    CannotSubscribe,
    Forbidden,
    IdentityProviderError,
    NotFound,
    PersonRefused,
    RateLimited,
    SignInNeeded,
)
from bot.core.names import OperationId, TimerId, Workspace
from bot.core.notifications import NotificationEvent, PendingEvent
from bot.core.people import Person
from bot.core.subscriptions import Stop, Subscription, back, matches, named, stopped
from bot.core.timers import LastSeen, Timer
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.channels import postable_channel

EVERY = 300.0
RECORD_AGAIN_AFTER = 240.0  # an unchanged state recorded less than so long ago is not written again

log = structlog.get_logger("polling")


class _PollingStopped(Exception):
    """The subscriber cannot read the timers any more."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class _RetryLater(Exception):
    """The timers cannot be read now. Retry after ``wait`` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll read: the subscription's timers, and the subscriber's profile.

    ``started_at`` is from before the request, so a change of the bot's own after it may or may
    not be in ``timers``.
    """

    started_at: float
    timers: tuple[Timer, ...]
    person: Person


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Poll once and schedule the next poll. Raises StoreUnreachable."""
    store = context.gateways.store
    subscription = await store.subscriptions.read(workspace, identity)
    if subscription is None or subscription.due is None:
        await store.subscriptions.sync_due(workspace, identity)
        return DueWork()
    if subscription.away_since:
        return await _look_for_channel(context, subscription)
    try:
        poll = await _poll(context, subscription)
    except _RetryLater as later:
        await store.subscriptions.reschedule(subscription, context.now + later.wait)
        return DueWork()
    except _PollingStopped as stop:
        return await _stop(context, subscription, stop.why)
    zone = poll.person.zone
    before = await store.poll_snapshots.load(workspace, identity)
    snapshot = await _compare(context, subscription, before, poll)
    snapshot = await weekly_digest.add_weekly_digest(
        context, subscription, snapshot, poll.timers, zone
    )
    await store.poll_snapshots.save(workspace, identity, snapshot)
    await store.subscriptions.reschedule(subscription, _next(subscription, context.now, zone))
    return DueWork()


async def _look_for_channel(context: Context, subscription: Subscription) -> DueWork:
    """Let a subscription go on if the bot is in its channel again.

    Raises StoreUnreachable, SlackUnavailable.
    """
    store, channel = context.gateways.store.subscriptions, subscription.channel
    try:
        await postable_channel(context.slack, channel)
    except CannotSubscribe as refused:
        if refused.reason != "not_there":
            await batching.end_subscriptions(context, subscription.workspace, channel)
            return DueWork()
        await store.reschedule(subscription, context.now + EVERY)
        return DueWork()

    def change(one: Subscription) -> Subscription | None:
        return back(one, context.now) if one.away_since and not one.ended_by else None

    await store.update(subscription.workspace, subscription.id, change)
    return DueWork(cards=(CardRef(subscription.workspace, "subscription", subscription.id),))


def _next(subscription: Subscription, now: float, zone: str) -> float:
    monday = next_monday(now, zone)
    return min(now + EVERY, monday) if "elsewhere" in subscription.kinds else monday


async def _poll(context: Context, subscription: Subscription) -> Poll:
    """List the timers with the subscriber's own token. Raises _RetryLater, _PollingStopped."""
    gateways, workspace = context.gateways, subscription.workspace

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, subscription.itwin.id)

    started_at = context.now
    try:
        person = await gateways.directory.member(subscription.person, workspace)
        bearer, listed = await with_token(gateways, workspace, subscription.person, read)
    except PersonRefused as refused:
        if refused.reason == "unchecked":
            raise _RetryLater(EVERY / 5) from refused
        raise _PollingStopped("person") from refused
    except SignInNeeded as needed:
        raise _PollingStopped("consent") from needed
    except RateLimited as limited:
        raise _RetryLater(limited.retry_after + gateways.jitter(0.0, 5.0)) from limited
    except (Forbidden, NotFound) as refused:
        raise _PollingStopped("right") from refused
    except (ApiError, IdentityProviderError) as error:
        log.info("poll.deferred", subscription=subscription.id[:8], error=type(error).__name__)
        raise _RetryLater(EVERY) from error
    if subscription.subject and bearer.account.subject != subscription.subject:
        raise _PollingStopped("account")
    timers = tuple(timer for timer in listed if matches(subscription.pattern, timer))
    return Poll(started_at, timers, person)


async def _compare(
    context: Context, subscription: Subscription, before: PollSnapshot | None, poll: Poll
) -> PollSnapshot:
    """Queue what differs from the previous poll; return the snapshot for the next one."""
    if "elsewhere" not in subscription.kinds:
        return before or PollSnapshot(poll.started_at)
    known = await _last_observations(context, subscription, poll.timers)
    found: tuple[Difference, ...] = ()
    unsure: frozenset[TimerId] = frozenset()
    if before is not None:
        switched, unsure = state_changes(before, poll.timers, known, poll.started_at)
        # An operation of the bot's that has not ended may be what was seen.
        unsure |= {one.id for one in switched if await _is_locked(context, subscription, one.id)}
        switched = tuple(change for change in switched if change.id not in unsure)
        found = (*switched, *added_and_removed(before, poll.timers))
    # Recorded before it is queued: a command that shows the timer meanwhile then says the same.
    await _record_observations(context, subscription, poll, known, unsure)
    await _queue_events(context, subscription, poll, before.at if before else 0.0, found)
    return snapshot_of(before, poll.timers, poll.started_at, unsure)


async def _last_observations(
    context: Context, subscription: Subscription, timers: tuple[Timer, ...]
) -> dict[TimerId, LastSeen]:
    workspace, itwin = subscription.workspace, subscription.itwin.id
    read = context.gateways.store.timers.last_observation
    found = [(timer.id, await read(workspace, itwin, timer.id)) for timer in timers]
    return {identity: last for identity, last in found if last is not None}


async def _is_locked(context: Context, subscription: Subscription, timer: TimerId) -> bool:
    workspace, itwin = subscription.workspace, subscription.itwin.id
    return await context.gateways.store.timers.is_locked(workspace, itwin, timer)


async def _record_observations(
    context: Context,
    subscription: Subscription,
    poll: Poll,
    known: dict[TimerId, LastSeen],
    unsure: frozenset[TimerId],
) -> None:
    workspace, itwin, at = subscription.workspace, subscription.itwin.id, poll.started_at
    for timer in poll.timers:
        last = known.get(timer.id)
        changed = last is None or last.enabled is not timer.enabled
        stale = last is not None and last.by is None and at - last.at > RECORD_AGAIN_AFTER
        if timer.id not in unsure and (changed or stale):
            await context.gateways.store.timers.record_observation(
                workspace, itwin, timer.id, LastSeen(timer.enabled, at)
            )


async def _queue_events(
    context: Context,
    subscription: Subscription,
    poll: Poll,
    before: float,
    found: tuple[Difference, ...],
) -> None:
    """Queue the changes for the channel, but those that another subscription of it reports.

    Of several that poll the same timer, the one with the lowest id reports it. ``before`` is when
    the previous poll was: one that is newer than that cannot have seen the change.
    """
    if not found:
        return
    channel_outbox = context.gateways.store.channel_outbox
    every = await context.gateways.store.subscriptions.open(subscription.workspace)
    others = [
        other
        for other in every
        if other.channel == subscription.channel and other.itwin.id == subscription.itwin.id
        if other.id < subscription.id and other.made_at < before
        if "elsewhere" in other.kinds and not other.paused
    ]
    listed = {timer.id: timer for timer in poll.timers}
    events = [
        _pending_event(subscription, change, timer, poll.started_at)
        for change in found
        for timer in (listed.get(change.id) or _removed_timer(change),)
        if not any(matches(other.pattern, timer) for other in others)
    ]
    await channel_outbox.add(subscription.workspace, subscription.channel, events, context.now)


def _removed_timer(change: Difference) -> Timer:
    """Return what is known of a timer that is not listed any more."""
    was = change.timer
    return Timer(change.id, was.name, was.package, "", was.enabled)


def _pending_event(
    subscription: Subscription, change: Difference, timer: Timer, at: float
) -> PendingEvent:
    itwin = subscription.itwin
    root = named(itwin.id, change.id, change.change, str(change.since))
    enabled = None if change.change == "vanished" else timer.enabled
    event = NotificationEvent(root, at, change.change, enabled=enabled, since=change.since)
    return PendingEvent(root, itwin, timer.without_values(), event)


async def _stop(context: Context, subscription: Subscription, why: Stop) -> DueWork:
    """Stop polling; the subscription's card says so in the channel."""
    log.info("poll.stopped", subscription=subscription.id[:8], why=why)

    def change(stored: Subscription) -> Subscription | None:
        same = stored.version == subscription.version  # another one may have another sign-in
        return stopped(stored, why, context.now) if same else None

    store = context.gateways.store.subscriptions
    await store.update(subscription.workspace, subscription.id, change)
    return DueWork(cards=(CardRef(subscription.workspace, "subscription", subscription.id),))
