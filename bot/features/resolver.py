"""From a typed name to the thing it names, through the person's own token."""

import asyncio
from dataclasses import replace

from bot.core.errors import AmbiguousName, Choice, NoSuchName
from bot.core.invocation import Invocation
from bot.core.language.commands import History, ListTimers, OpenChooser, Show, Subscribe, Switch
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
from bot.core.timers import ITwin, Timer
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer

CHOICES = 5
Naming = OpenChooser | Switch | Show | ListTimers | History | Subscribe


async def channel_itwin(gateways: Gateways, invocation: Invocation) -> ITwin | None:
    """Return what is meant where a command names no iTwin; of a kept one, what was meant then."""
    if invocation.resumed:
        return invocation.channel_itwin
    return await gateways.store.channel_outbox.default(invocation.workspace, invocation.channel)


class NameResolver:
    """Looks for what one command names; the choices it offers are that command, made definite."""

    def __init__(self, gateways: Gateways, invocation: Invocation, command: Naming) -> None:
        self._gateways = gateways
        self._asked = invocation
        self._command = command

    async def itwins(self, *, fresh: bool = False) -> tuple[ITwin, ...]:
        """Return the person's iTwins; at most a minute old unless they must be fresh."""
        timers, asked = self._gateways.store.timers, self._asked
        kept = None if fresh else await timers.itwins(asked.workspace, asked.who)
        if kept is not None:
            return kept
        _, found = await with_token(
            self._gateways, asked.workspace, asked.who, self._gateways.edfs.itwins
        )
        ordered = tuple(sorted(found, key=ITwin.in_lists))
        await timers.save_itwins(asked.workspace, asked.who, ordered)
        return ordered

    async def itwin(self, wanted: str) -> ITwin:
        """Find it by id, address, number, whole name or unique part of one."""
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

        _, itwin = await with_token(self._gateways, self._asked.workspace, self._asked.who, read)
        return itwin

    async def timers(self, itwin: ITwin) -> tuple[Bearer, tuple[Timer, ...]]:
        async def read(caller: Caller) -> tuple[Timer, ...]:
            return await self._gateways.edfs.timers(caller, itwin.id)

        workspace, who, at = self._asked.workspace, self._asked.who, self._gateways.clock()
        bearer, timers = await with_token(self._gateways, workspace, who, read)
        indexes = self._gateways.store.option_lists
        if await indexes.exists(
            workspace, who, itwin.id
        ):  # their selects show the same states then
            index = await asyncio.to_thread(
                option_list_of_timers, at, bearer.account.subject, timers
            )
            await indexes.save(workspace, who, itwin.id, index)
        return bearer, timers

    async def timer(self, itwin: ITwin, wanted: str) -> tuple[Bearer, Timer]:
        """Find it by id, name, package, or unique part of one, in the list as it is now."""
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
                raise NoSuchName("timer", wanted, choices, where=itwin.name)

    def _itwin_choice(self, itwin: ITwin) -> Choice:
        command = str(replace(self._command, itwin=itwin.id))
        return Choice(itwin.name, itwin.number or itwin.id, command)

    def _timer_choice(self, itwin: ITwin, timer: Timer) -> Choice:
        if isinstance(self._command, ListTimers):
            return Choice(timer.label, timer.package, str(self._command))
        command = str(replace(self._command, itwin=itwin.id, timer=timer.id))
        return Choice(timer.label, timer.package, command)
