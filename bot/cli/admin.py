"""What an admin does from the command line with a store that bots may be using just now."""

import contextlib
import csv
import io
import json
import math
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from bot.app import ring_of, store_url
from bot.core.audit import FIELDS, Record, cell, record
from bot.core.names import Workspace
from bot.gateways.store import Store, open_store
from bot.gateways.store.audit import AuditEntry, ChainReport
from bot.settings import Settings

Form = Literal["jsonl", "csv"]
BROKEN = "Keep the store as it is, and compare with the log"
_SPAN = re.compile(r"([0-9]{1,5})([mhdw])", re.ASCII)
_UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}

NOBODY = "No workspace yet: start the bot once, then ask again."
SENT = "What was sent before ends by itself, and its card says so."


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the store the settings name; raises StoreUnreachable."""
    async with contextlib.AsyncExitStack() as stack:
        store = open_store(await store_url(settings, stack), ring_of(settings))
        stack.push_async_callback(store.aclose)
        await store.ping()
        yield store


async def turn_changes(settings: Settings, now: float, *, on: bool) -> list[str]:
    """Switch all changes on or off, for every replica, from the moment this returns."""
    async with opened(settings) as store:
        workspaces = await store.kill_switch.workspaces()
        for workspace in workspaces:
            if on:
                await store.kill_switch.release(workspace, now)
            else:
                await store.kill_switch.engage(workspace, now)
        said = [await _state(store, workspace) for workspace in workspaces]
    return [*said, *([] if on else [SENT])] if said else [NOBODY]


async def writes(settings: Settings) -> list[str]:
    async with opened(settings) as store:
        workspaces = await store.kill_switch.workspaces()
        return [await _state(store, workspace) for workspace in workspaces] or [NOBODY]


async def _state(store: Store, workspace: Workspace) -> str:
    since = await store.kill_switch.since(workspace)
    return f"{workspace}: changes are " + (f"off since {_time(since)}" if since else "on")


async def check_audit(settings: Settings) -> tuple[bool, list[str]]:
    """Follow each workspace's chain; say whether all hold, and what was found."""
    well, lines = True, []
    async with opened(settings) as store:
        for workspace in await store.kill_switch.workspaces():
            checked = await store.audit.check(workspace)
            well = well and not checked.broken
            lines.append(f"{workspace}: {_found(checked)}")
    return well, lines or [NOBODY]


def _found(checked: ChainReport) -> str:
    count = f"{checked.entries} {'entry' if checked.entries == 1 else 'entries'}"
    span = f" from {_time(checked.first)} to {_time(checked.last)}" if checked.entries else ""
    if not checked.broken:
        return f"{count}{span}, the chain holds"
    return f"BROKEN after {count}{span}: {checked.broken}. {BROKEN}"


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` on, up to and without ``until`` (unix seconds)."""

    since: float
    until: float

    def __contains__(self, at: float) -> bool:
        return self.since <= at < self.until


def moment(said: str, now: float) -> float:
    """Read a date, a date and time (UTC unless it says otherwise), or a span before now.

    Raises ValueError with what can be written.
    """
    if found := _SPAN.fullmatch(said):
        return now - int(found[1]) * _UNITS[found[2]]
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError(f"“{said}” is no time. Write 2026-11-01, 2026-11-01T08:00 or 7d") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def span_of(since: str, until: str, now: float) -> Span:
    """Return the time between; it has no end where ``until`` is empty.

    Raises ValueError as ``moment`` does, and where nothing could be in it.
    """
    span = Span(moment(since, now), moment(until, now) if until else math.inf)
    if span.since >= span.until:
        raise ValueError("--since is not before --until. Leave --until out to get all there is")
    return span


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How many entries were written, and how many could not be: they do not open."""

    written: int
    unread: int

    @property
    def in_words(self) -> str:
        count = f"{self.written} {'entry' if self.written == 1 else 'entries'} written."
        if not self.unread:
            return count
        why = "their key is not in the ring, or somebody altered them"
        return f"{count} {self.unread} do not open: {why}. See: edfs-bot audit verify"


async def export_audit(
    settings: Settings, span: Span, form: Form, write: Callable[[str], object]
) -> ExportReport:
    """Write the entries of that time, a record each, the oldest first; hold no more than a page."""
    written = unread = 0
    if form == "csv":
        write(_csv_line(FIELDS))
    async with opened(settings) as store:
        for workspace in await store.kill_switch.workspaces():
            async for entry in store.audit.oldest(workspace):
                if entry is None:
                    unread += 1
                elif entry.at in span:
                    write(_written(record(workspace, entry), form))
                    written += 1
    return ExportReport(written, unread)


def _written(said: Record, form: Form) -> str:
    if form == "jsonl":
        return json.dumps(said, ensure_ascii=False) + "\n"
    return _csv_line(cell(said[field]) for field in FIELDS)


def _csv_line(cells: Iterable[str]) -> str:
    """Return one line as RFC 4180 has it."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


@contextlib.contextmanager
def finished(path: Path) -> Iterator[TextIO]:
    """Open a file that gets its name when all of it is written; nobody else may read it.

    Raises OSError.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


async def audit_lines(settings: Settings, count: int) -> list[str]:
    """Return the newest entries, oldest first, a line each."""
    async with opened(settings) as store:
        return [
            _line(workspace, entry)
            for workspace in await store.kill_switch.workspaces()
            for entry in await store.audit.read(workspace, count)
        ]


def _line(workspace: Workspace, entry: AuditEntry) -> str:
    facts = " ".join(f"{name}={value!r}" for name, value in entry.facts.items() if value)
    who = entry.person or "-"
    return f"{workspace} {entry.number} {_time(entry.at)} {entry.event} {who} {facts}".rstrip()


async def undelivered(settings: Settings) -> list[str]:
    """Return what Slack never took, the newest first, a line each."""
    async with opened(settings) as store:
        lines = [
            f"{workspace} {_time(lost.at)} {lost.channel} {lost.record} {lost.reason}"
            for workspace in await store.kill_switch.workspaces()
            for lost in await store.dead_letters.read(workspace)
        ]
    return lines or ["Slack has taken everything."]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
