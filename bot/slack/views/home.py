"""Somebody's Home: what is off first, then what waits for them, and what they may want next."""

import json
from collections.abc import Iterator, Sequence

from bot.core.approvals import Approval
from bot.core.errors import BotError
from bot.core.listings import Off, OffListed, PendingListed
from bot.core.names import ChannelId, plain
from bot.core.subscriptions import Subscription
from bot.core.surfaces import HomeShown
from bot.core.timers import ITwin
from bot.gateways.slack.messages import Block, HomePage, Private
from bot.slack.views.approval_replies import request_piece
from bot.slack.views.auto_enables import entry
from bot.slack.views.blocks import (
    NAME,
    Button,
    Room,
    When,
    bold,
    buttons,
    fact,
    header,
    line,
    paragraph,
    small,
)
from bot.slack.views.errors import words_of
from bot.slack.views.subscriptions import removing, standing

# A view takes 100 blocks and 250 kB; the top and the bottom of the page want some of them.
BLOCKS, SPACE = 84, 120_000
DIVIDER: Block = {"type": "divider"}
Piece = list[Block]


def home_view(shown: HomeShown, now: float) -> HomePage:
    if shown.acting is None:
        return _page(shown, [*_signed_out(shown), _foot(shown.support)])
    pages = _pages(
        [
            *_off(shown, now),
            *_pending(shown, now),
            *_favourites(shown, now),
            *_subscriptions(shown, now),
        ]
    )
    number = min(max(shown.page, 1), len(pages))
    body = [block for piece in pages[number - 1] for block in piece]
    turning = _turning(number, len(pages))
    return _page(shown, [*_account(shown), *body, *turning, _foot(shown.support)])


def _page(shown: HomeShown, blocks: list[Block]) -> HomePage:
    kept = json.dumps({"channel": shown.channel})
    return HomePage({"type": "home", "private_metadata": kept, "blocks": blocks})


def page_instead(said: Private, channel: ChannelId) -> HomePage:
    """Return what stands there when the page cannot be made for this person."""
    return _page(HomeShown(channel, 0.0), said.blocks)


def _signed_out(shown: HomeShown) -> Piece:
    why = "Your sign-in at Bentley has ended. " if shown.ended else ""
    said = (
        f"{why}The bot acts as you, with your own iTwin account. Sign in to see your timers here."
    )
    press = Button("Sign in", "run", "signin", style="primary", label="Sign in to iTwin")
    return [header("EDFS Bot"), paragraph([line(said)]), buttons(press)]


def _account(shown: HomeShown) -> Piece:
    name = plain(shown.acting.label, NAME) if shown.acting else ""
    press = [
        Button("Switch a timer", "choose", "choose", style="primary"),
        Button("Refresh", "home", "1", label="Refresh this page"),
        Button("iTwins", "run:itwins", "list all", label="iTwins: list yours"),
        Button("History", "run:history", "history all", label="History of your iTwins"),
        Button(
            "Use another account",
            "run:other",
            "signout",
            label="Use another account: you are signed out first",
            ask="You are signed out, and can then sign in with another account.",
        ),
        Button(
            "Sign out",
            "run:out",
            "signout",
            label="Sign out of iTwin",
            ask="The bot forgets your sign-in. Returns that depend on it will ask somebody.",
        ),
    ]
    said = line("You act as ", bold(name), ". As of ", When(shown.at), ".")
    return [header("EDFS Bot"), paragraph([said]), buttons(*press)]


def _part(title: str, pieces: Sequence[Piece], empty: str) -> list[Piece]:
    """Put the heading before the first piece, so that no page ends with a heading alone."""
    first = pieces[0] if pieces else [paragraph([line(empty)])]
    return [[DIVIDER, header(title), *first], *pieces[1:]]


def _trouble(title: str, error: BotError, now: float) -> list[Piece]:
    words = words_of(error, now)
    said = [line(bold(f"{words.title}. ")), *words.lines]
    return [[DIVIDER, header(title), paragraph(said)]]


