"""The card of a request for approval: what is true now, what will be, who decides, and the end.

It names everything an approver has to know, so that nobody has to look elsewhere; and it says
done only of what is done.
"""

from dataclasses import replace

from bot.core.approvals import Approval, Stage
from bot.core.names import ChannelId, PersonId, plain
from bot.core.operations.operation import Operation, State
from bot.core.schedules import Runs
from bot.gateways.slack.messages import Card
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Part,
    Room,
    Team,
    Text,
    When,
    Who,
    bold,
    buttons,
    fact,
    header,
    line,
    paragraph,
    small,
    spoken,
)
from bot.slack.views.cards import schedule, title_of, word
from bot.slack.views.policy_errors import end_lines

RUNS_SHOWN = 5


def card(approval: Approval, runs: Runs | None, zone: str) -> Card:
    """Draw it. ``runs`` are those that will not happen; None where that cannot be told."""
    heading = title(approval)
    lines = [*state_lines(approval), *_facts(approval, runs, zone)]
    blocks = [header(heading), paragraph(lines)]
    if pressable := request_buttons(approval):
        blocks.append(buttons(*pressable))
    blocks.append(small(f"Request {approval.id}"))
    itwin = plain(approval.wish.itwin.name, NAME)
    return Card(spoken(f"{heading} (iTwin {itwin}). Asked by ", Who(approval.requester)), blocks)


def deed(wish: Operation) -> str:
    return f"turn {'on' if wish.wanted else 'off'} {plain(wish.timer.label, NAME)}"


def result(approval: Approval) -> str:
    """Say what came of what was begun, as the timer's own card does."""
    if approval.outcome is None:
        return f"Not changed: {plain(approval.wish.timer.label, NAME)}"
    ended = replace(approval.wish, state=approval.outcome, trouble=approval.trouble, late=None)
    return title_of(ended)


def title(approval: Approval) -> str:
    if approval.review:
        return _title_of_review(approval)
    match approval.stage:
        case Stage.WAITING:
            return f"To be approved: {deed(approval.wish)}"
        case Stage.APPROVED if approval.concluded:
            return result(approval)
        case Stage.APPROVED:
            return f"Approved: {deed(approval.wish)}"
        case Stage.DECLINED:
            return f"Declined: {deed(approval.wish)}"
        case Stage.CANCELLED:
            return f"Taken back: {deed(approval.wish)}"
        case Stage.EXPIRED:
            return f"Expired: {deed(approval.wish)}"
        case Stage.VOID:
            return f"Void: {deed(approval.wish)}"


def _title_of_review(approval: Approval) -> str:
    said = result(approval) if approval.concluded else f"{deed(approval.wish)} is under way"
    match approval.stage:
        case Stage.WAITING:
            late = "Still nobody has reviewed it" if approval.reminders else "Emergency"
            return f"{late}: {said}"
        case Stage.APPROVED:
            return f"Reviewed: {said}"
        case Stage.CANCELLED:
            return f"Emergency, not begun: {deed(approval.wish)}"
        case _:
            return f"Objected to: {said}"


def state_lines(approval: Approval) -> list[Line]:
    """Say how it stands, and who made it so."""
    at = When(approval.changed_at)
    because = [fact("Because", plain(approval.because, 300))] if approval.because else []
    by = (Who(approval.decided_by),) if approval.decided_by else ()
    match approval.stage:
        case Stage.WAITING if approval.review:
            done = "It was done without approval. Somebody else has to look at it and say so here."
            return [line(done)]
        case Stage.WAITING:
            return []
        case Stage.APPROVED:
            agreed: list[Part] = []
            for vote in approval.votes:
                name = Text(f" as {plain(vote.label, NAME)}, ")
                agreed += [Who(vote.by), name, When(vote.at), Text("; ")]
            label = "Reviewed by" if approval.review else "Approved by"
            return [fact(label, *agreed[:-1]), *_what_became(approval)]
        case Stage.DECLINED:
            return [fact("Declined by", *by, ", ", at), *because]
        case Stage.CANCELLED:
            return [fact("Taken back by", *by, ", ", at), *because]
        case Stage.EXPIRED:
            until = When(approval.expires_at)
            return [line("Nobody decided it until ", until, ". Nothing was changed.")]
        case Stage.VOID:
            why = end_lines(approval.trouble) if approval.trouble else []
            return [line("Nothing was changed (", at, ")."), *why]


def _what_became(approval: Approval) -> list[Line]:
    if approval.review or approval.outcome in {State.APPLIED, State.ALREADY}:
        return []
    if not approval.concluded:
        return [line("It is being done; it begins when nothing else is under way on this timer.")]
    return end_lines(approval.trouble) if approval.trouble else []


