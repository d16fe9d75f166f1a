"""Matching: a typed name finds what it names, and nothing else."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.folding import alike, folded, readings, spellings
from bot.core.matching import (
    Ambiguous,
    Match,
    Names,
    NoMatch,
    Unique,
    is_pattern,
    match_name,
    match_pattern,
    whole_matches,
)
from bot.core.names import ITwinId, TimerId
from bot.core.timers import ITwin, Timer

GUID = "6172e54b-45eb-5ff1-829a-df7b4fcdae2c"


def match(wanted: str, *things: Names) -> Match[Names]:
    return match_name(wanted, things, lambda names: names)


def named(name: str, package: str = "", number: str = "") -> Names:
    """Return names with an id that no other has."""
    key = f"{name}/{package}/{number}"
    return Names(str(uuid.uuid5(uuid.NAMESPACE_URL, key)), number, name, package)


PLANT, PLANT_A, PLANT_B, BRIDGE = map(named, ("plant", "plant-a", "plant-b", "bridge"))


def test_a_whole_name_goes_before_a_part() -> None:
    things = (PLANT_A, PLANT, PLANT_B, BRIDGE)
    assert match("PLANT", *things) == Unique(PLANT, whole=True)
    assert match("plant-", *things) == Ambiguous((PLANT_A, PLANT_B), whole=False)
    assert match("idg", *things) == Unique(BRIDGE, whole=False)
    assert match("brigde", *things) == NoMatch((BRIDGE,))


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\u200b\u3164\n", "\ufe0f"])
def test_what_cannot_be_seen_names_nothing(typed: str) -> None:
    assert match(typed, PLANT, named("\u200b"), named(typed), named("")) == NoMatch(())
    assert whole_matches(typed, [named(typed)], lambda names: names) == ()


def test_a_name_as_typed_goes_before_one_that_folds_alike() -> None:
    one, other, third = named("Müller"), named("muller"), named("Mueller")
    assert match("muller", one, other) == Unique(other, whole=True)
    assert match("Müller", one, other) == Unique(one, whole=True)
    assert match("MULLER", one, other) == Ambiguous((one, other), whole=True)
    assert match("mueller", one, other) == Unique(one, whole=True)
    assert match("mueller", one, other, third) == Ambiguous((one, third), whole=True)
    again = Names(GUID, name="muller")
    assert match("muller", one, other, again) == Ambiguous((other, again), whole=True)


@pytest.mark.parametrize("typed", ["A0", "a1b2", "PA-00", "00001", GUID[:8], GUID[9:13], GUID[1:]])
def test_a_part_of_an_id_or_a_number_finds_nothing(typed: str) -> None:
    thing = Names("a1b2c3d4-00a0-4000-8000-00000000000a", number="PA-00001", name="plant")
    other = Names(GUID, number="A01", name="bridge")
    assert isinstance(match(typed, thing, other), NoMatch)


def test_an_id_a_number_and_an_address_find_it_whole() -> None:
    thing, other = Names(GUID, "PA-001", "plant"), named("bridge", number="PA-002")
    hexadecimal = GUID.replace("-", "")
    for typed in (
        *(GUID, GUID.upper(), hexadecimal, f"{{{GUID}}}", f"`{hexadecimal.upper()}`"),
        *("PA-001", "pa–001", "ＰＡ-００１"),
        f"https://portal.example/itwins/{uuid.uuid4()}/timers/{GUID.upper()}?x=1",
        f"<https://portal.example/{GUID}|here>",
    ):
        assert match(typed, other, thing) == Unique(thing, whole=True), typed


def test_a_name_goes_before_a_package() -> None:
    orders = named("SAP work orders", "SAP_WORK_ORDERS")
    weekend = named("Weekend orders", "SAP_WORK_ORDERS")
    month = named("Month end", "SAP_CLOSING")
    things = (orders, weekend, month)
    assert match("SAP", *things) == Unique(orders, whole=False)
    assert match("SAP_C", *things) == Unique(month, whole=False)
    assert match("sap_", *things) == Ambiguous(things, whole=False)


def test_a_package_that_one_has_is_a_whole_name() -> None:
    orders = named("SAP work orders", "SAP_WORK_ORDERS")
    weekend = named("Weekend orders", "SAP_WORK_ORDERS")
    month = named("Month end", "SAP_CLOSING")
    named_so = named("SAP_closing", "X")
    assert match("sap_closing", orders, month) == Unique(month, whole=True)
    assert match("SAP_WORK_ORDERS", orders, weekend) == Ambiguous((orders, weekend), whole=False)
    assert match("SAP_CLOSING", month, named_so) == Ambiguous((month, named_so), whole=True)
    assert match("SAP_closing", month, named_so) == Unique(named_so, whole=True)
    both = named("SAP", "SAP")
    assert match("sap", both, month) == Unique(both, whole=True)


@pytest.mark.parametrize(
    "typed",
    ["*Deploy*", "_deploy_", "~Deploy~", "`Deploy`", "```Deploy```", "*_Deploy_*", "“Deploy”"],
)
def test_what_slack_puts_around_a_name_is_taken_off(typed: str) -> None:
    deploy, other = named("Deploy"), named("Deploy later")
    assert match(typed, other, deploy) == Unique(deploy, whole=True)
    holding = named(typed)
    assert match(typed, deploy, holding) == Unique(holding, whole=True)
    within = named(f"{typed} now")
    assert match(typed, deploy, within) == Unique(deploy, whole=True), "whole before a part"
    assert match(typed, other, within) == Unique(within, whole=False), "as typed before without"


def test_the_name_of_an_emoji_is_a_part_like_any_other() -> None:
    rocket, deploy = named(":rocket: Deploy"), named("Deploy")
    assert match(":rocket: Deploy", rocket, deploy) == Unique(rocket, whole=True)
    assert match(":rocket:", rocket, deploy) == Unique(rocket, whole=False)


def test_a_part_is_found_in_each_spelling() -> None:
    trees, other = named("Alle Bäume der Straße"), named("Baum")
    for typed in ("Bäume", "baeume", "baume", "STRASSE", "der  straße"):
        assert match(typed, trees, other) == Unique(trees, whole=False), typed
    written_out = named("Alle Baeume")
    assert match("Bäume", written_out, other) == Unique(written_out, whole=False)


def test_all_matches_are_returned_in_their_order() -> None:
    things = tuple(named(f"Timer {number}") for number in range(300))
    assert match("timer", *things) == Ambiguous(things, whole=False)


def test_the_nearest_names_come_best_first() -> None:
    things = [named(name) for name in ("SAP work orders", "SAP materials", "Maximo", "SAP orders")]
    found = match("SAP wrk ordres", *things)
    assert found == NoMatch((things[0], things[3]))
    by_package = named("x", "MAXIMO_ASSETS")
    assert match("MAXIMO_ASETS", by_package, BRIDGE) == NoMatch((by_package,))
    by_number = named("x", number="PA-0017")
    assert match("PA-0O17", by_number, BRIDGE) == NoMatch((by_number,))
    assert match(GUID[:-1], Names(GUID, name="x"), BRIDGE) == NoMatch(()), "never by an id"
    assert match("zzzz", *things) == NoMatch(())
    alike_names = [named(f"Timer {number:04d}") for number in range(2_000)]
    assert match("Tmer 0001", *alike_names).nearest[0] == alike_names[1]  # type: ignore[union-attr]


# Properties

WORDS = st.sampled_from(["SAP", "work", "orders", "Bäume", "A0", "*x*", "–", "Straße", "“q”", "01"])
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join) | st.text(max_size=12)
THINGS = st.lists(
    st.builds(Names, st.uuids().map(str), TEXTS, TEXTS, TEXTS), min_size=1, max_size=8
)


@given(THINGS)
def test_a_thing_is_always_found_by_its_name_number_and_id(things: list[Names]) -> None:
    for thing in things:
        for typed in (thing.id, thing.number, thing.name):
            assume(folded(typed))
            found = whole_matches(typed, things, lambda names: names)
            assert thing in found, typed
            assert all(typed in one[:3] for one in found), "as typed goes first"


@given(THINGS, st.data())
def test_a_part_of_an_id_never_finds(things: list[Names], data: st.DataObject) -> None:
    thing = data.draw(st.sampled_from(things))
    start = data.draw(st.integers(0, 34))
    part = thing.id[start : data.draw(st.integers(start + 1, 35))]
    assume(len(part) > 1 and not any(part in folded(one) for names in things for one in names[1:]))
    assert isinstance(match(part, *things), NoMatch)


@given(THINGS, TEXTS)
def test_a_result_holds_what_it_says(things: list[Names], typed: str) -> None:
    whole = whole_matches(typed, things, lambda names: names)
    match match_name(typed, things, lambda names: names):
        case Unique(thing, whole=True):
            assert whole == (thing,)
            assert is_named(typed, thing, things)
        case Ambiguous(several, whole=True):
            assert whole == several
            assert all(is_named(typed, one, things) for one in several)
        case Unique(thing, whole=False):
            assert not whole
            assert holds(typed, thing)
        case Ambiguous(several, whole=False):
            assert not whole
            assert all(holds(typed, one) for one in several)
        case NoMatch(nearest):
            assert not whole
            assert not any(holds(typed, one) for one in things)
            assert len(nearest) <= 3


def is_named(typed: str, thing: Names, things: list[Names]) -> bool:
    """Tell, in the plainest way, whether typed is a whole name of the thing."""
    names = [thing.id, thing.number, thing.name]
    for one in readings(typed):
        if any(alike(one, name) for name in names):
            return True
        if alike(one, thing.package):
            return sum(alike(one, other.package) for other in things) == 1
        if "://" in one and thing.id in one.lower():
            return True
    return False


def holds(typed: str, thing: Names) -> bool:
    """Tell, in the plainest way, whether typed is a part of the thing's name or package."""
    return any(
        part in text
        for one in readings(typed)
        for part in spellings(one)
        for name in thing[2:]
        for text in spellings(name)
    )


