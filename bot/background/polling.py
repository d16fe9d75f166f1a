"""The watch: looks every few minutes with one person's sign-in, and tells what changed elsewhere.

It looks only for those who asked for it, within the shared budget of requests, and stops when the
sign-in it was given ends. Then it says so, and waits for somebody to have it go on with theirs.
"""

from dataclasses import dataclass

import structlog

from bot.background import weekly_digest
from bot.context import Context
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
from bot.core.subscriptions import Stop, Subscription, matches, named, stopped
from bot.core.timers import LastSeen, Timer
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.messages import Ephemeral, Word
from bot.gateways.store.card_outbox import CardRef
from bot.slack.cards.card_state import CardState
from bot.slack.views import subscriptions

EVERY = 300.0
RECORD_AGAIN_AFTER = 240.0  # what was seen so recently need not be written down once more

log = structlog.get_logger("watch")


class _PollingStopped(Exception):
    """Nobody can look for this subscription any more."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class _RetryLater(Exception):
    """It cannot be looked just now."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Poll:
    """What one look found: the timers that the subscription is about, and for whom it looked."""

    begun: float
    timers: tuple[Timer, ...]
    person: Person


async def run_due(context: Context, workspace: Workspace, identity: OperationId) -> DueWork:
    """Look once, and say when to look again. Raises StoreUnreachable."""
    ledger = context.gateways.store.subscriptions
    one = await ledger.read(workspace, identity)
    if one is None or one.due is None:
        await ledger.sync_due(workspace, identity)
        return DueWork()
    try:
        look = await _poll(context, one)
    except _RetryLater as later:
        await ledger.reschedule(one, context.now + later.wait)
        return DueWork()
    except _PollingStopped as stop:
        return await _stop(context, one, stop.why)
    before = await context.gateways.store.poll_snapshots.load(workspace, identity)
    seen = await _compare(context, one, before, look)
    seen = await weekly_digest.add_weekly_digest(context, one, seen, look.timers, look.person.zone)
    await context.gateways.store.poll_snapshots.save(workspace, identity, seen)
    await ledger.reschedule(one, _next(one, context.now, look.person.zone))
    return DueWork()


def _next(one: Subscription, now: float, zone: str) -> float:
    monday = next_monday(now, zone)
    return min(now + EVERY, monday) if "elsewhere" in one.kinds else monday


async def _poll(context: Context, one: Subscription) -> Poll:
    """List the timers with the subscriber's own token."""

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await context.gateways.edfs.timers(caller, one.itwin.id)

    begun = context.now
    try:
        person = await context.directory.member(one.person, one.workspace)
        bearer, listed = await with_token(context.gateways, one.workspace, one.person, read)
    except PersonRefused as refused:
        if refused.reason == "unchecked":
            raise _RetryLater(EVERY / 5) from refused
        raise _PollingStopped("person") from refused
    except SignInNeeded as needed:
        raise _PollingStopped("consent") from needed
    except RateLimited as limited:
        raise _RetryLater(limited.retry_after + context.gateways.jitter(0.0, 5.0)) from limited
    except (Forbidden, NotFound) as refused:
        raise _PollingStopped("right") from refused
    except (ApiError, IdentityProviderError) as error:
        log.info("watch.later", subscription=one.id[:8], error=type(error).__name__)
        raise _RetryLater(EVERY) from error
    if one.subject and bearer.account.subject != one.subject:
        raise _PollingStopped("account")
    return Poll(begun, tuple(timer for timer in listed if matches(one.pattern, timer)), person)


async def _compare(
    context: Context, one: Subscription, before: PollSnapshot | None, look: Poll
) -> PollSnapshot:
    """Tell what differs from the look before; return what the next one is compared with."""
    if "elsewhere" not in one.kinds:
        return before or PollSnapshot(look.begun)
    known = await _known(context, one, look.timers)
    found: tuple[Difference, ...] = ()
    unsure: frozenset[TimerId] = frozenset()
    if before is not None:
        switched, unsure = state_changes(before, look.timers, known, look.begun)
        held = [change.id for change in switched if await _is_locked(context, one, change.id)]
        unsure |= frozenset(held)
        switched = tuple(change for change in switched if change.id not in held)
        found = (*switched, *added_and_removed(before, look.timers))
    # Remembered before it is told: who shows a timer meanwhile says the same.
    await _record_observations(context, one, look, known, unsure)
    await _queue_events(context, one, look, before.at if before else 0.0, found)
    return snapshot_of(before, look.timers, look.begun, unsure)


