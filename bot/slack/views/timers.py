"""Timers and iTwins, listed and shown to one person."""

from dataclasses import replace

from bot.core.approvals import Approval
from bot.core.auto_enables import Phase, Return
from bot.core.language.commands import History, ListTimers, Show, Use
from bot.core.listings import ITwinsListed, Standing, TimerShown, TimersListed
from bot.core.names import plain
from bot.core.outcomes import DetailsShown
from bot.core.schedules import in_words
from bot.core.timers import ITwin, Timer
from bot.gateways.slack.messages import Modal, Private
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Option,
    When,
    Who,
    at_most,
    bold,
    buttons,
    code,
    fact,
    header,
    line,
    menu,
    paragraph,
    spoken,
    weight,
)
from bot.slack.views.cards import details_view, following, schedule, switch_button, word
from bot.slack.views.paging import listed, page_of

SHORT = 60  # characters of a name in a list
INPUTS = 100
# What a thing takes beside its names: a line and an option of the menu, the schedule's words too.
_FRAME = 480
_FRAME_OF_ITWIN = 340


def itwins(outcome: ITwinsListed) -> Private:
    page = page_of(outcome.itwins, outcome.page, _weight_of_itwin)
    title = f"Your iTwins: {page.total}"
    lines = [_itwin_line(itwin) for itwin in page.things]
    shown = lines or [line("Your account belongs to no active iTwin.")]
    picks = menu("List the timers of …", "run:pick", map(_itwin_option, page.things))
    return listed(
        title,
        [header(title), paragraph(shown), *picks],
        page,
        lambda number: ListTimers(page=number, everywhere=True),
        notes=["Go on with /edfs list <itwin>."],
    )


def _itwin_line(itwin: ITwin) -> Line:
    return line(bold(plain(itwin.name, SHORT)), "  ", code(plain(itwin.number or itwin.id, 40)))


def _itwin_option(itwin: ITwin) -> Option:
    return Option(plain(itwin.name, SHORT) or itwin.id, str(ListTimers(itwin.id)))


def _weight_of_itwin(itwin: ITwin) -> int:
    """Estimate, from above, what a thing takes: lists may hold thousands, and one page is drawn."""
    names = 2 * at_most(itwin.name, SHORT) + at_most(itwin.number or itwin.id, 40)
    return _FRAME_OF_ITWIN + names + len(itwin.id)


def timers(outcome: TimersListed) -> Private:
    itwin = outcome.itwin
    found = sorted(outcome.timers, key=Timer.in_lists)
    off = sum(not timer.enabled for timer in found)
    title = f"Timers of {plain(itwin.name, NAME)}: {len(found)}, {off} disabled"

    def entry(timer: Timer) -> list[Line]:
        standing = outcome.standing.get(timer.id, Standing())
        return [_timer_line(timer), *(line("– ", *one) for one in _arranged(standing))]

    def weigh(timer: Timer) -> int:
        arranged = outcome.standing.get(timer.id)
        extra = weight([paragraph([one]) for one in _arranged(arranged)]) if arranged else 0
        return weight_of_timer(itwin, timer) + extra

    page = page_of(found, outcome.page, weigh)
    lines = [one for timer in page.things for one in entry(timer)] or [line("There are none.")]
    picks = menu("Show a timer …", "run:pick", (timer_option(itwin, one) for one in page.things))
    return listed(
        title,
        [header(title), paragraph(lines), *picks],
        page,
        lambda number: ListTimers(itwin.id, page=number),
        also=[_history(History(itwin.id), itwin.name), _use(itwin)],
        notes=["Go on with /edfs show <itwin> <timer>."],
    )


def timer_option(itwin: ITwin, timer: Timer) -> Option:
    name = plain(timer.label, SHORT) or timer.id
    return Option(f"{name} ({word(timer.enabled)})", str(Show(itwin.id, timer.id)))


def weight_of_timer(itwin: ITwin, timer: Timer) -> int:
    names = 2 * at_most(timer.label, SHORT) + at_most(timer.package, 40) + at_most(timer.cron, 80)
    return _FRAME + names + len(itwin.id) + len(timer.id)


def _timer_line(timer: Timer) -> Line:
    words = plain(in_words(timer.cron) or timer.cron, 80)
    name, package = plain(timer.label, SHORT), plain(timer.package, 40)
    return line(bold(word(timer.enabled)), f"  {name}  ", code(package or "-"), f"  {words}")


def _arranged(standing: Standing) -> list[Line]:
    """Say what is arranged for a timer: when it comes back on, and what waits for a decision."""
    back = [_return_line(standing.back)] if standing.back else []
    return [*back, *map(_request_line, standing.requests)]


def _return_line(back: Return) -> Line:
    set_by = (", set by ", Who(back.setter))
    if back.phase is Phase.ASKING:
        return line(
            "did not come back on as planned, ", When(back.at), *set_by, "; a person has to do it"
        )
    return line("off until ", When(back.at), *set_by)


def _request_line(request: Approval) -> Line:
    wanted = word(request.wish.wanted)
    return line(f"waits for approval to be {wanted}, asked by ", Who(request.requester))


def _history(command: History, name: str) -> Button:
    return Button("History", "run:history", str(command), label=f"History of {name}")


def _use(itwin: ITwin) -> Button:
    name = plain(itwin.name, SHORT)
    label = f"Use in this channel: {name}"
    return Button("Use in this channel", "run:use", str(Use(itwin.id)), label=label)


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
    return [*lines, *_plans(shown.standing)]


def _plans(standing: Standing) -> list[Line]:
    """The return and the requests of one timer, in full."""
    lines = []
    if standing.back is not None:
        back = standing.back
        label = "Was to return" if back.phase is Phase.ASKING else "Off until"
        lines.append(fact(label, When(back.at), ", set by ", Who(back.setter)))
        if back.phase is Phase.ASKING:
            lines.append(line("It did not come back by itself: a person has to turn it on."))
    for one in standing.requests:
        about = (word(one.wish.wanted), ", asked by ", Who(one.requester), ", ")
        lines.append(fact("Waits for approval", *about, When(one.wish.asked_at)))
    return lines


def timer(shown: TimerShown, title: str, now: float, zone: str) -> Private:
    name = plain(shown.timer.label, NAME)
    itwin, timer = shown.itwin, shown.timer
    verb = "disable" if timer.enabled else "enable"
    press = switch_button(timer.enabled, name, f"{verb} {itwin.id} {timer.id}")
    beside = [
        replace(press, action="run"),
        _history(History(itwin.id, timer.id), name),
        Button(
            "All timers", "run:list", str(ListTimers(itwin.id)), label="All timers of the iTwin"
        ),
    ]
    blocks = [header(title), paragraph(facts_of(shown, now, zone)), buttons(*beside)]
    return Private(spoken(f"{title} (iTwin {plain(itwin.name, NAME)})"), blocks)


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
