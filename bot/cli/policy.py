"""`edfs-bot policy`: checks a policy file, and explains its ruling on a command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.core.errors import InvalidCommand
from bot.core.language.commands import OpenChooser, Readings, Switch
from bot.core.language.parser import parse
from bot.core.names import ChannelId, ITwinId, PersonId, TimerId, is_slack_id
from bot.core.policy.rules import Change, ChangeRequest, Policy, Rule, Ruling, judge, judge_until
from bot.core.timers import ITwin, Timer
from bot.gateways.policy_file import read_policy
from bot.gateways.policy_toml import PolicyBroken

policy = typer.Typer(
    help="The policy file: check it, and ask what it would say.", no_args_is_help=True
)

REFUSED = {
    "denied": "Refused: a deny names this person, or a group or channel of theirs.",
    "not_allowed": "Refused: an allow does not name this person.",
    "protected": "Refused: protected, nobody switches it from Slack.",
}


@policy.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The policy file.", show_default=False)],
) -> None:
    """Say each rule in words, or every problem of the file with its line and key."""
    read = _read(file)
    typer.echo(rule_in_words(read.defaults))
    for rule in read.rules:
        typer.echo(rule_in_words(rule))


@policy.command("explain")
def explain(
    *,
    command: Annotated[
        str, typer.Option(help="As behind /edfs: 'disable plant-a \"SAP work orders\"'.")
    ],
    user: Annotated[str, typer.Option(help="Who would type it: U… .")],
    file: Annotated[
        Path,
        typer.Option("--policy", envvar="EDFS_BOT_POLICY", help="The policy file."),
    ],
    group: Annotated[
        list[str] | None, typer.Option(help="A user group or channel they are in: S…, C… .")
    ] = None,
    channel: Annotated[str, typer.Option(help="Where they would type it: C… .")] = "",
    package: Annotated[str, typer.Option(help="The timer's integration package.")] = "",
    timer_id: Annotated[str, typer.Option(help="The timer's id.")] = "",
    itwin_id: Annotated[str, typer.Option(help="The iTwin's id.")] = "",
    itwin_number: Annotated[str, typer.Option(help="The iTwin's number.")] = "",
) -> None:
    """Say what the policy asks for before this command happens, and which rule decided."""
    switch = _switch(command)
    groups = frozenset(group or ())
    for one in (user, *groups, *([channel] if channel else [])):
        if not is_slack_id(one):
            _stop("--user, --group and --channel take Slack ids: U…, S…, C… .")
    itwin = ITwin(ITwinId(itwin_id or switch.itwin), switch.itwin, itwin_number)
    timer = Timer(TimerId(timer_id or switch.timer), switch.timer, package, "", enabled=True)
    question = Question(switch, PersonId(user), groups, itwin, timer, ChannelId(channel))
    for line in explanation(_read(file), question):
        typer.echo(line)


@dataclass(frozen=True, slots=True)
class Question:
    """A command to explain, as typed by ``person`` in ``channel``."""

    switch: Switch
    person: PersonId
    groups: frozenset[str]
    itwin: ITwin
    timer: Timer
    channel: ChannelId

    def changes(self) -> tuple[Change, ...]:
        """Return the changes that it may make: a toggle depends on the timer's state."""
        verb = self.switch.verb
        return ("enable", "disable") if verb == "toggle" else (verb,)

    def request(self, change: Change) -> ChangeRequest:
        return ChangeRequest(self.person, self.groups, self.itwin, self.timer, change, self.channel)


def explanation(policy: Policy, question: Question) -> list[str]:
    lines = []
    timer, itwin = question.timer.name, question.itwin.name
    for change in question.changes():
        ends = change == "disable" and question.switch.until not in {"", "for good"}
        request = question.request(change)
        ruling = judge_until(policy, request) if ends else judge(policy, request)
        also = ", and have it enabled again" if ends else ""
        lines.append(f"{question.person} would {change} {timer} in {itwin}{also}.")
        lines += [f"  {line}" for line in _ruling(ruling, question.switch)]
        lines += [f"  {key}: decided by {rule}" for key, rule in ruling.because]
        if not ruling.because:
            lines.append("  No rule sets anything for it.")
    if others := sorted(policy.groups() - question.groups):
        lines.append(f"Taken not to be in {', '.join(others)}: --group says otherwise.")
    return lines


