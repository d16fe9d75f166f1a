#!/usr/bin/env python3
"""Prepares the checkout's own Python environment, then runs one thing in it.

Needs Python 3.11 or newer with venv, and a package index; nothing else. Standard library only.
Kept readable for Python 3.6, so that an older Python says what is wrong instead of a SyntaxError.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  # the line is for those who have an older one
    sys.exit(
        "run.py: EDFS Bot needs Python 3.11 or newer, this is %d.%d. "  # noqa: UP031
        "Start it with a newer one, for example: python3.13 run.py" % sys.version_info[:2],
    )

ROOT = Path(__file__).resolve().parent
STAMP = "edfs-bot.stamp"
USAGE = """\
usage: python3 run.py <verb> [arguments]

  sandbox   a small world to play in: Slack, EDFS and sign-in stand-ins, and the bot
            (--port N, --headless; Ctrl+C ends it)
  test      the tests; arguments go to pytest (--deep for the long ones, --coverage to say
            what they reach, --record FILE to keep every payload for Slack as JSON lines)
  check     format, lint, types, import rules, house rules, whether all tests can be collected
  bench     how long a select waits for its options (--check: exit 1 where it is too long)
  soak      random commands at three replicas, then a judge (--faults, --minutes N; --help)
  mutants   which changes of the code no test notices (PATH…, --most N, --minutes N; --help)

The first run makes .venv and installs what the lock file names, hashes checked;
later runs go straight on. EDFS_BOT_VENV names another folder for the environment.
"""
LOCKS = {
    "sandbox": "requirements.lock",
    "test": "requirements-dev.lock",  # holds all of requirements.lock too
    "check": "requirements-dev.lock",
    "bench": "requirements.lock",
    "mutants": "requirements-dev.lock",
    "soak": "requirements-dev.lock",
}
COVERAGE = ("--cov=bot", "--cov-branch", "--cov-report=term", "--cov-fail-under=90")
CORES = os.cpu_count() or 1
SPREAD = ("--dist", "worksteal")  # whoever is done first takes over what others still have to do
SELECTING = ("-k", "-m", "--lf", "--last-failed", "--sw", "--stepwise", "--co", "--collect-only")
WITH_VALUE = ("-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W", "--record")
CHECKS = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", ".")),
    ("types", ("-m", "mypy", "bot", "run.py")),
    ("imports", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    ("house rules", ("-m", "pytest", "-q", "tests/test_house.py")),
    ("collection", ("-m", "pytest", "-q", "--collect-only", "tests")),
)
# What the installers print, what it means, what to do next. The first that fits is said.
CAUSES = (
    (("do not match the hashes", "hash mismatch"),
     "a package does not match the hash in the lock file",
     "do not go on; find out which index or proxy sent it"),
    (("no space left",), "the disk is full", "free some space and run this again"),
    (("ensurepip", "no module named venv"),
     "this Python lacks venv or pip",
     "on Debian and Ubuntu: apt install python3-venv"),
    (("certificate", "ssl error"),
     "the package index's certificate is not trusted here",
     "set SSL_CERT_FILE to your certificate authority's file"),
    (("connection", "timed out", "name resolution", "dns error", "proxyerror", "failed to fetch"),
     "the package index cannot be reached",
     "check the network, or the proxy and index settings of pip or uv"),
    (("no matching distribution", "no solution found", "no wheel", "compatible wheel"),
     "the package index has no build for this Python and system",
     "try another Python version from 3.11 on"),
    (("permission denied",), "a folder may not be written to", "check who owns the checkout"),
)  # fmt: skip


class Failed(Exception):
    """One line for the person: cause, then the next step."""


def say(line: str) -> None:
    print("run.py: " + line, file=sys.stderr, flush=True)


def environment_folder() -> Path:
    return ROOT / os.environ.get("EDFS_BOT_VENV", ".venv")


def program(venv: Path, name: str) -> Path:
    """A program inside the environment; Windows names the folder differently."""
    if os.name == "nt":
        return venv / "Scripts" / (name + ".exe")
    return venv / "bin" / name


def packages_folder(venv: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(venv)}))


def python_tag() -> str:
    return f"{sys.implementation.name}-{sys.version_info[0]}.{sys.version_info[1]}"


def made_for(venv: Path) -> str:
    """The `major.minor` the environment was made with, empty when that cannot be told."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:2])
    return ""


