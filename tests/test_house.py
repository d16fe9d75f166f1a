"""The rules of the house, kept by reading the tree. Imports between rooms: `run.py check`."""

import ast
import functools
import io
import json
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.core.language.verbs import VERBS
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
BOT = sorted((ROOT / "bot").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", None)
    return f"{path.relative_to(ROOT)}{'' if line is None else f':{line}'}"


def imported(module: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Every name that is imported, with its package in front."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


def tracked_files() -> list[Path]:
    """What git has or would take; without git, everything but hidden and generated folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        walked = (path for path in ROOT.rglob("*") if path.is_file())
        return [p for p in walked if not is_generated(p.relative_to(ROOT))]
    names = done.stdout.decode("utf-8").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def is_generated(path: Path) -> bool:
    folders = path.parts[:-1]
    hidden = any(part.startswith(".") and part != ".ci" for part in folders)
    return hidden or "__pycache__" in folders or path.name in {"uv.lock", "pylock.toml"}


# Sizes and names


MAX_LINES = 400
# A closed type is read as a whole: each of these lists every case of one.
MAY_BE_LONGER = {
    "bot/core/errors.py",  # everything that can go wrong
    "bot/core/language/commands.py",  # everything that can be asked
    "bot/core/outcomes.py",  # everything that can come of it
}


def test_no_file_is_over_400_lines() -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in BOT}
    assert lengths.keys() >= MAY_BE_LONGER
    long = {name for name, length in lengths.items() if length > MAX_LINES}
    assert long - MAY_BE_LONGER == set()


def test_no_function_is_over_50_lines() -> None:
    found = {
        f"{place(path, node)} {node.name}": node.end_lineno - node.lineno + 1
        for path in BOT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }
    assert {name: length for name, length in found.items() if length > 50} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    words = {"util", "utils", "helper", "helpers", "common", "misc", "base"}
    named = [path for path in [*BOT, *TESTS] if words & {path.stem, path.parent.name}]
    assert [place(path) for path in named] == []


def test_no_file_is_empty_and_packages_say_what_they_are() -> None:
    empty = [place(path) for path in [*BOT, *TESTS] if not tree(path).body]
    packages = [path for path in BOT if path.name == "__init__.py"]
    silent = [place(path) for path in packages if not ast.get_docstring(tree(path))]
    assert (empty, silent) == ([], [])


# What no file may hold

REGISTRIES = [  # in pieces, because this file is tracked too
    "py" + "pi.org",
    "py" + "pi.python.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "ana" + "conda.org",
    "ana" + "conda.com",
    "crates" + ".io",
    "proxy.golang" + ".org",
    "ruby" + "gems.org",
]


def test_no_tracked_file_names_a_registry() -> None:
    found = [
        (place(path), host)
        for path in tracked_files()
        for host in REGISTRIES
        if host.encode() in path.read_bytes().lower()
    ]
    assert found == []


def test_lock_files_carry_hashes_and_no_address() -> None:
    runtime, development = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    for lock in (runtime, development):
        assert "://" not in lock
        assert (
            re.search(r"^\s*(-i|-f|--(extra-)?index|--find|--trusted)", lock, re.MULTILINE) is None
        )
        packages = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
        unhashed = [p.split(" ")[0] for p in packages if "--hash=sha256:" not in p]
        assert unhashed == []
    assert pins(runtime) - pins(development) == set()


def pins(lock: str) -> set[str]:
    """Returns name, version and condition of each package; the extras asked for may differ."""
    lines = [line for line in lock.splitlines() if "==" in line and not line.startswith(" ")]
    return {re.sub(r"\[.*?\]==", "==", line) for line in lines}


def test_no_lock_that_names_a_registry_is_kept() -> None:
    names = {path.name for path in tracked_files()}
    assert names & {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"} == set()


# What the code may not do


def test_tests_replace_nothing_of_the_bot() -> None:
    modules = ("unittest.mock", "mock", "pytest_mock")
    calls = {"monkeypatch.setattr", "monkeypatch.delattr", "mocker.patch", "patch.object"}
    found = []
    for path in TESTS:
        module = tree(path)
        found += [
            place(path, node)
            for name, node in imported(module)
            if any(f"{name}.".startswith(f"{forbidden}.") for forbidden in modules)
        ]
        found += [
            place(path, node)
            for node in ast.walk(module)
            if isinstance(node, ast.Call) and dotted(node.func) in calls
        ]
    assert found == []


def test_nothing_is_unpickled() -> None:
    unsafe = ("pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle")
    found = []
    for path in BOT:
        module = tree(path)
        found += [
            place(path, node) for name, node in imported(module) if name.split(".")[0] in unsafe
        ]
        found += [
            place(path, node)
            for node in ast.walk(module)
            if isinstance(node, ast.Call) and dotted(node.func) in {"yaml.load", "eval", "exec"}
        ]
    assert found == []


def test_only_drawing_a_card_calls_chat_update() -> None:
    """An update from elsewhere would not be ordered with those of the card outbox."""
    found = {
        place(path)
        for path in BOT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        if dotted(node.func).endswith(("slack.update", "chat_update"))
    }
    assert found == {"bot/slack/cards/draw.py"}


def test_no_certificate_goes_unchecked_and_no_redirect_is_followed() -> None:
    forbidden = {("verify", False), ("follow_redirects", True), ("ssl", False)}
    outside = [path for path in BOT if (ROOT / "bot" / "sandbox") not in path.parents]
    found = [
        place(path, node.value)
        for path in outside
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword)
        and isinstance(node.value, ast.Constant)
        and (node.arg, node.value.value) in forbidden
    ]
    assert found == []


def test_no_work_is_left_undone_in_words() -> None:
    words = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{place(path)}:{number}"
        for path in BOT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]
    assert found == []


# Time in the tests: a busy machine fails none. Where a clock may be read, and why nowhere else, is
# said in tests/world/{clock,waiting}.py; what only a real clock can show is in tests/deep. The
# mutation tester in tests/mutants and the campaign in tests/soak are tools, which go by real time.

CLOCKS = frozenset(
    {
        *("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"),
        *("process_time_ns", "thread_time", "thread_time_ns", "clock_gettime", "time_ns"),
        *("sleep", "wait_for", "timeout", "timeout_at", "Timeout", "call_later", "call_at"),
        *("alarm", "setitimer"),
    }
)
WAITS = frozenset({"wait", "join", "result", "get", "communicate", "select", "poll"})
TODAY = frozenset({"now", "utcnow", "today"})
HANGS = 300  # seconds: the limit in pyproject.toml; a longer one is for what is long


def goes_by_a_clock(module: ast.Module) -> Iterator[ast.AST]:
    """What reads a clock, sleeps, or gives up after a while of its own choice."""
    yield from (node for name, node in imported(module) if names_a_clock(name))
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(attr="timeout") as mark) if is_a_mark(mark):
                if not is_a_limit(node):
                    yield node
            case ast.Attribute(attr=name) if name in CLOCKS and not is_a_mark(node):
                yield node
            case ast.Call(func=ast.Attribute(attr="time"), args=[]):
                yield node
            case ast.Call(func=ast.Name("getattr"), args=[_, ast.Constant(name), *_]) if (
                name in CLOCKS
            ):
                yield node
            case ast.keyword(arg="timeout" | "deadline") if not is_for_ever_or_hung(node.value):
                yield node
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(int() | float()), *_]):
                if name in WAITS:
                    yield node
            case ast.Assert() | ast.Compare() | ast.BinOp(op=ast.Sub()) if tells_today(node):
                yield node


def names_a_clock(imported_name: str) -> bool:
    package, _, last = imported_name.rpartition(".")
    return "time" in {package, imported_name} or last in CLOCKS


def is_a_mark(node: ast.Attribute) -> bool:
    return dotted(node) == "pytest.mark.timeout"


def is_a_limit(mark: ast.Call) -> bool:
    """A test may be longer than others, but none is given less time than it takes to hang."""
    match mark:
        case ast.Call(args=[ast.Constant(int(seconds))], keywords=[]):
            return seconds > HANGS
        case _:
            return False


def is_for_ever_or_hung(value: ast.expr) -> bool:
    none = isinstance(value, ast.Constant) and value.value is None
    return none or any(isinstance(n, ast.Name) and n.id == "HUNG" for n in ast.walk(value))


def tells_today(node: ast.AST) -> bool:
    """Whether the machine's date takes part; the world's clock may."""
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    names = (dotted(called).split(".") for called in calls)
    return any(name[-1] in TODAY and {"datetime", "date"} & set(name[:-1]) for name in names)


def test_tests_wait_for_conditions_and_not_for_clocks() -> None:
    world = ROOT / "tests" / "world"
    allowed = {world / "clock.py", world / "waiting.py"}
    found = [
        place(path, node)
        for path in TESTS
        if path not in allowed and path.parent.name not in {"deep", "mutants", "soak"}
        for node in goes_by_a_clock(tree(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "import time as clock",
        "from time import time",
        "from asyncio import sleep as pause",
        "from asyncio import timeout",
        "asyncio.sleep(0)",
        "wait = asyncio.wait_for",
        "asyncio.get_running_loop().time()",
        "loop.call_later(1, done)",
        "getattr(asyncio, 'sleep')(1)",
        "asyncio.wait(tasks, timeout=5)",
        "subprocess.run(command, timeout=SECONDS)",
        "settings(deadline=200)",
        "process.wait(10)",
        "thread.join(0.5)",
        "httpx.Timeout(1)",
        "signal.alarm(5)",
        "world.clock.sleep(1)",
        "assert datetime.now(UTC) < end",
        "took = datetime.now(UTC) - began",
        "took = dt.datetime.now() - began",
        "pytest.mark.timeout(60)",
        "pytest.mark.timeout(LONG)",
        "limit = pytest.mark.timeout(600, method='thread')",
    ],
)
def test_a_clock_is_seen_in(line: str) -> None:
    assert list(goes_by_a_clock(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "assert world.clock.now() - begun < 3",
        "subprocess.run(command, timeout=None)",
        "page.set_options(timeout=HUNG * 1_000)",
        "process.wait()",
        "', '.join(names)",
        "when = datetime.now(UTC).isoformat()",
        "pytest.mark.timeout(900)",
    ],
)
def test_no_clock_is_seen_in(line: str) -> None:
    assert list(goes_by_a_clock(ast.parse(line))) == []


# Importing is free of consequences

IMPORTER = r"""
import importlib, json, os, sys

root = sys.argv[1]
reads, sockets = [], []


def ours():
    # The file of the bot that did it, unless it only imported somebody else's module that did.
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(root):
            return f"{name[len(root):]}:{frame.f_lineno}"
        if name.startswith("<frozen importlib"):
            return None
        frame = frame.f_back
    return None


def audit(event, arguments):
    if event.startswith("socket.") and (where := ours()):
        sockets.append(f"{where} {event}")


class Watched(type(os.environ)):
    def __getitem__(self, key):
        if where := ours():
            reads.append(f"{where} {key}")
        return super().__getitem__(key)

    def __iter__(self):
        if where := ours():
            reads.append(f"{where} all")
        return super().__iter__()


os.environ.__class__ = Watched
sys.addaudithook(audit)
for module in sys.argv[2:]:
    importlib.import_module(module)
print(json.dumps({"reads": reads, "sockets": sockets}))
"""


def watch_imports(root: Path, modules: list[str]) -> dict[str, list[str]]:
    command = [sys.executable, "-c", IMPORTER, f"{root}{os.sep}bot{os.sep}", *modules]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(  # noqa: S603  # our own interpreter
        command, cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_importing_opens_no_socket_and_reads_no_environment() -> None:
    seen = watch_imports(ROOT, [module_name(path) for path in BOT])
    # pydantic asks for its own switch whenever a model class is made.
    ours = [read for read in seen["reads"] if not read.endswith("PYDANTIC_DISABLE_PLUGINS")]
    assert (ours, seen["sockets"]) == ([], [])


def test_the_watch_itself_sees_what_it_should(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text(
        "import os, socket\nos.getenv('HOME')\n'X' in os.environ\ndict(os.environ)\n"
        "socket.socket().close()\n",
    )
    seen = watch_imports(tmp_path, ["bot"])
    assert seen["reads"][:3] == ["__init__.py:2 HOME", "__init__.py:3 X", "__init__.py:4 all"]
    assert seen["sockets"] == ["__init__.py:5 socket.__new__"]


# Every key of the store is described: THE HOOK FOR THE STORE'S DOCSTRING.
# Its lines that begin with `edfs:` are the table; `<word>` and `{word}` stand for what varies.


def pattern(text: str) -> str:
    """`edfs:{<workspace>}:person:<user>` and `edfs:{workspace}:person:{user}` are one."""
    return re.sub(r"\{\*\}", "*", re.sub(r"<[^<>]*>|\{\w+\}", "*", text))


def described_keys(docstring: str) -> set[str]:
    lines = (line.strip().lstrip("`") for line in docstring.splitlines())
    return {pattern(re.split(r"[\s`]", line)[0]) for line in lines if line.startswith("edfs:")}


def literal(node: ast.expr) -> str:
    """What a string expression says, with `*` for what varies in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) for part in node.values)
    return "*"


