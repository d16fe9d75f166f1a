"""Questions to the person before anything is done: which time, or whether they are sure."""

import re
from datetime import datetime

from bot.core.actions import Action
from bot.core.names import single_line
from bot.core.outcomes import ConfirmationNeeded, TimeChoiceNeeded
from bot.gateways.slack.messages import Ephemeral
from bot.slack.views.approvals import change_lines, change_phrase
from bot.slack.views.blocks import (
    NAME,
    Button,
    Timestamp,
    buttons,
    fallback_text,
    header,
    labelled,
    line,
    paragraph,
)

NO_END = "No end date"
MOST = 2_000  # characters of a button's value
_MOMENT = re.compile(r"\buntil (20\d\d-\d\d-\d\dt[\d:]+(?:[+-]\d\d:?\d\d|z))")


def choose_time(outcome: TimeChoiceNeeded) -> Ephemeral:
    """Ask which moment an ambiguous time means; each is a button with an unambiguous command."""
    name = outcome.shown.timer.title(NAME)
    heading = f"Which time? {name}"
    lines = [
        line(f"Nothing was done yet: {outcome.reason}."),
        *(
            line(f"{number}. ", NO_END if at is None else Timestamp(at))
            for number, (at, _) in enumerate(outcome.choices, 1)
        ),
        line("Press the one you mean, or say it with day and time, such as “until monday 08:00”."),
    ]
    actions = [
        Button(
            f"{place}. {NO_END if at is None else clock(command)}",
            Action.CONTINUE,
            pending,
            suffix=str(place),
        )
        for place, ((at, command), pending) in enumerate(
            zip(outcome.choices, outcome.pending, strict=False), 1
        )
    ]
    blocks = [header(heading), paragraph(lines), *([buttons(*actions)] if actions else [])]
    return Ephemeral(fallback_text(heading), blocks)


def clock(command: str) -> str:
    """Return the moment in an unambiguous command, in the time zone of whoever typed it.

    The text of a button cannot be shown in each reader's zone (source: Block Kit, ``plain_text``).
    """
    found = _MOMENT.search(command)
    if found is None:
        return "this one"
    moment = datetime.fromisoformat(found[1].upper())
    return f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M} (UTC{moment:%z})"


def confirm_change(outcome: ConfirmationNeeded) -> Ephemeral:
    """Show what would be done and ask for confirmation, as the policy wants it."""
    operation = outcome.operation
    heading = f"Are you sure? {change_phrase(operation)}"
    text = "Yes, turn it on" if operation.wanted else "Yes, turn it off"
    lines = [
        labelled("iTwin", operation.itwin.title(NAME)),
        labelled("Package", single_line(operation.timer.package, NAME) or "not said"),
        *change_lines(operation, outcome.skipped),
        line("The policy wants a second look at this. Nothing was done yet."),
    ]
    actions = Button(
        text,
        Action.CONFIRM,
        outcome.pending_command,
        style="primary",
        label=f"{text}: {operation.timer.label}",
    )
    return Ephemeral(fallback_text(heading), [header(heading), paragraph(lines), buttons(actions)])


def offer_modal(command: str) -> Ephemeral:
    """Offer a button that opens the modal, where the present trigger is over three seconds old."""
    heading = "Open the window"
    message = line("Slack opens it only right after a press. Nothing was done yet.")
    button = Button("Open it", Action.RUN, command, style="primary")
    blocks = [header(heading), paragraph([message]), buttons(button)]
    return Ephemeral(fallback_text(heading), blocks)
