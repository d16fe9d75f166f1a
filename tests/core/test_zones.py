"""Time zones by name, and what stands for one that Python does not have."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.zones import is_offset, offset_name, zone_named, zone_or_offset


@pytest.mark.parametrize(
    ("offset", "name"),
    [
        (0, "UTC"),
        (19_800, "UTC+05:30"),
        (-12_600, "UTC-03:30"),
        (3_600, "UTC+01:00"),
        (86_340, "UTC+23:59"),
        (86_400, "UTC"),
        (-90_000, "UTC"),
    ],
)
def test_an_offset_has_a_name_that_is_a_zone(offset: int, name: str) -> None:
    assert offset_name(offset) == name
    expected = offset if name != "UTC" else 0
    assert datetime(2026, 7, 1, tzinfo=zone_named(name)).utcoffset() == timedelta(seconds=expected)
    assert is_offset(name) is (name != "UTC")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "x" * 300, "a\0b"])
def test_a_zone_that_python_does_not_have_is_its_offset(name: str) -> None:
    assert zone_or_offset(name, 19_800) == "UTC+05:30"
    assert zone_named(name) is UTC


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Etc/GMT+5"])
def test_a_zone_that_python_has_keeps_its_name(name: str) -> None:
    assert zone_or_offset(name, 1) == name
    assert not is_offset(name)
    assert str(zone_named(name)) == name
