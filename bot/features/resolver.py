"""Resolves typed names to iTwins and timers, with the person's own token."""

import asyncio
from dataclasses import replace

from bot.core.errors import AmbiguousName, Choice, NoSuchName
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    History,
    ListTimers,
    OpenChooser,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
)
from bot.core.names import (
    Ambiguous,
    ITwinId,
    NoMatch,
    Unique,
    guid_in_address,
    is_guid,
    match_name,
)
from bot.core.suggestions import option_list_of_timers
from bot.core.timers import ITwin, Timer, itwin_alone
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer

CHOICES = 5
Naming = (
    OpenChooser
    | Switch
    | ChangeAutoEnable
    | Show
    | ListTimers
    | History
    | Subscribe
    | SetChannelDefault
)


async def channel_itwin(gateways: Gateways, invocation: Invocation) -> ITwin | None:
    """Return the channel's default iTwin; for a resumed command, the default of its time."""
    if invocation.resumed:
        return invocation.channel_itwin
    return await gateways.store.channel_outbox.default(invocation.workspace, invocation.channel)


class NameResolver:
    """Resolves the names of one command. A choice that it offers is that command with an id.

    Every method raises SignInNeeded, IdentityProviderError and ApiError.
    """

    def __init__(self, gateways: Gateways, invocation: Invocation, command: Naming) -> None:
        self._gateways = gateways
        self._invocation = invocation
        self._command = command

    async def itwins(self, *, fresh: bool = False) -> tuple[ITwin, ...]:
        """Return the person's iTwins, from a cache of one minute unless ``fresh``."""
        timers = self._gateways.store.timers
        workspace, who = self._invocation.workspace, self._invocation.who
        cached = None if fresh else await timers.itwins(workspace, who)
        if cached is not None:
            return cached
        _, found = await with_token(self._gateways, workspace, who, self._gateways.edfs.itwins)
        ordered = tuple(sorted(found, key=ITwin.in_lists))
        await timers.save_itwins(workspace, who, ordered)
        return ordered

    async def itwin(self, wanted: str) -> ITwin:
        """Return an iTwin by id, address, number, whole name or unique part of a name.

        Raises NoSuchName, AmbiguousName.
        """
        identity = guid_in_address(wanted) or (wanted if is_guid(wanted) else None)
        if identity is not None:
            return await self._by_id(ITwinId(identity))
        match = match_name(wanted, await self.itwins(), ITwin.names)
        if isinstance(match, NoMatch):  # it may be newer than the list
            match = match_name(wanted, await self.itwins(fresh=True), ITwin.names)
        match match:
            case Unique(itwin):
                return itwin
            case Ambiguous(itwins):
                raise AmbiguousName("iTwin", wanted, tuple(map(self._itwin_choice, itwins)))
            case NoMatch(nearest):
                raise NoSuchName("iTwin", wanted, tuple(map(self._itwin_choice, nearest)))

    async def _by_id(self, identity: ITwinId) -> ITwin:
        async def read(caller: Caller) -> ITwin:
            return await self._gateways.edfs.itwin(caller, identity)

        workspace, who = self._invocation.workspace, self._invocation.who
        _, itwin = await with_token(self._gateways, workspace, who, read)
        known = await self._gateways.store.timers.itwins(workspace, who)
        return itwin_alone(itwin, known or ())

    async def timers(self, itwin: ITwin) -> tuple[Bearer, tuple[Timer, ...]]:
        async def read(caller: Caller) -> tuple[Timer, ...]:
            return await self._gateways.edfs.timers(caller, itwin.id)

        workspace, who = self._invocation.workspace, self._invocation.who
        at = self._gateways.clock()
        bearer, timers = await with_token(self._gateways, workspace, who, read)
        cache = self._gateways.store.option_lists
        if await cache.exists(workspace, who, itwin.id):  # so that selects show the same states
            options = await asyncio.to_thread(
                option_list_of_timers, at, bearer.account.subject, timers
            )
            await cache.save(workspace, who, itwin.id, options)
        return bearer, timers

    async def timer(self, itwin: ITwin, wanted: str) -> tuple[Bearer, Timer]:
        """Return a timer by id, name, package, or unique part of one, from a list read now.

        Raises NoSuchName, AmbiguousName.
        """
        bearer, timers = await self.timers(itwin)
        wanted_name = guid_in_address(wanted) or wanted
        match match_name(wanted_name, timers, Timer.names):
            case Unique(timer):
                return bearer, timer
            case Ambiguous(found):
                choices = tuple(self._timer_choice(itwin, timer) for timer in found)
                raise AmbiguousName("timer", wanted, choices)
            case NoMatch(nearest):
                choices = tuple(self._timer_choice(itwin, timer) for timer in nearest)
                raise NoSuchName("timer", wanted, choices, where=itwin.distinct)

    def _itwin_choice(self, itwin: ITwin) -> Choice:
        command = str(replace(self._command, itwin=itwin.id))
        return Choice(itwin.name, itwin.beside or itwin.number or itwin.id, command)

    def _timer_choice(self, itwin: ITwin, timer: Timer) -> Choice:
        detail = timer.beside or timer.package
        if isinstance(self._command, ListTimers | SetChannelDefault):
            return Choice(timer.label, detail, str(self._command))
        command = str(replace(self._command, itwin=itwin.id, timer=timer.id))
        return Choice(timer.label, detail, command)