def _facts(approval: Approval, runs: Runs | None, zone: str) -> list[Line]:
    wish = approval.wish
    number = wish.itwin.number
    beside = f" ({plain(number, NAME)})" if number not in {"", wish.itwin.name} else ""
    asker = plain(wish.acting.label, NAME)
    lines = [
        fact("Asked by", Who(approval.requester), f" as {asker}, ", When(wish.asked_at)),
        fact("iTwin", f"{plain(wish.itwin.name, NAME)}{beside}"),
        fact("Package", plain(wish.timer.package, NAME) or "not said"),
        *change_lines(wish, runs),
        schedule(wish.timer, zone),
    ]
    if wish.changed_outside_since:
        at = When(wish.changed_outside_since)
        lines.append(line("It had been changed outside Slack since ", at, "."))
    if wish.because:
        lines.append(fact("Because", plain(wish.because, 300)))
    return [*lines, *_deciding(approval)]


def change_lines(wish: Operation, runs: Runs | None) -> list[Line]:
    """Say what is true now, what will be, and which runs will not happen."""
    now = word(wish.seen.enabled) if wish.seen else "not known"
    wanted = word(wish.wanted)
    until = wish.until.at if wish.until else None
    change = line("it stays ", bold(wanted)) if now == wanted else line(now, " → ", bold(wanted))
    if until is None:
        return [fact("Change", *change)]
    back = fact("Change", *change, ", and enabled again ", When(until))
    return [back, runs_line(runs)]


def runs_line(runs: Runs | None) -> Line:
    """Name the first of the runs that will not happen; None: they cannot be told."""
    label = "Runs that will not happen"
    if runs is None:
        return fact(label, "cannot be told from this schedule")
    if not runs.at:
        return fact(label, "none falls into this time")
    shown: list[Part | str] = []
    for at in runs.at[:RUNS_SHOWN]:
        shown += [*([", "] if shown else []), When(at)]
    if more := len(runs.at) - RUNS_SHOWN + runs.more if len(runs.at) > RUNS_SHOWN else 0:
        shown.append(f" and {'at least ' if runs.more else ''}{more} more")
    return fact(label, *shown)


def _deciding(approval: Approval) -> list[Line]:
    """Say who decides, what is still missing, and whose account will act."""
    if approval.stage is not Stage.WAITING:
        return []
    lines = [
        fact("Who reviews" if approval.review else "Who decides", *who_decides(approval, most=20))
    ]
    if not approval.review:
        lines.append(fact("Agreed so far", *_agreed(approval)))
        lines.append(fact("Account", *_account(approval)))
        lines.append(fact("Expires", When(approval.expires_at)))
    return lines


def _agreed(approval: Approval) -> list[Part | str]:
    count = f"{len(approval.votes)} of {approval.needed}"
    names: list[Part | str] = []
    for vote in approval.votes:
        names += [", ", Who(vote.by)]
    return [count, *names]


def _account(approval: Approval) -> list[Part | str]:
    if approval.runs_as == "approver":
        whoever = "it will be done with the account of whoever agrees last, and Bentley's record"
        return [f"{whoever} will name them"]
    label = plain(approval.wish.acting.label, NAME)
    named = f"'s account ({label}), and Bentley's record will name it"
    return ["it will be done with ", Who(approval.requester), named]


def who_decides(approval: Approval, most: int = 60) -> list[Part | str]:
    """Name the people, groups and channels of the list; nobody is called by it who is not in it."""
    own = "" if approval.self_approval else ", but not who asked"
    if approval.approvers is None:
        return [f"anybody whose own account can do it{own}"]
    parts: list[Part | str] = []
    for one in sorted(approval.approvers)[:most]:
        parts += [*([", "] if parts else []), *_listed(one)]
    if (more := len(approval.approvers) - most) > 0:
        parts.append(f" and {more} more")
    return [*parts, own] if own else parts


def _listed(one: str) -> list[Part | str]:
    match one[0]:
        case "S":
            return [Team(one)]
        case "C" | "G":
            return ["whoever is in ", Room(ChannelId(one))]
        case _:
            return [Who(PersonId(one))]


def request_buttons(approval: Approval) -> list[Button]:
    """Return what can be pressed while it waits; each right is asked for when it is pressed."""
    if approval.stage is not Stage.WAITING:
        return []
    about = deed(approval.wish)
    if approval.review:
        return [
            Button("Reviewed", "approve", approval.id, style="primary", label=f"Reviewed: {about}")
        ]
    return [
        Button("Approve", "approve", approval.id, style="primary", label=f"Approve: {about}"),
        Button("Decline", "decline", approval.id, style="danger", label=f"Decline: {about}"),
        Button("Cancel", "cancel", approval.id, label=f"Cancel: {about}"),
    ]
