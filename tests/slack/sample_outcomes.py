"""Samples of every outcome, for each of its variants. A new outcome gets a function here."""

import itertools
import typing
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.core.approvals import Stage
from bot.core.auto_enables import ClosedAs, Phase
from bot.core.errors import AmbiguousName, Choice
from bot.core.history import PastEvent
from bot.core.language.topics import TOPICS
from bot.core.language.until import Until
from bot.core.language.verbs import VERBS
from bot.core.listings import (
    DisabledListed,
    DisabledTimer,
    HistoryShown,
    ITwinsListed,
    OpenItems,
    PendingListed,
    SubscriptionsListed,
    TimerShown,
    TimersListed,
)
from bot.core.names import TimerId, single_line
from bot.core.operations.operation import ActingAccount, Failure, FailureKind, State
from bot.core.outcomes import (
    AlreadyInState,
    ApprovalRequested,
    Candidate,
    ConfirmationNeeded,
    DecisionHint,
    DecisionQuestion,
    DetailsShown,
    Duplicate,
    Failed,
    HelpShown,
    OperationStarted,
    Outcome,
    RequestDecided,
    SeveralQuestion,
    SeveralStarted,
    SignedIn,
    SignedInAlready,
    SignedOut,
    SignInOffered,
    Subscribed,
    TimeChoiceNeeded,
    UndoQuestion,
    Unsubscribed,
    VersionShown,
    WhoAmIShown,
)
from bot.core.schedules import Runs
from bot.core.subscriptions import Kind, Stop
from tests.slack.sample_errors import errors_of
from tests.slack.sample_surfaces import SURFACES
from tests.slack.samples import (
    ALICE,
    APPROVERS,
    DAY,
    GUID,
    HISTORY,
    MANY_APPROVERS,
    NOW,
    RUNS,
    STATES,
    Voice,
    an_auto_enable,
    itwin,
    last_seen,
    operation,
    operation_set,
    own_id,
    past,
    person,
    request,
    subscription,
    timer,
    vote,
)

Sample = tuple[str, Outcome]
LINK = "http://bot.localhost/link/T0EDFSBOT1.secret"


def acting(voice: Voice) -> ActingAccount:
    return ActingAccount("subject", voice.says("account"), voice.says("account"))


def standings(voice: Voice) -> Iterator[tuple[str, OpenItems]]:
    waiting = (request(voice), request(voice, approvers=MANY_APPROVERS))
    yield "nothing arranged", OpenItems()
    yield "an auto-enable", OpenItems(an_auto_enable(voice))
    yield "an auto-enable that asks", OpenItems(an_auto_enable(voice, phase=Phase.NEEDS_PERSON))
    yield "requests", OpenItems(None, waiting)
    yield "both", OpenItems(an_auto_enable(voice), waiting)


def shown(voice: Voice, *, enabled: bool = True) -> TimerShown:
    return TimerShown(itwin(voice), timer(voice, enabled=enabled), NOW + DAY)


def begun(voice: Voice) -> Iterator[Sample]:
    yield "", OperationStarted(operation(voice))


def same_again(voice: Voice) -> Iterator[Sample]:
    for state in STATES:
        for reads in (None, True, False):
            yield f"{state.value} {reads}", Duplicate(operation(voice, state=state), reads)


def sign_ins(voice: Voice) -> Iterator[Sample]:
    waiting = f'disable plant-a "{voice.says("timer")}"'
    yield "offered", SignInOffered(LINK)
    yield "offered again, with a command", SignInOffered(LINK, own_id(1), waiting, ended=True)
    yield "signed in", SignedIn(acting(voice))
    yield "signed in, with a command", SignedIn(acting(voice), own_id(1), waiting)
    yield "signed in already", SignedInAlready(acting(voice))
    yield "was not signed in", SignedOut(was_signed_in=False, revoked=False)
    for revoked in (True, False):
        for count in (0, 1, 12):
            yield f"signed out {revoked} {count}", SignedOut(True, revoked, count, NOW)
    yield "nobody", WhoAmIShown(None)
    yield "somebody", WhoAmIShown(acting(voice))


