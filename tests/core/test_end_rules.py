"""The table of what is taken, asked and refused: its examples do so, and the document has it.

``python3 run.py test tests/core/test_end_rules.py --write-docs`` writes it to docs/commands.md.
"""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import InvalidCommand
from bot.core.language.ends.rules import RULES, Handling, Rule
from bot.core.language.phrases import parse_phrase
from bot.core.language.until import Until, parse_until

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
TABLE = re.compile(r"(?<=<!-- ends: begin -->\n).*?(?=<!-- ends: end -->)", re.DOTALL)
ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 27, 18, 30, tzinfo=ZoneInfo(ZONE)).timestamp()


def handling(example: str) -> Handling:
    try:
        found = parse_until(parse_phrase("disable", example), NOW, ZONE, "0 2 * * 1-5", "UTC")
    except InvalidCommand:
        return "refused"
    return "taken" if isinstance(found, Until) else "asked"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_each_example_is_handled_as_its_rule_says(rule: Rule) -> None:
    assert rule.examples
    assert {example: handling(example) for example in rule.examples} == dict.fromkeys(
        rule.examples, rule.handling
    )


def table_of_ends() -> str:
    """Return the table: one row for each rule."""
    rows = ["| What you type | Examples | | Why |", "|---|---|---|---|"]
    for rule in RULES:
        examples = ", ".join(f"`{example}`" for example in rule.examples)
        rows.append(f"| {rule.kind} | {examples} | {rule.handling} | {rule.why} |")
    return "\n".join(rows) + "\n"


def test_the_document_has_the_table(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    written, count = TABLE.subn(lambda _: table_of_ends(), text)
    assert count == 1, "docs/commands.md has no place for it"
    if request.config.getoption("--write-docs"):
        DOCUMENT.write_text(written, encoding="utf-8")
        text = written
    again = "run: python3 run.py test tests/core/test_end_rules.py --write-docs"
    assert text == written, again