def written_keys(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Strings that begin with `edfs:`, and what `key_of(workspace, …)` is called with."""
    nodes = list(ast.walk(module))
    parts = {id(part) for n in nodes if isinstance(n, ast.JoinedStr) for part in n.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in parts:
            text = re.sub(r"\{\*\}", "*", literal(node))
            if text.startswith("edfs:") and "\n" not in text:
                yield text, node
        elif isinstance(node, ast.Call) and dotted(node.func) == "key_of":
            yield ":".join(["edfs:*", *(literal(part) for part in node.args[1:])]), node


def fits(written: str, described: str) -> bool:
    """True when each part is the same or varies; a last part that varies may be several."""
    parts, known = written.rstrip(":").split(":"), described.split(":")
    open_ended = parts[-1] == "*" or written.endswith(":")
    same_length = len(parts) == len(known) or (open_ended and len(parts) < len(known))
    return same_length and all(
        "*" in (one, other) or one == other for one, other in zip(parts, known, strict=False)
    )


def test_every_key_of_the_store_is_described() -> None:
    store = ROOT / "bot" / "gateways" / "store"
    described = described_keys(ast.get_docstring(tree(store / "__init__.py")) or "")
    assert described, "the store's docstring lists no key"
    unknown = [
        f"{place(path, node)} {key}"
        for path in sorted(store.rglob("*.py"))
        for key, node in written_keys(tree(path))
        if not any(fits(key, known) for known in described)
    ]
    assert unknown == []


# What is said to people holds


@functools.cache
def said_in_conversations() -> frozenset[str]:
    """What people type and read in the conversations, without the table of refused commands."""
    return frozenset(
        node.value
        for path in sorted((ROOT / "tests" / "conversations").rglob("*.py"))
        for statement in tree(path).body
        if not (isinstance(statement, ast.Assign) and dotted(statement.targets[0]) == "REFUSED")
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_stands_in_readme_and_has_a_conversation(verb: str) -> None:
    typed = re.compile(rf"/edfs {re.escape(verb)}\b")
    assert typed.search(README), f"README does not show /edfs {verb}"
    assert any(typed.search(text) for text in said_in_conversations()), "only its refusal is tested"


def test_every_setting_stands_in_readme_and_no_other() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", table, flags=re.MULTILINE))
    known = set(Settings.environment_names())
    assert known - named == set()
    assert named - known <= {"SSL_CERT_FILE"}, "read by OpenSSL, not by us"


def test_the_files_a_self_hoster_needs_are_there() -> None:
    for name in ("LICENSE", "SECURITY.md", "manifest.yml", "Dockerfile", "docs/operations.md"):
        assert (ROOT / name).read_text(encoding="utf-8").strip()
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(bot.__version__)}\b", changes, flags=re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
    broken = [
        f"{place(document)} {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


# Words and rooms: docs/glossary.md and docs/architecture.md


def unused_words() -> list[str]:
    """The words of the glossary's last table, which the code must not use."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    table = text.partition("## Words that are not used")[2]
    cells = re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE)
    return [word.strip("` ") for cell in cells[1:] for word in cell.split(",") if "-" not in word]


def spoken_by_the_code(path: Path) -> Iterator[tuple[int, str]]:
    """Names, comments and docstrings of a file with their lines; no text that people read."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.NAME, tokenize.COMMENT}:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""


def test_the_code_uses_no_word_that_the_glossary_replaces() -> None:
    words = unused_words()
    assert {"Desk", "Sheet", "brush", "whisper"} <= set(words)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b")
    found = [
        f"{place(path)}:{number} {match.group()}"
        for path in BOT
        for number, text in spoken_by_the_code(path)
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_every_folder_of_the_bot_stands_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.is_relative_to(ROOT / "bot")
    }
    assert sorted(folder for folder in folders if f"`{folder}/`" not in page) == []


def test_the_architecture_names_only_modules_that_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:bot|bench|tests)/[\w/.]*)`", page))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_each_event_that_the_operations_page_names_is_written() -> None:
    """To the log, or into the audit trail, whose second word may be a value."""
    code = "".join(path.read_text(encoding="utf-8") for path in BOT)
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", page)) - {"slack.com"}
    made = ("approval.", "auto_enable.", "operation.", "subscription.")
    assert "jobs.stalled" in named
    assert [one for one in named if f'"{one}"' not in code and not one.startswith(made)] == []