# Random iTwins


@dataclass(frozen=True, slots=True)
class Place:
    """An iTwin and its timers."""

    itwin: ITwin
    timers: tuple[Timer, ...]


NOUNS = ("SAP", "Maximo", "Bäume", "Straße", "Pump", "A0", "Łódź", "Sørensen", "*bold*", "Müller")
LINKS = (" ", "-", " – ", "_", " & ", ": ")


def random_name(dice: random.Random) -> str:
    words = [dice.choice(NOUNS) for _ in range(dice.randint(1, 3))]
    name = words[0] + "".join(dice.choice(LINKS) + word for word in words[1:])
    return dice.choice((name, name.upper(), name.lower(), f"{name} {dice.randint(0, 40):03d}", ""))


def random_place(dice: random.Random) -> Place:
    def identity() -> str:
        return str(uuid.UUID(int=dice.getrandbits(128)))

    timers = tuple(
        Timer(
            TimerId(identity()),
            random_name(dice),
            dice.choice(("SAP_ORDERS", "MAXIMO", "SQL", random_name(dice))),
            "",
            enabled=True,
        )
        for _ in range(dice.randint(1, 50))
    )
    number = dice.choice(("", f"PA-{dice.randint(0, 99):03d}"))
    return Place(ITwin(ITwinId(identity()), random_name(dice), number), timers)


