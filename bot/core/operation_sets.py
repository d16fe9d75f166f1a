"""A set of operations: several timers of one iTwin that one person changes with one press.

Each member is an operation of its own, with the id that ``member_id`` makes of the set and the
timer, so that starting a set again starts no member twice. The set's record says who asked for
what, and why members were not started; what became of the others is in their own records. One
card shows all of them. Times are unix seconds and are passed in.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from bot.core.auto_enables import AutoEnable
from bot.core.language.until import Until
from bot.core.names import OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import Operation, Origin
from bot.core.timers import ITwin, Timer

# Why a timer of a set is not changed.
# approval: the policy wants an approval, which has to be asked for alone; refused: the policy
# forbids it; reason: the policy wants a reason, and none was given; end: its schedule has no such
# end; edited, state, gone: its definition or state is not what the question has shown, or it is
# not there any more; busy: another change of it is in progress; stopped: an admin has stopped all
# changes; undone: its change was undone before; expired: it was not started in time.
LeftOut = Literal[
    "approval",
    "refused",
    "reason",
    "end",
    "edited",
    "state",
    "gone",
    "busy",
    "stopped",
    "undone",
    "expired",
]


@dataclass(frozen=True, slots=True)
class Member:
    """One timer of a set, as the question has shown it. ``undoes`` is the change to be undone."""

    timer: Timer
    left_out: LeftOut | None = None
    undoes: OperationId | None = None


@dataclass(frozen=True, slots=True)
class OperationSet:
    """``wanted`` is the state that all members are to have, ``until`` the end that was asked for.

    ``account`` is the iTwin account as people read it. ``undoes`` is the set whose changes are
    undone. ``expires_at``: no member is started after that. ``decided``: each member was started,
    or is left out. ``version`` counts up with each change of a member, so that the card follows.
    """

    id: OperationId
    workspace: Workspace
    person: PersonId
    account: str
    itwin: ITwin
    wanted: bool
    members: tuple[Member, ...]
    origin: Origin
    asked_at: float
    expires_at: float
    reason: str = ""
    until: Until | None = None
    undoes: OperationId | None = None
    decided: bool = False
    changed_at: float = 0.0
    version: int = 0


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A member as its records are now; ``operation`` is None where it was not started.

    ``auto_enable`` is the one that it scheduled; ``superseded``: the timer was changed again since.
    """

    member: Member
    operation: Operation | None = None
    auto_enable: AutoEnable | None = None
    superseded: bool = False

    @property
    def ended(self) -> bool:
        """Whether it will not change by itself any more."""
        if self.operation is None:
            return self.member.left_out is not None
        return self.operation.state.ended


def member_id(operation_set: OperationId, timer: TimerId) -> OperationId:
    """Return the id of a member's operation."""
    name = f"member\0{operation_set}\0{timer}"
    return OperationId(hashlib.sha256(name.encode()).hexdigest()[:24])


def touched(one: OperationSet, at: float) -> OperationSet:
    """Return the set after a change of a member's own record."""
    return replace(one, changed_at=at, version=one.version + 1)


def without_member(one: OperationSet, timer: TimerId, why: LeftOut, at: float) -> OperationSet:
    """Return the set with a member left out; the first reason counts."""
    members = tuple(
        replace(member, left_out=member.left_out or why) if member.timer.id == timer else member
        for member in one.members
    )
    return one if members == one.members else touched(replace(one, members=members), at)


def decided(one: OperationSet, at: float) -> OperationSet:
    """Return the set once each member was started or left out."""
    return one if one.decided else touched(replace(one, decided=True), at)


def due(one: OperationSet) -> float | None:
    """Return when members that were not started are left out; None when there are none."""
    return None if one.decided else one.expires_at
