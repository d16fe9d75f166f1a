"""Several timers at once: the question before they are changed, and the card of the set."""

from collections.abc import Sequence

from bot.core.actions import Action
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.names import single_line
from bot.core.operation_sets import LeftOut, MemberShown, OperationSet
from bot.core.operations.operation import Failure, FailureKind, Operation, State
from bot.core.outcomes import Candidate, SeveralQuestion
from bot.core.timers import Timer
from bot.gateways.slack.messages import Block, Card, Ephemeral
from bot.slack.views.blocks import (
    NAME,
    SPACE,
    Button,
    Line,
    Part,
    Timestamp,
    UserMention,
    buttons,
    fallback_text,
    header,
    json_size,
    line,
    paragraph,
)
from bot.slack.views.cards import state_word
from bot.slack.views.skipped_runs import skips

SHORT = 60  # characters of a name among many
FEW = 10  # timers whose skipped runs are listed with their times
REASON = 300
_NAMED = 5  # timers that one sentence names
_LEFT_OUT: dict[LeftOut, str] = {
    "approval": "needs approval: ask for it alone",
    "refused": "not allowed by the policy",
    "reason": "the policy wants a reason",
    "end": "its schedule has no such end",
    "edited": "it was edited since",
    "state": "somebody changed it since",
    "gone": "it no longer exists",
    "busy": "another change is in progress",
    "stopped": "an admin has stopped all changes",
    "undone": "already undone",
    "expired": "it was not started in time",
}
_WHY: dict[FailureKind, str] = {
    FailureKind.NOT_SENT: "couldn't connect to Bentley",
    FailureKind.RATE_LIMITED: "Bentley's request limit is reached",
    FailureKind.FORBIDDEN: "no permission",
    FailureKind.NOT_FOUND: "Bentley doesn't find it",
    FailureKind.TOKEN_REFUSED: "Bentley did not accept the sign-in",
    FailureKind.SIGN_IN_NEEDED: "the sign-in has ended",
    FailureKind.ACCOUNT_CHANGED: "the sign-in is of another account now",
    FailureKind.PERSON_REFUSED: "the requester may not use EDFS Bot",
    FailureKind.POLICY_REFUSED: "not allowed by the policy",
    FailureKind.CHANGES_STOPPED: "an admin has stopped all changes",
    FailureKind.CANNOT_UNDO: "already undone",
    FailureKind.DEFINITION_CHANGED: "it was edited",
    FailureKind.TIMER_GONE: "it no longer exists",
    FailureKind.EXPIRED: "it was not sent in time",
}


def question(outcome: SeveralQuestion) -> Ephemeral:
    """List the timers that would be changed, and ask for the confirmation."""
    word, count = state_word(outcome.wanted), len(outcome.candidates)
    where = outcome.itwin.title(SHORT)
    if not count:
        return _nothing(outcome)
    verb = "Enable" if outcome.wanted else "Disable"
    heading = f"{verb} {_timers(count)} in {where}?"
    rest = [*_clauses(outcome), *_left_out(outcome, word), line("Nothing was changed yet.")]
    at_length = count <= FEW
    candidates = [_candidate(one, at_length=at_length) for one in outcome.candidates]
    lines = [*bounded(candidates, beside=rest), *rest]
    says = f"{verb} {_timers(count)}"
    button = Button(says, Action.CONFIRM, outcome.pending_command, style="primary")
    blocks = [header(heading), paragraph(lines), buttons(button)]
    return Ephemeral(fallback_text(heading), blocks)


def _nothing(outcome: SeveralQuestion) -> Ephemeral:
    word, where = state_word(outcome.wanted), outcome.itwin.title(SHORT)
    heading = f"No timer to {'enable' if outcome.wanted else 'disable'} in {where}"
    lines = [*_left_out(outcome, word), line("Nothing was changed.")]
    if not outcome.already and not outcome.left_out:
        lines.insert(0, line("This iTwin has no timers."))
    return Ephemeral(fallback_text(heading), [header(heading), paragraph(lines)])


