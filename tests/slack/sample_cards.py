"""Samples of views of records, not of outcomes: cards, thread replies, modals."""

import itertools
import typing
from collections.abc import Callable, Iterator

from bot.core import errors
from bot.core.approvals import Stage
from bot.core.auto_enables import AutoEnable, ClosedAs, Phase
from bot.core.language.until import Until
from bot.core.names import ChannelId
from bot.core.notifications import MOST_IN_DIGEST, EventKind
from bot.core.operation_sets import MemberShown
from bot.core.operations.operation import Approved, State
from bot.core.outcomes import Failed, OperationStarted, SeveralStarted
from bot.core.schedules import Runs
from bot.core.subscriptions import Stop
from bot.gateways.slack.messages import Card, Ephemeral, Modal
from bot.slack.views import (
    approval_replies,
    approvals,
    auto_enables,
    cards,
    confirmations,
    home,
    modals,
    notifications,
    several,
    subscriptions,
    timers,
)
from bot.slack.views.render import continued, failed, sign_in_is_slow
from tests.slack.samples import (
    ALICE,
    APPROVED,
    APPROVERS,
    BOB,
    DAY,
    LATE,
    MANY_APPROVERS,
    NOW,
    ROOM,
    RUNS,
    Voice,
    an_auto_enable,
    change_thread,
    failures_of,
    notification,
    operation,
    operation_set,
    own_id,
    person,
    request,
    subscription,
    vote,
    weekly,
)

Drawn = tuple[str, Card | Ephemeral | Modal]
ZONE = "Europe/Berlin"


def backs(voice: Voice) -> Iterator[tuple[str, AutoEnable]]:
    """A return in every phase, and with every end."""
    for phase in Phase:
        for how in typing.get_args(ClosedAs) if phase is Phase.CLOSED else (None,):
            for consents in (True, False) if phase is Phase.SCHEDULED else (True,):
                one = an_auto_enable(
                    voice, phase=phase, closed_as=how, closed_by=BOB, sign_in_valid=consents
                )
                yield f"{phase.value} {how or ''} {consents}", one


def timer_cards(voice: Voice) -> Iterator[Drawn]:
    untils = (None, Until(None), Until(NOW + 3 * DAY))
    for state, wanted, until in itertools.product(State, (True, False), untils):
        for late in LATE:
            one = operation(
                voice,
                state=state,
                wanted=wanted,
                until=until,
                late_finding=late,
                approved=APPROVED if late else None,
                emergency=late is not None,
                on_behalf_of=BOB if late else None,
                undoes=own_id(7) if wanted else None,
                changed_outside_since=NOW if wanted else 0.0,
            )
            says = f"{state.value} {wanted} {until.at if until else 'no end'} {late and late.how}"
            yield f"timer {says}", cards.card(one, NOW, "UTC")
    for state, (says, one) in itertools.product(State, backs(voice)):
        off = operation(voice, state=state, until=Until(NOW + 3 * DAY))
        yield f"timer {state.value}, {says}", cards.card(off, NOW, ZONE, one)
        on = operation(voice, state=state, wanted=True, auto_enables=own_id(1))
        yield f"timer enabled as planned {state.value}, {says}", cards.card(on, NOW, ZONE, one)
    for failure in failures_of(voice):
        for state in (State.LOCKED, State.REJECTED, State.STALE):
            one = operation(voice, state=state, failure=failure)
            says = f"{state.value} {failure.kind} {failure.why}"
            yield f"timer {says}", cards.card(one, NOW, ZONE)
            yield f"waiting {says}", cards.waiting_message(one)
    crowd = Approved(tuple(person(place) for place in range(20)), NOW, "digest")
    yield "timer, approved by many", cards.card(operation(voice, approved=crowd), NOW, ZONE)
    yield "timer, switched since", cards.card(operation(voice), NOW, ZONE, superseded=True)
    yield "timer, posted twice", cards.posted_twice()
    yield "begun", continued(OperationStarted(operation(voice)))
    yield "slow", sign_in_is_slow()


