"""Folding: which spellings are of one name, and which are not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.folding import alike, folded, guid_typed, readings, spellings

GUID = "6172e54b-45eb-5ff1-829a-df7b4fcdae2c"
HEX = GUID.replace("-", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SAP Work Orders", "sap  work orders"),
        ("Brücke", "BRUCKE"),
        ("Crème brûlée", "creme brulee"),
        ("São Paulo – Año", "sao paulo - ano"),
        ("e\u0301t\u00e9", "\u00e9te\u0301"),  # composed and decomposed
        ("ﬁne", "fine"),
        # Umlauts, both ways.
        ("Bäume", "Baeume"),
        ("Bäume", "Baume"),
        ("BÄUME", "baeume"),
        ("Öl für Müller", "Oel fuer Mueller"),
        ("Öl für Müller", "Ol fur Muller"),
        ("Müller Öl", "Mueller Öl"),
        ("Bauüberwachung", "Bauueberwachung"),
        ("Straße", "STRASSE"),
        ("STRAẞE", "strasse"),
        # Letters that have no decomposition.
        ("Ærø", "Aero"),
        ("Ærø", "AEROE"),
        ("Sørensen", "Sorensen"),
        ("Sørensen", "Soerensen"),
        ("Århus", "Aarhus"),
        ("Århus", "Arhus"),
        ("Łódź", "Lodz"),
        ("Œuvre", "oeuvre"),
        ("Đà Nẵng", "Da Nang"),
        ("Þórður", "Thordur"),
        ("ılık", "ilik"),
        ("İstanbul", "istanbul"),
        # Dashes.
        *(("A-B", f"A{dash}B") for dash in "‐‑‒–—―−﹘﹣－⁃➖⸺"),
        ("A - B", "A – B"),
        ("A--B", "A—B"),
        # Quotes and apostrophes.
        *(('the "old" mill', f"the {one}old{two} mill") for one, two in ("“”", "„“", "«»", "＂＂")),
        *(("Bob's", f"Bob{mark}s") for mark in "’‘ʼ′´`＇‛"),
        ('Pipe 5"', "Pipe 5″"),
        ('Pipe 5"', "Pipe 5''"),
        # Digits.
        ("Bridge 017", "Bridge ０１７"),
        ("Bridge 017", "Bridge ٠١٧"),
        ("Bridge 017", "Bridge ۰۱۷"),
        ("Bridge 017", "Bridge ०१७"),
        ("SAP", "ＳＡＰ"),
        # What cannot be seen, and blanks.
        ("ab", "a\u200bb"),
        ("ab", "\u202ea\u00adb\ufeff"),
        ("⚙ ab", "⚙\ufe0f ab"),
        ("ab", "a\u3164b\u034f"),
        ("a b", "a\u00a0b"),
        ("a b", " a\u3000\t b\n"),
        ("…", "..."),
        # Ids.
        (GUID, GUID.upper()),
        (GUID, f"{{{GUID.upper()}}}"),
        (GUID, HEX),
        (GUID, f"({HEX.upper()})"),
        (GUID, f"urn:uuid:{GUID}"),
        (GUID, GUID.replace("-", "–")),
        # Slack's names of emoji.
        (":rocket: Deploy", ":Rocket:  deploy"),
        ("🚀 Deploy", "🚀 deploy"),
    ],
)
def test_spellings_of_one_name_are_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-B", "A B"),
        ("A-B", "AB"),
        ("A_B", "A-B"),
        ("A.B", "AB"),
        ("Blue", "Blu"),
        ("Baume", "Baeume"),
        ("Bauer", "Baur"),
        ("Muller", "Mueller"),
        ("Pipe 5'", 'Pipe 5"'),
        ("かき", "がき"),  # another letter, not an accent
        ("Plant A", "Plant А"),  # the second is a Cyrillic letter
        ("SAP", "*SAP*"),
        ("", "\u200b"),
        ("", ""),
        ("SAP", ""),
        (GUID, HEX[:-1]),
        (":rocket: Deploy", "🚀 Deploy"),
    ],
)
def test_other_names_are_not_alike(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)


# Letters of every kind that folding treats in a way of its own, many at once.
TEXTS = st.text(max_size=30) | st.text(
    "aäeöuüøåæßŁıÉé\u0301\u0308-–—'’\"“” `*_~９٣\u200bＡ", max_size=12
)


@given(TEXTS)
@example("´")
@example("`´''")
@example("\u0345\u03b1\u0313")
def test_folding_again_changes_nothing(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert spellings(text)[0] == once
    assert all(folded(form) == form for form in spellings(text))


@pytest.mark.deep
def test_folding_any_character_again_changes_nothing() -> None:
    for code in range(0x110000):
        once = folded(f"a{chr(code)}b")
        assert folded(once) == once, hex(code)


@given(TEXTS, TEXTS)
def test_being_alike_is_symmetric(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert alike(one, one) == bool(folded(one))
    assert not (folded(one) and folded(one) == folded(other)) or alike(one, other)


@given(TEXTS)
def test_case_blanks_and_invisible_characters_do_not_count(text: str) -> None:
    for other in (text.casefold(), f" \u200b{text}\n", text.replace(" ", "\u00a0 ")):
        assert folded(other) == folded(text)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("plant-a", ("plant-a",)),
        ("*plant-a*", ("*plant-a*", "plant-a")),
        ("_plant-a_", ("_plant-a_", "plant-a")),
        ("~plant-a~", ("~plant-a~", "plant-a")),
        ("`plant-a`", ("`plant-a`", "plant-a")),
        ("```x```", ("```x```", "``x``", "`x`", "x")),
        ("*_plant-a_*", ("*_plant-a_*", "_plant-a_", "plant-a")),
        ("*“ plant-a ”*", ("*“ plant-a ”*", "“ plant-a ”", "plant-a")),
        ("‹plant-a›", ("‹plant-a›", "plant-a")),
        ("「plant-a」", ("「plant-a」", "plant-a")),
        ("*plant-a_", ("*plant-a_",)),
        ("*plant*-a", ("*plant*-a",)),
        (":rocket:", (":rocket:",)),
        ("", ()),
        (" \u200b", ()),
        ("*\u200b*", ("*\u200b*",)),
        ("**", ("**",)),
    ],
)
def test_what_a_typed_name_may_be(typed: str, found: tuple[str, ...]) -> None:
    assert readings(typed) == found


@pytest.mark.parametrize(
    ("typed", "guid"),
    [
        (GUID, GUID),
        (GUID.upper(), GUID),
        (HEX, GUID),
        (f"{{{GUID}}}", GUID),
        (f"`{{{HEX.upper()}}}`", GUID),
        (f"https://portal.example/itwins/{GUID}/view", GUID),
        (f"<https://portal.example/{GUID.upper()}|here>", GUID),
        (GUID[:-1], None),
        (f"x{GUID}", None),
        (f"plant {GUID}", None),
        ("https://portal.example/", None),
        ("", None),
    ],
)
def test_a_typed_id(typed: str, guid: str | None) -> None:
    assert guid_typed(typed) == guid
