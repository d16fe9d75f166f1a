"""Questions about what a command without an id means: which change to undo, which request."""

from bot.core.actions import Action
from bot.core.approvals import Approval
from bot.core.language.commands import COMMAND, Decide, Redo, Undo
from bot.core.names import short_id, single_line
from bot.core.operations.operation import Operation
from bot.core.outcomes import DecisionQuestion, UndoQuestion
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.approvals import change_lines
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Part,
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
from bot.slack.views.cards import state_word
from bot.slack.views.paging import page_of

LISTED = 10
REASON = 300
_STYLES = {"approve": "primary", "decline": "danger", "cancel": ""}
_BUTTONS = {"approve": "Approve", "decline": "Decline", "cancel": "Cancel request"}


def which_undo(outcome: UndoQuestion) -> Ephemeral:
    """Name the change that would be reversed, and ask for the confirmation."""
    operation, undoing = outcome.operation, outcome.verb == "undo"
    name = operation.timer.title(NAME)
    effect = f"{'disable' if operation.wanted else 'enable'} {name}"
    if outcome.others:
        effect += f" and {outcome.others} more changed with it"
    heading = f"{'Undo an earlier change' if undoing else 'Take the undo back'}? {effect}"
    command = (Undo if undoing else Redo)(short_id(operation.id), outcome.reason)
    why = "Your last change here cannot be undone. This is the one before it." if undoing else ""
    lines = [
        *([line(why)] if why else []),
        _done(operation),
        line(bold(f"{outcome.verb.capitalize()} will {effect}"), *_end_of(outcome), "."),
        line("Nothing was changed yet. ", code(f"{COMMAND} {command}")),
    ]
    action = Action.CONTINUE if undoing else Action.CONFIRM
    says = outcome.verb.capitalize()
    button = Button(
        says, action, outcome.pending_command, style="primary", label=f"{says}: {effect}"
    )
    blocks = [header(heading), paragraph(lines), buttons(button)]
    return Ephemeral(fallback_text(heading), blocks)


def _end_of(outcome: UndoQuestion) -> list[Part | str]:
    """Return the end that the timer would have, where it would be disabled."""
    if not outcome.operation.wanted:
        return []
    return (
        [", with no end date"] if outcome.until is None else [" until ", Timestamp(outcome.until)]
    )


def _done(operation: Operation) -> Line:
    """Say what the operation did, where, when and why."""
    reason = single_line(operation.reason, REASON)
    because = [f", because “{reason}”"] if reason else []
    undo = " as an undo" if operation.verb == "undo" else ""
    return line(
        UserMention(operation.requester),
        f" {state_word(operation.wanted)} ",
        bold(operation.timer.title(NAME)),
        f" in {operation.itwin.title(NAME)}{undo}, ",
        Timestamp(operation.changed_at),
        *because,
        ".",
    )


def which_request(outcome: DecisionQuestion) -> Ephemeral:
    """Name the request that a decision means and ask for the confirmation, or list several."""
    verb = outcome.verb
    if outcome.pending_command:
        (only,) = outcome.approvals
        heading = f"{verb.capitalize()} this request? {_change(only)}"
        lines = [*request_lines(only), *_reason(outcome), line("Nothing was decided yet.")]
        button = _button(outcome, only, Action.CONTINUE, outcome.pending_command)
        blocks = [header(heading), paragraph(lines), buttons(button)]
        return Ephemeral(fallback_text(heading), blocks)

    def entry(one: Approval) -> list[Block]:
        value = str(Decide(verb, one.id, outcome.reason))
        button = _button(outcome, one, Action.RUN, value, short_id(one.id))
        heading = line(bold(_change(one)), f"  {short_id(one.id)}")
        return [paragraph([heading, *request_lines(one)]), buttons(button)]

    count = len(outcome.approvals)
    page = page_of(outcome.approvals, 1, lambda one: json_size(entry(one)), LISTED)
    heading = f"{verb.capitalize()} which request? {count} wait here"
    blocks = [header(heading), *(block for one in page.things for block in entry(one))]
    blocks.append(paragraph([*_reason(outcome), line("Nothing was decided yet.")]))
    if more := count - len(page.things):
        blocks.append(context_block(f"{more} more wait: see them with {COMMAND} pending."))
    return Ephemeral(fallback_text(heading), blocks)


def _change(approval: Approval) -> str:
    operation = approval.operation
    return f"{'enable' if operation.wanted else 'disable'} {operation.timer.title(NAME)}"


def request_lines(approval: Approval) -> list[Line]:
    """Return what a person has to know of a request that they decide."""
    operation = approval.operation
    lines = [
        labelled("iTwin", operation.itwin.title(NAME)),
        *change_lines(operation, None)[:1],
        labelled("Requester", UserMention(approval.requester), ", ", Timestamp(operation.asked_at)),
    ]
    if operation.reason:
        lines.append(labelled("Because", single_line(operation.reason, REASON)))
    if approval.review:
        lines.append(line("An emergency: it was done without approval."))
    else:
        lines.append(labelled("Expires", Timestamp(approval.expires_at)))
    return lines


def _reason(outcome: DecisionQuestion) -> list[Line]:
    said = single_line(outcome.reason, REASON)
    return [labelled("Your reason", said)] if said else []


def _button(
    outcome: DecisionQuestion, approval: Approval, action: Action, value: str, suffix: str = ""
) -> Button:
    verb = outcome.verb
    says = "Reviewed" if approval.review and verb == "approve" else _BUTTONS[verb]
    about = f"{says}: {_change(approval)}"
    return Button(says, action, value, suffix=suffix, style=_STYLES[verb], label=about)
