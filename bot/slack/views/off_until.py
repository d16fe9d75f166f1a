"""The part of an operation's card about its auto-enable: the plan, and how it ended."""

from bot.core.actions import Action
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.operations.operation import Failure, FailureKind, Operation, State
from bot.core.schedules import runs_between
from bot.core.timers import differences
from bot.slack.views.blocks import NAME, Button, Line, Part, Timestamp, UserMention, labelled, line
from bot.slack.views.policy_errors import edits
from bot.slack.views.skipped_runs import skips_line


def is_off(operation: Operation) -> bool:
    """Tell whether the operation left its timer disabled, with an end."""
    done = operation.state in {State.APPLIED, State.ALREADY}
    return done and not operation.wanted and operation.until is not None


def is_over(operation: Operation, auto_enable: AutoEnable | None) -> bool:
    """Tell whether its timer is known to be no longer disabled, so the card must not say so."""
    return (
        is_off(operation)
        and auto_enable is not None
        and auto_enable.id == operation.id
        and auto_enable.phase is Phase.CLOSED
        and auto_enable.closed_as in {"enabled", "already_enabled", "moved", "gone"}
    )


def closed_title(auto_enable: AutoEnable) -> str:
    """Return the title of a card whose timer is no longer disabled."""
    name = auto_enable.timer.title(NAME)
    there = auto_enable.closed_as in {"enabled", "already_enabled"}
    return f"{name} was off and is on again" if there else f"{name} is not there any more"


def lines_of(operation: Operation, zone: str, auto_enable: AutoEnable | None) -> list[Line]:
    """Return the plan while it holds, and then how it ended; nothing without an "until"."""
    if operation.auto_enables is not None:
        return _enabled_again(operation, auto_enable)
    if operation.until is None or (operation.state.ended and not is_off(operation)):
        return []
    if auto_enable is not None and auto_enable.phase is not Phase.SCHEDULED:
        return [_closed_line(auto_enable)]
    if operation.until.at is None:
        return [line("It stays off until somebody turns it on.")]
    start, cron = operation.changed_at or operation.asked_at, operation.timer.cron
    lines = [
        labelled("Off until", Timestamp(operation.until.at)),
        line(
            "It is turned on again then, with the sign-in of ", UserMention(operation.person), "."
        ),
        skips_line(runs_between(cron, start, operation.until.at, zone), cron),
    ]
    if not operation.state.ended:
        return lines
    # The API has nothing about runs (source: EDFS API v1).
    lines.append(line("What becomes of a run that is under way, Bentley does not say."))
    return lines + _waits(auto_enable)


def _waits(auto_enable: AutoEnable | None) -> list[Line]:
    if auto_enable is not None and auto_enable.failure is not None:
        if auto_enable.failure.kind is FailureKind.CHANGES_STOPPED:
            return [line("An admin has switched all changes off: it waits until they are on.")]
        return [line("It could not be turned on yet. It is tried again by itself.")]
    if auto_enable is not None and not auto_enable.sign_in_valid:
        return [
            line(
                UserMention(auto_enable.person), " has to sign in again before that: /edfs signin."
            )
        ]
    return []


def _closed_line(auto_enable: AutoEnable) -> Line:
    """Return the state of an auto-enable, for the card of the operation that scheduled it."""
    at = Timestamp(auto_enable.changed_at)
    match auto_enable.phase, auto_enable.closed_as:
        case Phase.SCHEDULED, _:
            return labelled("Off until", Timestamp(auto_enable.at))
        case Phase.ENABLING, _:
            return line("It is being turned on again.")
        case Phase.NEEDS_PERSON, _:
            return line("It did not come back by itself. A card below asks somebody to do it.")
        case _, "enabled":
            return line("It was turned on again, as planned, ", at, ".")
        case _, "already_enabled":
            by = (" by ", UserMention(auto_enable.closed_by)) if auto_enable.closed_by else ()
            return line("It was turned on before that", *by, ": so it was found ", at, ".")
        case _, "kept_disabled":
            who: Part | str = (
                UserMention(auto_enable.closed_by) if auto_enable.closed_by else "Somebody"
            )
            return line(who, " has decided that it stays off: ", at, ".")
        case _, "replaced":
            return line(
                "Its end was set anew (", at, "): the newer card says how long it stays off."
            )
        case _, "moved":
            return line("An edit has put another timer in its place; a card below asks about it.")
        case _:
            return line("The timer was not there any more when it was to return, ", at, ".")


def _enabled_again(operation: Operation, auto_enable: AutoEnable | None) -> list[Line]:
    """Return who had disabled the timer, and what was edited since, for an auto-enable's card."""
    if auto_enable is None:
        return [line("This is the return of an “off until”.")]
    off = (
        "It was off since ",
        Timestamp(auto_enable.scheduled_at),
        ", set by ",
        UserMention(auto_enable.requester),
    )
    planned = line(*off, ", to return ", Timestamp(auto_enable.at), ".")
    if operation.state is State.APPLIED:
        planned = line("Returned as planned. ", *off, ".")
    edited = edits(
        Failure(
            FailureKind.DEFINITION_CHANGED,
            details=differences(auto_enable.timer, "", operation.timer),
        )
    )
    return [planned, *([line("Edited while it was off:"), *edited] if edited else [])]


def buttons_of(
    operation: Operation, auto_enable: AutoEnable | None, name: str
) -> list[Button] | None:
    """Return the buttons of a scheduled auto-enable; None if there is none."""
    planned = operation.until is not None and operation.until.at is not None
    if (
        not planned
        or not is_off(operation)
        or (auto_enable is not None and auto_enable.phase is not Phase.SCHEDULED)
    ):
        return None
    value = operation.id
    return [
        Button(
            "Return now", Action.ENABLE_NOW, value, style="primary", label=f"Return now: {name}"
        ),
        Button("Extend", Action.CHANGE_END, value, label=f"Extend: {name} stays off longer"),
        Button("Keep off", Action.KEEP_DISABLED, value, label=f"Keep off: {name}"),
    ]
