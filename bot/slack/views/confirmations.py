"""What is asked back before anything is done: which time, and whether it is meant."""

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

MOST = 2_000  # characters of a button's value
_MOMENT = re.compile(r"\buntil (20\d\d-\d\d-\d\dt[\d:]+(?:[+-]\d\d:?\d\d|z))")


def choose_time(outcome: TimeChoiceNeeded) -> Ephemeral:
    """Offer each moment it may mean, as a command that means nothing else."""
    name = single_line(outcome.shown.timer.label, NAME)
    heading = f"Which time? {name}"
    lines = [
        line(f"Nothing was done yet: {outcome.reason}."),
        *(line(f"{place}. ", Timestamp(at)) for place, (at, _) in enumerate(outcome.choices, 1)),
        line("Press the one you mean, or say it with day and time, such as “until monday 08:00”."),
    ]
    press = [
        Button(f"{place}. {clock(command)}", Action.RUN, command, suffix=str(place))
        for place, (_, command) in enumerate(outcome.choices, 1)
        if len(command) <= MOST
    ]
    blocks = [header(heading), paragraph(lines), *([buttons(*press)] if press else [])]
    return Ephemeral(fallback_text(heading), blocks)


def clock(command: str) -> str:
    """Return the moment of a definite command as the clock of whoever typed it shows it.

    A button's text knows no reader's zone (source: Block Kit, ``plain_text``).
    """
    found = _MOMENT.search(command)
    if found is None:
        return "this one"
    moment = datetime.fromisoformat(found[1].upper())
    return f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M} (UTC{moment:%z})"


def confirm_change(outcome: ConfirmationNeeded) -> Ephemeral:
    """Show what would be done, for a second look; nothing is done before the button is pressed."""
    wish = outcome.operation
    heading = f"Are you sure? {change_phrase(wish)}"
    says = "Yes, turn it on" if wish.wanted else "Yes, turn it off"
    lines = [
        labelled("iTwin", single_line(wish.itwin.name, NAME)),
        labelled("Package", single_line(wish.timer.package, NAME) or "not said"),
        *change_lines(wish, outcome.skipped),
        line("The policy wants a second look at this. Nothing was done yet."),
    ]
    press = Button(
        says,
        Action.CONFIRM,
        outcome.pending_command,
        style="primary",
        label=f"{says}: {wish.timer.label}",
    )
    return Ephemeral(fallback_text(heading), [header(heading), paragraph(lines), buttons(press)])


def offer_modal(command: str) -> Ephemeral:
    """A window can only be opened by a press that is three seconds old at most."""
    heading = "Open the window"
    said = line("Slack opens it only right after a press. Nothing was done yet.")
    press = Button("Open it", Action.RUN, command, style="primary")
    return Ephemeral(fallback_text(heading), [header(heading), paragraph([said]), buttons(press)])
