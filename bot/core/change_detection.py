"""The watch: what differs between two looks at the timers of an iTwin, and is not the bot's doing.

EDFS tells nobody of a change, so a look is all there is. What the bot itself did since the last
look explains itself: ``LastSeen`` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.names import TimerId
from bot.core.timers import LastSeen, Timer

MONDAY, EIGHT = 0, 8


@dataclass(frozen=True, slots=True)
class TimerSnapshot:
    """What is kept of a timer between two looks."""

    name: str
    package: str
    enabled: bool

    @property
    def timer(self) -> tuple[str, str]:
        """What an edit leaves as it is: it deletes the timer and creates one of these names."""
        return (self.name, self.package)


@dataclass(frozen=True, slots=True)
class PollSnapshot:
    """What the look at ``at`` found. ``weekly``: the Monday whose list was seen to (0: none)."""

    at: float
    timers: dict[TimerId, TimerSnapshot] = field(default_factory=dict)
    weekly: float = 0.0


Change = Literal["turned_on", "turned_off", "appeared", "vanished", "replaced"]


@dataclass(frozen=True, slots=True)
class Difference:
    """``since`` is when it was still as before; ``id`` is the timer's, the new one if replaced."""

    id: TimerId
    change: Change
    since: float
    timer: TimerSnapshot


def timer_snapshot(timer: Timer) -> TimerSnapshot:
    return TimerSnapshot(timer.name, timer.package, timer.enabled)


def state_changes(
    before: PollSnapshot, listed: Sequence[Timer], known: Mapping[TimerId, LastSeen], begun: float
) -> tuple[tuple[Difference, ...], frozenset[TimerId]]:
    """Return the timers that somebody else switched, and those of which this look cannot tell.

    ``known`` is what the bot last saw of each, read after the list, which was begun at ``begun``:
    where the bot did something since then, the list may be of before or after it.
    """
    found, open_ones = [], set()
    for timer in listed:
        last = known.get(timer.id)
        if last is not None and last.operation and last.at >= begun:
            open_ones.add(timer.id)
            continue
        old = before.timers.get(timer.id)
        if old is None:
            continue
        enabled, since = old.enabled, before.at
        if last is not None and last.operation and last.at > before.at:
            enabled, since = last.enabled, last.at
        if timer.enabled is not enabled:
            what: Change = "turned_on" if timer.enabled else "turned_off"
            found.append(Difference(timer.id, what, since, timer_snapshot(timer)))
    return tuple(found), frozenset(open_ones)


def added_and_removed(before: PollSnapshot, listed: Sequence[Timer]) -> tuple[Difference, ...]:
    """Return which timers are new, gone, or stand in the place of one that an edit deleted."""
    now = {timer.id: timer_snapshot(timer) for timer in listed}
    gone = {one: seen for one, seen in before.timers.items() if one not in now}
    found = []
    for one, seen in now.items():
        if one in before.timers:
            continue
        old = next((old for old, was in gone.items() if was.timer == seen.timer), None)
        if old is not None:
            del gone[old]
        what: Change = "appeared" if old is None else "replaced"
        found.append(Difference(one, what, before.at, seen))
    left = [Difference(one, "vanished", before.at, seen) for one, seen in gone.items()]
    return (*found, *left)


def snapshot_of(
    before: PollSnapshot | None, listed: Sequence[Timer], begun: float, unsure: frozenset[TimerId]
) -> PollSnapshot:
    """Return what is compared with next time; of what could not be told the older look stays."""
    old = before.timers if before else {}
    timers = {
        timer.id: old[timer.id] if timer.id in unsure and timer.id in old else timer_snapshot(timer)
        for timer in listed
    }
    return PollSnapshot(begun, timers, before.weekly if before else 0.0)


def last_monday(now: float, zone: str) -> float:
    """Return the newest Monday 08:00 in this zone that is not in the future."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    return max(at for at in _mondays(local) if at <= now)


def next_monday(now: float, zone: str) -> float:
    """Return the first Monday 08:00 in this zone that is still to come."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    return min(at for at in _mondays(local) if at > now)


def _mondays(local: datetime) -> list[float]:
    """Return the Mondays around; the wall clock is what counts, also where it is set."""
    eight = local.replace(hour=EIGHT, minute=0, second=0, microsecond=0)
    monday = eight - timedelta(days=(local.weekday() - MONDAY) % 7)
    return [(monday + timedelta(weeks=weeks)).timestamp() for weeks in (-1, 0, 1)]
