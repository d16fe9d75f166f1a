"""A channel's iTwin: which one is meant where a command names none."""

from dataclasses import replace

from bot.core.errors import AmbiguousName, Choice, Forbidden, NoDefault, NotFound
from bot.core.invocation import Asked
from bot.core.language.commands import Command, History, ListTimers, Show, Subscribe, Switch, Use
from bot.core.names import Nothing, One, Several, find, guid_in_address, is_guid
from bot.core.outcomes import DefaultSet, DefaultShown, Outcome
from bot.core.timers import ITwin, Timer
from bot.features.resolver import Finding, channels_itwin
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import Entry

NAMED = 3  # choices of each reading that are offered
Both = Switch | Show | History | Subscribe  # what two readings of unquoted words can make


async def use(gateways: Gateways, asked: Asked, command: Use) -> Outcome:
    """Set the channel's iTwin, among those that the person's own token sees; or say which it is.

    Raises NoSuchName, AmbiguousName, SignInNeeded, ApiError.
    """
    channels = gateways.store.channels
    if not command.itwin and not command.nothing:
        return DefaultShown(await channels.default(asked.workspace, asked.channel))
    finding = Finding(gateways, asked, ListTimers(command.itwin))
    itwin = None if command.nothing else await finding.itwin(command.itwin)
    await channels.set_default(asked.workspace, asked.channel, itwin)
    facts = {"channel": asked.channel, **({"itwin": itwin.id} if itwin else {})}
    entry = Entry(asked.now, "default.set" if itwin else "default.ended", asked.who, facts)
    await gateways.store.audit.append(asked.workspace, entry)
    return DefaultSet(itwin, asked.who)


async def meant(gateways: Gateways, asked: Asked, command: Command) -> Command:
    """Return the command with the channel's iTwin in it, where that is what is meant.

    Unquoted, "SAP work orders" may be an iTwin and a timer, or a timer of the channel's iTwin.
    What can be read both ways is asked back and never guessed. Raises NoDefault, AmbiguousName,
    and what looking raises.
    """
    match command:
        case Switch() | Show():
            return await _placed(gateways, asked, command)
        case ListTimers(everywhere=False) | History(everywhere=False):
            return await _placed(gateways, asked, command)
        case Subscribe() if command.itwin:
            return await _placed(gateways, asked, command)
        case _:
            return command


async def _placed(gateways: Gateways, asked: Asked, command: Both | ListTimers) -> Command:
    if _is_definite(command.itwin):
        return command
    here = await channels_itwin(gateways, asked)
    if here is None:
        if isinstance(command, Switch | Show) and not command.itwin:
            raise NoDefault(command.timer, _verb(command))
        return command
    if not command.itwin:
        return replace(command, itwin=here.id)
    if isinstance(command, ListTimers):
        return command
    return await _decided(gateways, asked, command, here)


def _is_definite(named: str) -> bool:
    return bool(named) and (is_guid(named) or guid_in_address(named) is not None)


def _verb(command: Switch | Show) -> str:
    return command.verb if isinstance(command, Switch) else "show"


async def _decided(gateways: Gateways, asked: Asked, command: Both, here: ITwin) -> Command:
    """Tell which reading has something that answers to it."""
    finding = Finding(gateways, asked, command)
    explicit = find(command.itwin, await finding.itwins(), ITwin.names)
    whole = " ".join(name for name in (command.itwin, command.timer) if name)
    if isinstance(explicit, One) and explicit.whole:
        return command
    within: Command = replace(command, itwin=here.id, timer=whole)
    if isinstance(command, Subscribe) and any(sign in whole for sign in "*?"):
        return within if isinstance(explicit, Nothing) else command
    found = await _in_channels(finding, here, whole)
    if not found:
        return command
    if isinstance(explicit, Nothing):
        return within
    others = (explicit.thing,) if isinstance(explicit, One) else explicit.things
    raise AmbiguousName("timer", whole, _choices(command, here, found, others))


async def _in_channels(finding: Finding, here: ITwin, whole: str) -> tuple[Timer, ...]:
    """Return what it may name in the channel's iTwin, as far as this person may read that.

    What Bentley does not tell now is no answer: raises ApiError then, so that nothing is guessed.
    """
    try:
        _, timers = await finding.timers(here)
    except (Forbidden, NotFound):
        return ()
    match find(whole, timers, Timer.names):
        case One(timer):
            return (timer,)
        case Several(several):
            return several
        case Nothing():
            return ()


def _choices(
    command: Both, here: ITwin, found: tuple[Timer, ...], others: tuple[ITwin, ...]
) -> tuple[Choice, ...]:
    mine = [
        Choice(timer.label, here.name, str(replace(command, itwin=here.id, timer=timer.id)))
        for timer in found[:NAMED]
    ]
    theirs = [
        Choice(command.timer or itwin.name, itwin.name, str(replace(command, itwin=itwin.id)))
        for itwin in others[:NAMED]
    ]
    return (*mine, *theirs)
