"""The exported form of an audit entry: one flat record with stable field names.

The names of ``FIELDS`` and their order are a promise to those who store exports, and are documented
in ``docs/operations.md``: new ones may be added at the end, none is renamed, moved or dropped.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol

from bot.core.names import PersonId

FIELDS = (
    "workspace",
    "number",
    "time",
    "event",
    "trace",
    "person",
    "requester",
    "acting_as",
    "subject",
    "itwin",
    "timer",
    "timer_name",
    "verb",
    "wanted",
    "state_before",
    "state_after",
    "reason",
    "approved_by",
    "approvals",
    "digest",
    "decision_reason",
    "emergency",
    "until",
    "outcome",
    "failure",
    "operation",
    "request",
    "auto_enable",
    "subscription",
    "root",
    "version",
    "channel",
    "pattern",
    "kinds",
    "previous",
)
Record = dict[str, str]
ExportFormat = Literal["jsonl", "csv"]

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_OPPOSITE = {"enabled": "disabled", "disabled": "enabled"}
# Before the flip of one of these the state was not the wanted one.
_FLIPPED = frozenset({"operation.applied", "operation.conflict", "operation.unknown"})
_UNCHANGED = frozenset(
    {"operation.already", "operation.stale", "operation.rejected", "operation.not_applied"}
)
_OUTCOMES = frozenset({"operation", "approval", "auto_enable", "subscription"})


class AuditEntryView(Protocol):
    """One entry; ``at`` in unix seconds, ``previous`` the hash of the entry before it."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def event(self) -> str: ...
    @property
    def person(self) -> PersonId: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def previous(self) -> str: ...


def record(workspace: str, entry: AuditEntryView) -> Record:
    """Return every field of ``FIELDS``; empty where the entry has no value for it."""
    facts = entry.facts
    kind, _, stage = entry.event.partition(".")
    before, after = states(entry.event, facts)
    about = facts.get("operation") or facts.get("request") or facts.get("auto_enable") or ""
    votes = facts.get("votes", "")
    stage_outcome = stage if kind in _OUTCOMES else ""
    return {
        **{field: facts.get(field, "") for field in FIELDS},
        "workspace": workspace,
        "number": str(entry.number),
        "time": iso(entry.at),
        "event": entry.event,
        "trace": (about or facts.get("subscription", ""))[:8],
        "person": entry.person,
        "requester": facts.get("on_behalf_of") or facts.get("requester") or entry.person,
        "state_before": before,
        "state_after": after,
        "approved_by": facts.get("approved_by") or " ".join(people(votes)),
        "approvals": votes,
        "until": _moment(facts.get("until") or facts.get("at", "")),
        "outcome": facts.get("outcome") or facts.get("closed_as") or stage_outcome,
        "emergency": "yes" if facts.get("emergency") or facts.get("review") else "",
        "previous": entry.previous,
    }


def states(event: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return the states before and after, as far as this entry tells; "" where it does not."""
    seen, wanted = facts.get("seen", ""), facts.get("wanted", "")
    if event in _FLIPPED:
        return _OPPOSITE.get(wanted, ""), "" if event == "operation.unknown" else seen
    if event in _UNCHANGED:
        return seen, seen
    if event == "operation.late":
        _, _, read = facts.get("late", "").partition(" ")
        return seen, {"True": "enabled", "False": "disabled"}.get(read, "")
    return seen, ""


def people(votes: str) -> tuple[PersonId, ...]:
    """Return who voted; ``votes`` has the form "<person>=<subject> …"."""
    return tuple(PersonId(vote.partition("=")[0]) for vote in votes.split())


def cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula, whatever somebody typed."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def iso(at: float) -> str:
    """Return a time (unix seconds) in UTC, to the millisecond."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _moment(seconds: str) -> str:
    return iso(float(seconds)) if seconds else ""