def helped(voice: Voice) -> Iterator[Sample]:
    for about in ("", *VERBS, *TOPICS):
        yield about or "all", HelpShown(about)
    yield "nearest", HelpShown("unil")
    yield "nothing like it", HelpShown(single_line(voice.says("word"), 40))
    yield "version", VersionShown("0.1.0")


def lists(voice: Voice) -> Iterator[Sample]:
    many = tuple(itwin(voice, place) for place in range(60))
    for count, page in ((0, 1), (1, 1), (60, 1), (60, 2), (60, 99)):
        yield f"{count} on page {page}", ITwinsListed(many[:count], page)
    timers = tuple(timer(voice, place, enabled=place % 3 > 0) for place in range(60))
    for says, standing in standings(voice):
        arranged = {one.id: standing for one in timers[::2]}
        for count, page in ((0, 1), (1, 1), (60, 1), (60, 2), (60, 99)):
            listed = TimersListed(itwin(voice), timers[:count], arranged, page)
            yield f"{count} on page {page}, {says}", listed


def timers_shown(voice: Voice) -> Iterator[Sample]:
    for enabled in (True, False):
        for says, standing in standings(voice):
            one = replace(shown(voice, enabled=enabled), open_items=standing)
            outside = replace(one, changed_outside_since=NOW)
            seen = replace(one, last_seen=last_seen(enabled=enabled))
            for how, variant in (("", one), (" outside", outside), (" seen", seen)):
                yield f"{enabled}{how}, {says}", variant
                yield f"{enabled}{how}, {says}", AlreadyInState(variant)
                yield f"{enabled}{how}, {says}", DetailsShown(variant, acting(voice))
    yield "next run unknown", replace(shown(voice), next_run=None)
    many = tuple(timer(voice).parameters[:1] * 150)
    crowded = replace(shown(voice), timer=replace(timer(voice), parameters=many))
    yield "150 parameters", DetailsShown(crowded, acting(voice))
    none = replace(shown(voice), timer=replace(timer(voice), parameters=()))
    yield "no parameters", DetailsShown(none, acting(voice))


def asked_back(voice: Voice) -> Iterator[Sample]:
    command = f"disable {GUID.format(1)} {GUID.format(2)} until 2026-11-30t08:00+01:00"
    choices = tuple((NOW + DAY * place, command) for place in range(5))
    ids = tuple(map(own_id, range(5)))
    yield "several", TimeChoiceNeeded(shown(voice), "it may mean several days", choices, ids)
    no_end = (*choices[:1], (None, 'disable plant-a "SAP work orders" for good'))
    yield "no end", TimeChoiceNeeded(shown(voice), "“forever” names no end", no_end, ids[:2])
    long = (NOW, f"{command} because {'x' * 3_000}")
    yield "a long command", TimeChoiceNeeded(shown(voice), "two hours", (long,), (own_id(1),))
    for wanted in (True, False):
        for runs in (None, Runs((), 0), RUNS):
            sure = ConfirmationNeeded(operation(voice, wanted=wanted), own_id(1), runs)
            yield f"{wanted}, runs {None if runs is None else len(runs.at)}", sure


def several_asked(voice: Voice) -> Iterator[Sample]:
    reasons = ("approval", "refused", "end")
    for wanted, count in itertools.product((True, False), (0, 1, 5, 50)):
        for runs in (None, Runs((), 0), RUNS):
            candidates = tuple(
                Candidate(
                    operation(
                        voice,
                        timer=timer(voice, place, enabled=not wanted),
                        wanted=wanted,
                        until=Until(NOW + DAY * (1 + place % 2)) if runs else None,
                    ),
                    runs,
                )
                for place in range(count)
            )
            rest = tuple(timer(voice, place, enabled=wanted) for place in range(60, 60 + count))
            left_out = tuple((one, reasons[place % 3]) for place, one in enumerate(rest))
            pending = own_id(1) if count else ""
            question = SeveralQuestion(wanted, itwin(voice), candidates, rest, left_out, pending)
            yield f"{wanted} {count}, runs {None if runs is None else len(runs.at)}", question
    already = (timer(voice, enabled=False),)
    yield "nothing to do", SeveralQuestion(False, itwin(voice), (), already)
    yield "started", SeveralStarted(operation_set(voice, 3)[0])


