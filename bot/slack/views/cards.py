"""The card of an operation: the state of its timer, and what can be done next."""

from bot.core.actions import Action
from bot.core.auto_enables import AutoEnable
from bot.core.names import single_line
from bot.core.operations.operation import (
    Failure,
    FailureKind,
    LateFinding,
    Observation,
    Operation,
    State,
)
from bot.core.schedules import in_words, never_runs, next_run
from bot.core.timers import Timer
from bot.gateways.slack.messages import Block, Card, Ephemeral
from bot.slack.views import off_until
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Timestamp,
    UserMention,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.policy_errors import edits


def card(
    operation: Operation,
    now: float,
    zone: str,
    auto_enable: AutoEnable | None = None,
    *,
    superseded: bool = False,
) -> Card:
    """Return the card of an operation as its record is now.

    ``auto_enable`` is the one that the operation scheduled, or that it carries out.
    ``superseded``: its timer was switched again since, which another card shows.
    """
    over = auto_enable is not None and off_until.is_over(operation, auto_enable)
    title = off_until.closed_title(auto_enable) if over and auto_enable else title_of(operation)
    name = operation.timer.title(NAME)
    late = _late(operation.late_finding) if operation.late_finding else []
    facts = [] if over or superseded else _facts(operation, now, zone)
    lines = [*_state_lines(operation), *late, *off_until.lines_of(operation, zone, auto_enable)]
    if superseded:
        title = title if over else _past_title(operation)
        lines = [line("No longer current: the timer was switched again since. See a newer card.")]
    lines += [*facts, *_requester_lines(operation)]
    blocks = [header(title), paragraph(lines)]
    if actions := _buttons(operation, name, auto_enable, superseded=superseded):
        blocks.append(buttons(*actions))
    blocks.append(context_block(f"Operation {operation.id}"))
    text = fallback_text(
        f"{title} (iTwin {operation.itwin.title(NAME)}). By ",
        UserMention(operation.requester),
    )
    return Card(text, blocks)


def posted_twice() -> Card:
    """Return what stands in the place of a card that was posted twice and cannot be deleted."""
    said = "This card was posted twice. The other one is kept up to date."
    return Card(said, [context_block(said)])


