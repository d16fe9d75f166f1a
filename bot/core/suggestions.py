"""The lists behind selects: what is kept of iTwins and timers, and which fit the letters typed.

An index is made for matching ten thousand names between two key strokes: names are folded once,
when it is made, and only what is shown is looked at twice.
Slack shows at most 100 options (docs.slack.dev/reference/block-kit, "option").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.core.names import fold, guid_in_address, is_guid
from bot.core.timers import ITwin, Timer

MOST = 100
LONGEST_TYPED = 200
# Closeness of what was typed to a name, best first.
_WHOLE, _START, _WORD, _PART, _WORDS = range(5)


class Entry(NamedTuple):
    """One thing to choose. ``folded`` holds its names as ``names.fold`` makes them, a line each.

    ``note`` is an iTwin's number; of a timer the package, or its cron expression where it has none.
    """

    id: str
    name: str
    folded: str
    note: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """What one account was shown by a reading that began ``at`` (unix seconds), in order.

    ``subject`` is that iTwin account; ``favorites`` and ``recents`` are ids, in their own order.
    """

    at: float
    subject: str
    entries: tuple[Entry, ...]
    favorites: tuple[str, ...] = ()
    recents: tuple[str, ...] = ()


GroupName = Literal["favorites", "recents", "all", "found"]


class Group(NamedTuple):
    name: GroupName
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What to show: with ``more``, which are not shown, it leaves room for one line about them.

    ``known`` is how many there are altogether.
    """

    groups: tuple[Group, ...]
    more: int
    known: int


def index_of_itwins(
    at: float,
    subject: str,
    itwins: Sequence[ITwin],
    favorites: Sequence[ITwin] = (),
    recents: Sequence[ITwin] = (),
) -> Index:
    """By name. A favourite that the list leaves out (it has an end, silently) is in it too."""
    # A request could not be made with what is no GUID, so it is not offered.
    every = {one.id: one for one in (*itwins, *favorites, *recents) if is_guid(one.id)}
    entries = [
        Entry(one.id, one.name, _folded(one.display_name, one.number) or one.id, one.number)
        for one in every.values()
    ]
    entries.sort(key=lambda entry: (fold(entry.name), entry.note, entry.id))
    return Index(at, subject, tuple(entries), _ids(favorites), _ids(recents))


def index_of_timers(at: float, subject: str, timers: Iterable[Timer]) -> Index:
    """Those that are off first, then by name."""
    entries = [
        Entry(
            timer.id,
            timer.label,
            _folded(timer.name, timer.package) or timer.id,
            timer.package or timer.cron,
            timer.enabled,
        )
        for timer in timers
        if is_guid(timer.id)
    ]
    entries.sort(key=lambda entry: (entry.enabled, entry.folded, entry.id))
    return Index(at, subject, tuple(entries))


def offer_itwins(index: Index, typed: str) -> Offer:
    """Favourites, recents and all where nothing is typed, each once; else what fits.

    Of what fits, whole names come first, then favourites, then recents.
    """
    favorites, recents = index.favorites, index.recents
    if not fold(typed[:LONGEST_TYPED]):
        by_id = {entry.id: entry for entry in index.entries}
        groups: list[Group] = []
        for name, ids in (("favorites", favorites), ("recents", recents), ("all", list(by_id))):
            entries = tuple(by_id.pop(one) for one in ids if one in by_id)
            groups.append(Group(name, entries))  # type: ignore[arg-type]
        return _cut(groups, len(index.entries))
    first, second = frozenset(favorites), frozenset(recents)

    def key(found: tuple[int, Entry]) -> tuple[bool, bool, bool, int]:
        closeness, entry = found
        return closeness != _WHOLE, entry.id not in first, entry.id not in second, closeness

    return _found(sorted(_fitting(index, typed), key=key), index)


def offer_timers(index: Index, typed: str) -> Offer:
    """Those that fit, the closest first; among equals as the index has them."""
    if not fold(typed[:LONGEST_TYPED]):
        return _cut([Group("found", index.entries)], len(index.entries))
    return _found(sorted(_fitting(index, typed), key=lambda found: found[0]), index)


def _fitting(index: Index, typed: str) -> list[tuple[int, Entry]]:
    typed = typed.strip()[:LONGEST_TYPED]
    identity = guid_in_address(typed) or (typed.lower() if is_guid(typed) else None)
    if identity is not None:
        return [(_WHOLE, entry) for entry in index.entries if entry.id.lower() == identity]
    needle = fold(typed)
    words = needle.split()
    start = re.compile(rf"(?<![^\W_]){re.escape(needle)}")
    found = []
    for entry in index.entries:
        if needle in entry.folded:
            found.append((_closeness(needle, start, entry.folded), entry))
        elif len(words) > 1 and all(word in entry.folded for word in words):
            found.append((_WORDS, entry))
    return found


def _closeness(needle: str, start: re.Pattern[str], folded: str) -> int:
    lines = folded.split("\n")
    if needle in lines:
        return _WHOLE
    if any(line.startswith(needle) for line in lines):
        return _START
    return _WORD if start.search(folded) else _PART


def _found(found: Sequence[tuple[int, Entry]], index: Index) -> Offer:
    entries = tuple(entry for _, entry in found)
    return _cut([Group("found", entries)], len(index.entries))


def _cut(groups: Iterable[Group], known: int) -> Offer:
    """At most ``MOST`` together; one less where some are left out, for the line that says so."""
    filled = [group for group in groups if group.entries]
    total = sum(len(group.entries) for group in filled)
    room = MOST if total <= MOST else MOST - 1
    more = max(0, total - room)
    kept: list[Group] = []
    for group in filled:
        entries = group.entries[:room]
        room -= len(entries)
        if entries:
            kept.append(Group(group.name, entries))
    return Offer(tuple(kept), more, known)


def _folded(*names: str) -> str:
    return "\n".join(filter(None, map(fold, names)))


def _ids(itwins: Sequence[ITwin]) -> tuple[str, ...]:
    return tuple(one.id for one in itwins)
