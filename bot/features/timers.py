"""Timers: switching, undoing, listing and showing them."""

from dataclasses import replace
from typing import Literal

from bot.core.change_requests import draft_operation
from bot.core.errors import CannotUndo, Choice, NotAvailable, PartOfName
from bot.core.invocation import Invocation
from bot.core.language.commands import ListTimers, Redo, Show, Switch, Undo
from bot.core.language.until import AmbiguousTime, Until, format_until, parse_until
from bot.core.listings import ITwinsListed, TimerShown, TimersListed
from bot.core.names import OperationId
from bot.core.operations.operation import UNDO_LIMIT, Operation, State
from bot.core.outcomes import AlreadyInState, DetailsShown, Outcome, TimeChoiceNeeded
from bot.core.timers import Timer
from bot.features.open_items import open_items_in, open_items_of
from bot.features.references import ask_first, end_to_restore
from bot.features.resolver import NameResolver
from bot.features.starting import authorize_and_start, observe, started_before
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer


async def switch(
    gateways: Gateways,
    invocation: Invocation,
    command: Switch,
    resolver: NameResolver | None = None,
) -> Outcome:
    """Bring a timer to a state. Raises PartOfName where only a part of its name was typed."""
    resolver = resolver or NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    bearer, timer = await resolver.timer(itwin, command.timer)
    wanted = not timer.enabled if command.verb == "toggle" else command.verb == "enable"
    found = await observe(gateways, invocation, itwin, timer)
    until: Until | None = None
    if command.until:
        zone = invocation.person.zone
        match parse_until(command.until, invocation.now, zone, timer.cron, gateways.schedule_zone):
            case AmbiguousTime() as ambiguous:
                return _which_time(command, found, ambiguous, zone)
            case Until() as until:
                pass
    # A disabled timer can still be given an end.
    if timer.enabled is wanted and until is None:
        return AlreadyInState(await _with_open_items(gateways, invocation, found))
    if resolver.partly:
        whole = str(resolver.complete(command, itwin, timer))
        raise PartOfName(resolver.partly, Choice(timer.label, itwin.distinct, whole))
    operation = draft_operation(
        invocation,
        gateways.timeouts,
        command,
        bearer.account.acting,
        found,
        wanted=wanted,
        until=until,
    )
    return await authorize_and_start(gateways, invocation, operation)


def _which_time(
    command: Switch, found: TimerShown, ambiguous: AmbiguousTime, zone: str
) -> TimeChoiceNeeded:
    with_ids = replace(command, itwin=found.itwin.id, timer=found.timer.id)
    choices = tuple(
        (at, str(replace(with_ids, until=format_until(at, zone)))) for at in ambiguous.moments
    )
    return TimeChoiceNeeded(found, ambiguous.why, choices)


async def redo(gateways: Gateways, invocation: Invocation, command: Redo) -> Outcome:
    """Take an undo back, once the person has confirmed it; else as ``undo``."""
    try:
        return await undo(gateways, invocation, command)
    except CannotUndo as error:
        raise CannotUndo(error.reason, redo=True) from None


async def undo(gateways: Gateways, invocation: Invocation, command: Undo | Redo) -> Outcome:
    """Undo an operation, while the timer is still in the state that it left.

    The command names its whole id. Raises CannotUndo.
    """
    operations, workspace = gateways.store.operations, invocation.workspace
    if (started := await started_before(gateways, invocation)) is not None:
        return started
    first = await operations.read(workspace, OperationId(command.operation))
    if first is None:
        raise CannotUndo("unknown")
    if not first.state.ended:
        raise CannotUndo("unfinished")
    if first.state is not State.APPLIED:
        raise CannotUndo("not_applied")
    if invocation.now > first.changed_at + UNDO_LIMIT:
        raise CannotUndo("late")
    if await operations.undone_by(workspace, first.id):
        raise CannotUndo("undone")
    bearer, timer = await _fresh(gateways, invocation, first)
    if timer.enabled is not first.wanted:
        raise CannotUndo("changed")
    if isinstance(command, Redo) and not invocation.confirmed:
        return await ask_first(gateways, invocation, command, first)
    found = await observe(gateways, invocation, first.itwin, timer)
    operation = draft_operation(
        invocation,
        gateways.timeouts,
        command,
        bearer.account.acting,
        found,
        wanted=not first.wanted,
        until=await end_to_restore(gateways, invocation, first),
    )
    return await authorize_and_start(gateways, invocation, operation)


CardAction = Literal["enable", "disable", "undo", "details"]


async def act_on_card(
    gateways: Gateways, invocation: Invocation, pressed: OperationId, verb: CardAction
) -> Outcome:
    """Run the action of a button on a card, on the card's own timer."""
    operation = await _known(gateways, invocation, pressed)
    match verb:
        case "undo":
            return await undo(gateways, invocation, Undo(pressed))
        case "details":
            return await details(gateways, invocation, operation)
        case _:
            command = Switch(verb, operation.itwin.id, operation.timer.id)
            return await switch(gateways, invocation, command)


async def details(gateways: Gateways, invocation: Invocation, operation: Operation) -> Outcome:
    bearer, timer = await _fresh(gateways, invocation, operation)
    found = await observe(gateways, invocation, operation.itwin, timer)
    found = await _with_open_items(gateways, invocation, found)
    return DetailsShown(found, bearer.account.acting)


async def show(
    gateways: Gateways, invocation: Invocation, command: Show, resolver: NameResolver | None = None
) -> Outcome:
    resolver = resolver or NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    _, timer = await resolver.timer(itwin, command.timer)
    return await _with_open_items(
        gateways, invocation, await observe(gateways, invocation, itwin, timer)
    )


async def _with_open_items(
    gateways: Gateways, invocation: Invocation, found: TimerShown
) -> TimerShown:
    return replace(
        found, open_items=await open_items_of(gateways, invocation, found.itwin, found.timer.id)
    )


async def listed(gateways: Gateways, invocation: Invocation, command: ListTimers) -> Outcome:
    resolver = NameResolver(gateways, invocation, command)
    if not command.itwin:
        return ITwinsListed(await resolver.itwins(), command.page)
    itwin = await resolver.itwin(command.itwin)
    _, timers = await resolver.timers(itwin)
    open_items = await open_items_in(gateways, invocation, itwin)
    return TimersListed(itwin, tuple(sorted(timers, key=Timer.in_lists)), open_items, command.page)


async def _known(gateways: Gateways, invocation: Invocation, operation: OperationId) -> Operation:
    found = await gateways.store.operations.read(invocation.workspace, operation)
    if found is None:
        raise NotAvailable("operation")
    return found


async def _fresh(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> tuple[Bearer, Timer]:
    """Read the operation's timer as it is now, with the person's own token."""

    async def read(caller: Caller) -> Timer:
        return await gateways.edfs.timer(caller, operation.itwin.id, operation.timer.id)

    bearer, timer = await with_token(gateways, invocation.workspace, invocation.who, read)
    # Only a list tells whether others have its name; the one that it was taken from did.
    return bearer, replace(timer, beside=operation.timer.beside)
