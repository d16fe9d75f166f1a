"""iTwins and timers as the iTwin Platform describes them, and the last seen state of a timer.

Source of the fields: the iTwins API (minimal representation) and the EDFS API (``EdfTimerDto``).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from bot.core.folding import folded, guid_typed, spellings
from bot.core.matching import Names
from bot.core.names import (
    ITwinId,
    OperationId,
    PersonId,
    TimerId,
    single_line,
)

SHORT_ID = 8
BESIDE = 40


@dataclass(frozen=True, slots=True)
class ITwin:
    """One iTwin. ``display_name`` need not be unique; ``number`` may be empty.

    ``beside`` is what tells it from others of the same name: its number or the beginning of its
    id; empty where its name is known to be unique among the person's iTwins.
    """

    id: ITwinId
    display_name: str
    number: str = ""
    beside: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.display_name or self.number or self.id

    @property
    def distinct(self) -> str:
        """The name, with what tells it from others of the same name."""
        return _distinct(self.name, self.beside)

    @property
    def typed(self) -> str:
        """What to type for it: the name, or where it means others too its number or id."""
        if not self.beside:
            return self.name
        return self.number if self.number == self.beside else self.id

    def title(self, limit: int) -> str:
        """Return ``distinct`` as one line of at most ``limit`` characters."""
        return _title(self.name, self.beside, limit)

    def numbered(self, limit: int) -> str:
        """Return the name and, where it has one that says more, the number."""
        number = self.number if self.number != self.name else ""
        return _title(self.name, self.beside or number, limit)

    def in_lists(self) -> tuple[str, str, str]:
        """Return the sort key for lists: by name, and stable for equal names."""
        return self.name.casefold(), self.number, self.id

    def names(self) -> Names:
        return Names(self.id, self.number, self.display_name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a timer's package; ``value`` may be confidential."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer. ``cron`` is the raw ``cronStr``; ``parameters`` is empty if the API has null.

    ``beside`` is what tells it from others of the same name in its iTwin: its package or the
    beginning of its id; empty where its name is unique there.
    """

    id: TimerId
    name: str
    package: str
    cron: str
    enabled: bool
    parameters: tuple[Parameter, ...] = ()
    beside: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return self.name or self.package or self.id

    @property
    def distinct(self) -> str:
        """The label, with what tells it from others of the same name."""
        return _distinct(self.label, self.beside)

    @property
    def typed(self) -> str:
        """What to type for it: the label, or the id where others have the same label."""
        return self.id if self.beside else self.label

    def title(self, limit: int) -> str:
        """Return ``distinct`` as one line of at most ``limit`` characters."""
        return _title(self.label, self.beside, limit)

    def names(self) -> Names:
        return Names(self.id, "", self.name, self.package)

    def in_lists(self) -> tuple[bool, str, str]:
        """Return the sort key for lists: disabled ones first, then by name; stable."""
        return self.enabled, self.label.casefold(), self.id

    def definition(self) -> str:
        """Return a digest of everything but ``enabled``, to compare definitions."""
        inputs = sorted((parameter.name, parameter.value) for parameter in self.parameters)
        text = json.dumps([self.id, self.name, self.package, self.cron, inputs])
        return hashlib.sha256(text.encode()).hexdigest()

    def inputs(self) -> str:
        """Return a digest of the parameters, values included."""
        inputs = sorted((parameter.name, parameter.value) for parameter in self.parameters)
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()

    def without_values(self) -> "Timer":
        """Return the timer without parameter values, as it may be stored and shown in channels."""
        return replace(self, parameters=tuple(replace(p, value="") for p in self.parameters))


