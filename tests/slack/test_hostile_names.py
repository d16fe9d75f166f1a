"""Names are a stranger's words: none of them pings, links, hides or breaks anything."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core import errors
from bot.core.errors import Choice, Detail
from bot.core.listings import ITwinsListed, TimerShown, TimersListed
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations.operation import (
    ActingAccount,
    Failure,
    FailureKind,
    Observation,
    Operation,
    Origin,
    State,
)
from bot.core.outcomes import (
    AlreadyInState,
    DetailsShown,
    Duplicate,
    Failed,
    SignedIn,
    SignInOffered,
)
from bot.core.timers import ITwin, Parameter, Timer
from bot.gateways.slack.messages import Card, Ephemeral, Modal
from bot.sandbox.people import TEAM_ID, person_named
from bot.sandbox.slack.blocks import (
    complaints_about_blocks,
    complaints_about_view,
    too_many_characters,
    view_too_large,
)
from bot.slack.views.cards import card
from bot.slack.views.render import render
from tests.slack.samples import hostile
from tests.slack.slack_rules import objects, unseen
from tests.world.story import Story
from tests.world.waiting import until

SEED = 20261123
NAMES = 2_000
PARTS = 10
END_TO_END = 8
NOW = 1_795_000_000.0
ALICE = person_named("alice").id
GUID = "0a1b2c3d-0000-4000-8000-00000000000{}"
# What begins something live in a text that Slack parses, but for our own dates.
LIVE = ("<!", "<@", "<#", "<http", "<mailto", "<tel")


def things(dice: random.Random) -> tuple[ITwin, Timer]:
    inputs = tuple(Parameter(hostile(dice), hostile(dice)) for _ in range(dice.randrange(4)))
    itwin = ITwin(ITwinId(GUID.format(1)), hostile(dice), hostile(dice))
    timer = Timer(
        TimerId(GUID.format(2)),
        hostile(dice),
        hostile(dice),
        dice.choice(["0 2 * * *", hostile(dice)]),
        dice.random() < 0.5,
        inputs,
    )
    return itwin, timer


def operation(dice: random.Random, state: State) -> Operation:
    itwin, timer = things(dice)
    return Operation(
        id=OperationId("0123456789abcdef01234567"),
        workspace=Workspace(TEAM_ID),
        person=PersonId(ALICE),
        acting=ActingAccount("subject", hostile(dice), dice.choice(["", hostile(dice)])),
        verb="toggle",
        itwin=itwin,
        timer=timer,
        definition=timer.definition(),
        wanted=dice.random() < 0.5,
        origin=Origin(ChannelId("C0PLANTOPS")),
        asked_at=NOW,
        reason=hostile(dice),
        undoes=dice.choice([None, OperationId("0123456789abcdef01234568")]),
        changed_outside_since=dice.choice([0.0, NOW - 60]),
        state=state,
        changed_at=NOW,
        settled_at=NOW + 60,
        seen=dice.choice([None, Observation(True, NOW), Observation(False, NOW)]),
        failure=Failure(FailureKind.UNCLEAR, message=hostile(dice)),
    )


def failures(dice: random.Random) -> Iterator[errors.BotError]:
    name = hostile(dice)
    choices = tuple(Choice(hostile(dice), hostile(dice), f"toggle x {place}") for place in range(3))
    details = (Detail(hostile(dice), hostile(dice), hostile(dice)),)
    for kind in ("iTwin", "timer"):
        yield errors.NoSuchName(kind, name, choices, hostile(dice))
        yield errors.AmbiguousName(kind, name, choices)
    yield errors.InactiveITwin(hostile(dice), tuple(hostile(dice) for _ in range(4)))
    yield errors.InvalidCommand("it is odd", None, (name, hostile(dice)))
    yield errors.TimerGone(name)
    yield errors.IdentityProviderError(name)
    yield errors.Invalid(operation="timer", status=422, code=name, message=name, details=details)
    yield errors.Forbidden(operation="timer", status=403, code=name, message=name)
    yield errors.Unclear(operation="toggle", status=500, message=name, why="status")


def messages(dice: random.Random) -> Iterator[Ephemeral | Modal | Card]:
    """Every view there is, with hostile words wherever a stranger's words may stand."""
    zone = "UTC"
    made = operation(dice, dice.choice(list(State)))
    itwin, timer = made.itwin, made.timer
    acting = made.acting
    shown = TimerShown(itwin, timer, None, changed_outside_since=dice.choice([0.0, NOW]))
    yield card(made, NOW, zone)
    outcomes = [
        Duplicate(made),
        SignInOffered(f"http://bot.localhost/link/{TEAM_ID}.x", "kept", hostile(dice)),
        SignedIn(acting, "kept", hostile(dice)),
        ITwinsListed((itwin, replace(itwin, number=""))),
        TimersListed(itwin, (timer, replace(timer, enabled=not timer.enabled))),
        shown,
        AlreadyInState(shown),
        DetailsShown(shown, acting),
        *(Failed(error, "01234567", "toggle a b") for error in failures(dice)),
    ]
    for outcome in outcomes:
        yield from render(outcome, NOW, zone)


