"""The language: what typed text is parsed to, and that every command is parsed back."""

import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import InvalidCommand
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    Decide,
    Help,
    History,
    ListTimers,
    OpenChooser,
    Pending,
    Readings,
    Redo,
    SetChannelDefault,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    SwitchSeveral,
    Undo,
    Unsubscribe,
    Version,
    WhoAmI,
)
from bot.core.language.parser import parse
from bot.core.language.topics import TOPICS
from bot.core.language.verbs import VERBS
from bot.core.subscriptions import EVENTS

ID = "0123456789abcdef01234567"
WORDS = st.sampled_from(
    [
        *("page", "page 2", "x page 2", "Page", "disabled", "before 3", "7", "facade", "last"),
        *("0" * 24, "!", "please", "Plant?", "bc", "till", "thanks", "tomorrow 8am", "for good"),
    ]
)
NAMES = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=60)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
) | WORDS
PAGES = st.just(1) | st.integers(1, 10**15 - 1)
IDS = st.from_regex(r"[0-9a-f]{6,24}", fullmatch=True)
UNTILS = st.sampled_from(
    ["until monday 08:00", "for 3 days", "for 2 runs", "for good", "until 2026-11-30t08:00+01:00"]
)
# How each command is made at random. Together they are what the language can say.
MADE: dict[type, st.SearchStrategy[Command]] = {
    Switch: (
        st.builds(
            Switch,
            st.sampled_from(["toggle", "enable", "disable"]),
            st.just("") | NAMES,
            NAMES,
            st.just("") | NAMES,
        )
        | st.builds(
            Switch,
            st.just("disable"),
            st.just("") | NAMES,
            NAMES,
            NAMES,
            st.just("") | UNTILS,
            st.booleans(),
        )
    ),
    SwitchSeveral: (
        st.builds(
            SwitchSeveral,
            st.just("disable"),
            st.just("") | NAMES,
            st.lists(NAMES.filter(lambda name: name.strip("* ＊")), min_size=2, max_size=5).map(
                tuple
            ),
            st.just("") | NAMES,
            st.just("") | UNTILS,
        )
        | st.builds(SwitchSeveral, st.just("enable"), NAMES, st.just(()), st.just("") | NAMES)
    ),
    Undo: st.builds(Undo, st.just("") | IDS, st.just("") | NAMES),
    Redo: st.builds(Redo, st.just("") | IDS, st.just("") | NAMES),
    Decide: st.builds(
        Decide,
        st.sampled_from(["approve", "decline", "cancel"]),
        st.just("") | IDS,
        st.just("") | NAMES,
    ),
    ChangeAutoEnable: (
        st.builds(
            ChangeAutoEnable,
            st.sampled_from(["return", "keep"]),
            IDS,
            reason=st.just("") | NAMES,
        )
        | st.builds(
            ChangeAutoEnable,
            st.just("extend"),
            st.just(""),
            UNTILS,
            st.just("") | NAMES,
            NAMES,
            st.just("") | NAMES,
        )
        | st.builds(ChangeAutoEnable, st.just("extend"), IDS, UNTILS)
    ),
    ListTimers: (
        st.builds(ListTimers, st.just("") | NAMES, st.booleans(), PAGES)
        | st.builds(ListTimers, st.just(""), st.booleans(), PAGES, everywhere=st.just(True))
    ),
    Show: st.builds(Show, st.just("") | NAMES, NAMES),
    OpenChooser: st.builds(
        OpenChooser,
        NAMES,
        st.just("") | NAMES,
        st.sampled_from(["", "enable", "disable"]),
        st.just("") | UNTILS,
        st.just("") | NAMES,
    )
    | st.builds(
        OpenChooser,
        verb=st.sampled_from(["", "enable", "disable"]),
        until=st.just("") | UNTILS,
        reason=st.just("") | NAMES,
    ),
    SetChannelDefault: (
        st.builds(SetChannelDefault, st.just("") | NAMES) | st.just(SetChannelDefault(nothing=True))
    ),
    History: (
        st.builds(History, NAMES, st.just("") | NAMES, st.just(0) | st.integers(1, 10**15 - 1))
        | st.builds(History, st.just(""), st.just(""), st.integers(1, 10**15 - 1))
        | st.sampled_from([History(), History(everywhere=True)])
    ),
    Subscribe: (
        st.builds(
            Subscribe,
            NAMES,
            st.just("") | NAMES,
            st.sets(st.sampled_from(EVENTS)).map(lambda s: tuple(e for e in EVENTS if e in s)),
        )
        | st.just(Subscribe())
    ),
    Unsubscribe: st.builds(Unsubscribe, IDS),
    Pending: st.builds(Pending, PAGES),
    Subscriptions: st.builds(Subscriptions, PAGES),
    SignIn: st.just(SignIn()),
    SignOut: st.just(SignOut()),
    WhoAmI: st.just(WhoAmI()),
    Version: st.just(Version()),
    Readings: st.lists(st.sampled_from(["plant", "SAP", "orders", "2"]), min_size=3, max_size=5)
    .map(lambda names: parse(f"off {' '.join(names)} for 3 days"))
    .filter(lambda command: isinstance(command, Readings)),
    Help: st.builds(
        Help, st.sampled_from(["", *VERBS, *TOPICS, "no such", "x1", "ünbekannt", '"a', "&amp;"])
    ),
}
COMMANDS = st.one_of(*MADE.values())


