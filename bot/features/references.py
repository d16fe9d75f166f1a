"""Resolves what a command refers to without naming it whole: the beginning of an id, or "last"."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from bot.core.errors import (
    AmbiguousId,
    CannotUndo,
    Choice,
    IdKind,
    NoSuchId,
    NothingToUndo,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Command, Redo, Undo
from bot.core.language.until import SOONEST, Until
from bot.core.names import OperationId, is_own_id
from bot.core.operations.operation import Operation, State
from bot.core.outcomes import UndoQuestion
from bot.core.zones import zone_named
from bot.gateways.gateways import Gateways
from bot.gateways.store.sign_in_links import PendingCommand


class Record(Protocol):
    @property
    def id(self) -> OperationId: ...


Found = TypeVar("Found", bound=Record)


def only_one(
    kind: IdKind, wanted: str, found: Sequence[Found], choice: Callable[[Found], Choice]
) -> Found:
    """Return the one record whose id begins as ``wanted``. Raises NoSuchId, AmbiguousId."""
    if not found:
        raise NoSuchId(kind, wanted)
    if len(found) > 1:
        raise AmbiguousId(kind, wanted, tuple(map(choice, found)))
    return found[0]


def time_for(invocation: Invocation, at: float) -> str:
    """Return a moment in the person's own time zone, for a button that only they see."""
    moment = datetime.fromtimestamp(at, zone_named(invocation.person.zone))
    return f"{moment.day} {moment:%b %H:%M}"


def choice_of(invocation: Invocation, operation: Operation, command: Command) -> Choice:
    """Return the choice of a record of this operation; ``command`` names its whole id.

    Only the person who asked and the channel see which timer it is about.
    """
    at = time_for(invocation, operation.asked_at)
    concerned = operation.requester == invocation.who
    if not concerned and operation.origin.channel != invocation.channel:
        return Choice("From another channel", at, str(command))
    change = "Enable" if operation.wanted else "Disable"
    return Choice(f"{change} {operation.timer.distinct}", at, str(command))


async def save_pending(gateways: Gateways, invocation: Invocation, command: Command) -> None:
    """Store a command that the person has to confirm; a button carries the invocation's id."""
    pending = PendingCommand(invocation.who, invocation.channel, str(command))
    await gateways.store.sign_in_links.save_command(invocation.workspace, invocation.id, pending)


async def find_undo(
    gateways: Gateways, invocation: Invocation, command: Undo
) -> Undo | UndoQuestion:
    """Return the command with a whole id, or the question whether an earlier change is meant.

    The newest change is meant at once. Where that was undone, or nobody can tell whether it took
    effect, the one before is only offered. Raises NoSuchId, AmbiguousId, NothingToUndo, CannotUndo.
    """
    if command.operation:
        return replace(command, operation=await _operation(gateways, invocation, command))
    ours = await gateways.store.operations.read(invocation.workspace, invocation.id)
    if ours is not None and ours.undoes is not None:  # a process died while it answered this
        return replace(command, operation=ours.undoes)
    our_set = await gateways.store.operation_sets.read(invocation.workspace, invocation.id)
    if our_set is not None and our_set.undoes is not None:
        return replace(command, operation=our_set.undoes)
    skipped = False
    async for change in _changes(gateways, invocation):
        if not change.state.ended:
            raise CannotUndo("unfinished")
        if change.verb == "undo" or change.state.changed_nothing:
            continue
        undone = await gateways.store.operations.undone_by(invocation.workspace, change.id)
        if undone is None and change.state is State.APPLIED:
            resolved = replace(command, operation=change.member_of or change.id)
            return await ask_first(gateways, invocation, resolved, change) if skipped else resolved
        skipped = True
    raise NothingToUndo("undo", "done" if skipped else "none")


async def find_redo(gateways: Gateways, invocation: Invocation, command: Redo) -> Redo:
    """Return the command with the whole id of an undo.

    A change that was undone stands for its undo. Raises NoSuchId, AmbiguousId, NothingToUndo,
    CannotUndo.
    """
    operations, workspace = gateways.store.operations, invocation.workspace
    if command.operation:
        named = await _operation(gateways, invocation, command)
        found = await operations.read(workspace, named)
        if found is not None and found.verb != "undo":
            undo = await operations.undone_by(workspace, named)
            if undo is None:
                raise CannotUndo("not_applied", redo=True)
            named = undo
        return replace(command, operation=named)
    skipped = False
    async for change in _changes(gateways, invocation):
        if not change.state.ended:
            raise CannotUndo("unfinished", redo=True)
        if change.verb != "undo" or change.state is not State.APPLIED:
            continue
        if await operations.undone_by(workspace, change.id) is None:
            return replace(command, operation=change.id)
        skipped = True
    raise NothingToUndo("redo", "done" if skipped else "none")


async def ask_first(
    gateways: Gateways, invocation: Invocation, command: Undo | Redo, operation: Operation
) -> UndoQuestion:
    """Store a command that would reverse this operation, and ask whether that is meant."""
    await save_pending(gateways, invocation, command)
    others = 0
    if operation.member_of and operation.member_of == command.operation:
        of_set = await gateways.store.operation_sets.read(invocation.workspace, operation.member_of)
        others = len(of_set.members) - 1 if of_set else 0
    verb: Literal["undo", "redo"] = "undo" if isinstance(command, Undo) else "redo"
    until = await end_to_restore(gateways, invocation, operation)
    at = until.at if until else None
    return UndoQuestion(verb, operation, invocation.id, command.reason, others, at)


async def end_to_restore(
    gateways: Gateways, invocation: Invocation, operation: Operation
) -> Until | None:
    """Return the end that the timer had before this operation enabled it, if it is still ahead."""
    if not operation.wanted:
        return None
    operations, workspace = gateways.store.operations, invocation.workspace
    before = operation.undoes or await operations.older(workspace, operation.id)
    disabled = await operations.read(workspace, before) if before else None
    if disabled is None or disabled.wanted or disabled.until is None or disabled.until.at is None:
        return None
    return disabled.until if disabled.until.at >= invocation.now + SOONEST else None


async def _operation(
    gateways: Gateways, invocation: Invocation, command: Undo | Redo
) -> OperationId:
    """Return the whole id that a command names. Raises NoSuchId, AmbiguousId."""
    wanted = command.operation
    if is_own_id(wanted):
        return OperationId(wanted)
    found = await gateways.store.operations.starting_with(invocation.workspace, wanted)

    def choice(one: Operation) -> Choice:
        return choice_of(invocation, one, replace(command, operation=one.id))

    return only_one("operation", wanted, found, choice).id


def _changes(gateways: Gateways, invocation: Invocation) -> AsyncIterator[Operation]:
    who, channel = invocation.who, invocation.channel
    return gateways.store.operations.changes(invocation.workspace, who, channel)
