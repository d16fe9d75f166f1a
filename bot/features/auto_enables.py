"""Returns: the end of an "off until", and what is off."""

import asyncio

from bot.core.auto_enables import Closed, How, Phase, Return, after
from bot.core.errors import ApiError, Gone, ReturnOver
from bot.core.invocation import Asked
from bot.core.language.commands import Bring, ListTimers, Switch
from bot.core.listings import Off, OffListed
from bot.core.names import ITwinId, PersonId
from bot.core.outcomes import AlreadySo, Outcome
from bot.core.timers import ITwin, LastSeen, Timer
from bot.features.open_items import held
from bot.features.resolver import Finding
from bot.features.starting import shown
from bot.gateways.gateways import Gateways

MOST_ITWINS = 25
AT_ONCE = 4


async def meant(gateways: Gateways, asked: Asked, command: Bring) -> Switch:
    """Return the switch that changes a return: back on now, off until later, or off for good.

    So policy, approval, audit and card hold for it as for any switch. Raises Gone, ReturnOver.
    """
    back = await gateways.store.returns.read(asked.workspace, command.off)
    if back is None:
        raise Gone("return")
    if back.phase is Phase.CLOSED:
        raise ReturnOver(back.how or "kept", back.closed_by)
    place = (back.itwin.id, back.timer.id)
    match command.verb:
        case "return":
            return Switch("enable", *place)
        case "extend":
            return Switch("disable", *place, back.because, command.until)
        case "keep":
            return Switch("disable", *place, back.because, "for good")


async def seen(gateways: Gateways, asked: Asked, command: Bring, outcome: Outcome) -> Outcome:
    """Whoever wants it back finds it on already: then nothing is left to bring back."""
    if command.verb == "return" and isinstance(outcome, AlreadySo):
        back = await gateways.store.returns.read(asked.workspace, command.off)
        if back is not None:
            await close(gateways, back, "already")
    return outcome


async def close(
    gateways: Gateways, back: Return, how: How, by: PersonId | None = None
) -> Return | None:
    """End it, whatever else moves it meanwhile; None when it was over before."""
    store = gateways.store.returns
    now: Return | None = back
    while now is not None and now.phase is not Phase.CLOSED:
        over = after(now, Closed(gateways.clock(), how, by))
        if (await store.change(now, over)).how == "won":
            return over
        now = await store.read(back.workspace, back.id)
    return None


async def listed(
    gateways: Gateways,
    asked: Asked,
    command: ListTimers,
    first: frozenset[ITwinId] = frozenset(),
    most: int = MOST_ITWINS,
) -> OffListed:
    """Read, with the person's own token, what is off; ``first`` are iTwins to begin with.

    ``most`` iTwins are read: each is a request of the person's share.
    """
    finding = Finding(gateways, asked, command)
    if command.itwin:
        itwin = await finding.itwin(command.itwin)
        _, timers = await finding.timers(itwin)
        off = await _off(gateways, asked, itwin, timers)
        return OffListed(off, itwin=itwin, page=command.page)
    itwins = await _likeliest_first(gateways, asked, await finding.itwins(), first)
    turns = asyncio.Semaphore(AT_ONCE)

    async def read(itwin: ITwin) -> tuple[Off, ...] | None:
        async with turns:
            try:
                _, timers = await finding.timers(itwin)
            except ApiError:
                return None
            return await _off(gateways, asked, itwin, timers)

    looked, left = itwins[:most], len(itwins[most:])
    answers = list(zip(looked, await asyncio.gather(*map(read, looked)), strict=True))
    found = tuple(one for _, off in answers for one in off or ())
    unread = tuple(itwin for itwin, off in answers if off is None)
    return OffListed(found, unread, left, page=command.page)


async def _likeliest_first(
    gateways: Gateways, asked: Asked, itwins: tuple[ITwin, ...], first: frozenset[ITwinId]
) -> list[ITwin]:
    """Where something is known to be off, asked for, told of or changed comes first."""
    store, workspace = gateways.store, asked.workspace
    known = {back.itwin.id for back in await store.returns.open(workspace)}
    known |= {one.wish.itwin.id for one in await store.approvals.open(workspace)}
    known |= {one.itwin.id for one in await store.subscriptions.open(workspace)}
    known |= set(await store.indexes.changed_last(workspace))
    return sorted(itwins, key=lambda itwin: (itwin.id not in known, itwin.id not in first))


async def _off(
    gateways: Gateways, asked: Asked, itwin: ITwin, timers: tuple[Timer, ...]
) -> tuple[Off, ...]:
    off = sorted((one for one in timers if not one.enabled), key=Timer.in_lists)
    return tuple([await _known(gateways, asked, itwin, timer) for timer in off])


async def _known(gateways: Gateways, asked: Asked, itwin: ITwin, timer: Timer) -> Off:
    """Say since when, by whom and why, as far as the bot knows."""
    before = (await shown(gateways, asked, itwin, timer)).last_seen
    # What was last seen on was turned off elsewhere, at a time that nobody knows.
    last = before if before and not before.enabled else LastSeen(enabled=False, at=asked.now)
    back = await held(gateways, itwin, timer.id, asked)
    because = back.because if back else ""
    if last.operation is not None and not because:
        operation = await gateways.store.operations.read(asked.workspace, last.operation)
        because = operation.because if operation else ""
    return Off(itwin, timer, last, because, back)
