"""Undoes a set: restores exactly what it changed and nobody has touched since."""

from dataclasses import dataclass

from bot.core.change_requests import draft_operation
from bot.core.errors import CannotUndo, ReasonRequired
from bot.core.invocation import Invocation
from bot.core.language.commands import Undo
from bot.core.names import OperationId
from bot.core.operation_sets import LeftOut, Member, OperationSet, member_id
from bot.core.operations.operation import UNDO_LIMIT, Operation, State
from bot.core.outcomes import Outcome, SeveralStarted
from bot.core.timers import Timer
from bot.features.drafting import objection_to
from bot.features.operation_sets import Starting
from bot.features.starting import observe
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer


async def undo_set(
    gateways: Gateways, invocation: Invocation, command: Undo, undone: OperationSet
) -> Outcome:
    """Start a set that reverses another one; what was touched since is left out and named.

    Raises CannotUndo where nothing is left to be undone, ReasonRequired, AnsweredMeanwhile, and
    what reading the timers raises.
    """
    known = await gateways.store.operation_sets.read(invocation.workspace, invocation.id)
    if known is not None and known.decided:
        return SeveralStarted(known)
    changes = await _changes(gateways, invocation, undone)

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, undone.itwin.id)

    bearer, timers = await with_token(gateways, invocation.workspace, invocation.who, read)
    now = {one.id: one for one in timers}
    undoing = _Undoing(gateways, invocation, command, undone, bearer)
    if known is None:
        await undoing.check([(one, now.get(one.timer.id)) for one in changes])
    by_timer = {one.timer.id: one for one in changes}

    async def draft(member: Member) -> Operation | LeftOut:
        timer = now.get(member.timer.id)
        return await undoing.draft(by_timer[member.timer.id], timer)

    return await Starting(gateways, invocation, draft).run(undoing.new_set(changes))


async def _changes(
    gateways: Gateways, invocation: Invocation, undone: OperationSet
) -> list[Operation]:
    """Return the operations by which a set changed its timers. Raises CannotUndo."""
    changes: list[Operation] = []
    for member in undone.members:
        identity = member_id(undone.id, member.timer.id)
        operation = await gateways.store.operations.read(undone.workspace, identity)
        if operation is not None and not operation.state.ended:
            raise CannotUndo("unfinished")
        if operation is not None and operation.state is State.APPLIED:
            changes.append(operation)
    if not changes:
        raise CannotUndo("not_applied" if undone.decided else "unfinished")
    if invocation.now > max(one.changed_at for one in changes) + UNDO_LIMIT:
        raise CannotUndo("late")
    return changes


@dataclass(frozen=True, slots=True)
class _Undoing:
    """One person's undo of one set, with their own token."""

    gateways: Gateways
    invocation: Invocation
    command: Undo
    undone: OperationSet
    bearer: Bearer

    async def check(self, changes: list[tuple[Operation, Timer | None]]) -> None:
        """Raise CannotUndo if each change was undone, or its timer touched since."""
        reasons = [await self._touched(change, timer) for change, timer in changes]
        if all(reasons):
            raise CannotUndo("undone" if all(one == "undone" for one in reasons) else "changed")

    async def _touched(self, change: Operation, timer: Timer | None) -> LeftOut | None:
        """Return why a timer is not as the change left it, or None where it is."""
        operations = self.gateways.store.operations
        if await operations.undone_by(change.workspace, change.id):
            return "undone"
        if timer is None:
            return "gone"
        if timer.enabled is not change.wanted or not await operations.is_last_word(change):
            return "state"
        return None

    async def draft(self, change: Operation, timer: Timer | None) -> Operation | LeftOut:
        """Return the operation that reverses a change, or why there is none."""
        touched = await self._touched(change, timer)
        if touched is not None or timer is None:
            return touched or "gone"
        gateways, invocation = self.gateways, self.invocation
        found = await observe(gateways, invocation, self.undone.itwin, timer)
        operation = draft_operation(
            invocation,
            gateways.timeouts,
            Undo(change.id, self.command.reason),
            self.bearer.account.acting,
            found,
            wanted=not change.wanted,
        )
        try:
            return objection_to(gateways, invocation, operation, str(self.command)) or operation
        except ReasonRequired:
            return "reason"

    def new_set(self, changes: list[Operation]) -> OperationSet:
        invocation = self.invocation
        return OperationSet(
            id=invocation.id,
            workspace=invocation.workspace,
            person=invocation.who,
            account=self.bearer.account.acting.label,
            itwin=self.undone.itwin,
            wanted=not self.undone.wanted,
            members=tuple(Member(one.timer, undoes=OperationId(one.id)) for one in changes),
            origin=invocation.origin,
            asked_at=invocation.now,
            expires_at=invocation.now + self.gateways.timeouts.life,
            reason=self.command.reason,
            undoes=self.undone.id,
        )