MENTIONS = {"user", "usergroup", "channel", "broadcast", "link"}


def live(text: str) -> list[str]:
    own = text.replace(f"<@{ALICE}>", "").replace("<!date^", "")
    return [start for start in LIVE if start in own]


def harmless(text: str, blocks: Any) -> None:
    assert live(text) == [], text
    for thing in [{"text": text}, *objects(blocks)]:
        kind = thing.get("type")
        if kind in MENTIONS:
            assert thing == {"type": "user", "user_id": ALICE}
        if kind in {"mrkdwn", "markdown"}:
            assert live(thing["text"]) == [], thing
        for key, said in thing.items():
            if isinstance(said, str):
                assert unseen(said) == [], (key, said)
                # A line break is ours: it stands alone between two lines.
                assert "\n" not in said or said == "\n", (key, said)


def accepted(blocks: Any) -> None:
    assert complaints_about_blocks(blocks) == [], blocks
    assert not too_many_characters(blocks)


@pytest.mark.no_cover  # the tracer would take longer than the names
@pytest.mark.parametrize(
    "part", [0, 1, *(pytest.param(part, marks=pytest.mark.deep) for part in range(2, PARTS))]
)
def test_in_no_view_does_a_name_come_alive(part: int) -> None:
    dice = random.Random(f"{SEED}{part}")
    for _ in range(NAMES // PARTS):
        for message in messages(dice):
            if isinstance(message, Modal):
                harmless("", message.view)
                assert complaints_about_view(message.view) == [], message.view
                assert not view_too_large(message.view)
            else:
                harmless(message.text, message.blocks)
                accepted(message.blocks)


@pytest.mark.parametrize("state", State)
def test_in_no_state_does_the_card_come_alive(state: State) -> None:
    dice = random.Random(f"{SEED}{state.value}")
    for _ in range(200):
        drawn = card(operation(dice, state), NOW, "UTC")
        harmless(drawn.text, drawn.blocks)
        accepted(drawn.blocks)


async def test_the_detector_sees_what_it_looks_for() -> None:
    """The control: what is not cleaned is found."""
    for name in ("<!channel>", "<@U0BOB00001>", "<http://evil.example|x>", "a\u202eb"):
        with pytest.raises(AssertionError):
            harmless(name, [])
    with pytest.raises(AssertionError):
        harmless("", [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}])
    with pytest.raises(AssertionError):
        harmless("", [{"type": "broadcast", "range": "here"}])


async def test_from_bentley_to_the_channel_no_name_comes_alive(story: Story) -> None:
    await story.signs_in("alice")
    dice = random.Random(SEED)
    for place in range(END_TO_END):
        timer = story.world.edfs.state.put_timer(
            "plant-a", hostile(dice) + f" {place}", package=hostile(dice)[:200]
        )
        await story.types("alice", f"/edfs toggle plant-a {timer.id}")

        def flipped(name: str = timer.name) -> bool:
            return story.world.edfs.flips(name) == 1

        await until(flipped, reason=repr(timer.name))
        await story.sees("bob", "is now disabled")
        await story.types("alice", f"/edfs show plant-a {timer.id}")
    await story.types("alice", "/edfs list plant-a")
    await story.sees("alice", "Timers of")

    def settled() -> bool:
        cards = [m for m in story.world.reads("bob") if m.visible_to is None]
        return len(cards) == END_TO_END and all("now disabled" in str(m.blocks) for m in cards)

    await until(settled)
    for payload in story.world.slack.state.payloads:
        said = payload["payload"]
        text = str(said.get("text", "")) if isinstance(said, dict) else ""
        if "/link/" not in str(said):
            harmless(text, said)
    for message in story.world.reads("bob"):
        harmless(message.text, message.blocks)
