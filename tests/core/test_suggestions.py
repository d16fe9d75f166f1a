"""Options of selects: every match can be found, in a fixed order, within Slack's limits."""

import random
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.folding import folded
from bot.core.names import ITwinId, TimerId
from bot.core.suggestions import (
    MOST,
    OptionPage,
    itwin_options,
    option_list_of_itwins,
    option_list_of_timers,
    timer_options,
)
from bot.core.timers import ITwin, Timer
from bot.slack.views import options as views

# What names may hold: nothing visible, bidirectional marks, emoji, markup, quotes.
HOSTILE = st.text(max_size=300) | st.sampled_from(
    [
        "",
        " ",
        "\n",
        "\u200b",
        "\u202eevil",
        "🏗" * 200,
        "ß" * 90,
        "<!channel>",
        "*x* `y`",
        "a\nb",
        "“q”",
    ]
)


def guid(number: int) -> str:
    return str(uuid.UUID(int=number))


def itwin(number: int, name: str, code: str = "") -> ITwin:
    return ITwin(ITwinId(guid(number)), name, code)


def timer(number: int, name: str, package: str = "", *, enabled: bool = True) -> Timer:
    return Timer(TimerId(guid(number)), name, package, "0 2 * * *", enabled)


def shown(page: OptionPage) -> list[str]:
    return [entry.name for group in page.groups for entry in group.entries]


NAMES = ["Pump", "Old pump", "Pumping station", "Bilgepump", "pump", "SAP-pump house", "Sump"]


def test_whole_names_come_first_then_beginnings_words_and_parts() -> None:
    index = option_list_of_itwins(0.0, "me", [itwin(n, name) for n, name in enumerate(NAMES)])
    names_found = shown(itwin_options(index, "PÚMP"))
    assert names_found[:2] == ["Pump", "pump"]
    assert names_found[2:] == ["Pumping station", "Old pump", "SAP-pump house", "Bilgepump"]


def test_whole_names_then_favorites_then_recents_then_the_rest() -> None:
    itwins = [itwin(n, name) for n, name in enumerate(NAMES)]
    index = option_list_of_itwins(0.0, "me", itwins, [itwins[3], itwins[5]], [itwins[1], itwins[3]])
    names_found = shown(itwin_options(index, "pump"))
    assert names_found == [
        *("Pump", "pump", "SAP-pump house", "Bilgepump", "Old pump", "Pumping station"),
    ]
    nothing_typed = itwin_options(index, " ")
    assert [(group.name, len(group.entries)) for group in nothing_typed.groups] == [
        ("favorites", 2),
        ("recents", 1),
        ("all", 4),
    ]


def test_a_favorite_missing_from_the_list_is_offered() -> None:
    index = option_list_of_itwins(0.0, "me", [itwin(1, "One")], [itwin(2, "Two")], [])
    assert shown(itwin_options(index, "")) == ["Two", "One"]
    assert shown(itwin_options(index, "two")) == ["Two"]


def test_umlauts_are_found_as_they_are_and_written_out() -> None:
    index = option_list_of_timers(
        0.0,
        "me",
        [timer(1, "Bäume"), timer(2, "Baeume fällen"), timer(3, "Alle Bäume"), timer(4, "x")],
    )
    assert shown(timer_options(index, "bäume")) == ["Bäume", "Baeume fällen", "Alle Bäume"]
    assert shown(timer_options(index, "BAEUME")) == ["Bäume", "Baeume fällen", "Alle Bäume"]
    assert shown(timer_options(index, "baume")) == ["Bäume", "Alle Bäume"]
    assert shown(timer_options(index, "faellen baeume")) == ["Baeume fällen"]


def test_ids_and_addresses_match_their_timer() -> None:
    index = option_list_of_timers(0.0, "me", [timer(n, f"Timer {n}") for n in range(20)])
    for typed in (
        guid(7),
        guid(7).upper(),
        guid(7).replace("-", ""),
        f"https://somewhere.example/timers/{guid(7)}",
    ):
        assert shown(timer_options(index, typed)) == ["Timer 7"]
    assert shown(timer_options(index, guid(99))) == []


def test_a_timer_without_a_guid_is_not_offered() -> None:
    odd = Timer(TimerId("../../users"), "Odd", "", "", enabled=True)
    assert timer_options(option_list_of_timers(0.0, "me", [odd]), "").known == 0


