"""The weekly digest: each Monday, the timers that are disabled among those of a subscription."""

from dataclasses import replace

from bot.context import Context
from bot.core.auto_enables import Phase
from bot.core.change_detection import PollSnapshot, last_monday
from bot.core.notifications import Notification, StillDisabled
from bot.core.subscriptions import Subscription, named
from bot.core.timers import Timer

LATE = 24 * 3600.0  # a digest that could not be made on its day is skipped


async def add_weekly_digest(
    context: Context,
    subscription: Subscription,
    snapshot: PollSnapshot,
    timers: tuple[Timer, ...],
    zone: str,
) -> PollSnapshot:
    """Store the digest if it is due; return the snapshot, which records that.

    ``timers`` are those of the subscription, as they were just read.
    """
    monday = last_monday(context.now, zone)
    since = subscription.changed_at or subscription.made_at
    if "digest" not in subscription.kinds or snapshot.weekly >= monday or since > monday:
        return snapshot
    disabled = [timer for timer in timers if not timer.enabled]
    if disabled and context.now < monday + LATE:
        found = [await _still_disabled(context, subscription, timer) for timer in disabled]
        ordered = tuple(sorted(found, key=lambda still: still.since or context.now))
        notification = _notification(subscription, ordered, monday, context.now)
        await context.gateways.store.notifications.put(notification)
    return replace(snapshot, weekly=monday)


def _notification(
    subscription: Subscription, disabled: tuple[StillDisabled, ...], monday: float, now: float
) -> Notification:
    return Notification(
        id=named("weekly", subscription.id, str(monday)),
        workspace=subscription.workspace,
        channel=subscription.channel,
        threads=(),
        created_at=now,
        changed_at=now,
        draw_at=now,
        itwin=subscription.itwin,
        still_disabled=disabled,
    )


async def _still_disabled(
    context: Context, subscription: Subscription, timer: Timer
) -> StillDisabled:
    """Return what the bot knows of a disabled timer: since when, by whom, why, until when."""
    store, workspace = context.gateways.store, subscription.workspace
    itwin = subscription.itwin.id
    last = await store.timers.last_observation(workspace, itwin, timer.id)
    known = last is not None and not last.enabled
    operation = None
    if last is not None and known and last.operation:
        operation = await store.operations.read(workspace, last.operation)
    holder = await store.auto_enables.holder(workspace, itwin, timer.id)
    auto_enable = await store.auto_enables.read(workspace, holder) if holder else None
    return StillDisabled(
        timer=timer.distinct,
        since=last.at if last is not None and known and operation else 0.0,
        by=operation.requester if operation else None,
        reason=operation.reason if operation else "",
        until=auto_enable.at
        if auto_enable is not None and auto_enable.phase is not Phase.CLOSED
        else None,
    )
