"""From a wish to an operation that goes its own way, or to the request that stands before it."""

from dataclasses import replace

from bot.core.approvals import Approval, Cancelled, Stage
from bot.core.approvals import after as request_after
from bot.core.errors import (
    CannotUndo,
    Gone,
    NoEmergency,
    PolicyRefused,
    ReasonNeeded,
    TimerBusy,
    TimerGone,
    TooManyRequests,
    WritesOff,
)
from bot.core.invocation import Asked
from bot.core.language.commands import Switch, SwitchVerb, Undo
from bot.core.language.until import Until, definite
from bot.core.listings import TimerShown
from bot.core.names import ChannelId
from bot.core.operations.events import Taken
from bot.core.operations.operation import Acting, Operation, Seen, Terms
from bot.core.operations.transitions import after
from bot.core.outcomes import ApprovalAsked, Begun, Outcome, SameAgain, SureAsked
from bot.core.policy.rules import Ruling, Wish, judge
from bot.core.schedules import Runs, next_run, runs_between
from bot.core.timers import ITwin, LastSeen, Timer
from bot.gateways.gateways import Gateways
from bot.gateways.ims import Bearer
from bot.gateways.store.card_outbox import Sheet
from bot.gateways.store.sign_in_links import Kept

MOST_REQUESTS = 5  # of one person, waiting at the same time


def acting_of(bearer: Bearer) -> Acting:
    account = bearer.account
    return Acting(account.subject, account.name, account.email)


async def shown(gateways: Gateways, asked: Asked, itwin: ITwin, timer: Timer) -> TimerShown:
    """Say of a timer just read what else is known, and remember how it was seen."""
    timers = gateways.store.timers
    last = await timers.last_seen(asked.workspace, itwin.id, timer.id)
    outside = last.at if last is not None and last.enabled is not timer.enabled else 0.0
    if last is None or outside or last.by is None:
        seen = LastSeen(timer.enabled, asked.now)
        await timers.saw(asked.workspace, itwin.id, timer.id, seen)
    following = next_run(timer.cron, asked.now, gateways.schedule_zone) if timer.enabled else None
    return TimerShown(itwin, timer, following, last, outside)


def wish(
    asked: Asked,
    terms: Terms,
    command: Switch | Undo,
    acting: Acting,
    found: TimerShown,
    *,
    wanted: bool,
    until: Until | None = None,
) -> Operation:
    """Return the operation that would do it; it has not begun."""
    switching = command if isinstance(command, Switch) else None
    return Operation(
        id=asked.id,
        workspace=asked.workspace,
        person=asked.who,
        acting=acting,
        verb=switching.verb if switching else "undo",
        itwin=found.itwin,
        timer=found.timer.without_values(),
        definition=found.timer.definition(),
        inputs=found.timer.inputs(),
        wanted=wanted,
        place=asked.place,
        asked_at=asked.now,
        terms=terms,
        because=switching.because if switching else "",
        undoes=command.operation if isinstance(command, Undo) else None,
        until=until,
        emergency=bool(switching and switching.emergency),
        changed_outside_since=found.changed_outside_since,
        seen=Seen(found.timer.enabled, asked.now),
    )


async def begin(gateways: Gateways, wished: Operation) -> Outcome:
    """Have it go its way. Raises TimerBusy, CannotUndo, WritesOff."""
    operation = after(wished, Taken(wished.asked_at))
    begun = await gateways.store.operations.begin(operation)
    match begun.how:
        case "new" | "kept":
            if operation.place.of is not None:
                before = Sheet(operation.workspace, "operation", operation.place.of)
                await gateways.store.drawings.hand_over(before, operation.place.card)
            return Begun(operation)
        case "again":
            same = await gateways.store.operations.read(operation.workspace, begun.operation)
            if same is None:
                raise TimerGone(operation.timer.label)
            return SameAgain(same)
        case "busy":
            raise TimerBusy(begun.operation)
        case "undone":
            raise CannotUndo("undone")
        case "off":
            raise WritesOff


async def weigh(gateways: Gateways, asked: Asked, wished: Operation) -> Outcome:
    """Do it, or what the policy wants before it.

    Raises PolicyRefused, ReasonNeeded, NoEmergency, TooManyRequests, and what ``begin`` raises.
    """
    ruling = judged(gateways, asked, wished)
    if ruling.refused:
        raise PolicyRefused(ruling.refused, ruling.because[0][1] if ruling.because else "")
    if ruling.reason_required and not wished.because:
        raise ReasonNeeded(
            _as_typed(wished, asked.person.zone), dict(ruling.because).get("reason", "")
        )
    if ruling.approvals and wished.emergency and not ruling.emergency:
        raise NoEmergency
    if ruling.confirm and not asked.sure:
        return await _ask_if_sure(gateways, asked, wished)
    if not ruling.approvals:
        return await begin(gateways, replace(wished, emergency=False))
    if wished.emergency:
        return await _begin_at_once(gateways, wished, ruling)
    return await _ask(gateways, wished, ruling)


