"""Notices: the card of one story, the digest of many, the weekly list, and the words in threads."""

from bot.core.names import plain
from bot.core.notifications import LINES, Event, Notice, StillOff, Story, What
from bot.gateways.slack.messages import Block, Card, Private
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    When,
    Who,
    bold,
    buttons,
    fact,
    fitting,
    header,
    line,
    paragraph,
    small,
    spoken,
)
from bot.slack.views.cards import word

SHORT = 48  # names in a digest: Slack takes some 13,000 characters of blocks
BEFORE = 8  # earlier events that the card still shows; the thread has them all

# For each event: the title of its card, and what a line about it says after the timer's name.
_SAYS: dict[What, tuple[str, str]] = {
    "enabled": ("{} is now enabled", "enabled"),
    "disabled": ("{} is now disabled", "disabled"),
    "returned": ("{} is enabled again", "enabled again, as had been set"),
    "conflict": ("{}: two changes cancelled out", "two changes cancelled out"),
    "unknown": ("Nobody can tell: {}", "a change whose end nobody can tell"),
    "reads_enabled": ("{} reads enabled in the end", "reads enabled in the end"),
    "reads_disabled": ("{} reads disabled in the end", "reads disabled in the end"),
    "return_asks": ("Still disabled: {}", "its return needs a person"),
    "asked": ("Approval asked: {}", "approval asked"),
    "approved": ("Approved: {}", "approved"),
    "declined": ("Declined: {}", "declined"),
    "cancelled": ("Taken back: {}", "the request was taken back"),
    "expired": ("Expired: {}", "the request has expired"),
    "void": ("Void: {}", "the request is void: the timer is not as it was seen"),
    "emergency": ("Emergency: {}", "changed in an emergency, without approval"),
    "reviewed": ("Reviewed: {}", "the emergency was reviewed"),
    "turned_on": ("{} was enabled elsewhere", "enabled elsewhere"),
    "turned_off": ("{} was disabled elsewhere", "disabled elsewhere"),
    "appeared": ("New timer: {}", "a new timer"),
    "vanished": ("Timer gone: {}", "the timer is not there any more"),
    "replaced": ("{} was replaced by an edit", "replaced by an edit"),
}


def card(notice: Notice) -> Card:
    """Draw it as its stories are now."""
    if notice.off:
        return _weekly(notice)
    if len(notice.stories) == 1:
        return _alone(notice.stories[0])
    return _digest(notice.stories)


def _alone(story: Story) -> Card:
    name, event = plain(story.timer.label, NAME), story.events[-1]
    title = _SAYS[event.what][0].format(name)
    lines = [
        fact("iTwin", plain(story.itwin.name, NAME)),
        fact("Package", plain(story.timer.package, NAME) or "not said"),
        *([fact("State", word(story.enabled))] if story.enabled is not None else []),
        *_details(event),
    ]
    before = story.events[:-1][-BEFORE:]
    if before:
        lines.append(line(bold("Before")))
        lines += [line(*_said(one), ", ", When(one.at)) for one in before]
    show = Button("Show", "run", f"show {story.itwin.id} {story.timer.id}", label=f"Show {name}")
    gone = event.what == "vanished"
    blocks = [header(title), paragraph(lines), *([] if gone else [buttons(show)])]
    where = f" (iTwin {plain(story.itwin.name, NAME)})"
    return Card(spoken(title, where), [*blocks, small(_HINT)])


_HINT = "This channel has subscribed: /edfs subscriptions."


def _details(event: Event) -> list[Line]:
    """Say of the newest event what its title does not."""
    lines = []
    if event.wanted is not None and event.enabled is None:
        lines.append(fact("Wanted", word(event.wanted)))
    who = (*((Who(event.by), ", ") if event.by else ()), When(event.at))
    lines.append(fact(_SAYS[event.what][1].capitalize(), *who))
    if event.because:
        lines.append(fact("Reason", plain(event.because, 300)))
    if event.until:
        lines.append(fact("Off until", When(event.until)))
    if event.since:
        lines.append(line("Changed elsewhere since ", When(event.since), ", not through the bot."))
    return lines


def _said(event: Event) -> Line:
    by = (" by ", Who(event.by)) if event.by else ()
    because = (f", because “{plain(event.because, SHORT)}”",) if event.because else ()
    return line(_SAYS[event.what][1], *by, *because)


def event_word(story: Story, number: int) -> Private:
    """Say in the thread what happened next."""
    event = story.events[number]
    said = line(bold(plain(story.timer.label, NAME)), ": ", *_said(event), ", ", When(event.at))
    return Private(spoken(*said), [paragraph([said])])


def _digest(told: tuple[Story, ...]) -> Card:
    title = f"{len(told)} changes"
    first = min(story.events[0].at for story in told)
    last = max(story.events[-1].at for story in told)
    every = [line(*_line(story)) for story in told[:LINES]]
    lines = every[: fitting([paragraph([one]) for one in every])]
    when = line("Between ", When(first, exact=True), " and ", When(last, exact=True), ":")
    text = spoken(title, ": ", ", ".join(plain(s.timer.label, 30) for s in told[:3]), " …")
    left = len(told) - len(lines)
    more = f"{left} more are not shown: /edfs history has them. " if left else ""
    return Card(text, [header(title), paragraph([when]), paragraph(lines), small(more + _HINT)])


def _line(story: Story) -> Line:
    name, itwin = plain(story.timer.label, SHORT), plain(story.itwin.name, 30)
    event = story.events[-1]
    by = (" by ", Who(event.by)) if event.by else ()
    return line(bold(name), f" ({itwin}): {_SAYS[event.what][1]}", *by)


def _weekly(notice: Notice) -> Card:
    count = len(notice.off)
    where = plain(notice.itwin.name, NAME) if notice.itwin else ""
    title = f"Still disabled in {where}: {count}"
    lines = [line(*_still(one)) for one in notice.off[:LINES]]
    shown = fitting([paragraph([one]) for one in lines])
    blocks: list[Block] = [header(title), paragraph(lines[:shown])]
    left = f"{count - shown} more are not shown. " if count > shown else ""
    blocks.append(small(f"{left}Told every Monday. All of them: /edfs list <itwin> disabled."))
    return Card(spoken(title), blocks)


def _still(one: StillOff) -> Line:
    since = (" since ", When(one.since)) if one.since else (", nobody knows since when",)
    by = (", by ", Who(one.by)) if one.by else (", not through the bot",)
    because = (f", because “{plain(one.because, SHORT)}”",) if one.because else ()
    until = (", until ", When(one.until)) if one.until else (", with no return set",)
    return (bold(plain(one.timer, SHORT)), *line(*since, *by, *because, *until))
