"""iTwins and timers as the iTwin Platform describes them, and the last seen state of a timer.

Source of the fields: the iTwins API (minimal representation) and the EDFS API (``EdfTimerDto``).
"""

import hashlib
import json
from dataclasses import dataclass, replace

from bot.core.names import ITwinId, OperationId, PersonId, TimerId


@dataclass(frozen=True, slots=True)
class ITwin:
    """One iTwin. ``display_name`` need not be unique; ``number`` may be empty."""

    id: ITwinId
    display_name: str
    number: str = ""

    @property
    def name(self) -> str:
        return self.display_name or self.number or self.id

    def in_lists(self) -> tuple[str, str, str]:
        """Return the sort key for lists: by name, and stable for equal names."""
        return self.name.casefold(), self.number, self.id

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.id, self.number, self.display_name) if name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a timer's package; ``value`` may be confidential."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer. ``cron`` is the raw ``cronStr``; ``parameters`` is empty if the API has null."""

    id: TimerId
    name: str
    package: str
    cron: str
    enabled: bool
    parameters: tuple[Parameter, ...] = ()

    @property
    def label(self) -> str:
        return self.name or self.package or self.id

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.id, self.name, self.package) if name)

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
class LastSeen:
    """The state in which the bot last saw a timer, at ``at`` (unix seconds).

    ``by`` and ``operation`` are who brought it to that state, if that was done with the bot.
    """

    enabled: bool
    at: float
    by: PersonId | None = None
    operation: OperationId | None = None
