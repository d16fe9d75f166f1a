"""Returns in words: the card that asks a person, and the list of what is off."""

from bot.core.auto_enables import Phase, Return
from bot.core.errors import PersonRefused, PolicyRefused
from bot.core.language.commands import ListTimers
from bot.core.listings import Off, OffListed
from bot.core.names import plain
from bot.core.operations.failures import error_of
from bot.core.operations.operation import Trouble
from bot.gateways.slack.messages import Card, Private
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Option,
    Part,
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
    small,
    spoken,
)
from bot.slack.views.errors import words_of
from bot.slack.views.paging import listed, page_of
from bot.slack.views.timers import timer_option, weight_of_timer

NAMED = 10
_FRAME = 500  # what is known of a timer that is off: people and moments

_WHY: dict[str, str] = {
    "SignInNeeded": "The sign-in of whoever set this has ended.",
    "OtherAccount": "Whoever set this is signed in with another iTwin account now.",
    "Forbidden": "The account of whoever set this may not read the timer any more.",
    "TimerGone": "An edit in EDFS has put another timer of the same name and package in its place.",
    "conflict": "Somebody else switched it at the same moment, so both changes cancelled out.",
    "unknown": "Bentley's answer was lost, and the timer could not be read for a day.",
}
_ENDS: dict[str, str] = {
    "returned": "It was turned on again.",
    "already": "It is on again.",
    "kept": "It stays off for good.",
    "replaced": "It stays off, until a later time.",
    "moved": "Another timer has taken its place.",
    "gone": "The timer is not there any more, so nothing was turned on.",
}


def card(back: Return) -> Card:
    """It says why it did not come back by itself, until somebody has seen to it."""
    name = plain(back.timer.label, NAME)
    facts = [
        fact("iTwin", plain(back.itwin.name, NAME)),
        fact("Off since", When(back.set_at), ", set by ", Who(back.setter)),
        fact("Was to return", When(back.at)),
        *([fact("Because", plain(back.because, 300))] if back.because else []),
    ]
    foot = small(f"Return {back.id}")
    if back.phase is Phase.CLOSED:
        by: tuple[Part | str, ...] = (" By ", Who(back.closed_by), ".") if back.closed_by else ()
        gone = back.how == "gone"
        title = f"Cannot return: {name}" if gone else f"Seen to: {name}"
        said = line(_ENDS[back.how or "kept"], *by, " ", When(back.changed_at))
        return Card(spoken(f"{title}. ", *said), [header(title), paragraph([said, *facts]), foot])
    title = f"Still off: {name}"
    lines = [line("It did not come back by itself. ", *_why(back.trouble)), *facts, _step(back)]
    blocks = [header(title), paragraph(lines), buttons(*_choices(back, name)), foot]
    return Card(spoken(f"{title}. It did not come back by itself."), blocks)


def _why(trouble: Trouble | None) -> Line:
    if trouble is None:
        return line("")
    if trouble.kind in _WHY:
        return line(_WHY[trouble.kind])
    match trouble.kind, trouble.why:
        case "PolicyRefused", ("denied" | "not_allowed" | "protected") as reason:
            return words_of(PolicyRefused(reason, trouble.code), 0.0).lines[0]
        case "PersonRefused", ("guest" | "bot" | "deactivated" | "outsider" | "unknown") as gone:
            return words_of(PersonRefused(gone), 0.0).lines[0]
        case _:
            return words_of(error_of(trouble, 0.0), 0.0).lines[0]


def _step(back: Return) -> Line:
    if back.replaces:
        return line("Move to it: the timer that is there now is turned on, with your own sign-in.")
    return line("Anybody who may switch it can turn it on, with their own sign-in.")


def _choices(back: Return, name: str) -> list[Button]:
    says = "Move to it" if back.replaces else "Enable"
    return [
        Button(says, "return", back.id, style="primary", label=f"{says}: {name}"),
        Button("Keep off", "keep", back.id, label=f"Keep off: {name}"),
    ]


