"""Starts the members of a set, each through the same gate as a single change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.core.errors import CannotUndo, ChangesStopped, TimerBusy
from bot.core.invocation import Invocation
from bot.core.operation_sets import (
    LeftOut,
    Member,
    OperationSet,
    decided,
    member_id,
    without_member,
)
from bot.core.operations.operation import Operation, Origin
from bot.core.outcomes import OperationStarted, Outcome, SeveralStarted
from bot.features.starting import start
from bot.gateways.gateways import Gateways

# Returns the draft of a member's operation, or why the member is left out.
Draft = Callable[[Member], Awaitable[Operation | LeftOut]]


@dataclass(frozen=True, slots=True)
class Starting:
    """Starts the members of one stored set; it may be called again, and starts what is missing."""

    gateways: Gateways
    invocation: Invocation
    draft: Draft

    async def run(self, drafted: OperationSet) -> Outcome:
        """Store the set and start its members, one after the other.

        A failure of one does not stop the others. Raises AnsweredMeanwhile, StoreUnreachable.
        """
        store = self.gateways.store.operation_sets
        await store.put(drafted)  # nothing is written where it is stored already
        stored = await store.read(drafted.workspace, drafted.id) or drafted
        if not stored.decided:
            for member in stored.members:
                if member.left_out is None:
                    await self._start_once(stored, member)
            now = self.gateways.clock()
            done = await store.update(stored.workspace, stored.id, lambda one: decided(one, now))
            stored = done or stored
        return SeveralStarted(stored)

    async def _start_once(self, stored: OperationSet, member: Member) -> None:
        """Start one member, unless that was done; record why if it is not started."""
        operations, workspace = self.gateways.store.operations, stored.workspace
        identity = member_id(stored.id, member.timer.id)
        if await operations.exists(workspace, identity):
            return
        why = await self._start(stored, member)
        # What was found may be the effect of another process that starts the same set.
        if why is None or await operations.exists(workspace, identity):
            return
        now = self.gateways.clock()
        await self.gateways.store.operation_sets.update(
            workspace, stored.id, lambda one: without_member(one, member.timer.id, why, now)
        )

    async def _start(self, stored: OperationSet, member: Member) -> LeftOut | None:
        drafted = await self.draft(member)
        if not isinstance(drafted, Operation):
            return drafted
        origin = Origin(stored.origin.channel, thread=stored.origin.thread)
        operation = replace(
            drafted,
            id=member_id(stored.id, member.timer.id),
            origin=origin,
            member_of=stored.id,
        )
        try:
            outcome = await start(self.gateways, operation, self.invocation.delivery)
        except TimerBusy:
            return "busy"
        except ChangesStopped:
            return "stopped"
        except CannotUndo:
            return "undone"
        return None if isinstance(outcome, OperationStarted) else "busy"
