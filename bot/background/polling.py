"""The watch: looks every few minutes with one person's sign-in, and tells what changed elsewhere.

It looks only for those who asked for it, within the shared budget of requests, and stops when the
sign-in it was given ends. Then it says so, and waits for somebody to have it go on with theirs.
"""

from dataclasses import dataclass

import structlog

from bot.background import weekly_digest
from bot.context import Desk
from bot.core.change_detection import (
    Difference,
    Snapshot,
    comings_and_goings,
    flips,
    next_monday,
    snapshot_of,
)
from bot.core.due_work import Due
from bot.core.errors import (
    ApiError,
    Forbidden,
    IdentityProviderTrouble,
    NotFound,
    PersonRefused,
    RateLimited,
    SignInNeeded,
)
from bot.core.names import OperationId, TimerId, Workspace
from bot.core.notifications import Event, News
from bot.core.people import Person
from bot.core.subscriptions import Stop, Subscription, matches, named, stopped
from bot.core.timers import LastSeen, Timer
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.slack.messages import Private, Word
from bot.gateways.store.card_outbox import Sheet
from bot.slack.cards.card_state import Picture
from bot.slack.views import subscriptions

EVERY = 300.0
SEEN_AGAIN = 240.0  # what was seen so recently need not be written down once more

log = structlog.get_logger("watch")


class _Stopped(Exception):
    """Nobody can look for this subscription any more."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class _Later(Exception):
    """It cannot be looked just now."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: the timers that the subscription is about, and for whom it looked."""

    begun: float
    timers: tuple[Timer, ...]
    person: Person


async def follow(desk: Desk, home: Workspace, identity: OperationId) -> Due:
    """Look once, and say when to look again. Raises StoreUnreachable."""
    ledger = desk.gateways.store.subscriptions
    one = await ledger.read(home, identity)
    if one is None or one.due is None:
        await ledger.settle(home, identity)
        return Due()
    try:
        look = await _look(desk, one)
    except _Later as later:
        await ledger.postpone(one, desk.now + later.wait)
        return Due()
    except _Stopped as stop:
        return await _stop(desk, one, stop.why)
    before = await desk.gateways.store.watches.read(home, identity)
    seen = await _compared(desk, one, before, look)
    seen = await weekly_digest.weekly(desk, one, seen, look.timers, look.person.zone)
    await desk.gateways.store.watches.keep(home, identity, seen)
    await ledger.postpone(one, _next(one, desk.now, look.person.zone))
    return Due()


def _next(one: Subscription, now: float, zone: str) -> float:
    monday = next_monday(now, zone)
    return min(now + EVERY, monday) if "elsewhere" in one.kinds else monday


async def _look(desk: Desk, one: Subscription) -> Look:
    """List the timers with the subscriber's own token."""

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await desk.gateways.edfs.timers(caller, one.itwin.id)

    begun = desk.now
    try:
        person = await desk.directory.member(one.person, one.workspace)
        bearer, listed = await with_token(desk.gateways, one.workspace, one.person, read)
    except PersonRefused as refused:
        if refused.reason == "unchecked":
            raise _Later(EVERY / 5) from refused
        raise _Stopped("person") from refused
    except SignInNeeded as needed:
        raise _Stopped("consent") from needed
    except RateLimited as limited:
        raise _Later(limited.retry_after + desk.gateways.jitter(0.0, 5.0)) from limited
    except (Forbidden, NotFound) as refused:
        raise _Stopped("right") from refused
    except (ApiError, IdentityProviderTrouble) as error:
        log.info("watch.later", subscription=one.id[:8], error=type(error).__name__)
        raise _Later(EVERY) from error
    if one.subject and bearer.account.subject != one.subject:
        raise _Stopped("account")
    return Look(begun, tuple(timer for timer in listed if matches(one.pattern, timer)), person)