def stamp_of(lock: Path, venv: Path) -> str:
    """What an environment must have been made from, and where, to be used as it is."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"{lock.name} {digest} {python_tag()} {sys.platform} {venv.resolve()} {ROOT}\n"


def is_ready(venv: Path, lock: Path) -> bool:
    """True when the lock, or the development lock that holds it, is installed already."""
    try:
        found = (venv / STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    wanted = {stamp_of(lock, venv), stamp_of(ROOT / LOCKS["test"], venv)}
    return found in wanted and program(venv, "python").exists()


def is_usable(venv: Path) -> bool:
    """True when packages can be added to what is there; a moved environment is made anew."""
    if made_for(venv) != "{}.{}".format(*sys.version_info[:2]):
        return False
    stamp = venv / STAMP
    moved = stamp.exists() and not stamp.read_text(encoding="utf-8").endswith(
        f" {venv.resolve()} {ROOT}\n",
    )
    return program(venv, "python").exists() and not moved


def clean_environment() -> "dict[str, str]":
    """The caller's environment without what would lead Python, pip or uv elsewhere.

    Bytecode is kept: without it each of the many processes that tests start compiles the bot anew.
    """
    unwanted = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    unwanted |= {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_SYSTEM_PYTHON", "UV_TARGET"}
    unwanted |= {"PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    kept["PIP_USER"] = "0"
    # uv trusts the system's certificates, as pip does; the first name is for its older versions.
    return {"UV_NATIVE_TLS": "1", "UV_SYSTEM_CERTS": "1", **kept}


def install_command(venv: Path, lock: Path, uv: "str | None") -> "list[str]":
    python = str(program(venv, "python"))
    if uv is not None:
        quiet = ["--quiet", "--no-progress"]
        target = ["--python", python, "--require-hashes", "-r", str(lock)]
        return [uv, "pip", "install", *quiet, *target]
    quiet = ["--disable-pip-version-check", "--quiet", "--progress-bar", "off", "--no-input"]
    return [python, "-I", "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(lock)]


def cause_of(output: str) -> str:
    """One line: what went wrong, and what to do next."""
    lowered = output.lower()
    for signs, cause, next_step in CAUSES:
        if any(sign in lowered for sign in signs):
            return f"{cause}; {next_step}"
    return "the lines above say why; run the same command again after mending it"


def watched(what: str, command: "list[str]") -> None:
    """Runs a long step: one line when it starts, one for every ten seconds, one at its end."""
    say(what + " …")
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(  # no pipe: a full one would stop the child
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=clean_environment(), cwd=ROOT,
        )  # fmt: skip
        try:
            while True:
                try:
                    child.wait(timeout=10)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  still at it after {time.monotonic() - started:.0f} s")
        except BaseException:
            child.kill()
            child.wait()
            raise
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if child.returncode != 0:
        print("\n".join(text.splitlines()[-12:]), file=sys.stderr)
        raise Failed(f"{what.split(',', maxsplit=1)[0]} failed: {cause_of(text)}")
    say(f"  done in {time.monotonic() - started:.1f} s")


def make_environment(venv: Path, *, with_pip: bool) -> None:
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise Failed(f"{venv} holds something else; delete it, or name another by EDFS_BOT_VENV")
    version = "{}.{}.{}".format(*sys.version_info[:3])
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if not with_pip:
        command.insert(-1, "--without-pip")
    watched(f"making {venv.name} with Python {version}", command)


def add_checkout(venv: Path) -> None:
    """Puts the checkout on the environment's path, and `edfs-bot` beside its Python."""
    (packages_folder(venv) / "edfs_bot_checkout.pth").write_text(f"{ROOT}\n", encoding="locale")
    python = program(venv, "python")
    if os.name == "nt":
        launcher, text = python.with_name("edfs-bot.cmd"), f'@"{python}" -P -m bot %*\n'
    else:
        launcher = python.with_name("edfs-bot")
        text = f'#!/bin/sh\nexec {shlex.quote(str(python))} -P -m bot "$@"\n'
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o755)


