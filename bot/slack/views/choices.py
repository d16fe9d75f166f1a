"""What can be chosen from: a line that says all of what each choice does, and its button."""

import re
from collections.abc import Iterator
from datetime import datetime

from bot.core.actions import Action
from bot.core.errors import Choice, InvalidCommand
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    History,
    ListTimers,
    OpenChooser,
    SetChannelDefault,
    Show,
    Subscribe,
    Switch,
    SwitchSeveral,
)
from bot.core.language.parser import parse
from bot.core.names import is_guid, single_line
from bot.gateways.slack.messages import Block
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Option,
    Part,
    Timestamp,
    bold,
    buttons,
    fit,
    line,
    menu,
    option_of,
)

MAX_BUTTONS = 5
MAX_OPTIONS = 100  # of a menu (source: Block Kit)
_MOMENT = re.compile(r"until (20\d\d-\d\d-\d\dt[\d:]+(?:[+-]\d\d:?\d\d|z))")


def described(choices: tuple[Choice, ...], *, numbered: bool = False) -> tuple[Line, ...]:
    """Return a line for each choice; none where there are too many for buttons."""
    if len(choices) > MAX_BUTTONS:
        return ()
    return tuple(
        line(f"{place}. " if numbered else "• ", *_whole(choice))
        for place, choice in enumerate(choices, 1)
    )


def _whole(choice: Choice) -> Line:
    """Say all of what a choice does."""
    try:
        command = parse(choice.command)
    except InvalidCommand:
        return line(bold(single_line(choice.name, NAME)))
    name, detail = choice.name, choice.detail
    if timer := _still_to_find(command):  # the choice is between iTwins
        name, detail = timer, f"{name} · {detail}" if detail else name
    beside = f" ({single_line(detail, NAME)})" if detail else ""
    return line(_does(command), bold(single_line(name, NAME)), beside, *_clauses(command))


def _still_to_find(command: Command) -> str:
    """Return the timer that a command names as typed, not by its id; empty where there is none."""
    match command:
        case Switch() | Show() | History() | Subscribe() | ChangeAutoEnable():
            return "" if is_guid(command.timer) else command.timer
        case _:
            return ""


def _does(command: Command) -> str:
    match command:
        case Switch(verb) | SwitchSeveral(verb):
            return f"{verb.capitalize()} "
        case OpenChooser():
            return "Open the form for "
        case Show():
            return "Show "
        case History():
            return "History of "
        case ListTimers():
            return "Timers of "
        case Subscribe():
            return "Notifications about "
        case SetChannelDefault():
            return "This channel's iTwin: "
        case ChangeAutoEnable(verb):
            return {"return": "Enable now ", "extend": "Change the end of "}.get(verb, "Keep ")
        case _:
            return ""


def _clauses(command: Command) -> Iterator[Part | str]:
    """Yield the end and the reason of a change, or the events of a subscription."""
    if isinstance(command, Subscribe) and command.events:
        yield f": {', '.join(command.events)}"
    if not isinstance(command, Switch | SwitchSeveral | ChangeAutoEnable):
        return
    if isinstance(command, ChangeAutoEnable) and command.verb == "keep":
        yield " disabled, no end date"
    if found := _MOMENT.fullmatch(command.until):
        yield " until "
        yield Timestamp(datetime.fromisoformat(found[1].upper()).timestamp())
    elif command.until == "for good":
        yield ", no end date"
    elif command.until:
        yield f" {command.until}"
    if command.reason:
        yield f", because “{single_line(command.reason, NAME)}”"
    if isinstance(command, Switch) and command.emergency:
        yield ", as an emergency"


def offered_of(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return as many choices as a menu holds and Slack takes in one message."""
    options = [option_of(Option(_label(one), one.pending)) for one in choices[:MAX_OPTIONS]]
    return choices[: fit(options)]


def choice_blocks(choices: tuple[Choice, ...]) -> list[Block]:
    """Return the buttons of choices, or a menu where there are too many."""
    kept = [choice for choice in choices if choice.pending]
    if not kept:
        return []
    if len(kept) > MAX_BUTTONS:
        options = [Option(_label(choice), choice.pending) for choice in kept]
        return menu("Choose one", Action.CONTINUE, options)
    return [buttons(*choice_buttons(choices))]


def choice_buttons(choices: tuple[Choice, ...]) -> list[Button]:
    """Return a button for each choice whose command is stored."""
    return [
        Button(_label(choice), Action.CONTINUE, choice.pending, suffix=str(place))
        for place, choice in enumerate(choices)
        if choice.pending
    ]


def _label(choice: Choice) -> str:
    if not choice.detail:
        return choice.name
    return f"{single_line(choice.name, 40)} · {single_line(choice.detail, 28)}"
