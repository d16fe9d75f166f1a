"""The policy's file: TOML in, a policy out, or everything that is wrong with it, line by line.

    [defaults]                      for every wish; sets any key but those that match
    [[rule]]                        any number of them, in order
    name = "nightly"                said where the rule decides
    itwin, timer                    globs                                    (what it matches)
    change                          "enable", "disable", "any"
    in_channel                      channels where it was asked
    approvals, approvers, self_approval, runs_as, expires, channel           (what it sets)
    reason, confirm, protected, emergency, allow, deny

Wherever several values may stand, one may stand without brackets. No problem repeats a value, so
that problems may be logged. ``docs/policy.md`` explains each key to the person who writes it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.core.names import single_line
from bot.core.policy.rules import Policy, Rule
from bot.core.policy.toml_keys import MATCHING, SETTING, InvalidValue, Reader

KeyPath = tuple[str | int, ...]

_DEEPEST = 3
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
# A string of any of TOML's four kinds, a comment, a bracket or an end of line.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'|#[^\n]*|[][{}\n]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """``key`` is the one to look at, empty where the file cannot be read that far."""

    line: int
    key: str
    says: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.says}" if self.key else f"{self.line}: {self.says}"


@dataclass(eq=False)
class PolicyBroken(Exception):
    """The file is not a policy; ``problems`` are all that were found, in the file's order."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


def parse_policy(text: str) -> Policy:
    """Read a policy. Raises PolicyBroken with all its problems.

    A file that says nothing is refused: it may be one that is just being written, and taking it
    for a policy would ask for nothing. An empty ``[defaults]`` says so on purpose.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyBroken((_no_toml(text, error),)) from None
    if not document:
        says = "the file sets nothing: write at least [defaults], or do without a policy"
        raise PolicyBroken((Problem(1, "", says),))
    reading = _Reading(places(text))
    policy = reading.policy(document)
    if reading.problems:
        raise PolicyBroken(tuple(sorted(reading.problems, key=lambda problem: problem.line)))
    return policy


def _no_toml(text: str, error: Exception) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(1, "", "is not TOML: nested too deep")
    found = _AT_LINE.search(str(error))
    last = text.rstrip().count("\n") + 1
    line = int(found[1] or last) if found else 1
    return Problem(line, "", f"is not TOML: {single_line(_AT_LINE.sub('', str(error)))}")


# Where things stand: tomllib does not tell.


def places(text: str) -> dict[KeyPath, int]:
    """Return the line of every table and key of a TOML text that is right.

    ``("rule", 0)`` is the first ``[[rule]]`` and ``("rule", 0, "expires")`` a key in it. What
    stands inside a value has the line where the value's key stands.
    """
    lines: dict[KeyPath, int] = {}
    tables: dict[str, int] = {}
    table: KeyPath = ()
    for line, statement in _statements(text.replace("\r\n", "\n")):
        # A statement alone is a little document, so that tomllib can read its key.
        content = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _table(content, tables, several=statement.lstrip().startswith("[["))
            content = {}
            lines.setdefault(table[:1], line)
        for place in _paths(content, table):
            lines.setdefault(place, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Cut the text at the ends of line that stand in no string and no bracket."""
    start, line, depth, passed = 0, 1, 0, 0
    for token in _TOKEN.finditer(text + "\n"):
        said = token[0]
        passed += said.count("\n")
        if said in {"[", "{", "]", "}"}:
            depth += 1 if said in {"[", "{"} else -1
        elif said == "\n" and depth == 0:
            yield line, text[start : token.start()]
            start, line = token.end(), passed + 1


def _table(header: dict[str, Any], tables: dict[str, int], *, several: bool) -> KeyPath:
    """Return the place that a header opens; ``tables`` counts the ``[[…]]`` of each name."""
    names: list[str] = []
    inside: Any = header
    while isinstance(inside, dict) and inside:
        name, inside = next(iter(inside.items()))
        names.append(name)
    if several and len(names) == 1:
        tables[names[0]] = tables.get(names[0], 0) + 1
    numbered = (tables[names[0]] - 1,) if names[0] in tables else ()
    return (names[0], *numbered, *names[1:])


def _paths(value: Any, at: KeyPath) -> Iterator[KeyPath]:
    """Yield the place and those inside it; a policy has none that is deeper than a rule's key."""
    if at:
        yield at
    if len(at) == _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _paths(inner, (*at, number))


