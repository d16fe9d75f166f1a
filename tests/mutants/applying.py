"""Puts a mutant into a process: into functions that are loaded already, or into what is imported.

Functions get the code of the mutant (``function.__code__``), which takes milliseconds, where to
import the bot takes seconds. It can only be done where nothing but the inside of functions differs.
Everything else (constants, defaults of arguments, what is computed from them) has to be there
before the file is imported.
"""

import functools
import gc
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType


class ImportNeededError(Exception):
    """The mutant cannot be put into functions that exist already."""


def replace_functions(path: Path, original: str, mutated: str) -> None:
    """Gives the functions of the file that exist now the code that the mutant has for them.

    Raises ImportNeededError when something outside of functions differs, when no function exists
    that has the changed code, or when Python refuses the new code for it.
    """
    before, after = (
        compile(source, str(path), "exec", dont_inherit=True) for source in (original, mutated)
    )
    changed = {_place(old): new for old, new in _functions(before, after) if old != new}
    functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
    of_file = [one for one in functions if one.__code__.co_filename == str(path)]
    found = [one for one in of_file if _place(one.__code__) in changed]
    if not found:
        raise ImportNeededError
    for function in found:
        try:
            with warnings.catch_warnings(action="ignore"):  # it may have lost its only `yield`
                function.__code__ = changed[_place(function.__code__)]
        except ValueError as error:  # it closes over other variables now
            raise ImportNeededError from error


def forget_results() -> None:
    """Empties all caches of functions: what they remember was computed without a mutant."""
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            one.cache_clear()


def import_instead(name: str, path: Path, source: str) -> None:
    """Has the module made from ``source`` when it is imported from now on."""
    sys.meta_path.insert(0, _Finder(name, path, source))


def _functions(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yields the functions inside, as they were and as they are, with those inside of them."""
    old, new = _inner(before), _inner(after)
    if not before.co_flags & inspect.CO_OPTIMIZED:  # the code of a module or a class
        if _own(before) != _own(after):
            raise ImportNeededError
    else:
        yield before, after
    if [code.co_name for code in old] == [code.co_name for code in new]:
        for pair in zip(old, new, strict=True):
            yield from _functions(*pair)


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Returns what the code itself does, without the functions and classes inside it."""
    constants = [getattr(one, "co_name", repr(one)) for one in code.co_consts]
    return (code.co_code, code.co_names, constants)


def _place(code: CodeType) -> tuple[object, ...]:
    """Tells one function of a file from the others, also two of one line."""
    return (code.co_qualname, *code.co_positions())


class _Finder(MetaPathFinder):
    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # importlib passes it
        target: ModuleType | None = None,  # noqa: ARG002  # likewise
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Loader(fullname, str(self._path))
        loader.source = self._source
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class _Loader(SourceFileLoader):
    """Compiles a text instead of the file, and keeps nothing of it on disk."""

    source: str

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # importlib passes it
        return compile(self.source, self.path, "exec", dont_inherit=True)
