"""What a window's metadata keeps of the timer that it shows."""

from bot.core.language.forms import NAME, TimerFields
from bot.core.names import ITwinId, TimerId
from bot.core.timers import ITwin, Timer

ITWIN = ITwinId("6172e54b-45eb-5ff1-829a-df7b4fcdae2c")
TIMER = TimerId("0172e54b-45eb-5ff1-829a-df7b4fcdae2c")


def test_all_of_it_is_read_as_it_was_written() -> None:
    fields = TimerFields(
        ITwin(ITWIN, "plant-a", "PA-001", "PA-001"),
        Timer(TIMER, "SAP work orders", "SAP_WORK_ORDERS", "0 2 * * 1-5", enabled=True),
    )
    read = TimerFields.read(fields.written())
    assert read == fields
    assert read.itwin.beside == "PA-001"
    disabled = TimerFields.read(fields.written() | {"enabled": "no"})
    assert disabled is not None
    assert not disabled.timer.enabled


def test_what_is_missing_is_empty() -> None:
    read = TimerFields.read({"itwin": ITWIN, "timer": TIMER})
    assert read == TimerFields(ITwin(ITWIN, ""), Timer(TIMER, "", "", "", enabled=False))


def test_both_ids_are_needed() -> None:
    assert TimerFields.read({}) is None
    assert TimerFields.read({"itwin": ITWIN}) is None
    assert TimerFields.read({"timer": TIMER}) is None
    assert TimerFields.read({"itwin": ITWIN, "timer": "XXXX"}) is None


def test_long_names_are_cut_so_that_they_fit_into_metadata() -> None:
    fields = TimerFields(ITwin(ITWIN, "x" * 999), Timer(TIMER, "y" * 999, "", "", enabled=True))
    assert max(map(len, fields.written().values())) == NAME