def escalated(back: Return) -> Private:
    """Said once, in the thread of the card that asks."""
    people: list[Part | str] = [Who(back.person), " set it"]
    for place, person in enumerate(back.covered):
        people += [", " if place else "; approved by ", Who(person)]
    said = line("Nobody has seen to this for an hour: ", *people, ".")
    return Private(spoken(*said), [paragraph([said])])


def to_setter(back: Return) -> Private:
    name = plain(back.timer.label, NAME)
    title = f"{name} is still off"
    lines = [
        line(
            "It was to return ", When(back.at), ", as you set it. It did not come back by itself. "
        ),
        line(*_why(back.trouble)),
        line("The card in the channel has the buttons; or type ", code(f"/edfs return {back.id}")),
    ]
    return Private(spoken(title), [header(title), paragraph(lines)])


def consent_ended(back: Return) -> Private:
    """To the setter, a day before their sign-in is needed."""
    name = plain(back.timer.label, NAME)
    title = f"Sign in again for {name}"
    lines = [
        line(bold(name), " is to be turned on again, with your sign-in, ", When(back.at), "."),
        line("Your sign-in at Bentley has ended. Type ", code("/edfs signin"), " before then."),
        line("If you do not, it stays off, and a card in the channel asks somebody to turn it on."),
    ]
    return Private(spoken(title), [header(title), paragraph(lines)])


def off(outcome: OffListed) -> Private:
    page = page_of(outcome.found, outcome.page, _weight)
    title = f"Disabled timers: {page.total}"
    lines = [one for off in page.things for one in entry(off)] or [_nothing_off(outcome)]
    itwin = outcome.itwin.id if outcome.itwin else ""
    return listed(
        title,
        [
            header(title),
            paragraph(lines),
            *menu("Show a timer …", "run:pick", map(_pick, page.things)),
        ],
        page,
        lambda number: ListTimers(itwin, disabled=True, page=number, everywhere=not itwin),
        notes=_not_read(outcome),
    )


def _pick(one: Off) -> Option:
    return timer_option(one.itwin, one.timer)


def _weight(one: Off) -> int:
    """Estimate it from above: lists may hold thousands, and one page is drawn."""
    names = at_most(one.itwin.name, 60) + at_most(one.because, 150)
    return _FRAME + names + weight_of_timer(one.itwin, one.timer)


def _not_read(outcome: OffListed) -> list[str]:
    notes = []
    if outcome.unread:
        names = ", ".join(plain(itwin.name, 60) for itwin in outcome.unread[:NAMED])
        more = len(outcome.unread) - NAMED
        notes.append(f"Could not be read: {names}{f' and {more} more' if more > 0 else ''}.")
    if outcome.left:
        notes.append(f"{outcome.left} more iTwins were not looked at: /edfs list <itwin> disabled.")
    return notes


def _nothing_off(outcome: OffListed) -> Line:
    if outcome.unread or outcome.left:
        return line("None is off in those that could be read.")
    return line("None is off.")


def entry(one: Off) -> list[Line]:
    """One line for the timer and one for what is known of it."""
    name, itwin = plain(one.timer.label, 60), plain(one.itwin.name, 60)
    back, last = one.back, one.last_seen
    until: tuple[Part | str, ...] = ("until somebody turns it on",)
    if back is not None:
        set_by = (", set by ", Who(back.setter))
        asks = back.phase is Phase.ASKING
        alone = (" (it did not come back by itself)",) if asks else ()
        until = ("until ", When(back.at), *alone, *set_by)
    who: tuple[Part | str, ...] = ("not through the bot, nobody knows since when",)
    if last is not None and last.by is not None:
        who = ("by ", Who(last.by), ", since ", When(last.at))
    why = f", because {plain(one.because, 150)}" if one.because else ""
    return [line(bold(name), f" ({itwin}): off ", *until), line("– ", *who, why)]
