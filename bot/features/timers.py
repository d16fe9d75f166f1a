"""Timers: finding the one a person named, switching it, undoing, listing and showing."""

from dataclasses import replace
from typing import Literal

from bot.core.errors import CannotUndo, Gone
from bot.core.invocation import Asked
from bot.core.language.commands import ListTimers, Show, Switch, Undo
from bot.core.language.until import Doubtful, Until, definite, read
from bot.core.listings import ITwinsListed, TimerShown, TimersListed
from bot.core.names import OperationId
from bot.core.operations.operation import UNDO_LIMIT, Operation, State
from bot.core.outcomes import AlreadySo, DetailsShown, Outcome, TimeAsked
from bot.core.timers import Timer
from bot.features.open_items import standing_in, standing_of
from bot.features.resolver import Finding
from bot.features.starting import acting_of, shown, weigh, wish
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer


async def switch(gateways: Gateways, asked: Asked, command: Switch) -> Outcome:
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    bearer, timer = await finding.timer(itwin, command.timer)
    wanted = not timer.enabled if command.verb == "toggle" else command.verb == "enable"
    found = await shown(gateways, asked, itwin, timer)
    until: Until | None = None
    if command.until:
        zone = asked.person.zone
        match read(command.until, asked.now, zone, timer.cron, gateways.schedule_zone):
            case Doubtful() as doubtful:
                return _which_time(command, found, doubtful, zone)
            case Until() as until:
                pass
    # What is off already can still be given an end.
    if timer.enabled is wanted and until is None:
        return AlreadySo(await _with_standing(gateways, asked, found))
    wished = wish(
        asked, gateways.terms, command, acting_of(bearer), found, wanted=wanted, until=until
    )
    return await weigh(gateways, asked, wished)


def _which_time(command: Switch, found: TimerShown, doubtful: Doubtful, zone: str) -> TimeAsked:
    clear = replace(command, itwin=found.itwin.id, timer=found.timer.id)
    choices = tuple((at, str(replace(clear, until=definite(at, zone)))) for at in doubtful.moments)
    return TimeAsked(found, doubtful.why, choices)


async def undo(gateways: Gateways, asked: Asked, command: Undo) -> Outcome:
    """Bring back what an operation changed, while the state is still what it left."""
    first = await gateways.store.operations.read(asked.workspace, command.operation)
    if first is None:
        raise CannotUndo("unknown")
    if not first.state.ended:
        raise CannotUndo("unfinished")
    if first.state is not State.APPLIED:
        raise CannotUndo("not_applied")
    if asked.now > first.changed_at + UNDO_LIMIT:
        raise CannotUndo("late")
    if await gateways.store.operations.undone(asked.workspace, first.id):
        raise CannotUndo("undone")
    bearer, timer = await _fresh(gateways, asked, first)
    if timer.enabled is not first.wanted:
        raise CannotUndo("changed")
    found = await shown(gateways, asked, first.itwin, timer)
    wished = wish(asked, gateways.terms, command, acting_of(bearer), found, wanted=not first.wanted)
    return await weigh(gateways, asked, wished)


Press = Literal["enable", "disable", "undo", "details"]


async def press(gateways: Gateways, asked: Asked, pressed: OperationId, verb: Press) -> Outcome:
    """What a button on a card stands for: a switch of the very timer the card is about."""
    operation = await _known(gateways, asked, pressed)
    match verb:
        case "undo":
            return await undo(gateways, asked, Undo(pressed))
        case "details":
            return await details(gateways, asked, operation)
        case _:
            command = Switch(verb, operation.itwin.id, operation.timer.id)
            return await switch(gateways, asked, command)


async def details(gateways: Gateways, asked: Asked, operation: Operation) -> Outcome:
    bearer, timer = await _fresh(gateways, asked, operation)
    found = await shown(gateways, asked, operation.itwin, timer)
    found = await _with_standing(gateways, asked, found)
    return DetailsShown(found, acting_of(bearer))


async def show(gateways: Gateways, asked: Asked, command: Show) -> Outcome:
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    _, timer = await finding.timer(itwin, command.timer)
    return await _with_standing(gateways, asked, await shown(gateways, asked, itwin, timer))


async def _with_standing(gateways: Gateways, asked: Asked, found: TimerShown) -> TimerShown:
    return replace(found, standing=await standing_of(gateways, asked, found.itwin, found.timer.id))


async def listed(gateways: Gateways, asked: Asked, command: ListTimers) -> Outcome:
    finding = Finding(gateways, asked, command)
    if not command.itwin:
        return ITwinsListed(await finding.itwins(), command.page)
    itwin = await finding.itwin(command.itwin)
    _, timers = await finding.timers(itwin)
    standing = await standing_in(gateways, asked, itwin)
    return TimersListed(itwin, tuple(sorted(timers, key=Timer.in_lists)), standing, command.page)


async def _known(gateways: Gateways, asked: Asked, operation: OperationId) -> Operation:
    found = await gateways.store.operations.read(asked.workspace, operation)
    if found is None:
        raise Gone("operation")
    return found


async def _fresh(gateways: Gateways, asked: Asked, operation: Operation) -> tuple[Bearer, Timer]:
    """Read the operation's timer as it is now, with the token of whoever asks."""

    async def read(caller: Caller) -> Timer:
        return await gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

    return await with_token(gateways, asked.workspace, asked.who, read)