async def _known(
    context: Context, one: Subscription, timers: tuple[Timer, ...]
) -> dict[TimerId, LastSeen]:
    store = context.gateways.store.timers
    seen = [(t.id, await store.last_observation(one.workspace, one.itwin.id, t.id)) for t in timers]
    return {identity: last for identity, last in seen if last is not None}


async def _is_locked(context: Context, one: Subscription, timer: TimerId) -> bool:
    """An operation of ours that is under way may be what is seen."""
    return await context.gateways.store.timers.is_locked(one.workspace, one.itwin.id, timer)


async def _record_observations(
    context: Context,
    one: Subscription,
    look: Poll,
    known: dict[TimerId, LastSeen],
    unsure: frozenset[TimerId],
) -> None:
    for timer in look.timers:
        last = known.get(timer.id)
        news = last is None or last.enabled is not timer.enabled
        stale = last is not None and last.by is None and look.begun - last.at > RECORD_AGAIN_AFTER
        if timer.id not in unsure and (news or stale):
            seen = LastSeen(timer.enabled, look.begun)
            await context.gateways.store.timers.record_observation(
                one.workspace, one.itwin.id, timer.id, seen
            )


async def _queue_events(
    context: Context, one: Subscription, look: Poll, before: float, found: tuple[Difference, ...]
) -> None:
    """Tell this channel, once: of several that watch the same there, the first one speaks."""
    if not found:
        return
    every = await context.gateways.store.subscriptions.open(one.workspace)
    others = [
        other
        for other in every
        if other.channel == one.channel and other.itwin.id == one.itwin.id and other.id < one.id
        if "elsewhere" in other.kinds and not other.paused and other.made_at < before
    ]
    listed = {timer.id: timer for timer in look.timers}
    news = [
        _pending_event(one, change, timer, look.begun)
        for change in found
        for timer in (listed.get(change.id) or _timer_of(change),)
        if not any(matches(other.pattern, timer) for other in others)
    ]
    store = context.gateways.store
    await store.channel_outbox.add(one.workspace, one.channel, news, context.now)


def _timer_of(change: Difference) -> Timer:
    """What is known of a timer that is gone."""
    seen = change.timer
    return Timer(change.id, seen.name, seen.package, "", seen.enabled)


def _pending_event(one: Subscription, change: Difference, timer: Timer, at: float) -> PendingEvent:
    root = named(one.itwin.id, change.id, change.change, str(change.since))
    enabled = None if change.change == "vanished" else timer.enabled
    event = NotificationEvent(root, at, change.change, enabled=enabled, since=change.since)
    return PendingEvent(root, one.itwin, timer.without_values(), event)


async def _stop(context: Context, one: Subscription, why: Stop) -> DueWork:
    """Look no more, and have the channel told so."""
    log.info("watch.stopped", subscription=one.id[:8], why=why)

    def change(stored: Subscription) -> Subscription | None:
        same = stored.version == one.version  # another version may be polled with another sign-in
        return stopped(stored, why, context.now) if same else None

    await context.gateways.store.subscriptions.update(one.workspace, one.id, change)
    return DueWork(cards=(CardRef(one.workspace, "subscription", one.id),))


async def card_state(context: Context, ref: CardRef) -> CardState | None:
    """Return the card of a subscription that was stopped at some time; None for the others."""
    one = await context.gateways.store.subscriptions.read(ref.workspace, ref.id)
    if one is None or not one.stopped_at:
        return None
    card = subscriptions.watch_card(one)
    # An edit is heard by nobody: what stops once more is said in the thread as well.
    again = Word(f"stopped-{one.stopped_at}", Ephemeral(card.text, card.blocks))
    drawn = await context.gateways.store.card_outbox.read(ref)
    return CardState(
        ref=CardRef(one.workspace, "subscription", one.id, one.version),
        channel=one.channel,
        card=card,
        since=one.changed_at,
        ended=True,
        messages=(again,) if one.paused and drawn.rendered >= 0 else (),
    )
