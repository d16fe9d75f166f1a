"""Detects that the world has changed, by the identity of its objects.

Messages, channels, views, timers and faults are immutable and replaced as a whole, so the same
objects mean an unchanged world.
"""

from operator import is_
from typing import Any

from bot.sandbox.server.fault_switches import SERVICES, stand_in_named
from bot.sandbox.world import World


class ChangeDetector:
    """Keeps the objects that it saw, so that no new object can get the identity of an old one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._objects: tuple[Any, ...] = ()
        self._numbers: tuple[Any, ...] = ()

    def changed(self) -> bool:
        """Whether anything is new since the last call; true at the first one."""
        objects, numbers = _objects(self._world), _numbers(self._world)
        same = numbers == self._numbers and len(objects) == len(self._objects)
        if same and all(map(is_, objects, self._objects)):
            return False
        self._objects, self._numbers = objects, numbers
        return True


def _objects(world: World) -> tuple[Any, ...]:
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


def _numbers(world: World) -> tuple[Any, ...]:
    calls = world.edfs.calls
    return (len(calls), sum(call["status"] for call in calls), world.clock.offset)