# What the tables say.


class _Reading:
    """One pass over a document that complains instead of raising, so that all is said at once."""

    def __init__(self, lines: Mapping[KeyPath, int]) -> None:
        self._lines = lines
        self.problems: list[Problem] = []

    def policy(self, document: Mapping[str, Any]) -> Policy:
        for name in document:
            if name not in {"defaults", "rule"}:
                self._complain((name,), f"is not known here{_nearest(name, ['defaults', 'rule'])}")
        defaults = self._defaults(document.get("defaults", {}))
        rules = document.get("rule", [])
        if not isinstance(rules, list):
            self._complain(("rule",), "must be written [[rule]], once for each rule")
            rules = []
        return Policy(
            defaults, tuple(self._rule(rule, place, defaults) for place, rule in enumerate(rules))
        )

    def _defaults(self, table: object) -> Rule:
        at: KeyPath = ("defaults",)
        values = self._values(table, at, SETTING)
        defaults = _made("defaults", values)
        self._check_quorum(defaults, defaults, at)
        return defaults

    def _rule(self, table: object, place: int, defaults: Rule) -> Rule:
        at: KeyPath = ("rule", place)
        values = self._values(table, at, {**MATCHING, **SETTING})
        said = values.get("name")
        number = f"rule {place + 1}"
        rule = _made(f"{number} ({said})" if said else number, values)
        if isinstance(table, dict):
            self._check_effect(table, at)
        self._check_quorum(rule, defaults, at)
        return rule

    def _values(self, table: object, at: KeyPath, known: Mapping[str, Reader]) -> dict[str, Any]:
        """Return what is right in the table, and complain of the rest."""
        if not isinstance(table, dict):
            self._complain(at, "must be a table: [defaults] or [[rule]], then a key on each line")
            return {}
        values = {}
        for key, value in table.items():
            if key not in known:
                self._complain((*at, key), _unknown(key, known))
                continue
            try:
                values[key] = known[key](value)
            except InvalidValue as unfit:
                self._complain((*at, key), str(unfit))
        return values

    def _check_effect(self, table: Mapping[str, Any], at: KeyPath) -> None:
        """A rule does something, and one that denies does nothing else: so it only narrows."""
        if all(key in MATCHING for key in table):
            self._complain(at, "sets nothing: write what it asks for, or take it out")
        for key in table:
            if "deny" in table and key in SETTING and key != "deny":
                says = "cannot stand beside deny, which only refuses: write a rule of its own"
                self._complain((*at, key), says)

    def _check_quorum(self, rule: Rule, defaults: Rule, at: KeyPath) -> None:
        """See that the people who are named are enough; how many a group has is not known."""
        if rule.approvals is None and rule.approvers is None:
            return
        approvals = defaults.approvals if rule.approvals is None else rule.approvals
        approvers = defaults.approvers if rule.approvers is None else rule.approvers
        if approvers is None or any(one.startswith(("S", "C", "G")) for one in approvers):
            return
        if len(approvers) < (approvals or 0):
            says = f"names {len(approvers)} for {approvals} approvals: name more, or a user group"
            key = "approvals" if rule.approvers is None else "approvers"
            self._complain((*at, key), says)

    def _complain(self, place: KeyPath, says: str) -> None:
        holders = (place[:length] for length in range(len(place), 0, -1))
        line = next((self._lines[holder] for holder in holders if holder in self._lines), 1)
        key = next(part for part in reversed(place) if isinstance(part, str))
        self.problems.append(Problem(line, single_line(key, 40), says))


def _made(name: str, values: Mapping[str, Any]) -> Rule:
    """Make the rule; two keys of the file have another name or value inside."""
    change = values.get("change")
    same = {key: value for key, value in values.items() if key in SETTING}
    return Rule(
        name=name,
        itwin=values.get("itwin", ()),
        timer=values.get("timer", ()),
        change=None if change == "any" else change,
        channels=values.get("in_channel", ()),
        **same,
    )


def _unknown(key: str, known: Mapping[str, Reader]) -> str:
    if key in MATCHING:
        return "belongs in a [[rule]]: the defaults are for every wish"
    return f"is no key{_nearest(key, list(known))}"


def _nearest(key: str, known: list[str]) -> str:
    nearest = get_close_matches(key.casefold(), known, n=1)
    return f"; the nearest is {nearest[0]}" if nearest else f"; there are {', '.join(known)}"
