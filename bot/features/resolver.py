"""Resolves typed names to iTwins and timers, with the person's own token."""

import asyncio
from dataclasses import replace

from bot.core.errors import AmbiguousName, Choice, InactiveITwin, InvalidCommand, NoSuchName
from bot.core.folding import guid_typed
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
    SwitchSeveral,
)
from bot.core.language.until import AmbiguousTime, format_until, is_count, parse_until
from bot.core.matching import Ambiguous, NoMatch, Unique, match_name
from bot.core.names import ITwinId
from bot.core.suggestions import option_list_of_timers
from bot.core.timers import ITwin, Timer, itwin_alone
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.ims import Bearer

CHOICES = 5
LONGEST = 100  # of an inactive iTwin's name
Naming = (
    OpenChooser
    | Switch
    | SwitchSeveral
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

    Timers are listed once for each iTwin, for as long as a resolver lives: that is one answer.
    Every method raises SignInNeeded, IdentityProviderError and ApiError.
    """

    def __init__(self, gateways: Gateways, invocation: Invocation, command: Naming) -> None:
        self._gateways = gateways
        self._invocation = invocation
        self._command = command
        self._listed: dict[ITwinId, tuple[Bearer, tuple[Timer, ...]]] = {}
        self._partly: dict[str, str] = {}

    def about(self, command: Naming) -> "NameResolver":
        """Return a resolver of another command, which knows the lists that this one has read."""
        other = NameResolver(self._gateways, self._invocation, command)
        other._listed = self._listed
        return other

    @property
    def partly(self) -> tuple[str, ...]:
        """The typed names that were found by a part of a name."""
        return tuple(self._partly.values())

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

        ``partly`` has the name from then on if only a part was typed. Raises NoSuchName,
        AmbiguousName, InactiveITwin.
        """
        identity = guid_typed(wanted)
        if identity is not None:
            return await self._by_id(ITwinId(identity))
        match = match_name(wanted, await self.itwins(), ITwin.names)
        if isinstance(match, NoMatch):  # it may be newer than the list
            match = match_name(wanted, await self.itwins(fresh=True), ITwin.names)
        match match:
            case Unique(itwin, whole=whole):
                if not whole:
                    self._partly["iTwin"] = wanted
                return itwin
            case Ambiguous(itwins):
                raise AmbiguousName("iTwin", wanted, tuple(map(self._itwin_choice, itwins)))
            case NoMatch(nearest):
                await self._check_inactive(wanted)
                choices = tuple(self._nearest_itwin(itwin, wanted) for itwin in nearest)
                raise NoSuchName("iTwin", wanted, choices)

    async def _check_inactive(self, wanted: str) -> None:
        """Raise InactiveITwin if the name matches iTwins that are inactive."""

        async def read(caller: Caller) -> tuple[ITwin, ...]:
            return await self._gateways.edfs.itwins(caller, inactive=True)

        workspace, who = self._invocation.workspace, self._invocation.who
        _, itwins = await with_token(self._gateways, workspace, who, read)
        match match_name(wanted, sorted(itwins, key=ITwin.in_lists), ITwin.names):
            case Unique(itwin):
                raise InactiveITwin(wanted, (itwin.numbered(LONGEST),))
            case Ambiguous(several):
                raise InactiveITwin(wanted, tuple(one.numbered(LONGEST) for one in several))
            case NoMatch():
                return

    async def _by_id(self, identity: ITwinId) -> ITwin:
        async def read(caller: Caller) -> ITwin:
            return await self._gateways.edfs.itwin(caller, identity)

        workspace, who = self._invocation.workspace, self._invocation.who
        _, itwin = await with_token(self._gateways, workspace, who, read)
        known = await self._gateways.store.timers.itwins(workspace, who)
        return itwin_alone(itwin, known or ())

    async def timers(self, itwin: ITwin) -> tuple[Bearer, tuple[Timer, ...]]:
        if itwin.id not in self._listed:
            self._listed[itwin.id] = await self._list(itwin)
        return self._listed[itwin.id]

    async def _list(self, itwin: ITwin) -> tuple[Bearer, tuple[Timer, ...]]:
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
        match match_name(wanted, timers, Timer.names):
            case Unique(timer, whole=whole):
                if not whole:
                    self._partly["timer"] = wanted
                return bearer, timer
            case Ambiguous(found):
                choices = tuple(self._timer_choice(itwin, timer) for timer in found)
                raise AmbiguousName("timer", wanted, choices)
            case NoMatch(nearest):
                choices = tuple(self._nearest(itwin, timer, wanted) for timer in nearest)
                raise NoSuchName("timer", wanted, choices, where=itwin.distinct)

    def _itwin_choice(self, itwin: ITwin) -> Choice:
        command = replace(self._command, itwin=itwin.id)
        if isinstance(command, Switch) and command.until and not is_count(command.until):
            command = replace(command, until=self._moment(command.until, ""))
        return Choice(itwin.name, itwin.beside or itwin.number or itwin.id, str(command))

    def _timer_choice(self, itwin: ITwin, timer: Timer) -> Choice:
        detail = timer.beside or timer.package
        if isinstance(self._command, ListTimers | SetChannelDefault | SwitchSeveral):
            return Choice(timer.label, detail, str(self._command))
        return Choice(timer.label, detail, str(self.complete(self._command, itwin, timer)))

    def _nearest_itwin(self, itwin: ITwin, wanted: str) -> Choice:
        """Return the choice of a similar name, as ``_nearest`` does."""
        command = self._command
        if isinstance(command, Switch) and len(wanted.split()) > len(itwin.name.split()):
            verb = "" if command.verb == "toggle" else command.verb
            chooser = OpenChooser(itwin.id, "", verb, command.until, command.reason)
            detail = itwin.beside or itwin.number or itwin.id
            return Choice(itwin.name, detail, str(chooser))
        return self._itwin_choice(itwin)

    def _nearest(self, itwin: ITwin, timer: Timer, wanted: str) -> Choice:
        """Return the choice of a similar name; with more words than it has, it opens the chooser.

        The other words were meant for something, so nothing is changed without them.
        """
        command = self._command
        if isinstance(command, Switch) and len(wanted.split()) > len(timer.label.split()):
            verb = "" if command.verb == "toggle" else command.verb
            chooser = OpenChooser(itwin.id, timer.id, verb, command.until, command.reason)
            return Choice(timer.label, timer.beside or timer.package, str(chooser))
        return self._timer_choice(itwin, timer)

    def complete(self, command: Naming, itwin: ITwin, timer: Timer) -> Naming:
        """Return the command about a timer, such that it says all of what pressing it does.

        A toggle becomes the change that it is now, and an end the moment that it is now.
        """
        if isinstance(command, ListTimers | SetChannelDefault | SwitchSeveral):
            return replace(command, itwin=itwin.id)
        if not isinstance(command, Switch):
            return replace(command, itwin=itwin.id, timer=timer.id)
        verb = command.verb
        if verb == "toggle":
            verb = "disable" if timer.enabled else "enable"
        until = self._moment(command.until, timer.cron) if command.until else ""
        return replace(command, verb=verb, itwin=itwin.id, timer=timer.id, until=until)

    def _moment(self, phrase: str, cron: str) -> str:
        """Return a phrase that names the moment; as typed where it is in doubt."""
        now, zone = self._invocation.now, self._invocation.person.zone
        try:
            found = parse_until(phrase, now, zone, cron, self._gateways.schedule_zone)
        except InvalidCommand:
            return phrase
        if isinstance(found, AmbiguousTime) or found.at is None or found.runs:
            return phrase
        return format_until(found.at, zone)
