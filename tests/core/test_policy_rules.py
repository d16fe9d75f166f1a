"""The policy's rulings: a table for each key, and properties of random policies."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.names import ChannelId, ITwinId, PersonId, TimerId
from bot.core.policy.rules import (
    LAYERED_KEYS,
    ChangeRequest,
    Policy,
    Rule,
    Ruling,
    judge,
    matches,
    may_approve,
)
from bot.core.timers import ITwin, Timer

ALICE, BOB = PersonId("U0ALICE"), PersonId("U0BOB")
PLANT = ITwin(ITwinId("0a1b2c3d-0000-4000-8000-00000000000a"), "Überlandwerk  A", "PLANT-7")
ORDERS = Timer(
    TimerId("0a1b2c3d-0000-4000-8000-0000000000f1"), "SAP Work Orders", "Maximo.Sync", "", True
)
REQUEST = ChangeRequest(ALICE, frozenset({"S0OPS"}), PLANT, ORDERS, "disable", ChannelId("C0HERE"))


def people(*ids: str) -> frozenset[str]:
    return frozenset(ids)


# What a rule matches


@pytest.mark.parametrize(
    ("rule", "is_matched"),
    [
        (Rule("everything"), True),
        (Rule("name", itwin=("Überlandwerk A",)), True),
        (Rule("no accents, no case, other spacing", itwin=("uberlandwerk   a",)), True),
        (Rule("accents in the glob", itwin=("ÜBERländ*",)), True),
        (Rule("umlauts written out", itwin=("ueberlandw*",)), True),
        (Rule("number", itwin=("plant-?",)), True),
        (Rule("id", itwin=("0A1B2C3D-0000-4000-8000-00000000000A",)), True),
        (Rule("id as glob", itwin=("0a1b2c3d-*",)), True),
        (Rule("a part is not the whole", itwin=("uberlandwerk",)), False),
        (Rule("one of two", itwin=("other", "plant-[678]")), True),
        (Rule("not in the set", itwin=("plant-[!678]",)), False),
        (Rule("question mark is one", itwin=("plant-7?",)), False),
        (Rule("no glob fits", itwin=("other", "plant-8")), False),
        (Rule("timer name", timer=("sap*",)), True),
        (Rule("timer package", timer=("maximo.*",)), True),
        (Rule("timer id", timer=("*0000000000f1",)), True),
        (Rule("other timer", timer=("sharepoint*",)), False),
        (Rule("the iTwin's name is not the timer's", timer=("plant-7",)), False),
        (Rule("change", change="disable"), True),
        (Rule("other change", change="enable"), False),
        (Rule("channel", channels=("C0OTHER", "C0HERE")), True),
        (Rule("other channel", channels=("C0OTHER",)), False),
        (Rule("all of it", ("plant*",), ("sap*",), "disable", ("C0HERE",)), True),
        (Rule("all but the timer", ("plant*",), ("x",), "disable", ("C0HERE",)), False),
        (Rule("all but the iTwin", ("x",), ("sap*",), "disable", ("C0HERE",)), False),
        (Rule("all but the channel", ("plant*",), ("sap*",), "disable", ("C0X",)), False),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_what_a_rule_matches(rule: Rule, is_matched: bool) -> None:
    assert matches(rule, REQUEST) is is_matched


def test_a_bracket_in_a_name_is_matched_by_an_escaped_one() -> None:
    request = replace(REQUEST, timer=replace(ORDERS, name="[test] orders", package=""))
    assert matches(Rule("escaped", timer=("[[]TEST] *",)), request)
    assert not matches(Rule("a set", timer=("[test] *",)), request)


def test_an_umlaut_in_a_set_is_one_letter() -> None:
    for name, is_matched in (("Bau", True), ("Bäu", True), ("Beu", False)):
        request = replace(REQUEST, timer=replace(ORDERS, name=name, package=""))
        assert matches(Rule("a set", timer=("B[ä]u",)), request) is is_matched


# What a rule sets


def ruled(*rules: Rule, defaults: Rule | None = None, request: ChangeRequest = REQUEST) -> Ruling:
    return judge(Policy(defaults or Rule("defaults"), rules), request)


def test_without_a_policy_nothing_is_required() -> None:
    assert judge(Policy(), REQUEST) == Ruling()
    assert Ruling().expires == 8 * 3_600
    assert ruled(Rule("for another", itwin=("x",), approvals=3, deny=people("U0ALICE"))) == Ruling()


EACH_KEY: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"approvals": 2}, {"approvals": 2}),
    ({"approvers": people("S0OPS")}, {"approvers": people("S0OPS")}),
    ({"self_approval": True}, {"self_approval": True}),
    ({"runs_as": "approver", "approvals": 1}, {"runs_as": "approver", "approvals": 1}),
    ({"runs_as": "approver"}, {"runs_as": "requester"}),  # there is no approver to run as
    ({"expires": 300.0}, {"expires": 300.0}),
    ({"channel": "C0ASK"}, {"channel": "C0ASK"}),
    ({"reason": "required"}, {"reason_required": True}),
    ({"reason": "optional"}, {"reason_required": False}),
    ({"confirm": True}, {"confirm": True}),
    ({"emergency": True}, {"emergency": True}),
    ({"protected": True}, {"refused": "protected"}),
    ({"protected": False}, {"refused": ""}),
]


def test_each_key_has_a_row() -> None:
    assert {key for sets, _ in EACH_KEY for key in sets} == set(LAYERED_KEYS)


@pytest.mark.parametrize(("sets", "gives"), EACH_KEY)
def test_each_key_is_set_by_a_rule_and_by_the_defaults(
    sets: dict[str, object], gives: dict[str, object]
) -> None:
    for place, ruling in (
        ("rule 1", ruled(Rule("rule 1", **sets))),
        ("defaults", ruled(defaults=Rule("defaults", **sets))),
    ):
        because = tuple((key, place) for key in LAYERED_KEYS if key in sets)
        assert ruling == replace(Ruling(because=because), **gives)


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("approvals", 2, 0),
        ("approvers", people("U0BOB"), people("S0OPS")),
        ("self_approval", True, False),
        ("expires", 600.0, 300.0),
        ("channel", "C0ONE", "C0TWO"),
        ("confirm", True, False),
        ("emergency", True, False),
    ],
)
def test_the_last_matching_rule_decides_each_key_alone(
    key: str, first: object, second: object
) -> None:
    one, two = Rule("rule 1", **{key: first}), Rule("rule 2", **{key: second})
    other = Rule("rule 3", itwin=("x",), **{key: first})
    silent = Rule("rule 4", reason="required")
    assert getattr(ruled(one, two, other, silent), key) == second
    assert getattr(ruled(two, one, other, silent), key) == first
    assert getattr(ruled(two, defaults=replace(one, name="defaults")), key) == second
    because = dict(ruled(one, two, other, silent).because)
    assert because == {key: "rule 2", "reason": "rule 4"}


def test_a_later_rule_overrides_protection_and_a_required_reason() -> None:
    guarded = Rule("rule 1", protected=True, reason="required")
    freed = Rule("rule 2", timer=("sap*",), protected=False, reason="optional")
    assert ruled(guarded, freed).refused == ""
    assert ruled(guarded, freed).because == (("protected", "rule 2"), ("reason", "rule 2"))
    assert ruled(freed, guarded).refused == "protected"


# Who may request and approve


@pytest.mark.parametrize("ids", ["U0ALICE", "S0OPS"])
def test_deny_by_person_or_group_wins_in_any_order(ids: str) -> None:
    deny, allow = Rule("no", deny=people(ids)), Rule("yes", allow=people("U0ALICE"))
    free = Rule("free", protected=False, approvals=0, emergency=True)
    for rules in ((deny, allow, free), (free, allow, deny), (allow, deny, free)):
        ruling = ruled(*rules)
        assert (ruling.refused, ruling.because[0]) == ("denied", ("deny", "no"))
    by_default = Rule("defaults", deny=people(ids))
    assert ruled(allow, free, defaults=by_default).refused == "denied"
    assert ruled(Rule("somebody else", deny=people("U0BOB", "S0BOTS"))).refused == ""
    assert ruled(Rule("not this", timer=("x",), deny=people(ids))).refused == ""


def test_every_allow_must_name_the_person() -> None:
    ops, alice, others = people("S0OPS"), people("U0ALICE"), people("U0BOB", "C0PLANT")
    assert ruled(Rule("1", allow=ops), Rule("2", allow=alice)).refused == ""
    for rules in (
        (Rule("1", allow=ops), Rule("2", allow=others)),
        (Rule("2", allow=others), Rule("1", allow=ops)),
    ):
        assert (ruled(*rules).refused, ruled(*rules).because) == ("not_allowed", (("allow", "2"),))
    assert ruled(Rule("3", itwin=("x",), allow=others)).refused == ""
    assert ruled(defaults=Rule("defaults", allow=others)).refused == "not_allowed"


def test_a_denial_is_reported_before_other_refusals_and_protection_last() -> None:
    protected = Rule("1", protected=True)
    allow, deny = Rule("2", allow=people("U0BOB")), Rule("3", deny=people("U0ALICE"))
    assert ruled(protected, allow, deny).refused == "denied"
    assert ruled(protected, allow).refused == "not_allowed"
    assert ruled(protected).because == (("protected", "1"),)


APPROVED = Ruling(approvals=1)


@pytest.mark.parametrize(
    ("ruling", "person", "groups", "counts"),
    [
        (APPROVED, BOB, people(), True),
        (APPROVED, ALICE, people(), False),
        (replace(APPROVED, self_approval=True), ALICE, people(), True),
        (replace(APPROVED, approvers=people("U0BOB")), BOB, people(), True),
        (replace(APPROVED, approvers=people("S0OPS")), BOB, people("S0OPS"), True),
        (replace(APPROVED, approvers=people("C0PLANT")), BOB, people("C0PLANT"), True),
        (replace(APPROVED, approvers=people("S0OPS")), BOB, people("S0QA"), False),
        (replace(APPROVED, approvers=people()), BOB, people("S0QA"), False),
        (replace(APPROVED, approvers=people("U0ALICE")), ALICE, people(), False),
        (replace(APPROVED, approvers=people("U0BOB"), self_approval=True), ALICE, people(), False),
        (replace(APPROVED, denied=people("U0BOB")), BOB, people(), False),
        (replace(APPROVED, denied=people("S0QA", "S0X")), BOB, people("S0X"), False),
    ],
)
def test_who_may_approve(
    ruling: Ruling, person: PersonId, groups: frozenset[str], counts: bool
) -> None:
    assert may_approve(ruling, person=person, groups=groups, requester=ALICE) is counts


def test_the_groups_that_a_policy_names() -> None:
    policy = Policy(
        Rule("defaults", approvers=people("S0OPS", "U0BOB")),
        (Rule("1", allow=people("C0PLANT", "W0EVE")), Rule("2", deny=people("G0OLD"))),
    )
    assert policy.groups() == people("S0OPS", "C0PLANT", "G0OLD")
    assert Policy().groups() == people()


# Properties over random policies

FIXED = settings(max_examples=150, derandomize=True)
IDS = st.frozensets(st.sampled_from(["U0ALICE", "U0BOB", "S0OPS", "S0QA", "C0PLANT"]), min_size=1)
GLOBS = st.sampled_from([(), ("*",), ("plant-7",), ("sap*", "x"), ("*a*",), ("nothing",)])
MATCHED = {
    "itwin": GLOBS,
    "timer": GLOBS,
    "change": st.sampled_from([None, "enable", "disable"]),
    "channels": st.sampled_from([(), ("C0HERE",), ("C0OTHER",)]),
}
FLAG = st.sampled_from([None, True, False])
SET = {
    "approvals": st.none() | st.integers(0, 5),
    "approvers": st.none() | IDS,
    **dict.fromkeys(("self_approval", "confirm", "protected", "emergency"), FLAG),
    "runs_as": st.sampled_from([None, "requester", "approver"]),
    "expires": st.none() | st.floats(300, 1_209_600),
    "channel": st.sampled_from([None, "C0ASK"]),
    "reason": st.sampled_from([None, "optional", "required"]),
    "allow": st.none() | st.none() | IDS,
    "deny": st.none() | st.none() | IDS,
}
RULES = st.builds(Rule, name=st.just("a rule"), **MATCHED, **SET)
DENYING = st.builds(Rule, name=st.just("denies"), **MATCHED, deny=IDS)
POLICIES = st.builds(Policy, RULES, st.lists(RULES, max_size=5).map(tuple))
GROUPS = st.frozensets(st.sampled_from(["S0OPS", "S0QA", "C0PLANT"]))
REQUESTS = st.builds(
    replace,
    st.just(REQUEST),
    person=st.sampled_from([ALICE, BOB]),
    groups=GROUPS,
    change=st.sampled_from(["enable", "disable"]),
    channel=st.sampled_from([ChannelId("C0HERE"), ChannelId("C0OTHER"), ChannelId("D0ALICE")]),
)


def with_rule(policy: Policy, rule: Rule, place: int) -> Policy:
    return replace(policy, rules=(*policy.rules[:place], rule, *policy.rules[place:]))


def test_random_rules_have_every_key_and_all_but_the_lists_of_people_are_layered() -> None:
    assert {"name", *MATCHED, *SET} == {field.name for field in fields(Rule)}
    assert {*LAYERED_KEYS, "allow", "deny"} == set(SET)


@FIXED
@given(POLICIES, REQUESTS)
def test_every_ruling_names_its_rules(policy: Policy, request: ChangeRequest) -> None:
    ruling = judge(policy, request)
    assert 0 <= ruling.approvals <= 5
    names = {rule.name for rule in (policy.defaults, *policy.rules)}
    assert {name for _, name in ruling.because} <= names
    decisive = {"denied": "deny", "not_allowed": "allow", "protected": "protected"}
    assert not ruling.refused or decisive[ruling.refused] in dict(ruling.because)


@FIXED
@given(POLICIES, REQUESTS, st.integers(0, 5))
def test_deny_wins_over_any_rules(policy: Policy, request: ChangeRequest, place: int) -> None:
    for one in (request.person, *request.groups):
        denied = with_rule(policy, Rule("no", deny=people(one)), place)
        assert judge(denied, request).refused == "denied"


@FIXED
@given(POLICIES, REQUESTS, DENYING, st.integers(0, 5), GROUPS)
def test_a_rule_with_deny_only_narrows(
    policy: Policy, request: ChangeRequest, deny: Rule, place: int, groups: frozenset[str]
) -> None:
    before, after = judge(policy, request), judge(with_rule(policy, deny, place), request)
    assert after.refused or not before.refused
    same = {field.name for field in fields(Ruling)} - {"denied", "refused", "because"}
    assert [getattr(after, key) for key in same] == [getattr(before, key) for key in same]
    for person in (ALICE, BOB):
        asked = {"person": person, "groups": groups, "requester": request.person}
        assert may_approve(before, **asked) or not may_approve(after, **asked)


@FIXED
@given(POLICIES, REQUESTS)
def test_no_self_approval_unless_a_rule_allows_it(policy: Policy, request: ChangeRequest) -> None:
    own = {"person": request.person, "groups": request.groups, "requester": request.person}
    ruling = judge(policy, request)
    assert ruling.self_approval or not may_approve(ruling, **own)
    off = with_rule(policy, Rule("off", self_approval=False), len(policy.rules))
    assert not may_approve(judge(off, request), **own)
