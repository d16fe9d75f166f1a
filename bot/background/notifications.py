"""Telling channels: what happened goes to those that want to be told, and nowhere twice.

``heard``, ``asked`` and ``returning`` turn what happened into news for each channel that has
subscribed; the news gathers there for a moment (``gathering``) and becomes notices. Each may be
called as often as one likes: an event has a key, and is told once.
"""

from collections.abc import Iterable, Sequence

from bot.background import batching, polling
from bot.context import Desk
from bot.core.approvals import Approval
from bot.core.auto_enables import Return
from bot.core.due_work import Due
from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.notifications import (
    Event,
    News,
    event_of_request,
    event_of_return,
    events_of,
    kinds_of,
)
from bot.core.operations.operation import Operation
from bot.core.subscriptions import Kind
from bot.core.timers import ITwin, Timer
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import Sheet
from bot.slack.cards.card_state import Picture
from bot.slack.views import notifications


async def tell(
    desk: Desk,
    home: Workspace,
    kinds: Sequence[Kind],
    news: Sequence[News],
    besides: Iterable[ChannelId],
) -> None:
    """Have every channel told that wants news of one of these kinds.

    ``besides`` are the channels where it was done, which have seen it. Raises StoreUnreachable.
    """
    seen_there = frozenset(besides)
    store = desk.gateways.store
    wanted: dict[ChannelId, list[News]] = {}
    for one in await store.subscriptions.open(home):
        if one.channel in seen_there:
            continue
        wanted.setdefault(one.channel, []).extend(
            item
            for item in news
            if any(one.wants(kind, item.itwin.id, item.timer, item.event.by) for kind in kinds)
        )
    for channel, items in wanted.items():
        await store.channels.add(home, channel, items, desk.now)


async def heard(desk: Desk, operation: Operation) -> Due:
    """An operation has ended: those channels are told that want to be."""
    events = events_of(operation)
    if events:
        news = _news(operation.root, operation.itwin, operation.timer, events)
        besides = {operation.place.channel}
        if operation.approved or operation.emergency:
            request = await desk.gateways.store.approvals.read(operation.workspace, operation.id)
            besides |= {request.channel, request.place} if request else set()
        await tell(desk, operation.workspace, kinds_of(operation), news, besides)
    return Due()


async def announce(desk: Desk, sheet: Sheet) -> None:
    """A request or a return is drawn anew: other channels hear of what has become of it."""
    store = desk.gateways.store
    match sheet.kind:
        case "approval":
            approval = await store.approvals.read(sheet.workspace, sheet.id)
            if approval is not None:
                await asked(desk, approval)
        case "return":
            back = await store.returns.read(sheet.workspace, sheet.id)
            if back is not None:
                await returning(desk, back)
        case _:
            pass


async def asked(desk: Desk, approval: Approval) -> None:
    """A request was made or decided: those channels are told that it does not stand in."""
    wish = approval.wish
    news = _news(wish.root, wish.itwin, wish.timer, [event_of_request(approval)])
    await tell(desk, approval.workspace, ("approvals",), news, {approval.channel, approval.place})


async def returning(desk: Desk, back: Return) -> None:
    """A return asks for a person: those channels are told where its card does not stand."""
    event = event_of_return(back)
    if event is not None:
        news = _news(back.id, back.itwin, back.timer, [event])
        await tell(desk, back.workspace, ("returns",), news, {back.channel})


def _news(root: str, itwin: ITwin, timer: Timer, events: Iterable[Event]) -> list[News]:
    return [News(root, itwin, timer, event) for event in events]


async def follow(desk: Desk, home: Workspace, identity: OperationId) -> Due:
    """See to what is due of a subscription: a look for changes elsewhere, the weekly list."""
    return await polling.follow(desk, home, identity)


async def gather(desk: Desk, home: Workspace, channel: ChannelId) -> Due:
    """See to what waits to be told to a channel."""
    return await batching.gather(desk, home, channel)


async def picture(desk: Desk, sheet: Sheet) -> Picture | None:
    """Return a notice: its card, and in its thread what happened after the first of each story."""
    notice = await desk.gateways.store.notices.read(sheet.workspace, sheet.id)
    if notice is None:
        return None
    words = [
        Word(f"event-{place}-{number}", notifications.event_word(story, number))
        for place, story in enumerate(notice.stories)
        for number in range(1, len(story.events))
    ]
    return Picture(
        sheet=Sheet(notice.workspace, "notice", notice.id, notice.version),
        channel=notice.channel,
        card=notifications.card(notice),
        since=notice.changed_at,
        ended=True,
        words=tuple(words),
    )


async def refused(desk: Desk, sheet: Sheet, channel: ChannelId) -> None:
    """Slack says that the channel cannot be told (any more): look whether that is so."""
    if sheet.kind in {"notice", "subscription"}:
        await desk.gateways.store.channels.look(sheet.workspace, channel, desk.now)
