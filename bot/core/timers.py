"""iTwins and timers as the platform describes them, and what was last seen of them.

Source of the fields: the iTwins API (minimal representation) and the EDFS API (``EdfTimerDto``).
"""

import hashlib
import json
from dataclasses import dataclass, replace

from bot.core.names import ITwinId, OperationId, PersonId, TimerId


@dataclass(frozen=True, slots=True)
class ITwin:
    """``display_name`` need not be unique; ``number`` may be empty."""

    id: ITwinId
    display_name: str
    number: str = ""

    @property
    def name(self) -> str:
        return self.display_name or self.number or self.id

    def in_lists(self) -> tuple[str, str, str]:
        """Return its place in a list: by name, and always the same."""
        return self.name.casefold(), self.number, self.id

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.id, self.number, self.display_name) if name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of the integration package; ``value`` may be a secret of the business."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer. ``cron`` is the raw ``cronStr``; no ``parameters`` where the API says null."""

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
        """Return its place in a list: what is off comes first, then by name; always the same."""
        return self.enabled, self.label.casefold(), self.id

    def definition(self) -> str:
        """Return a digest of everything but ``enabled``: equal digests are the same definition."""
        inputs = sorted((parameter.name, parameter.value) for parameter in self.parameters)
        text = json.dumps([self.id, self.name, self.package, self.cron, inputs])
        return hashlib.sha256(text.encode()).hexdigest()

    def inputs(self) -> str:
        """Return a digest of the parameters, values included."""
        inputs = sorted((parameter.name, parameter.value) for parameter in self.parameters)
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()

    def without_values(self) -> "Timer":
        """Return the timer as it may be kept and shown in a channel."""
        return replace(self, parameters=tuple(replace(p, value="") for p in self.parameters))


def differences(before: Timer, inputs: str, after: Timer) -> tuple[tuple[str, str, str], ...]:
    """Return what of a definition was edited, as (what, before, after); values are left out.

    ``inputs`` is the digest of the parameters before: ``before`` may have lost their values.
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
    """The state of a timer as the bot last saw it, at ``at`` (unix seconds).

    ``by`` and ``operation`` say who made it so, when it was made so through the bot.
    """

    enabled: bool
    at: float
    by: PersonId | None = None
    operation: OperationId | None = None
