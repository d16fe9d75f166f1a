"""Matching: which iTwin or timer a typed name means.

The first of these that matches counts:

1. the id, number or name exactly as typed,
2. the id, number or name after folding, or the package where no other thing has it,
3. a part of a name,
4. a part of a package.

1 and 2 are *whole*: such a name is enough to change something. A part of an id or a number never
matches, and neither does a text without visible characters. Where several match, all are returned.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest
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


class _Candidate(NamedTuple, Generic[Thing]):
    """A thing with its names. ``exact`` are id, number and name; all else is folded.

    ``whole`` matches whole only: the id first, then number and name. ``name`` and ``package`` may
    match in part.
    """

    thing: Thing
    exact: tuple[str, ...]
    whole: tuple[str, ...]
    name: tuple[str, ...]
    package: tuple[str, ...]


def match_name(wanted: str, things: Iterable[Thing], names_of: NamesOf[Thing]) -> Match[Thing]:
    """Return the one thing that ``wanted`` names, or all that it may mean, or the nearest."""
    candidates = _candidates(things, names_of)
    whole = _whole(wanted, candidates)
    found = whole or _partial(wanted, candidates)
    if len(found) == 1:
        return Unique(found[0], whole=bool(whole))
    if found:
        return Ambiguous(found, whole=bool(whole))
    return NoMatch(_nearest(wanted, candidates))


def whole_matches(
    wanted: str, things: Iterable[Thing], names_of: NamesOf[Thing]
) -> tuple[Thing, ...]:
    """Return the things of which ``wanted`` is a whole name, as ``match_name`` finds them."""
    return _whole(wanted, _candidates(things, names_of))


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


def _candidates(things: Iterable[Thing], names_of: NamesOf[Thing]) -> list[_Candidate[Thing]]:
    packages: dict[str, tuple[str, ...]] = {"": ()}  # many timers have the same
    found = []
    for thing in things:
        names = names_of(thing)
        package = packages.get(names.package)
        if package is None:
            package = packages[names.package] = spellings(names.package)
        name = spellings(names.name) if names.name else ()
        number = spellings(names.number) if names.number else ()
        whole = (folded(names.id), *number, *name)
        found.append(_Candidate(thing, names[:3], whole, name, package))
    return found


def _whole(wanted: str, candidates: Sequence[_Candidate[Thing]]) -> tuple[Thing, ...]:
    for reading in readings(wanted):
        if found := _whole_of(reading, candidates):
            return found
    return ()


def _whole_of(reading: str, candidates: Sequence[_Candidate[Thing]]) -> tuple[Thing, ...]:
    forms = frozenset((*spellings(reading), *guids_in_address(reading)))
    named = [one for one in candidates if not forms.isdisjoint(one.whole)]
    exact = [one for one in named if reading in one.exact]
    if exact:
        return _things(exact)
    holders = [one for one in candidates if not forms.isdisjoint(one.package)]
    if len(holders) == 1 and holders[0] not in named:
        named.append(holders[0])
    return _things(named)


def _partial(wanted: str, candidates: Sequence[_Candidate[Thing]]) -> tuple[Thing, ...]:
    """Return the things that have ``wanted`` in their name, or else in their package."""
    for reading in readings(wanted):
        forms = spellings(reading)
        found = [one for one in candidates if _holds(one.name, forms)]
        found = found or [one for one in candidates if _holds(one.package, forms)]
        if found:
            return _things(found)
    return ()


def _holds(texts: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    for text in texts:  # a loop, because any() of a generator takes thrice as long
        for part in parts:
            if part in text:
                return True
    return False


def _things(candidates: Iterable[_Candidate[Thing]]) -> tuple[Thing, ...]:
    return tuple(one.thing for one in candidates)


def _nearest(wanted: str, candidates: Sequence[_Candidate[Thing]]) -> tuple[Thing, ...]:
    """Return the things with the most similar names, best first; of equals the earlier ones."""
    known: dict[str, list[int]] = {}
    for at, one in enumerate(candidates):
        for form in (*one.whole[1:], *one.package):
            places = known.setdefault(form[:_COMPARED], [])
            if len(places) < _NEAREST:
                places.append(at)
    scores: dict[int, float] = {}
    for form, score in _similar(wanted, known):
        for at in known[form]:
            scores[at] = max(score, scores.get(at, 0.0))
    best = sorted(scores, key=lambda at: (-scores[at], at))[:_NEAREST]
    return tuple(candidates[at].thing for at in best)


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
