"""What a misspelt verb is answered with: the nearest ones, and never one that does the opposite."""

import pytest

from bot.core.errors import InvalidCommand
from bot.core.language.parser import parse


def offered(typed: str) -> list[str]:
    with pytest.raises(InvalidCommand) as refused:
        parse(typed)
    return [choice.command for choice in refused.value.choices]


@pytest.mark.parametrize(
    ("typed", "commands"),
    [
        ("togle plant-a x", ["toggle plant-a x"]),
        ("disble plant-a x", ["disable plant-a x"]),
        ("enabel plant-a x", ["enable plant-a x"]),
        ("trun off plant-a x", ["turn off plant-a x"]),
        ("turn-off plant-a SAP orders because x", ["turn off plant-a SAP orders because x"]),
        ("turnoff plant-a x", ["turn off plant-a x"]),
        ("of plant-a x", ["off plant-a x"]),
        ("turn plant-a x", ["turn on plant-a x", "turn off plant-a x"]),
        ("switch plant-a x", ["switch on plant-a x", "switch off plant-a x"]),
        ("stat plant-a x", ["status plant-a x"]),
        ("shwo plant-a x", ["show plant-a x"]),
        ("extned plant-a x for 2 days", ["extend plant-a x for 2 days"]),
        *((f"{verb} plant-a x", []) for verb in ("undisable", "unenable", "unstop", "restart")),
        *((f"{no} disable plant-a x", []) for no in ("don't", "never", "not", "no")),
        *((f"{verb} plant-a x", []) for verb in ("remove", "delete", "run", "ofn", "onf")),
    ],
)
def test_what_is_offered_for_a_misspelt_verb(typed: str, commands: list[str]) -> None:
    assert offered(typed) == commands


@pytest.mark.parametrize("typed", ["list?", "status?", "pending!", "version?", "help?"])
def test_a_mark_behind_a_verb_changes_nothing(typed: str) -> None:
    assert parse(typed) == parse(typed[:-1])


@pytest.mark.parametrize(
    "typed",
    ['off a b because "x until monday', 'off a "b until monday', "show a “b", "off 'a b"],
)
def test_a_quote_that_is_never_closed_is_refused(typed: str) -> None:
    with pytest.raises(InvalidCommand, match="never closed"):
        parse(typed)


@pytest.mark.parametrize("typed", ['off a b because he said "x', "off a b because it's 'down"])
def test_a_reason_may_hold_a_quote(typed: str) -> None:
    assert str(parse(typed)) == typed
