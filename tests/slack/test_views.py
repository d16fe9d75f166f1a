"""Every view, with samples of every outcome, card and modal in every voice, keeps Slack's rules.

The samples are in ``sample_outcomes``, ``sample_cards`` and ``sample_errors``.
"""

import importlib
import pkgutil
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.core.listings import TimerShown, TimersListed
from bot.core.outcomes import AlreadyInState, DetailsShown, Failed, Outcome
from bot.gateways.slack.messages import AppHome, Card, Ephemeral, InChannel, Modal
from bot.slack import views
from bot.slack.views.render import render
from tests.slack.sample_cards import drawn
from tests.slack.sample_outcomes import outcomes
from tests.slack.samples import NOW, ORDINARY, VOICES, Voice
from tests.slack.slack_rules import check_rules, size, visible_text

Keep = Callable[[str, object], None]
Said = InChannel | Card | Ephemeral | Modal | AppHome
STATES_SHOWN = (TimerShown, AlreadyInState, DetailsShown, TimersListed)
OF_VOICES = pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.label)
MESSAGES = (InChannel, Card, Ephemeral, Modal, AppHome)
# All of them would make a record of more than 100 MB.
RECORDED = frozenset({"ordinary", "longest letters", "longest emoji", "hostile 0"})
EACH_TIME = RECORDED | {"empty"}  # each takes some seconds


def everything(voice: Voice) -> Iterator[tuple[str, Said]]:
    """Yield (name, message) of every sample there is."""
    for variant, outcome in outcomes(voice):
        for message in render(outcome, NOW, "UTC"):
            yield f"{type(outcome).__name__}:{variant}", message
    yield from ((f"drawn:{variant}", message) for variant, message in drawn(voice))


def test_every_outcome_has_samples() -> None:
    sampled = {type(outcome) for _, outcome in outcomes(ORDINARY)}
    assert sampled == set(typing.get_args(Outcome))


def variants_of(hint: object) -> tuple[object, ...]:
    """Return what a field of this type may be, where that is one of a few."""
    if hint is bool:
        return (True, False)
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    return ("nothing", "something") if type(None) in typing.get_args(hint) else ()


def variant_of(hint: object, value: object) -> object:
    if hint is bool or typing.get_origin(hint) is typing.Literal:
        return value
    return "nothing" if value is None else "something"


@pytest.mark.parametrize("kind", typing.get_args(Outcome), ids=lambda kind: kind.__name__)
def test_every_variant_of_an_outcome_has_a_sample(kind: type) -> None:
    """A field that is a flag, a Literal or None has samples of each of its values."""
    sampled = [outcome for _, outcome in outcomes(ORDINARY) if type(outcome) is kind]
    missing = [
        (name, variant)
        for name, hint in typing.get_type_hints(kind).items()
        for variant in variants_of(hint)
        if variant not in {variant_of(hint, getattr(one, name)) for one in sampled}
    ]
    assert missing == []


def public_views() -> Iterator[types.FunctionType]:
    """Yield every public function of the views that returns a message or blocks."""
    for found in pkgutil.iter_modules(views.__path__):
        module = importlib.import_module(f"{views.__name__}.{found.name}")
        for name, thing in vars(module).items():
            if name.startswith("_") or not isinstance(thing, types.FunctionType):
                continue
            if thing.__module__ == module.__name__:
                given = typing.get_type_hints(thing).get("return")
                if given in MESSAGES or (typing.get_origin(given) is list and given != list[Any]):
                    yield thing


def test_every_view_is_rendered_by_a_sample() -> None:
    called: set[types.CodeType] = set()

    def watch(frame: types.FrameType, what: str, _: object) -> None:
        if what == "call":
            called.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        for _ in everything(ORDINARY):
            pass
    finally:
        sys.setprofile(before)
    wanted = list(public_views())
    assert len(wanted) > 25
    assert [one.__qualname__ for one in wanted if one.__code__ not in called] == []


@pytest.mark.no_cover  # the tracer would take longer than the views
@pytest.mark.parametrize(
    "voice",
    [
        pytest.param(one, id=one.label, marks=() if one.label in EACH_TIME else pytest.mark.deep)
        for one in VOICES
    ],
)
def test_every_message_keeps_slacks_limits(voice: Voice, keep: Keep) -> None:
    for name, message in everything(voice):
        try:
            check_rules(message)
        except AssertionError as error:
            raise AssertionError(f"{name} ({size(message)} characters): {error}") from error
        if voice.label in RECORDED:
            payload = message.view if isinstance(message, Modal | AppHome) else payload_of(message)
            keep(f"view:{name}:{voice.label}", payload)


def payload_of(message: InChannel | Card | Ephemeral) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


@OF_VOICES
def test_a_timers_state_is_shown_in_words(voice: Voice) -> None:
    for variant, outcome in outcomes(voice):
        if not isinstance(outcome, STATES_SHOWN):
            continue
        if isinstance(outcome, TimersListed) and not outcome.timers:
            continue
        for message in render(outcome, NOW, "UTC"):
            text = visible_text(message)
            assert "enabled" in text or "disabled" in text, variant


@OF_VOICES
def test_a_failure_is_readable_without_its_blocks(voice: Voice) -> None:
    for variant, outcome in outcomes(voice):
        if isinstance(outcome, Failed):
            (message,) = render(outcome, NOW, "UTC")
            assert isinstance(message, Ephemeral)
            assert re.search(r"[.?!] ", message.text), variant
