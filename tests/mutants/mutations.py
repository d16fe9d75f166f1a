"""Mutants of a source file, made with mutmut's operators.

The operators are mutmut's own list. The walk over the file is ours, because mutmut's leaves out
decorated functions (every property, every context manager) and everything outside functions.
What runs at import has its literals changed only: most other changes there end in an ImportError,
which says nothing about the tests.
"""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import (
    mutation_operators,
    operator_name,
    operator_number,
    operator_string,
)

LITERALS = (operator_number, operator_string, operator_name)
# mutmut leaves the first two alone as well; the names that the last two take are never read.
UNTOUCHED_CALLS = ("len", "isinstance", "NewType", "TypeVar")
STATEMENTS = (cst.BaseStatement, cst.MatchCase, cst.ExceptHandler)

Positions = Mapping[cst.CSTNode, CodeRange]


@dataclass(frozen=True, slots=True)
class Change:
    """``old`` becomes ``new``. ``lines`` are those of what changes, ``statement`` those around it.

    A test that reaches the mutant executes one of ``lines``, or of ``statement`` where Python
    counts the whole of it as one line.
    """

    old: cst.CSTNode
    new: cst.CSTNode
    lines: range
    statement: range


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one change; ``number`` counts the changes that begin on the same line."""

    path: str
    line: int
    number: int
    lines: range
    statement: range
    original: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}:{self.number}"

    def diff(self) -> str:
        """Returns the changed lines, `-` and `+`, without the lines around them."""
        before, after = self.original.splitlines(), self.source.splitlines()
        shown = difflib.unified_diff(before, after, lineterm="", n=0)
        marks = ("---", "+++", "@@")
        return "\n".join(line for line in shown if not line.startswith(marks) and line != "+")


class SourceFile:
    """A parsed file and every change that the operators make of it, by line and number."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self.source = (root / path).read_text(encoding="utf-8")
        self._starts = [0]
        for line in self.source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        wrapper = MetadataWrapper(cst.parse_module(self.source), unsafe_skip_copy=True)
        self._module = wrapper.module
        self._positions: Positions = wrapper.resolve(PositionProvider)
        seen = Counter[int]()
        self.changes: dict[tuple[int, int], Change] = {}
        for change in _changes(self._module, self._positions, range(0), in_body=False):
            seen[change.lines.start] += 1
            self.changes[change.lines.start, seen[change.lines.start]] = change

    def mutant(self, line: int, number: int) -> Mutant:
        """Returns the mutant of that name; raises KeyError when the file has none."""
        change = self.changes[line, number]
        source = self._padded(change, self._changed(change))
        return Mutant(self.path, line, number, change.lines, change.statement, self.source, source)

    def _changed(self, change: Change) -> str:
        """Replaces the node's text; makes the whole text anew where the node's own differs.

        The text of a node by itself lacks the indentation of the block that it stands in.
        """
        span = self._positions[change.old]
        start, end = self._offset(span.start), self._offset(span.end)
        if self._module.code_for_node(change.old) == self.source[start:end]:
            return self.source[:start] + self._module.code_for_node(change.new) + self.source[end:]
        replaced = self._module.deep_replace(change.old, change.new)
        assert isinstance(replaced, cst.Module)
        return replaced.code

    def _padded(self, change: Change, source: str) -> str:
        """Adds blank lines for those that the change removed, so that later lines keep theirs."""
        lines = source.splitlines(keepends=True)
        missing = len(self._starts) - 1 - len(lines)
        end = self._positions[change.old].end.line - missing
        return "".join([*lines[:end], *["\n"] * missing, *lines[end:]])

    def _offset(self, position: CodePosition) -> int:
        return self._starts[position.line - 1] + position.column


def _changes(
    node: cst.CSTNode, positions: Positions, statement: range, *, in_body: bool
) -> Iterator[Change]:
    """Yields the changes of a node and of all below it, in the order of the text."""
    if _is_left_alone(node):
        return
    if isinstance(node, STATEMENTS):
        statement = _header(node, positions)
    for kind, operator in mutation_operators:
        if isinstance(node, kind) and node in positions and (in_body or operator in LITERALS):
            for new in operator(node):
                lines = _changed_lines(node, new, positions)
                yield Change(node, new, lines, statement or lines)
    for child in node.children:
        is_body = isinstance(node, cst.FunctionDef | cst.Lambda) and child is node.body
        yield from _changes(child, positions, statement, in_body=in_body or is_body)


def _is_left_alone(node: cst.CSTNode) -> bool:
    """True for what has no effect when it runs, or none that a test should look for."""
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Import() | cst.ImportFrom():
            return True
        case cst.Call(func=cst.Name(value=name)):
            return name in UNTOUCHED_CALLS
        case cst.Subscript(value=cst.Name(value="Literal")):
            return True
    return False


def _header(node: cst.CSTNode, positions: Positions) -> range:
    """Returns the lines of a simple statement, or those before the body of a compound one."""
    span = positions[node]
    body = node.cases[0] if isinstance(node, cst.Match) else getattr(node, "body", None)
    if isinstance(body, cst.IndentedBlock | cst.MatchCase):
        return range(span.start.line, max(span.start.line + 1, positions[body].start.line))
    return range(span.start.line, span.end.line + 1)


def _changed_lines(node: cst.CSTNode, new: cst.CSTNode, positions: Positions) -> range:
    """Returns the node's lines, or those of the one case that a `match` loses."""
    if isinstance(node, cst.Match) and isinstance(new, cst.Match):
        node = next(case for case in node.cases if case not in new.cases)
        return _header(node, positions)
    span = positions[node]
    return range(span.start.line, span.end.line + 1)