def test_every_command_is_made_at_random() -> None:
    assert set(MADE) == set(typing.get_args(Command))


@given(COMMANDS)
@settings(max_examples=400)
def test_the_text_of_a_command_parses_to_the_same_command(command: Command) -> None:
    assert parse(str(command)) == command


@given(st.text(max_size=200))
@settings(max_examples=400)
def test_any_text_is_a_command_or_refused_with_a_reason(text: str) -> None:
    try:
        command = parse(text)
    except InvalidCommand as refusal:
        assert refusal.reason  # noqa: PT017 - either outcome is right
    else:
        assert parse(str(command)) == command


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ('toggle plant-a "SAP work orders"', Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a “SAP work orders”", Switch("toggle", "plant-a", "SAP work orders")),
        ('toggle plant-a "SAP work orders”', Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a 'SAP work orders'", Switch("toggle", "plant-a", "SAP work orders")),
        ("toggle plant-a SAP work orders", Switch("toggle", "plant-a", "SAP work orders")),
        ("TOGGLE plant-a „SAP work orders“", Switch("toggle", "plant-a", "SAP work orders")),
        ("on plant-a nightly", Switch("enable", "plant-a", "nightly")),
        ("off plant-a nightly because tests", Switch("disable", "plant-a", "nightly", "tests")),
        (
            'off "plant a" "because" because it is late',
            Switch("disable", "plant a", "because", "it is late"),
        ),
        ('off a "because" because x', Switch("disable", "a", "because", "x")),
        ("off nightly because it is late", Switch("disable", "", "nightly", "it is late")),
        ('toggle "SAP work orders"', Switch("toggle", "", "SAP work orders")),
        ("off nightly for 2 runs", Switch("disable", "", "nightly", "", "for 2 runs")),
        ("show nightly", Show("", "nightly")),
        ('off a "b", "c"', SwitchSeveral("disable", "a", ("b", "c"))),
        ('off a "b","c","d"', SwitchSeveral("disable", "a", ("b", "c", "d"))),
        ('off "a" "b" and "c"', SwitchSeveral("disable", "a", ("b", "c"))),
        ('off "b", "c", and "SAP*"', SwitchSeveral("disable", "", ("b", "c", "SAP*"))),
        ('off "a" all', SwitchSeveral("disable", "a")),
        (
            'off "a" all until monday 08:00 because "x"',
            SwitchSeveral("disable", "a", (), "x", "until monday 08:00"),
        ),
        (
            'on a "b", "c" because SAP is up',
            SwitchSeveral("enable", "a", ("b", "c"), "SAP is up"),
        ),
        ('off "all"', Switch("disable", "", "all")),
        ('off a "all"', Switch("disable", "a", "all")),
        ('off a "SAP*"', Switch("disable", "a", "SAP*")),
        ('off a "b, c"', Switch("disable", "a", "b, c")),
        ("choose", OpenChooser()),
        ("choose plant-a", OpenChooser("plant-a")),
        ("choose plant-a SAP work orders", OpenChooser("plant-a", "SAP work orders")),
        ("use", SetChannelDefault()),
        ("use plant a", SetChannelDefault("plant a")),
        ("use nothing", SetChannelDefault(nothing=True)),
        ('use "nothing"', SetChannelDefault("nothing")),
        ("list all", ListTimers(everywhere=True)),
        ("list all disabled", ListTimers(disabled=True, everywhere=True)),
        ('list "all"', ListTimers("all")),
        ("history all", History(everywhere=True)),
        ("subscribe", Subscribe()),
        ("toggle A&amp;B &lt;x&gt;", Switch("toggle", "A&B", "<x>")),
        (
            "off plant-a SAP work orders until Monday 08:00 because SAP is down",
            Switch("disable", "plant-a", "SAP work orders", "SAP is down", "until monday 08:00"),
        ),
        (
            "off plant-a nightly for 2 runs",
            Switch("disable", "plant-a", "nightly", "", "for 2 runs"),
        ),
        ("off plant-a nightly for good", Switch("disable", "plant-a", "nightly", "", "for good")),
        ("off plant-a sync for plant", Switch("disable", "plant-a", "sync for plant")),
        ('off plant-a "until" because x', Switch("disable", "plant-a", "until", "x")),
        (
            'on plant-a nightly because "the plant is on fire" emergency',
            Switch("enable", "plant-a", "nightly", "the plant is on fire", "", emergency=True),
        ),
        ('on a b because "x"', Switch("enable", "a", "b", "x")),
        ('on a b because "x emergency"', Switch("enable", "a", "b", "x emergency")),
        ("list disabled", ListTimers("", disabled=True)),
        ("list plant-a disabled", ListTimers("plant-a", disabled=True)),
        ("list page 2", ListTimers(page=2)),
        ("list plant-a Page 12", ListTimers("plant-a", page=12)),
        ("list plant-a disabled page 3", ListTimers("plant-a", disabled=True, page=3)),
        ("list my page 0", ListTimers("my page 0")),
        ('list "my page" page 2', ListTimers("my page", page=2)),
        ("list page page 1", ListTimers("page")),
        ("pending page 2", Pending(2)),
        ("requests", Pending()),
        ("subscriptions page 2", Subscriptions(2)),
        ("history plant-a SAP work orders", History("plant-a", "SAP work orders")),
        ("history plant-a before 120", History("plant-a", before=120)),
        ("history before 0", History("before", "0")),
        ("undo", Undo()),
        ("undo last", Undo()),
        ("undo Last because the wrong one", Undo("", "the wrong one")),
        ("undo because the wrong one", Undo("", "the wrong one")),
        (f"undo {ID}", Undo(ID)),
        ("undo 1A2B3C", Undo("1a2b3c")),
        ("undo 1a2b3c4d because the wrong one", Undo("1a2b3c4d", "the wrong one")),
        ("redo", Redo()),
        ("redo 1a2b3c because SAP is up", Redo("1a2b3c", "SAP is up")),
        ("approve", Decide("approve")),
        ("approve 1A2B3C4D", Decide("approve", "1a2b3c4d")),
        (f"approve {ID}", Decide("approve", ID)),
        (f"decline {ID} because not today", Decide("decline", ID, "not today")),
        ("decline because not today", Decide("decline", "", "not today")),
        ("cancel", Decide("cancel")),
        (f"extend {ID} until friday", ChangeAutoEnable("extend", ID, "until friday")),
        ("extend 1A2B3C for 2 days", ChangeAutoEnable("extend", "1a2b3c", "for 2 days")),
        (f"keep {ID}", ChangeAutoEnable("keep", ID)),
        ("keep facade", ChangeAutoEnable("keep", "facade")),
        ('keep "facade"', ChangeAutoEnable("keep", timer="facade")),
        ("keep nightly", ChangeAutoEnable("keep", timer="nightly")),
        ("keep facade nightly", ChangeAutoEnable("keep", itwin="facade", timer="nightly")),
        (
            'extend plant-a "SAP work orders" until friday 18:00 because SAP is down',
            ChangeAutoEnable(
                "extend", "", "until friday 18:00", "plant-a", "SAP work orders", "SAP is down"
            ),
        ),
        (
            'extend "SAP work orders" for 2 days',
            ChangeAutoEnable("extend", "", "for 2 days", "", "SAP work orders"),
        ),
        (
            "return plant-a SAP work orders because SAP is up",
            ChangeAutoEnable("return", "", "", "plant-a", "SAP work orders", "SAP is up"),
        ),
        (
            'subscribe plant-a "SAP*" returns changes not-mine',
            Subscribe("plant-a", "SAP*", ("changes", "returns", "not-mine")),
        ),
        ("subscribe plant-a", Subscribe("plant-a")),
        ("subscribe changes", Subscribe("changes")),
        (f"unsubscribe {ID}", Unsubscribe(ID)),
        ("unsubscribe 1A2B3C4D", Unsubscribe("1a2b3c4d")),
        ("list", ListTimers()),
        ("timers plant-a", ListTimers("plant-a")),
        ("login", SignIn()),
        ("logout", SignOut()),
        ("whoami", WhoAmI()),
        ("help off", Help("disable")),
        ("help nonsense", Help("nonsense")),
        ("help Off please", Help("disable")),
        ("help ENDS", Help("until")),
        ("help emergency", Help("approvals")),
        ("help “no  such”", Help("no such")),
        ('help ""', Help()),
        ("", OpenChooser()),
    ],
)
def test_typed_text_is_parsed(typed: str, command: Command) -> None:
    """Where the words can be read in several ways, this is the likeliest one."""
    parsed = parse(typed)
    assert (parsed.commands[0] if isinstance(parsed, Readings) else parsed) == command
    assert parse(str(command)) == command


