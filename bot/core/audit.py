"""An entry of the audit trail as others read it: one flat record with names that stay.

The names of ``FIELDS`` and their order are a promise to whoever keeps exports, and are explained in
``docs/operations.md``: new ones may be added at the end, none is renamed, moved or dropped.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from bot.core.names import PersonId

FIELDS = (
    "workspace",
    "number",
    "time",
    "what",
    "trace",
    "person",
    "asked_by",
    "acting_as",
    "subject",
    "itwin",
    "timer",
    "timer_name",
    "verb",
    "wanted",
    "state_before",
    "state_after",
    "because",
    "approved_by",
    "approvals",
    "digest",
    "decision_because",
    "emergency",
    "until",
    "outcome",
    "trouble",
    "operation",
    "request",
    "return",
    "subscription",
    "root",
    "version",
    "channel",
    "pattern",
    "kinds",
    "previous",
)
Record = dict[str, str]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_OPPOSITE = {"enabled": "disabled", "disabled": "enabled"}
# What an operation's answer tells of the state before its flip: it was not what was wanted.
_FLIPPED = frozenset({"operation.applied", "operation.conflict", "operation.unknown"})
_AS_IT_WAS = frozenset(
    {"operation.already", "operation.stale", "operation.rejected", "operation.not_applied"}
)
_OUTCOMES = frozenset({"operation", "approval", "return", "subscription"})


class AuditEntryView(Protocol):
    """One entry; ``at`` in unix seconds, ``before`` the hash of the entry before it."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def what(self) -> str: ...
    @property
    def person(self) -> PersonId: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def before(self) -> str: ...


def record(workspace: str, entry: AuditEntryView) -> Record:
    """Return every field of ``FIELDS``; empty where the entry says nothing of it."""
    facts = entry.facts
    kind, _, stage = entry.what.partition(".")
    before, after = states(entry.what, facts)
    about = facts.get("operation") or facts.get("request") or facts.get("return") or ""
    votes = facts.get("votes", "")
    return {
        **{field: facts.get(field, "") for field in FIELDS},
        "workspace": workspace,
        "number": str(entry.number),
        "time": iso(entry.at),
        "what": entry.what,
        "trace": (about or facts.get("subscription", ""))[:8],
        "person": entry.person,
        "asked_by": facts.get("on_behalf_of") or facts.get("requester") or entry.person,
        "state_before": before,
        "state_after": after,
        "approved_by": facts.get("approved_by") or " ".join(people(votes)),
        "approvals": votes,
        "until": _moment(facts.get("until") or facts.get("at", "")),
        "outcome": facts.get("outcome") or facts.get("how") or (stage if kind in _OUTCOMES else ""),
        "emergency": "yes" if facts.get("emergency") or facts.get("review") else "",
        "previous": entry.before,
    }


def states(what: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return what was true before and after, as far as this entry tells; "" where it does not."""
    seen, wanted = facts.get("seen", ""), facts.get("wanted", "")
    if what in _FLIPPED:
        return _OPPOSITE.get(wanted, ""), "" if what == "operation.unknown" else seen
    if what in _AS_IT_WAS:
        return seen, seen
    if what == "operation.late":
        _, _, read = facts.get("late", "").partition(" ")
        return seen, {"True": "enabled", "False": "disabled"}.get(read, "")
    return seen, ""


def people(votes: str) -> tuple[PersonId, ...]:
    """Return who voted; votes stand as "<person>=<subject> …"."""
    return tuple(PersonId(vote.partition("=")[0]) for vote in votes.split())


def cell(text: str) -> str:
    """Return it so that no spreadsheet takes it for a formula, whatever somebody typed."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def iso(at: float) -> str:
    """Return a moment (unix seconds) in UTC, to the millisecond."""
    said = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return said.replace("+00:00", "Z")


def _moment(seconds: str) -> str:
    return iso(float(seconds)) if seconds else ""
