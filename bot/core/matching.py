"""Matching: which iTwin or timer a typed name means.

The first of these that matches counts:

1. the id, number or name exactly as typed,
2. the id, number or name after folding, or the package where no other thing has it,
3. a part of a name,
4. a part of a package.

1 and 2 are *whole*: such a name is enough to change something. A part of an id or a number never
matches, and neither does a text without visible characters. Where several match, all are returned.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from bot.core.folding import folded, readings, spellings
from bot.core.names import guids_in_address

Thing = TypeVar("Thing")

_NEAREST = 3
_ALIKE = 0.5  # of SequenceMatcher.ratio
# Bounds of the search for nearest names: it looks at a hundred names closely, at the beginning of
# each. A name of a stranger's choice must not make one command cost seconds.
_CANDIDATES = 100
_COMPARED = 80


class Names(NamedTuple):
    """What a thing may be named by; each may be empty. A named tuple, as there are thousands."""

    id: str
    number: str = ""
    name: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class Unique(Generic[Thing]):
    """One match. ``whole``: a whole name was typed, not a part of it."""

    thing: Thing
    whole: bool


@dataclass(frozen=True, slots=True)
class Ambiguous(Generic[Thing]):
    """Several things match equally well: all of them, in the order in which they were given."""

    things: tuple[Thing, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class NoMatch(Generic[Thing]):
    """No match; ``nearest`` are the things with the most similar names, best first."""

    nearest: tuple[Thing, ...]


Match = Unique[Thing] | Ambiguous[Thing] | NoMatch[Thing]
NamesOf = Callable[[Thing], Names]


@dataclass(frozen=True, slots=True)
class _Index(Generic[Thing]):
    """Things and their names, all but ``names`` folded. A thing is one position in each list.

    Columns, because ten thousand records more would take half of the time of a match.
    """

    things: tuple[Thing, ...]
    names: tuple[Names, ...]
    ids: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    packages: tuple[tuple[str, ...], ...]

    def at(self, positions: Iterable[int]) -> tuple[Thing, ...]:
        return tuple(self.things[at] for at in positions)


def match_name(wanted: str, things: Iterable[Thing], names_of: NamesOf[Thing]) -> Match[Thing]:
    """Return the one thing that ``wanted`` names, or all that it may mean, or the nearest."""
    index = _index(things, names_of)
    whole = _whole(wanted, index)
    found = index.at(whole or _partial(wanted, index))
    if len(found) == 1:
        return Unique(found[0], whole=bool(whole))
    if found:
        return Ambiguous(found, whole=bool(whole))
    return NoMatch(index.at(_nearest(wanted, index)))


def whole_matches(
    wanted: str, things: Iterable[Thing], names_of: NamesOf[Thing]
) -> tuple[Thing, ...]:
    """Return the things of which ``wanted`` is a whole name, as ``match_name`` finds them."""
    index = _index(things, names_of)
    return index.at(_whole(wanted, index))


def is_pattern(text: str) -> bool:
    """Tell whether text may be a pattern: a name in which ``*`` stands for any characters."""
    return "*" in folded(text)


def match_pattern(
    pattern: str, things: Iterable[Thing], label_of: Callable[[Thing], str]
) -> tuple[Thing, ...]:
    """Return the things whose labels a pattern matches from beginning to end, as folded."""
    forms = [form.split("*") for typed in readings(pattern)[:1] for form in spellings(typed)]
    return tuple(
        thing
        for thing in things
        if any(_fits(parts, form) for parts in forms for form in spellings(label_of(thing)))
    )


def _fits(parts: list[str], text: str) -> bool:
    """Whether a text consists of these parts, in order, with anything between them."""
    first, *between, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in between:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _index(things: Iterable[Thing], names_of: NamesOf[Thing]) -> _Index[Thing]:
    rows = tuple(things)
    names = tuple(map(names_of, rows))
    # Numbers are mostly absent, and packages mostly the same.
    distinct = {one.number for one in names} | {one.package for one in names}
    known = {name: spellings(name) if name else () for name in distinct}
    return _Index(
        rows,
        names,
        ids=tuple(folded(one.id) for one in names),
        numbers=tuple(known[one.number] for one in names),
        texts=tuple(spellings(one.name) for one in names),
        packages=tuple(known[one.package] for one in names),
    )


def _whole(wanted: str, index: _Index[Thing]) -> list[int]:
    for reading in readings(wanted):
        if found := _whole_of(reading, index):
            return found
    return []


def _whole_of(reading: str, index: _Index[Thing]) -> list[int]:
    forms = frozenset((*spellings(reading), *guids_in_address(reading)))
    named = [
        at
        for at, (one, number, text) in enumerate(
            zip(index.ids, index.numbers, index.texts, strict=True)
        )
        if one in forms or not (forms.isdisjoint(text) and forms.isdisjoint(number))
    ]
    exact = [at for at in named if reading in index.names[at][:3]]
    if exact:
        return exact
    holders = _matching(index.packages, forms)
    return sorted({*named, *holders}) if len(holders) == 1 else named


def _matching(names: Iterable[tuple[str, ...]], forms: frozenset[str]) -> list[int]:
    return [at for at, one in enumerate(names) if not forms.isdisjoint(one)]


def _partial(wanted: str, index: _Index[Thing]) -> list[int]:
    """Return the positions that have ``wanted`` in their name, or else in their package."""
    for reading in readings(wanted):
        forms = spellings(reading)
        if found := _holding(index.texts, forms) or _holding(index.packages, forms):
            return found
    return []


def _holding(names: Iterable[tuple[str, ...]], parts: tuple[str, ...]) -> list[int]:
    return sorted(
        {
            at
            for part in parts
            for at, spelled in enumerate(names)
            for text in spelled
            if part in text
        }
    )


def _nearest(wanted: str, index: _Index[Thing]) -> list[int]:
    """Return the positions of the most similar names, best first; of equals the earlier ones."""
    known: dict[str, list[int]] = {}
    for at, named in enumerate(zip(index.texts, index.numbers, index.packages, strict=True)):
        for form in chain(*named):
            places = known.setdefault(form[:_COMPARED], [])
            if len(places) < _NEAREST:
                places.append(at)
    scores: dict[int, float] = {}
    for form, score in _similar(wanted, known):
        for at in known[form]:
            scores[at] = max(score, scores.get(at, 0.0))
    return sorted(scores, key=lambda at: (-scores[at], at))[:_NEAREST]


def _similar(wanted: str, names: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Yield the names that are similar enough, with their similarity (0 to 1).

    Two cheap upper bounds of the similarity select the names to compare.
    """
    for needle in spellings(readings(wanted)[-1]) if readings(wanted) else ():
        matcher = SequenceMatcher(None, "", needle[:_COMPARED], autojunk=False)
        likely: list[tuple[float, str]] = []
        for name in names:
            matcher.set_seq1(name)
            if matcher.real_quick_ratio() >= _ALIKE and (bound := matcher.quick_ratio()) >= _ALIKE:
                likely.append((bound, name))
        for _, name in nlargest(_CANDIDATES, likely, key=itemgetter(0)):
            matcher.set_seq1(name)
            if (score := matcher.ratio()) >= _ALIKE:
                yield name, score