def state_word(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def title_of(operation: Operation) -> str:
    """Return the title of an operation, by its state."""
    name = operation.timer.title(NAME)
    wanted, late = state_word(operation.wanted), operation.late_finding
    if late and operation.seen and late.enabled is not operation.seen.enabled:
        return f"{name} reads {state_word(bool(late.enabled))} in the end"
    match operation.state:
        case State.LOCKED if operation.failure:
            return f"Waiting to turn {'on' if operation.wanted else 'off'}: {name}"
        case State.READY | State.LOCKED | State.SENDING:
            return f"Turning {'on' if operation.wanted else 'off'}: {name} …"
        case State.VERIFYING:
            return f"Not certain yet: {name}"
        case State.APPLIED:
            return f"{name} is now {wanted}"
        case State.ALREADY:
            return f"{name} was already {wanted}"
        case State.CONFLICT:
            return f"{name} is {state_word(not operation.wanted)}, not {wanted}"
        case State.REJECTED | State.STALE | State.NOT_APPLIED:
            return f"Not changed: {name}"
        case State.UNKNOWN:
            return f"Nobody can tell: {name}"


def _uncertain(operation: Operation) -> str:
    if operation.failure and operation.failure.why == "failover":
        return "The bot's store moved to another server, and may have forgotten that it was sent."
    return "Bentley's answer was lost."


def _past_title(operation: Operation) -> str:
    """Return the title of a card whose timer was switched again since."""
    name = operation.timer.title(NAME)
    if operation.state is State.APPLIED:
        return f"{name} was {state_word(operation.wanted)}"
    return title_of(operation)


def _state_lines(operation: Operation) -> list[Line]:
    """Explain the state, where the title alone does not."""
    read = _reading(operation.seen)
    match operation.state:
        case State.LOCKED if operation.failure:
            return _waiting(operation, operation.failure)
        case State.READY | State.LOCKED | State.SENDING:
            return [line("Under way. This card, or a newer one below it, says what comes of it.")]
        case State.VERIFYING:
            verdict = Timestamp(operation.settled_at, exact=True)
            wait = line("The verdict comes ", verdict, ". Do not press again.")
            return [line(_uncertain(operation)), (*read, *wait)]
        case State.CONFLICT:
            other = "Somebody else switched it at the same moment, so both changes cancelled out."
            return [
                line(other),
                line("It was not flipped back by itself: press the button if you still want it."),
            ]
        case State.REJECTED:
            if operation.auto_enables:
                return [line("Nothing was changed. It is tried again, or a card below says why.")]
            return [_rejected(operation.failure)]
        case State.STALE:
            return [
                line(
                    "Its definition was edited after it was looked at, so nothing was done. "
                    "Look at it, then ask again."
                ),
                *edits(operation.failure),
            ]
        case State.NOT_APPLIED:
            return [
                line("Bentley's answer was lost; the timer was read again and had not changed."),
                read,
            ]
        case State.UNKNOWN:
            return [
                line(
                    "Bentley's answer was lost, and the timer could not be read for a day. "
                    "Look at it with /edfs show."
                )
            ]
        case State.APPLIED | State.ALREADY:
            return []


def _reading(seen: Observation | None) -> Line:
    """Return what the timer read last; an empty line where it was not read."""
    if seen is None:
        return ()
    at = Timestamp(seen.at, exact=True)
    return line("The timer reads ", bold(state_word(seen.enabled)), " (", at, "). ")


_WAITS = {
    FailureKind.RATE_LIMITED: "The limit for requests to Bentley is reached. Nothing was sent yet.",
    FailureKind.NOT_SENT: "Bentley could not be reached. Nothing was sent yet.",
    FailureKind.TOKEN_REFUSED: "Bentley asked for a fresh token. Nothing was changed yet.",
    FailureKind.PERSON_REFUSED: (
        "Slack could not be asked whether it is still allowed. Nothing was sent yet."
    ),
}


def _waiting(operation: Operation, failure: Failure) -> list[Line]:
    message = _WAITS.get(failure.kind, "Bentley could not be read. Nothing was sent yet.")
    again = line("It goes on by itself ", Timestamp(operation.resume_at), ". Do not press again.")
    return [line(message), again]


def _rejected(failure: Failure | None) -> Line:
    match failure:
        case Failure(kind=FailureKind.RATE_LIMITED, until=until):
            limit = "Nothing was changed: the limit for requests to Bentley is reached. Try after "
            return line(limit, Timestamp(until), ".")
        case Failure(kind=FailureKind.NOT_SENT):
            return line("Nothing was changed: Bentley could not be reached.")
        case Failure(kind=FailureKind.CHANGES_STOPPED):
            return line("Nothing was changed: an admin has switched all changes off.")
        case Failure(kind=FailureKind.AUTHORIZATION_REVOKED):
            return line("Nothing was changed: what allowed it does not hold any more.")
        case _:
            return line("Nothing was changed. The reason was told to the person who asked.")


def _late(late: LateFinding) -> list[Line]:
    """Report a late finding, next to the result and never instead of it."""
    reads = bold(state_word(bool(late.enabled)))
    if late.how == "answer":
        return [line("Bentley's answer came in the end (", Timestamp(late.at), "): ", reads, ".")]
    why = "Either somebody else has switched it, or the lost request was carried out late."
    return [line("Looked at again ", Timestamp(late.at), ": it reads ", reads, "."), line(why)]


def waiting_message(operation: Operation) -> Ephemeral:
    """Tell the requester that their operation waits for the rate limit."""
    title = "Waiting for Bentley's limit"
    about = line(bold(title_of(operation)), ".")
    lines = [about, *_waiting(operation, operation.failure or Failure(FailureKind.RATE_LIMITED))]
    trace = context_block(f"Trace {operation.trace}")
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines), trace])


def now_enabled(operation: Operation) -> bool | None:
    """Return the timer's last known state, or None while it is unknown."""
    if operation.state in {State.UNKNOWN, State.VERIFYING} or operation.seen is None:
        return None
    late = operation.late_finding
    return operation.seen.enabled if late is None or late.enabled is None else late.enabled


