"""The lists behind selects: what is kept of iTwins and timers, and which fit the letters typed.

An index is made for matching ten thousand names between two key strokes: names are folded once,
when it is made; what belongs to one thing stands at one place of several long rows, which are read
back a good deal faster than ten thousand small records; and only what is shown is looked at twice.
Slack shows at most 100 options (docs.slack.dev/reference/block-kit, "option").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from bot.core.names import guid_in_address, is_guid, normalized
from bot.core.timers import ITwin, Timer

MOST = 100
LONGEST_TYPED = 200


class Entry(NamedTuple):
    """One thing to choose. ``note`` is an iTwin's number; of a timer the package, or its cron
    expression where it has none.
    """

    id: str
    name: str
    note: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class OptionList:
    """What one account was shown by a reading that began ``at`` (unix seconds), in order.

    ``subject`` is that iTwin account. ``folded`` holds the names of each as ``names.fold`` makes
    them, every one between line breaks; ``favorites`` and ``recents`` are ids, in their own order.
    """

    at: float
    subject: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]
    folded: tuple[str, ...]
    enabled: tuple[bool, ...]
    favorites: tuple[str, ...] = ()
    recents: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def entry(self, place: int) -> Entry:
        return Entry(self.ids[place], self.names[place], self.notes[place], self.enabled[place])


GroupName = Literal["favorites", "recents", "all", "found"]


class Group(NamedTuple):
    name: GroupName
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class OptionPage:
    """What to show: with ``more``, which are not shown, it leaves room for one line about them.

    ``known`` is how many there are altogether.
    """

    groups: tuple[Group, ...]
    more: int
    known: int


def option_list_of_itwins(
    at: float,
    subject: str,
    itwins: Sequence[ITwin],
    favorites: Sequence[ITwin] = (),
    recents: Sequence[ITwin] = (),
) -> OptionList:
    """By name. A favourite that the list leaves out (it has an end, silently) is in it too."""
    # A request could not be made with what is no GUID, so it is not offered.
    every = {one.id: one for one in (*itwins, *favorites, *recents) if is_guid(one.id)}
    rows = [
        (normalized(one.name), one.number, one.id, one.name, _folded(one.display_name, one.number))
        for one in every.values()
    ]
    rows.sort()
    return OptionList(
        at,
        subject,
        ids=tuple(row[2] for row in rows),
        names=tuple(row[3] for row in rows),
        notes=tuple(row[1] for row in rows),
        folded=tuple(row[4] for row in rows),
        enabled=(True,) * len(rows),
        favorites=tuple(one.id for one in favorites),
        recents=tuple(one.id for one in recents),
    )


def option_list_of_timers(at: float, subject: str, timers: Iterable[Timer]) -> OptionList:
    """Those that are off first, then by name."""
    rows = [
        (one.enabled, _folded(one.name, one.package), one.id, one.label, one.package or one.cron)
        for one in timers
        if is_guid(one.id)
    ]
    rows.sort()
    return OptionList(
        at,
        subject,
        ids=tuple(row[2] for row in rows),
        names=tuple(row[3] for row in rows),
        notes=tuple(row[4] for row in rows),
        folded=tuple(row[1] for row in rows),
        enabled=tuple(row[0] for row in rows),
    )


def itwin_options(index: OptionList, typed: str) -> OptionPage:
    """Favourites, recents and all where nothing is typed, each once; else what fits.

    Of what fits, whole names come first, then favourites, then recents.
    """
    places = {identity: place for place, identity in enumerate(index.ids)}
    first, second = (
        [places[one] for one in ids if one in places] for ids in (index.favorites, index.recents)
    )
    if _says_nothing(typed):
        every = dict.fromkeys((*first, *second, *range(len(index))))
        favorites = tuple(dict.fromkeys(first))
        recents = tuple(one for one in dict.fromkeys(second) if one not in first)
        rest = tuple(every)[len(favorites) + len(recents) :]
        return _cut(index, ("favorites", favorites), ("recents", recents), ("all", rest))
    whole, *others = _fitting(index, typed)
    ranks = dict.fromkeys(second, 1) | dict.fromkeys(first, 0)
    found = sorted(chain(*others), key=lambda place: ranks.get(place, 2))
    whole.sort(key=lambda place: ranks.get(place, 2))
    return _cut(index, ("found", (*whole, *found)))


def timer_options(index: OptionList, typed: str) -> OptionPage:
    """Those that fit, the closest first; among equals as the index has them."""
    if _says_nothing(typed):
        return _cut(index, ("found", range(len(index))))
    return _cut(index, ("found", [*chain(*_fitting(index, typed))]))


def _says_nothing(typed: str) -> bool:
    return not normalized(typed[:LONGEST_TYPED])


def _fitting(index: OptionList, typed: str) -> list[list[int]]:
    """Return the places that fit, by how closely: a whole name, its beginning, the beginning of a
    word, a part, and at last all of the typed words somewhere.
    """
    typed = typed.strip()[:LONGEST_TYPED]
    identity = guid_in_address(typed) or (typed.lower() if is_guid(typed) else None)
    if identity is not None:
        return [[place for place, one in enumerate(index.ids) if one.lower() == identity]]
    needle, folded = normalized(typed), index.folded
    left = [place for place, names in enumerate(folded) if needle in names]
    parts = frozenset(left)
    found = []
    for close in (f"\n{needle}\n", f"\n{needle}"):
        found.append([place for place in left if close in folded[place]])
        left = _without(left, found[-1])
    word = re.compile(rf"[\W_]{re.escape(needle)}")
    found.append([place for place in left if word.search(folded[place])])
    found.append(_without(left, found[-1]))
    found.append([place for place in _of_words(folded, needle.split()) if place not in parts])
    return found


def _of_words(folded: Sequence[str], words: Sequence[str]) -> list[int]:
    if len(words) < 2:
        return []
    places: Iterable[int] = range(len(folded))
    for word in words:
        places = [place for place in places if word in folded[place]]
    return list(places)


def _without(places: Iterable[int], taken: Iterable[int]) -> list[int]:
    gone = frozenset(taken)
    return [place for place in places if place not in gone]


def _cut(index: OptionList, *groups: tuple[GroupName, Sequence[int]]) -> OptionPage:
    """At most ``MOST`` together; one less where some are left out, for the line that says so."""
    total = sum(len(places) for _, places in groups)
    room = MOST if total <= MOST else MOST - 1
    more = total - min(room, total)
    kept: list[Group] = []
    for name, places in groups:
        entries = tuple(map(index.entry, places[:room]))
        room -= len(entries)
        if entries:
            kept.append(Group(name, entries))
    return OptionPage(tuple(kept), more, len(index))


def _folded(*names: str) -> str:
    return "".join(f"\n{one}" for name in names if (one := normalized(name))) + "\n"
