"""The catalogue of errors: each has a cause, a next step, and a trace id.

``-s`` prints it. ``docs/errors.md`` is made from it; ``python3 run.py test
tests/slack/test_error_catalogue.py --write-docs`` writes that file anew.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bot.core import errors
from bot.core.errors import BotError
from bot.core.outcomes import Failed
from bot.gateways.slack.messages import Ephemeral
from bot.sandbox.slack.blocks import complaints_about_blocks, too_many_characters
from bot.slack.views.blocks import ChannelMention, GroupMention, Line, Text, Timestamp, UserMention
from bot.slack.views.errors import ErrorText, error_text
from bot.slack.views.render import render
from tests.slack.sample_errors import errors_of, every_kind
from tests.slack.samples import NOW, ORDINARY, VOICES, Voice

TRACE = "0123abcd"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
# A next step is an instruction, so one of its sentences begins with one of these verbs.
STEPS = (
    *("ask", "check", "choose", "decline", "invite", "leave", "look", "press", "remove", "say"),
    *("see", "sign", "switch", "tell", "try", "type", "wait"),
)
TELLS = re.compile(rf"(?:^|[.:;,] )(?:{'|'.join(STEPS)})\b", re.IGNORECASE)
ALL = list(errors_of(ORDINARY))


def in_words(parts: Line) -> str:
    """Return a line as plain text."""
    said = []
    for part in parts:
        match part:
            case Text(says, code=True):
                said.append(f"`{says}`")
            case Text(says):
                said.append(says)
            case Timestamp():
                said.append("at the time it says")
            case UserMention():
                said.append("@somebody")
            case ChannelMention() | GroupMention():
                said.append("#somewhere")
    return " ".join("".join(said).split())


def test_every_error_has_a_sample() -> None:
    sampled = {type(error) for _, error in ALL}
    assert sampled == set(every_kind())
    for kind in every_kind():
        shown = [error for _, error in ALL if type(error) is kind]
        assert shown
    assert {error.reason for _, error in ALL if isinstance(error, errors.PersonRefused)} == {
        *("guest", "bot", "deactivated", "outsider", "unknown", "unchecked"),
    }


@pytest.mark.parametrize(("variant", "error"), ALL, ids=[variant for variant, _ in ALL])
def test_each_has_a_title_a_cause_a_next_step_and_a_trace(variant: str, error: BotError) -> None:
    words = error_text(error, NOW)
    cause, step = in_words(words.cause), in_words(words.step)
    assert 0 < len(words.title) <= 40, words.title
    assert cause.endswith("."), cause
    assert step.endswith((".", "`")), step
    assert cause != step
    assert TELLS.search(step), f"{variant}: nobody is told what to do: {step}"
    message = drawn(error)
    said = str(message.blocks)
    assert f"Trace {TRACE}" in said
    assert message.text.startswith(words.title)
    print(f"\n{variant}\n  {words.title}\n  {cause}\n  {step}")  # noqa: T201 - the catalogue


def drawn(error: BotError) -> Ephemeral:
    (message,) = render(Failed(error, TRACE, "toggle plant-a SAP"), NOW, "UTC")
    assert isinstance(message, Ephemeral)
    return message


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.label)
def test_errors_with_any_names_keep_slacks_limits(voice: Voice) -> None:
    for variant, error in errors_of(voice):
        message = drawn(error)
        assert message.text.strip()
        assert complaints_about_blocks(message.blocks) == [], variant
        assert not too_many_characters(message.blocks), variant


INTRODUCTION = """\
# What went wrong, and what to do

Whenever something does not work, EDFS Bot says what happened, why, and what to do next; *Trace*
and eight letters below it name the line in the log. Here is everything it can say, by title.
Names in it are examples. This file is written by
`python3 run.py test tests/slack/test_error_catalogue.py --write-docs`, and a test keeps it true.
"""


def catalogue() -> str:
    sections = [INTRODUCTION]
    for title, entries in by_title(error_text(error, NOW) for _, error in ALL):
        rows = "".join(f"| {cause} | {step} |\n" for cause, step in entries)
        sections.append(f"## {title}\n\n| Why | What to do |\n| --- | --- |\n{rows}")
    return "\n".join(sections)


def by_title(worded: Iterable[ErrorText]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for words in worded:
        entry = tuple(in_words(one).replace("|", "\\|") for one in (words.cause, words.step))
        entries = found.setdefault(words.title, [])
        if entry not in entries:
            entries.append((entry[0], entry[1]))
    yield from sorted(found.items())


def test_the_document_agrees_with_the_catalogue(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-docs"):
        DOCUMENT.write_text(catalogue(), encoding="utf-8")
    again = "run: python3 run.py test tests/slack/test_error_catalogue.py --write-docs"
    assert DOCUMENT.read_text("utf-8") == catalogue(), again
