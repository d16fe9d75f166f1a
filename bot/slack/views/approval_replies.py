"""What is said about a request to one person: at each step, and as the answer to what they did."""

from bot.core.approvals import Approval, Stage, Vote
from bot.core.errors import BotError
from bot.core.language.commands import Pending
from bot.core.listings import PendingListed
from bot.core.names import plain
from bot.core.operations.operation import State
from bot.core.outcomes import ApprovalAsked, Decided, PointedOut
from bot.gateways.slack.messages import Block, Private
from bot.slack.views.approvals import (
    change_lines,
    deed,
    request_buttons,
    result,
    state_lines,
    title,
    who_decides,
)
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Room,
    When,
    Who,
    bold,
    buttons,
    code,
    fact,
    header,
    line,
    paragraph,
    small,
    spoken,
    weight,
)
from bot.slack.views.errors import words_of
from bot.slack.views.paging import listed, page_of

LISTED = 10


def asked(outcome: ApprovalAsked) -> Private:
    """Tell who asked where the request stands, and what has to be done where nobody sees it."""
    approval = outcome.approval
    if approval.stage is not Stage.WAITING:
        return _about(approval, title(approval), state_lines(approval))
    if outcome.again:
        other = fact("It waits already", f"{deed(approval.wish)}, by ", Who(approval.requester))
        step = line("That one has to be decided, or taken back, first. Nothing new was asked for.")
        return _about(approval, "Asked for already", [other, step, *_stands(approval)])
    lines = [
        *_stands(approval),
        fact("Who decides", *who_decides(approval)),
        fact("Expires", When(approval.expires_at)),
        line("You are told of each step in a direct message."),
    ]
    cancel = buttons(Button("Cancel", "cancel", approval.id))
    return _about(approval, f"Asked for approval: {deed(approval.wish)}", lines, cancel)


def _stands(approval: Approval) -> list[Line]:
    if approval.stands is None and not _is_direct(approval.place):
        return [line("The request stands in ", Room(approval.place), ".")]
    invite = code("/invite @edfs-bot")
    missing = () if _is_direct(approval.channel) else (" I am not in ", Room(approval.channel), ".")
    lines = []
    if _is_direct(approval.place):
        alone = "The request stands in your direct messages with me, where nobody else sees it."
        lines.append(line(alone, *missing))
        lines.append(line("Whoever may decide it finds it with ", code("/edfs pending"), "."))
    else:
        lines.append(line("The request stands in ", Room(approval.place), ".", *missing))
    if missing:
        lines.append(line("Let me in with ", invite, " and ask again: then it moves there."))
    return lines


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def decided(outcome: Decided) -> Private:
    """Answer who has just had their word on it."""
    approval = outcome.approval
    lines = state_lines(approval)
    if approval.stage is Stage.WAITING:
        left = approval.needed - len(approval.votes)
        people = "one more person" if left == 1 else f"{left} more people"
        said = line(f"Your word counts. It takes {people} to agree.")
        return _about(approval, f"You agreed: {deed(approval.wish)}", [said])
    return _about(approval, title(approval), lines)


def pointed_out(outcome: PointedOut) -> Private:
    approval = outcome.approval
    press = "Reviewed" if approval.review else "Approve or Decline"
    lines = [
        line(f"What is written here decides nothing. Press {press} on the card above."),
        line("It waits for: ", *who_decides(approval), "."),
    ]
    return _about(approval, "The buttons decide, not words", lines)


def pending(outcome: PendingListed) -> Private:
    def entry(one: Approval) -> list[Block]:
        return request_piece(one, mine=one.id in outcome.mine)

    page = page_of(outcome.approvals, outcome.page, lambda one: weight(entry(one)), LISTED)
    heading = f"Requests that wait: {page.total}"
    blocks = [header(heading), *(block for one in page.things for block in entry(one))]
    if not page.total:
        blocks.append(paragraph([line("No request waits for a decision.")]))
    notes = ["Those that you may decide stand first."] if page.total > 1 else []
    return listed(heading, blocks, page, Pending, notes=notes)


def request_piece(approval: Approval, *, mine: bool) -> list[Block]:
    wish = approval.wish
    lines = [
        line(bold(title(approval)), f" ({plain(wish.itwin.name, NAME)})"),
        fact("Asked by", Who(approval.requester), ", ", When(wish.asked_at)),
    ]
    if wish.because:
        lines.append(fact("Because", plain(wish.because, 300)))
    if not mine:
        lines.append(fact("Who decides", *who_decides(approval, most=5)))
        return [paragraph(lines)]
    lines += change_lines(wish, None) if wish.until is None else []
    pressable = [one for one in request_buttons(approval) if one.action != "cancel"]
    return [paragraph(lines), buttons(*pressable)]


# What the requester is told in a direct message, and what is said in the card's thread.


def voted(approval: Approval, vote: Vote, count: int) -> Private:
    said = fact("Agreed", Who(vote.by), f", {count} of {approval.needed}, ", When(vote.at))
    return _about(approval, f"One more agrees: {deed(approval.wish)}", [said])


def ended(approval: Approval) -> Private:
    """Tell that it was decided, and how; what nothing came of can be asked for again."""
    lines = state_lines(approval)
    trouble = approval.trouble
    repeated = approval.stage is Stage.EXPIRED or (
        approval.stage is Stage.VOID and trouble is not None and trouble.kind != "AlreadySo"
    )
    gone = trouble is not None and trouble.kind == "TimerGone" and trouble.why != "replaced"
    if not repeated or gone:
        return _about(approval, title(approval), lines)
    return _about(approval, title(approval), lines, _again(approval))


def concluded(approval: Approval, error: BotError | None, now: float) -> Private:
    """Tell what came of it in the end."""
    if error is None:
        return _about(approval, result(approval), state_lines(approval))
    words = words_of(error, now)
    lines = [*state_lines(approval)[:1], *words.lines]
    again = [] if approval.outcome in {State.APPLIED, State.ALREADY} else [_again(approval)]
    return _about(approval, result(approval), lines, *again)


def _again(approval: Approval) -> Block:
    replaced = approval.trouble is not None and approval.trouble.why == "replaced"
    says = "Ask again for the new timer" if replaced else "Ask again"
    return buttons(Button(says, "again", approval.id))


def reminder(approval: Approval) -> Private:
    """Name those who decide; whoever is in none of the lists is not called."""
    what = "a review" if approval.review else "a decision"
    lines = [line(f"This still waits for {what} by ", *who_decides(approval), ".")]
    if not approval.review:
        lines.append(fact("Expires", When(approval.expires_at)))
    heading = f"Still waiting: {deed(approval.wish)}"
    return Private(spoken(f"{heading}. ", *who_decides(approval)), [paragraph(lines)])


def _about(approval: Approval, heading: str, lines: list[Line], *more: Block) -> Private:
    where = fact("iTwin", plain(approval.wish.itwin.name, NAME))
    foot = small(f"Request {approval.id}")
    blocks = [header(heading), paragraph([*lines, where]), *more, foot]
    first = lines[0] if lines else line("")
    return Private(spoken(f"{heading}. ", *first), blocks)
