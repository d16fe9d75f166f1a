"""What a requested change needs first, and the operation, command and approval made of it."""

from dataclasses import fields, replace

import pytest

from bot.core.approvals import Approval
from bot.core.change_requests import (
    MAX_WAITING_REQUESTS,
    NextStep,
    approval_for,
    change_request,
    check_waiting_limit,
    command_as_typed,
    command_of,
    draft_operation,
    next_step,
    ruling_for,
    skipped_runs,
)
from bot.core.errors import (
    BotError,
    EmergencyNotAllowed,
    PolicyRefused,
    ReasonRequired,
    TooManyRequests,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import Redo, Switch, Undo
from bot.core.language.parser import parse
from bot.core.language.until import Until, parse_until
from bot.core.listings import TimerShown
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import (
    ActingAccount,
    Observation,
    Operation,
    Origin,
    State,
    Timeouts,
)
from bot.core.people import Person
from bot.core.policy.rules import Change, ChangeRequest, Policy, Rule, Ruling
from bot.core.schedules import Runs
from bot.core.timers import ITwin, Parameter, Timer

ALICE, BOB = PersonId("U0ALICE"), PersonId("U0BOB")
HERE = ChannelId("C0HERE")
PLANT = ITwin(ITwinId("0a1b2c3d-0000-4000-8000-00000000000a"), "Plant A", "PLANT-7")
SECRET = Parameter("Password", "hunter2")
ORDERS = Timer(
    TimerId("0a1b2c3d-0000-4000-8000-0000000000f1"),
    "SAP orders",
    "SAP_ORDERS",
    "0 2 * * *",
    True,
    (SECRET,),
)
NOW = 1_780_300_800.0  # Monday 1 June 2026, 08:00 UTC
DAY = 86_400.0
IN_TWO_DAYS = Until(NOW + 2 * DAY)
LOCAL_END = "2026-06-03t10:00+02:00"  # the same in Berlin
DISABLE = Switch("disable", "plant", "sap", "audit", "for 2 days", emergency=True)
FIRST = OperationId("f" * 24)
ACCOUNT = ActingAccount("sub-alice", "Alice", "alice@acme.example")
INVOCATION = Invocation(
    id=OperationId("0" * 24),
    person=Person(ALICE, Workspace("T0HOME"), "Alice", "Europe/Berlin"),
    origin=Origin(HERE, "https://hooks.example/1", "1.2", thread="3.4"),
    now=NOW,
)
FOUND = TimerShown(PLANT, ORDERS, None, changed_outside_since=NOW - 60)
OPERATION = draft_operation(INVOCATION, Timeouts(), DISABLE, ACCOUNT, FOUND, wanted=False)
OPERATION = replace(OPERATION, emergency=False)
UNTIL = replace(OPERATION, until=IN_TWO_DAYS)


def people(*ids: str) -> frozenset[str]:
    return frozenset(ids)


# draft_operation


def test_a_draft_holds_all_that_was_asked_and_seen_and_no_parameter_value() -> None:
    timeouts = Timeouts(life=60.0)
    draft = draft_operation(
        INVOCATION, timeouts, DISABLE, ACCOUNT, FOUND, wanted=False, until=IN_TWO_DAYS
    )
    assert draft == Operation(
        id=INVOCATION.id,
        workspace=Workspace("T0HOME"),
        person=ALICE,
        acting=ACCOUNT,
        verb="disable",
        itwin=PLANT,
        timer=replace(ORDERS, parameters=(Parameter("Password", ""),)),
        definition=ORDERS.definition(),
        inputs=ORDERS.inputs(),
        wanted=False,
        origin=INVOCATION.origin,
        asked_at=NOW,
        timeouts=timeouts,
        reason="audit",
        until=IN_TWO_DAYS,
        emergency=True,
        changed_outside_since=NOW - 60,
        seen=Observation(enabled=True, at=NOW),
    )
    assert "hunter2" not in repr(draft)
    assert draft.state is State.READY


def test_a_draft_of_an_undo_names_the_operation_that_it_undoes() -> None:
    for command, verb in ((Undo(FIRST, "wrong"), "undo"), (Redo(FIRST, "wrong"), "redo")):
        draft = draft_operation(INVOCATION, Timeouts(), command, ACCOUNT, FOUND, wanted=True)
        assert (draft.verb, draft.undoes, draft.reason) == (verb, FIRST, "wrong")
        assert not draft.emergency


@pytest.mark.parametrize("verb", ["toggle", "enable", "disable"])
def test_a_draft_keeps_the_verb_that_was_typed(verb: str) -> None:
    command = Switch(verb, "plant", "sap")  # type: ignore[arg-type]
    draft = draft_operation(INVOCATION, Timeouts(), command, ACCOUNT, FOUND, wanted=True)
    assert (draft.verb, draft.undoes, draft.emergency) == (verb, None, False)


# change_request


@pytest.mark.parametrize(
    ("operation", "change", "person"),
    [
        (OPERATION, "disable", ALICE),
        (replace(OPERATION, wanted=True), "enable", ALICE),
        (replace(OPERATION, person=BOB, on_behalf_of=ALICE), "disable", ALICE),
    ],
)
def test_the_policy_judges_the_requester_and_the_state_wanted(
    operation: Operation, change: Change, person: PersonId
) -> None:
    groups = people("S0OPS")
    assert change_request(operation, groups) == ChangeRequest(
        person, groups, PLANT, operation.timer, change, HERE
    )


# ruling_for


def ruling(
    *, disable: Rule | None = None, enable: Rule | None = None, operation: Operation = UNTIL
) -> Ruling:
    """Judge with one rule for each of the two changes."""
    rules = (
        replace(disable or Rule("disable"), change="disable"),
        replace(enable or Rule("enable"), change="enable"),
    )
    return ruling_for(Policy(rules=rules), operation, people("S0OPS"))


ONE, TWO = Rule("one", approvals=1), Rule("two", approvals=2)


@pytest.mark.parametrize(
    "operation",
    [OPERATION, replace(OPERATION, until=Until(None))],
    ids=["no end", "for good"],
)
def test_without_an_auto_enable_one_change_is_judged(operation: Operation) -> None:
    enable = Rule("enable", approvals=2, reason="required", confirm=True, deny=people("U0BOB"))
    assert ruling(enable=enable, operation=operation) == Ruling()
    assert ruling(disable=ONE, operation=operation).approvals == 1
    assert ruling(enable=enable, operation=replace(operation, wanted=True)).approvals == 2
    assert ruling(disable=TWO, operation=replace(operation, wanted=True)) == Ruling()


@pytest.mark.parametrize(
    ("disable", "enable", "approvals"),
    [(None, None, 0), (ONE, None, 1), (None, ONE, 1), (ONE, TWO, 2), (TWO, ONE, 2)],
)
def test_the_higher_number_of_approvals_counts(
    disable: Rule | None, enable: Rule | None, approvals: int
) -> None:
    assert ruling(disable=disable, enable=enable).approvals == approvals


def test_where_and_how_long_a_request_waits_is_told_by_the_stricter_ruling() -> None:
    disable = replace(ONE, expires=600.0, channel="C0ONE", runs_as="approver")
    enable = replace(TWO, expires=900.0, channel="C0TWO", runs_as="requester")
    found = ruling(disable=disable, enable=enable)
    assert (found.expires, found.channel, found.runs_as) == (900.0, "C0TWO", "requester")
    found = ruling(disable=replace(disable, approvals=2), enable=enable)
    assert (found.expires, found.channel, found.runs_as) == (600.0, "C0ONE", "approver")


@pytest.mark.parametrize(
    ("disable", "enable", "approvers"),
    [
        (ONE, ONE, None),
        (replace(ONE, approvers=people("U0BOB")), ONE, people("U0BOB")),
        (ONE, replace(TWO, approvers=people("U0BOB")), people("U0BOB")),
        (
            replace(ONE, approvers=people("U0BOB", "S0OPS")),
            replace(ONE, approvers=people("S0OPS", "S0QA")),
            people("S0OPS"),
        ),
        (replace(ONE, approvers=people("U0BOB")), replace(ONE, approvers=people("S0")), people()),
        # The list of a change that needs no approval names nobody.
        (ONE, Rule("none", approvers=people("U0BOB")), None),
        (Rule("none", approvers=people("U0BOB")), ONE, None),
    ],
)
def test_an_approver_has_to_be_on_both_lists(
    disable: Rule, enable: Rule, approvers: frozenset[str] | None
) -> None:
    assert ruling(disable=disable, enable=enable).approvers == approvers


def test_who_is_denied_either_change_cannot_approve() -> None:
    found = ruling(
        disable=Rule("disable", deny=people("U0BOB")), enable=Rule("enable", deny=people("S0QA"))
    )
    assert (found.refused, found.denied) == ("", people("U0BOB", "S0QA"))


@pytest.mark.parametrize(
    ("disable", "enable", "refused", "rule"),
    [
        (Rule("no", deny=people("S0OPS")), Rule("other", protected=True), "denied", "no"),
        (None, Rule("no", deny=people("U0ALICE")), "denied", "no"),
        (Rule("yes", approvals=1), Rule("no", protected=True), "protected", "no"),
    ],
)
def test_a_refusal_of_either_change_refuses_both_and_the_first_one_is_told(
    disable: Rule | None, enable: Rule, refused: str, rule: str
) -> None:
    found = ruling(disable=disable, enable=enable)
    assert (found.refused, found.because[0][1]) == (refused, rule)


# How ruling_for makes one ruling of two; what is not told here is that of the stricter one.
OF_BOTH = {
    *("approvers", "denied", "reason_required", "confirm", "emergency", "refused", "self_approval"),
}
OF_THE_STRICTER = {"approvals", "runs_as", "expires", "channel", "because"}


def test_each_part_of_a_ruling_is_of_both_or_of_the_stricter_one() -> None:
    assert {field.name for field in fields(Ruling)} == OF_BOTH | OF_THE_STRICTER


@pytest.mark.parametrize("key", ["reason_required", "confirm"])
def test_what_either_change_needs_is_needed(key: str) -> None:
    sets = Rule("sets", reason="required") if key == "reason_required" else Rule("s", confirm=True)
    assert getattr(ruling(disable=sets), key) is True
    assert getattr(ruling(enable=sets), key) is True
    assert getattr(ruling(disable=sets, enable=sets), key) is True
    assert getattr(ruling(), key) is False


@pytest.mark.parametrize(
    ("disable", "enable", "allowed"),
    [
        (replace(ONE, emergency=True), replace(ONE, emergency=True), True),
        (replace(ONE, emergency=True), ONE, False),
        (ONE, replace(ONE, emergency=True), False),
        # A change that needs no approval has nothing to skip.
        (replace(ONE, emergency=True), Rule("none"), True),
    ],
)
def test_an_emergency_needs_leave_for_each_change_that_needs_approval(
    disable: Rule, enable: Rule, allowed: bool
) -> None:
    assert ruling(disable=disable, enable=enable).emergency is allowed


@pytest.mark.parametrize(
    ("disable", "enable", "allowed"),
    [
        (replace(ONE, self_approval=True), replace(ONE, self_approval=True), True),
        (replace(ONE, self_approval=True), ONE, False),
        (ONE, replace(ONE, self_approval=True), False),
        (replace(ONE, self_approval=True), Rule("none"), True),
    ],
)
def test_who_asked_may_approve_where_each_change_that_needs_approval_allows_it(
    disable: Rule, enable: Rule, allowed: bool
) -> None:
    assert ruling(disable=disable, enable=enable).self_approval is allowed


# next_step


EMERGENCY = replace(OPERATION, emergency=True)
NO_REASON = replace(OPERATION, reason="")
APPROVED = Ruling(approvals=1)


@pytest.mark.parametrize(
    ("operation", "ruling", "confirmed", "step"),
    [
        (OPERATION, Ruling(), False, NextStep.START),
        (EMERGENCY, Ruling(), False, NextStep.START),
        (OPERATION, APPROVED, False, NextStep.REQUEST_APPROVAL),
        (OPERATION, replace(APPROVED, emergency=True), False, NextStep.REQUEST_APPROVAL),
        (EMERGENCY, replace(APPROVED, emergency=True), False, NextStep.START_EMERGENCY),
        (OPERATION, Ruling(confirm=True), False, NextStep.CONFIRM),
        (OPERATION, Ruling(confirm=True), True, NextStep.START),
        (OPERATION, replace(APPROVED, confirm=True), False, NextStep.CONFIRM),
        (OPERATION, replace(APPROVED, confirm=True), True, NextStep.REQUEST_APPROVAL),
        (
            EMERGENCY,
            replace(APPROVED, confirm=True, emergency=True),
            False,
            NextStep.CONFIRM,
        ),
        (OPERATION, Ruling(reason_required=True), False, NextStep.START),
        (NO_REASON, Ruling(), False, NextStep.START),
    ],
)
def test_the_next_step(
    operation: Operation, ruling: Ruling, confirmed: bool, step: NextStep
) -> None:
    assert next_step(operation, ruling, confirmed=confirmed, zone="UTC") is step


@pytest.mark.parametrize(
    ("operation", "ruling", "error", "facts"),
    [
        (
            OPERATION,
            Ruling(refused="denied", because=(("deny", "rule 3"),)),
            PolicyRefused,
            {"reason": "denied", "rule": "rule 3"},
        ),
        (
            OPERATION,
            Ruling(refused="protected"),
            PolicyRefused,
            {"reason": "protected", "rule": ""},
        ),
        # A refusal comes before everything else that is missing.
        (
            replace(EMERGENCY, reason=""),
            replace(APPROVED, refused="denied", reason_required=True, confirm=True),
            PolicyRefused,
            {"reason": "denied"},
        ),
        (
            NO_REASON,
            Ruling(reason_required=True, because=(("confirm", "1"), ("reason", "rule 2"))),
            ReasonRequired,
            {"rule": "rule 2", "command": 'disable "Plant A" "SAP orders"'},
        ),
        (
            NO_REASON,
            replace(APPROVED, reason_required=True, confirm=True),
            ReasonRequired,
            {"rule": ""},
        ),
        (EMERGENCY, APPROVED, EmergencyNotAllowed, {}),
        (EMERGENCY, replace(APPROVED, confirm=True), EmergencyNotAllowed, {}),
    ],
)
def test_what_is_missing_is_raised(
    operation: Operation, ruling: Ruling, error: type[BotError], facts: dict[str, str]
) -> None:
    with pytest.raises(error) as raised:
        next_step(operation, ruling, confirmed=True, zone="UTC")
    assert {name: getattr(raised.value, name) for name in facts} == facts


# check_waiting_limit


def waiting(number: int, requester: PersonId = ALICE) -> Approval:
    operation = replace(OPERATION, id=OperationId(f"{number:024x}"), person=requester)
    return approval_for(operation, APPROVED, review=False)


def test_a_person_has_at_most_five_requests_waiting() -> None:
    assert MAX_WAITING_REQUESTS == 5
    new = waiting(99).operation
    check_waiting_limit(new, [waiting(number) for number in range(1, 5)])
    with pytest.raises(TooManyRequests):
        check_waiting_limit(new, [waiting(number) for number in range(1, 6)])
    # The requests of others and the request itself, stored by an earlier try, do not count.
    check_waiting_limit(new, [waiting(number, BOB) for number in range(1, 9)])
    check_waiting_limit(new, [waiting(99), *(waiting(number) for number in range(1, 5))])


# approval_for


def test_a_request_has_the_terms_of_the_ruling() -> None:
    ruling = Ruling(
        approvals=2,
        approvers=people("S0OPS"),
        self_approval=True,
        runs_as="approver",
        expires=600.0,
        channel="C0ASK",
    )
    assert approval_for(EMERGENCY, ruling, review=False) == Approval(
        operation=OPERATION,
        review=False,
        needed=2,
        approvers=people("S0OPS"),
        self_approval=True,
        runs_as="approver",
        expires_at=NOW + 600.0,
        channel=ChannelId("C0ASK"),
    )


def test_a_review_takes_one_other_person() -> None:
    review = approval_for(OPERATION, Ruling(approvals=3, self_approval=True), review=True)
    assert (review.review, review.needed, review.self_approval) == (True, 1, False)
    assert review.operation.emergency


def test_a_request_is_posted_where_it_was_asked_unless_the_ruling_names_a_channel() -> None:
    assert approval_for(OPERATION, APPROVED, review=False).channel == HERE


@pytest.mark.parametrize(
    ("until", "lasts"),
    [
        (None, 600.0),
        (Until(None), 600.0),
        (Until(NOW + 599.0), 599.0),
        (Until(NOW + 601.0), 600.0),
    ],
)
def test_a_request_expires_no_later_than_the_end_it_asks_for(
    until: Until | None, lasts: float
) -> None:
    request = approval_for(
        replace(OPERATION, until=until), replace(APPROVED, expires=600.0), review=False
    )
    assert request.expires_at == NOW + lasts


# command_of, command_as_typed


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (OPERATION, f"disable {PLANT.id} {ORDERS.id} because audit"),
        (replace(NO_REASON, wanted=True, verb="toggle"), f"enable {PLANT.id} {ORDERS.id}"),
        (replace(NO_REASON, undoes=FIRST, verb="undo"), f"undo {FIRST}"),
        (replace(OPERATION, undoes=FIRST, verb="undo"), f"undo {FIRST} because audit"),
        (replace(OPERATION, undoes=FIRST, verb="redo"), f"redo {FIRST} because audit"),
        (replace(NO_REASON, until=Until(None)), f"disable {PLANT.id} {ORDERS.id} for good"),
        (
            replace(UNTIL, until=Until(NOW + 2 * DAY, runs=2), emergency=True),
            f'disable {PLANT.id} {ORDERS.id} until {LOCAL_END} because "audit" emergency',
        ),
    ],
)
def test_the_command_of_an_operation(operation: Operation, text: str) -> None:
    command = command_of(operation, "Europe/Berlin")
    assert str(command) == text
    assert parse(text) == command


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns"])
def test_the_end_in_a_command_is_the_same_moment_in_every_zone(zone: str) -> None:
    command = command_of(UNTIL, zone)
    assert isinstance(command, Switch)
    assert parse_until(command.until, NOW, "Asia/Tokyo", ORDERS.cron, "UTC") == IN_TWO_DAYS


def test_a_command_for_reading_has_names_for_ids() -> None:
    assert command_as_typed(NO_REASON, "UTC") == 'disable "Plant A" "SAP orders"'
    assert command_as_typed(replace(NO_REASON, undoes=FIRST), "UTC") == f"undo {FIRST}"


# skipped_runs


@pytest.mark.parametrize(
    ("until", "zone", "runs"),
    [
        (None, "UTC", None),
        (Until(None), "UTC", None),
        (IN_TWO_DAYS, "UTC", Runs((NOW + 18 * 3_600, NOW + 42 * 3_600), 2)),
        (IN_TWO_DAYS, "Europe/Berlin", Runs((NOW + 16 * 3_600, NOW + 40 * 3_600), 2)),
        (Until(NOW + 3_600), "UTC", Runs((), 0)),
    ],
)
def test_skipped_runs(until: Until | None, zone: str, runs: Runs | None) -> None:
    assert skipped_runs(replace(OPERATION, until=until), zone) == runs


def test_runs_of_a_schedule_that_cannot_be_read_are_not_told() -> None:
    unreadable = replace(OPERATION.timer, cron="every night")
    assert skipped_runs(replace(UNTIL, timer=unreadable), "UTC") is None