def random_needle(dice: random.Random, names: Names) -> str:
    """Return something that a person may type for a thing: a name, a part, or something near."""
    text = dice.choice([name for name in names if name])
    start, end = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
    changes: tuple[Callable[[str], str], ...] = (
        str,
        str.upper,
        lambda one: one[start:end],
        lambda one: one[:3],
        lambda one: f"*{one}*",
        lambda one: f"`{one}`",
        lambda one: one.replace("-", "–").replace("ä", "ae").replace("ü", "u"),
        lambda one: one.replace("-", ""),
        lambda one: one[:start] + one[start + 1 :],
        lambda one: f"{one} {dice.choice(NOUNS)}",
        lambda one: f"\u200b {one}  ",
        lambda _: dice.choice(NOUNS),
    )
    return dice.choice(changes)(text)


@pytest.mark.parametrize("seed", range(4))
def test_only_a_whole_name_counts_as_one(seed: int) -> None:
    typed_at_places(random.Random(seed), places=25, needles=20)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 120))
def test_only_a_whole_name_counts_as_one_in_2000_itwins(seed: int) -> None:
    typed_at_places(random.Random(seed), places=100, needles=200)


def typed_at_places(dice: random.Random, places: int, needles: int) -> None:
    every = [random_place(dice) for _ in range(places)]
    itwins = [place.itwin for place in every]
    itwin_names = [one.names() for one in itwins]
    counts: dict[str, int] = {}
    for place in every:
        names = [one.names() for one in place.timers]
        for _ in range(needles):
            typed = random_needle(dice, dice.choice(names))
            result = match_name(typed, place.timers, Timer.names)
            kind = f"{type(result).__name__} {getattr(result, 'whole', '')}"
            counts[kind] = counts.get(kind, 0) + 1
            if isinstance(result, Unique) and result.whole:
                assert is_named(typed, result.thing.names(), names), (typed, result)
        typed = random_needle(dice, place.itwin.names())
        found = match_name(typed, itwins, ITwin.names)
        if isinstance(found, Unique) and found.whole:
            assert is_named(typed, found.thing.names(), itwin_names), (typed, found)
    assert len(counts) == 5, counts  # each kind of result occurred


# Patterns


@pytest.mark.parametrize(
    ("pattern", "label", "fits"),
    [
        ("SAP*", "SAP work orders", True),
        ("sap*", "SAP work orders", True),
        ("SAP*", "My SAP", False),
        ("*orders", "SAP work orders", True),
        ("*orders", "orders of SAP", False),
        ("*work*", "SAP work orders", True),
        ("SAP*orders", "SAP work orders", True),
        ("SAP*orders", "SAP orders", True),
        ("SAP *", "SAPX", False),
        ("ab*ba", "aba", False),
        ("a*b*c", "a c b", False),
        ("a*b*b", "ab", False),
        ("*", "anything", True),
        ("Bäu*", "Baeume", True),
        ("Baeu*", "Bäume", True),
        ("SAP＊", "SAP work orders", True),
    ],
)
def test_a_pattern_fits_a_label_from_beginning_to_end(pattern: str, label: str, fits: bool) -> None:
    assert is_pattern(pattern)
    assert match_pattern(pattern, [label], str) == ((label,) if fits else ())


@pytest.mark.parametrize("name", ["SAP", "SAP?", "", "a.c"])
def test_what_has_no_star_is_no_pattern(name: str) -> None:
    assert not is_pattern(name)