def _timers(count: int) -> str:
    return "1 timer" if count == 1 else f"{count} timers"


def bounded(lines: Sequence[Line], *, beside: Sequence[Line]) -> list[Line]:
    """Return as many lines as a message holds beside the others, and how many more there are."""
    space = SPACE - json_size(paragraph(beside))
    for count, one in enumerate(lines):
        space -= json_size(paragraph([one]))
        if space < 0:
            return [*lines[:count], line(f"… and {len(lines) - count} more")]
    return list(lines)


def _candidate(one: Candidate, *, at_length: bool) -> Line:
    operation = one.operation
    name, state = operation.timer.title(SHORT), state_word(not operation.wanted)
    runs = one.skipped
    if runs is None:
        return line(f"• {name}: {state}")
    if at_length:
        return (*line(f"• {name}: {state}, "), *skips(runs, operation.timer.cron))
    return line(f"• {name}: {state}, skips {runs.count:,} {'run' if runs.count == 1 else 'runs'}")


def _clauses(outcome: SeveralQuestion) -> list[Line]:
    """Say the end and the reason, which are the same for all timers."""
    lines: list[Line] = []
    operation = outcome.candidates[0].operation
    if not outcome.wanted:
        ends = {one.operation.until.at for one in outcome.candidates if one.operation.until}
        lines.append(line(*_end(ends)))
    if operation.reason:
        lines.append(line(f"Because “{single_line(operation.reason, REASON)}”"))
    return lines


def _end(ends: set[float | None]) -> list[Part | str]:
    moments = sorted(at for at in ends if at is not None)
    if not moments:
        return ["No end date"]
    if len(moments) == 1:
        return ["Auto-enable ", Timestamp(moments[0])]
    return ["Auto-enable between ", Timestamp(moments[0]), " and ", Timestamp(moments[-1])]


def _left_out(outcome: SeveralQuestion, word: str) -> list[Line]:
    """Name the timers that would not be changed, and say why."""
    lines: list[Line] = []
    if outcome.already:
        lines.append(line(f"Already {word}: {_names(outcome.already)}"))
    for why, said in _LEFT_OUT.items():
        timers = [timer for timer, reason in outcome.left_out if reason == why]
        if timers:
            lines.append(line(f"Left out, {said}: {_names(timers)}"))
    return lines