def prepare(verb: str) -> Path:
    """Answers the environment's Python, after whatever work was missing."""
    venv, lock = environment_folder(), ROOT / LOCKS[verb]
    if is_ready(venv, lock):
        return program(venv, "python")
    uv = shutil.which("uv")
    usable = is_usable(venv)
    (venv / STAMP).unlink(missing_ok=True)  # from here on an interruption leaves no stamp
    if not usable or (uv is None and not (packages_folder(venv) / "pip").is_dir()):
        make_environment(venv, with_pip=uv is None)
    count = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    name = "pip" if uv is None else "uv"
    watched(
        f"installing the {count} packages of {lock.name} with {name}, hashes checked",
        install_command(venv, lock, uv),
    )
    add_checkout(venv)
    fresh = venv / (STAMP + ".new")
    fresh.write_text(stamp_of(lock, venv), encoding="utf-8")
    fresh.replace(venv / STAMP)
    return program(venv, "python")


def is_partial(arguments: "list[str]") -> bool:
    """True when pytest is asked for less than the whole suite; then coverage says nothing."""
    previous = ""
    for argument in arguments:
        if argument.split("=")[0] in SELECTING or argument[:2] in ("-k", "-m"):
            return True
        names_path = not argument.startswith("-") and previous not in WITH_VALUE
        if names_path and (ROOT / argument.split("::")[0]).exists():
            return True
        previous = argument
    return False


def recorded_here(arguments: "list[str]") -> "list[str]":
    """Names the file of --record from the folder of whoever types it, in one argument.

    In two, pytest would take a file that is there already for the tests to run.
    """
    given, named = list(arguments), []
    while given:
        argument = given.pop(0)
        if argument == "--record" and given:
            argument += "=" + given.pop(0)
        if argument.startswith("--record="):
            argument = "--record=" + str(Path(argument.partition("=")[2]).resolve())
        named.append(argument)
    return named


def whole_suite(arguments: "list[str]") -> "tuple[str, ...]":
    """Many tests wait more than they work; what --deep adds, and measuring, do nothing but work.

    More workers would be done hardly sooner on two idle cores, and fail beside other work: a
    process that gets less than a quarter of a core loses the leases of its jobs.
    """
    measured = "--coverage" in arguments
    more = 0 if "--deep" in arguments else 1 if measured else 2
    return ("-n", str(CORES + more), *SPREAD, *(COVERAGE if measured else ()))


def become(command: "list[str]") -> int:
    """Runs the command in this process's place, so that signals reach it directly."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(ROOT)
    if os.name == "nt":
        return subprocess.run(command, env=clean_environment(), check=False).returncode
    return os.execve(command[0], command, clean_environment())  # noqa: S606  # no shell is wanted


def run_check(python: Path, step: "tuple[str, tuple[str, ...]]") -> "tuple[str, bool, float, str]":
    name, arguments = step
    started = time.monotonic()
    done = subprocess.run(
        [str(python), *arguments], cwd=ROOT, env=clean_environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    text = done.stdout.decode("utf-8", "replace").rstrip()
    return name, done.returncode == 0, time.monotonic() - started, text


def check(python: Path) -> int:
    """All checks side by side; what failed is shown in full, then one line for each."""
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        results = list(pool.map(lambda step: run_check(python, step), CHECKS))
    for name, passed, _, text in results:
        if not passed:
            print(f"--- {name}\n{text}\n")
    for name, passed, seconds, _ in results:
        print(f"{name:<12} {'ok' if passed else 'FAILED':<7} {seconds:5.1f} s")
    return 0 if all(passed for _, passed, _, _ in results) else 1


def main(arguments: "list[str]") -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0 if arguments else 2
    verb, rest = arguments[0], arguments[1:]
    if verb not in LOCKS:
        say(f"there is no verb {verb!r}; try one of {', '.join(LOCKS)}")
        return 2
    python = prepare(verb)
    if verb == "check":
        return check(python)
    if verb == "test":
        rest = recorded_here(rest)
        whole = () if is_partial(rest) else whole_suite(rest)
        rest = [argument for argument in rest if argument != "--coverage"]
        return become([str(python), "-m", "pytest", *whole, *rest])
    if verb == "bench":
        return become([str(python), "-m", "bench", *rest])
    if verb == "soak":
        return become([str(python), "-m", "tests.soak", *rest])
    if verb == "mutants":
        return become([str(python), "-m", "tests.mutants", *rest])
    return become([str(python), "-m", "bot", verb, *rest])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as reason:
        say(str(reason))
        sys.exit(1)
    except KeyboardInterrupt:
        say("stopped; run it again to go on")
        sys.exit(130)
