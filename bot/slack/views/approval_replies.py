"""Messages about a request for approval: answers to commands, and updates for its requester."""

from bot.core.actions import Action
from bot.core.approvals import Approval, Stage, Vote
from bot.core.errors import BotError
from bot.core.language.commands import Pending
from bot.core.listings import PendingListed
from bot.core.names import short_id, single_line
from bot.core.operations.operation import FailureKind, State
from bot.core.outcomes import ApprovalRequested, DecisionHint, RequestDecided
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.approvals import (
    approvers_line,
    change_lines,
    change_phrase,
    request_buttons,
    result,
    state_lines,
    title,
)
from bot.slack.views.blocks import (
    NAME,
    Button,
    ChannelMention,
    Line,
    Timestamp,
    UserMention,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    json_size,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.errors import error_text
from bot.slack.views.paging import listed, page_of

LISTED = 10


def requested(outcome: ApprovalRequested) -> Ephemeral:
    """Tell the requester where the request is, and what to do if nobody can see it there."""
    approval = outcome.approval
    if approval.stage is not Stage.WAITING:
        return _about(approval, title(approval), state_lines(approval))
    if outcome.duplicate:
        other = labelled(
            "It waits already",
            f"{change_phrase(approval.operation)}, by ",
            UserMention(approval.requester),
        )
        step = line("That one has to be decided, or taken back, first. Nothing new was asked for.")
        return _about(approval, "Asked for already", [other, step, *_where_posted(approval)])
    lines = [
        *_where_posted(approval),
        labelled("Who decides", *approvers_line(approval)),
        labelled("Expires", Timestamp(approval.expires_at)),
        line("You are told of each step in a direct message."),
    ]
    cancel = buttons(Button("Cancel", Action.CANCEL, approval.id))
    return _about(
        approval, f"Asked for approval: {change_phrase(approval.operation)}", lines, cancel
    )


def _where_posted(approval: Approval) -> list[Line]:
    if approval.moved_to is None and not _is_direct(approval.posted_in):
        return [line("The request stands in ", ChannelMention(approval.posted_in), ".")]
    invite = code("/invite @edfs-bot")
    missing = (
        ()
        if _is_direct(approval.channel)
        else (" I am not in ", ChannelMention(approval.channel), ".")
    )
    lines = []
    if _is_direct(approval.posted_in):
        alone = "The request stands in your direct messages with me, where nobody else sees it."
        lines.append(line(alone, *missing))
        lines.append(line("Whoever may decide it finds it with ", code("/edfs pending"), "."))
    else:
        lines.append(
            line("The request stands in ", ChannelMention(approval.posted_in), ".", *missing)
        )
    if missing:
        lines.append(line("Let me in with ", invite, " and ask again: then it moves there."))
    return lines


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def decided(outcome: RequestDecided) -> Ephemeral:
    """Answer the person who has just decided."""
    approval = outcome.approval
    lines = state_lines(approval)
    if approval.stage is Stage.WAITING:
        left = approval.needed - len(approval.votes)
        people = "one more person" if left == 1 else f"{left} more people"
        message = line(f"Your word counts. It takes {people} to agree.")
        return _about(approval, f"You agreed: {change_phrase(approval.operation)}", [message])
    return _about(approval, title(approval), lines)


def decision_hint(outcome: DecisionHint) -> Ephemeral:
    """Answer a decision that was written in the thread of a request."""
    approval = outcome.approval
    names = "Reviewed" if approval.review else "Approve or Decline"
    lines = [
        line(f"What is written here decides nothing. Press {names} on the card above."),
        line("It waits for: ", *approvers_line(approval), "."),
    ]
    return _about(approval, "The buttons decide, not words", lines)


def pending(outcome: PendingListed) -> Ephemeral:
    """List the requests that wait."""

    def entry(one: Approval) -> list[Block]:
        mine, cancelable = one.id in outcome.mine, one.id in outcome.cancelable
        return request_section(one, mine=mine, cancelable=cancelable)

    page = page_of(outcome.approvals, outcome.page, lambda one: json_size(entry(one)), LISTED)
    heading = f"Requests that wait: {page.total}"
    blocks = [header(heading), *(block for one in page.things for block in entry(one))]
    if not page.total:
        blocks.append(paragraph([line("No request waits for a decision.")]))
    notes = ["Those that you may decide stand first."] if page.total > 1 else []
    return listed(heading, blocks, page, Pending, notes=notes)


def request_section(approval: Approval, *, mine: bool, cancelable: bool = False) -> list[Block]:
    """Return the blocks of one request in a list, with the buttons that the person may press.

    ``mine``: they may decide it; ``cancelable``: it is their own, and waits.
    """
    operation = approval.operation
    lines = [
        line(bold(title(approval)), f" ({operation.itwin.title(NAME)})"),
        labelled("Asked by", UserMention(approval.requester), ", ", Timestamp(operation.asked_at)),
    ]
    if operation.reason:
        lines.append(labelled("Because", single_line(operation.reason, 300)))
    if mine:
        lines += change_lines(operation, None) if operation.until is None else []
    else:
        lines.append(labelled("Who decides", *approvers_line(approval, most=5)))
    actions = [
        one
        for one in request_buttons(approval)
        if (cancelable if one.action is Action.CANCEL else mine)
    ]
    row = [buttons(*actions)] if actions else []
    return [paragraph(lines), *row, context_block(f"Request {short_id(approval.id)}")]


# Direct messages to the requester, and replies in the card's thread.


def voted(approval: Approval, vote: Vote, count: int) -> Ephemeral:
    """Tell the requester of one more approval, where more than one is needed."""
    message = labelled(
        "Agreed", UserMention(vote.by), f", {count} of {approval.needed}, ", Timestamp(vote.at)
    )
    return _about(approval, f"One more agrees: {change_phrase(approval.operation)}", [message])


def ended(approval: Approval) -> Ephemeral:
    """Tell how the request ended; one that was not carried out can be asked for again."""
    lines = state_lines(approval)
    failure = approval.failure
    repeated = approval.stage is Stage.EXPIRED or (
        approval.stage is Stage.VOID
        and failure is not None
        and failure.kind is not FailureKind.ALREADY_IN_STATE
    )
    gone = (
        failure is not None and failure.kind is FailureKind.TIMER_GONE and failure.why != "replaced"
    )
    if not repeated or gone:
        return _about(approval, title(approval), lines)
    return _about(approval, title(approval), lines, _again(approval))


def concluded(approval: Approval, error: BotError | None, now: float) -> Ephemeral:
    """Tell the result of the approved operation."""
    if error is None:
        return _about(approval, result(approval), state_lines(approval))
    words = error_text(error, now)
    lines = [*state_lines(approval)[:1], *words.lines]
    again = [] if approval.outcome in {State.APPLIED, State.ALREADY} else [_again(approval)]
    return _about(approval, result(approval), lines, *again)


def _again(approval: Approval) -> Block:
    replaced = approval.failure is not None and approval.failure.why == "replaced"
    says = "Ask again for the new timer" if replaced else "Ask again"
    return buttons(Button(says, Action.REQUEST_AGAIN, approval.id))


def reminder(approval: Approval) -> Ephemeral:
    """Remind the approvers; only people and groups on the list are mentioned."""
    what = "a review" if approval.review else "a decision"
    lines = [line(f"This still waits for {what} by ", *approvers_line(approval), ".")]
    if not approval.review:
        lines.append(labelled("Expires", Timestamp(approval.expires_at)))
    heading = f"Still waiting: {change_phrase(approval.operation)}"
    return Ephemeral(fallback_text(heading, ". ", *approvers_line(approval)), [paragraph(lines)])


def _about(approval: Approval, heading: str, lines: list[Line], *more: Block) -> Ephemeral:
    where = labelled("iTwin", approval.operation.itwin.title(NAME))
    foot = context_block(f"Request {short_id(approval.id)}")
    blocks = [header(heading), paragraph([*lines, where]), *more, foot]
    first = lines[0] if lines else line("")
    return Ephemeral(fallback_text(heading, ". ", *first), blocks)