def judged(gateways: Gateways, asked: Asked, wished: Operation) -> Ruling:
    """Judge it, and its end with it: who sets a return asks for two changes, not for one.

    The stricter of the two rulings counts, and both lists have to name who agrees.
    """
    policy, now = gateways.rules.current, wish_of(wished, asked.groups)
    ruling = judge(policy, now)
    if ruling.refused or wished.until is None or wished.until.at is None:
        return ruling
    end = judge(policy, replace(now, change="enable"))
    if end.refused:
        return end
    stricter = end if end.approvals > ruling.approvals else ruling
    lists = [one.approvers for one in (ruling, end) if one.approvals and one.approvers is not None]
    return replace(
        stricter,
        approvers=frozenset.intersection(*lists) if lists else None,
        denied=ruling.denied | end.denied,
        reason_required=ruling.reason_required or end.reason_required,
        confirm=ruling.confirm or end.confirm,
        emergency=ruling.emergency and (end.emergency or not end.approvals),
    )


def wish_of(wished: Operation, groups: frozenset[str]) -> Wish:
    """Return it as the policy judges it; ``groups`` are those of whoever asked."""
    return Wish(
        person=wished.asker,
        groups=groups,
        itwin=wished.itwin,
        timer=wished.timer,
        change="enable" if wished.wanted else "disable",
        channel=wished.place.channel,
    )


async def _ask_if_sure(gateways: Gateways, asked: Asked, wished: Operation) -> Outcome:
    kept = Kept(asked.who, asked.channel, str(command_of(wished, asked.person.zone)))
    await gateways.store.tickets.keep(asked.workspace, asked.id, kept)
    return SureAsked(wished, asked.id, skipped(gateways, wished))


def _as_typed(wished: Operation, zone: str) -> str:
    """Return its command with names for ids, for a person to read and to type."""
    command = command_of(wished, zone)
    if isinstance(command, Switch):
        command = replace(command, itwin=wished.itwin.name, timer=wished.timer.label)
    return str(command)


def command_of(wished: Operation, zone: str) -> Switch | Undo:
    """Return the wish as somebody in that time zone could type it, definite in everything."""
    if wished.undoes:
        return Undo(wished.undoes)
    phrase = ""
    if wished.until is not None:
        at = wished.until.at
        phrase = "for good" if at is None else definite(at, zone)
    verb: SwitchVerb = "enable" if wished.wanted else "disable"
    place = (wished.itwin.id, wished.timer.id)
    return Switch(verb, *place, wished.because, phrase, wished.emergency)


def skipped(gateways: Gateways, wished: Operation) -> Runs | None:
    """Return the runs that will not happen while it is off; None where that cannot be told."""
    if wished.until is None or wished.until.at is None:
        return None
    cron, zone = wished.timer.cron, gateways.schedule_zone
    return runs_between(cron, wished.asked_at, wished.until.at, zone)


async def _ask(gateways: Gateways, wished: Operation, ruling: Ruling) -> Outcome:
    """Have the request stand, once; who wishes the same is shown the one that stands."""
    waiting = await gateways.store.approvals.open(wished.workspace)
    mine = [one for one in waiting if one.requester == wished.person and one.id != wished.id]
    if len(mine) >= MOST_REQUESTS:
        raise TooManyRequests
    request = _request(wished, ruling, review=False)
    written = await gateways.store.approvals.put(request)
    if written.how == "held" and written.holder is not None:
        other = await gateways.store.approvals.read(wished.workspace, written.holder)
        if other is not None:
            return ApprovalAsked(other, again=True)
    standing = await gateways.store.approvals.read(wished.workspace, wished.id)
    return ApprovalAsked(standing or request)


async def _begin_at_once(gateways: Gateways, wished: Operation, ruling: Ruling) -> Outcome:
    """An emergency: it is announced, done, and has to be reviewed. No announcement, no deed."""
    review = _request(wished, ruling, review=True)
    await gateways.store.approvals.put(review)
    standing = await gateways.store.approvals.read(wished.workspace, wished.id)
    if standing is not None and standing.stage is Stage.CANCELLED:
        raise Gone("request")  # it was told before that it did not begin, or is told now
    taken_back = request_after(review, Cancelled(wished.asked_at))
    try:
        outcome = await begin(gateways, wished)
    except (TimerBusy, WritesOff, CannotUndo):
        await gateways.store.approvals.change(review, taken_back)
        raise
    if not isinstance(outcome, Begun):
        await gateways.store.approvals.change(review, taken_back)
    return outcome


def _request(wished: Operation, ruling: Ruling, *, review: bool) -> Approval:
    expires_at = wished.asked_at + ruling.expires
    if wished.until is not None and wished.until.at is not None:
        expires_at = min(expires_at, wished.until.at)  # then it would be on again anyhow
    return Approval(
        wish=replace(wished, emergency=review),
        review=review,
        needed=1 if review else ruling.approvals,
        approvers=ruling.approvers,
        self_approval=ruling.self_approval and not review,
        runs_as=ruling.runs_as,
        expires_at=expires_at,
        channel=ChannelId(ruling.channel or wished.place.channel),
    )
