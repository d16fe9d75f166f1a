"""The table of verbs: it is complete, its examples parse, and the documents agree with it.

``python3 run.py test tests/core/test_verbs.py --write-docs`` writes README's table of commands,
those of ``docs/commands.md``, and the hint of the slash command in ``manifest.yml`` from the table.
"""

import re
from pathlib import Path
from typing import get_args

import pytest

from bot.core.errors import InvalidCommand
from bot.core.language.commands import COMMAND, Command, Readings
from bot.core.language.nearest import nearest_subjects
from bot.core.language.parser import parse
from bot.core.language.topics import TOPICS, Topic, find_topic
from bot.core.language.verbs import SYNONYMS, VERBS, HelpGroup, Verb

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MANIFEST = ROOT / "manifest.yml"
DOCUMENT = ROOT / "docs" / "commands.md"
TABLES = re.compile(r"(?<=<!-- verbs: begin -->\n).*?(?=<!-- verbs: end -->)", re.DOTALL)
TABLE = re.compile(r"(?<=\n## Commands\n\n)(?:\|.*\n)+")
HINT = re.compile(r"(?<=\n      usage_hint: ').*(?='\n)")
ALL = pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)


def parsed(example: str) -> Command:
    assert example.startswith(COMMAND), example
    return parse(example.removeprefix(COMMAND))


@ALL
def test_examples_parse_to_their_verb(verb: Verb) -> None:
    assert verb.examples
    for example in verb.examples:
        command = parsed(example)
        if isinstance(command, Readings):
            assert parse(str(command)) == command, example
            command = command.commands[0]
        written = str(command)
        assert written.split(" ", maxsplit=1)[0] == verb.name, example
        assert parse(written) == command, example


def test_each_command_has_a_verb() -> None:
    made = {type(parsed(example)) for verb in VERBS.values() for example in verb.examples}
    assert made == set(get_args(Command))


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_examples_of_a_topic_parse(topic: Topic) -> None:
    assert topic.examples
    for example in topic.examples:
        command = parsed(example)
        assert parse(str(command)) == command, example


def test_no_topic_is_called_like_a_verb() -> None:
    words = [word for topic in TOPICS.values() for word in (topic.name, *topic.synonyms)]
    assert len(words) == len(set(words))
    assert not {*words} & {*VERBS, *SYNONYMS}
    assert all(find_topic(word.upper()) for word in words)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("lst", ("list",)),
        ("aprove", ("approve", "approvals")),
        ("unil", ("until",)),
        ("TOGGEL now", ("toggle",)),
        ("lst of them all", ("list",)),
        ("zzz", ()),
        ("", ()),
    ],
)
def test_the_nearest_subjects_of_help(typed: str, nearest: tuple[str, ...]) -> None:
    assert nearest_subjects(typed) == nearest


@ALL
def test_usage_and_hint_begin_with_the_verb(verb: Verb) -> None:
    assert verb.usage.split(" ", maxsplit=1)[0] == verb.name
    assert verb.hint is None or verb.hint.split(" ", maxsplit=1)[0] == verb.name


def test_each_word_means_one_verb() -> None:
    words = [word for verb in VERBS.values() for word in (verb.name, *verb.synonyms)]
    assert len(words) == len(set(words)) == len(VERBS) + len(SYNONYMS)
    assert all(word == word.casefold() and len(word.split()) <= 2 for word in words)


@pytest.mark.parametrize("synonym", SYNONYMS)
def test_a_synonym_parses_like_its_verb(synonym: str) -> None:
    verb = VERBS[SYNONYMS[synonym]]
    for rest in ('a "b"', "c"):
        assert outcome(f"{synonym.upper()} {rest}") == outcome(f"{verb.name} {rest}")


def outcome(text: str) -> Command | tuple[str, str | None]:
    """Return what a text parses to in the likeliest reading, or how it is refused."""
    try:
        command = parse(text)
        return command.commands[0] if isinstance(command, Readings) else command
    except InvalidCommand as refused:
        return refused.reason, refused.verb


def test_no_group_of_help_is_empty() -> None:
    assert {verb.group for verb in VERBS.values()} == set(HelpGroup)


# The documents


def table_of_commands() -> str:
    """Return README's table: one row for each verb, with what help says of it."""
    rows = ["| Command | What it does |", "|---|---|"]
    for verb in VERBS.values():
        usage = verb.usage.replace("|", "\\|")
        rows.append(f"| `{COMMAND} {usage}` | {verb.description} |")
    return "\n".join(rows) + "\n"


def tables_of_verbs() -> str:
    """Return the tables of docs/commands.md: one for each group, with examples and synonyms."""
    lines: list[str] = []
    for group in HelpGroup:
        lines += [f"## {group.value}", "", "| Command | What it does | Examples |", "|---|---|---|"]
        for verb in VERBS.values():
            if verb.group is group:
                lines.append(row_of(verb))
        lines.append("")
    return "\n".join(["", *lines])


def row_of(verb: Verb) -> str:
    usage = verb.usage.replace("|", "\\|")
    description = verb.description
    if verb.synonyms and "work" not in description:
        description += f" Also: {', '.join(f'`{word}`' for word in verb.synonyms)}."
    return f"| `{usage}` | {description} | {', '.join(f'`{one}`' for one in verb.examples)} |"


def usage_hint() -> str:
    """Return what Slack shows behind the slash command while it is typed."""
    return f"[{' | '.join(verb.hint for verb in VERBS.values() if verb.hint)}]"


@pytest.mark.parametrize(
    ("path", "pattern", "made"),
    [
        pytest.param(README, TABLE, table_of_commands(), id="README"),
        pytest.param(DOCUMENT, TABLES, tables_of_verbs(), id="commands"),
        pytest.param(MANIFEST, HINT, usage_hint(), id="manifest"),
    ],
)
def test_the_documents_agree_with_the_table(
    path: Path, pattern: re.Pattern[str], made: str, request: pytest.FixtureRequest
) -> None:
    text = path.read_text(encoding="utf-8")
    written, count = pattern.subn(lambda _: made, text)
    assert count == 1, f"{path.name} has no place for it"
    if request.config.getoption("--write-docs"):
        path.write_text(written, encoding="utf-8")
        text = written
    again = "run: python3 run.py test tests/core/test_verbs.py --write-docs"
    assert text == written, again