def _off(shown: HomeShown, now: float) -> list[Piece]:
    title, found = "Disabled timers", shown.off
    if isinstance(found, BotError):
        return _trouble(title, found, now)
    found = found or OffListed(())
    notes = [*_notes(found)]
    pieces = [_off_piece(one) for one in found.found]
    parts = _part(f"{title}: {len(pieces)}", pieces, "None is off in the iTwins that were read.")
    return [*parts, *([[small(" ".join(notes))]] if notes else [])]


def _off_piece(one: Off) -> Piece:
    name = plain(one.timer.label, 60)
    place = f"{one.itwin.id} {one.timer.id}"
    press = [
        Button("Enable", "run:on", f"enable {place}", style="primary", label=f"Enable {name}"),
        Button("Show", "run:show", f"show {place}", label=f"Show {name}"),
        Button("History", "run:history", f"history {place}", label=f"History of {name}"),
    ]
    return [paragraph(entry(one)), buttons(*press)]


def _notes(found: OffListed) -> Iterator[str]:
    """Most of somebody's iTwins have no timers for them: a count is enough to know."""
    if found.unread:
        yield f"{len(found.unread)} iTwins have no timers that you may read, or gave no answer."
    if found.left:
        yield f"{found.left} more were not looked at: /edfs list all disabled looks further."


def _pending(shown: HomeShown, now: float) -> list[Piece]:
    title, found = "Waiting for you", shown.pending
    if isinstance(found, BotError):
        return _trouble(title, found, now)
    found = found or PendingListed(())
    mine: list[Approval] = [one for one in found.approvals if one.id in found.mine]
    pieces = [request_piece(one, mine=True) for one in mine]
    return _part(f"{title}: {len(mine)}", pieces, "No request waits for your decision.")


def _favourites(shown: HomeShown, now: float) -> list[Piece]:
    title, found = "Favourites and recently used", shown.favourites
    if isinstance(found, BotError):
        return _trouble(title, found, now)
    none = "You have starred no iTwin and used none lately."
    return _part(title, [_favourite(one) for one in found or ()], none)


def _favourite(itwin: ITwin) -> Piece:
    name = plain(itwin.name, NAME)
    number = f"  {plain(itwin.number, 60)}" if itwin.number not in {"", itwin.name} else ""
    press = [
        Button("Timers", "run:list", f"list {itwin.id}", label=f"Timers of {name}"),
        Button("Switch", "choose", f"choose {itwin.id}", label=f"Switch a timer of {name}"),
    ]
    return [paragraph([line(bold(name), number)]), buttons(*press)]


def _subscriptions(shown: HomeShown, now: float) -> list[Piece]:
    title, found = "What your channels are told", shown.subscriptions
    if isinstance(found, BotError):
        return _trouble(title, found, now)
    pieces = [_subscription(one) for one in found or ()]
    add = Button("Add", "choose:subscribe", "subscribe", label="Add a subscription")
    parts = _part(title, pieces, "None of your channels has a subscription.")
    return [*parts, [buttons(add)]]


def _subscription(one: Subscription) -> Piece:
    remove = Button(
        "Remove",
        "unsubscribe",
        one.id,
        style="danger",
        label=removing(one),
        ask="This channel is told no more of it.",
    )
    return [paragraph([fact("Channel", Room(one.channel)), *standing(one)]), buttons(remove)]


def _pages(pieces: list[Piece]) -> list[list[Piece]]:
    """Break them into pages that a view takes; what belongs together stays together."""
    pages: list[list[Piece]] = [[]]
    blocks, space = BLOCKS, SPACE
    for piece in pieces:
        size = len(json.dumps(piece))
        if pages[-1] and (blocks < len(piece) or space < size):
            pages.append([])
            blocks, space = BLOCKS, SPACE
        pages[-1].append(piece)
        blocks, space = blocks - len(piece), space - size
    return pages


def _turning(number: int, count: int) -> Piece:
    if count == 1:
        return []
    press = []
    if number > 1:
        press.append(Button("Previous page", "home:previous", str(number - 1)))
    if number < count:
        press.append(Button("Next page", "home:next", str(number + 1)))
    return [small(f"Page {number} of {count}"), buttons(*press)]


def _foot(support: str) -> Block:
    help_ = Button("Help", "run:help", "help", label="Help: what you can ask")
    link = [Button("Support", "open", url=support, label="Support page")] if support else []
    return buttons(help_, *link)
