"""Several timers at once: which ones are meant, and the question before any of them is changed."""

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.core.change_requests import skipped_runs
from bot.core.errors import (
    AmbiguousName,
    AmbiguousReading,
    Choice,
    InvalidCommand,
    NoSuchName,
    PartOfName,
    ReasonRequired,
    TooManyTimers,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Switch, SwitchSeveral
from bot.core.language.until import AmbiguousTime, format_until
from bot.core.listings import TimerShown
from bot.core.matching import Ambiguous, NoMatch, Unique, is_pattern, match_name, match_pattern
from bot.core.names import OperationId
from bot.core.operation_sets import LeftOut, Member, OperationSet
from bot.core.operations.operation import Operation
from bot.core.outcomes import Candidate, Outcome, SeveralQuestion, SeveralStarted
from bot.core.timers import ITwin, SeenTimer, Timer
from bot.features.drafting import Drafting
from bot.features.operation_sets import Starting
from bot.features.resolver import NameResolver
from bot.features.starting import observe
from bot.gateways.gateways import Gateways
from bot.gateways.store.sign_in_links import PendingCommand

MOST = 50  # timers that are switched at once


async def as_several(command: Switch, resolver: NameResolver) -> SwitchSeveral | None:
    """Return the command that a pattern means; None where a timer has that name, or none fits.

    Raises InvalidCommand for what takes one timer only.
    """
    if not is_pattern(command.timer):
        return None
    itwin = await resolver.itwin(command.itwin)
    _, timers = await resolver.timers(itwin)
    match = match_name(command.timer, timers, Timer.names)
    if isinstance(match, Unique | Ambiguous) and match.whole:
        return None
    if not match_pattern(command.timer, timers, _label):
        return None
    if command.verb == "toggle":
        raise InvalidCommand("toggle takes one timer; enable and disable take several", "toggle")
    if command.emergency:
        raise InvalidCommand("an emergency is for one timer at a time", command.verb)
    return SwitchSeveral(command.verb, itwin.id, (command.timer,), command.reason, command.until)


async def ask(
    gateways: Gateways, invocation: Invocation, command: SwitchSeveral, resolver: NameResolver
) -> Outcome:
    """Return the question which timers would be changed, and store the command that changes them.

    Raises NoSuchName, AmbiguousName, PartOfName, AmbiguousReading, TooManyTimers, ReasonRequired,
    InvalidCommand, and what reading the timers raises.
    """
    itwin = await resolver.itwin(command.itwin)
    bearer, timers = await resolver.timers(itwin)
    chosen = _Names(command, itwin, timers).chosen()
    drafting = Drafting(gateways, invocation, command, itwin, bearer.account.acting)
    wanted = drafting.wanted
    changing = [one for one in chosen if one.enabled is not wanted]
    if len(changing) > MOST:
        raise TooManyTimers(len(changing), MOST, itwin.distinct)
    candidates, left_out = _judged(drafting, changing)
    question = SeveralQuestion(
        wanted=wanted,
        itwin=itwin,
        candidates=tuple(candidates),
        already=tuple(one for one in chosen if one.enabled is wanted),
        left_out=tuple(left_out),
    )
    if not candidates:
        return question
    return replace(question, pending_command=await _keep(drafting, question))


async def carry_out(
    gateways: Gateways, invocation: Invocation, command: SwitchSeveral, resolver: NameResolver
) -> Outcome:
    """Change the timers that a question has shown, as ``invocation.seen`` has them.

    One that is not what it was then is left out. Raises AnsweredMeanwhile, and what reading the
    timers raises.
    """
    known = await gateways.store.operation_sets.read(invocation.workspace, invocation.id)
    if known is not None and known.decided:
        return SeveralStarted(known)
    itwin = await resolver.itwin(command.itwin)
    bearer, timers = await resolver.timers(itwin)
    drafting = Drafting(gateways, invocation, command, itwin, bearer.account.acting)
    now = {one.id: one for one in timers}
    seen = {one.timer.id: one for one in invocation.seen}

    async def draft(member: Member) -> Operation | LeftOut:
        timer = now.get(member.timer.id)
        if timer is None:
            return "gone"
        return await _draft(drafting, seen[timer.id], timer)

    return await Starting(gateways, invocation, draft).run(_new_set(drafting))


def _new_set(drafting: Drafting) -> OperationSet:
    invocation, seen = drafting.invocation, drafting.invocation.seen
    until = None
    with contextlib.suppress(InvalidCommand):
        until = drafting.draft(TimerShown(drafting.itwin, seen[0].timer, None)).until
    return OperationSet(
        id=invocation.id,
        workspace=invocation.workspace,
        person=invocation.who,
        account=drafting.account.label,
        itwin=drafting.itwin,
        wanted=drafting.wanted,
        members=tuple(Member(one.timer) for one in seen),
        origin=invocation.origin,
        asked_at=invocation.now,
        expires_at=invocation.now + drafting.gateways.timeouts.life,
        reason=drafting.command.reason,
        until=until,
    )


async def _draft(drafting: Drafting, seen: SeenTimer, timer: Timer) -> Operation | LeftOut:
    """Return the operation for a timer that is as the question has shown it, or why not."""
    if timer.definition() != seen.definition:
        return "edited"
    if timer.enabled is drafting.wanted:
        return "state"
    try:
        found = await observe(drafting.gateways, drafting.invocation, drafting.itwin, timer)
        operation = drafting.draft(found)
        return drafting.objection(operation) or operation
    except InvalidCommand:
        return "end"
    except ReasonRequired:
        return "reason"


def _label(timer: Timer) -> str:
    return timer.label


@dataclass(frozen=True, slots=True)
class _Names:
    """The names in one command, and the timers of its iTwin that they may mean."""

    command: SwitchSeveral
    itwin: ITwin
    timers: tuple[Timer, ...]

    def chosen(self) -> tuple[Timer, ...]:
        """Return the timers that are named, each once, in the order of lists.

        Raises NoSuchName, AmbiguousName, PartOfName.
        """
        if not self.command.timers:
            return tuple(sorted(self.timers, key=Timer.in_lists))
        places = range(len(self.command.timers))
        found = {one.id: one for place in places for one in self._named(place)}
        return tuple(sorted(found.values(), key=Timer.in_lists))

    def _named(self, place: int) -> Iterable[Timer]:
        """Return what one of the typed names means: a whole name goes before a pattern."""
        wanted = self.command.timers[place]
        match = match_name(wanted, self.timers, Timer.names)
        if isinstance(match, Unique) and match.whole:
            return (match.thing,)
        whole = isinstance(match, Ambiguous) and match.whole
        if not whole and is_pattern(wanted):
            matching = match_pattern(wanted, self.timers, _label)
            if matching:
                return matching
        match match:
            case Unique(timer):
                raise PartOfName((wanted,), self._choice(place, timer))
            case Ambiguous(things):
                raise AmbiguousName("timer", wanted, self._choices(place, things))
            case NoMatch(nearest):
                choices = self._choices(place, nearest)
                raise NoSuchName("timer", wanted, choices, where=self.itwin.distinct)

    def _choices(self, place: int, timers: Iterable[Timer]) -> tuple[Choice, ...]:
        return tuple(self._choice(place, timer) for timer in timers)

    def _choice(self, place: int, timer: Timer) -> Choice:
        """Return the choice of a timer in the place of one of the typed names."""
        before, after = self.command.timers[:place], self.command.timers[place + 1 :]
        said = replace(self.command, timers=(*before, timer.label, *after)).said
        chosen = with_timers(self.command, self.itwin, (*before, timer.id, *after))
        return Choice(said, timer.beside or timer.package, str(chosen))


def with_timers(
    command: SwitchSeveral, itwin: ITwin, timers: tuple[str, ...]
) -> Switch | SwitchSeveral:
    """Return the command about these timers; about a single one it is an ordinary change."""
    if len(timers) > 1:
        return replace(command, itwin=itwin.id, timers=timers)
    return Switch(command.verb, itwin.id, timers[0], command.reason, command.until)


def _judged(
    drafting: Drafting, timers: list[Timer]
) -> tuple[list[Candidate], list[tuple[Timer, LeftOut]]]:
    """Divide timers into those that can be changed and those that are left out, and why.

    Raises AmbiguousReading, ReasonRequired, and InvalidCommand for an end that no timer has.
    """
    candidates: list[Candidate] = []
    left_out: list[tuple[Timer, LeftOut]] = []
    refused: InvalidCommand | None = None
    for timer in timers:
        try:
            _check_moment(drafting, timer)
            operation = drafting.draft(TimerShown(drafting.itwin, timer, None))
        except InvalidCommand as error:
            refused = refused or error
            left_out.append((timer, "end"))
            continue
        if objection := drafting.objection(operation):
            left_out.append((timer, objection))
        else:
            runs = skipped_runs(operation, drafting.gateways.schedule_zone)
            candidates.append(Candidate(operation, runs))
    if refused and len(left_out) == len(timers) and all(why == "end" for _, why in left_out):
        raise refused
    return candidates, left_out


def _check_moment(drafting: Drafting, timer: Timer) -> None:
    """Raise AmbiguousReading, with a choice for each moment, if the typed time means several."""
    found = drafting.until(timer)
    if not isinstance(found, AmbiguousTime):
        return
    command, zone = drafting.command, drafting.invocation.person.zone
    with_itwin = replace(command, itwin=drafting.itwin.id)
    ends = [format_until(at, zone) for at in found.moments]
    raise AmbiguousReading(
        tuple(Choice(command.said, "", str(replace(with_itwin, until=end))) for end in ends)
    )


async def _keep(drafting: Drafting, question: SeveralQuestion) -> OperationId:
    """Store the command with the ids, states and definitions that the question shows.

    Its id is the same however often the delivery is answered, and not that of the command that
    asked: a second press on that must not be taken for a confirmation.
    """
    invocation, command = drafting.invocation, drafting.command
    operations = [one.operation for one in question.candidates]
    until, *others = {one.until for one in operations}
    phrase = command.until
    if not others and until is not None and until.at is not None and not until.runs:
        phrase = format_until(until.at, invocation.person.zone)
    timers = tuple(one.timer.id for one in operations)
    exact = with_timers(replace(command, until=phrase), question.itwin, timers)
    seen = tuple(SeenTimer(one.timer, one.definition) for one in operations)
    pending = PendingCommand(invocation.who, invocation.channel, str(exact), seen=seen)
    identity = hashlib.sha256(f"several\0{invocation.id}".encode()).hexdigest()[:24]
    links = drafting.gateways.store.sign_in_links
    await links.save_command(invocation.workspace, identity, pending)
    return OperationId(identity)
