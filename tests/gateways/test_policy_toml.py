"""Parsing the policy file: every key, and every problem with its line."""

from dataclasses import fields
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.policy.rules import Policy, Rule
from bot.gateways.policy_toml import (
    Matching,
    PolicyBroken,
    Problem,
    Settings,
    line_numbers,
    parse_policy,
)

EXAMPLE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def people(*ids: str) -> frozenset[str]:
    return frozenset(ids)


def problems_of(text: str) -> list[str]:
    with pytest.raises(PolicyBroken) as broken:
        parse_policy(text)
    return [str(problem) for problem in broken.value.problems]


# Valid keys


VALID: list[tuple[str, str, object]] = [
    ('itwin = "plant-*"', "itwin", ("plant-*",)),
    ('itwin = ["Überlandwerk", "PLANT-7"]', "itwin", ("Überlandwerk", "PLANT-7")),
    ('timer = "SAP*"', "timer", ("SAP*",)),
    ('change = "enable"', "change", "enable"),
    ('change = "any"', "change", None),
    ('in_channel = ["C0PLANT", "G0PLANT"]', "channels", ("C0PLANT", "G0PLANT")),
    ("approvals = 0", "approvals", 0),
    ("approvals = 5", "approvals", 5),
    ('approvers = ["U0BOB", "W0EVE", "S0OPS", "C0OPS", "G0OPS"]', "approvers", None),
    ('approvers = "S0OPS"', "approvers", people("S0OPS")),
    ("self_approval = true", "self_approval", True),
    ('runs_as = "approver"', "runs_as", "approver"),
    ('expires = "5m"', "expires", 300.0),
    ('expires = "90m"', "expires", 5_400.0),
    ('expires = "8h"', "expires", 28_800.0),
    ('expires = "14d"', "expires", 1_209_600.0),
    ('channel = "C0ASKED"', "channel", "C0ASKED"),
    ('reason = "required"', "reason", "required"),
    ('reason = "optional"', "reason", "optional"),
    ("confirm = true", "confirm", True),
    ("protected = true", "protected", True),
    ("emergency = true", "emergency", True),
    ('allow = "C0PLANT"', "allow", people("C0PLANT")),
]


def test_each_key_of_a_rule_can_be_written_says_what_it_takes_and_has_a_row() -> None:
    renamed = {"in_channel": "channels"}
    written = {**Matching.model_fields, **Settings.model_fields}
    assert {renamed.get(key, key) for key in written} == {field.name for field in fields(Rule)}
    assert [key for key, field in written.items() if not field.description] == []
    # A rule with deny sets nothing else, and a name is part of its number: both have tests below.
    assert {line.partition(" ")[0] for line, _, _ in VALID} == written.keys() - {"deny", "name"}


@pytest.mark.parametrize(("line", "field", "value"), VALID)
def test_each_key(line: str, field: str, value: object) -> None:
    # A rule that only matches is invalid, so it sets something too.
    text = f"[[rule]]\n{line}\n" + ("" if line.startswith("confirm") else "confirm = false\n")
    (rule,) = parse_policy(text).rules
    if value is None and field == "approvers":
        value = people("U0BOB", "W0EVE", "S0OPS", "C0OPS", "G0OPS")
    assert getattr(rule, field) == value
    key = line.partition(" ")[0]
    if key in Settings.model_fields:
        assert getattr(parse_policy(f"[defaults]\n{line}\n").defaults, field) == value


def test_rules_keep_their_order_and_are_numbered() -> None:
    text = '[[rule]]\nconfirm = true\n[[rule]]\nname = "nightly"\ndeny = ["U0EVE"]\n[defaults]\n'
    assert parse_policy(text) == Policy(
        Rule("defaults"),
        (Rule("rule 1", confirm=True), Rule("rule 2 (nightly)", deny=people("U0EVE"))),
    )


def test_the_example_in_the_document_is_valid_and_its_tables_name_every_key() -> None:
    policy = parse_policy(EXAMPLE.partition("```toml\n")[2].partition("```")[0])
    assert len(policy.rules) == 6
    assert policy.groups() >= {"S0OPERATIONS", "C0PLANTA", "S0TRAINEES"}
    rows = {line.split("`")[1] for line in EXAMPLE.splitlines() if line.startswith("| `")}
    assert rows == {*Matching.model_fields, *Settings.model_fields}


