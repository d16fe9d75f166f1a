"""Parses the policy file: TOML into a ``Policy``, or every problem of the file with its line.

    [defaults]                      any of the keys of ``Settings``
    [[rule]]                        any number of them, in order; the keys of ``Matching`` too
    name = "nightly"                shown where the rule decides
    itwin, timer                    globs
    change                          "enable", "disable", "any"
    in_channel                      channels where the change is requested
    approvals, approvers, self_approval, runs_as, expires, channel, …

A list of one may be written without brackets. The description of a field is the message for every
value that it does not accept. No message repeats a value, so that problems may be logged.
``docs/policy.md`` explains each key to the person who writes it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from bot.core.folding import folded
from bot.core.names import is_slack_id, single_line
from bot.core.policy.rules import Policy, Rule

MAX_APPROVALS = 5
MIN_EXPIRES, MAX_EXPIRES = 5 * 60, 14 * 86_400
TEXT_LIMIT = 255

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,5})([mhd])", re.ASCII)


# The keys and what they accept


def _only(is_right: Callable[[str], bool]) -> AfterValidator:
    """Return a validator that refuses every text that is not right."""

    def check(text: str) -> str:
        if not is_right(text):
            raise ValueError
        return text

    return AfterValidator(check)


def _id_of(first_letters: str) -> AfterValidator:
    return _only(lambda text: is_slack_id(text) and text[0] in first_letters)


def _seconds(value: object) -> object:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * _SECONDS[found[2]] if found else None


_several = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else (value,))

_Text = Annotated[str, Field(max_length=TEXT_LIMIT), AfterValidator(single_line), _only(bool)]
_Glob = Annotated[str, Field(max_length=TEXT_LIMIT), _only(lambda text: bool(folded(text)))]
_Channel = Annotated[str, _id_of("CG")]
_Member = Annotated[str, _id_of("UWSCG")]
_Globs = Annotated[tuple[_Glob, ...], _several, Field(min_length=1)]
_Channels = Annotated[tuple[_Channel, ...], _several, Field(min_length=1)]
_Members = Annotated[tuple[_Member, ...], _several, Field(min_length=1)]
_Count = Annotated[int, Field(ge=0, le=MAX_APPROVALS)]
_Duration = Annotated[float, BeforeValidator(_seconds), Field(ge=MIN_EXPIRES, le=MAX_EXPIRES)]

_TEXT = f"must be a text of 1 to {TEXT_LIMIT} characters, in quotes"
_GLOBS = "must name names, or globs such as “SAP*”, in quotes"
_CHANNELS = "must name channels by their ids (C… or G…)"
_CHANNEL = "must be one channel by its id (C… or G…)"
_MEMBERS = (
    "must name people (U… or W…), user groups (S…) and channels (C… or G…) by their Slack ids"
)
_FLAG = "must be true or false, without quotes"
_EXPIRES = 'must be from "5m" to "14d", written as "90m", "8h" or "2d"'


class _Table(BaseModel):
    """One table of the file. TOML has no null: None is a key that the table does not have."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Matching(_Table):
    """The keys that say which requests a rule is about; a rule without them is about all."""

    name: _Text = Field("", description=_TEXT)
    itwin: _Globs = Field((), description=_GLOBS)
    timer: _Globs = Field((), description=_GLOBS)
    change: Literal["enable", "disable", "any"] = Field(
        "any", description='must be "enable" or "disable" or "any"'
    )
    in_channel: _Channels = Field((), description=_CHANNELS)


class Settings(_Table):
    """The keys that say what such a request needs."""

    approvals: _Count | None = Field(
        None, description=f"must be a number from 0 to {MAX_APPROVALS}"
    )
    approvers: _Members | None = Field(None, description=_MEMBERS)
    self_approval: bool | None = Field(None, description=_FLAG)
    runs_as: Literal["requester", "approver"] | None = Field(
        None, description='must be "requester" or "approver"'
    )
    expires: _Duration | None = Field(None, description=_EXPIRES)
    channel: _Channel | None = Field(None, description=_CHANNEL)
    reason: Literal["optional", "required"] | None = Field(
        None, description='must be "optional" or "required"'
    )
    confirm: bool | None = Field(None, description=_FLAG)
    protected: bool | None = Field(None, description=_FLAG)
    emergency: bool | None = Field(None, description=_FLAG)
    allow: _Members | None = Field(None, description=_MEMBERS)
    deny: _Members | None = Field(None, description=_MEMBERS)

    def to_rule(self, name: str, **matching: Any) -> Rule:
        settings = {key: getattr(self, key) for key in Settings.model_fields}
        sets = {"approvers", "allow", "deny"}
        settings |= {key: frozenset(settings[key]) for key in sets if settings[key] is not None}
        return Rule(name=name, **matching, **settings)


