"""History: what happened to timers, for those whose own token can read them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.core.errors import Forbidden, Invalid, NoSuchName, NotFound
from bot.core.history import PastEvent, past_events
from bot.core.invocation import Invocation
from bot.core.language.commands import History
from bot.core.listings import HistoryShown
from bot.core.names import ITwinId, Workspace, normalized
from bot.core.outcomes import Outcome
from bot.core.timers import ITwin
from bot.features.resolver import NameResolver
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry

SCANNED = 5_000  # entries of the trail, at most
PAGE = 10  # events
ASKED = 8  # iTwins whose timers are read where none is named, at most


@dataclass(frozen=True, slots=True)
class Past:
    """What the newest part of the trail tells, the newest first."""

    events: tuple[PastEvent, ...]
    cut: bool
    unread: bool


async def show_history(gateways: Gateways, invocation: Invocation, command: History) -> Outcome:
    """Nothing is told of an iTwin before this person's own token has read its timers just now.

    Raises what finding raises, for an iTwin that was named.
    """
    resolver = NameResolver(gateways, invocation, command)
    if not command.itwin:
        return await _of_all(gateways, invocation, command, resolver)
    itwin = await resolver.itwin(command.itwin)
    if not command.timer:
        await resolver.timers(itwin)
        past = await _past(gateways, invocation.workspace)
        events = [event for event in past.events if event.itwin == itwin.id]
        return _page(past, events, History(itwin.id, "", command.before), (itwin,))
    return await _of_timer(gateways, invocation, command, resolver, itwin)


async def _of_timer(
    gateways: Gateways,
    invocation: Invocation,
    command: History,
    resolver: NameResolver,
    itwin: ITwin,
) -> Outcome:
    """Find what was named among the timers there are, else among those there were."""
    missing: NoSuchName | None = None
    identity, name, label = "", command.timer, command.timer
    try:
        _, timer = await resolver.timer(itwin, command.timer)
        identity, name, label = timer.id, timer.name, timer.label
    except NoSuchName as error:  # their timers were read all the same
        identity, missing = normalized(command.timer), error
    past = await _past(gateways, invocation.workspace)
    events = [event for event in past.events if event.itwin == itwin.id]
    events = [event for event in events if event.is_of(identity, name)]
    if missing is not None and not events:
        raise missing
    following = History(itwin.id, command.timer if missing else identity, command.before)
    return _page(past, events, following, (itwin,), label)


async def _of_all(
    gateways: Gateways, invocation: Invocation, command: History, resolver: NameResolver
) -> HistoryShown:
    """Go through the newest events; each iTwin of theirs is read before any of it is told."""
    names = {itwin.id: itwin for itwin in await resolver.itwins()}
    past = await _past(gateways, invocation.workspace)
    readable: dict[ITwinId, bool] = {}
    events: list[PastEvent] = []
    for event in _before(past.events, command.before):
        itwin = names.get(event.itwin)
        if itwin is None or (event.itwin not in readable and len(readable) == ASKED):
            continue
        if event.itwin not in readable:
            readable[event.itwin] = await _reads(resolver, itwin)
        if readable[event.itwin]:
            events.append(event)
        if len(events) > PAGE:
            break
    told_of = tuple(names[one] for one, may in readable.items() if may)
    return _page(past, events, replace(command, everywhere=True), told_of)


async def _reads(resolver: NameResolver, itwin: ITwin) -> bool:
    """Whether this person's token reads its timers. What is not about rights is raised."""
    try:
        await resolver.timers(itwin)
    except (Forbidden, NotFound, Invalid):
        return False
    return True


async def _past(gateways: Gateways, workspace: Workspace) -> Past:
    entries: list[AuditEntry] = []
    read = 0
    async for entry in gateways.store.audit.newest(workspace, SCANNED):
        read += 1
        if entry is not None:
            entries.append(entry)
    return Past(past_events(entries), cut=read == SCANNED, unread=read > len(entries))


def _before(events: Iterable[PastEvent], number: int) -> list[PastEvent]:
    return [event for event in events if not number or event.number < number]


def _page(
    past: Past,
    events: Iterable[PastEvent],
    command: History,
    itwins: tuple[ITwin, ...],
    timer: str = "",
) -> HistoryShown:
    """Show the first of the events; ``command`` would show the same."""
    left = _before(events, command.before)
    page = tuple(left[:PAGE])
    older = len(left) > PAGE
    return HistoryShown(
        events=page,
        itwins=itwins,
        itwin=itwins[0] if command.itwin else None,
        timer=timer,
        command=command,
        older=older,
        cut=past.cut and not older,
        unread=past.unread,
    )
