"""Names and reasons that end with a sentence's mark are not followed by a second full stop."""

import re

import pytest

from bot.gateways.slack.messages import AppHome, Modal
from bot.sandbox.describe import describe_blocks
from bot.slack.views.blocks import Part, bold, fallback_text, line, paragraph, sentence
from tests.slack.samples import Voice
from tests.slack.test_views import everything

# A bracket or a straight quote may stand between: "(Acme Inc.)." is right.
TWICE = re.compile(r"[.!?…]”?\.")


@pytest.mark.no_cover  # the tracer would take longer than the views
@pytest.mark.parametrize("mark", [".", "!"])
def test_no_message_ends_a_sentence_twice(mark: str) -> None:
    voice = Voice("sentences", lambda what: f"the {what} of Plant B{mark}")
    wrong = set()
    for _, message in everything(voice):
        view = message.view if isinstance(message, Modal | AppHome) else None
        shown = "\n".join(describe_blocks(view["blocks"] if view else message.blocks))
        text = "" if view else message.text
        wrong |= {one for one in (*shown.splitlines(), text) if TWICE.search(one)}
    assert wrong == set()


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("Plant B", "."), "Plant B."),
        (("Plant B!", "."), "Plant B!"),
        (("Plant B.", ". By hand."), "Plant B. By hand."),
        ((bold("Really?"), ". By hand."), "Really? By hand."),
        (("Turning off …", ". By hand."), "Turning off … By hand."),
        (("“SAP is down.”", "."), "“SAP is down.”"),
        (("(Acme Inc.)", "."), "(Acme Inc.)."),
        (("Really?", ".NET", "."), "Really?.NET."),
        (("Removed. ", ". ", ".NET"), "Removed. . .NET"),
    ],
)  # fmt: skip
def test_a_full_stop_behind_the_end_of_a_sentence_is_left_out(
    parts: tuple[Part | str, ...], shown: str
) -> None:
    assert fallback_text(*parts) == shown
    assert describe_blocks([paragraph([line(*parts)])]) == [shown]


@pytest.mark.parametrize(
    ("text", "ended"), [("It failed", "It failed."), ("It failed.", "It failed."), ("No!", "No!")]
)
def test_a_text_becomes_a_sentence(text: str, ended: str) -> None:
    assert sentence(text) == ended
