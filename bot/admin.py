"""What an admin does from the command line with a store that bots may be using just now."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from bot.app import ring_of, store_url
from bot.core.names import Workspace
from bot.gateways.store import Store, open_store
from bot.gateways.store.audit import Entry
from bot.settings import Settings

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


async def turn_writes(settings: Settings, now: float, *, on: bool) -> list[str]:
    """Switch all changes on or off, for every replica, from the moment this returns."""
    async with opened(settings) as store:
        workspaces = await store.writes.workspaces()
        for workspace in workspaces:
            await store.writes.turn(workspace, now, on=on)
        said = [await _state(store, workspace) for workspace in workspaces]
    return [*said, *([] if on else [SENT])] if said else [NOBODY]


async def writes(settings: Settings) -> list[str]:
    async with opened(settings) as store:
        workspaces = await store.writes.workspaces()
        return [await _state(store, workspace) for workspace in workspaces] or [NOBODY]


async def _state(store: Store, workspace: Workspace) -> str:
    since = await store.writes.since(workspace)
    return f"{workspace}: changes are " + (f"off since {_time(since)}" if since else "on")


async def check_audit(settings: Settings) -> tuple[bool, list[str]]:
    """Follow each workspace's chain; say whether all hold, and what was found."""
    well, lines = True, []
    async with opened(settings) as store:
        for workspace in await store.writes.workspaces():
            checked = await store.audit.check(workspace)
            well = well and not checked.broken
            found = f"BROKEN: {checked.broken}" if checked.broken else "the chain holds"
            lines.append(f"{workspace}: {checked.entries} entries, {found}")
    return well, lines or [NOBODY]


async def audit_lines(settings: Settings, count: int) -> list[str]:
    """Return the newest entries, oldest first, a line each."""
    async with opened(settings) as store:
        return [
            _line(workspace, entry)
            for workspace in await store.writes.workspaces()
            for entry in await store.audit.read(workspace, count)
        ]


def _line(workspace: Workspace, entry: Entry) -> str:
    facts = " ".join(f"{name}={value!r}" for name, value in entry.facts.items() if value)
    who = entry.person or "-"
    return f"{workspace} {entry.number} {_time(entry.at)} {entry.what} {who} {facts}".rstrip()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
