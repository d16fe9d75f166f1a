"""Timers and iTwins, listed and shown to one person."""

from bot.core.names import plain
from bot.core.outcomes import DetailsShown, ITwinsListed, TimerShown, TimersListed
from bot.core.schedules import in_words
from bot.core.timers import Timer
from bot.slack.messages import Modal, Private
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
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
from bot.slack.views.cards import details_view, following, schedule, switch_button, word

SHOWN = 40
INPUTS = 100


def itwins(outcome: ITwinsListed) -> Private:
    found = outcome.itwins
    title = f"Your iTwins: {len(found)}"
    lines = [
        line(bold(plain(itwin.name, NAME)), "  ", code(plain(itwin.number or itwin.id, 60)))
        for itwin in found[:SHOWN]
    ] or [line("Your account belongs to no active iTwin.")]
    blocks = [header(title), paragraph(lines), small(_more(len(found), "/edfs list <itwin>"))]
    return Private(spoken(title), blocks)


def timers(outcome: TimersListed) -> Private:
    found = outcome.timers
    off = sum(not timer.enabled for timer in found)
    title = f"Timers of {plain(outcome.itwin.name, NAME)}: {len(found)}, {off} disabled"
    lines = [_timer_line(timer) for timer in sorted(found, key=lambda t: t.enabled)[:SHOWN]]
    shown = lines or [line("There are none.")]
    more = _more(len(found), "/edfs show <itwin> <timer>")
    return Private(spoken(title), [header(title), paragraph(shown), small(more)])


def _timer_line(timer: Timer) -> Line:
    words = in_words(timer.cron) or plain(timer.cron, 60)
    name, package = plain(timer.label, 60), plain(timer.package, 40)
    return line(bold(word(timer.enabled)), f"  {name}  ", code(package or "-"), f"  {words}")


def _more(count: int, command: str) -> str:
    left = f"{count - SHOWN} more are not shown. " if count > SHOWN else ""
    return f"{left}Go on with {command}."


def facts_of(shown: TimerShown, now: float, zone: str) -> list[Line]:
    timer, last = shown.timer, shown.last_seen
    lines = [
        fact("iTwin", plain(shown.itwin.name, NAME)),
        fact("Package", plain(timer.package, NAME) or "not said"),
        fact("State", word(timer.enabled)),
        schedule(timer, zone),
        following(timer, timer.enabled, now, zone),
    ]
    if shown.changed_outside_since:
        lines.append(line("Changed outside Slack since ", When(shown.changed_outside_since), "."))
    elif last is not None and last.by is not None:
        verb = "Enabled by" if last.enabled else "Disabled by"
        lines.append(fact(verb, Who(last.by), ", ", When(last.at)))
    return lines


def timer(shown: TimerShown, title: str, now: float, zone: str) -> Private:
    name = plain(shown.timer.label, NAME)
    blocks = [header(title), paragraph(facts_of(shown, now, zone))]
    verb = "disable" if shown.timer.enabled else "enable"
    command = f"{verb} {shown.itwin.id} {shown.timer.id}"
    press = switch_button(shown.timer.enabled, name, command)
    blocks.append(buttons(Button(press.says, "run", command, style=press.style, label=press.label)))
    return Private(spoken(f"{title} (iTwin {plain(shown.itwin.name, NAME)})"), blocks)


def details(outcome: DetailsShown, now: float, zone: str) -> Modal:
    shown = outcome.shown
    name = fact("Timer", plain(shown.timer.label, NAME))
    read_as = fact("Read as", plain(outcome.acting.label, NAME))
    ids = [fact("Timer id", code(shown.timer.id)), fact("iTwin id", code(shown.itwin.id))]
    inputs = [
        fact(plain(one.name, 100) or "(no name)", code(plain(one.value, 500) or "(empty)"))
        for one in shown.timer.parameters[:INPUTS]
    ]
    lines = [name, *facts_of(shown, now, zone), *ids, read_as]
    return Modal(details_view("Timer details", lines, inputs or [line("It has none.")]))


def loading(instead: Private | None = None) -> Modal:
    """The window before its content is there, or when it cannot be: the reason stands in it."""
    if instead is None:
        return Modal(details_view("Timer details", [line("One moment …")], []))
    said = [block for block in instead.blocks if block["type"] != "actions"]
    return Modal(details_view("Timer details", [], []) | {"blocks": said})
