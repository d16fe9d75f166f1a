"""History: the audit trail of timers, for people whose own token can read them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.core.errors import Forbidden, Invalid, NoSuchName, NotFound
from bot.core.folding import folded
from bot.core.history import PastEvent, past_events
from bot.core.invocation import Invocation
from bot.core.language.commands import History
from bot.core.listings import HistoryShown
from bot.core.names import ITwinId, Workspace
from bot.core.outcomes import Outcome
from bot.core.timers import ITwin
from bot.features.resolver import NameResolver
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry

MAX_SCANNED = 5_000  # entries of the trail
PAGE = 10  # events
MAX_ITWINS = 8  # whose timers are read when the command names none


@dataclass(frozen=True, slots=True)
class Past:
    """The events of the newest part of the trail, newest first.

    ``cut``: the trail has older entries. ``unread``: some entries could not be opened.
    """

    events: tuple[PastEvent, ...]
    cut: bool
    unread: bool


async def show_history(
    gateways: Gateways,
    invocation: Invocation,
    command: History,
    resolver: NameResolver | None = None,
) -> Outcome:
    """Show a page of events, of iTwins whose timers the person's own token has just read.

    Raises NoSuchName, AmbiguousName, SignInNeeded, ApiError.
    """
    resolver = resolver or NameResolver(gateways, invocation, command)
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
    """Show the events of one timer, which may have been deleted."""
    missing: NoSuchName | None = None
    identity, name, label = "", command.timer, command.timer
    try:
        _, timer = await resolver.timer(itwin, command.timer)
        identity, name, label = timer.id, timer.name, timer.distinct
    except NoSuchName as error:  # the timers were read nevertheless
        identity, missing = folded(command.timer), error
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
    """Show the newest events of the person's iTwins, each read before its events are shown."""
    names = {itwin.id: itwin for itwin in await resolver.itwins()}
    past = await _past(gateways, invocation.workspace)
    readable: dict[ITwinId, bool] = {}
    events: list[PastEvent] = []
    for event in _before(past.events, command.before):
        itwin = names.get(event.itwin)
        if itwin is None or (event.itwin not in readable and len(readable) == MAX_ITWINS):
            continue
        if event.itwin not in readable:
            readable[event.itwin] = await _can_read(resolver, itwin)
        if readable[event.itwin]:
            events.append(event)
        if len(events) > PAGE:
            break
    shown = tuple(names[one] for one, may in readable.items() if may)
    return _page(past, events, replace(command, everywhere=True), shown)


async def _can_read(resolver: NameResolver, itwin: ITwin) -> bool:
    """Whether the person's token can read the timers. Raises errors that are not about rights."""
    try:
        await resolver.timers(itwin)
    except (Forbidden, NotFound, Invalid):
        return False
    return True


async def _past(gateways: Gateways, workspace: Workspace) -> Past:
    entries: list[AuditEntry] = []
    read = 0
    async for entry in gateways.store.audit.newest(workspace, MAX_SCANNED):
        read += 1
        if entry is not None:
            entries.append(entry)
    return Past(past_events(entries), cut=read == MAX_SCANNED, unread=read > len(entries))


def _before(events: Iterable[PastEvent], number: int) -> list[PastEvent]:
    return [event for event in events if not number or event.number < number]


def _page(
    past: Past,
    events: Iterable[PastEvent],
    command: History,
    itwins: tuple[ITwin, ...],
    timer: str = "",
) -> HistoryShown:
    """Return the first page of the events; ``command`` is the one that shows it again."""
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
