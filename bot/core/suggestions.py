"""Option lists of selects: an index of iTwins or timers, and the search for what is typed.

The index has to match ten thousand names between two keystrokes. So names are folded once,
when it is made; it is column-oriented (one entry is one position in several tuples), which loads a
good deal faster than ten thousand small records; and entries are built only for what is shown.
Slack shows at most 100 options (docs.slack.dev/reference/block-kit, "option").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from bot.core.folding import folded, guid_typed, spellings
from bot.core.names import PersonId, Workspace, is_guid
from bot.core.timers import ITwin, Timer

MOST = 100
LONGEST_TYPED = 200


class Entry(NamedTuple):
    """One option. ``note`` is an iTwin's number, or a timer's package, or else its cron text."""

    id: str
    name: str
    note: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Owner:
    """The person whose lists they are."""

    workspace: Workspace
    person: PersonId


@dataclass(frozen=True, slots=True)
class OptionList:
    """All iTwins, or all timers of an iTwin, that one account may see, in the order of display.

    ``at`` is when the request for it began (unix seconds), ``subject`` the iTwin account.
    ``folded`` holds for each entry the spellings of its names, each between line breaks.
    ``favorites`` and ``recents`` are ids, in the order the API gave.
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

    def entry(self, at: int) -> Entry:
        return Entry(self.ids[at], self.names[at], self.notes[at], self.enabled[at])


GroupName = Literal["favorites", "recents", "all", "found"]


class Group(NamedTuple):
    """The options under one heading of a select."""

    name: GroupName
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class OptionPage:
    """The options to show, at most ``MOST`` together with a line about ``more``.

    ``more`` counts matches that are left out; ``known`` is the length of the whole list.
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
    """Make the index of iTwins, sorted by name.

    Favorites and recents are added to it, because the list of all iTwins has a silent limit.
    """
    # Requests need a GUID, so anything else could not be used.
    every = {one.id: one for one in (*favorites, *recents, *itwins) if is_guid(one.id)}
    rows = [
        (
            folded(one.name),
            one.beside or one.number,
            one.id,
            one.name,
            _folded(one.display_name, one.number),
        )
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
    """Make the index of an iTwin's timers: disabled ones first, then by name."""
    rows = [
        (
            one.enabled,
            _folded(one.name, one.package),
            one.id,
            one.label,
            one.beside or one.package or one.cron,
        )
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
    """Return the iTwins that match, or all of them where nothing is typed.

    All of them come in three groups: favorites, recents and the rest, each entry once. Matches
    come with whole names first, and then favorites before recents before others.
    """
    positions = {identity: at for at, identity in enumerate(index.ids)}
    favorites, recents = (
        [positions[one] for one in dict.fromkeys(ids) if one in positions]
        for ids in (index.favorites, index.recents)
    )
    if _is_blank(typed):
        recents = _without(recents, favorites)
        rest = _without(range(len(index)), (*favorites, *recents))
        return _page(index, ("favorites", favorites), ("recents", recents), ("all", rest))
    whole, *others = _matches(index, typed)
    ranks = dict.fromkeys(recents, 1) | dict.fromkeys(favorites, 0)
    found = sorted(chain(*others), key=lambda at: ranks.get(at, 2))
    whole.sort(key=lambda at: ranks.get(at, 2))
    return _page(index, ("found", (*whole, *found)))


def timer_options(index: OptionList, typed: str) -> OptionPage:
    """Return the timers that match, the closest first; among equals in the index's order."""
    if _is_blank(typed):
        return _page(index, ("found", range(len(index))))
    return _page(index, ("found", [*chain(*_matches(index, typed))]))


def _is_blank(typed: str) -> bool:
    return not folded(typed[:LONGEST_TYPED])


def _matches(index: OptionList, typed: str) -> list[list[int]]:
    """Return the positions that match, in five lists, the closest first.

    The five: a whole name, its beginning, the beginning of a word, any part, and all of the typed
    words in any order. A pasted address, or a GUID, matches its id only.
    """
    typed = typed.strip()[:LONGEST_TYPED]
    if (identity := guid_typed(typed)) is not None:
        return [[at for at, one in enumerate(index.ids) if one.lower() == identity]]
    needles, names = spellings(typed), index.folded
    left = sorted({at for needle in needles for at, one in enumerate(names) if needle in one})
    parts = frozenset(left)
    found = []
    for close in ([f"\n{needle}\n" for needle in needles], [f"\n{needle}" for needle in needles]):
        found.append([at for at in left if any(one in names[at] for one in close)])
        left = _without(left, found[-1])
    word = re.compile(rf"[\W_](?:{'|'.join(map(re.escape, needles))})")
    found.append([at for at in left if word.search(names[at])])
    found.append(_without(left, found[-1]))
    words = {at for needle in needles for at in _with_all_words(names, needle.split())}
    found.append(sorted(words - parts))
    return found


def _with_all_words(folded: Sequence[str], words: Sequence[str]) -> list[int]:
    if len(words) < 2:
        return []
    positions: Iterable[int] = range(len(folded))
    for word in words:
        positions = [at for at in positions if word in folded[at]]
    return list(positions)


def _without(positions: Iterable[int], excluded: Iterable[int]) -> list[int]:
    gone = frozenset(excluded)
    return [at for at in positions if at not in gone]


def _page(index: OptionList, *groups: tuple[GroupName, Sequence[int]]) -> OptionPage:
    """Cut to ``MOST`` options together, one less where some are left out, and drop empty groups."""
    total = sum(len(positions) for _, positions in groups)
    room = MOST if total <= MOST else MOST - 1
    more = total - min(room, total)
    shown: list[Group] = []
    for name, positions in groups:
        entries = tuple(map(index.entry, positions[:room]))
        room -= len(entries)
        if entries:
            shown.append(Group(name, entries))
    return OptionPage(tuple(shown), more, len(index))


def _folded(*names: str) -> str:
    return "".join(f"\n{one}" for name in names for one in spellings(name) if one) + "\n"
