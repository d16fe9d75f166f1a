"""The timer card: one operation and what is now true, drawn from the record as it is."""

from bot.core.auto_enables import Return
from bot.core.names import plain
from bot.core.operations.operation import Late, Operation, State, Trouble
from bot.core.schedules import in_words, next_run
from bot.core.timers import Timer
from bot.gateways.slack.messages import Block, Card, Private
from bot.slack.views import off_until
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Text,
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
)
from bot.slack.views.policy_errors import edits


def card(operation: Operation, now: float, zone: str, back: Return | None = None) -> Card:
    """Draw it. It says done only when it is done.

    ``back`` is the return that the operation has set, or that it is.
    """
    over = back is not None and off_until.is_over(operation, back)
    title = off_until.title_over(back) if over and back else title_of(operation)
    name = plain(operation.timer.label, NAME)
    late = _late(operation.late) if operation.late else []
    facts = [] if over else _facts(operation, now, zone)
    lines = [*_said(operation), *late, *off_until.lines_of(operation, zone, back)]
    lines += [*facts, *_doing(operation)]
    blocks = [header(title), paragraph(lines)]
    if pressable := _buttons(operation, name, back):
        blocks.append(buttons(*pressable))
    blocks.append(small(f"Operation {operation.id}"))
    text = spoken(f"{title} (iTwin {plain(operation.itwin.name, NAME)}). By ", Who(operation.asker))
    return Card(text, blocks)


