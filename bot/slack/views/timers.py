"""Lists of iTwins and timers, and one timer with its details, for one person."""

from dataclasses import replace

from bot.core.actions import Action
from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.language.commands import History, ListTimers, SetChannelDefault, Show
from bot.core.listings import ITwinsListed, OpenItems, TimerShown, TimersListed
from bot.core.names import single_line
from bot.core.outcomes import DetailsShown
from bot.core.schedules import in_words
from bot.core.timers import ITwin, Timer
from bot.gateways.slack.messages import Ephemeral, Modal
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Option,
    Timestamp,
    UserMention,
    bold,
    buttons,
    code,
    fallback_text,
    header,
    json_size,
    labelled,
    line,
    max_json_size,
    menu,
    paragraph,
)
from bot.slack.views.cards import details_view, next_run_line, schedule, state_word, switch_button
from bot.slack.views.paging import listed, page_of

SHORT = 60  # characters of a name in a list
INPUTS = 100
# Characters of JSON of an entry without its names: a line and a menu option, with the schedule.
_FRAME = 480
_FRAME_OF_ITWIN = 340


def itwins(outcome: ITwinsListed) -> Ephemeral:
    """List the person's iTwins, with a menu for their timers."""
    page = page_of(outcome.itwins, outcome.page, _itwin_json_size)
    title = f"Your iTwins: {page.total}"
    lines = [_itwin_line(itwin) for itwin in page.things]
    shown = lines or [line("Your account belongs to no active iTwin.")]
    picks = menu("List the timers of …", Action.RUN, map(_itwin_option, page.things), suffix="pick")
    return listed(
        title,
        [header(title), paragraph(shown), *picks],
        page,
        lambda number: ListTimers(page=number, everywhere=True),
        notes=["Go on with /edfs list <itwin>."],
    )


def _itwin_line(itwin: ITwin) -> Line:
    return line(
        bold(single_line(itwin.name, SHORT)), "  ", code(single_line(itwin.number or itwin.id, 40))
    )


def _itwin_option(itwin: ITwin) -> Option:
    return Option(itwin.title(SHORT) or itwin.id, str(ListTimers(itwin.id)))


def _itwin_json_size(itwin: ITwin) -> int:
    """Return an upper bound, cheaper than rendering: lists may hold thousands of entries."""
    names = 2 * max_json_size(itwin.distinct, SHORT) + max_json_size(itwin.number or itwin.id, 40)
    return _FRAME_OF_ITWIN + names + len(itwin.id)


def timers(outcome: TimersListed) -> Ephemeral:
    """List the timers of an iTwin, with a menu to show one."""
    itwin = outcome.itwin
    found = sorted(outcome.timers, key=Timer.in_lists)
    off = sum(not timer.enabled for timer in found)
    title = f"Timers of {itwin.title(NAME)}: {len(found)}, {off} disabled"

    def entry(timer: Timer) -> list[Line]:
        open_items = outcome.open_items.get(timer.id, OpenItems())
        return [_timer_line(timer), *(line("– ", *one) for one in _open_items(open_items))]

    def weigh(timer: Timer) -> int:
        open_items = outcome.open_items.get(timer.id)
        size = timer_json_size(itwin, timer)
        if open_items is None:
            return size
        return size + json_size([paragraph([one]) for one in _open_items(open_items)])

    page = page_of(found, outcome.page, weigh)
    lines = [one for timer in page.things for one in entry(timer)] or [line("There are none.")]
    picks = menu(
        "Show a timer …",
        Action.RUN,
        (timer_option(itwin, one) for one in page.things),
        suffix="pick",
    )
    return listed(
        title,
        [header(title), paragraph(lines), *picks],
        page,
        lambda number: ListTimers(itwin.id, page=number),
        also=[_history(History(itwin.id), itwin.name), _use(itwin)],
        notes=["Go on with /edfs show <itwin> <timer>."],
    )


def timer_option(itwin: ITwin, timer: Timer) -> Option:
    """Return the menu option that shows a timer."""
    name = timer.title(SHORT) or timer.id
    return Option(f"{name} ({state_word(timer.enabled)})", str(Show(itwin.id, timer.id)))


def timer_json_size(itwin: ITwin, timer: Timer) -> int:
    """Return an upper bound of the characters of JSON that a timer takes in a list."""
    names = (
        2 * max_json_size(timer.distinct, SHORT)
        + max_json_size(timer.package, 40)
        + max_json_size(timer.cron, 80)
    )
    return _FRAME + names + len(itwin.id) + len(timer.id)


def _timer_line(timer: Timer) -> Line:
    words = single_line(in_words(timer.cron) or timer.cron, 80)
    name, package = timer.title(SHORT), single_line(timer.package, 40)
    return line(bold(state_word(timer.enabled)), f"  {name}  ", code(package or "-"), f"  {words}")


