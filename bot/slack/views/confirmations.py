"""What is asked back before anything is done: which time, and whether it is meant."""

import re
from datetime import datetime

from bot.core.names import plain
from bot.core.outcomes import SureAsked, TimeAsked
from bot.gateways.slack.messages import Private
from bot.slack.views.approvals import change_lines, deed
from bot.slack.views.blocks import (
    NAME,
    Button,
    When,
    buttons,
    fact,
    header,
    line,
    paragraph,
    spoken,
)

MOST = 2_000  # characters of a button's value
_MOMENT = re.compile(r"\buntil (20\d\d-\d\d-\d\dt[\d:]+(?:[+-]\d\d:?\d\d|z))")


def time_asked(outcome: TimeAsked) -> Private:
    """Offer each moment it may mean, as a command that means nothing else."""
    name = plain(outcome.shown.timer.label, NAME)
    heading = f"Which time? {name}"
    lines = [
        line(f"Nothing was done yet: {outcome.why}."),
        *(line(f"{place}. ", When(at)) for place, (at, _) in enumerate(outcome.choices, 1)),
        line("Press the one you mean, or say it with day and time, such as “until monday 08:00”."),
    ]
    press = [
        Button(f"{place}. {clock(command)}", f"run:{place}", command)
        for place, (_, command) in enumerate(outcome.choices, 1)
        if len(command) <= MOST
    ]
    blocks = [header(heading), paragraph(lines), *([buttons(*press)] if press else [])]
    return Private(spoken(heading), blocks)


def clock(command: str) -> str:
    """Return the moment of a definite command as the clock of whoever typed it shows it.

    A button's text knows no reader's zone (source: Block Kit, ``plain_text``).
    """
    found = _MOMENT.search(command)
    if found is None:
        return "this one"
    moment = datetime.fromisoformat(found[1].upper())
    return f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M} (UTC{moment:%z})"


def sure_asked(outcome: SureAsked) -> Private:
    """Show what would be done, for a second look; nothing is done before the button is pressed."""
    wish = outcome.wish
    heading = f"Are you sure? {deed(wish)}"
    says = "Yes, turn it on" if wish.wanted else "Yes, turn it off"
    lines = [
        fact("iTwin", plain(wish.itwin.name, NAME)),
        fact("Package", plain(wish.timer.package, NAME) or "not said"),
        *change_lines(wish, outcome.skipped),
        line("The policy wants a second look at this. Nothing was done yet."),
    ]
    press = Button(says, "sure", outcome.kept, style="primary", label=f"{says}: {wish.timer.label}")
    return Private(spoken(heading), [header(heading), paragraph(lines), buttons(press)])


def window_offered(command: str) -> Private:
    """A window can only be opened by a press that is three seconds old at most."""
    heading = "Open the window"
    said = line("Slack opens it only right after a press. Nothing was done yet.")
    press = Button("Open it", "run", command, style="primary")
    return Private(spoken(heading), [header(heading), paragraph([said]), buttons(press)])