def test_disabled_timers_come_first_and_are_marked() -> None:
    timers = [timer(1, "B"), timer(2, "C", enabled=False), timer(3, "A"), timer(4, "", "SAP_X")]
    page = timer_options(option_list_of_timers(0.0, "me", timers), "")
    assert shown(page) == ["C", "A", "B", "SAP_X"]
    rendered = views.timers(page, "")["options"]
    assert [one["text"]["text"] for one in rendered] == [
        "C (off)",
        "A (on)",
        "B (on)",
        "SAP_X (on)",
    ]
    assert (
        rendered[0]["description"]["text"] == "every day at 02:00"
    )  # no package: the schedule, in words
    assert rendered[3]["description"]["text"] == "SAP_X"


def test_itwins_of_one_name_are_distinguishable() -> None:
    twins = [itwin(1, "twin"), itwin(2, "twin"), itwin(3, "twin", "T-3"), itwin(4, "other")]
    rendered = views.itwins(itwin_options(option_list_of_itwins(0.0, "me", twins), "t"), "t")[
        "options"
    ]
    seen = {one["value"]: (one["text"]["text"], one.get("description")) for one in rendered}
    assert len({(text, str(description)) for text, description in seen.values()}) == 4
    assert seen[guid(3)] == ("twin · T-3", None)
    assert seen[guid(4)] == ("other", None)


def test_a_long_name_leaves_room_for_the_number() -> None:
    index = option_list_of_itwins(0.0, "me", [itwin(1, "n" * 255, "N" * 255)])
    [option] = views.itwins(itwin_options(index, "n"), "n")["options"]
    name, _, number = option["text"]["text"].partition(" · ")
    assert (len(name), len(number)) == (47, 25)


@pytest.mark.parametrize("count", [99, 100, 101, 10_000])
def test_at_most_100_options_and_a_count_of_the_rest(count: int) -> None:
    index = option_list_of_timers(0.0, "me", [timer(n, f"Timer {n:05d}") for n in range(count)])
    rendered = views.timers(timer_options(index, "timer"), "timer")["options"]
    assert len(rendered) == min(count, 100)
    left = count - 99
    last = f"…and {left:,} more: type some letters"
    assert (rendered[-1]["text"]["text"] == last) is (count > 100)
    assert (rendered[-1]["value"] == views.NOTHING) is (count > 100)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(min_size=3, max_size=40), min_size=1, max_size=30), st.randoms())
def test_any_three_letters_of_a_name_find_it(names: list[str], dice: random.Random) -> None:
    """Fewer than a hundred match, so the limit leaves none out."""
    timers = [timer(number, name, f"PACKAGE {number}") for number, name in enumerate(names)]
    itwins = [itwin(number, name, f"NUMBER {number}") for number, name in enumerate(names)]
    for number, name in enumerate(names):
        letters = folded(name)
        start = dice.randrange(max(1, len(letters) - 2))
        typed = letters[start : start + 3]
        ours = timer_options(option_list_of_timers(0.0, "me", timers), typed)
        theirs = itwin_options(option_list_of_itwins(0.0, "me", itwins), typed)
        for page in (ours, theirs):
            ids = {entry.id for group in page.groups for entry in group.entries}
            assert guid(number) in ids, (typed, name)


@settings(max_examples=60)
@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=130), HOSTILE, st.randoms())
def test_hostile_names_keep_slacks_limits_in_a_fixed_order(
    names: list[tuple[str, str]], typed: str, dice: random.Random
) -> None:
    timers = [timer(n, name, package) for n, (name, package) in enumerate(names)]
    itwins = [itwin(n, name, number) for n, (name, number) in enumerate(names)]
    stars, used = itwins[::3], itwins[::5]

    def render() -> tuple[dict[str, Any], dict[str, Any]]:
        listed = option_list_of_itwins(0.0, "me", itwins, stars, used)
        return (
            views.itwins(itwin_options(listed, typed), typed),
            views.timers(timer_options(option_list_of_timers(0.0, "me", timers), typed), typed),
        )

    first = render()
    for answer in first:
        keeps_limits(answer)
    dice.shuffle(itwins)
    dice.shuffle(timers)
    assert render() == first, "the order of the API's answer does not matter"


def keeps_limits(answer: dict[str, Any]) -> None:
    groups = answer.get("option_groups", [answer])
    options = [option for group in groups for option in group["options"]]
    assert 1 <= len(options) <= MOST
    assert all(group["options"] for group in groups)
    assert all(0 < units(group["label"]["text"]) <= 75 for group in groups if "label" in group)
    for option in options:
        texts = [option["text"]]
        texts += [option["description"]] if "description" in option else []
        for text in texts:
            assert text["type"] == "plain_text"
            assert text["emoji"] is False
            assert 0 < units(text["text"]) <= 75
            assert text["text"].strip()
        assert 0 < len(option["value"]) <= 150
    values = [option["value"] for option in options]
    assert len(values) == len(set(values))


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