def _names(timers: Sequence[Timer]) -> str:
    names = ", ".join(one.title(SHORT // 2) for one in timers[:_NAMED])
    more = len(timers) - _NAMED
    return f"{names} and {more} more" if more > 0 else names


def begun(one: OperationSet) -> str:
    """Return the title of a set whose members are being changed."""
    verb = "Enabling" if one.wanted else "Disabling"
    return f"{verb} {_timers(len(one.members))} in {one.itwin.title(SHORT)}"


def card(one: OperationSet, members: Sequence[MemberShown]) -> Card:
    """Return the card of a set: how many of its members are done, and a line for each."""
    title = _title(one, members)
    by = line("by ", UserMention(one.person), f" as {single_line(one.account, NAME)}, ")
    lines = [(*by, Timestamp(one.asked_at))]
    operations = [shown.operation for shown in members if shown.operation]
    ends = {operation.until.at for operation in operations if operation.until}
    if ends and not one.wanted:
        lines.append(line(*_end(ends)))
    if one.undoes:
        lines.append(line("Undoes an earlier change of these timers"))
    if one.reason:
        lines.append(line(f"Because “{single_line(one.reason, REASON)}”"))
    lines += bounded([_member(shown, wanted=one.wanted) for shown in members], beside=lines)
    text = fallback_text(title, ". By ", UserMention(one.person))
    current = sum(_is_done(shown) and not shown.superseded for shown in members)
    row: list[Block] = []
    if current and one.undoes is None and all(shown.ended for shown in members):
        says = f"{'Disable' if one.wanted else 'Enable'} {_timers(current)} again?"
        row.append(buttons(Button("Undo", Action.UNDO, one.id, confirm=says)))
    return Card(text, [header(title), paragraph(lines), *row])


def _title(one: OperationSet, members: Sequence[MemberShown]) -> str:
    count, where = len(members), one.itwin.title(SHORT)
    ended = sum(shown.ended for shown in members)
    if ended < count:
        return f"{begun(one)}: {ended} of {count} done"
    done = sum(_is_done(shown) for shown in members)
    word = state_word(one.wanted).capitalize()
    return f"{word} {f'{done} of ' if done < count else ''}{_timers(count)} in {where}"


def _is_done(shown: MemberShown) -> bool:
    return shown.operation is not None and shown.operation.state is State.APPLIED


def _member(shown: MemberShown, *, wanted: bool) -> Line:
    """Return the line of a member: its state, with an icon and in words."""
    name, operation = shown.member.timer.title(SHORT), shown.operation
    if operation is None:
        why = shown.member.left_out
        said = f"not changed, {_LEFT_OUT[why]}" if why else "waiting"
        return line(f"{'🔴' if why else '⏳'} {name}: {said}")
    if shown.auto_enable is not None and shown.auto_enable.phase is not Phase.SCHEDULED:
        return _back(name, shown.auto_enable)
    if shown.superseded:
        return line(f"↪ {name}: changed again since")
    return line(*_state(name, operation, wanted=wanted))


def _back(name: str, auto_enable: AutoEnable) -> Line:
    """Return the line of a member whose auto-enable is due, or over."""
    at = Timestamp(auto_enable.changed_at)
    match auto_enable.phase, auto_enable.closed_as:
        case Phase.ENABLING, _:
            return line(f"⏳ {name}: enabling again")
        case Phase.CLOSED, "enabled":
            return line(f"🟢 {name}: auto-enabled ", at)
        case Phase.CLOSED, "kept_disabled":
            return line(f"⚪ {name}: disabled, no end date")
        case Phase.CLOSED, _:
            return line(f"↪ {name}: changed again since")
        case _:
            return line(f"🔴 {name}: still disabled, see the card below")


def _state(name: str, operation: Operation, *, wanted: bool) -> list[Part | str]:
    word, other = state_word(wanted), state_word(not wanted)
    icon = "🟢" if wanted else "⚪"
    late = operation.late_finding
    if late is not None and late.enabled is not None and late.enabled is not wanted:
        return [f"🔴 {name}: {other}, read ", Timestamp(late.at)]
    match operation.state:
        case State.READY | State.LOCKED | State.SENDING:
            return [f"⏳ {name}: {'waiting for Bentley' if operation.failure else 'in progress'}"]
        case State.VERIFYING:
            at = Timestamp(operation.settled_at, exact=True)
            return [f"🔵 {name}: checking with Bentley, result by ", at]
        case State.APPLIED:
            return [f"{icon} {name}: {word}"]
        case State.ALREADY:
            return [f"{icon} {name}: was already {word}"]
        case State.CONFLICT:
            return [f"🔴 {name}: still {other}, somebody else changed it at the same time"]
        case State.REJECTED:
            return [f"🔴 {name}: not changed, {_why(operation.failure)}"]
        case State.STALE:
            return [f"🔴 {name}: not changed, it was edited"]
        case State.NOT_APPLIED:
            return [f"🔴 {name}: not changed, Bentley's answer was lost"]
        case State.UNKNOWN:
            return [f"🔴 {name}: not known, Bentley could not be read for a day"]


def _why(failure: Failure | None) -> str:
    if failure is None:
        return "the change was refused"
    status = f" ({failure.status})" if failure.status else ""
    return _WHY.get(failure.kind, f"Bentley returned an error{status}")
