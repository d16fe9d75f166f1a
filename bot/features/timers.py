"""Timers: finding the one a person named, switching it, undoing, listing and showing."""

from typing import Literal

from bot.core.asked import Asked
from bot.core.commands import ListTimers, Show, Switch, Undo
from bot.core.errors import CannotUndo, Gone, TimerBusy, TimerGone, WritesOff
from bot.core.events import Taken
from bot.core.names import OperationId
from bot.core.operations import UNDO_LIMIT, Acting, Operation, Seen, State, Terms
from bot.core.outcomes import (
    AlreadySo,
    Begun,
    DetailsShown,
    ITwinsListed,
    Outcome,
    SameAgain,
    TimerShown,
    TimersListed,
)
from bot.core.schedules import next_run
from bot.core.timers import ITwin, LastSeen, Timer
from bot.core.transitions import after
from bot.features.finding import Finding
from bot.gateways.edfs import Caller
from bot.gateways.ims import Bearer
from bot.gateways.reach import Gateways, with_token


async def switch(gateways: Gateways, asked: Asked, command: Switch) -> Outcome:
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    bearer, timer = await finding.timer(itwin, command.timer)
    wanted = not timer.enabled if command.verb == "toggle" else command.verb == "enable"
    shown = await _shown(gateways, asked, itwin, timer)
    if timer.enabled is wanted:
        return AlreadySo(shown)
    return await _begin(
        gateways, _operation(asked, gateways.terms, command, bearer, shown, wanted=wanted)
    )


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
    shown = await _shown(gateways, asked, first.itwin, timer)
    return await _begin(
        gateways, _operation(asked, gateways.terms, command, bearer, shown, wanted=not first.wanted)
    )


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
    shown = await _shown(gateways, asked, operation.itwin, timer)
    return DetailsShown(shown, acting_of(bearer))


async def show(gateways: Gateways, asked: Asked, command: Show) -> Outcome:
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    _, timer = await finding.timer(itwin, command.timer)
    return await _shown(gateways, asked, itwin, timer)


async def listed(gateways: Gateways, asked: Asked, command: ListTimers) -> Outcome:
    finding = Finding(gateways, asked, command)
    if not command.itwin:
        return ITwinsListed(await finding.itwins())
    itwin = await finding.itwin(command.itwin)
    _, timers = await finding.timers(itwin)
    return TimersListed(itwin, tuple(sorted(timers, key=lambda timer: timer.label.casefold())))


def acting_of(bearer: Bearer) -> Acting:
    account = bearer.account
    return Acting(account.subject, account.name, account.email)


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


async def _shown(gateways: Gateways, asked: Asked, itwin: ITwin, timer: Timer) -> TimerShown:
    """Say of a timer just read what else is known, and remember how it was seen."""
    timers = gateways.store.timers
    last = await timers.last_seen(asked.workspace, itwin.id, timer.id)
    outside = last.at if last is not None and last.enabled is not timer.enabled else 0.0
    if last is None or outside or last.by is None:
        seen = LastSeen(timer.enabled, asked.now)
        await timers.saw(asked.workspace, itwin.id, timer.id, seen)
    following = next_run(timer.cron, asked.now, gateways.schedule_zone) if timer.enabled else None
    return TimerShown(itwin, timer, following, last, outside)


def _operation(
    asked: Asked,
    terms: Terms,
    command: Switch | Undo,
    bearer: Bearer,
    shown: TimerShown,
    *,
    wanted: bool,
) -> Operation:
    switching = command if isinstance(command, Switch) else None
    operation = Operation(
        id=asked.id,
        workspace=asked.workspace,
        person=asked.who,
        acting=acting_of(bearer),
        verb=switching.verb if switching else "undo",
        itwin=shown.itwin,
        timer=shown.timer.without_values(),
        definition=shown.timer.definition(),
        wanted=wanted,
        place=asked.place,
        asked_at=asked.now,
        terms=terms,
        because=switching.because if switching else "",
        undoes=command.operation if isinstance(command, Undo) else None,
        changed_outside_since=shown.changed_outside_since,
        seen=Seen(shown.timer.enabled, asked.now),
    )
    return after(operation, Taken(asked.now))


async def _begin(gateways: Gateways, operation: Operation) -> Outcome:
    begun = await gateways.store.operations.begin(operation)
    match begun.how:
        case "new" | "kept":
            await gateways.store.drawings.hand_over(operation)
            return Begun(operation)
        case "again":
            same = await gateways.store.operations.read(operation.workspace, begun.operation)
            if same is None:
                raise TimerGone(operation.timer.label)
            return SameAgain(same)
        case "busy":
            raise TimerBusy(begun.operation)
        case "undone":
            raise CannotUndo("undone")
        case "off":
            raise WritesOff
