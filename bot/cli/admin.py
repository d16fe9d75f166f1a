"""The admin's commands, run on a store that running bots may be using."""

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
from typing import TextIO

from bot.app import ring_of, store_url
from bot.core.audit import FIELDS, ExportFormat, Record, cell, record
from bot.core.names import Workspace
from bot.gateways.store import Store, open_store
from bot.gateways.store.audit import AuditEntry, ChainReport
from bot.settings import Settings

BROKEN = "Keep the store as it is, and compare with the log"
_SPAN = re.compile(r"([0-9]{1,5})([mhdw])", re.ASCII)
_UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}

NO_WORKSPACE = "No workspace yet: start the bot once, then ask again."
SENT = "What was sent before ends by itself, and its card says so."


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the store of the settings. Raises StoreUnreachable."""
    async with contextlib.AsyncExitStack() as stack:
        store = open_store(await store_url(settings, stack), ring_of(settings))
        stack.push_async_callback(store.aclose)
        await store.ping()
        yield store


async def turn_changes(settings: Settings, now: float, *, on: bool) -> list[str]:
    """Turn all changes on or off, in every workspace and replica, before this returns."""
    async with opened(settings) as store:
        workspaces = await store.kill_switch.workspaces()
        for workspace in workspaces:
            if on:
                await store.kill_switch.release(workspace, now)
            else:
                await store.kill_switch.engage(workspace, now)
        lines = [await _state(store, workspace) for workspace in workspaces]
    return [*lines, *([] if on else [SENT])] if lines else [NO_WORKSPACE]


async def writes(settings: Settings) -> list[str]:
    async with opened(settings) as store:
        workspaces = await store.kill_switch.workspaces()
        return [await _state(store, workspace) for workspace in workspaces] or [NO_WORKSPACE]


async def _state(store: Store, workspace: Workspace) -> str:
    since = await store.kill_switch.since(workspace)
    return f"{workspace}: changes are " + (f"off since {_time(since)}" if since else "on")


async def check_audit(settings: Settings) -> tuple[bool, list[str]]:
    """Verify each workspace's hash chain; return whether all are intact, and a line for each."""
    intact, lines = True, []
    async with opened(settings) as store:
        for workspace in await store.kill_switch.workspaces():
            report = await store.audit.check(workspace)
            intact = intact and not report.broken
            lines.append(f"{workspace}: {_report(report)}")
    return intact, lines or [NO_WORKSPACE]


def _report(report: ChainReport) -> str:
    count = f"{report.entries} {'entry' if report.entries == 1 else 'entries'}"
    span = f" from {_time(report.first)} to {_time(report.last)}" if report.entries else ""
    if not report.broken:
        return f"{count}{span}, the chain holds"
    return f"BROKEN after {count}{span}: {report.broken}. {BROKEN}"


@dataclass(frozen=True, slots=True)
class Span:
    """The time from ``since`` up to, but not including, ``until`` (unix seconds)."""

    since: float
    until: float

    def __contains__(self, at: float) -> bool:
        return self.since <= at < self.until


def moment(text: str, now: float) -> float:
    """Parse a date, a date and time (UTC without an offset), or a span before ``now``.

    Raises ValueError with what can be written.
    """
    if found := _SPAN.fullmatch(text):
        return now - int(found[1]) * _UNITS[found[2]]
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is no time. Write 2026-11-01, 2026-11-01T08:00 or 7d") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def span_of(since: str, until: str, now: float) -> Span:
    """Return the span between two times; it has no end when ``until`` is empty.

    Raises ValueError as ``moment`` does, and for a span that is empty.
    """
    span = Span(moment(since, now), moment(until, now) if until else math.inf)
    if span.since >= span.until:
        raise ValueError("--since is not before --until. Leave --until out to get all there is")
    return span


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How many entries were written, and how many could not be opened."""

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
    settings: Settings, span: Span, form: ExportFormat, write: Callable[[str], object]
) -> ExportReport:
    """Write the entries of a span, one record each, oldest first, reading page by page."""
    written = unread = 0
    if form == "csv":
        write(_csv_line(FIELDS))
    async with opened(settings) as store:
        for workspace in await store.kill_switch.workspaces():
            async for entry in store.audit.oldest(workspace):
                if entry is None:
                    unread += 1
                elif entry.at in span:
                    write(_format(record(workspace, entry), form))
                    written += 1
    return ExportReport(written, unread)


def _format(row: Record, form: ExportFormat) -> str:
    if form == "jsonl":
        return json.dumps(row, ensure_ascii=False) + "\n"
    return _csv_line(cell(row[field]) for field in FIELDS)


def _csv_line(cells: Iterable[str]) -> str:
    """Return one line in the format of RFC 4180."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


@contextlib.contextmanager
def finished(path: Path) -> Iterator[TextIO]:
    """Open a file that gets its name when it is complete; only its owner may read it.

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
    """Return the newest entries, oldest first, one line each."""
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
    """Return the messages that Slack rejected for good, newest first, one line each."""
    async with opened(settings) as store:
        lines = [
            f"{workspace} {_time(letter.at)} {letter.channel} {letter.record} {letter.reason}"
            for workspace in await store.kill_switch.workspaces()
            for letter in await store.dead_letters.read(workspace)
        ]
    return lines or ["Slack has taken everything."]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
