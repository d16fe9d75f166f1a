"""The identifiers of controls: what Slack hands back is understood, whenever the card was drawn."""

import pytest

from bot.core.actions import (
    Action,
    FormField,
    FormId,
    action_from,
    action_id,
    callback_id,
    form_from,
)

# Cards stay clickable: a value may be added here, but none may be changed or removed.
ON_THE_WIRE = {
    *("run", "choose", "continue", "sure", "newlink"),
    *("enable", "disable", "undo", "details", "return", "keep", "extend"),
    *("approve", "decline", "cancel", "again", "unsubscribe", "resume", "home", "open"),
    *("itwin", "timer", "wanted", "until"),
}


def test_the_actions_on_the_wire_stay_the_same() -> None:
    assert {action.value for action in Action} == ON_THE_WIRE


def test_a_control_has_one_id_only() -> None:
    """Inputs of one form are told apart by their ids, whichever of the two enums they are in."""
    ids = [action_id(control) for control in (*Action, *FormField)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("suffix", ["", "more", "2", "a:b"])
@pytest.mark.parametrize("action", Action)
def test_an_action_is_read_back_without_its_suffix(action: Action, suffix: str) -> None:
    assert action_from(action_id(action, suffix)) is action


@pytest.mark.parametrize("form", FormId)
def test_a_form_is_read_back(form: FormId) -> None:
    assert form_from(callback_id(form)) is form


@pytest.mark.parametrize(
    "name", ["edfs.", "edfs.retired", "edfs.RUN", "edfs.:run", "edfs.run ", ""]
)
def test_what_this_version_does_not_have_is_none(name: str) -> None:
    assert action_from(name) is None
    assert form_from(name) is None