def distinct_itwins(itwins: Sequence[ITwin]) -> tuple[ITwin, ...]:
    """Return the iTwins, each with what tells it from others that its name fits among them."""
    fits = _fits(one.names() for one in itwins)

    def beside(one: ITwin) -> str:
        if guid_typed(one.name) is None and _is_alone(one.name, fits):  # a GUID is read as an id
            return ""
        number = single_line(one.number, BESIDE)
        alone = folded(number) != folded(one.name) and _is_alone(number, fits)
        return one.number if alone else one.id[:SHORT_ID]

    return tuple(replace(one, beside=beside(one)) for one in itwins)


def itwin_alone(itwin: ITwin, known: Sequence[ITwin] = ()) -> ITwin:
    """Return an iTwin that was read by itself, as it is told from ``known``, the person's iTwins.

    If it is not among them, nothing says that its name is unique.
    """
    same = next((one for one in known if (one.id, one.name) == (itwin.id, itwin.name)), None)
    return replace(itwin, beside=_number_of(itwin) if same is None else same.beside)


def distinct_timers(timers: Sequence[Timer]) -> tuple[Timer, ...]:
    """Return all timers of an iTwin, each with what tells it from others that its name fits."""
    fits = _fits(one.names() for one in timers)
    shared = [one for one in timers if not _is_alone(one.label, fits)]
    pairs = Counter((folded(one.label), _package(one)) for one in shared)
    besides = {id(one): _beside(one, pairs) for one in shared}
    return tuple(
        one if one.beside == told else replace(one, beside=told)
        for one in timers
        for told in (besides.get(id(one), ""),)
    )


def _beside(timer: Timer, pairs: Counter[tuple[str, str]]) -> str:
    """Return the package where label and package together are of one timer, or else the id."""
    label, package = folded(timer.label), _package(timer)
    alone = package not in {"", label} and pairs[label, package] == 1
    return timer.package if alone else timer.id[:SHORT_ID]


def _fits(things: Iterable[Names]) -> Counter[str]:
    """Count how many things each name, number, package and id fits, as names are compared."""
    each = ({form for name in names if name for form in spellings(name)} for names in things)
    return Counter(chain.from_iterable(each))


def _is_alone(name: str, fits: Counter[str]) -> bool:
    """Tell whether a name, typed, means one thing; one that cannot be seen means none."""
    forms = spellings(name)
    return bool(forms[0]) and all(fits[form] == 1 for form in forms)


def _package(timer: Timer) -> str:
    """Return the package as it is seen beside a name."""
    return folded(single_line(timer.package, BESIDE))


def _number_of(itwin: ITwin) -> str:
    return itwin.number if itwin.number not in {"", itwin.name} else itwin.id[:SHORT_ID]


def _distinct(name: str, beside: str) -> str:
    return f"{name} ({beside})" if beside else name


def _title(name: str, beside: str, limit: int) -> str:
    """Return both as one line; if it is too long, the name is cut."""
    if not beside:
        return single_line(name, limit)
    short = single_line(beside, min(BESIDE, limit // 2))
    return _distinct(single_line(name, limit - len(short.encode("utf-16-le")) // 2 - 3), short)


def differences(before: Timer, inputs: str, after: Timer) -> tuple[tuple[str, str, str], ...]:
    """Return the edits between two definitions, as (what, before, after).

    Values of parameters are left out: ``inputs`` is the digest of those before, because ``before``
    may have been stored without them.
    """
    found = [
        ("id", before.id, after.id),
        ("name", before.name, after.name),
        ("package", before.package, after.package),
        ("schedule", before.cron, after.cron),
    ]
    changes = [one for one in found if one[1] != one[2]]
    if inputs and inputs != after.inputs():
        changes.append(("parameters", "", ""))
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class SeenTimer:
    """A timer as a question has shown it, without values; ``definition`` is its digest."""

    timer: Timer
    definition: str


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The state in which the bot last saw a timer, at ``at`` (unix seconds).

    ``by`` and ``operation`` are who brought it to that state, if that was done with the bot.
    """

    enabled: bool
    at: float
    by: PersonId | None = None
    operation: OperationId | None = None
