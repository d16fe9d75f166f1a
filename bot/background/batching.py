"""What waits for a channel becomes messages: few tell of one story each, a burst is told together.

One at a time sees to a channel. Which notice tells a story is written before the notice, and what
waits is forgotten after it, so whoever was cut off in between is followed by one who does it again
and finds what is done already: a notice is named after what it tells.
"""

import secrets

import structlog

from bot.context import Desk
from bot.core.due_work import Due
from bot.core.errors import CannotSubscribe
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.notifications import News, Notice, gathered, grown, notice_of, patience, stories
from bot.core.subscriptions import ended
from bot.gateways.slack.channels import place_for
from bot.gateways.store.card_outbox import Sheet

BUSY_PAUSE = 2.0

log = structlog.get_logger("notices")


async def gather(desk: Desk, home: Workspace, channel: ChannelId) -> Due:
    """See to what waits. Raises StoreUnreachable and SlackAway; then it is still due."""
    drawings, painter = desk.gateways.store.drawings, secrets.token_hex(8)
    brush = Sheet(home, "channel", OperationId(channel))
    if not await drawings.take_brush(brush, painter):
        return Due()  # it is due again when the other one has ended, or was cut off
    try:
        return await _gathered(desk, home, channel)
    finally:
        await drawings.lay_brush_down(brush, painter)


async def _gathered(desk: Desk, home: Workspace, channel: ChannelId) -> Due:
    store, now = desk.gateways.store, desk.now
    waiting = await store.channels.waiting(home, channel)
    if not waiting:
        await _looked_at(desk, home, channel)
    elif await _is_shared(desk, channel):
        await _looked_at(desk, home, channel)
        await store.channels.done(home, channel, [one.event.key for one in waiting], now)
        return Due()
    going_on, fresh = await _sorted(desk, home, channel, waiting)
    sheets = [await _go_on(desk, notice, news) for notice, news in going_on]
    made = await store.channels.made(home, channel, now)
    messages = gathered(stories(fresh), made)
    for place, told in enumerate(messages):
        notice = notice_of(home, channel, told, now, place)
        await store.channels.tell(home, channel, [story.root for story in told], notice.id)
        await store.notices.put(notice)
        sheets += [_sheet(notice)] if not place else []  # the others have their time
    await store.channels.make(home, channel, len(messages), now)
    again = now + patience(made + len(messages))
    await store.channels.done(home, channel, [one.event.key for one in waiting], again)
    return Due(sheets=tuple(sheets))


async def _sorted(
    desk: Desk, home: Workspace, channel: ChannelId, waiting: list[News]
) -> tuple[list[tuple[Notice, list[News]]], list[News]]:
    """Tell what goes on with a story that a notice tells from what begins one."""
    store = desk.gateways.store
    roots = sorted({one.root for one in waiting})
    tellers = await store.channels.tellers(home, channel, roots)
    notices = {name: await store.notices.read(home, name) for name in set(tellers.values())}
    going_on: dict[OperationId, list[News]] = {}
    fresh = []
    for one in waiting:
        teller = tellers.get(one.root)
        if teller is None or notices[teller] is None:
            fresh.append(one)
        else:
            going_on.setdefault(teller, []).append(one)
    found = [(notices[name], news) for name, news in going_on.items()]
    return [(notice, news) for notice, news in found if notice is not None], fresh


async def _go_on(desk: Desk, notice: Notice, news: list[News]) -> Sheet:
    """Have the notice tell this too."""
    ledger = desk.gateways.store.notices
    current: Notice | None = notice
    while current is not None:
        after = grown(current, news, desk.now)
        if after is current or (await ledger.change(current, after)).how == "won":
            return _sheet(after)
        current = await ledger.read(notice.workspace, notice.id)
    return _sheet(notice)


def _sheet(notice: Notice) -> Sheet:
    return Sheet(notice.workspace, "notice", notice.id)


async def _is_shared(desk: Desk, channel: ChannelId) -> bool:
    """Whether others than this organisation read it by now. Raises SlackAway."""
    try:
        await place_for(desk, channel)
    except CannotSubscribe as why:
        return why.reason == "shared"
    return False


async def _looked_at(desk: Desk, home: Workspace, channel: ChannelId) -> None:
    """Slack has refused a message there: where it is no place any more, nothing more is told it."""
    try:
        await place_for(desk, channel)
    except CannotSubscribe as why:
        log.warning("channel.lost", channel=channel, why=why.reason)
        await _end(desk, home, channel)


async def _end(desk: Desk, home: Workspace, channel: ChannelId) -> None:
    """End what the channel has subscribed to; each leaves an audit entry, in the bot's name."""
    store = desk.gateways.store
    for one in await store.subscriptions.open(home):
        if one.channel == channel:
            await store.subscriptions.change(one, ended(one, desk.home.bot, desk.now))
            await store.watches.forget(home, one.id)