class _RuleTable(Settings, Matching):
    def numbered(self, number: int) -> Rule:
        name = f"rule {number} ({self.name})" if self.name else f"rule {number}"
        change = None if self.change == "any" else self.change
        return self.to_rule(
            name, itwin=self.itwin, timer=self.timer, change=change, channels=self.in_channel
        )


Table = TypeVar("Table", bound=_Table)


# The file and its problems

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct. ``key`` is empty where the file cannot be parsed that far."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.line}: {key}{self.message}"


@dataclass(eq=False)
class PolicyBroken(Exception):
    """The file is not a policy; ``problems`` holds all that were found, in the file's order."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


def parse_policy(text: str) -> Policy:
    """Parse a policy. Raises PolicyBroken with all problems.

    An empty file is refused: it may be half written, and taken for a policy it would ask for
    nothing. An empty ``[defaults]`` asks for nothing on purpose.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyBroken((_syntax_problem(text, error),)) from None
    if not document:
        message = "the file sets nothing: write at least [defaults], or do without a policy"
        raise PolicyBroken((Problem(1, "", message),))
    validation = _Validation(line_numbers(text))
    policy = validation.policy(document)
    if validation.problems:
        raise PolicyBroken(tuple(sorted(validation.problems, key=lambda problem: problem.line)))
    return policy


class _Validation:
    """Validates a document, and collects problems instead of raising the first one."""

    def __init__(self, lines: Mapping[KeyPath, int]) -> None:
        self._lines = lines
        self.problems: list[Problem] = []

    def policy(self, document: Mapping[str, Any]) -> Policy:
        for name in document:
            if name not in {"defaults", "rule"}:
                self._add((name,), f"is not known here{_nearest(name, ['defaults', 'rule'])}")
        table = document.get("defaults", {})
        defaults = self._valid(table, ("defaults",), Settings).to_rule("defaults")
        self._check_quorum(defaults, defaults, ("defaults",))
        rules = document.get("rule", [])
        if not isinstance(rules, list):
            self._add(("rule",), "must be written [[rule]], once for each rule")
            rules = []
        return Policy(
            defaults, tuple(self._rule(rule, index, defaults) for index, rule in enumerate(rules))
        )

    def _rule(self, table: object, index: int, defaults: Rule) -> Rule:
        path: KeyPath = ("rule", index)
        rule = self._valid(table, path, _RuleTable).numbered(index + 1)
        if isinstance(table, dict):
            self._check_effect(table, path)
        self._check_quorum(rule, defaults, path)
        return rule

    def _valid(self, table: object, path: KeyPath, model: type[Table]) -> Table:
        """Return the valid keys of a table, and add a problem for each of the others."""
        if not isinstance(table, dict):
            self._add(path, "must be a table: [defaults] or [[rule]], then a key on each line")
            return model()
        try:
            return model.model_validate(table)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_context=False, include_input=False)
        wrong = {error["loc"][0] for error in errors}
        for key in filter(wrong.__contains__, table):
            of_key = [error for error in errors if error["loc"][0] == key]
            self._add((*path, key), _message(model, key, table[key], of_key))
        return model.model_validate({key: table[key] for key in table if key not in wrong})

    def _check_effect(self, table: Mapping[str, Any], path: KeyPath) -> None:
        """Require that a rule sets something, and that one with ``deny`` sets nothing else.

        So a rule with ``deny`` only ever narrows what is allowed.
        """
        if all(key in Matching.model_fields for key in table):
            self._add(path, "sets nothing: write what it asks for, or take it out")
        for key in table:
            if "deny" in table and key in Settings.model_fields and key != "deny":
                message = "cannot stand beside deny, which only refuses: write a rule of its own"
                self._add((*path, key), message)

    def _check_quorum(self, rule: Rule, defaults: Rule, path: KeyPath) -> None:
        """Require enough approvers, as far as all are people: the size of a group is unknown."""
        if rule.approvals is None and rule.approvers is None:
            return
        approvals = defaults.approvals if rule.approvals is None else rule.approvals
        approvers = defaults.approvers if rule.approvers is None else rule.approvers
        if approvers is None or any(one.startswith(("S", "C", "G")) for one in approvers):
            return
        if len(approvers) < (approvals or 0):
            key = "approvals" if rule.approvers is None else "approvers"
            count = f"names {len(approvers)} for {approvals} approvals"
            self._add((*path, key), f"{count}: name more, or a user group")

    def _add(self, path: KeyPath, message: str) -> None:
        """Add a problem at the line of the path, or of the nearest table around it."""
        around = (path[:length] for length in range(len(path), 0, -1))
        line = next((self._lines[one] for one in around if one in self._lines), 1)
        key = next(part for part in reversed(path) if isinstance(part, str))
        self.problems.append(Problem(line, single_line(key, 40), message))


