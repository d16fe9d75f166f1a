"""What stands beside the names of iTwins and timers that others have too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.matching import Unique, match_name
from bot.core.names import ITwinId, TimerId
from bot.core.timers import ITwin, Timer, distinct_itwins, distinct_timers, itwin_alone

FIRST, SECOND = ITwinId("11111111-aaaa"), ITwinId("22222222-bbbb")
NAMES = st.sampled_from(["North", "north ", "South", ""])
NUMBERS = st.sampled_from(["N-1", "N-2", ""])


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (("North", "N-1"), ("South", "N-2"), ["North", "South"]),
        (("North", "N-1"), ("North", "N-2"), ["North (N-1)", "North (N-2)"]),
        (("North", "N-1"), ("north", "N-2"), ["North (N-1)", "north (N-2)"]),
        (("North", "N-1"), ("North", ""), ["North (N-1)", "North (22222222)"]),
        (("North", "N-1"), ("North", "N-1"), ["North (11111111)", "North (22222222)"]),
        (("North", ""), ("North", ""), ["North (11111111)", "North (22222222)"]),
        (("North", "North"), ("North", "N-2"), ["North (11111111)", "North (N-2)"]),
        (("", "N-1"), ("", "N-2"), ["N-1", "N-2"]),
        (("N-2", "N-1"), ("North", "N-2"), ["N-2 (N-1)", "North"]),  # it is the other's number
        (("North", "N-2"), ("North", "n-2"), ["North (11111111)", "North (22222222)"]),
        (("North", "N-2"), ("North", "N-2\u200b"), ["North (11111111)", "North (22222222)"]),
        (("North", "\u200b"), ("North", "N-2"), ["North (11111111)", "North (N-2)"]),
        (("Bäume", "N-1"), ("Baeume", "N-2"), ["Bäume (N-1)", "Baeume (N-2)"]),
        (("North–1", "N-1"), ("North-1", "N-2"), ["North–1 (N-1)", "North-1 (N-2)"]),
        (("\u200b", "N-1"), ("North", "N-2"), ["\u200b (N-1)", "North"]),  # nobody can type it
        ((32 * "A", "N-1"), ("North", "N-2"), [f"{32 * 'A'} (N-1)", "North"]),  # read as an id
    ],
)
def test_itwins(one: tuple[str, str], other: tuple[str, str], shown: list[str]) -> None:
    both = distinct_itwins([ITwin(FIRST, *one), ITwin(SECOND, *other)])
    assert [itwin.distinct for itwin in both] == shown


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (("SAP", "P1"), ("SQL", "P1"), ["SAP", "SQL"]),
        (("SAP", "P1"), ("sap", "P2"), ["SAP (P1)", "sap (P2)"]),
        (("SAP", "P1"), ("SAP", "P1"), ["SAP (11111111)", "SAP (22222222)"]),
        (("SAP", ""), ("SAP", "P1"), ["SAP (11111111)", "SAP (P1)"]),
        (("", "P1"), ("P1", "P2"), ["P1 (11111111)", "P1 (P2)"]),
        (("SAP", "P1"), ("SQL", "SAP"), ["SAP (P1)", "SQL"]),  # it is the other's package
    ],
)
def test_timers(one: tuple[str, str], other: tuple[str, str], shown: list[str]) -> None:
    timers = [
        Timer(TimerId(identity), name, package, "", enabled=True)
        for identity, (name, package) in ((FIRST, one), (SECOND, other))
    ]
    assert [timer.distinct for timer in distinct_timers(timers)] == shown


@given(st.lists(st.tuples(NAMES, NUMBERS), max_size=6))
def test_no_two_itwins_of_a_list_read_alike(rows: list[tuple[str, str]]) -> None:
    itwins = [ITwin(ITwinId(f"{n:08d}-"), *row) for n, row in enumerate(rows)]
    told = [one.distinct for one in distinct_itwins(itwins)]
    assert len(set(told)) == len(told)


def test_an_itwin_read_by_itself_is_unique_only_if_the_known_ones_say_so() -> None:
    north = ITwin(FIRST, "North", "N-1")
    assert itwin_alone(north).distinct == "North (N-1)"
    assert itwin_alone(ITwin(FIRST, "North")).distinct == "North (11111111)"
    alone = distinct_itwins([north, ITwin(SECOND, "South")])
    assert itwin_alone(north, alone).distinct == "North"
    both = distinct_itwins([north, ITwin(SECOND, "North")])
    assert itwin_alone(north, both).distinct == "North (N-1)"
    renamed = ITwin(FIRST, "South", "N-1")
    assert itwin_alone(renamed, alone).distinct == "South (N-1)", "it was renamed since"


NAMED = st.sampled_from(
    [
        "North",
        "N-1",
        "north",
        "n-1 ",
        "",
        FIRST,
        "N-1\u200b",
        "Bäu",
        "Baeu",
        "bau",
        "`N-1`",
        "\u200b",
    ]
)


@given(st.lists(st.tuples(NAMED, NAMED), max_size=5))
def test_what_is_to_be_typed_fits_that_one_alone(rows: list[tuple[str, str]]) -> None:
    itwins = [ITwin(ITwinId(f"{n:08d}-"), *row) for n, row in enumerate(rows)]
    for one in distinct_itwins(itwins):
        match = match_name(one.typed, itwins, ITwin.names)
        assert isinstance(match, Unique)
        assert match.whole
        assert match.thing == one


@given(st.lists(st.tuples(NAMED, NAMED), max_size=5))
def test_what_is_to_be_typed_fits_that_timer_alone(rows: list[tuple[str, str]]) -> None:
    timers = [Timer(TimerId(f"{n:08d}-"), *row, "", enabled=True) for n, row in enumerate(rows)]
    for one in distinct_timers(timers):
        match = match_name(one.typed, timers, Timer.names)
        assert isinstance(match, Unique)
        assert match.whole
        assert match.thing == one


def test_what_is_to_be_typed_means_one() -> None:
    one, other = distinct_itwins([ITwin(FIRST, "North", "N-1"), ITwin(SECOND, "North")])
    assert (one.typed, other.typed) == ("N-1", SECOND)
    assert ITwin(FIRST, "North", "N-1").typed == "North"
    timer = Timer(TimerId("t"), "SAP", "P1", "", enabled=True)
    assert timer.typed == "SAP"
    assert distinct_timers([timer, timer])[0].typed == "t"


@given(st.text(max_size=300), st.text(max_size=300), st.integers(10, 150))
def test_a_title_keeps_its_limit(name: str, beside: str, limit: int) -> None:
    shown = ITwin(FIRST, name, beside=beside).title(limit)
    assert len(shown.encode("utf-16-le")) // 2 <= limit
    assert shown.isprintable()


def test_a_long_name_is_cut_and_not_what_tells_it_apart() -> None:
    shown = ITwin(FIRST, "x" * 300, beside="N-1").title(60)
    assert shown.endswith("… (N-1)")
    assert len(shown) == 60
