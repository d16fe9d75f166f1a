"""What the policy asks of "disable … until": of turning it off now, and of turning it on later."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.language.until import Until
from bot.core.policy.rules import Policy, Rule, Ruling
from bot.features.starting import ruling_on
from tests.slack.samples import ALICE, BOB, NOW, ORDINARY, operation

DISABLE = operation(ORDINARY)
DISABLE_UNTIL = replace(DISABLE, until=Until(NOW + 3_600))
FOR_GOOD = replace(DISABLE, until=Until(None))
ENABLE = replace(DISABLE, wanted=True, verb="enable")
CAROL = "U0CAROL001"


def people(*ids: str) -> frozenset[str]:
    return frozenset(ids)


def ruled(off: dict[str, Any], on: dict[str, Any], wished: Any = DISABLE_UNTIL) -> Ruling:
    """Return the ruling of a policy with one rule for each change."""
    rules = (Rule("off", change="disable", **off), Rule("on", change="enable", **on))
    return ruling_on(Policy(rules=rules), wished, people("S0OPS"))


@pytest.mark.parametrize(
    ("off", "on", "gives"),
    [
        ({}, {"reason": "required"}, {"reason_required": True}),
        ({"reason": "required"}, {}, {"reason_required": True}),
        ({}, {"confirm": True}, {"confirm": True}),
        ({"confirm": True}, {}, {"confirm": True}),
        ({}, {"approvals": 1}, {"approvals": 1}),
        ({"approvals": 2}, {"approvals": 1}, {"approvals": 2}),
        ({"approvals": 1}, {"approvals": 2}, {"approvals": 2}),
        ({"approvals": 1}, {"approvals": 1, "expires": 300.0}, {"expires": Ruling().expires}),
        ({"approvals": 1}, {"approvals": 2, "expires": 300.0}, {"expires": 300.0}),
        ({"approvals": 1, "runs_as": "approver"}, {}, {"runs_as": "approver"}),
        ({"approvals": 1}, {"approvals": 2, "runs_as": "approver"}, {"runs_as": "approver"}),
        ({"deny": people(BOB)}, {"deny": people(CAROL)}, {"denied": people(BOB, CAROL)}),
        (
            {"approvals": 1, "approvers": people(BOB, CAROL)},
            {"approvals": 1, "approvers": people(CAROL)},
            {"approvers": people(CAROL)},
        ),
        (
            {"approvals": 1, "approvers": people(BOB)},
            {"approvers": people(CAROL)},
            {"approvers": people(BOB)},
        ),
        ({"approvals": 1}, {"approvals": 1, "approvers": people(BOB)}, {"approvers": people(BOB)}),
        ({"approvals": 1}, {"approvals": 1}, {"approvers": None}),
        ({"approvals": 1, "emergency": True}, {}, {"emergency": True}),
        ({"approvals": 1, "emergency": True}, {"approvals": 1}, {"emergency": False}),
        (
            {"approvals": 1, "emergency": True},
            {"approvals": 1, "emergency": True},
            {"emergency": True},
        ),
        ({"approvals": 1}, {"approvals": 1, "emergency": True}, {"emergency": False}),
    ],
)
def test_disable_until_needs_what_either_change_needs(
    off: dict[str, Any], on: dict[str, Any], gives: dict[str, Any]
) -> None:
    ruling = ruled(off, on)
    assert {key: getattr(ruling, key) for key in gives} == gives


@pytest.mark.parametrize("denied", [ALICE, "S0OPS"])
def test_who_is_denied_either_change_may_not_ask_for_both(denied: str) -> None:
    assert ruled({}, {"deny": people(denied)}).refused == "denied"
    assert ruled({"deny": people(denied)}, {}).refused == "denied"


@pytest.mark.parametrize("wished", [DISABLE, FOR_GOOD])
def test_what_enabling_needs_is_not_asked_of_what_stays_off(wished: Any) -> None:
    on = {"approvals": 2, "reason": "required", "confirm": True, "deny": people(ALICE, BOB)}
    assert ruled({}, on, wished) == Ruling()


def test_what_disabling_needs_is_not_asked_of_enabling() -> None:
    assert ruled({"approvals": 2, "deny": people(ALICE)}, {}, ENABLE) == Ruling()
