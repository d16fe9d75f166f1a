"""The groups whose members have to be known for certain: those that a deny names."""

from bot.core.policy.rules import Policy, Rule


def test_groups_and_channels_of_every_deny_have_to_be_known_for_certain() -> None:
    defaults = Rule("defaults", deny=frozenset({"S0DEFAULT", "U0ALICE"}))
    rules = (
        Rule("1", deny=frozenset({"C0ROOM", "W0EVE"})),
        Rule("2", deny=frozenset({"G0OLD"})),
    )
    assert Policy(defaults, rules).denying() == {"S0DEFAULT", "C0ROOM", "G0OLD"}


def test_groups_that_are_only_allowed_or_approve_need_not_be() -> None:
    rule = Rule("1", allow=frozenset({"S0OPS"}), approvers=frozenset({"C0ROOM"}))
    assert Policy(rules=(rule,)).denying() == frozenset()