# Problems and their lines


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("name = 7", "name: must be a text"),
        ('name = ""', "name: must be a text"),
        ("itwin = 7", "itwin: must name names, or globs"),
        ("itwin = []", "itwin: must name names, or globs such as “SAP*”, in quotes: the list is"),
        (
            'timer = ["SAP*", "", 7]',
            "timer: must name names, or globs such as “SAP*”, in quotes; lo",
        ),
        (f'timer = "{"x" * 256}"', "timer: must name names"),
        ('change = "toggle"', 'change: must be "enable" or "disable" or "any"'),
        ('in_channel = "#ops"', "in_channel: must name channels by their ids (C… or G…)"),
        ('in_channel = ["C0OPS", "U0BOB"]', "in_channel: must name channels by their ids (C… or G"),
        ("approvals = 6", "approvals: must be a number from 0 to 5"),
        ("approvals = -1", "approvals: must be a number from 0 to 5"),
        ("approvals = true", "approvals: must be a number from 0 to 5"),
        ('approvals = "2"', "approvals: must be a number from 0 to 5"),
        ('approvers = "@bob"', "approvers: must name people (U… or W…), user groups (S…) and chan"),
        ('approvers = ["T0TEAM"]', "approvers: must name people"),
        ("approvers = []", "approvers: must name people"),
        ('self_approval = "no"', "self_approval: must be true or false, without quotes"),
        ("runs_as = true", 'runs_as: must be "requester" or "approver"'),
        ('expires = "4m"', 'expires: must be from "5m" to "14d", written as "90m", "8h" or "2d"'),
        ('expires = "15d"', "expires: must be from"),
        ('expires = "8 hours"', "expires: must be from"),
        ('expires = "٨h"', "expires: must be from"),
        ("expires = 8", "expires: must be from"),
        ('channel = ["C0ASKED"]', "channel: must be one channel by its id (C… or G…)"),
        ('channel = "D0BOB"', "channel: must be one channel by its id (C… or G…)"),
        ('reason = "always"', 'reason: must be "optional" or "required"'),
        ("confirm = 1", "confirm: must be true or false"),
        ('protected = "yes"', "protected: must be true or false"),
        ("emergency = 0", "emergency: must be true or false"),
        ('allow = ["u0bob"]', "allow: must name people"),
        ('deny = "everybody"', "deny: must name people"),
        ("aprovals = 2", "aprovals: is no key; the nearest is approvals"),
        ("Expires = '8h'", "Expires: is no key; the nearest is expires"),
        ("xyzzy = 1", "xyzzy: is no key; there are name, itwin, timer, change"),
        ("approval.count = 1", "approval: is no key; the nearest is approvals"),
    ],
)
def test_an_invalid_value_is_reported_with_its_line_and_what_is_valid(line: str, says: str) -> None:
    text = f"# a policy\n[defaults]\n\n[[rule]]\nconfirm = false\n[[rule]]\nexpires='8h'\n{line}\n"
    if line.startswith("expires"):
        text = text.replace("expires='8h'", "emergency = true")
    if line.startswith("deny"):
        text = text.replace("expires='8h'", "name = 'nobody'")
    (problem,) = problems_of(text)
    assert problem.startswith(f"8: {says}")
    assert "@bob" not in problem
    assert "everybody" not in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: the file sets nothing"),
        ("# nothing yet\n", "1: the file sets nothing"),
        ("[defaults]\nconfirm = yes\n", "2: is not TOML: Invalid value"),
        ('[defaults]\nchannel = "C0', "2: is not TOML: "),
        ("[defaults]\n[defaults]\n", "2: is not TOML: Cannot declare"),
        ("a = " + "[" * 5_000, "1: is not TOML: nested too deep"),
        ("a = " + "1" * 5_000, "1: is not TOML: Exceeds the limit"),
        ("[default]\n", "1: default: is not known here; the nearest is defaults"),
        ("[defaults]\n[[rules]]\nconfirm = true\n", "2: rules: is not known here; the nearest is"),
        ("\n[rule]\nconfirm = true\n", "2: rule: must be written [[rule]], once for each rule"),
        ("defaults = 1", "1: defaults: must be a table"),
        ("rule = [1]", "1: rule: must be a table"),
        ("[defaults]\nitwin = 'x'\n", "2: itwin: belongs in a [[rule]]: the defaults"),
        ("[defaults]\n[[rule]]\n", "2: rule: sets nothing"),
        ("[[rule]]\nitwin = 'x'\nname = 'y'\n", "1: rule: sets nothing"),
        ("[[rule]]\ndeny = 'U0EVE'\nconfirm = true\n", "3: confirm: cannot stand beside deny"),
        ("[[rule]]\nallow = 'U0BOB'\ndeny = 'U0EVE'\n", "2: allow: cannot stand beside deny"),
        ("[[rule]]\napprovals=2\napprovers=['U0BOB']\n", "3: approvers: names 1 for 2 approvals"),
        ("[defaults]\napprovals=1\n[[rule]]\nitwin='x'\n\napprovals=3\napprovers=['U0BOB','W0EVE']",
         "7: approvers: names 2 for 3 approvals: name more, or a user group"),
        ("[defaults]\napprovers=['U0BOB']\n[[rule]]\napprovals=2\n", "4: approvals: names 1 for 2"),
        ("[defaults]\napprovals=2\napprovers='U0BOB'\n", "3: approvers: names 1 for 2 approvals"),
    ],
)  # fmt: skip
def test_an_invalid_file(text: str, says: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(says)


def test_problems_are_in_the_order_of_the_file() -> None:
    text = "[[rule]]\nexpires = 1\nconfirm = 1\n[defaults]\nexpires = 1\n[x]\n"
    assert [said[:2] for said in problems_of(text)] == ["2:", "3:", "5:", "6:"]


def test_valid_quorums_and_an_empty_defaults_table() -> None:
    parse_policy("[[rule]]\napprovals = 2\napprovers = ['U0BOB', 'U0EVE']\n")
    parse_policy("[[rule]]\napprovals = 5\napprovers = ['S0OPS']\n")
    parse_policy("[defaults]\napprovers = ['U0BOB']\n[[rule]]\napprovals = 1\n")
    parse_policy("[defaults]\nconfirm = true\ndeny = 'U0EVE'\n")
    assert parse_policy("[defaults]\n") == Policy()


HARD = dedent(
    '''\
    # [[rule]] in a comment, and a quote: "
    rule_ = """
    [[rule]]
    expires = 1 \\""" still
    """
    [defaults]
    "reason" = 'always'  # ] " \'
    approvers = [ # people
      "U0BOB",  # ]
      "@eve",
    ]
    [[rule]]  # the first
    name = "[[rule]] # no comment"
    itwin = ["]", '[', """]"""""]
    expires = "8"
      [[ "rule" ]]
    name = \'\'\'
    expires = 2
    \'\'\'
    \texpires    = "8"
    [rule.deeper]
    expires = 1
    [[rule]]
    confirm = {expires = 1}
    timer = "x"
    '''
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_numbers_beside_strings_comments_and_arrays(newline: str) -> None:
    said = problems_of(HARD.replace("\n", newline))
    assert [line.partition(": must")[0].partition(": is")[0] for line in said] == [
        "2: rule_", "7: reason", "8: approvers", "15: expires", "20: expires", "21: deeper",
        "24: confirm",
    ]  # fmt: skip


def test_line_numbers_of_inline_tables() -> None:
    text = 'defaults = {approvals = 9, confirm = 1}\nrule = [\n {expires = "x"},\n]\n'
    assert [line[:12] for line in problems_of(text)] == [
        "1: approvals",
        "1: confirm: ",
        "2: expires: ",
    ]


FILLER = st.sampled_from(
    [
        "",
        "# '",
        '#"""',
        'name = "[[rule]]"',
        "itwin = [\n'a', # ]\n]",
        "timer = '''\nconfirm = 1\n'''",
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.lists(FILLER, unique=True), st.lists(FILLER, unique=True)), max_size=5)
)
def test_line_numbers_of_any_rules(rules: list[tuple[list[str], list[str]]]) -> None:
    lines: list[str] = []
    expected: dict[Any, int] = {}
    for number, (before, after) in enumerate(rules):
        lines.append("[[rule]]")
        expected["rule", number] = len(lines)
        lines += "\n".join(before).split("\n") if before else []
        lines.append("confirm = true")
        expected["rule", number, "confirm"] = len(lines)
        twice = {filler for filler in after if "=" in filler and filler in before}
        lines += "\n".join(filler for filler in after if filler not in twice).split("\n")
    found = line_numbers("\n".join(lines))
    assert {place: found[place] for place in expected} == expected


PIECES = [
    "[[rule]]", "[defaults]", "[rule]", "=", "deny", "name", "itwin", "rule", "a.b", '"U0BOB"', "1",
    "true", "[", "]", "{", "}", ",", "#", "\\", "\n", "\r\n", " ", '"', "'", '"""', "'''",
]  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=25).map("".join))
def test_any_text_is_a_policy_or_has_problems_at_existing_lines(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parse_policy(text)
    except PolicyBroken as broken:
        problems = broken.problems
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in problems)


def test_deeply_nested_keys_are_refused() -> None:
    deep = ".".join(["a"] * 3_000)
    assert problems_of(f"[defaults]\n{deep} = 1\n")[0].startswith("2: a: is no key")
