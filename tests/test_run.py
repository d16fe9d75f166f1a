"""run.py: what it decides, without a network; and one real start of it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import run

VERSION = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment as far as run.py looks at it."""
    made = tmp_path / "made here"
    run.program(made, "python").parent.mkdir(parents=True)
    run.program(made, "python").touch()
    run.packages_folder(made).mkdir(parents=True)
    (made / "pyvenv.cfg").write_text(f"home = /somewhere\nversion = {VERSION}.1\n")
    return made


def lock(name: str = "requirements.lock") -> Path:
    return run.ROOT / name


def stamp(venv: Path, text: str) -> None:
    (venv / run.STAMP).write_text(text)


def test_an_environment_without_a_stamp_is_not_ready(venv: Path) -> None:
    assert not run.is_ready(venv, lock())
    assert run.is_usable(venv)


def test_a_stamp_of_this_lock_skips_the_work(venv: Path) -> None:
    stamp(venv, run.stamp_of(lock(), venv))
    assert run.is_ready(venv, lock())
    assert not run.is_ready(venv, lock("requirements-dev.lock"))


def test_the_development_lock_serves_the_sandbox_too(venv: Path) -> None:
    stamp(venv, run.stamp_of(lock("requirements-dev.lock"), venv))
    assert run.is_ready(venv, lock())
    assert run.is_ready(venv, lock("requirements-dev.lock"))


def test_a_changed_lock_is_installed_again(venv: Path, tmp_path: Path) -> None:
    changed = tmp_path / "requirements.lock"
    changed.write_bytes(lock().read_bytes())
    stamp(venv, run.stamp_of(changed, venv))
    assert run.is_ready(venv, changed)
    changed.write_bytes(lock().read_bytes() + b"\n")
    assert not run.is_ready(venv, changed)
    assert run.is_usable(venv)


def test_an_environment_of_another_python_is_made_anew(venv: Path) -> None:
    assert run.made_for(venv) == VERSION
    for line in ("version = 3.4.5", "version_info = 3.4.5.final.0", "nothing = here"):
        (venv / "pyvenv.cfg").write_text(f"{line}\n")
        assert not run.is_usable(venv)


def test_a_moved_environment_is_made_anew(venv: Path) -> None:
    stamp(venv, run.stamp_of(lock(), venv))
    moved = venv.rename(venv.with_name("moved"))
    assert not run.is_ready(moved, lock())
    assert not run.is_usable(moved)


def test_an_environment_whose_python_is_gone_is_made_anew(venv: Path) -> None:
    stamp(venv, run.stamp_of(lock(), venv))
    run.program(venv, "python").unlink()
    assert not run.is_ready(venv, lock())
    assert not run.is_usable(venv)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "letters.txt"
    precious.write_text("keep me")
    with pytest.raises(run.Failed, match="holds something else"):
        run.make_environment(tmp_path, with_pip=False)
    assert precious.exists()


@pytest.mark.parametrize("uv", [None, "/somewhere/uv"])
def test_both_installers_check_hashes_and_go_to_the_environment(uv: str | None, venv: Path) -> None:
    command = run.install_command(venv, lock(), uv)
    python = str(run.program(venv, "python"))
    assert command[0] == (uv or python)
    assert python in command
    assert command[-3:] == ["--require-hashes", "-r", str(lock())]
    assert not any("index" in argument for argument in command)


def test_nothing_of_another_environment_leads_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PIP_TARGET"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("SSL_CERT_FILE", "/kept")
    cleaned = run.clean_environment()
    assert "/elsewhere" not in cleaned.values()
    assert "PYTHONDONTWRITEBYTECODE" not in cleaned
    assert cleaned["SSL_CERT_FILE"] == "/kept"
    assert cleaned["PATH"] == os.environ["PATH"]


def test_another_folder_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDFS_BOT_VENV", raising=False)
    assert run.environment_folder() == run.ROOT / ".venv"
    monkeypatch.setenv("EDFS_BOT_VENV", ".venv-313")
    assert run.environment_folder() == run.ROOT / ".venv-313"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "hash"),
        ("x Hash mismatch for `croniter==7.0`", "hash"),
        ("Retrying after connection broken by 'NewConnectionError'\nERROR: No matching d", "reach"),
        ("error: Failed to fetch: cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("ERROR: No matching distribution found for aiohttp==3.14.5", "another Python"),
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("Error: Command '['-m', 'ensurepip']' returned non-zero", "python3-venv"),
        ("something new", "lines above"),
    ],
)
def test_a_failed_installation_ends_with_cause_and_next_step(output: str, said: str) -> None:
    assert said in run.cause_of(output)


def test_a_failing_step_says_what_and_why(capfd: pytest.CaptureFixture[str]) -> None:
    script = "import sys; sys.exit('no space left on device')"
    with pytest.raises(run.Failed, match=r"^counting failed: the disk is full; "):
        run.watched("counting, slowly", [sys.executable, "-c", script])
    assert capfd.readouterr().err == "run.py: counting, slowly …\nno space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "partial"),
    [
        ([], False),
        (["-q", "--deep"], False),
        (["--record", "README.md"], False),
        (["tests/test_run.py"], True),
        (["tests/test_run.py::test_any", "-q"], True),
        (["-k", "verbs"], True),
        (["-kverbs"], True),
        (["--lf"], True),
    ],
)
def test_coverage_is_asked_of_the_whole_suite_only(arguments: list[str], *, partial: bool) -> None:
    assert run.is_partial(arguments) is partial


@pytest.mark.parametrize(
    ("arguments", "more", "measured"),
    [([], 2, False), (["--coverage"], 1, True), (["--deep"], 0, False), (["-q"], 2, False)],
)
def test_workers_and_measuring(arguments: list[str], more: int, *, measured: bool) -> None:
    whole = run.whole_suite(arguments)
    assert whole[:2] == ("-n", str(run.CORES + more))
    assert ("--cov=bot" in whole) is measured


@pytest.mark.skipif(os.name == "nt", reason="the launcher is a shell script elsewhere only")
def test_the_file_of_a_record_is_named_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = f"--record={tmp_path / 'x.jsonl'}"
    assert run.recorded_here(["--record", "x.jsonl", "-q"]) == [named, "-q"]
    assert run.recorded_here(["-q", "--record=x.jsonl"]) == ["-q", named]
    assert run.recorded_here(["--record"]) == ["--record"]
    assert run.recorded_here(["tests/test_run.py"]) == ["tests/test_run.py"]
    assert not run.is_partial([named])


def test_the_launcher_starts_the_bot_of_this_checkout(venv: Path) -> None:
    run.add_checkout(venv)
    [path_file] = run.packages_folder(venv).glob("*.pth")
    assert path_file.read_text() == f"{run.ROOT}\n"
    launcher = run.program(venv, "edfs-bot")
    assert os.access(launcher, os.X_OK)
    words = shlex.split(launcher.read_text().splitlines()[1])
    assert words == ["exec", str(run.program(venv, "python")), "-P", "-m", "bot", "$@"]


def start(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own script
        [sys.executable, str(run.ROOT / "run.py"), *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_needs_nothing_installed_and_works_from_any_folder(tmp_path: Path) -> None:
    done = start("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"  {verb} " in done.stdout for verb in run.LOCKS)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_names_the_known_ones(tmp_path: Path) -> None:
    done = start("dance", cwd=tmp_path)
    assert done.returncode == 2
    known = "sandbox, test, check, bench, mutants, soak"
    assert done.stderr == f"run.py: there is no verb 'dance'; try one of {known}\n"
