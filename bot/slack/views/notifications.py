"""Notifications: the card of one change, digests, the weekly digest, and thread replies."""

from bot.core.actions import Action
from bot.core.names import single_line
from bot.core.notifications import (
    MOST_IN_DIGEST,
    ChangeThread,
    EventKind,
    Notification,
    NotificationEvent,
    StillDisabled,
)
from bot.gateways.slack.messages import Block, Card, Ephemeral
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Timestamp,
    UserMention,
    bold,
    buttons,
    context_block,
    fallback_text,
    fit,
    header,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.cards import state_word

SHORT = 48  # names in a digest: Slack takes some 13,000 characters of blocks
BEFORE = 8  # earlier events that the card still shows; the thread has them all

# For each kind: the title of its card, and the phrase behind the timer's name in a line.
_TEXTS: dict[EventKind, tuple[str, str]] = {
    "enabled": ("{} is now enabled", "enabled"),
    "disabled": ("{} is now disabled", "disabled"),
    "auto_enabled": ("{} is enabled again", "enabled again, as had been set"),
    "conflict": ("{}: two changes cancelled out", "two changes cancelled out"),
    "unknown": ("Nobody can tell: {}", "a change whose end nobody can tell"),
    "reads_enabled": ("{} reads enabled in the end", "reads enabled in the end"),
    "reads_disabled": ("{} reads disabled in the end", "reads disabled in the end"),
    "auto_enable_needs_person": ("Still disabled: {}", "its return needs a person"),
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


def card(notification: Notification) -> Card:
    """Return the card of a notification as it is now."""
    if notification.still_disabled:
        return _weekly(notification)
    if len(notification.threads) == 1:
        return _single(notification.threads[0])
    return _digest(notification.threads)


def _single(thread: ChangeThread) -> Card:
    name, event = thread.timer.title(NAME), thread.events[-1]
    title = _TEXTS[event.kind][0].format(name)
    lines = [
        labelled("iTwin", thread.itwin.title(NAME)),
        labelled("Package", single_line(thread.timer.package, NAME) or "not said"),
        *([labelled("State", state_word(thread.enabled))] if thread.enabled is not None else []),
        *_details(event),
    ]
    before = thread.events[:-1][-BEFORE:]
    if before:
        lines.append(line(bold("Before")))
        lines += [line(*_event_phrase(one), ", ", Timestamp(one.at)) for one in before]
    show = Button(
        "Show", Action.RUN, f"show {thread.itwin.id} {thread.timer.id}", label=f"Show {name}"
    )
    gone = event.kind == "vanished"
    blocks = [header(title), paragraph(lines), *([] if gone else [buttons(show)])]
    where = f" (iTwin {thread.itwin.title(NAME)})"
    return Card(fallback_text(title, where), [*blocks, context_block(_HINT)])


_HINT = "This channel has subscribed: /edfs subscriptions."


def _details(event: NotificationEvent) -> list[Line]:
    """Return what the title does not tell of the newest event."""
    lines = []
    if event.wanted is not None and event.enabled is None:
        lines.append(labelled("Wanted", state_word(event.wanted)))
    who = (*((UserMention(event.by), ", ") if event.by else ()), Timestamp(event.at))
    lines.append(labelled(_TEXTS[event.kind][1].capitalize(), *who))
    if event.reason:
        lines.append(labelled("Reason", single_line(event.reason, 300)))
    if event.until:
        lines.append(labelled("Off until", Timestamp(event.until)))
    if event.since:
        lines.append(
            line("Changed elsewhere since ", Timestamp(event.since), ", not through the bot.")
        )
    return lines


def _event_phrase(event: NotificationEvent) -> Line:
    by = (" by ", UserMention(event.by)) if event.by else ()
    reason = (f", because “{single_line(event.reason, SHORT)}”",) if event.reason else ()
    return line(_TEXTS[event.kind][1], *by, *reason)


def event_reply(thread: ChangeThread, number: int) -> Ephemeral:
    """Return the reply in the card's thread for one event."""
    event = thread.events[number]
    message = line(
        bold(thread.timer.title(NAME)),
        ": ",
        *_event_phrase(event),
        ", ",
        Timestamp(event.at),
    )
    return Ephemeral(fallback_text(*message), [paragraph([message])])


def _digest(threads: tuple[ChangeThread, ...]) -> Card:
    title = f"{len(threads)} changes"
    first = min(thread.events[0].at for thread in threads)
    last = max(thread.events[-1].at for thread in threads)
    every = [line(*_line(thread)) for thread in threads[:MOST_IN_DIGEST]]
    lines = every[: fit([paragraph([one]) for one in every])]
    when = line("Between ", Timestamp(first, exact=True), " and ", Timestamp(last, exact=True), ":")
    text = fallback_text(title, ": ", ", ".join(one.timer.title(30) for one in threads[:3]), " …")
    left = len(threads) - len(lines)
    more = f"{left} more are not shown: /edfs history has them. " if left else ""
    return Card(
        text, [header(title), paragraph([when]), paragraph(lines), context_block(more + _HINT)]
    )


def _line(thread: ChangeThread) -> Line:
    name, itwin = thread.timer.title(SHORT), thread.itwin.title(30)
    event = thread.events[-1]
    by = (" by ", UserMention(event.by)) if event.by else ()
    return line(bold(name), f" in {itwin}: {_TEXTS[event.kind][1]}", *by)


def _weekly(notification: Notification) -> Card:
    count = len(notification.still_disabled)
    where = notification.itwin.title(NAME) if notification.itwin else ""
    title = f"Still disabled in {where}: {count}"
    lines = [line(*_still(one)) for one in notification.still_disabled[:MOST_IN_DIGEST]]
    shown = fit([paragraph([one]) for one in lines])
    blocks: list[Block] = [header(title), paragraph(lines[:shown])]
    left = f"{count - shown} more are not shown. " if count > shown else ""
    blocks.append(
        context_block(f"{left}Told every Monday. All of them: /edfs list <itwin> disabled.")
    )
    return Card(fallback_text(title), blocks)


def _still(one: StillDisabled) -> Line:
    since = (" since ", Timestamp(one.since)) if one.since else (", nobody knows since when",)
    by = (", by ", UserMention(one.by)) if one.by else (", not through the bot",)
    reason = (f", because “{single_line(one.reason, SHORT)}”",) if one.reason else ()
    until = (", until ", Timestamp(one.until)) if one.until else (", with no return set",)
    return (bold(single_line(one.timer, SHORT)), *line(*since, *by, *reason, *until))