def _open_items(open_items: OpenItems) -> list[Line]:
    """Return what is pending for a timer: its auto-enable, and the requests that wait."""
    auto_enable = [_auto_enable_line(open_items.auto_enable)] if open_items.auto_enable else []
    return [*auto_enable, *map(_request_line, open_items.requests)]


def _auto_enable_line(auto_enable: AutoEnable) -> Line:
    set_by = (", set by ", UserMention(auto_enable.requester))
    if auto_enable.phase is Phase.NEEDS_PERSON:
        return line(
            "did not come back on as planned, ",
            Timestamp(auto_enable.at),
            *set_by,
            "; a person has to do it",
        )
    return line("off until ", Timestamp(auto_enable.at), *set_by)


def _request_line(request: Approval) -> Line:
    wanted = state_word(request.operation.wanted)
    return line(f"waits for approval to be {wanted}, asked by ", UserMention(request.requester))


def _history(command: History, name: str) -> Button:
    return Button("History", Action.RUN, str(command), suffix="history", label=f"History of {name}")


def _use(itwin: ITwin) -> Button:
    name = itwin.title(SHORT)
    label = f"Use in this channel: {name}"
    return Button(
        "Use in this channel",
        Action.RUN,
        str(SetChannelDefault(itwin.id)),
        suffix="use",
        label=label,
    )


def timer_lines(shown: TimerShown, now: float, zone: str) -> list[Line]:
    """Return the facts of a timer, for a message or the details modal."""
    timer, last = shown.timer, shown.last_seen
    lines = [
        labelled("iTwin", shown.itwin.title(NAME)),
        labelled("Package", single_line(timer.package, NAME) or "not said"),
        labelled("State", state_word(timer.enabled)),
        schedule(timer, zone),
        next_run_line(timer, timer.enabled, now, zone),
    ]
    if shown.changed_outside_since:
        lines.append(
            line("Changed outside Slack since ", Timestamp(shown.changed_outside_since), ".")
        )
    elif last is not None and last.by is not None:
        verb = "Enabled by" if last.enabled else "Disabled by"
        lines.append(labelled(verb, UserMention(last.by), ", ", Timestamp(last.at)))
    return [*lines, *_open_items_in_full(shown.open_items)]


def _open_items_in_full(open_items: OpenItems) -> list[Line]:
    """Return the auto-enable and the requests of one timer, in full."""
    lines = []
    if open_items.auto_enable is not None:
        auto_enable = open_items.auto_enable
        label = "Was to return" if auto_enable.phase is Phase.NEEDS_PERSON else "Off until"
        lines.append(
            labelled(
                label, Timestamp(auto_enable.at), ", set by ", UserMention(auto_enable.requester)
            )
        )
        if auto_enable.phase is Phase.NEEDS_PERSON:
            lines.append(line("It did not come back by itself: a person has to turn it on."))
    for one in open_items.requests:
        about = (state_word(one.operation.wanted), ", asked by ", UserMention(one.requester), ", ")
        lines.append(labelled("Waits for approval", *about, Timestamp(one.operation.asked_at)))
    return lines


def timer(shown: TimerShown, title: str, now: float, zone: str) -> Ephemeral:
    """Show one timer, with buttons to switch it."""
    name = shown.timer.title(NAME)
    itwin, timer = shown.itwin, shown.timer
    verb = "disable" if timer.enabled else "enable"
    switch = switch_button(timer.enabled, name, f"{verb} {itwin.id} {timer.id}")
    beside = [
        replace(switch, action=Action.RUN),
        _history(History(itwin.id, timer.id), name),
        Button(
            "All timers",
            Action.RUN,
            str(ListTimers(itwin.id)),
            suffix="list",
            label="All timers of the iTwin",
        ),
    ]
    blocks = [header(title), paragraph(timer_lines(shown, now, zone)), buttons(*beside)]
    return Ephemeral(fallback_text(f"{title} (iTwin {itwin.title(NAME)})"), blocks)


def details(outcome: DetailsShown, now: float, zone: str) -> Modal:
    """Show one timer with its parameters and ids, in a modal."""
    shown = outcome.shown
    name = labelled("Timer", shown.timer.title(NAME))
    read_as = labelled("Read as", single_line(outcome.acting.label, NAME))
    ids = [labelled("Timer id", code(shown.timer.id)), labelled("iTwin id", code(shown.itwin.id))]
    inputs = [
        labelled(
            single_line(one.name, 100) or "(no name)",
            code(single_line(one.value, 500) or "(empty)"),
        )
        for one in shown.timer.parameters[:INPUTS]
    ]
    lines = [name, *timer_lines(shown, now, zone), *ids, read_as]
    return Modal(details_view("Timer details", lines, inputs or [line("It has none.")]))


def loading_modal(instead: Ephemeral | None = None) -> Modal:
    """Return the details modal before its content has been read, or with an error instead."""
    if instead is None:
        return Modal(details_view("Timer details", [line("One moment …")], []))
    blocks = [block for block in instead.blocks if block["type"] != "actions"]
    return Modal(details_view("Timer details", [], []) | {"blocks": blocks})