async def _compared(desk: Desk, one: Subscription, before: Snapshot | None, look: Look) -> Snapshot:
    """Tell what differs from the look before; return what the next one is compared with."""
    if "elsewhere" not in one.kinds:
        return before or Snapshot(look.begun)
    known = await _known(desk, one, look.timers)
    found: tuple[Difference, ...] = ()
    unsure: frozenset[TimerId] = frozenset()
    if before is not None:
        switched, unsure = flips(before, look.timers, known, look.begun)
        held = [change.id for change in switched if await _held(desk, one, change.id)]
        unsure |= frozenset(held)
        switched = tuple(change for change in switched if change.id not in held)
        found = (*switched, *comings_and_goings(before, look.timers))
    # Remembered before it is told: who shows a timer meanwhile says the same.
    await _saw(desk, one, look, known, unsure)
    await _tell(desk, one, look, before.at if before else 0.0, found)
    return snapshot_of(before, look.timers, look.begun, unsure)


async def _known(
    desk: Desk, one: Subscription, timers: tuple[Timer, ...]
) -> dict[TimerId, LastSeen]:
    store = desk.gateways.store.timers
    seen = [(t.id, await store.last_seen(one.workspace, one.itwin.id, t.id)) for t in timers]
    return {identity: last for identity, last in seen if last is not None}


async def _held(desk: Desk, one: Subscription, timer: TimerId) -> bool:
    """An operation of ours that is under way may be what is seen."""
    return await desk.gateways.store.timers.held(one.workspace, one.itwin.id, timer)


async def _saw(
    desk: Desk,
    one: Subscription,
    look: Look,
    known: dict[TimerId, LastSeen],
    unsure: frozenset[TimerId],
) -> None:
    for timer in look.timers:
        last = known.get(timer.id)
        news = last is None or last.enabled is not timer.enabled
        stale = last is not None and last.by is None and look.begun - last.at > SEEN_AGAIN
        if timer.id not in unsure and (news or stale):
            seen = LastSeen(timer.enabled, look.begun)
            await desk.gateways.store.timers.saw(one.workspace, one.itwin.id, timer.id, seen)


async def _tell(
    desk: Desk, one: Subscription, look: Look, before: float, found: tuple[Difference, ...]
) -> None:
    """Tell this channel, once: of several that watch the same there, the first one speaks."""
    if not found:
        return
    every = await desk.gateways.store.subscriptions.open(one.workspace)
    others = [
        other
        for other in every
        if other.channel == one.channel and other.itwin.id == one.itwin.id and other.id < one.id
        if "elsewhere" in other.kinds and not other.paused and other.made_at < before
    ]
    listed = {timer.id: timer for timer in look.timers}
    news = [
        _news(one, change, timer, look.begun)
        for change in found
        for timer in (listed.get(change.id) or _timer_of(change),)
        if not any(matches(other.pattern, timer) for other in others)
    ]
    store = desk.gateways.store
    await store.channels.add(one.workspace, one.channel, news, desk.now)


def _timer_of(change: Difference) -> Timer:
    """What is known of a timer that is gone."""
    seen = change.glimpse
    return Timer(change.id, seen.name, seen.package, "", seen.enabled)


def _news(one: Subscription, change: Difference, timer: Timer, at: float) -> News:
    root = named(one.itwin.id, change.id, change.what, str(change.since))
    enabled = None if change.what == "vanished" else timer.enabled
    event = Event(root, at, change.what, enabled=enabled, since=change.since)
    return News(root, one.itwin, timer.without_values(), event)


async def _stop(desk: Desk, one: Subscription, why: Stop) -> Due:
    """Look no more, and have the channel told so."""
    log.info("watch.stopped", subscription=one.id[:8], why=why)
    await desk.gateways.store.subscriptions.change(one, stopped(one, why, desk.now))
    return Due(sheets=(Sheet(one.workspace, "subscription", one.id),))


async def picture(desk: Desk, sheet: Sheet) -> Picture | None:
    """Return the card of a subscription that was stopped at some time; None for the others."""
    one = await desk.gateways.store.subscriptions.read(sheet.workspace, sheet.id)
    if one is None or not one.stopped_at:
        return None
    card = subscriptions.watch_card(one)
    # An edit is heard by nobody: what stops once more is said in the thread as well.
    again = Word(f"stopped-{one.stopped_at}", Private(card.text, card.blocks))
    drawn = await desk.gateways.store.drawings.read(sheet)
    return Picture(
        sheet=Sheet(one.workspace, "subscription", one.id, one.version),
        channel=one.channel,
        card=card,
        since=one.changed_at,
        ended=True,
        words=(again,) if one.paused and drawn.drawn >= 0 else (),
    )
