"""The App Home: disabled timers, requests to decide, favorites and subscriptions, in pages."""

import json
from collections.abc import Iterator, Sequence

from bot.core.actions import Action
from bot.core.approvals import Approval
from bot.core.errors import BotError
from bot.core.listings import DisabledListed, DisabledTimer, PendingListed
from bot.core.names import ChannelId, single_line
from bot.core.subscriptions import Subscription
from bot.core.surfaces import HomeShown
from bot.core.timers import ITwin
from bot.gateways.slack.messages import AppHome, Block, Ephemeral
from bot.slack.views.approval_replies import request_section
from bot.slack.views.auto_enables import entry
from bot.slack.views.blocks import (
    NAME,
    Button,
    ChannelMention,
    Timestamp,
    bold,
    buttons,
    context_block,
    header,
    labelled,
    line,
    paragraph,
)
from bot.slack.views.errors import error_text
from bot.slack.views.subscriptions import lines_of, remove_label

# A view takes 100 blocks and 250 kB; these are left for a page behind its head and foot.
BLOCKS, SPACE = 84, 120_000
DIVIDER: Block = {"type": "divider"}
Section = list[Block]


def home_view(shown: HomeShown, now: float) -> AppHome:
    """Return the requested page of a person's App Home; signed out, only how to sign in."""
    if shown.acting is None:
        return _page(shown, [*_signed_out(shown), _footer(shown.support)])
    pages = _pages(
        [
            *_disabled(shown, now),
            *_pending(shown, now),
            *_favorites(shown, now),
            *_subscriptions(shown, now),
        ]
    )
    number = min(max(shown.page, 1), len(pages))
    body = [block for piece in pages[number - 1] for block in piece]
    page_buttons = _page_buttons(number, len(pages))
    return _page(shown, [*_account(shown), *body, *page_buttons, _footer(shown.support)])


def _page(shown: HomeShown, blocks: list[Block]) -> AppHome:
    metadata = json.dumps({"channel": shown.channel})
    return AppHome({"type": "home", "private_metadata": metadata, "blocks": blocks})


def error_page(message: Ephemeral, channel: ChannelId) -> AppHome:
    """Return the App Home that shows an error message instead of its content."""
    return _page(HomeShown(channel, 0.0), message.blocks)


def _signed_out(shown: HomeShown) -> Section:
    why = "Your sign-in at Bentley has ended. " if shown.ended else ""
    message = (
        f"{why}The bot acts as you, with your own iTwin account. Sign in to see your timers here."
    )
    actions = Button("Sign in", Action.RUN, "signin", style="primary", label="Sign in to iTwin")
    return [header("EDFS Bot"), paragraph([line(message)]), buttons(actions)]


def _account(shown: HomeShown) -> Section:
    name = single_line(shown.acting.label, NAME) if shown.acting else ""
    actions = [
        Button("Switch a timer", Action.OPEN_CHOOSER, "choose", style="primary"),
        Button("Refresh", Action.SHOW_HOME, "1", label="Refresh this page"),
        Button("iTwins", Action.RUN, "list all", suffix="itwins", label="iTwins: list yours"),
        Button(
            "History", Action.RUN, "history all", suffix="history", label="History of your iTwins"
        ),
        Button(
            "Use another account",
            Action.RUN,
            "signout",
            suffix="other",
            label="Use another account: you are signed out first",
            confirm="You are signed out, and can then sign in with another account.",
        ),
        Button(
            "Sign out",
            Action.RUN,
            "signout",
            suffix="out",
            label="Sign out of iTwin",
            confirm="The bot forgets your sign-in. Returns that depend on it will ask somebody.",
        ),
    ]
    message = line("You act as ", bold(name), ". As of ", Timestamp(shown.at), ".")
    return [header("EDFS Bot"), paragraph([message]), buttons(*actions)]


def _titled(title: str, pieces: Sequence[Section], empty: str) -> list[Section]:
    """Join the heading with the first section, so that no page ends with a heading alone."""
    first = pieces[0] if pieces else [paragraph([line(empty)])]
    return [[DIVIDER, header(title), *first], *pieces[1:]]


def _error_section(title: str, error: BotError, now: float) -> list[Section]:
    words = error_text(error, now)
    message = [line(bold(words.title), bold(". ")), *words.lines]
    return [[DIVIDER, header(title), paragraph(message)]]


def _disabled(shown: HomeShown, now: float) -> list[Section]:
    title, found = "Disabled timers", shown.disabled
    if isinstance(found, BotError):
        return _error_section(title, found, now)
    found = found or DisabledListed(())
    notes = [*_notes(found)]
    pieces = [_disabled_section(one) for one in found.found]
    parts = _titled(f"{title}: {len(pieces)}", pieces, "None is off in the iTwins that were read.")
    return [*parts, *([[context_block(" ".join(notes))]] if notes else [])]


