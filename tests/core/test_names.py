"""Ids, names and people: tables and properties."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.names import (
    PersonId,
    Workspace,
    guid_in_address,
    is_guid,
    is_slack_id,
    single_line,
)
from bot.core.people import Person, refusal

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()
WORKSPACE = Workspace("T0HOME")
GUID = "6172e54b-45eb-5ff1-829a-df7b4fcdae2c"


@given(st.text(max_size=400), st.integers(1, 200))
def test_a_cleaned_name_is_one_short_visible_line(text: str, limit: int) -> None:
    shown = single_line(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    assert single_line(shown, limit) == shown


@pytest.mark.parametrize(
    ("text", "guid"),
    [
        (f"https://portal.example.com/itwins/{GUID}/view", GUID),
        (f"<https://portal.example.com/{GUID.upper()}|here>", GUID),
        (GUID, None),
        ("https://portal.example.com/", None),
    ],
)
def test_the_id_in_a_pasted_address_is_found(text: str, guid: str | None) -> None:
    assert guid_in_address(text) == guid


def test_shapes_of_ids() -> None:
    assert is_guid(GUID)
    assert not is_guid(GUID + "\n")
    assert not is_guid("../" + GUID)
    assert is_slack_id("U0ALICE001")
    assert not is_slack_id("u0alice001")


def person(**flags: bool) -> Person:
    return Person(PersonId("U0ALICE"), WORKSPACE, "alice", **flags)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({}, None),
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "bot"),
        ({"is_guest": True}, "guest"),
        ({"is_stranger": True}, "outsider"),
        ({"is_guest": True, "is_stranger": True}, "outsider"),
    ],
)
def test_who_may_use_the_bot(flags: dict[str, bool], reason: str | None) -> None:
    refused = refusal(person(**flags), WORKSPACE, WORKSPACE)
    assert (refused.reason if refused else None) == reason


def test_people_of_other_workspaces_are_outsiders() -> None:
    away = Workspace("T0AWAY")
    for refused in (refusal(person(), WORKSPACE, away), refusal(person(), away, WORKSPACE)):
        assert refused is not None
        assert refused.reason == "outsider"
