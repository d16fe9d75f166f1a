"""Every command that the documents and help show, as the person who copies it reads its answer."""

import re
from pathlib import Path

import pytest

from bot.core.language.verbs import VERBS
from tests.world.story import Story, read
from tests.world.waiting import until
from tests.world.window import Window

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^    (/edfs .+)$", re.MULTILINE)
SHOWN = [
    command
    for document in ("README.md", "docs/commands.md")
    for command in BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
]
EXAMPLES = [example for verb in VERBS.values() for example in verb.examples]
COMMANDS = list(dict.fromkeys([*EXAMPLES, *SHOWN]))


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_of_the_documents_is_understood(story: Story, command: str) -> None:
    await story.signs_in("alice")
    before = len(story.says("alice"))
    window = Window(story, "alice")
    await story.types("alice", command)
    await until(lambda: len(story.says("alice")) > before or window.says(), reason=command)
    answer = [read(message) for message in story.world.reads("alice", "#plant-ops")][before:]
    assert not any("Not understood" in one or "No such iTwin" in one for one in answer), answer
