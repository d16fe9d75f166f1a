"""When a return has fallen due: the timer is read again, and an operation turns it on."""

import hashlib
from dataclasses import dataclass, replace

import structlog

from bot.context import Desk
from bot.core.auto_enables import Asked as AskedFor
from bot.core.auto_enables import Brought, Delayed, Event, Phase, Return, after
from bot.core.due_work import Due
from bot.core.errors import (
    ApiError,
    BotError,
    Forbidden,
    IdentityProviderTrouble,
    NotFound,
    PersonRefused,
    RateLimited,
    SealBroken,
    SignInNeeded,
    TimerBusy,
    TokenRefused,
    WritesOff,
)
from bot.core.invocation import Asked
from bot.core.language.commands import Switch
from bot.core.listings import TimerShown
from bot.core.names import OperationId
from bot.core.operations.failures import trouble_of
from bot.core.operations.operation import Operation, Place, State, Trouble
from bot.core.outcomes import Begun
from bot.core.people import Person
from bot.core.policy.rules import judge
from bot.core.timers import Timer
from bot.features.auto_enables import close
from bot.features.starting import acting_of, begin, shown, wish, wish_of
from bot.gateways.edfs import Caller
from bot.gateways.gateways import with_token
from bot.gateways.ims import Bearer
from bot.gateways.store.card_outbox import Sheet

BUSY_PAUSE = 5.0
PAUSE = 60.0
SAID_AFTER = 300.0  # a wait that long stands on the card
PATIENCE = 1800.0  # for what can pass by itself; then a person is asked
TRIES = 3

log = structlog.get_logger("returns")


@dataclass(eq=False)
class _Cannot(Exception):
    """It is not brought back now; ``passing``: it may be, after ``wait`` seconds."""

    trouble: Trouble
    passing: bool = False
    wait: float = PAUSE


def operation_of(back: Return) -> OperationId:
    """Name the next operation of a return: however often it is begun, it is one."""
    if back.phase is Phase.BRINGING and back.operation is not None:
        return back.operation
    name = f"return\0{back.id}\0{back.tries}"
    return OperationId(hashlib.sha256(name.encode()).hexdigest()[:24])


def sheets_of(back: Return) -> Due:
    """The card of who set it, and its own."""
    kinds = ("operation", "return")
    return Due(sheets=tuple(Sheet(back.workspace, kind, back.id) for kind in kinds))


async def moved(desk: Desk, back: Return, event: Event) -> Return | None:
    """Store what has happened to it; None when somebody else has moved it."""
    following = after(back, event)
    won = (await desk.gateways.store.returns.change(back, following)).how == "won"
    return following if won else None


async def bring(desk: Desk, back: Return) -> Due:
    """Turn it on, or say why not: later by itself, or a person is asked."""
    try:
        return await _tried(desk, back)
    except _Cannot as why:
        return await _not_now(desk, back, why)


async def _tried(desk: Desk, back: Return) -> Due:
    gateways = desk.gateways
    if await gateways.store.writes.are_off(back.workspace):
        raise _Cannot(Trouble("WritesOff"), passing=True)
    person = await _setter(desk, back)
    bearer, timer = await _read(desk, back)
    if timer is None:
        return await _missing(desk, back)
    if timer.enabled:
        await close(gateways, back, "already")
        return sheets_of(back)
    if bearer.account.subject != back.subject:
        raise _Cannot(Trouble("OtherAccount"))
    return await _begun(desk, back, person, bearer, timer)


async def _setter(desk: Desk, back: Return) -> Person:
    try:
        return await desk.directory.member(back.person, back.workspace)
    except PersonRefused as refused:
        unchecked = refused.reason == "unchecked"
        raise _Cannot(Trouble("PersonRefused", why=refused.reason), passing=unchecked) from refused


async def _read(desk: Desk, back: Return) -> tuple[Bearer, Timer | None]:
    """Read it with the setter's own token; None where it is not there."""
    gateways = desk.gateways

    async def read(caller: Caller) -> Timer | None:
        try:
            return await gateways.edfs.timer(caller, back.itwin.id, back.timer.id)
        except NotFound:
            return None

    try:
        return await with_token(gateways, back.workspace, back.person, read)
    except (ApiError, SignInNeeded, IdentityProviderTrouble, SealBroken) as error:
        raise _cannot(desk, error) from error


def _cannot(desk: Desk, error: BotError) -> _Cannot:
    trouble = trouble_of(error, desk.now)
    match error:
        case RateLimited(retry_after=wait):
            return _Cannot(trouble, passing=True, wait=wait)
        case SignInNeeded() | SealBroken() | Forbidden() | TokenRefused():
            return _Cannot(trouble)
        case _:
            return _Cannot(trouble, passing=True)


async def _missing(desk: Desk, back: Return) -> Due:
    """An edit in EDFS deletes a timer and makes another: it may be there under another id."""
    gateways = desk.gateways

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, back.itwin.id)

    try:
        _, timers = await with_token(gateways, back.workspace, back.person, read)
    except (ApiError, SignInNeeded, IdentityProviderTrouble, SealBroken) as error:
        # 404 may also mean that the setter may not see the iTwin any more (source: EDFS API).
        hidden = isinstance(error, NotFound)
        why = _Cannot(trouble_of(error, desk.now)) if hidden else _cannot(desk, error)
        return await _not_now(desk, back, why)
    was = (back.timer.name, back.timer.package)
    alike = [one for one in timers if (one.name, one.package) == was and one.id != back.timer.id]
    if len(alike) != 1:
        await close(gateways, back, "gone")
        return sheets_of(back)
    if alike[0].enabled:
        await close(gateways, back, "already")
        return sheets_of(back)
    return await _offered(desk, back, alike[0])


