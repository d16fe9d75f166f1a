"""Auto-enables: the card of one that needs a person, messages about it, and disabled timers."""

from bot.core.actions import Action
from bot.core.auto_enables import AutoEnable, ClosedAs, Phase
from bot.core.errors import PersonRefused, PolicyRefused
from bot.core.language.commands import ListTimers, Show
from bot.core.listings import DisabledListed, DisabledTimer
from bot.core.names import single_line
from bot.core.operations.failures import error_from
from bot.core.operations.operation import Failure, FailureKind
from bot.gateways.slack.messages import Card, Ephemeral
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Option,
    Part,
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
    max_json_size,
    menu,
    paragraph,
    sentence,
)
from bot.slack.views.errors import error_text
from bot.slack.views.paging import listed, page_of
from bot.slack.views.timers import timer_json_size

NAMED = 10
IN_OPTION = 36  # of 75: a timer and its iTwin
_FRAME = 500  # characters of JSON of an entry without its names: people and times

_WHY: dict[FailureKind, str] = {
    FailureKind.SIGN_IN_NEEDED: "The sign-in of whoever set this has ended.",
    FailureKind.ACCOUNT_CHANGED: "Whoever set this is signed in with another iTwin account now.",
    FailureKind.FORBIDDEN: "The account of whoever set this may not read the timer any more.",
    FailureKind.TIMER_GONE: (
        "An edit in EDFS has put another timer of the same name and package in its place."
    ),
    FailureKind.CONFLICT: (
        "Somebody else switched it at the same moment, so both changes cancelled out."
    ),
    FailureKind.UNKNOWN: "Bentley's answer was lost, and the timer could not be read for a day.",
}
_ENDS: dict[ClosedAs, str] = {
    "enabled": "It was turned on again.",
    "already_enabled": "It is on again.",
    "kept_disabled": "It stays off for good.",
    "replaced": "It stays off, until a later time.",
    "moved": "Another timer has taken its place.",
    "gone": "The timer is not there any more, so nothing was turned on.",
}


def card(auto_enable: AutoEnable) -> Card:
    """Return the card of an auto-enable that needs, or needed, a person."""
    name = auto_enable.timer.title(NAME)
    facts = [
        labelled("iTwin", auto_enable.itwin.title(NAME)),
        labelled(
            "Off since",
            Timestamp(auto_enable.scheduled_at),
            ", set by ",
            UserMention(auto_enable.requester),
        ),
        labelled("Was to return", Timestamp(auto_enable.at)),
        *(
            [labelled("Because", single_line(auto_enable.reason, 300))]
            if auto_enable.reason
            else []
        ),
    ]
    foot = context_block(f"Return {auto_enable.id}")
    if auto_enable.phase is Phase.CLOSED:
        by: tuple[Part | str, ...] = (
            (" By ", UserMention(auto_enable.closed_by), ".") if auto_enable.closed_by else ()
        )
        gone = auto_enable.closed_as == "gone"
        title = f"Cannot return: {name}" if gone else f"Seen to: {name}"
        message = line(
            _ENDS[auto_enable.closed_as or "kept_disabled"],
            *by,
            " ",
            Timestamp(auto_enable.changed_at),
        )
        return Card(
            fallback_text(title, ". ", *message),
            [header(title), paragraph([message, *facts]), foot],
        )
    title = f"Still off: {name}"
    lines = [
        line("It did not come back by itself. ", *_why(auto_enable.failure)),
        *facts,
        _next_step(auto_enable),
    ]
    blocks = [header(title), paragraph(lines), buttons(*_actions(auto_enable, name)), foot]
    return Card(fallback_text(title, ". It did not come back by itself."), blocks)


def _why(failure: Failure | None) -> Line:
    if failure is None:
        return line("")
    if failure.kind in _WHY:
        return line(_WHY[failure.kind])
    match failure.kind, failure.why:
        case FailureKind.POLICY_REFUSED, ("denied" | "not_allowed" | "protected") as reason:
            return error_text(PolicyRefused(reason, failure.code), 0.0).lines[0]
        case FailureKind.PERSON_REFUSED, (
            "guest" | "bot" | "deactivated" | "outsider" | "unknown"
        ) as gone:
            return error_text(PersonRefused(gone), 0.0).lines[0]
        case _:
            return error_text(error_from(failure, 0.0), 0.0).lines[0]


def _next_step(auto_enable: AutoEnable) -> Line:
    if auto_enable.replaces:
        return line("Move to it: the timer that is there now is turned on, with your own sign-in.")
    return line("Anybody who may switch it can turn it on, with their own sign-in.")


def _actions(auto_enable: AutoEnable, name: str) -> list[Button]:
    text = "Move to it" if auto_enable.replaces else "Enable"
    return [
        Button(text, Action.ENABLE_NOW, auto_enable.id, style="primary", label=f"{text}: {name}"),
        Button("Keep off", Action.KEEP_DISABLED, auto_enable.id, label=f"Keep off: {name}"),
    ]


