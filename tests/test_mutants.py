"""The mutation run: its parts, and all of it on a tree where each mutant's end is known."""

import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.applying import ImportNeededError, replace_functions
from tests.mutants.mutations import SourceFile
from tests.mutants.reach import TimedTest, in_turn
from tests.mutants.sampling import shares, within

ROOT = Path(__file__).resolve().parent.parent
CODE = """\
LIMIT = 3


def under(number):
    return number < LIMIT


def greeting(name):
    return "hello " + name


def count_down(number):
    while number > 0:
        number -= 1


def forgotten():
    return True


class Box:
    @property
    def is_full(self):
        return not self
"""
CHECKS = """\
import pytest
from part.sums import Box, count_down, greeting, under


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    yield folder
    folder.rmdir()


def test_the_limit_is_not_under_itself(shelf):
    assert shelf.is_dir()
    assert under(2) and not under(3)


def test_somebody_is_greeted(shelf):
    assert shelf.is_dir()
    assert greeting("you")


def test_it_counts_down():
    count_down(1)


def test_a_box_is_not_full():
    assert Box().is_full is False
"""
PRINTED = """
No test fails with these:

part/sums.py:9:2  (1 tests)
-    return "hello " + name
+    return "XXhello XX" + name

part/sums.py:9:3  (1 tests)
-    return "hello " + name
+    return "HELLO " + name

part/sums.py:13:1  (1 tests)
-    while number > 0:
+    while number >= 0:

part/sums.py:13:2  (1 tests)
-    while number > 0:
+    while number > 1:

part/sums.py:14:3  (1 tests)
-        number -= 1
+        number -= 2

No test executes these:

part/sums.py:18:1  (0 tests)
-    return True
+    return False

With these a test did not come to its end:

part/sums.py:14:1  (1 tests)
-        number -= 1
+        number = 1

part/sums.py:14:2  (1 tests)
-        number -= 1
+        number += 1

module          mutants     killed   survived  timed out    no test
part/sums.py         12          4          5          2          1
all                  12          4          5          2          1

the same again: python3 run.py mutants part --seed 1 --most 1500
one of them:    python3 run.py mutants --only FILE:LINE:NUMBER

killed 40.0 %, wanted 50 % (timed out: counted apart)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    (tmp_path / "checks").mkdir()
    (tmp_path / "part" / "sums.py").write_text(CODE)
    (tmp_path / "checks" / "test_sums.py").write_text(CHECKS)
    # It is imported before pytest is configured, as the bot is, and its constants are changed too.
    (tmp_path / "checks" / "conftest.py").write_text("import part.sums")
    (tmp_path / "pyproject.toml").write_text('[tool.pytest]\naddopts = ["--import-mode=importlib"]')
    return tmp_path


def mutants(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    options = ("--tests", "checks", "--patience", "1", "--workers", "1", "--seed", "1")
    # Without what tells a child that it is a worker of this very run.
    ours = ("PYTEST_", "COVERAGE_", "COV_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # most of the time would go into loading them
        "PYTEST_PLUGINS": "pytest_cov.plugin",
    }
    return subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-m", "tests.mutants", *arguments, *options], cwd=tree, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(600)  # ten starts of Python, on a machine that may be crowded
def test_each_mutant_meets_its_end(tree: Path) -> None:
    done = mutants(tree, "part", "--score", "50")
    assert (done.returncode, done.stdout) == (1, PRINTED), done.stderr

    done = mutants(tree, "--only", "part/sums.py:1:1", "--only", "part/sums.py:5:1")
    told = re.findall(r"^(part\S+)  .* killed by (.*)$", done.stdout, flags=re.MULTILINE)
    assert [name for name, _ in told] == [f"part/sums.py:{line}:1" for line in (1, 5)]
    assert all("test_the_limit_is_not_under_itself" in by for _, by in told)


def loaded(path: Path) -> ModuleType:
    loader = SourceFileLoader("loaded", str(path))
    spec = spec_from_loader("loaded", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("def f():\n    return 1", "f()"),
        ("class C:\n    @property\n    def p(self):\n        return 1", "C().p"),
        ("def outer():\n    def inner():\n        return 1\n    return inner\nf = outer()", "f()"),
        ("f, g = (lambda: 2), (lambda: 1)", "g()"),
        ("def f():\n    yield 1", "next(f())"),
    ],
)
def test_functions_that_exist_get_the_code_of_the_mutant(
    source: str, used: str, tmp_path: Path
) -> None:
    path = tmp_path / "loaded.py"
    path.write_text(source)
    module = loaded(path)
    assert eval(used, vars(module)) == 1  # noqa: S307
    replace_functions(path, source, source.replace("1", "7"))
    assert eval(used, vars(module)) == 7  # noqa: S307


@pytest.mark.parametrize("source", ["N = 1", "def f(n=1):\n    return n", "class C:\n    n = 1"])
def test_what_runs_at_import_is_left_to_an_import(source: str, tmp_path: Path) -> None:
    path = tmp_path / "loaded.py"
    path.write_text(source)
    loaded(path)
    with pytest.raises(ImportNeededError):
        replace_functions(path, source, source.replace("1", "7"))


def test_a_mutant_that_loses_lines_leaves_those_below_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "def f():\n    return g(\n        1,\n        2,\n    )\n\n\nx = 3\n"
    )
    file = SourceFile(tmp_path, "code.py")
    sources = [file.mutant(*name).source for name in file.changes]
    assert any("2" not in source for source in sources)
    assert {source.splitlines().index("x = 3") for source in sources if "x = 3" in source} == {7}


def test_shares_go_by_size_and_add_up() -> None:
    assert shares({"a": 700, "b": 200, "c": 100}, 15) == {"a": 11, "b": 3, "c": 1}
    assert shares({"a": 7, "b": 2}, 15) == {"a": 7, "b": 2}


def test_the_cheapest_tests_within_the_budget_and_always_one() -> None:
    tests = [TimedTest("a", 3.0), TimedTest("b", 4.0), TimedTest("c", 5.0)]
    assert within(7.5, tests) == tests[:2]
    assert within(1.0, tests) == tests[:1]
    assert within(1.0, []) == []


def test_cases_of_one_test_take_turns_with_other_tests() -> None:
    tests = [TimedTest(f"cases[{case}]", 1.0) for case in "abcd"] + [TimedTest("other", 2.5)]
    order = [test.name for test in in_turn(tests)]
    assert order == ["cases[a]", "cases[b]", "other", "cases[c]", "cases[d]"]
