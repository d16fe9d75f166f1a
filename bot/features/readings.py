"""Which reading of typed words is meant: the one whose names exist.

Names hold the same words as commands ("Wait for 3 days", "Old disabled"), an iTwin's name may be
of several words, and the iTwin may be left out. So typed words often have several readings. The
reading whose names are whole names is taken; where several are, the person is asked. To change
something, a part of a name is never enough: the question names what it is a part of.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

from bot.core.errors import (
    AmbiguousReading,
    BotError,
    Choice,
    Forbidden,
    InvalidCommand,
    NoChannelDefault,
    NoSuchName,
    NotFound,
    SwappedNames,
)
from bot.core.folding import guid_typed
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    History,
    ListTimers,
    OpenChooser,
    Readings,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchSeveral,
)
from bot.core.language.naming import beginnings
from bot.core.language.phrases import opens_end
from bot.core.language.tokens import tokenize
from bot.core.language.until import check_until
from bot.core.matching import Ambiguous, Unique, is_pattern, match_name, match_pattern
from bot.core.timers import ITwin, Timer
from bot.features.resolver import NameResolver, Naming

MAX_PARTS = 3  # iTwins whose timers are listed because a part of their name was typed
MAX_CHOICES = 5


class Fit(IntEnum):
    """How the names of a reading fit what exists, best last."""

    NO_ITWIN = 0
    NO_TIMER = 1
    SEVERAL = 2
    PART = 3
    WHOLE = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """A reading with what its names mean; ``itwin`` and ``timer`` are None where nothing does."""

    command: Naming
    fit: Fit
    itwin: ITwin | None = None
    timer: Timer | None = None

    @property
    def exact(self) -> Naming:
        """The reading with ids instead of names."""
        itwin = self.itwin.id if self.itwin else self.command.itwin
        named = ListTimers | SetChannelDefault | SwitchSeveral
        if isinstance(self.command, named) or not self.timer:
            return replace(self.command, itwin=itwin)
        return replace(self.command, itwin=itwin, timer=self.timer.id)


def check_ends(invocation: Invocation, command: Command) -> None:
    """Raise InvalidCommand for a command whose likeliest reading has an end that cannot be."""
    if isinstance(command, Readings):
        if command.refused:
            raise InvalidCommand(command.refused, _verb_of(command))
        command = command.commands[0]
    if isinstance(command, Switch | SwitchSeveral | ChangeAutoEnable) and command.until:
        check_until(command.until, invocation.now, invocation.person.zone)


def _verb_of(readings: Readings) -> str | None:
    first = readings.commands[0] if readings.commands else None
    return first.verb if isinstance(first, Switch | SwitchSeveral | ChangeAutoEnable) else None


class Reader:
    """Chooses among the readings of one command, with the person's own token.

    ``here`` is the channel's default iTwin, and ``resolver`` knows the lists that were read. Every
    method raises SignInNeeded, IdentityProviderError and ApiError.
    """

    def __init__(self, invocation: Invocation, resolver: NameResolver, here: ITwin | None) -> None:
        self._invocation = invocation
        self.resolver = resolver
        self.here = here
        self._itwins: dict[str, tuple[Fit, ITwin | None]] = {}
        self._found: dict[tuple[str, str, bool], tuple[Fit, Timer | None]] = {}

    async def choose(self, readings: Readings) -> Command:
        """Return the reading that is meant; its names may still be parts, or mean several things.

        Raises AmbiguousReading, SwappedNames, and InvalidCommand for words that no reading uses.
        """
        possible = [one for one in readings.commands if self._has_end(one)]
        wholes = _different([one for one in await self._fits(possible) if one.fit is Fit.WHOLE])
        if len(wholes) == 1:
            return wholes[0].exact
        if wholes:
            raise AmbiguousReading(tuple(map(self._choice, wholes[:MAX_CHOICES])))
        check_ends(self._invocation, readings)
        return await self._without_whole_name(readings, possible)

    def _has_end(self, command: Command) -> bool:
        try:
            check_ends(self._invocation, command)
        except InvalidCommand:
            return False
        return True

    async def _without_whole_name(self, readings: Readings, possible: list[Command]) -> Command:
        for command in possible:
            if chooser := await self._chooser(command):
                return chooser
        fits = await self._fits(possible, parts=True)
        parts = _different([one for one in fits if one.fit is Fit.PART])
        if len(parts) == 1:
            return parts[0].command
        if parts:
            raise AmbiguousReading(tuple(map(self._choice, parts[:MAX_CHOICES])))
        await self.check_words(readings)
        await self.check_order(readings.commands)
        best = max((one.fit for one in fits), default=Fit.NO_ITWIN)
        nearest = [one.command for one in fits if one.fit is best]
        sure = [command for command in nearest if _is_sure(command)]
        return next(iter([*sure, *nearest]), readings.commands[0])

    def _choice(self, one: Fitted) -> Choice:
        if isinstance(one.command, SwitchSeveral) and one.itwin is not None:
            return Choice(one.command.said, one.itwin.distinct, str(one.exact))
        if one.itwin is None or one.timer is None:
            name = one.itwin.distinct if one.itwin else one.command.itwin
            return Choice(name, "", str(one.exact))
        command = self.resolver.complete(one.command, one.itwin, one.timer)
        return Choice(one.timer.label, one.timer.beside or one.itwin.distinct, str(command))

    async def _fits(self, commands: Iterable[Command], *, parts: bool = False) -> list[Fitted]:
        """Look up the names of readings; ``parts``: also of iTwins by a part of their name."""
        listed: set[str] = set()
        return [
            await self._fit(command, listed, parts=parts)
            for command in commands
            if isinstance(command, Naming)
        ]

    async def _fit(self, command: Naming, listed: set[str], *, parts: bool) -> Fitted:
        fit, itwin = await self._itwin(command.itwin)
        if itwin is None or isinstance(command, ListTimers | SetChannelDefault):
            return Fitted(command, fit, itwin)
        named = command.timers if isinstance(command, SwitchSeveral) else command.timer
        if not named:
            return Fitted(command, fit if command.itwin else Fit.NO_ITWIN, itwin)
        if fit is Fit.PART:
            listed.add(itwin.id)
            if not parts or len(listed) > MAX_PARTS:
                return Fitted(command, Fit.NO_TIMER, itwin)
        if isinstance(command, SwitchSeveral):
            return Fitted(command, min(fit, await self._several(itwin, command)), itwin)
        timer_fit, timer = await self._timer(itwin, command)
        return Fitted(command, min(fit, timer_fit), itwin, timer)

    async def _itwin(self, wanted: str) -> tuple[Fit, ITwin | None]:
        """Look up an iTwin, once for each name; many readings have the same."""
        if wanted not in self._itwins:
            self._itwins[wanted] = await self._look_up(wanted)
        return self._itwins[wanted]

    async def _look_up(self, wanted: str) -> tuple[Fit, ITwin | None]:
        if not wanted:
            return (Fit.WHOLE, self.here) if self.here else (Fit.NO_ITWIN, None)
        if guid_typed(wanted):
            return Fit.WHOLE, await self.resolver.itwin(wanted)
        match match_name(wanted, await self.resolver.itwins(), ITwin.names):
            case Unique(itwin, whole=whole):
                return Fit.WHOLE if whole else Fit.PART, itwin
            case Ambiguous():
                return Fit.SEVERAL, None
            case _:
                return Fit.NO_ITWIN, None

    async def _timer(self, itwin: ITwin, command: Naming) -> tuple[Fit, Timer | None]:
        if isinstance(command, ListTimers | SetChannelDefault | SwitchSeveral):
            return Fit.WHOLE, None
        if isinstance(command, Subscribe) and any(sign in command.timer for sign in "*?"):
            return Fit.WHOLE, None
        pattern = isinstance(command, Switch)
        key = (itwin.id, command.timer, pattern)
        if key not in self._found:
            self._found[key] = _fit_of(command.timer, await self._timers(itwin), pattern=pattern)
        return self._found[key]

    async def _several(self, itwin: ITwin, command: SwitchSeveral) -> Fit:
        """Return how the name that fits least does; a pattern fits whole."""
        alone = [Switch(command.verb, itwin.id, one) for one in command.timers]
        return min([(await self._timer(itwin, one))[0] for one in alone])

    async def _timers(self, itwin: ITwin) -> tuple[Timer, ...]:
        """Return the timers as far as the person may read them.

        Raises ApiError when Bentley does not answer, so that nothing is guessed.
        """
        try:
            _, timers = await self.resolver.timers(itwin)
        except (Forbidden, NotFound):
            return ()
        return timers

    async def check_words(self, readings: Readings) -> None:
        """Raise InvalidCommand if whole names are followed by words that no reading uses."""
        first = next((one for one in readings.commands if _is_sure(one)), readings.commands[0])
        if not isinstance(first, Switch | Show | History):
            return
        typed = f"{first.itwin} {first.timer}".strip()
        for itwin, timer, left in beginnings(tokenize(typed)):
            beginning = replace(first, itwin=itwin, timer=timer)
            fitted = await self._fit(beginning, set(), parts=False)
            if fitted.fit is Fit.WHOLE and fitted.timer is not None and fitted.itwin is not None:
                raise self._not_used(first, fitted.itwin, fitted.timer, left)

    def _not_used(
        self, command: Switch | Show | History, itwin: ITwin, timer: Timer, left: str
    ) -> InvalidCommand:
        verb = command.verb if isinstance(command, Switch) else ""
        until = command.until if isinstance(command, Switch) else ""
        reason = command.reason if isinstance(command, Switch) else ""
        chooser = OpenChooser(itwin.id, timer.id, "" if verb == "toggle" else verb, until, reason)
        named = f"{timer.distinct} in {itwin.distinct}"
        return InvalidCommand(
            f"“{left}” behind the name {named} was not understood, so nothing was done",
            verb or None,
            chooser=str(chooser),
        )

    async def check_order(self, commands: Iterable[Command]) -> None:
        """Raise SwappedNames if the timer was typed before its iTwin."""
        for command in commands:
            if not isinstance(command, Switch | Show | History) or not command.itwin:
                continue
            if not command.timer:
                continue
            swapped = replace(command, itwin=command.timer, timer=command.itwin)
            fitted = await self._fit(swapped, set(), parts=False)
            if fitted.fit is Fit.WHOLE and fitted.timer is not None:
                raise SwappedNames(self._choice(fitted))

    async def instead(self, command: Command, error: BotError, *, loose: bool) -> Command:
        """Return what is meant by a command whose names mean nothing; raise the error if nothing.

        A single name may be an iTwin whose timer is still to be chosen. ``loose``: the words were
        read in several ways, so all of them may be the timer's name.
        """
        if chooser := await self._chooser(command):
            return chooser
        await self.check_order([command])
        if loose and self.here is None and isinstance(command, Switch | Show) and command.itwin:
            raise _without_itwin(command, error)
        raise error

    async def _chooser(self, command: Command) -> OpenChooser | None:
        """Return the chooser for a command that names an iTwin and no timer."""
        here = self.here.id if self.here else ""
        if not isinstance(command, Switch | Show) or command.itwin not in {"", here}:
            return None
        fit, itwin = await self._itwin(command.timer)
        return _chooser_of(command, itwin) if itwin and fit is Fit.WHOLE else None


def _without_itwin(command: Switch | Show, error: BotError) -> BotError:
    """Return the error to raise for words of which none is like the name of an iTwin."""
    if not isinstance(error, NoSuchName) or error.kind != "iTwin" or error.nearest:
        return error
    verb = command.verb if isinstance(command, Switch) else "show"
    return NoChannelDefault(f"{command.itwin} {command.timer}", verb)


def _fit_of(wanted: str, timers: tuple[Timer, ...], *, pattern: bool) -> tuple[Fit, Timer | None]:
    """Look up a timer; ``pattern``: the name may also stand for several."""
    match match_name(wanted, timers, Timer.names):
        case Unique(timer, whole=True):
            return Fit.WHOLE, timer
        case Ambiguous(whole=True):
            return Fit.SEVERAL, None
        case _ if pattern and is_pattern(wanted):
            found = match_pattern(wanted, timers, lambda one: one.label)
            return (Fit.WHOLE if found else Fit.NO_TIMER), None
        case Unique(timer):
            return Fit.PART, timer
        case Ambiguous():
            return Fit.SEVERAL, None
        case _:
            return Fit.NO_TIMER, None


def _is_sure(command: Command) -> bool:
    """Whether a command has no end that begins with no word such as "until"."""
    until = command.until if isinstance(command, Switch | SwitchSeveral) else ""
    return not until or opens_end(until.split())


def _chooser_of(command: Switch | Show, itwin: ITwin) -> OpenChooser:
    if isinstance(command, Show):
        return OpenChooser(itwin.id)
    verb = "" if command.verb == "toggle" else command.verb
    return OpenChooser(itwin.id, "", verb, command.until, command.reason)


def _different(fits: list[Fitted]) -> list[Fitted]:
    """Leave out readings that do the same to the same things."""
    return list({str(one.exact): one for one in reversed(fits)}.values())[::-1]
