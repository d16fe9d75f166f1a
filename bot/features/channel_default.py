"""The default iTwin of a channel, for commands that name none."""

from dataclasses import replace

from bot.core.errors import Choice, NoChannelDefault, PartOfName
from bot.core.folding import guid_typed
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    History,
    ListTimers,
    Readings,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchSeveral,
)
from bot.core.language.tokens import in_quotes
from bot.core.outcomes import DefaultSet, DefaultShown, Outcome
from bot.core.timers import ITwin
from bot.features.resolver import NameResolver
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry


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
    if itwin is not None and resolver.partly:
        choice = Choice(itwin.name, itwin.number, str(SetChannelDefault(itwin.id)))
        raise PartOfName(resolver.partly, choice)
    await channels.set_default(invocation.workspace, invocation.channel, itwin)
    facts = {"channel": invocation.channel, **({"itwin": itwin.id} if itwin else {})}
    entry = AuditEntry(
        invocation.now, "default.set" if itwin else "default.ended", invocation.who, facts
    )
    await gateways.store.audit.append(invocation.workspace, entry)
    return DefaultSet(itwin, invocation.who)


def with_channel_default(command: Command, here: ITwin | None) -> Command:
    """Return the command with the channel's default iTwin where it names none.

    A single name that may be an iTwin or a timer of the default gets both readings. Raises
    NoChannelDefault.
    """
    match command:
        case History(timer="") | Subscribe(timer="") if here and command.itwin:
            return _either(command)
        case _:
            return filled(command, here)


def filled(command: Command, here: ITwin | None) -> Command:
    """Return the command with the default as its iTwin where it names none.

    Raises NoChannelDefault for a timer without any iTwin.
    """
    match command:
        case Switch(itwin="") | Show(itwin="") | ChangeAutoEnable(off="", itwin=""):
            if here is None:
                behind = str(command).rpartition(in_quotes(command.timer))[2]
                raise NoChannelDefault(command.timer, _verb(command), clauses=behind.strip())
            return replace(command, itwin=here.id)
        case SwitchSeveral(itwin="", timers=timers):
            if here is None:
                raise NoChannelDefault(timers[0] if timers else "", command.verb, timers[1:])
            return replace(command, itwin=here.id)
        case ListTimers(itwin="", everywhere=False) | History(itwin="", everywhere=False):
            return replace(command, itwin=here.id) if here else command
        case _:
            return command


def _either(command: History | Subscribe) -> Command:
    if _is_definite(command.itwin):
        return command
    return Readings(str(command), (command, replace(command, itwin="", timer=command.itwin)))


def _is_definite(named: str) -> bool:
    return guid_typed(named) is not None


def _verb(command: Switch | ChangeAutoEnable | Show) -> str:
    return "show" if isinstance(command, Show) else command.verb