def _disabled_section(one: DisabledTimer) -> Section:
    name = one.timer.title(60)
    place = f"{one.itwin.id} {one.timer.id}"
    actions = [
        Button(
            "Enable",
            Action.RUN,
            f"enable {place}",
            suffix="on",
            style="primary",
            label=f"Enable {name}",
        ),
        Button("Show", Action.RUN, f"show {place}", suffix="show", label=f"Show {name}"),
        Button(
            "History", Action.RUN, f"history {place}", suffix="history", label=f"History of {name}"
        ),
    ]
    return [paragraph(entry(one)), buttons(*actions)]


def _notes(found: DisabledListed) -> Iterator[str]:
    """Return notes on iTwins that were not read; usually many, so they are only counted."""
    if found.unread:
        yield f"{len(found.unread)} iTwins have no timers that you may read, or gave no answer."
    if found.not_read:
        yield f"{found.not_read} more were not looked at: /edfs list all disabled looks further."


def _pending(shown: HomeShown, now: float) -> list[Section]:
    title, found = "Waiting for you", shown.pending
    if isinstance(found, BotError):
        return _error_section(title, found, now)
    found = found or PendingListed(())
    mine: list[Approval] = [one for one in found.approvals if one.id in found.mine]
    pieces = [request_section(one, mine=True) for one in mine]
    return _titled(f"{title}: {len(mine)}", pieces, "No request waits for your decision.")


def _favorites(shown: HomeShown, now: float) -> list[Section]:
    title, found = "Favourites and recently used", shown.favorites
    if isinstance(found, BotError):
        return _error_section(title, found, now)
    none = "You have starred no iTwin and used none lately."
    return _titled(title, [_favorite(one) for one in found or ()], none)


def _favorite(itwin: ITwin) -> Section:
    name, whole = single_line(itwin.name, NAME), itwin.numbered(NAME)
    number = "" if itwin.number == itwin.name else itwin.number or itwin.beside
    beside = f"  {single_line(number, 60)}" if number else ""
    actions = [
        Button("Timers", Action.RUN, f"list {itwin.id}", suffix="list", label=f"Timers of {whole}"),
        Button(
            "Switch", Action.OPEN_CHOOSER, f"choose {itwin.id}", label=f"Switch a timer of {whole}"
        ),
    ]
    return [paragraph([line(bold(name), beside)]), buttons(*actions)]


def _subscriptions(shown: HomeShown, now: float) -> list[Section]:
    title, found = "What your channels are told", shown.subscriptions
    if isinstance(found, BotError):
        return _error_section(title, found, now)
    pieces = [_subscription(one) for one in found or ()]
    add = Button(
        "Add", Action.OPEN_CHOOSER, "subscribe", suffix="subscribe", label="Add a subscription"
    )
    parts = _titled(title, pieces, "None of your channels has a subscription.")
    return [*parts, [buttons(add)]]


def _subscription(one: Subscription) -> Section:
    remove = Button(
        "Remove",
        Action.UNSUBSCRIBE,
        one.id,
        style="danger",
        label=remove_label(one),
        confirm="This channel is told no more of it.",
    )
    return [
        paragraph([labelled("Channel", ChannelMention(one.channel)), *lines_of(one)]),
        buttons(remove),
    ]


def _pages(pieces: list[Section]) -> list[list[Section]]:
    """Split sections into pages that fit a view; a section is never split."""
    pages: list[list[Section]] = [[]]
    blocks, space = BLOCKS, SPACE
    for piece in pieces:
        size = len(json.dumps(piece))
        if pages[-1] and (blocks < len(piece) or space < size):
            pages.append([])
            blocks, space = BLOCKS, SPACE
        pages[-1].append(piece)
        blocks, space = blocks - len(piece), space - size
    return pages


def _page_buttons(number: int, count: int) -> Section:
    if count == 1:
        return []
    actions = []
    if number > 1:
        actions.append(
            Button("Previous page", Action.SHOW_HOME, str(number - 1), suffix="previous")
        )
    if number < count:
        actions.append(Button("Next page", Action.SHOW_HOME, str(number + 1), suffix="next"))
    return [context_block(f"Page {number} of {count}"), buttons(*actions)]


def _footer(support: str) -> Block:
    help_ = Button("Help", Action.RUN, "help", suffix="help", label="Help: what you can ask")
    link = (
        [Button("Support", Action.OPEN_URL, url=support, label="Support page")] if support else []
    )
    return buttons(help_, *link)
