"""The card of a request for approval: the change, its context, who decides, and the result.

It holds everything that an approver has to know, so that nobody has to look elsewhere.
"""

from dataclasses import replace

from bot.core.actions import Action
from bot.core.approvals import Approval, Stage
from bot.core.names import ChannelId, PersonId, single_line
from bot.core.operations.operation import Operation, State
from bot.core.schedules import Runs
from bot.gateways.slack.messages import Card
from bot.slack.views.blocks import (
    NAME,
    Button,
    ChannelMention,
    GroupMention,
    Line,
    Part,
    Text,
    Timestamp,
    UserMention,
    bold,
    buttons,
    context_block,
    fallback_text,
    header,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.cards import schedule, state_word, title_of
from bot.slack.views.policy_errors import end_lines
from bot.slack.views.skipped_runs import skips_line


def card(approval: Approval, runs: Runs | None, zone: str) -> Card:
    """Return the card. ``runs`` will not happen (None: the schedule cannot be read)."""
    heading = title(approval)
    lines = [*state_lines(approval), *_facts(approval, runs, zone)]
    blocks = [header(heading), paragraph(lines)]
    if actions := request_buttons(approval):
        blocks.append(buttons(*actions))
    blocks.append(context_block(f"Request {approval.id}"))
    itwin = approval.operation.itwin.title(NAME)
    return Card(
        fallback_text(f"{heading} (iTwin {itwin}). Asked by ", UserMention(approval.requester)),
        blocks,
    )


def change_phrase(operation: Operation) -> str:
    """Return what an operation is to do, as an imperative."""
    return f"turn {'on' if operation.wanted else 'off'} {operation.timer.title(NAME)}"


def result(approval: Approval) -> str:
    """Return the result of the operation, in the words of its own card."""
    if approval.outcome is None:
        return f"Not changed: {approval.operation.timer.title(NAME)}"
    ended = replace(
        approval.operation, state=approval.outcome, failure=approval.failure, late_finding=None
    )
    return title_of(ended)


def title(approval: Approval) -> str:
    """Return the title of a request, by its stage."""
    if approval.review:
        return _title_of_review(approval)
    match approval.stage:
        case Stage.WAITING:
            return f"To be approved: {change_phrase(approval.operation)}"
        case Stage.APPROVED if approval.concluded:
            return result(approval)
        case Stage.APPROVED:
            return f"Approved: {change_phrase(approval.operation)}"
        case Stage.DECLINED:
            return f"Declined: {change_phrase(approval.operation)}"
        case Stage.CANCELED:
            return f"Taken back: {change_phrase(approval.operation)}"
        case Stage.EXPIRED:
            return f"Expired: {change_phrase(approval.operation)}"
        case Stage.VOID:
            return f"Void: {change_phrase(approval.operation)}"


def _title_of_review(approval: Approval) -> str:
    phrase = (
        result(approval)
        if approval.concluded
        else f"{change_phrase(approval.operation)} is under way"
    )
    match approval.stage:
        case Stage.WAITING:
            late = "Still nobody has reviewed it" if approval.reminders else "Emergency"
            return f"{late}: {phrase}"
        case Stage.APPROVED:
            return f"Reviewed: {phrase}"
        case Stage.CANCELED:
            return f"Emergency, not begun: {change_phrase(approval.operation)}"
        case _:
            return f"Objected to: {phrase}"


def state_lines(approval: Approval) -> list[Line]:
    """Return the present stage, and who decided it."""
    at = Timestamp(approval.changed_at)
    reason = (
        [labelled("Because", single_line(approval.decision_reason, 300))]
        if approval.decision_reason
        else []
    )
    by = (UserMention(approval.decided_by),) if approval.decided_by else ()
    match approval.stage:
        case Stage.WAITING if approval.review:
            done = "It was done without approval. Somebody else has to look at it and say so here."
            return [line(done)]
        case Stage.WAITING:
            return []
        case Stage.APPROVED:
            agreed: list[Part] = []
            for vote in approval.votes:
                name = Text(f" as {single_line(vote.label, NAME)}, ")
                agreed += [UserMention(vote.by), name, Timestamp(vote.at), Text("; ")]
            label = "Reviewed by" if approval.review else "Approved by"
            return [labelled(label, *agreed[:-1]), *_result_lines(approval)]
        case Stage.DECLINED:
            return [labelled("Declined by", *by, ", ", at), *reason]
        case Stage.CANCELED:
            return [labelled("Taken back by", *by, ", ", at), *reason]
        case Stage.EXPIRED:
            until = Timestamp(approval.expires_at)
            return [line("Nobody decided it until ", until, ". Nothing was changed.")]
        case Stage.VOID:
            why = end_lines(approval.failure) if approval.failure else []
            return [line("Nothing was changed (", at, ")."), *why]


def _result_lines(approval: Approval) -> list[Line]:
    if approval.review or approval.outcome in {State.APPLIED, State.ALREADY}:
        return []
    if not approval.concluded:
        return [line("It is being done; it begins when nothing else is under way on this timer.")]
    return end_lines(approval.failure) if approval.failure else []


def _facts(approval: Approval, runs: Runs | None, zone: str) -> list[Line]:
    operation = approval.operation
    asker = single_line(operation.acting.label, NAME)
    lines = [
        labelled(
            "Asked by",
            UserMention(approval.requester),
            f" as {asker}, ",
            Timestamp(operation.asked_at),
        ),
        labelled("iTwin", operation.itwin.numbered(NAME)),
        labelled("Package", single_line(operation.timer.package, NAME) or "not said"),
        *change_lines(operation, runs),
        schedule(operation.timer, zone),
    ]
    if operation.changed_outside_since:
        at = Timestamp(operation.changed_outside_since)
        lines.append(line("It had been changed outside Slack since ", at, "."))
    if operation.reason:
        lines.append(labelled("Because", single_line(operation.reason, 300)))
    return [*lines, *_decision_lines(approval)]


def change_lines(operation: Operation, runs: Runs | None) -> list[Line]:
    """Return the present and the wanted state, and the runs that will not happen."""
    now = state_word(operation.seen.enabled) if operation.seen else "not known"
    wanted = state_word(operation.wanted)
    until = operation.until.at if operation.until else None
    change = line("it stays ", bold(wanted)) if now == wanted else line(now, " → ", bold(wanted))
    if until is None:
        return [labelled("Change", *change)]
    auto_enable = labelled("Change", *change, ", and enabled again ", Timestamp(until))
    return [auto_enable, skips_line(runs, operation.timer.cron)]


def _decision_lines(approval: Approval) -> list[Line]:
    """Say who decides, what is still missing, and whose account will act."""
    if approval.stage is not Stage.WAITING:
        return []
    lines = [
        labelled(
            "Who reviews" if approval.review else "Who decides", *approvers_line(approval, most=20)
        )
    ]
    if not approval.review:
        lines.append(labelled("Agreed so far", *_approvals_line(approval)))
        lines.append(labelled("Account", *_account(approval)))
        lines.append(labelled("Expires", Timestamp(approval.expires_at)))
    return lines


def _approvals_line(approval: Approval) -> list[Part | str]:
    count = f"{len(approval.votes)} of {approval.needed}"
    names: list[Part | str] = []
    for vote in approval.votes:
        names += [", ", UserMention(vote.by)]
    return [count, *names]


def _account(approval: Approval) -> list[Part | str]:
    if approval.runs_as == "approver":
        whoever = "it will be done with the account of whoever agrees last, and Bentley's record"
        return [f"{whoever} will name them"]
    label = single_line(approval.operation.acting.label, NAME)
    named = f"'s account ({label}), and Bentley's record will name it"
    return ["it will be done with ", UserMention(approval.requester), named]


def approvers_line(approval: Approval, most: int = 60) -> list[Part | str]:
    """Name the people, groups and channels that may decide; at most ``most`` of them."""
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
            return [GroupMention(one)]
        case "C" | "G":
            return ["whoever is in ", ChannelMention(ChannelId(one))]
        case _:
            return [UserMention(PersonId(one))]


def request_buttons(approval: Approval) -> list[Button]:
    """Return the buttons of a waiting request; rights are checked when one is pressed."""
    if approval.stage is not Stage.WAITING:
        return []
    about = change_phrase(approval.operation)
    if approval.review:
        return [
            Button(
                "Reviewed", Action.APPROVE, approval.id, style="primary", label=f"Reviewed: {about}"
            )
        ]
    return [
        Button("Approve", Action.APPROVE, approval.id, style="primary", label=f"Approve: {about}"),
        Button("Decline", Action.DECLINE, approval.id, style="danger", label=f"Decline: {about}"),
        Button("Cancel", Action.CANCEL, approval.id, label=f"Cancel: {about}"),
    ]