def _ruling(ruling: Ruling, switch: Switch) -> list[str]:
    if ruling.refused:
        return [REFUSED[ruling.refused]]
    if ruling.reason_required and not switch.reason:
        return ["Stopped: a reason is required (because …)."]
    lines = ["Asks first whether it is meant."] if ruling.confirm else []
    if switch.emergency and ruling.approvals and ruling.emergency:
        return [*lines, "Happens at once: an emergency goes ahead, and is reviewed afterwards."]
    if switch.emergency and ruling.approvals:
        lines.append("An emergency is not allowed here.")
    if not ruling.approvals:
        return [*lines, "Happens at once, if their own EDFS permission allows it."]
    return [*lines, *_approval(ruling)]


def _approval(ruling: Ruling) -> list[str]:
    by = _ids(ruling.approvers) if ruling.approvers is not None else "anybody who could do it"
    themselves = "the requester too" if ruling.self_approval else "not the requester"
    where = f" in {ruling.channel}" if ruling.channel else " where it was asked"
    lines = [
        f"Waits for {_approvals(ruling.approvals)}. Who may approve: {by}; {themselves}.",
        f"The request is posted{where} and expires after {_time(ruling.expires)}.",
        f"It is carried out with the token of the {ruling.runs_as}.",
    ]
    if ruling.denied:
        lines.insert(1, f"Who may not, whatever list they are in: {_ids(ruling.denied)}.")
    return lines


def rule_in_words(rule: Rule) -> str:
    """Return the rule as one line: its name, what it matches and what it sets."""
    matched = [
        f"iTwin {' or '.join(rule.itwin)}" if rule.itwin else "",
        f"timer {' or '.join(rule.timer)}" if rule.timer else "",
        f"{rule.change} only" if rule.change else "",
        f"asked in {' or '.join(rule.channels)}" if rule.channels else "",
    ]
    where = ", ".join(part for part in matched if part) or "everything"
    return f"{rule.name}: {where}: {'; '.join(_settings(rule)) or 'nothing asked'}"


def _settings(rule: Rule) -> list[str]:
    """Return what a rule sets, the refusals first."""
    parts = [
        rule.deny and f"denies {_ids(rule.deny)}",
        rule.allow and f"allows only {_ids(rule.allow)}",
        _yes_no(rule.protected, "protected: nobody switches it from Slack", "not protected"),
        None if rule.approvals is None else (_approvals(rule.approvals) or "no approval"),
        rule.approvers and f"approved by {_ids(rule.approvers)}",
        _yes_no(rule.self_approval, "the requester may approve", "the requester may not approve"),
        rule.runs_as and f"carried out with the {rule.runs_as}'s token",
        rule.expires and f"requests expire after {_time(rule.expires)}",
        rule.channel and f"requests go to {rule.channel}",
        rule.reason and f"reason {rule.reason}",
        _yes_no(rule.confirm, "asks for confirmation", "asks for no confirmation"),
        _yes_no(rule.emergency, "an emergency may go ahead", "no emergency goes ahead"),
    ]
    return [part for part in parts if part]


def _yes_no(value: bool | None, yes: str, no: str) -> str:
    return "" if value is None else (yes if value else no)


def _ids(ids: frozenset[str]) -> str:
    return ", ".join(sorted(ids))


def _approvals(count: int) -> str:
    return f"{count} approval{'' if count == 1 else 's'}" if count else ""


def _time(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600)):
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds / 60:.0f}m"


def _switch(command: str) -> Switch:
    """Parse the command, with or without "/edfs" in front."""
    try:
        parsed = parse(command.strip().removeprefix("/edfs"))
    except InvalidCommand as error:
        _stop(f"--command is not understood: {error.reason}.")
    if isinstance(parsed, Readings):  # nothing is looked up here, so the likeliest one counts
        parsed = parsed.commands[0]
    if isinstance(parsed, OpenChooser):
        _stop("--command is not understood: the iTwin and the timer are missing.")
    if not isinstance(parsed, Switch):
        _stop("--command takes what the policy judges: toggle, enable or disable.")
    return parsed


def _read(file: Path) -> Policy:
    try:
        return read_policy(file)
    except PolicyBroken as broken:
        for problem in broken.problems:
            typer.echo(f"{file}:{problem}", err=True)
    except OSError as error:
        typer.echo(f"{file} cannot be read ({type(error).__name__}).", err=True)
    raise typer.Exit(1)


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
