"""Keeps the commands that an answer offers, so that its buttons can carry their ids.

A button's value and a menu's option are short, a command with its reason is not. Each offered
command is stored whole, as one that waits for a sign-in is, and lives as long.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from bot.core.errors import (
    AmbiguousId,
    AmbiguousName,
    AmbiguousReading,
    BotError,
    Choice,
    InvalidCommand,
    NoAutoEnable,
    NoSuchName,
    PartOfName,
    SwappedNames,
)
from bot.core.invocation import Invocation
from bot.core.names import OperationId
from bot.core.outcomes import Failed, Outcome, TimeChoiceNeeded
from bot.features.resolver import channel_itwin
from bot.gateways.gateways import Gateways
from bot.gateways.store.sign_in_links import PendingCommand

MAX_CHOICES = 100  # options of a menu (source: Block Kit, ``static_select``)


async def keep_choices(gateways: Gateways, invocation: Invocation, outcome: Outcome) -> Outcome:
    """Return the outcome with the ids of its offered commands, which are stored."""
    match outcome:
        case Failed(error=error):
            return replace(outcome, error=await _kept(gateways, invocation, error))
        case TimeChoiceNeeded(choices=choices):
            commands = [command for _, command in choices]
            return replace(outcome, pending=await _store(gateways, invocation, commands))
        case _:
            return outcome


async def _kept(gateways: Gateways, invocation: Invocation, error: BotError) -> BotError:
    match error:
        case AmbiguousName(choices=choices) | AmbiguousReading(choices=choices):
            return replace(error, choices=await _offered(gateways, invocation, choices))
        case InvalidCommand(choices=choices) | AmbiguousId(choices=choices):
            return replace(error, choices=await _offered(gateways, invocation, choices))
        case NoAutoEnable(choices=choices):
            return replace(error, choices=await _offered(gateways, invocation, choices))
        case NoSuchName(nearest=nearest):
            return replace(error, nearest=await _offered(gateways, invocation, nearest))
        case PartOfName(choice=choice) | SwappedNames(choice=choice):
            (kept,) = await _offered(gateways, invocation, (choice,))
            return replace(error, choice=kept)
        case _:
            return error


async def _offered(
    gateways: Gateways, invocation: Invocation, choices: tuple[Choice, ...]
) -> tuple[Choice, ...]:
    """Return all choices, the first ``MAX_CHOICES`` of them with the ids of their commands."""
    commands = [choice.command for choice in choices[:MAX_CHOICES]]
    pending = await _store(gateways, invocation, commands)
    kept = [replace(one, pending=name) for one, name in zip(choices, pending, strict=False)]
    return (*kept, *choices[MAX_CHOICES:])


async def _store(
    gateways: Gateways, invocation: Invocation, commands: Iterable[str]
) -> tuple[str, ...]:
    """Store commands; their ids are the same however often the delivery is answered."""
    here = await channel_itwin(gateways, invocation)
    waiting: dict[str, PendingCommand] = {
        choice_id(invocation.id, place): PendingCommand(
            invocation.who, invocation.channel, command, here
        )
        for place, command in enumerate(commands)
    }
    if waiting:
        await gateways.store.sign_in_links.save_commands(invocation.workspace, waiting)
    return tuple(waiting)


def choice_id(invocation: OperationId, place: int) -> OperationId:
    """Return the id of an offered command, which is that of the operation that it may become."""
    return OperationId(hashlib.sha256(f"{invocation}:{place}".encode()).hexdigest()[:24])