def escalated(auto_enable: AutoEnable) -> Ephemeral:
    """Return the reply in the card's thread after an hour, which mentions who is responsible."""
    people: list[Part | str] = [UserMention(auto_enable.person), " set it"]
    for index, person in enumerate(auto_enable.end_approved):
        people += [", " if index else "; approved by ", UserMention(person)]
    message = line("Nobody has seen to this for an hour: ", *people, ".")
    return Ephemeral(fallback_text(*message), [paragraph([message])])


def to_requester(auto_enable: AutoEnable) -> Ephemeral:
    """Tell whoever scheduled it that it needs a person."""
    name = auto_enable.timer.title(NAME)
    title = f"{name} is still off"
    lines = [
        line(
            "It was to return ",
            Timestamp(auto_enable.at),
            ", as you set it. It did not come back by itself. ",
        ),
        line(*_why(auto_enable.failure)),
        line(
            "The card in the channel has the buttons; or type ",
            code(f"/edfs return {auto_enable.id}"),
        ),
    ]
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def sign_in_ended(auto_enable: AutoEnable) -> Ephemeral:
    """Tell whoever scheduled it, a day before, that their sign-in is not valid any more."""
    name = auto_enable.timer.title(NAME)
    title = f"Sign in again for {name}"
    lines = [
        line(
            bold(name),
            " is to be turned on again, with your sign-in, ",
            Timestamp(auto_enable.at),
            ".",
        ),
        line("Your sign-in at Bentley has ended. Type ", code("/edfs signin"), " before then."),
        line("If you do not, it stays off, and a card in the channel asks somebody to turn it on."),
    ]
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def disabled(outcome: DisabledListed) -> Ephemeral:
    """List disabled timers, with a menu to show one."""
    page = page_of(outcome.found, outcome.page, _entry_json_size)
    title = f"Disabled timers: {page.total}"
    lines = [one for off in page.things for one in entry(off)] or [_nothing_off(outcome)]
    itwin = outcome.itwin.id if outcome.itwin else ""
    return listed(
        title,
        [
            header(title),
            paragraph(lines),
            *menu("Show a timer …", Action.RUN, map(_option, page.things), suffix="pick"),
        ],
        page,
        lambda number: ListTimers(itwin, disabled=True, page=number, everywhere=not itwin),
        notes=_not_read(outcome),
    )


def _option(one: DisabledTimer) -> Option:
    shown = f"{one.timer.title(IN_OPTION)} · {one.itwin.title(IN_OPTION)}"
    return Option(shown, str(Show(one.itwin.id, one.timer.id)))


def _entry_json_size(one: DisabledTimer) -> int:
    """Return an upper bound, cheaper than rendering: lists may hold thousands of entries."""
    names = (
        max_json_size(one.itwin.distinct, 60)
        + max_json_size(one.itwin.distinct, IN_OPTION)
        + max_json_size(one.reason, 150)
    )
    return _FRAME + names + timer_json_size(one.itwin, one.timer)


def _not_read(outcome: DisabledListed) -> list[str]:
    notes = []
    if outcome.unread:
        names = ", ".join(itwin.title(60) for itwin in outcome.unread[:NAMED])
        more = len(outcome.unread) - NAMED
        names += f" and {more} more" if more > 0 else ""
        notes.append(sentence(f"Could not be read: {names}"))
    if outcome.not_read:
        notes.append(
            f"{outcome.not_read} more iTwins were not looked at: /edfs list <itwin> disabled."
        )
    return notes


def _nothing_off(outcome: DisabledListed) -> Line:
    if outcome.unread or outcome.not_read:
        return line("None is off in those that could be read.")
    return line("None is off.")


def entry(one: DisabledTimer) -> list[Line]:
    """Return two lines on a disabled timer: its name and end, and who disabled it, when and why."""
    name, itwin = one.timer.title(60), one.itwin.title(60)
    auto_enable, last = one.auto_enable, one.last_seen
    until: tuple[Part | str, ...] = ("until somebody turns it on",)
    if auto_enable is not None:
        set_by = (", set by ", UserMention(auto_enable.requester))
        asks = auto_enable.phase is Phase.NEEDS_PERSON
        alone = (" (it did not come back by itself)",) if asks else ()
        until = ("until ", Timestamp(auto_enable.at), *alone, *set_by)
    who: tuple[Part | str, ...] = ("not through the bot, nobody knows since when",)
    if last is not None and last.by is not None:
        who = ("by ", UserMention(last.by), ", since ", Timestamp(last.at))
    why = f", because {single_line(one.reason, 150)}" if one.reason else ""
    return [line(bold(name), f" in {itwin}: off ", *until), line("– ", *who, why)]