def word(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def title_of(operation: Operation) -> str:
    name = plain(operation.timer.label, NAME)
    wanted, late = word(operation.wanted), operation.late
    if late and operation.seen and late.enabled is not operation.seen.enabled:
        return f"{name} reads {word(bool(late.enabled))} in the end"  # the verdict stands below
    match operation.state:
        case State.LOCKED if operation.trouble:
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
            return f"{name} is {word(not operation.wanted)}, not {wanted}"
        case State.REJECTED | State.STALE | State.NOT_APPLIED:
            return f"Not changed: {name}"
        case State.UNKNOWN:
            return f"Nobody can tell: {name}"


def _said(operation: Operation) -> list[Line]:
    """What this state means, where the title alone would leave a question."""
    seen = operation.seen
    read = (
        line("The timer reads ", bold(word(seen.enabled)), " (", When(seen.at, exact=True), "). ")
        if seen
        else ()
    )
    match operation.state:
        case State.LOCKED if operation.trouble:
            return _waiting(operation, operation.trouble)
        case State.READY | State.LOCKED | State.SENDING:
            return [line("Under way. This card, or a newer one below it, says what comes of it.")]
        case State.VERIFYING:
            verdict = When(operation.quiet_at, exact=True)
            wait = line("The verdict comes ", verdict, ". Do not press again.")
            return [line("Bentley's answer was lost."), (*read, *wait)]
        case State.CONFLICT:
            other = "Somebody else switched it at the same moment, so both changes cancelled out."
            return [
                line(other),
                line("It was not flipped back by itself: press the button if you still want it."),
            ]
        case State.REJECTED:
            if operation.brings_back:
                return [line("Nothing was changed. It is tried again, or a card below says why.")]
            return [_rejected(operation.trouble)]
        case State.STALE:
            return [
                line(
                    "Its definition was edited after it was looked at, so nothing was done. "
                    "Look at it, then ask again."
                ),
                *edits(operation.trouble),
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


_WAITS = {
    "RateLimited": "The limit for requests to Bentley is reached. Nothing was sent yet.",
    "NotSent": "Bentley could not be reached. Nothing was sent yet.",
    "TokenRefused": "Bentley asked for a fresh token. Nothing was changed yet.",
    "PersonRefused": "Slack could not be asked whether it is still allowed. Nothing was sent yet.",
}


def _waiting(operation: Operation, trouble: Trouble) -> list[Line]:
    said = _WAITS.get(trouble.kind, "Bentley could not be read. Nothing was sent yet.")
    again = line("It goes on by itself ", When(operation.resume_at), ". Do not press again.")
    return [line(said), again]


def _rejected(trouble: Trouble | None) -> Line:
    match trouble:
        case Trouble(kind="RateLimited", until=until):
            limit = "Nothing was changed: the limit for requests to Bentley is reached. Try after "
            return line(limit, When(until), ".")
        case Trouble(kind="NotSent"):
            return line("Nothing was changed: Bentley could not be reached.")
        case Trouble(kind="WritesOff"):
            return line("Nothing was changed: an admin has switched all changes off.")
        case Trouble(kind="Withdrawn"):
            return line("Nothing was changed: what allowed it does not hold any more.")
        case _:
            return line("Nothing was changed. The reason was told to the person who asked.")


def _late(late: Late) -> list[Line]:
    """What was learnt after the end, beside the verdict and never instead of it."""
    reads = bold(word(bool(late.enabled)))
    if late.how == "answer":
        return [line("Bentley's answer came in the end (", When(late.at), "): ", reads, ".")]
    why = "Either somebody else has switched it, or the lost request was carried out late."
    return [line("Looked at again ", When(late.at), ": it reads ", reads, "."), line(why)]


def waiting(operation: Operation) -> Private:
    """For the person alone, when their operation waits for longer than a moment."""
    title = "Waiting for Bentley's limit"
    about = line(bold(title_of(operation)), ".")
    lines = [about, *_waiting(operation, operation.trouble or Trouble("RateLimited"))]
    trace = small(f"Trace {operation.trace}")
    return Private(spoken(title), [header(title), paragraph(lines), trace])


def now_enabled(operation: Operation) -> bool | None:
    """The state as far as it is known; None while it is not."""
    if operation.state in {State.UNKNOWN, State.VERIFYING} or operation.seen is None:
        return None
    late = operation.late
    return operation.seen.enabled if late is None or late.enabled is None else late.enabled


def _facts(operation: Operation, now: float, zone: str) -> list[Line]:
    enabled = now_enabled(operation)
    itwin = operation.itwin
    number = f" ({plain(itwin.number, NAME)})" if itwin.number not in {"", itwin.name} else ""
    lines = [
        fact("iTwin", f"{plain(itwin.name, NAME)}{number}"),
        fact("Package", plain(operation.timer.package, NAME) or "not said"),
        fact("State", "not known" if enabled is None else word(enabled)),
        schedule(operation.timer, zone),
        following(operation.timer, enabled, now, zone),
    ]
    if operation.changed_outside_since:
        at = When(operation.changed_outside_since)
        lines.append(line("It had been changed outside Slack since ", at, "."))
    return lines


def schedule(timer: Timer, zone: str) -> Line:
    """The schedule in words with the cron beside it; Bentley publishes no time zone."""
    words = in_words(timer.cron)
    assumed = "UTC assumed" if zone == "UTC" else plain(zone, 40)
    raw = code(plain(timer.cron, NAME) or "none")
    if words is None:
        return fact("Schedule", raw, f" ({assumed})")
    return fact("Schedule", f"{words}, {assumed} ", raw)


def following(timer: Timer, enabled: bool | None, now: float, zone: str) -> Line:
    if enabled is None:
        return fact("Next run", "not known")
    if not enabled:
        return fact("Next run", "none while it is disabled")
    at = next_run(timer.cron, now, zone)
    return fact("Next run", When(at) if at else Text("cannot be told from this schedule"))


def _doing(operation: Operation) -> list[Line]:
    verbs = {True: "Turned on by", False: "Turned off by"}
    done = operation.state is State.APPLIED
    label = verbs[operation.wanted] if done else "Asked by"
    through = (" through ", Who(operation.person)) if operation.on_behalf_of else ()
    by = fact(
        label,
        Who(operation.asker),
        *through,
        f" as {plain(operation.acting.label, NAME)}, ",
        When(operation.changed_at if done else operation.asked_at),
    )
    lines = [by]
    if operation.approved:
        agreed = [part for by in operation.approved.by for part in (Who(by), ", ")]
        lines.append(fact("Approved by", *agreed, When(operation.approved.at)))
    if operation.emergency and not operation.state.came_to_nothing:
        lines.append(line("An emergency: done without approval, and to be reviewed."))
    if operation.undoes:
        lines.append(line(f"This undoes operation {operation.undoes}."))
    if operation.because:
        label = "It was off because" if operation.brings_back else "Because"
        lines.append(fact(label, plain(operation.because, 300)))
    return lines


def _buttons(operation: Operation, name: str, back: Return | None) -> list[Button]:
    details = Button("Details", "details", operation.id, label=f"Details of {name}")
    if not operation.state.ended:
        return []
    if off_until.is_over(operation, back):
        return [details]
    enabled = now_enabled(operation)
    pressable = [] if enabled is None else [switch_button(enabled, name, operation.id)]
    if enabled is False:
        pressable = off_until.buttons_of(operation, back, name) or pressable
    if operation.state is State.APPLIED and enabled is operation.wanted:
        pressable.append(Button("Undo", "undo", operation.id, label=f"Undo the change of {name}"))
    return [*pressable, details]


def switch_button(enabled: bool, name: str, value: str) -> Button:
    if enabled:
        return Button("Disable", "disable", value, style="danger", label=f"Disable {name}")
    return Button("Enable", "enable", value, style="primary", label=f"Enable {name}")


def details_view(title: str, lines: list[Line], inputs: list[Line]) -> Block:
    """The modal: the timer's facts, and its parameters for this person alone."""
    blocks = [paragraph(lines)] if lines else []
    if inputs:
        blocks += [header("Parameters"), *map(paragraph, _chunks(inputs, 50))]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": plain(title, 24), "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": blocks[:100],
    }


def _chunks(lines: list[Line], size: int) -> list[list[Line]]:
    return [lines[start : start + size] for start in range(0, len(lines), size)]
