"""What was edited of a timer's definition, and how an edit looks between two polls."""

from dataclasses import replace

import pytest

from bot.core.change_detection import PollSnapshot, added_and_removed, timer_snapshot
from bot.core.names import TimerId
from bot.core.timers import Parameter, Timer, differences

BEFORE = Timer(
    TimerId("t1"), "SAP work orders", "SAP_ORDERS", "0 2 * * *", True, (Parameter("Plant", "1000"),)
)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"id": TimerId("t2")}, ("id", "t1", "t2")),
        ({"name": "SAP orders"}, ("name", "SAP work orders", "SAP orders")),
        ({"package": "SAP_ALL"}, ("package", "SAP_ORDERS", "SAP_ALL")),
        ({"cron": "0 5 * * *"}, ("schedule", "0 2 * * *", "0 5 * * *")),
        ({"parameters": (Parameter("Plant", "2000"),)}, ("parameters", "", "")),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else "",
)
def test_each_part_of_a_definition_is_told_when_it_was_edited(
    edit: dict[str, object], told: tuple[str, str, str]
) -> None:
    after = replace(BEFORE, **edit)
    assert after.definition() != BEFORE.definition()
    assert differences(BEFORE.without_values(), BEFORE.inputs(), after) == (told,)


def test_a_state_is_no_part_of_the_definition() -> None:
    after = replace(BEFORE, enabled=False)
    assert after.definition() == BEFORE.definition()
    assert differences(BEFORE, BEFORE.inputs(), after) == ()


def test_a_new_timer_with_another_package_does_not_replace_the_one_that_is_gone() -> None:
    """An edit in EDFS deletes the timer and creates another one of the same name and package."""
    before = PollSnapshot(100.0, {BEFORE.id: timer_snapshot(BEFORE)})
    other = replace(BEFORE, id=TimerId("t2"), package="SAP_ALL")
    found = added_and_removed(before, [other])
    assert [(one.id, one.change) for one in found] == [("t2", "appeared"), ("t1", "vanished")]