def requests(voice: Voice) -> Iterator[Sample]:
    votes = tuple(vote(voice, place) for place in range(3))
    for stage in Stage:
        for review in (False, True):
            for who in (None, APPROVERS, MANY_APPROVERS):
                one = request(
                    voice,
                    stage=stage,
                    review=review,
                    approvers=who,
                    votes=votes,
                    needed=5,
                    decided_by=ALICE,
                    decision_reason=voice.says("reason"),
                )
                says = f"{stage.value}{' review' if review else ''} {len(who or ())}"
                yield says, DecisionHint(one)
                for again in (False, True):
                    yield f"{says} {again}", ApprovalRequested(one, again)
                for verb in typing.get_args(RequestDecided.__dataclass_fields__["verb"].type):
                    yield f"{says} {verb}", RequestDecided(one, verb)
    void = request(voice, stage=Stage.VOID, failure=Failure(FailureKind.ALREADY_IN_STATE))
    yield "void", ApprovalRequested(void)
    for place in ("D0DIRECT01", "C0ELSEWHERE"):
        yield f"stands in {place}", ApprovalRequested(request(voice, moved_to=place))
    yield "asked in a direct message", ApprovalRequested(request(voice, channel="D0DIRECT01"))


def pending(voice: Voice) -> Iterator[Sample]:
    many = tuple(
        request(
            voice,
            operation=operation(voice, id=own_id(place)),
            approvers=(None, APPROVERS, MANY_APPROVERS)[place % 3],
            review=place % 4 == 0,
        )
        for place in range(60)
    )
    mine = frozenset(one.id for one in many[::2])
    theirs = frozenset(one.id for one in many[::3])
    for count, page in ((0, 1), (1, 1), (60, 1), (60, 3), (60, 99)):
        yield f"{count} on page {page}", PendingListed(many[:count], mine, theirs, page)


def questions(voice: Voice) -> Iterator[Sample]:
    said = single_line(voice.says("reason"), 300)
    for wanted in (True, False):
        done = operation(voice, wanted=wanted, state=State.APPLIED)
        undone = replace(done, verb="undo", reason="")
        yield f"undo {wanted}", UndoQuestion("undo", done, own_id(2), said)
        yield f"redo {wanted}", UndoQuestion("redo", undone, own_id(2))
        yield f"with an end {wanted}", UndoQuestion("redo", undone, own_id(2), until=NOW + DAY)
        yield f"undo a set {wanted}", UndoQuestion("undo", done, own_id(2), others=3)
    many = tuple(
        request(voice, operation=operation(voice, id=own_id(place)), review=place % 4 == 0)
        for place in range(60)
    )
    for verb in typing.get_args(DecisionQuestion.__dataclass_fields__["verb"].type):
        for one in many[:2]:
            yield f"{verb} one", DecisionQuestion(verb, (one,), said, own_id(2))
        for count in (1, 2, 60):
            yield f"{verb} {count}", DecisionQuestion(verb, many[:count], said)
            yield f"{verb} {count}, no reason", DecisionQuestion(verb, many[:count])


def off(voice: Voice) -> Iterator[Sample]:
    gone = timer(voice, enabled=False)
    reason = voice.says("reason")
    kinds = (
        DisabledTimer(itwin(voice), gone, None),
        DisabledTimer(itwin(voice), gone, last_seen(), reason),
        DisabledTimer(itwin(voice), gone, last_seen(None), reason, an_auto_enable(voice)),
        DisabledTimer(
            itwin(voice), gone, last_seen(), reason, an_auto_enable(voice, phase=Phase.NEEDS_PERSON)
        ),
    )
    many = tuple(kinds[place % 4] for place in range(60))
    unread = tuple(itwin(voice, place) for place in range(25))
    for count, page in ((0, 1), (1, 1), (60, 1), (60, 3), (60, 99)):
        yield f"{count} on page {page}", DisabledListed(many[:count], page=page)
        of_one = DisabledListed(many[:count], itwin=itwin(voice), page=page)
        yield f"{count} of one on page {page}", of_one
        not_all = DisabledListed(many[:count], unread, 99, page=page)
        yield f"{count} on page {page}, others unread", not_all


