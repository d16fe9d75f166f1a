"""Tells that the world has changed, without looking at what it is made of.

Everything in it is immutable and replaced as a whole, so the same objects are the same world.
"""

from operator import is_
from typing import Any

from bot.sandbox.server.fault_switches import SERVICES, stand_in_named
from bot.sandbox.world import World


class Watch:
    """Holds what it saw, so that no new object can have an old one's identity."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._parts: tuple[Any, ...] = ()
        self._facts: tuple[Any, ...] = ()

    def changed(self) -> bool:
        """Whether anything is new since the last call; true at the first one."""
        parts, facts = _parts(self._world), _facts(self._world)
        same = facts == self._facts and len(parts) == len(self._parts)
        if same and all(map(is_, parts, self._parts)):
            return False
        self._parts, self._facts = parts, facts
        return True


def _parts(world: World) -> tuple[Any, ...]:
    state = world.slack.state
    faults = [fault for name in SERVICES for fault in stand_in_named(world, name).faults]
    return (
        *state.workspace.messages.values(),
        *state.workspace.channels.values(),
        *state.modals.all(),
        *state.modals.homes.values(),
        *world.edfs.state.timers.values(),
        *faults,
    )


def _facts(world: World) -> tuple[Any, ...]:
    calls = world.edfs.calls
    return (len(calls), sum(call["status"] for call in calls), world.clock.offset)
