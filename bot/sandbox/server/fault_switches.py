"""The fault switches of all stand-ins together, for the API and the console."""

from dataclasses import asdict
from typing import Any

from bot.sandbox.people import UnknownNameError
from bot.sandbox.stand_in import StandIn
from bot.sandbox.world import World

SERVICES = ("slack", "edfs", "ims")


def stand_in_named(world: World, service: str) -> StandIn:
    stand_ins: dict[str, StandIn] = {"slack": world.slack, "edfs": world.edfs, "ims": world.ims}
    if service not in stand_ins:
        raise UnknownNameError(f"no service {service!r}; there are: {', '.join(SERVICES)}")
    return stand_ins[service]


def list_faults(world: World) -> list[dict[str, Any]]:
    return [
        {"service": service, **asdict(fault)}
        for service in SERVICES
        for fault in stand_in_named(world, service).faults
    ]


def clear_faults(world: World) -> None:
    for service in SERVICES:
        stand_in_named(world, service).clear_faults()
