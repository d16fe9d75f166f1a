"""Returns in Slack: what falls due, whom it asks, and what an operation's end means for it."""

import structlog

from bot.background.reenable import bring, ended, moved, sheets_of
from bot.context import Desk
from bot.core.auto_enables import Escalated, Phase, Probed, Return, set_by
from bot.core.auto_enables import due as due_at
from bot.core.due_work import Due
from bot.core.errors import IdentityProviderTrouble, SealBroken, SignInNeeded
from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.features.auto_enables import close
from bot.gateways.slack.client import SlackAway, SlackRefused
from bot.gateways.slack.messages import Word
from bot.gateways.store.card_outbox import Sheet
from bot.slack.cards.card_state import Picture, WhoAsked
from bot.slack.views import auto_enables as views

LOOK_AGAIN = 60.0  # at what is under way
PROBE_AGAIN = 900.0

log = structlog.get_logger("returns")


async def picture(desk: Desk, sheet: Sheet) -> Picture | None:
    """Only where a person was asked, or it came to nothing, has a return a card of its own."""
    back = await desk.gateways.store.returns.read(sheet.workspace, sheet.id)
    if back is None or not (back.asked_at or back.how == "gone"):
        return None
    words: tuple[Word, ...] = ()
    if back.escalated and back.phase is Phase.ASKING:
        words = (
            Word("escalated", views.escalated(back)),
            Word("escalated-setter", views.to_setter(back), back.setter, direct=True),
        )
    return Picture(
        sheet=Sheet(back.workspace, "return", back.id, back.version),
        channel=back.channel,
        card=views.card(back),
        since=max(back.changed_at, back.asked_at),
        ended=back.phase in {Phase.CLOSED, Phase.ASKING},
        asked=WhoAsked(back.person, "", 0.0),
        words=words,
    )


async def follow(desk: Desk, home: Workspace, identity: OperationId) -> Due:
    """See to what is due of a return: the probe of a consent, the return itself, the escalation."""
    returns = desk.gateways.store.returns
    back = await returns.read(home, identity)
    at = due_at(back) if back is not None else None
    if back is None or at is None or desk.now < at:
        await returns.settle(home, identity)
        return Due()
    if await returns.holder(home, back.itwin.id, back.timer.id) != back.id:
        await close(desk.gateways, back, "replaced")
        return sheets_of(back)
    match back.phase:
        case Phase.SET if desk.now < back.at:
            return await _probe(desk, back)
        case Phase.SET:
            return await bring(desk, back)
        case Phase.BRINGING:
            return await _under_way(desk, back)
        case Phase.ASKING | Phase.CLOSED:
            await moved(desk, back, Escalated(desk.now))
            return sheets_of(back)


async def _probe(desk: Desk, back: Return) -> Due:
    """Is the setter's consent good for another token? A fresh one is asked for, and not used."""
    ims, returns = desk.gateways.ims, desk.gateways.store.returns
    try:
        bearer = await ims.bearer(back.workspace, back.person)
        bearer = await ims.renewed(back.workspace, back.person, bearer)
    except (SignInNeeded, SealBroken):
        consents = False
    except IdentityProviderTrouble:
        await returns.postpone(back, min(desk.now + PROBE_AGAIN, back.at))
        return Due()
    else:
        consents = bearer.account.subject == back.subject
    if not consents:
        await _tell(desk, back)
    await moved(desk, back, Probed(desk.now, consents))
    return sheets_of(back)


async def _tell(desk: Desk, back: Return) -> None:
    """Ask the setter, once, to sign in again in time."""
    drawings = desk.gateways.store.drawings
    sheet = Sheet(back.workspace, "return", back.id)
    if not await drawings.told(sheet, "probe"):
        return
    try:
        await desk.poster.direct(back.person, views.consent_ended(back))
    except SlackAway:
        await drawings.untold(sheet, "probe")
        raise
    except SlackRefused as refused:
        log.warning("return.untold", trace=back.id[:8], code=refused.code)


async def _under_way(desk: Desk, back: Return) -> Due:
    """The operation's end says more, and sooner; here it is looked whether it was begun at all."""
    store = desk.gateways.store
    operation = await store.operations.read(back.workspace, back.operation or back.id)
    if operation is None:
        return await bring(desk, back)
    if not operation.state.ended:
        await store.returns.postpone(back, desk.now + LOOK_AGAIN)
        return Due((operation.id,))
    return await heard(desk, operation)


async def heard(desk: Desk, operation: Operation) -> Due:
    """An operation has ended: it may set a return, or end one."""
    if not _came_true(operation):
        if operation.brings_back is None:
            return Due()
        back = await desk.gateways.store.returns.read(operation.workspace, operation.brings_back)
        return await ended(desk, back, operation) if back is not None else Due()
    due = await _ends(desk, operation)
    back = set_by(operation)
    if operation.wanted or back is None or await _turned_on_since(desk, operation):
        return due
    await desk.gateways.store.returns.put(back)
    return due


def _came_true(operation: Operation) -> bool:
    late = operation.late
    if late is not None and late.enabled is not None:
        return late.enabled is operation.wanted
    return operation.state in {State.APPLIED, State.ALREADY}


async def _ends(desk: Desk, operation: Operation) -> Due:
    """End the return that the timer had before this operation."""
    returns = desk.gateways.store.returns
    place = (operation.itwin.id, operation.timer.id)
    holder = await returns.holder(operation.workspace, *place)
    back = await returns.read(operation.workspace, holder) if holder else None
    if back is None or back.id == operation.id or back.set_at > operation.changed_at:
        return Due()
    by = operation.asker
    if operation.wanted:
        own = operation.brings_back == back.id
        if own and operation.state is State.APPLIED:
            await close(desk.gateways, back, "returned")
        else:
            await close(desk.gateways, back, "already", None if own else by)
    elif operation.until is not None:
        for_good = operation.until.at is None
        await close(desk.gateways, back, "kept" if for_good else "replaced", by)
    elif operation.state is State.APPLIED:
        await close(desk.gateways, back, "replaced", by)
    return sheets_of(back)


async def _turned_on_since(desk: Desk, operation: Operation) -> bool:
    """Whether this news comes so late that the timer was seen on meanwhile."""
    timers = desk.gateways.store.timers
    last = await timers.last_seen(operation.workspace, operation.itwin.id, operation.timer.id)
    return last is not None and last.enabled and last.at > operation.changed_at
