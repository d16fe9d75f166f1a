"""Subscriptions: the answers to their commands, their list, and the card of a paused one."""

from collections.abc import Sequence

from bot.core.actions import Action
from bot.core.language.commands import Subscriptions
from bot.core.listings import SubscriptionsListed
from bot.core.names import ChannelId, short_id, single_line
from bot.core.outcomes import Subscribed, Unsubscribed
from bot.core.subscriptions import Kind, Stop, Subscription
from bot.gateways.slack.messages import Block, Card, Ephemeral
from bot.slack.views.blocks import (
    NAME,
    Button,
    ChannelMention,
    Line,
    UserMention,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    json_size,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.cards import state_word
from bot.slack.views.paging import listed as listed_as_pages
from bot.slack.views.paging import page_of

SHOWN = 20
LISTED = 10
NAMED = 6  # in a message that says more
_KINDS: dict[Kind, str] = {
    "changes": "changes made with the bot",
    "approvals": "requests for approval and what became of them",
    "returns": "returns, and those that need a person",
    "elsewhere": "changes made elsewhere",
    "digest": "on Mondays at 08:00, what is still off",
}
_WHY: dict[Stop, str] = {
    "consent": "That sign-in has ended.",
    "account": "That person is signed in with another iTwin account now.",
    "right": "That account cannot read the timers any more.",
    "person": "That person may not use the bot any more.",
}


def subscribed(outcome: Subscribed) -> Ephemeral:
    """Confirm a subscription, with the timers it covers today and the kinds of events."""
    one, found = outcome.subscription, outcome.matching
    title = f"This channel will be told of {_about(one)}"
    lines = [labelled("iTwin", one.itwin.title(NAME)), *_facts(one)]
    lines.append(
        labelled("Matches today", f"{len(found)} {'timer' if len(found) == 1 else 'timers'}")
    )
    lines += [
        line(bold(state_word(timer.enabled)), f"  {timer.title(60)}") for timer in found[:SHOWN]
    ]
    if len(found) > SHOWN:
        lines.append(line(f"… and {len(found) - SHOWN} more"))
    if one.kinds & {"elsewhere", "digest"}:
        lines.append(line(_consent(one)))
    names = "It goes by names, so a timer that an edit has replaced is still meant."
    blocks = [header(title), paragraph(lines), buttons(_remove(one)), context_block(names)]
    return Ephemeral(fallback_text(title), blocks)


def _consent(one: Subscription) -> str:
    """State how the subscriber's sign-in will be used."""
    often = "every 5 minutes" if "elsewhere" in one.kinds else "every Monday"
    return f"Your own sign-in is used to look {often}, until somebody here removes this."


def _about(one: Subscription) -> str:
    return f"“{single_line(one.pattern, NAME)}”" if one.pattern else "every timer"


def _facts(one: Subscription) -> list[Line]:
    kinds = "; ".join(text for kind, text in _KINDS.items() if kind in one.kinds)
    mine = [line("Not what ", UserMention(one.person), " does.")] if one.not_mine else []
    return [labelled("Told of", kinds), *mine]


def _remove(one: Subscription) -> Button:
    return Button("Remove", Action.UNSUBSCRIBE, one.id, style="danger", label=remove_label(one))


def remove_label(one: Subscription) -> str:
    """Return the button's accessibility label, which names the subscription."""
    return f"Remove {_about(one)} of {one.itwin.title(40)}"


def unsubscribed(outcome: Unsubscribed) -> Ephemeral:
    """Confirm that a subscription was ended."""
    one = outcome.subscription
    title = "Removed"
    about = f"This channel is told of {_about(one)} no more. iTwin: "
    message = line(about, bold(_itwin(one)), ".")
    return Ephemeral(fallback_text(title), [header(title), paragraph([message])])


def paused_in(channel: ChannelId, theirs: Sequence[Subscription]) -> Ephemeral:
    """Tell the owner of subscriptions that the bot is not in their channel any more."""
    title = "Notifications are paused"
    lines = [
        line("I am not in ", ChannelMention(channel), " any more, so it is not told of:"),
        *(line(f"{_about(one)} in ", bold(_itwin(one))) for one in theirs[:NAMED]),
        *([line(f"… and {len(theirs) - NAMED} more")] if len(theirs) > NAMED else []),
        line(
            "Invite me there with ", code("/invite @edfs-bot"), ": they go on within five minutes."
        ),
    ]
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def _itwin(one: Subscription) -> str:
    return one.itwin.title(NAME)


def listed(outcome: SubscriptionsListed) -> Ephemeral:
    """List the subscriptions of a channel."""
    page = page_of(outcome.subscriptions, outcome.page, lambda one: json_size(_entry(one)), LISTED)
    title = f"Subscriptions of this channel: {page.total}"
    blocks = [header(title), *(block for one in page.things for block in _entry(one))]
    if not page.total:
        how = code('/edfs subscribe plant-a "SAP*" changes')
        blocks.append(paragraph([line("There are none. For example: ", how)]))
    return listed_as_pages(title, blocks, page, Subscriptions)


def _entry(one: Subscription) -> list[Block]:
    return [
        paragraph(lines_of(one)),
        buttons(_remove(one)),
        context_block(f"Subscription {short_id(one.id)}"),
    ]


def lines_of(one: Subscription) -> list[Line]:
    """Return what a list shows of a subscription."""
    about = line(bold(f"{_itwin(one)}: {_about(one)}"), ", by ", UserMention(one.person))
    paused = [line(bold("Paused. "), _WHY[one.why])] if one.paused and one.why else []
    return [about, *_facts(one), *paused]


def card(one: Subscription) -> Card:
    """Return the card of a subscription whose polling ever stopped, as it is now."""
    where = labelled("About", f"{_about(one)}, iTwin {_itwin(one)}")
    if one.ended_by is not None:
        title = "Looking has ended: the subscription was removed"
        return Card(fallback_text(title), [header(title), paragraph([where])])
    if not one.paused:
        title = "Looking goes on"
        by = line("With the sign-in of ", UserMention(one.person), ".")
        return Card(fallback_text(title), [header(title), paragraph([where, by])])
    title = "Looking elsewhere is paused"
    lines = [
        where,
        line(
            "It was done with the sign-in of ",
            UserMention(one.person),
            ". ",
            _WHY[one.why or "consent"],
        ),
        line("Whoever presses Resume has the bot look with their own sign-in from then on."),
    ]
    resume = Button("Resume", Action.RESUME, one.id, style="primary", label=f"Resume {_about(one)}")
    return Card(
        fallback_text(title), [header(title), paragraph(lines), buttons(resume, _remove(one))]
    )