def _facts(operation: Operation, now: float, zone: str) -> list[Line]:
    enabled = now_enabled(operation)
    itwin = operation.itwin
    lines = [
        labelled("iTwin", itwin.numbered(NAME)),
        labelled("Package", single_line(operation.timer.package, NAME) or "not said"),
        labelled("State", "not known" if enabled is None else state_word(enabled)),
        schedule(operation.timer, zone),
        next_run_line(operation.timer, enabled, now, zone),
    ]
    if operation.changed_outside_since:
        at = Timestamp(operation.changed_outside_since)
        lines.append(line("It had been changed outside Slack since ", at, "."))
    return lines


def schedule(timer: Timer, zone: str) -> Line:
    """Return the schedule in English with the cron expression; its time zone is an assumption."""
    words = in_words(timer.cron)
    assumed = "UTC assumed" if zone == "UTC" else single_line(zone, 40)
    raw = code(single_line(timer.cron, NAME) or "none")
    if words is None:
        return labelled("Schedule", raw, f" ({assumed})")
    return labelled("Schedule", f"{words}, {assumed} ", raw)


def next_run_line(timer: Timer, enabled: bool | None, now: float, zone: str) -> Line:
    """Return the line of a timer's next run."""
    if enabled is None:
        return labelled("Next run", "not known")
    if not enabled:
        return labelled("Next run", "none while it is disabled")
    at = next_run(timer.cron, now, zone)
    if at is not None:
        return labelled("Next run", Timestamp(at))
    said = "never" if never_runs(timer.cron) else "cannot be told from this schedule"
    return labelled("Next run", said)


def _requester_lines(operation: Operation) -> list[Line]:
    verbs = {True: "Turned on by", False: "Turned off by"}
    done = operation.state is State.APPLIED
    label = verbs[operation.wanted] if done else "Asked by"
    through = (" through ", UserMention(operation.person)) if operation.on_behalf_of else ()
    by = labelled(
        label,
        UserMention(operation.requester),
        *through,
        f" as {single_line(operation.acting.label, NAME)}, ",
        Timestamp(operation.changed_at if done else operation.asked_at),
    )
    lines = [by]
    if operation.approved:
        agreed = [part for by in operation.approved.by for part in (UserMention(by), ", ")]
        lines.append(labelled("Approved by", *agreed, Timestamp(operation.approved.at)))
    if operation.emergency and not operation.state.changed_nothing:
        lines.append(line("An emergency: done without approval, and to be reviewed."))
    if operation.undoes:
        does = "takes back undo" if operation.verb == "redo" else "undoes operation"
        lines.append(line(f"This {does} {operation.undoes}."))
    if operation.reason:
        label = "It was off because" if operation.auto_enables else "Because"
        lines.append(labelled(label, single_line(operation.reason, 300)))
    return lines


def _buttons(
    operation: Operation, name: str, auto_enable: AutoEnable | None, *, superseded: bool
) -> list[Button]:
    details = Button("Details", Action.DETAILS, operation.id, label=f"Details of {name}")
    if not operation.state.ended:
        return []
    if superseded or off_until.is_over(operation, auto_enable):
        return [details]
    enabled = now_enabled(operation)
    actions = [] if enabled is None else [switch_button(enabled, name, operation.id)]
    if enabled is False:
        actions = off_until.buttons_of(operation, auto_enable, name) or actions
    if operation.state is State.APPLIED and enabled is operation.wanted:
        actions.append(
            Button("Undo", Action.UNDO, operation.id, label=f"Undo the change of {name}")
        )
    return [*actions, details]


def switch_button(enabled: bool, name: str, value: str) -> Button:
    """Return the button that brings a timer to the other state."""
    if enabled:
        return Button("Disable", Action.DISABLE, value, style="danger", label=f"Disable {name}")
    return Button("Enable", Action.ENABLE, value, style="primary", label=f"Enable {name}")


def details_view(title: str, lines: list[Line], inputs: list[Line]) -> Block:
    """Return the view of the details modal: facts of the timer, and its parameters."""
    blocks = [paragraph(lines)] if lines else []
    if inputs:
        blocks += [header("Parameters"), *map(paragraph, _chunks(inputs, 50))]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": single_line(title, 24), "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": blocks[:100],
    }


def _chunks(lines: list[Line], size: int) -> list[list[Line]]:
    return [lines[start : start + size] for start in range(0, len(lines), size)]