NO_ID = "is not the id of an operation; its first six characters are enough"


@pytest.mark.parametrize(
    ("typed", "reason", "verb"),
    [
        ("toggle plant-a x because", "the reason after “because” is missing", "toggle"),
        ('toggle "" x', "a name is empty", "toggle"),
        ("undo ../../x", f"“../../x” {NO_ID}", "undo"),
        ("undo 1a2b3", f"“1a2b3” {NO_ID}", "undo"),
        ("redo yesterday", f"“yesterday” {NO_ID}", "redo"),
        ("undo last one", "undo takes nothing more after it", "undo"),
        (f"undo {ID}0", f"“{ID}0” {NO_ID}", "undo"),
        ('undo because "x" emergency', "undo knows no emergency", "undo"),
        ('keep nightly because "x" emergency', "keep knows no emergency", "keep"),
        ("keep", "the iTwin and the timer are missing", "keep"),
        (f"keep {ID} now", "keep takes nothing more after it", "keep"),
        (
            "unsubscribe",
            "unsubscribe needs the id of a subscription; its first six characters are enough",
            "unsubscribe",
        ),
        (
            "on a b until monday",
            (
                "only disable and extend take an end, and “until monday” reads as one; a name "
                "that holds it goes in quotes"
            ),
            "enable",
        ),
        ('list "page" 2', "“2” was not understood, so nothing was done", "list"),
        (
            'off a "b" bis montag 08:00',
            "“bis montag 08:00” was not understood, so nothing was done",
            "disable",
        ),
        ('show "a" "b" c', "“c” was not understood, so nothing was done", "show"),
        ("off a b until", "the time after “until” is missing", "disable"),
        ("off a b until <!here>", "“until <!here>” is no time", "disable"),
        (f"approve {ID} now", "approve takes nothing more after it", "approve"),
        (f"extend {ID}", "extend needs the new end: “until …” or “for …”", "extend"),
        ("extend plant-a x", "extend needs the new end: “until …” or “for …”", "extend"),
        (
            f"keep {ID} until monday",
            (
                "only disable and extend take an end, and “until monday” reads as one; a name "
                "that holds it goes in quotes"
            ),
            "keep",
        ),
        ("pending 2", "pending takes nothing but a page after it", "pending"),
        (
            'subscriptions "page" 2',
            "subscriptions takes nothing but a page after it",
            "subscriptions",
        ),
        ("on a b because x emergency", "an emergency needs its reason in quotes", "enable"),
        (
            'subscribe a "SAP*" frobs',
            "“frobs” is none of changes, approvals, returns, elsewhere, digest, not-mine",
            "subscribe",
        ),
        ("signin now", "signin takes nothing after it", "signin"),
        ("list " + "x" * 256, "a name has at most 255 characters", "list"),
        ("x" * 4_001, "the command is too long", None),
    ],
)
def test_refused_text_has_a_reason_and_a_verb(typed: str, reason: str, verb: str | None) -> None:
    try:
        parsed = parse(typed)
    except InvalidCommand as refusal:
        assert (refusal.reason, refusal.verb) == (reason, verb)  # noqa: PT017 - either way
    else:
        assert isinstance(parsed, Readings)
        assert parsed.refused == reason


def test_a_misspelt_verb_gets_the_nearest_ones() -> None:
    with pytest.raises(InvalidCommand) as refusal:
        parse("togle plant-a x")
    assert refusal.value.nearest[0] == "toggle"


@pytest.mark.parametrize("typed", ["no such", '"a', "&amp;", "until", "ünbekannt"])
def test_help_about_any_word_is_read_back(typed: str) -> None:
    assert parse(str(Help(typed))) == Help(typed)