async def _offered(desk: Desk, back: Return, instead: Timer) -> Due:
    """Ask whether the timer that took its place is meant; it is not turned on unasked."""
    store, now = desk.gateways.store.returns, desk.now
    name = hashlib.sha256(f"moved\0{back.id}\0{instead.id}".encode()).hexdigest()[:24]
    there = await store.holder(back.workspace, back.itwin.id, instead.id)
    if there is None:  # else that one has a return of its own already
        following = Return(
            id=OperationId(name),
            workspace=back.workspace,
            person=back.person,
            subject=back.subject,
            itwin=back.itwin,
            timer=instead.without_values(),
            channel=back.channel,
            at=back.at,
            set_at=back.set_at,
            because=back.because,
            covered=back.covered,
            on_behalf_of=back.on_behalf_of,
            phase=Phase.ASKING,
            changed_at=now,
            asked_at=now,
            probed=True,
            replaces=back.timer.id,
            trouble=Trouble("TimerGone"),
        )
        await store.put(following)
    await close(desk.gateways, back, "moved")
    return sheets_of(back) + Due(sheets=(Sheet(back.workspace, "return", OperationId(name)),))


async def _begun(desk: Desk, back: Return, person: Person, bearer: Bearer, timer: Timer) -> Due:
    gateways, identity = desk.gateways, operation_of(back)
    place = await _place(desk, back)
    asked = Asked(identity, person, place, desk.now)
    found = await shown(gateways, asked, back.itwin, timer)
    wished = _wished(desk, back, asked, bearer, found)
    await _judged(desk, wished)
    if back.phase is Phase.SET:
        brought = await moved(desk, back, Brought(desk.now, identity))
        if brought is None:
            return Due()
        back = brought
    try:
        outcome = await begin(gateways, wished)
    except TimerBusy:
        await gateways.store.returns.postpone(back, desk.now + BUSY_PAUSE)
        return Due()
    except WritesOff:
        await gateways.store.returns.postpone(back, desk.now + PAUSE)
        return Due()
    if not isinstance(outcome, Begun):  # its setter is turning it on at this very moment
        await gateways.store.returns.postpone(back, desk.now + BUSY_PAUSE)
        return Due()
    log.info("return.begun", trace=back.id[:8], operation=identity[:8])
    return Due((identity,)) + sheets_of(back)


def _wished(desk: Desk, back: Return, asked: Asked, bearer: Bearer, found: TimerShown) -> Operation:
    command = Switch("enable", back.itwin.id, back.timer.id, back.because)
    wished = wish(asked, desk.gateways.terms, command, acting_of(bearer), found, wanted=True)
    return replace(wished, brings_back=back.id, on_behalf_of=back.on_behalf_of)


async def _place(desk: Desk, back: Return) -> Place:
    """It goes on with the card of its story, where that is still there."""
    before = back.operation if back.phase is Phase.SET and back.operation else back.id
    drawing = await desk.gateways.store.drawings.read(Sheet(back.workspace, "operation", before))
    if drawing.handed or "." not in drawing.card:  # a ts has a point
        return Place(back.channel)
    return Place(back.channel, card=drawing.card, of=before)


async def _judged(desk: Desk, wished: Operation) -> None:
    """Only a no stops it: approving the "until" has covered its end. Raises _Cannot, SlackAway."""
    policy = desk.gateways.rules.current
    groups = await desk.directory.groups_of(wished.asker, policy.groups(), policy.denying())
    ruling = judge(policy, wish_of(wished, groups))
    if ruling.refused:
        rule = ruling.because[0][1] if ruling.because else ""
        raise _Cannot(Trouble("PolicyRefused", code=rule, why=ruling.refused))


async def _not_now(desk: Desk, back: Return, why: _Cannot) -> Due:
    """Wait where that may help, for a while; then ask a person."""
    returns, late = desk.gateways.store.returns, desk.now - back.at
    log.info("return.not_now", trace=back.id[:8], trouble=why.trouble.kind, late=round(late))
    off = why.trouble.kind == "WritesOff"
    if not why.passing or (late > PATIENCE and not off):
        if back.phase is not Phase.ASKING:
            await moved(desk, back, AskedFor(desk.now, why.trouble))
        return sheets_of(back)
    due, waiting = Due(), back
    if late > SAID_AFTER and (back.trouble is None or back.trouble.kind != why.trouble.kind):
        said = await moved(desk, back, Delayed(desk.now, why.trouble))
        if said is None:
            return Due()
        due, waiting = sheets_of(back), said
    await returns.postpone(waiting, desk.now + max(why.wait, 1.0))
    return due


_WORTH_ANOTHER = {"RateLimited", "NotSent", "Unclear", "Expired", "PersonRefused", "TokenRefused"}


async def ended(desk: Desk, back: Return, operation: Operation) -> Due:
    """Its operation did not turn it on: try again where that is safe and may help, else ask."""
    if back.phase is not Phase.BRINGING or back.operation != operation.id:
        return Due()
    now, trouble = desk.now, operation.trouble or Trouble(operation.state.value)
    writes_off = trouble.kind == "WritesOff"
    passing = {State.STALE: True, State.NOT_APPLIED: True}.get(
        operation.state, operation.state is State.REJECTED and trouble.kind in _WORTH_ANOTHER
    )
    if writes_off or (passing and back.tries < TRIES):
        delayed = await moved(desk, back, Delayed(now, trouble))
        if delayed is not None:
            until = max(now + PAUSE * back.tries, trouble.until)
            await desk.gateways.store.returns.postpone(delayed, until)
        return sheets_of(back)
    if operation.state in {State.CONFLICT, State.UNKNOWN}:
        trouble = Trouble(operation.state.value)
    await moved(desk, back, AskedFor(now, trouble))
    return sheets_of(back)
