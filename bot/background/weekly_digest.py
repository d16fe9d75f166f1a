"""The weekly list: on Monday morning, what is still off of what a channel has subscribed to."""

from dataclasses import replace

from bot.context import Context
from bot.core.auto_enables import Phase
from bot.core.change_detection import PollSnapshot, last_monday
from bot.core.notifications import Notification, StillDisabled
from bot.core.subscriptions import Subscription, named
from bot.core.timers import Timer

LATE = 24 * 3600.0  # a list that could not be made on its day is left out


async def add_weekly_digest(
    context: Context, one: Subscription, seen: PollSnapshot, timers: tuple[Timer, ...], zone: str
) -> PollSnapshot:
    """Tell the list where its hour has come; return what is remembered of it.

    ``timers`` are those that the subscription is about, just read.
    """
    monday = last_monday(context.now, zone)
    begun = one.changed_at or one.made_at
    if "digest" not in one.kinds or seen.weekly >= monday or begun > monday:
        return seen
    off = [timer for timer in timers if not timer.enabled]
    if off and context.now < monday + LATE:
        found = [await _still_disabled(context, one, timer) for timer in off]
        ordered = tuple(sorted(found, key=lambda still: still.since or context.now))
        await context.gateways.store.notifications.put(
            _notification(one, ordered, monday, context.now)
        )
    return replace(seen, weekly=monday)


def _notification(
    one: Subscription, off: tuple[StillDisabled, ...], monday: float, now: float
) -> Notification:
    return Notification(
        id=named("weekly", one.id, str(monday)),
        workspace=one.workspace,
        channel=one.channel,
        threads=(),
        created_at=now,
        changed_at=now,
        draw_at=now,
        itwin=one.itwin,
        still_disabled=off,
    )


async def _still_disabled(context: Context, one: Subscription, timer: Timer) -> StillDisabled:
    """Say what is known of a timer that is off."""
    store, home, itwin = context.gateways.store, one.workspace, one.itwin.id
    last = await store.timers.last_observation(home, itwin, timer.id)
    known = last is not None and not last.enabled
    operation = None
    if last is not None and known and last.operation:
        operation = await store.operations.read(home, last.operation)
    holder = await store.auto_enables.holder(home, itwin, timer.id)
    auto_enable = await store.auto_enables.read(home, holder) if holder else None
    return StillDisabled(
        timer=timer.label,
        since=last.at if last is not None and known and operation else 0.0,
        by=operation.requester if operation else None,
        reason=operation.reason if operation else "",
        until=auto_enable.at
        if auto_enable is not None and auto_enable.phase is not Phase.CLOSED
        else None,
    )
