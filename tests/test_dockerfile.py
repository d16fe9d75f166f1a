"""The image as its recipe tells it; no Docker engine is needed."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Instruction = tuple[str, str]


def instructions() -> list[list[Instruction]]:
    """The stages, each a list of (instruction, arguments); continued lines are joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    stages: list[list[Instruction]] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, arguments.strip()))
    return stages


STAGES = instructions()
RUNTIME = STAGES[-1]


def of(stage: list[Instruction], name: str) -> list[str]:
    return [arguments for found, arguments in stage if found == name]


def test_two_stages_from_the_same_slim_image() -> None:
    images = [of(stage, "FROM")[0].split(" ")[0] for stage in STAGES]
    assert images == ["python:3.13-slim"] * 2


def test_packages_are_installed_by_hash_and_only_while_building() -> None:
    installs = [line for line in of(STAGES[0], "RUN") if "pip install" in line]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert installs[0].endswith("requirements.lock")
    assert not any("pip" in line or "apt" in line for line in of(RUNTIME, "RUN"))


def test_it_runs_as_an_ordinary_user() -> None:
    assert of(RUNTIME, "USER") == ["10001:10001"]
    after = [name for name, _ in RUNTIME[RUNTIME.index(("USER", "10001:10001")) + 1 :]]
    assert {"RUN", "COPY"} & set(after) == set()


def test_only_the_bot_is_copied_and_the_sandbox_is_not() -> None:
    copies = [line for stage in STAGES for line in of(stage, "COPY")]
    sources = [line.split(" ")[0] for line in copies if not line.startswith("--from=")]
    assert sources == ["requirements.lock", "bot"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert ignored[1] == "*"
    assert ignored.index("bot/sandbox") > ignored.index("!bot")
    assert "test ! -e /app/bot/sandbox" in of(RUNTIME, "RUN")


def test_nothing_is_fetched_from_an_address() -> None:
    assert [line for stage in STAGES for line in of(stage, "ADD")] == []
    assert not any(re.search(r"curl|wget|https?://(?!127\.)", a) for s in STAGES for _, a in s)


def test_no_secret_is_baked_in() -> None:
    assert [line for stage in STAGES for line in of(stage, "ARG")] == []
    settings = " ".join(of(RUNTIME, "ENV"))
    names = set(re.findall(r"(\w+)=", settings))
    assert not any(re.search("TOKEN|SECRET|KEY|PASSWORD|URL", name) for name in names)
    assert {"EDFS_BOT_STATE_DIR", "EDFS_BOT_BIND"} <= names


def test_health_is_asked_inside_and_state_is_kept_outside() -> None:
    [health] = of(RUNTIME, "HEALTHCHECK")
    command = json.loads(health.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
    assert "http://127.0.0.1:3000/healthz" in command[2]
    assert of(RUNTIME, "VOLUME") == ["/state"]
    assert of(RUNTIME, "EXPOSE") == ["3000"]


def test_it_starts_the_bot() -> None:
    assert json.loads(of(RUNTIME, "ENTRYPOINT")[0]) == ["python", "-m", "bot"]
    assert json.loads(of(RUNTIME, "CMD")[0]) == ["run"]
