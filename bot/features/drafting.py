"""Drafts the operations of a change to several timers, and says which of them may be started."""

from dataclasses import dataclass

from bot.core.change_requests import NextStep, draft_operation, next_step, ruling_for
from bot.core.errors import InvalidCommand, PolicyRefused, ReasonRequired
from bot.core.invocation import Invocation
from bot.core.language.commands import Switch, SwitchSeveral
from bot.core.language.until import AmbiguousTime, Until, parse_until
from bot.core.listings import TimerShown
from bot.core.operation_sets import LeftOut
from bot.core.operations.operation import ActingAccount, Operation
from bot.core.timers import ITwin, Timer
from bot.gateways.gateways import Gateways


@dataclass(frozen=True, slots=True)
class Drafting:
    """One change to several timers of an iTwin, as one person asks for it with their account."""

    gateways: Gateways
    invocation: Invocation
    command: SwitchSeveral
    itwin: ITwin
    account: ActingAccount

    @property
    def wanted(self) -> bool:
        return self.command.verb == "enable"

    def until(self, timer: Timer) -> Until | AmbiguousTime | None:
        """Return the end of one timer. Raises InvalidCommand where its schedule has no such end."""
        if not self.command.until:
            return None
        zone, schedule_zone = self.invocation.person.zone, self.gateways.schedule_zone
        phrase, now = self.command.until, self.invocation.now
        return parse_until(phrase, now, zone, timer.cron, schedule_zone)

    def draft(self, found: TimerShown) -> Operation:
        """Return the operation for one timer. Raises InvalidCommand where it has no such end."""
        command = self.command
        until = self.until(found.timer)
        if isinstance(until, AmbiguousTime):
            raise InvalidCommand("the time may mean several moments", command.verb)
        switch = Switch(command.verb, self.itwin.id, found.timer.id, command.reason, command.until)
        return draft_operation(
            self.invocation,
            self.gateways.timeouts,
            switch,
            self.account,
            found,
            wanted=self.wanted,
            until=until,
        )

    def objection(self, operation: Operation) -> LeftOut | None:
        """Return why the policy keeps this operation from being one of several, or None.

        The question about all of them is the confirmation that a policy may want. Raises
        ReasonRequired.
        """
        return objection_to(self.gateways, self.invocation, operation, str(self.command))


def objection_to(
    gateways: Gateways, invocation: Invocation, operation: Operation, typed: str
) -> LeftOut | None:
    """Return why the policy keeps this operation from being one of several, or None.

    Raises ReasonRequired with the command as ``typed``.
    """
    ruling = ruling_for(gateways.policy_file.current, operation, invocation.groups)
    try:
        step = next_step(operation, ruling, confirmed=True, zone=invocation.person.zone)
    except PolicyRefused:
        return "refused"
    except ReasonRequired as error:
        raise ReasonRequired(typed, error.rule) from None
    return None if step is NextStep.START else "approval"
