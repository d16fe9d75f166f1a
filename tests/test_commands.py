"""The language: what is read from what was typed, and that everything said can be read again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.commands import (
    VERBS,
    Command,
    Help,
    ListTimers,
    Show,
    SignIn,
    SignOut,
    Switch,
    Undo,
    WhoAmI,
    parse,
)
from bot.core.errors import NotUnderstood
from bot.core.names import OperationId

NAMES = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=60)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Switch,
        st.sampled_from(["toggle", "enable", "disable"]),
        NAMES,
        NAMES,
        st.just("") | NAMES,
    ),
    st.builds(Undo, st.from_regex(r"[0-9a-f]{24}", fullmatch=True).map(OperationId)),
    st.builds(ListTimers, st.just("") | NAMES),
    st.builds(Show, NAMES, NAMES),
    st.just(SignIn()),
    st.just(SignOut()),
    st.just(WhoAmI()),
    st.builds(Help, st.sampled_from(["", *VERBS])),
)


@given(COMMANDS)
@settings(max_examples=400)
def test_every_command_is_read_back_from_its_own_words(command: Command) -> None:
    assert parse(str(command)) == command


@given(st.text(max_size=200))
@settings(max_examples=400)
def test_any_text_is_a_command_or_a_clear_refusal(text: str) -> None:
    try:
        command = parse(text)
    except NotUnderstood as refusal:
        assert refusal.reason  # noqa: PT017 - either outcome is right
    else:
        assert parse(str(command)) == command


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ('toggle plant-a "SAP work orders"', Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a “SAP work orders”", Switch("toggle", "plant-a", "SAP work orders")),
        ('toggle plant-a "SAP work orders”', Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a 'SAP work orders'", Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a SAP work orders", Switch("toggle", "plant-a", "SAP work orders")),
        ("TOGGLE plant-a „SAP work orders“", Switch("toggle", "plant-a", "SAP work orders")),
        ("on plant-a nightly", Switch("enable", "plant-a", "nightly")),
        ("off plant-a nightly because tests", Switch("disable", "plant-a", "nightly", "tests")),
        (
            'off "plant a" "because" because it is late',
            Switch("disable", "plant a", "because", "it is late"),
        ),
        ("off a because because x", Switch("disable", "a", "because", "x")),
        ("toggle A&amp;B &lt;x&gt;", Switch("toggle", "A&B", "<x>")),
        ("list", ListTimers()),
        ("timers plant-a", ListTimers("plant-a")),
        ("login", SignIn()),
        ("logout", SignOut()),
        ("whoami", WhoAmI()),
        ("help off", Help("disable")),
        ("help nonsense", Help()),
        ("", Help()),
    ],
)
def test_what_people_type(typed: str, command: Command) -> None:
    assert parse(typed) == command


@pytest.mark.parametrize(
    ("typed", "reason", "verb"),
    [
        ("toggle", "the iTwin and the timer are missing", "toggle"),
        ("toggle plant-a", "the timer is missing", "toggle"),
        ("toggle plant-a x because", "the reason after “because” is missing", "toggle"),
        ('toggle "" x', "a name is empty", "toggle"),
        ("undo", "an undo names one operation (its id stands on the card)", "undo"),
        ("undo ../../x", "an undo names one operation (its id stands on the card)", "undo"),
        ("signin now", "signin takes nothing after it", "signin"),
        ("list " + "x" * 256, "a name has at most 255 characters", "list"),
        ("x" * 4_001, "the command is too long", None),
    ],
)
def test_what_is_refused_and_why(typed: str, reason: str, verb: str | None) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        parse(typed)
    assert (refusal.value.reason, refusal.value.verb) == (reason, verb)


def test_a_misspelt_verb_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotUnderstood) as refusal:
        parse("togle plant-a x")
    assert refusal.value.nearest[0] == "toggle"
