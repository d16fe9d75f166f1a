"""Phrases: their canonical form, and which words begin or are an end."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.errors import InvalidCommand
from bot.core.language.phrases import (
    LONGEST,
    opens_end,
    parse_phrase,
    reads_as_end,
    with_opener,
)
from bot.core.language.tokens import tokenize


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("Until  Monday 08:00", "until monday 08:00"),
        ("UNTIL\u00a0MONDAY\t08:00", "until monday 08:00"),
        ("'til 8am", "til 8am"),
        ("’til 8am", "til 8am"),
        ("—until monday 08:00", "until monday 08:00"),
        ("--for 3 days", "for 3 days"),
        ("- until monday", "until monday"),
        ("(until monday 08:00)", "until monday 08:00"),
        ("until: monday 08:00", "until monday 08:00"),
        ("until monday 08:00.", "until monday 08:00"),
        ("until monday 08:00!!", "until monday 08:00"),
        ("until 8 a.m.", "until 8 a.m"),
        ("until 8 o’clock", "until 8 oclock"),
        ("until *monday* _08:00_", "until monday 08:00"),
        ("until `monday 08:00`", "until monday 08:00"),
        ('until "monday 08:00"', "until monday 08:00"),
        ("until １８：３０", "until 18:30"),
        ("until ٠٨:٣٠", "until 08:30"),
        ("for 3–4 days", "for 3-4 days"),
        ("for −3 days", "for -3 days"),
        ("for 1½ hours", "for 1.5 hours"),
        ("for ½ hour", "for 0.5 hour"),
        ("until\u200b monday", "until monday"),
        ("for 3 M", "for 3 M"),
        ("FOR 3M", "for 3M"),
        ("for 1H 30 M", "for 1h 30 m"),
        ("until 8 PM", "until 8 pm"),
        ("until märz", "until märz"),
    ],
)
def test_the_canonical_form(typed: str, phrase: str) -> None:
    assert parse_phrase("disable", typed) == phrase
    assert parse_phrase("disable", phrase) == phrase


@given(st.text(max_size=80) | st.text("until for MhH.,!-–—'’\"“_*½ 3٣３:([", max_size=40))
@example("- (- until x")
@example("for ½½ M")
def test_a_phrase_is_its_own_canonical_form(typed: str) -> None:
    try:
        phrase = parse_phrase("disable", typed)
    except InvalidCommand:
        return
    assert parse_phrase("extend", phrase) == phrase
    # It stands in the text of a command, unquoted.
    assert " ".join(token.text for token in tokenize(phrase)) == phrase
    assert all(token.bare for token in tokenize(phrase))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "the time is missing"),
        ("...", "the time is missing"),
        ("until", "the time after “until” is missing"),
        ("for ", "the time after “for” is missing"),
        ("until <!here>", "“until <!here>” is no time"),
        ("until monday because x", "“until monday because x” is no time"),
        (f"until {'x' * LONGEST}", f"an end has at most {LONGEST} characters"),
    ],
)
def test_what_cannot_be_a_phrase_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidCommand) as refused:
        parse_phrase("extend", typed)
    assert (refused.value.reason, refused.value.verb) == (reason, "extend")


OPENS = (
    "until monday | till monday 08:00 | 'til 8am | —until x | --for 3 days | until sap is back | "
    "until | Until: 8am | untill monday | unitl 8am | for 3 days | for an hour | for good | "
    "for thirteen days | for the weekend | for half an hour | for about 3 days | for 3 plants | "
    "for -3 days | for 2 more runs | for the next 3 runs | for ever | for a while | for now | "
    "in 2 hours | by monday 08:00 | over the weekend | through friday | within 2h | "
    "for 3 days because SAP is down | in 2 hours because of it"
)
OPENS_NOT = (
    "for | for customers | for a customer | for the plant | in progress | in plant 2 | in 5 | "
    "by vendor | over all | through the valve | monday | 3 days | util report | forward | "
    "materials | to 2 h of data | in 2 hours of data | nightly | - | by 2"
)


@pytest.mark.parametrize("words", OPENS.split(" | "))
def test_words_that_begin_an_end(words: str) -> None:
    assert opens_end(words.split())


@pytest.mark.parametrize("words", OPENS_NOT.split(" | "))
def test_words_that_do_not(words: str) -> None:
    assert not opens_end(words.split())


READS = (
    "until monday | monday 08:00 | 3 days | tomorrow 8am | for 90 | until 8 | 8am | 08:00 | "
    "2026-12-05 | "
    "half an hour | the weekend | next week | tonight | forever | until further notice | "
    "2 runs | until 13pm | until 31 november | until yesterday | for -3 days | for 30 seconds | "
    "for 3 days until monday | until 8 | in 2 hours | untill monday | until tomorow 08:00"
)
READS_NOT = (
    "until sap is back | until later | bis montag 08:00 | for customers | SAP | 8 | 90 | 2026 | "
    "12.5 | 1.2 | eod | sun | in 5 | work orders | because | the audit | SAP is down | | until"
)


@pytest.mark.parametrize("text", READS.split(" | "))
def test_what_has_the_form_of_an_end(text: str) -> None:
    assert reads_as_end(text)


@pytest.mark.parametrize("text", READS_NOT.split(" | "))
def test_what_has_not(text: str) -> None:
    assert not reads_as_end(text)


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("3 days", "for 3 days"),
        ("8h", "for 8h"),
        ("2 runs", "for 2 runs"),
        ("good", "for good"),
        ("half an hour", "for half an hour"),
        ("a couple of days", "for a couple of days"),
        ("monday 08:00", "until monday 08:00"),
        ("4:30", "until 4:30"),
        ("8", "until 8"),
        ("whenever", "until whenever"),
        ("in 2 hours", "in 2 hours"),
        ("untill monday", "untill monday"),
        ("for 3 days", "for 3 days"),
        ("till 8am", "till 8am"),
    ],
)
def test_the_opener_that_a_form_lacks(typed: str, phrase: str) -> None:
    assert with_opener(parse_phrase("disable", typed)) == phrase


HOSTILE = [
    *(f"until {word * 60}" for word in ("1 ", "1:", "1.", "8am ", "a", "- ", "at ", ", ", "'")),
    *(f"for {word * 40}" for word in ("1h", "1 day ", "1 and ", "for ", "a ", "half ", "1/2 ")),
    *(f"{word * 200}" for word in ("until ", "monday ", "—", "½", "\u200b", "9", "th", "the ")),
]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_answered(typed: str) -> None:
    reads_as_end(typed)
    opens_end(typed.split())
    with_opener(typed[:LONGEST])
