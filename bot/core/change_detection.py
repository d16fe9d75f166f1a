"""Change detection: differences between two polls of an iTwin's timers that the bot did not make.

EDFS has no events, so it is polled. The bot's own changes since the last poll are known by
``LastSeen`` and left out. Times are unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.core.names import TimerId
from bot.core.timers import LastSeen, Timer
from bot.core.zones import zone_named

MONDAY, EIGHT = 0, 8


@dataclass(frozen=True, slots=True)
class TimerSnapshot:
    """The part of a timer that is stored between two polls."""

    name: str
    package: str
    enabled: bool

    @property
    def timer(self) -> tuple[str, str]:
        """What identifies a timer over an edit, for which EDFS deletes it and creates another."""
        return (self.name, self.package)


@dataclass(frozen=True, slots=True)
class PollSnapshot:
    """The result of the poll at ``at``; ``weekly``: the Monday of the last digest (0: none)."""

    at: float
    timers: dict[TimerId, TimerSnapshot] = field(default_factory=dict)
    weekly: float = 0.0


Change = Literal["turned_on", "turned_off", "appeared", "vanished", "replaced"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One change. ``since``: when the old state was last seen; a replaced timer has the new id."""

    id: TimerId
    change: Change
    since: float
    timer: TimerSnapshot


def timer_snapshot(timer: Timer) -> TimerSnapshot:
    """Return the part of a timer that is stored."""
    return TimerSnapshot(timer.name, timer.package, timer.enabled)


def state_changes(
    before: PollSnapshot, listed: Sequence[Timer], known: Mapping[TimerId, LastSeen], at: float
) -> tuple[tuple[Difference, ...], frozenset[TimerId]]:
    """Return the timers that were switched outside the bot, and those that cannot be told yet.

    ``at`` is when the request for the list began; ``known`` is what the bot last saw of each timer,
    read after it. If the bot switched a timer since ``at``, the list may be of before or after.
    """
    found, uncertain = [], set()
    for timer in listed:
        last = known.get(timer.id)
        if last is not None and last.operation and last.at >= at:
            uncertain.add(timer.id)
            continue
        old = before.timers.get(timer.id)
        if old is None:
            continue
        enabled, since = old.enabled, before.at
        if last is not None and last.operation and last.at > before.at:
            enabled, since = last.enabled, last.at
        if timer.enabled is not enabled:
            change: Change = "turned_on" if timer.enabled else "turned_off"
            found.append(Difference(timer.id, change, since, timer_snapshot(timer)))
    return tuple(found), frozenset(uncertain)


def added_and_removed(before: PollSnapshot, listed: Sequence[Timer]) -> tuple[Difference, ...]:
    """Return the timers that are new, gone, or replaced by an edit."""
    now = {timer.id: timer_snapshot(timer) for timer in listed}
    gone = {one: snapshot for one, snapshot in before.timers.items() if one not in now}
    found = []
    for one, snapshot in now.items():
        if one in before.timers:
            continue
        old = next((old for old, was in gone.items() if was.timer == snapshot.timer), None)
        if old is not None:
            del gone[old]
        change: Change = "appeared" if old is None else "replaced"
        found.append(Difference(one, change, before.at, snapshot))
    vanished = [Difference(one, "vanished", before.at, was) for one, was in gone.items()]
    return (*found, *vanished)


def snapshot_of(
    before: PollSnapshot | None, listed: Sequence[Timer], at: float, uncertain: frozenset[TimerId]
) -> PollSnapshot:
    """Return the snapshot to compare the next poll with; uncertain timers keep their older one."""
    old = before.timers if before else {}
    timers = {
        timer.id: old[timer.id]
        if timer.id in uncertain and timer.id in old
        else timer_snapshot(timer)
        for timer in listed
    }
    return PollSnapshot(at, timers, before.weekly if before else 0.0)


def last_monday(now: float, zone: str) -> float:
    """Return the newest Monday 08:00 in this zone that is not in the future."""
    local = datetime.fromtimestamp(now, zone_named(zone))
    return max(at for at in _mondays(local) if at <= now)


def next_monday(now: float, zone: str) -> float:
    """Return the first Monday 08:00 in this zone that is still to come."""
    local = datetime.fromtimestamp(now, zone_named(zone))
    return min(at for at in _mondays(local) if at > now)


def _mondays(local: datetime) -> list[float]:
    """Return 08:00 by the wall clock on three Mondays: before, around and after ``local``."""
    eight = local.replace(hour=EIGHT, minute=0, second=0, microsecond=0)
    monday = eight - timedelta(days=(local.weekday() - MONDAY) % 7)
    return [(monday + timedelta(weeks=weeks)).timestamp() for weeks in (-1, 0, 1)]
