"""The default iTwin of a channel, for commands that name none."""

from dataclasses import replace

from bot.core.errors import AmbiguousName, Choice, Forbidden, NoChannelDefault, NotFound
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    History,
    ListTimers,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
)
from bot.core.names import Ambiguous, NoMatch, Unique, guid_in_address, is_guid, match_name
from bot.core.outcomes import DefaultSet, DefaultShown, Outcome
from bot.core.timers import ITwin, Timer
from bot.features.resolver import NameResolver, channel_itwin
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry

MAX_CHOICES = 3  # offered for each reading
# Unquoted words of these commands may name an iTwin and a timer, or only a timer.
Ambivalent = Switch | ChangeAutoEnable | Show | History | Subscribe


async def use(gateways: Gateways, invocation: Invocation, command: SetChannelDefault) -> Outcome:
    """Set, clear or show the channel's default iTwin.

    The person can set only an iTwin that their own token can read. Raises NoSuchName,
    AmbiguousName, SignInNeeded, ApiError.
    """
    channels = gateways.store.channel_outbox
    if not command.itwin and not command.nothing:
        return DefaultShown(await channels.default(invocation.workspace, invocation.channel))
    resolver = NameResolver(gateways, invocation, command)
    itwin = None if command.nothing else await resolver.itwin(command.itwin)
    await channels.set_default(invocation.workspace, invocation.channel, itwin)
    facts = {"channel": invocation.channel, **({"itwin": itwin.id} if itwin else {})}
    entry = AuditEntry(
        invocation.now, "default.set" if itwin else "default.ended", invocation.who, facts
    )
    await gateways.store.audit.append(invocation.workspace, entry)
    return DefaultSet(itwin, invocation.who)


async def with_channel_default(
    gateways: Gateways, invocation: Invocation, command: Command
) -> Command:
    """Return the command with the channel's default iTwin, if it applies.

    Unquoted, "SAP work orders" may be an iTwin and a timer, or a timer of the default iTwin. If
    both readings match, the person is asked. Raises NoChannelDefault, AmbiguousName, SignInNeeded,
    ApiError.
    """
    match command:
        case Switch() | Show():
            return await _with_default(gateways, invocation, command)
        case ChangeAutoEnable() if command.timer:
            return await _with_default(gateways, invocation, command)
        case ListTimers(everywhere=False) | History(everywhere=False):
            return await _with_default(gateways, invocation, command)
        case Subscribe() if command.itwin:
            return await _with_default(gateways, invocation, command)
        case _:
            return command


async def _with_default(
    gateways: Gateways, invocation: Invocation, command: Ambivalent | ListTimers
) -> Command:
    if _is_definite(command.itwin):
        return command
    here = await channel_itwin(gateways, invocation)
    if here is None:
        if isinstance(command, Switch | ChangeAutoEnable | Show) and not command.itwin:
            raise NoChannelDefault(command.timer, _verb(command))
        return command
    if not command.itwin:
        return replace(command, itwin=here.id)
    if isinstance(command, ListTimers):
        return command
    return await _disambiguate(gateways, invocation, command, here)


def _is_definite(named: str) -> bool:
    return bool(named) and (is_guid(named) or guid_in_address(named) is not None)


def _verb(command: Switch | ChangeAutoEnable | Show) -> str:
    return "show" if isinstance(command, Show) else command.verb


async def _disambiguate(
    gateways: Gateways, invocation: Invocation, command: Ambivalent, here: ITwin
) -> Command:
    """Return the command in the reading that matches something. Raises AmbiguousName for both."""
    resolver = NameResolver(gateways, invocation, command)
    explicit = match_name(command.itwin, await resolver.itwins(), ITwin.names)
    whole = " ".join(name for name in (command.itwin, command.timer) if name)
    if isinstance(explicit, Unique) and explicit.whole:
        return command
    within: Command = replace(command, itwin=here.id, timer=whole)
    if isinstance(command, Subscribe) and any(sign in whole for sign in "*?"):
        return within if isinstance(explicit, NoMatch) else command
    found = await _in_channels(resolver, here, whole)
    if not found:
        return command
    if isinstance(explicit, NoMatch):
        return within
    others = (explicit.thing,) if isinstance(explicit, Unique) else explicit.things
    raise AmbiguousName("timer", whole, _choices(command, here, found, others))


async def _in_channels(resolver: NameResolver, here: ITwin, whole: str) -> tuple[Timer, ...]:
    """Return the timers of the default iTwin that match, as far as this person may read them.

    Raises ApiError when Bentley does not respond, so that nothing is guessed.
    """
    try:
        _, timers = await resolver.timers(here)
    except (Forbidden, NotFound):
        return ()
    match match_name(whole, timers, Timer.names):
        case Unique(timer):
            return (timer,)
        case Ambiguous(several):
            return several
        case NoMatch():
            return ()


def _choices(
    command: Ambivalent, here: ITwin, found: tuple[Timer, ...], others: tuple[ITwin, ...]
) -> tuple[Choice, ...]:
    mine = [
        Choice(timer.distinct, here.distinct, str(replace(command, itwin=here.id, timer=timer.id)))
        for timer in found[:MAX_CHOICES]
    ]
    theirs = [
        Choice(command.timer or itwin.name, itwin.distinct, str(replace(command, itwin=itwin.id)))
        for itwin in others[:MAX_CHOICES]
    ]
    return (*mine, *theirs)