def _message(model: type[_Table], key: str, value: object, errors: list[ErrorDetails]) -> str:
    """Return what the key accepts; in a list, also which entries are wrong."""
    field = model.model_fields.get(key)
    if field is None and key in Matching.model_fields:
        return "belongs in a [[rule]]: the defaults are for every wish"
    if field is None:
        return f"is no key{_nearest(key, list(model.model_fields))}"
    if any(error["type"] == "too_short" for error in errors):
        return f"{field.description}: the list is empty"
    entries = [str(at + 1) for error in errors if isinstance(at := error["loc"][-1], int)]
    if isinstance(value, list) and entries:
        return f"{field.description}; look at entry {', '.join(entries)}"
    return str(field.description)


def _nearest(key: str, known: list[str]) -> str:
    nearest = get_close_matches(key.casefold(), known, n=1)
    return f"; the nearest is {nearest[0]}" if nearest else f"; there are {', '.join(known)}"


# The line numbers, which tomllib does not keep

_MAX_DEPTH = 3  # ("rule", 0, "expires"): a policy has no deeper key
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
# A string of any of TOML's four kinds, a comment, a bracket or an end of line.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'|#[^\n]*|[][{}\n]",
    re.DOTALL,
)


def _syntax_problem(text: str, error: Exception) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(1, "", "is not TOML: nested too deep")
    found = _AT_LINE.search(str(error))
    last = text.rstrip().count("\n") + 1
    line = int(found[1] or last) if found else 1
    return Problem(line, "", f"is not TOML: {single_line(_AT_LINE.sub('', str(error)))}")


def line_numbers(text: str) -> dict[KeyPath, int]:
    """Return the line of every table and key of a valid TOML text.

    ``("rule", 0)`` is the first ``[[rule]]`` and ``("rule", 0, "expires")`` a key in it. What
    stands inside a value has the line of the value's key.
    """
    lines: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}
    table: KeyPath = ()
    for line, statement in _statements(text.replace("\r\n", "\n")):
        # One statement is a small document, so tomllib can parse its key.
        content = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _header_path(content, counts, array=statement.lstrip().startswith("[["))
            content = {}
            lines.setdefault(table[:1], line)
        for path in _paths(content, table):
            lines.setdefault(path, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Split the text at the ends of line that are in no string and no bracket."""
    start, line, depth, newlines = 0, 1, 0, 0
    for match in _TOKEN.finditer(text + "\n"):
        found = match[0]
        newlines += found.count("\n")
        if found in {"[", "{", "]", "}"}:
            depth += 1 if found in {"[", "{"} else -1
        elif found == "\n" and depth == 0:
            yield line, text[start : match.start()]
            start, line = match.end(), newlines + 1


def _header_path(header: dict[str, Any], counts: dict[str, int], *, array: bool) -> KeyPath:
    """Return the path that a header opens; ``counts`` has the number of ``[[…]]`` of each name."""
    names: list[str] = []
    inside: Any = header
    while isinstance(inside, dict) and inside:
        name, inside = next(iter(inside.items()))
        names.append(name)
    if array and len(names) == 1:
        counts[names[0]] = counts.get(names[0], 0) + 1
    index = (counts[names[0]] - 1,) if names[0] in counts else ()
    return (names[0], *index, *names[1:])


def _paths(value: Any, at: KeyPath) -> Iterator[KeyPath]:
    """Yield the path and those inside it, down to the depth of a rule's key."""
    if at:
        yield at
    if len(at) == _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*at, index))
