"""Approvals as values: their transitions, who may decide them, and what makes one void."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.approval_rules import (
    Decider,
    approved_operation,
    forbidden_now,
    objection,
    stale_reason,
)
from bot.core.approvals import (
    REMIND_AFTER,
    AlreadyDecided,
    AlreadyVoted,
    Approval,
    Canceled,
    Concluded,
    Declined,
    Event,
    Expired,
    Moved,
    Reminded,
    Stage,
    Voided,
    Vote,
    Voted,
    after,
    due,
    reminder_at,
)
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import (
    ActingAccount,
    Failure,
    FailureKind,
    Observation,
    Operation,
    Origin,
    State,
)
from bot.core.policy.rules import Ruling
from bot.core.timers import ITwin, Parameter, Timer

ALICE, BOB, CAROL = PersonId("U0ALICE"), PersonId("U0BOB"), PersonId("U0CAROL")
TIMER = Timer(TimerId("t1"), "SAP", "SAP_ORDERS", "0 2 * * *", True, (Parameter("Plant", "1000"),))
OPERATION = Operation(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=ALICE,
    acting=ActingAccount("sub-alice", "Alice", "alice@acme.example"),
    verb="disable",
    itwin=ITwin(ITwinId("i1"), "plant-a"),
    timer=TIMER.without_values(),
    definition=TIMER.definition(),
    inputs=TIMER.inputs(),
    wanted=False,
    origin=Origin(ChannelId("C0HERE"), "https://hooks.example/1", "1.2"),
    asked_at=1_000.0,
    seen=Observation(enabled=True, at=1_000.0),
)
WAITING = Approval(
    operation=OPERATION,
    review=False,
    needed=1,
    approvers=None,
    self_approval=False,
    runs_as="requester",
    expires_at=30_000.0,
    channel=ChannelId("C0APPROVALS"),
)
VOTE, OTHER = Vote(BOB, "sub-bob", "bob@acme", 2_000.0), Vote(CAROL, "sub-carol", "c", 2_001.0)
REVIEW = replace(WAITING, review=True)
BY_CAROL = replace(WAITING, approvers=frozenset({CAROL}))
BY_OPS = replace(WAITING, approvers=frozenset({"S0OPS"}))
RULING = Ruling(approvals=1)


@pytest.mark.parametrize(
    ("event", "stage", "by"),
    [
        (Voted(VOTE), Stage.APPROVED, BOB),
        (Voted(VOTE, needed=2), Stage.WAITING, None),
        (Declined(BOB, 2_000.0, "no"), Stage.DECLINED, BOB),
        (Canceled(2_000.0), Stage.CANCELED, ALICE),
        (Expired(2_000.0), Stage.EXPIRED, None),
        (Voided(2_000.0, Failure(FailureKind.ALREADY_IN_STATE)), Stage.VOID, None),
        (Reminded(2_000.0), Stage.WAITING, None),
        (Moved(ChannelId("C0HERE")), Stage.WAITING, None),
    ],
)
def test_the_transitions_of_a_waiting_request(
    event: Event, stage: Stage, by: PersonId | None
) -> None:
    following = after(WAITING, event)
    assert (following.stage, following.decided_by, following.version) == (stage, by, 1)
    assert following.digest == WAITING.digest


EVENTS = st.sampled_from(
    [
        Voted(VOTE),
        Voted(OTHER),
        Voted(VOTE, needed=2),
        Declined(BOB, 2_000.0),
        Canceled(2_000.0),
        Expired(2_000.0),
        Voided(2_000.0, Failure(FailureKind.ALREADY_IN_STATE)),
        Reminded(2_000.0),
        Moved(None),
        Concluded(3_000.0, State.APPLIED),
    ]
)


@given(st.lists(EVENTS, max_size=12), st.integers(1, 3), st.booleans())
def test_the_first_decision_is_the_only_one(events: list[Event], needed: int, review: bool) -> None:
    approval = replace(WAITING, needed=needed, review=review)
    for event in events:
        before = approval
        try:
            approval = after(approval, event)
        except AlreadyDecided:
            continue
        assert approval.version == before.version + 1
        assert approval.needed >= before.needed
        if before.stage is not Stage.WAITING:
            assert approval.stage is before.stage
            assert (approval.votes, approval.decided_by) == (before.votes, before.decided_by)
        if before.concluded:
            assert (approval.outcome, approval.failure) == (before.outcome, before.failure)
    if approval.stage is Stage.APPROVED:
        assert len({vote.by for vote in approval.votes}) >= approval.needed
        assert len({vote.subject for vote in approval.votes}) == len(approval.votes)


def test_one_person_or_account_has_one_vote() -> None:
    once = after(replace(WAITING, needed=2), Voted(VOTE))
    for again in (VOTE, replace(VOTE, by=CAROL), replace(OTHER, by=BOB)):
        with pytest.raises(AlreadyVoted):
            after(once, Voted(again))


def test_only_a_started_request_is_concluded_and_once() -> None:
    with pytest.raises(AlreadyDecided):
        after(WAITING, Concluded(3_000.0, State.APPLIED))
    done = after(after(WAITING, Voted(VOTE)), Concluded(3_000.0, State.APPLIED))
    assert (done.outcome, due(done)) == (State.APPLIED, None)
    with pytest.raises(AlreadyDecided):
        after(done, Concluded(3_001.0, State.REJECTED))
    assert after(REVIEW, Concluded(3_000.0, State.APPLIED)).stage is Stage.WAITING


def test_when_it_is_due() -> None:
    assert due(WAITING) == OPERATION.asked_at + REMIND_AFTER
    assert due(replace(WAITING, expires_at=1_100.0)) == 1_100.0
    assert due(replace(REVIEW, expires_at=1_100.0)) == OPERATION.asked_at + REMIND_AFTER
    assert due(after(WAITING, Voted(VOTE))) == VOTE.at + 3.0
    assert due(after(REVIEW, Voted(VOTE))) is None
    assert due(after(WAITING, Expired(2_000.0))) is None


@given(st.floats(0, 14 * 86_400))
def test_the_gaps_between_reminders_double_and_missed_ones_are_skipped(late: float) -> None:
    now = reminder_at(WAITING) + late
    reminded = after(WAITING, Reminded(now))
    assert reminder_at(reminded) > now
    following = after(reminded, Reminded(reminder_at(reminded)))
    gap = reminder_at(following) - reminder_at(reminded)
    assert gap == pytest.approx(REMIND_AFTER * 2.0 ** (reminded.reminders + 1))


@pytest.mark.parametrize(
    ("approval", "ruling", "who", "reason"),
    [
        (WAITING, RULING, Decider(BOB, frozenset(), "sub-bob"), None),
        (WAITING, RULING, Decider(BOB, frozenset()), None),
        (WAITING, RULING, Decider(ALICE, frozenset(), "sub-alice"), "own"),
        (WAITING, replace(RULING, self_approval=True), Decider(ALICE, frozenset()), "own"),
        (replace(WAITING, self_approval=True), RULING, Decider(ALICE, frozenset()), "own"),
        (
            replace(WAITING, self_approval=True),
            replace(RULING, self_approval=True),
            Decider(ALICE, frozenset(), "sub-alice"),
            None,
        ),
        (WAITING, RULING, Decider(BOB, frozenset(), "sub-alice"), "same_account"),
        (
            replace(WAITING, votes=(VOTE,), needed=2),
            RULING,
            Decider(CAROL, frozenset(), "sub-bob"),
            "same_account",
        ),
        (
            replace(WAITING, votes=(VOTE,), needed=2),
            RULING,
            Decider(BOB, frozenset(), "sub-new"),
            "voted",
        ),
        (BY_CAROL, RULING, Decider(BOB, frozenset()), "not_listed"),
        (BY_OPS, RULING, Decider(BOB, frozenset({"S0OPS"})), None),
        (
            WAITING,
            replace(RULING, approvers=frozenset({CAROL})),
            Decider(BOB, frozenset()),
            "not_listed",
        ),
        (
            WAITING,
            replace(RULING, denied=frozenset({"S0OUT"})),
            Decider(BOB, frozenset({"S0OUT"})),
            "not_listed",
        ),
    ],
)
def test_who_may_decide(
    approval: Approval, ruling: Ruling, who: Decider, reason: str | None
) -> None:
    assert objection(approval, ruling, who) == reason


PERSONS = st.sampled_from([ALICE, BOB, CAROL])
LISTS = st.none() | st.frozensets(st.sampled_from([ALICE, BOB, CAROL, "S0OPS", "C0ROOM"]))


@given(
    LISTS,
    LISTS,
    st.booleans(),
    st.booleans(),
    PERSONS,
    st.frozensets(st.sampled_from(["S0OPS", "C0ROOM"])),
    st.sampled_from(["", "sub-alice", "sub-bob", "sub-carol"]),
)
def test_without_self_approval_neither_the_requester_nor_their_account_may_approve(  # noqa: PLR0917
    stored: frozenset[str] | None,
    current: frozenset[str] | None,
    was_on: bool,
    is_on: bool,
    person: PersonId,
    groups: frozenset[str],
    subject: str,
) -> None:
    approval = replace(WAITING, approvers=stored, self_approval=was_on)
    ruling = replace(RULING, approvers=current, self_approval=is_on)
    if objection(approval, ruling, Decider(person, groups, subject)) is not None:
        return
    both = was_on and is_on
    assert person != ALICE or both
    assert subject != "sub-alice" or (person == ALICE and both)
    for listed in (stored, current):
        assert listed is None or {person, *groups} & listed


@pytest.mark.parametrize(
    ("timer", "kind"),
    [
        (TIMER, None),
        (replace(TIMER, enabled=False), FailureKind.ALREADY_IN_STATE),
        (replace(TIMER, cron="0 5 * * *"), FailureKind.DEFINITION_CHANGED),
        (replace(TIMER, parameters=(Parameter("Plant", "2000"),)), FailureKind.DEFINITION_CHANGED),
        (replace(TIMER, package="OTHER", enabled=False), FailureKind.DEFINITION_CHANGED),
    ],
)
def test_stale_reason(timer: Timer, kind: FailureKind | None) -> None:
    failure = stale_reason(WAITING, timer)
    assert (failure.kind if failure else None) is kind
    assert "2000" not in str(failure)


def test_a_timer_that_was_switched_since_it_was_seen_makes_a_request_void() -> None:
    disabled_before = replace(
        WAITING, operation=replace(OPERATION, seen=Observation(enabled=False, at=1_000.0))
    )
    assert stale_reason(disabled_before, replace(TIMER, enabled=False)) is None
    assert stale_reason(disabled_before, TIMER) == Failure(FailureKind.STATE_CHANGED)


def test_when_the_policy_forbids_a_request_now() -> None:
    assert not forbidden_now(WAITING, RULING)
    assert not forbidden_now(replace(WAITING, runs_as="approver"), Ruling())
    assert forbidden_now(WAITING, replace(RULING, refused="denied"))
    assert forbidden_now(WAITING, replace(RULING, runs_as="approver"))


def test_the_operation_of_an_approved_request() -> None:
    approval = after(after(replace(WAITING, needed=2), Voted(VOTE)), Voted(OTHER))
    operation = approved_operation(approval, 5_000.0, "9.9")
    assert (operation.id, operation.person, operation.acting) == (
        OPERATION.id,
        ALICE,
        OPERATION.acting,
    )
    assert (operation.asked_at, operation.origin) == (
        5_000.0,
        Origin(ChannelId("C0HERE"), "", "9.9"),
    )
    assert operation.approved is not None
    assert (operation.approved.by, operation.approved.digest) == ((BOB, CAROL), WAITING.digest)
    by_approver = approved_operation(replace(approval, runs_as="approver"), 5_000.0)
    assert (by_approver.person, by_approver.requester, by_approver.acting.subject) == (
        CAROL,
        ALICE,
        "sub-carol",
    )


def test_the_digest_covers_everything_that_is_approved() -> None:
    others = [
        replace(WAITING, runs_as="approver"),
        replace(WAITING, expires_at=1.0),
        *(
            replace(WAITING, operation=replace(OPERATION, **change))
            for change in (
                {"person": BOB},
                {"acting": ActingAccount("sub-other", "", "")},
                {"wanted": True},
                {"definition": "other"},
                {"reason": "other"},
                {"seen": Observation(enabled=False, at=1_000.0)},
                {"timer": replace(TIMER, id=TimerId("t2"))},
            )
        ),
    ]
    assert len({WAITING.digest, *(other.digest for other in others)}) == len(others) + 1
