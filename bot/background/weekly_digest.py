"""The weekly list: on Monday morning, what is still off of what a channel has subscribed to."""

from dataclasses import replace

from bot.context import Desk
from bot.core.auto_enables import Phase
from bot.core.change_detection import Snapshot, last_monday
from bot.core.notifications import Notice, StillOff
from bot.core.subscriptions import Subscription, named
from bot.core.timers import Timer

LATE = 24 * 3600.0  # a list that could not be made on its day is left out


async def weekly(
    desk: Desk, one: Subscription, seen: Snapshot, timers: tuple[Timer, ...], zone: str
) -> Snapshot:
    """Tell the list where its hour has come; return what is remembered of it.

    ``timers`` are those that the subscription is about, just read.
    """
    monday = last_monday(desk.now, zone)
    begun = one.changed_at or one.made_at
    if "digest" not in one.kinds or seen.weekly >= monday or begun > monday:
        return seen
    off = [timer for timer in timers if not timer.enabled]
    if off and desk.now < monday + LATE:
        found = [await _still_off(desk, one, timer) for timer in off]
        ordered = tuple(sorted(found, key=lambda still: still.since or desk.now))
        await desk.gateways.store.notices.put(_notice(one, ordered, monday, desk.now))
    return replace(seen, weekly=monday)


def _notice(one: Subscription, off: tuple[StillOff, ...], monday: float, now: float) -> Notice:
    return Notice(
        id=named("weekly", one.id, str(monday)),
        workspace=one.workspace,
        channel=one.channel,
        stories=(),
        made_at=now,
        changed_at=now,
        draw_at=now,
        itwin=one.itwin,
        off=off,
    )


async def _still_off(desk: Desk, one: Subscription, timer: Timer) -> StillOff:
    """Say what is known of a timer that is off."""
    store, home, itwin = desk.gateways.store, one.workspace, one.itwin.id
    last = await store.timers.last_seen(home, itwin, timer.id)
    known = last is not None and not last.enabled
    operation = None
    if last is not None and known and last.operation:
        operation = await store.operations.read(home, last.operation)
    holder = await store.returns.holder(home, itwin, timer.id)
    back = await store.returns.read(home, holder) if holder else None
    return StillOff(
        timer=timer.label,
        since=last.at if last is not None and known and operation else 0.0,
        by=operation.asker if operation else None,
        because=operation.because if operation else "",
        until=back.at if back is not None and back.phase is not Phase.CLOSED else None,
    )