def subscriptions(voice: Voice) -> Iterator[Sample]:
    matching = tuple(timer(voice, place, enabled=place % 2 > 0) for place in range(30))
    for kind in typing.get_args(Kind):
        one = subscription(voice, kinds=frozenset({kind}), not_mine=False)
        for count in (0, 1, 30):
            yield f"{kind}, {count} match", Subscribed(one, matching[:count])
    yield "every timer", Subscribed(subscription(voice, pattern=""), matching)
    yield "", Unsubscribed(subscription(voice, ended_by=ALICE))
    stops = typing.get_args(Stop)
    many = tuple(
        subscription(voice, id=own_id(place), paused=place % 2 > 0, why=stops[place % len(stops)])
        for place in range(25)
    )
    for count, page in ((0, 1), (1, 1), (25, 1), (25, 2), (25, 99)):
        yield f"{count} on page {page}", SubscriptionsListed(many[:count], page)


OUTCOMES_OF = {
    "operation": tuple(state.value for state in State),
    "request": tuple(stage.value for stage in Stage),
    "auto_enable": (
        *(phase.value for phase in Phase if phase is not Phase.CLOSED),
        *typing.get_args(ClosedAs),
    ),
    "subscription": ("created", "changed", "paused", "ended"),
}


def events(voice: Voice) -> Iterator[PastEvent]:
    place = 1_000
    for kind in typing.get_args(PastEvent.__dataclass_fields__["kind"].type):
        for outcome in OUTCOMES_OF[kind]:
            place -= 1
            plainly = past(voice, place, kind=kind, outcome=outcome)
            yield plainly
            yield replace(
                plainly,
                approved_by=tuple(person(number) for number in range(3)),
                decided_by=person(1),
                decision=voice.says("reason"),
                until=NOW + DAY,
                emergency=True,
                review="approved",
                reviewed_by=person(2),
                failure=voice.says("name"),
                later="enabled",
                root=own_id(9),
                pattern=voice.says("pattern"),
                timer=TimerId(GUID.format(3)),
            )


def history(voice: Voice) -> Iterator[Sample]:
    every, one = tuple(events(voice)), itwin(voice)
    for start in range(0, len(every), 10):
        ten = every[start : start + 10]
        yield f"of all, {start}", HistoryShown(ten, (one,), replace(HISTORY, itwin=""))
        older = HistoryShown(ten, (one,), HISTORY, one, older=True)
        yield f"of one, {start}", older
        asked = replace(HISTORY, timer=GUID.format(2), before=990)
        name = voice.says("timer")
        cut = HistoryShown(ten, (one,), asked, one, name, cut=True, unread=True)
        yield f"of a timer, {start}", cut
    yield "nothing", HistoryShown((), (), HISTORY, one)


def failures(voice: Voice) -> Iterator[Sample]:
    for variant, error in errors_of(voice):
        yield variant, Failed(error, "01234567", "toggle plant-a SAP")
        yield f"{variant}, not again", Failed(error, "01234567")
    command = f"toggle {GUID.format(1)} {GUID.format(2)}"
    many = tuple(
        Choice(voice.says("timer"), voice.says("package"), command, own_id(place))
        for place in range(120)
    )
    yield "many of a name", Failed(AmbiguousName("timer", voice.says("word"), many), "01234567")


OUTCOMES: tuple[Callable[[Voice], Iterator[Sample]], ...] = (
    begun,
    same_again,
    sign_ins,
    helped,
    lists,
    timers_shown,
    asked_back,
    several_asked,
    requests,
    pending,
    questions,
    off,
    subscriptions,
    history,
    failures,
    *SURFACES,
)


def outcomes(voice: Voice) -> Iterator[Sample]:
    """Yield (variant, outcome) for every outcome there is."""
    for samples in OUTCOMES:
        yield from samples(voice)