def request_cards(voice: Voice) -> Iterator[Drawn]:
    for stage, review in itertools.product(Stage, (False, True)):
        ways = [(who, None) for who in (None, APPROVERS, MANY_APPROVERS)]
        ended = [] if stage is Stage.WAITING and not review else [(APPROVERS, one) for one in State]
        for who, outcome in (*ways, *ended):
            one = request(
                voice,
                stage=stage,
                review=review,
                approvers=who,
                outcome=outcome,
                runs_as="approver" if review else "requester",
                needed=3,
                votes=tuple(vote(voice, place) for place in range(3)),
                decided_by=BOB,
                decision_reason=voice.says("reason"),
                reminders=int(review),
            )
            says = f"{stage.value} {review} {len(who or ())} {outcome and outcome.value}"
            for runs in (None, Runs((), 0), RUNS) if outcome is None else (RUNS,):
                drawn = approvals.card(one, runs, ZONE)
                yield f"request {says} {None if runs is None else len(runs.at)}", drawn
            if stage is Stage.WAITING:
                yield f"voted {says}", approval_replies.voted(one, vote(voice, 1), 1)
                yield f"reminder {says}", approval_replies.reminder(one)
            else:
                yield f"ended {says}", approval_replies.ended(one)
                for error in (
                    None,
                    errors.AuthorizationRevoked("policy"),
                    errors.RetriesExhausted(),
                ):
                    about = type(error).__name__
                    yield f"concluded {says} {about}", approval_replies.concluded(one, error, NOW)
    for failure in failures_of(voice):
        void = request(voice, stage=Stage.VOID, failure=failure)
        says = f"void {failure.kind} {failure.why}"
        yield f"request {says}", approvals.card(void, RUNS, ZONE)
        yield f"ended {says}", approval_replies.ended(void)


def return_cards(voice: Voice) -> Iterator[Drawn]:
    for says, one in backs(voice):
        yield f"return {says}", auto_enables.card(one)
    for failure in failures_of(voice):
        for replaces in (None, one.timer.id):
            asks = an_auto_enable(
                voice, phase=Phase.NEEDS_PERSON, failure=failure, replaces=replaces
            )
            says = f"{failure.kind} {failure.why} {bool(replaces)}"
            yield f"auto-enable asks {says}", auto_enables.card(asks)
            yield f"return to setter {says}", auto_enables.to_requester(asks)
    covered = tuple(person(place) for place in range(20))
    yield (
        "auto-enable escalated",
        auto_enables.escalated(an_auto_enable(voice, end_approved=covered)),
    )
    yield "auto-enable, nobody else", auto_enables.escalated(an_auto_enable(voice))
    yield "auto-enable, sign-in ended", auto_enables.sign_in_ended(an_auto_enable(voice))


def notice_cards(voice: Voice) -> Iterator[Drawn]:
    every = typing.get_args(EventKind)
    for what in every:
        one = change_thread(voice, (what,))
        yield f"notice {what}", notifications.card(notification((one,)))
        yield f"word {what}", notifications.event_reply(one, 0)
    yield "notice, a long story", notifications.card(notification((change_thread(voice, every),)))
    many = tuple(
        change_thread(voice, (every[place % len(every)],), place) for place in range(MOST_IN_DIGEST)
    )
    for count in (2, MOST_IN_DIGEST):
        yield f"digest {count}", notifications.card(notification(many[:count]))
    for count in (1, 200):
        yield f"weekly {count}", notifications.card(weekly(voice, count))
    yield "watch goes on", subscriptions.card(subscription(voice))
    yield "watch has ended", subscriptions.card(subscription(voice, ended_by=ALICE))
    yield "watches paused", subscriptions.paused_in(ROOM, [subscription(voice)] * 25)
    for why in typing.get_args(Stop):
        stopped = subscription(voice, paused=True, why=why)
        yield f"watch stopped {why}", subscriptions.card(stopped)


def set_cards(voice: Voice) -> Iterator[Drawn]:
    for wanted, count in itertools.product((True, False), (1, 2, 50)):
        one, members = operation_set(voice, count, wanted=wanted)
        yield f"set of {count} {wanted}", several.card(one, members)
        yield f"begun set of {count} {wanted}", continued(SeveralStarted(one))
    one, members = operation_set(voice, 3, reason="")
    applied = [
        MemberShown(shown.member, operation(voice, state=State.APPLIED, timer=shown.member.timer))
        for shown in members
    ]
    yield "set that is done", several.card(one, applied)


def windows(voice: Voice) -> Iterator[Drawn]:
    yield "decline", modals.decline_modal(own_id(1), ROOM)
    yield "extend", modals.extend_modal(own_id(1), ChannelId("C0123456789012345678"))
    yield "loading", timers.loading_modal()
    yield "waiting", modals.waiting_modal(ROOM)
    yield "offered", confirmations.offer_modal("choose plant-a")
    gone = failed(Failed(errors.NoSuchName("timer", voice.says("timer")), "01234567"), NOW)
    yield "could not be loaded", timers.loading_modal(gone)
    yield "answered in a window", modals.answer_modal(gone, ROOM)
    yield "instead of a Home", home.error_page(gone, ROOM)


CARDS: tuple[Callable[[Voice], Iterator[Drawn]], ...] = (
    timer_cards,
    request_cards,
    return_cards,
    notice_cards,
    set_cards,
    windows,
)


def drawn(voice: Voice) -> Iterator[Drawn]:
    """Yield (variant, message) for every view of a record."""
    for samples in CARDS:
        yield from samples(voice)
